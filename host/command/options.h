/* The options of a command, in one table: a flag wins over the environment, the environment over a file of settings, that over
 * the default. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

enum option_kind {
  OPTION_END,
  OPTION_FLAG,
  OPTION_TEXT,
  OPTION_NUMBER,
  OPTION_CONFIG,       /* the file of settings, with an environment */
  OPTION_SHARED_CONFIG /* the same, of another command: what is no option here, or has no environment, is passed over, and
                        "backup-key" may be "key" */
};

struct option_row {
  enum option_kind kind;
  const char *flag;        /* "admin-id", without the dashes */
  const char *environment; /* "ADMIN_ID", or NULL */
  void *target;            /* bool, const char * or int64_t, which holds the default */
  int64_t least, most;     /* OPTION_NUMBER */
  const char *value;       /* what the value is called in the usage: "N" */
  const char *help;
};

/* Reads the file of settings, where a row asks for one, then the environment and then the flags of `arguments` (arguments[0] is
 * the command), and moves what is no option to the front, from arguments[1]. *count becomes its number, the command not
 * counted. False: ERROR_MISUSE. rows end with OPTION_END. Where --help or -h is among the arguments, prints the usage (`head`,
 * then a line an option) and ends the process with 0: call this before anything is open. */
bool options_read(const struct option_row *rows, const char *head, int *count, char **arguments, struct error *error);
