/* The face of the operator's floor: what the person who runs the bot does to it while it runs. The loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

struct clock;
struct loop;
struct reload;
struct script;
struct updates;

/* ---- reload: SIGHUP, and with is_watching every change of a script on the disk ---- */
struct reload_options { /* pointers are kept until reload_close() */
  struct loop *loop;
  struct clock *clock;
  struct script *script;
  struct updates *updates;
  const char *const *paths; /* the scripts and directories that are watched */
  size_t path_count;
  bool is_watching;
  void (*told)(const struct error *error, void *data); /* after each reload; error->kind ERROR_NONE: it worked. May be NULL */
  void *data;
};

/* Given: reload_close(). NULL: ERROR_SYSTEM. */
struct reload *reload_open(const struct reload_options *options, struct error *error);
void reload_close(struct reload *reload); /* NULL does no harm */
