/* The options of `lunokhod run`. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "assembly/assembly.h"
#include "common/log.h"

#define CLOCK_IS_REAL INT64_MIN /* and can't be turned */

struct run_options {
  struct host_options host; /* what the options say; the rest of it is the caller's */
  const char *token_file, *key_file, *config_file, *log_format, *log_level, *record_path;
  int64_t memory_mb, deadline_s, inbox, poll_s, interval_s, webhook_connections, record_limit_mb; /* as they were given */
  int64_t clock_ahead_s; /* likewise; or CLOCK_IS_REAL */
  bool is_unconfined, records_texts;
};

/* Reads environment, file and flags; all that it points to is of these, or of the program. False: ERROR_MISUSE. As
 * options_read() it may print the usage and end the process. */
bool run_options_read(struct run_options *options, int count, char **arguments, struct error *error);

/* Sets the log's format and level; token (kept) is never shown in it. False: ERROR_MISUSE. */
bool run_options_set_up_log(struct run_options *options, const char *token, struct error *error);
