/* What a person hands over as a file becomes the live data. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct error;

/* An SQLite image, a seed's document, or an archive without a base, as copies are. *saved_at: ms since 1970, of an archive;
 * otherwise untouched. False: ERROR_INPUT, ERROR_MEMORY; the database is as before. */
bool import_bytes(struct database *database, const void *bytes, size_t size, int64_t *saved_at, struct error *error);
