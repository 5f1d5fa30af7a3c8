/* Writing a file so that it is there whole or not at all. Blocks: for a worker, or a command that does nothing else. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;

/* Writes beside `path`, with mode 0600, and renames: what was at `path` stays until all is on the disk. False: ERROR_SYSTEM,
 * ERROR_MISUSE (the path is too long); nothing is left beside it. A process that is killed meanwhile leaves `path` with a point
 * and six more characters. */
bool whole_file_write(const char *path, const void *bytes, size_t size, struct error *error);

bool whole_file_write_all(int descriptor, const void *bytes, size_t size); /* what write() does in pieces. False: see errno */
