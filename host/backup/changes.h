/* An image, as the pages in which it differs from a base; of a page that is as in the base only its hash is kept. With no base,
 * all its pages. Collected on the loop, packed on a worker, which reads the rest from the base's archive as it goes. Internal
 * to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/page_hashes.h"

struct buffer;
struct changes;
struct error;
struct keyring_key;
struct manifest;

/* Given: changes_free(). NULL: ERROR_MEMORY. */
struct changes *changes_new(size_t page_size, size_t page_count, struct error *error);
void changes_free(struct changes *changes); /* NULL does no harm */

/* The next page in order; borrowed, like the base's hashes (NULL, or of another page size: there is no base). False:
 * ERROR_MEMORY; ERROR_INPUT where the first page is none of SQLite's. */
bool changes_add(struct changes *changes, const unsigned char *page, const struct page_hashes *base, struct error *error);

size_t changes_image_size(const struct changes *changes);
struct page_hashes changes_take_hashes(struct changes *changes); /* given: page_hashes_release() */

struct changes_base { /* borrowed; all zero: there is none */
  const void *archive;
  size_t archive_size, size; /* bytes: of the archive, of the image */
  const struct keyring_key *key;
};

/* What goes into an archive: the image XOR the base; the image; or that the image is the base, whatever it is. */
enum changes_as { CHANGES_OVER_BASE, CHANGES_WHOLE, CHANGES_NONE };

/* Packs them, as archive_pack(). CHANGES_WHOLE gives up the pages as they are packed: only CHANGES_NONE may follow. False: also
 * ERROR_INPUT where the base is damaged, and ERROR_SYSTEM where base and changes do not give the image. */
bool changes_pack(struct changes *changes, enum changes_as as, const struct changes_base *base, struct manifest *manifest,
                  const struct keyring_key *key, struct buffer *archive, struct error *error);
