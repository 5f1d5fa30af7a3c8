/* The documents of the clicker's first version, a Python bot ("the seed"): [[chatid, "name", click, state], ...]. Pure, but for
 * a private database that is filled and serialized; at most 64 MB. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;

bool seed_is_one(const void *bytes, size_t size); /* judged by its first bytes */

/* The image of a database with table users(chatid INTEGER PRIMARY KEY, name TEXT, click INTEGER, state INTEGER, registered
 * INTEGER), where registered is the place in the document, from 1. *image is given: free(). False: ERROR_INPUT (names the row),
 * ERROR_MEMORY. */
bool seed_read(const void *bytes, size_t size, unsigned char **image, size_t *image_size, struct error *error);
