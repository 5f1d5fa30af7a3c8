/* Files that are built into the binary, so that lunokhod is one file. The Makefile lists them; the name is the path below
 * host/. */
#pragma once
#include <stddef.h>

struct embed_file {
  const char *name; /* "script/api/bot.lua" */
  const char *data; /* followed by a NUL that does not count */
  size_t size;
};

/* The file of that name, or NULL. Static: nobody frees it. */
const struct embed_file *embed_find(const char *name);
