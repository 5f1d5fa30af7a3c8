/* The file of `lunokhod run --record`: lines are put behind what is there, for its owner only, and each is with the system when
 * the call returns. A disk that is full, or the limit, ends the recording with one warning, behind a whole line. Internal to
 * the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct recording_file;

/* limit: bytes of the whole file. Given: recording_file_close(). NULL: ERROR_MISUSE, it can't be opened, or another host
 * records there. */
struct recording_file *recording_file_open(const char *path, int64_t limit, struct error *error);
void recording_file_close(struct recording_file *file); /* NULL does no harm */

/* As struct recorder_options wants it; data: the file. */
bool recording_file_write(const char *line, size_t size, void *data);
