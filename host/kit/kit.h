/* The test kit: Lua specs with describe and it, each `it` with a host of its own, a Telegram in memory, and a clock that stands
 * still until the spec turns it. The face of the floor. The loop's thread only; one spec runs at a time, because the log is the
 * process's. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "kit/memory_transport.h"

struct error;

struct spec_options {         /* all borrowed */
  const char *const *scripts; /* for specs that name none */
  size_t script_count;
  const char *filter;       /* only what has this text in its full name; NULL: all */
  const char *database_url; /* of PostgreSQL; NULL: the data is in memory */
  bool is_verbose;          /* a line for each that succeeds, too */
};

struct replay_options { /* all borrowed */
  const char *recording;
  const char *const *scripts;
  size_t script_count;
  bool is_step;        /* shows each update and what the bot does, and waits for a line on stdin */
  bool is_spec_wanted; /* nothing is played: a spec that says the same is printed */
};

struct replay_result {
  size_t differences;
};

/* Plays a recording against the scripts, and prints to stdout what differs. False: it can't be read, or the scripts can't be
 * loaded (ERROR_INPUT; ERROR_MEMORY). */
bool replay_run(const struct replay_options *options, struct replay_result *result, struct error *error);

struct spec_result {
  unsigned successes, failures, errors, pending;
};

/* Runs one file, in a Lua state of its own with all of Lua's libraries. Prints to stdout what failed; adds to *result. False:
 * it can't be run (ERROR_INPUT, with file and line; ERROR_MEMORY). */
bool spec_run(const struct spec_options *options, const char *path, struct spec_result *result, struct error *error);
