/* Images that need no more than a header to be taken for SQLite's, and archives of them. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "backup/archive.h"
#include "backup/flat.h"
#include "backup/manifest.h"
#include "common/buffer.h"
#include "common/error.h"

enum { PAGE = 512, HEAD = 8, CEILING = 64 << 20 };

struct image {
  unsigned char *bytes;
  size_t size;
};

static const struct image nothing = {NULL, 0};

/* Noise, which does not compress; the same for the same seed. */
static inline struct image noise(size_t page_size, size_t page_count, uint32_t seed) {
  struct image image = {malloc(page_size * page_count), page_size * page_count};
  assert_non_null(image.bytes);
  for (size_t i = 0; i < image.size; i++) image.bytes[i] = (unsigned char)((seed = seed * 1664525 + 1013904223) >> 24);
  memcpy(image.bytes, "SQLite format 3", 16);
  image.bytes[16] = (unsigned char)(page_size >> 8); /* 65,536 is written as 1 */
  image.bytes[17] = page_size == 65536;
  return image;
}

static inline struct manifest manifest_over(const struct image *base) {
  struct manifest manifest = {.format = 1, .host = "0.1.0", .epoch = 1, .sequence = 2, .saved_at = 3, .anchored_at = 3};
  manifest.part_count = base->size != 0;
  if (base->size) manifest.parts[0] = (struct manifest_part){.file_id = "x", .message_id = 1, .size = 1};
  return manifest;
}

/* key NULL: it is plain. */
static inline struct buffer pack_as(struct manifest *manifest, const struct image *image, const struct image *base,
                                    const struct keyring_key *key) {
  struct buffer archive;
  struct error error = {0};
  buffer_init(&archive, CEILING);
  bool ok = flat_pack(manifest, image->bytes, image->size, base->bytes, base->size, key, &archive, &error);
  assert_string_equal(error.text, "");
  assert_true(ok);
  return archive;
}
