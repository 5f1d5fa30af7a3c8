/* Packs an image that lies in memory as a whole, over a base that does, too: as archives are made by other programs. */
#pragma once
#include <stddef.h>
#include <string.h>

#include "backup/archive.h"
#include "backup/manifest.h"
#include "common/buffer.h"
#include "common/error.h"
#include "database/database.h"

struct flat {
  const unsigned char *image, *base;
  size_t base_size, at;
};

static inline bool flat_read(void *data, unsigned char *bytes, size_t size, struct error *error) {
  struct flat *flat = data;
  (void)error;
  memcpy(bytes, flat->image + flat->at, size);
  for (size_t i = 0; i < size && flat->at + i < flat->base_size; i++) bytes[i] ^= flat->base[flat->at + i];
  flat->at += size;
  return true;
}

/* base NULL: none. As archive_pack(). */
static inline bool flat_pack(struct manifest *manifest, const void *image, size_t size, const void *base, size_t base_size,
                             const struct keyring_key *key, struct buffer *archive, struct error *error) {
  struct flat flat = {.image = image, .base = base, .base_size = base ? base_size : 0};
  struct archive_content content = {.page_size = database_image_page_size(image, size),
                                    .size = size,
                                    .checksum = archive_checksum(image, size),
                                    .read = flat_read,
                                    .data = &flat};
  manifest->base_size = (int64_t)flat.base_size;
  manifest->base_checksum = base ? archive_checksum(base, base_size) : 0;
  return archive_pack(manifest, &content, key, archive, error);
}
