/* In which tables two copies of the data differ, and in how many rows. Part of the floor's face: database.h includes it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;

/* Compares two SQLite images (borrowed; before_size 0: an empty one). Adds a text such as "counts +1 ~2, words -5" for the log:
 * rows that are new, changed (of tables with a rowid; of others they are gone and new), gone; tables that differ in nothing are
 * left out. Ends after 10 s. A pure function, any thread. False: ERROR_MISUSE with SQLite's words, ERROR_MEMORY. */
bool difference_write(const void *before, size_t before_size, const void *after, size_t after_size, struct buffer *text,
                      struct error *error);
