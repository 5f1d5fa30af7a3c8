/* Files that are built into the binary. The Makefile lists them; a name is the path below host/. */
#pragma once
#include <stddef.h>

struct embed_file {
  const char *name; /* "script/api/bot.lua" */
  const char *data; /* followed by a NUL that does not count */
  size_t size;
};

/* The file of that name, or NULL. Static. */
const struct embed_file *embed_find(const char *name);
