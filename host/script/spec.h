/* Specs: Lua files with describe and it, each run in a Lua state of its own, with all of Lua's libraries, apart from the bots'.
 * What happens in a spec's world is the caller's. Part of the floor's face: script.h includes it. The loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;

struct spec_question { /* to the person's side of Telegram; borrowed */
  const char *method, *path, *json;
  const char *file_field, *file_name; /* a file that goes with it: "document" or "photo"; NULL: none */
  const char *file;
  size_t file_size;
};

struct spec_service { /* another service, that the bot asks by http; borrowed */
  const char *prefix; /* of its addresses */
  int status;         /* 0: it can't be reached */
  const char *content_type, *body;
  size_t size;
};

struct spec_world { /* what a spec can do; called with `data` from within spec_run(). What returns bool fails with *error */
  bool (*clear)(void *data, struct error *error); /* an empty Telegram without a host: another `it` begins */
  bool (*ask)(const struct spec_question *question, struct buffer *answer, void *data, struct error *error);
  /* The host starts. paths are borrowed; admin_id is 0 where there is none. */
  bool (*start)(const char *const *paths, size_t count, int64_t admin_id, void *data, struct error *error);
  bool (*stop)(void *data, struct error *error);
  bool (*reload)(void *data, struct error *error);
  bool (*work)(int64_t ms, void *data, struct error *error); /* all there is to do, while the clock goes forward by ms */
  void (*jump)(int64_t ms, void *data);                      /* somebody sets the clock: only what it tells changes */
  int64_t (*now)(void *data);                                /* ms since 1970 */
  size_t (*unfinished)(void *data);                          /* updates that wait for time */
  void (*answer_http)(const struct spec_service *service, void *data);
  const char *(*asked_http)(void *data); /* the requests so far, as JSON; borrowed as `log` */
  const char *(*log)(void *data);        /* what the host has logged since `clear`; borrowed until the next call of anything */
  void *data;
};

struct spec_options { /* all borrowed */
  const struct spec_world *world;
  const char *const *scripts; /* for specs that name none */
  size_t script_count;
  const char *filter; /* only what has this text in its full name; NULL: all */
  bool is_verbose;    /* a line for each that succeeds, too */
};

struct spec_result {
  unsigned successes, failures, errors, pending;
};

/* Runs one file and prints to stdout what failed; adds to *result. False: it can't be run (ERROR_INPUT, with file and line). */
bool spec_run(const struct spec_options *options, const char *path, struct spec_result *result, struct error *error);
