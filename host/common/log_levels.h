/* Which lines the log shows: a level for all, and others for some modules. A module is a floor of the host, by the folder of
 * the file that logs; "bot" are the scripts. Set from the loop's thread, asked by any. */
#pragma once
#include <stdbool.h>

#include "common/log.h"

struct error;

/* "warn", or "warn,backup=debug,telegram=info": a level for all (info where none is named) and those of modules. False:
 * ERROR_MISUSE, and nothing has changed. */
bool log_levels_read(const char *text, struct error *error);
void log_levels_show_all(bool does); /* everything, whatever is set; false: what is set */

/* The module of a line, from __FILE__; NULL is the scripts'. Static. */
const char *log_levels_module(const char *file);
bool log_levels_shows(enum log_level level, const char *file);
