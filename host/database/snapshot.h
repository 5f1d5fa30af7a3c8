/* A look at a copy of the data, by a connection of its own: for the operator, while the bots run. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;

/* Runs one statement that reads, on an SQLite image (borrowed; nothing is changed). Adds a line of JSON for the names of the
 * columns, {"columns":[...]}, and one for each row, {"row":[...]}; bytes that are no text are {"hex":"..."}. Ends after 10 s.
 * A pure function, any thread. False: the lines before are there, whole; ERROR_MISUSE with SQLite's words, ERROR_FULL (over the
 * ceiling of `lines`), ERROR_MEMORY. */
bool snapshot_query(const void *image, size_t size, const char *sql, struct buffer *lines, struct error *error);
