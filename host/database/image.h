/* The whole content as an SQLite image, out and in. Part of the floor's face: database.h includes it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct error;

/* Bytes of a page, as the image's header tells it; 0: it is no SQLite image. A pure function, any thread. */
int64_t database_image_page_size(const void *image, size_t size);

/* Replaces the whole content by an SQLite image (borrowed), after PRAGMA quick_check on it. Any page size. No segment may be
 * open and no statement in use. False (ERROR_INPUT, ERROR_MEMORY): the content is as before. */
bool database_load(struct database *database, const void *image, size_t size, struct error *error);

/* The content as an image of its own. *image is given: free(). No segment may be open. False: ERROR_MEMORY, ERROR_SYSTEM. */
bool database_serialize(struct database *database, unsigned char **image, size_t *size, struct error *error);

/* ---- how large it may become ---- */

/* What a backup can carry: its copy is a database of SQLite's memdb, which holds 1 GiB. */
#define DATABASE_CEILING ((int64_t)1 << 30)

/* More is refused to whoever writes. At first DATABASE_CEILING; to be called before a load. False: ERROR_MEMORY. */
bool database_set_ceiling(struct database *database, int64_t size, struct error *error);
int64_t database_ceiling(const struct database *database);
