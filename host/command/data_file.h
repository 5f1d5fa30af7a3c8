/* A file with a bot's data: an SQLite database, a backup, an old bot's JSON. Blocks: for a command that does nothing else. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct error;

enum { DATA_FILE_CEILING = 1 << 30 }; /* bytes: what a backup can hold, see backup/archive.h */

/* Appends what the file holds. *modified_at: ms since 1970. False: ERROR_SYSTEM (it can't be read, or SQLite keeps changes of
 * it in another file), ERROR_MEMORY, ERROR_FULL. */
bool data_file_read(const char *path, struct buffer *bytes, int64_t *modified_at, struct error *error);
