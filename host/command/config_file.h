/* A file of settings: a line each, `name = value`. Empty lines, and those that begin with #, say nothing. Internal to the
 * floor. */
#pragma once
#include <stdbool.h>

struct error;

/* name and value without the blanks around them; value stays in place as long as the text. where: "FILE:LINE". */
typedef bool (*config_file_setting)(const char *name, const char *value, const char *where, void *data, struct error *error);

/* Reads all of the file, and hands out its lines until one is refused. *text is given: free(), when no value is used any more;
 * also after a failure. False: ERROR_MISUSE, or what `setting` says. */
bool config_file_read(const char *path, char **text, config_file_setting setting, void *data, struct error *error);
