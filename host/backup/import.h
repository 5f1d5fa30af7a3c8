/* What a person hands over as a file becomes the live data. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct error;
struct keyring;

/* An SQLite image, a seed's document, or an archive without a base, as copies are. keys: of an encrypted one; NULL: none.
 * *saved_at: ms since 1970, of an archive; otherwise untouched. May stretch a passphrase, so it is for a program that does
 * nothing else. False: ERROR_INPUT, ERROR_MEMORY; the database is as before. */
bool import_bytes(struct database *database, struct keyring *keys, const void *bytes, size_t size, int64_t *saved_at,
                  struct error *error);
