/* Files as a whole: written so that they are there whole or not at all, and read. Blocks: for a worker, or a command that does
 * nothing else. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;

/* Writes beside `path`, with mode 0600, and renames: what was at `path` stays until all is on the disk. False: ERROR_SYSTEM,
 * ERROR_MISUSE (the path is too long); nothing is left beside it. A process that is killed meanwhile leaves `path` with a point
 * and six more characters. */
bool whole_file_write(const char *path, const void *bytes, size_t size, struct error *error);

bool whole_file_write_all(int descriptor, const void *bytes, size_t size); /* what write() does in pieces. False: see errno */

/* Appends what the file holds. False: ERROR_SYSTEM, ERROR_MEMORY, ERROR_FULL (it is larger than the buffer may be); what was
 * read until then is in the buffer. */
bool whole_file_read(const char *path, struct buffer *to, struct error *error);
