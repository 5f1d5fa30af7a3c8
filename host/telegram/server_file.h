/* A file of a Bot API server that was started with --local: getFile tells its path on the server's disk, and no link. Blocks
 * while it reads. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct buffer;
struct error;

/* Is the file_path of getFile a path on the disk, and no part of a link? */
bool server_file_is_path(const char *file_path);

/* Reads the file into the buffer, up to its ceiling. Only a regular file below `directory` is read, links followed; NULL: none
 * is. False: ERROR_MISUSE (it may not be read), ERROR_INPUT (there is none), ERROR_FULL, ERROR_MEMORY. The server's path may
 * hold the token, and is in no error. */
bool server_file_read(const char *directory, const char *path, struct buffer *buffer, struct error *error);
