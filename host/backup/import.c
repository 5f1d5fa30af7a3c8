#include "backup/import.h"

#include <stdlib.h>

#include "backup/archive.h"
#include "backup/manifest.h"
#include "backup/seed.h"
#include "common/error.h"
#include "database/database.h"

/* A daily backup of the admin's chat may be saved as a file, too, but holds only what has changed. */
static bool unpack(const struct archive_source *source, struct manifest *manifest, unsigned char **image, size_t *image_size,
                   struct error *error) {
  if (!archive_read_manifest(source->bytes, source->size, manifest, error)) return false;
  if (manifest->part_count)
    return error_set(error, ERROR_INPUT, "it holds only what has changed since a base: pull it from its chat by its message");
  return archive_unpack(source, ARCHIVE_IMAGE_CEILING, manifest, image, image_size, error);
}

bool import_bytes(struct database *database, struct keyring *keys, const void *bytes, size_t size, int64_t *saved_at,
                  struct error *error) {
  struct manifest manifest = {0};
  unsigned char *image = NULL;
  size_t image_size = 0;
  bool is_archive = archive_is_one(bytes, size), ok;
  if (!is_archive && !seed_is_one(bytes, size)) return database_load(database, bytes, size, error);
  if (is_archive) {
    struct archive_source source = {.bytes = bytes, .size = size, .keys = keys};
    ok = unpack(&source, &manifest, &image, &image_size, error);
  } else {
    ok = seed_read(bytes, size, &image, &image_size, error);
  }
  ok = ok && database_load(database, image, image_size, error);
  if (ok && is_archive) *saved_at = manifest.saved_at;
  free(image);
  return ok;
}
