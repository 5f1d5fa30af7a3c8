#include "backup/page_hashes.h"

#include <stdlib.h>
#include <xxhash.h>

#include "common/error.h"
#include "common/memory.h"

uint64_t page_hashes_of_page(const void *page, size_t page_size) { return XXH3_64bits(page, page_size); }

bool page_hashes_reserve(struct page_hashes *hashes, size_t page_size, size_t count, struct error *error) {
  *hashes = (struct page_hashes){.page_size = page_size, .values = memory_try_resize(NULL, count * sizeof *hashes->values)};
  if (!hashes->values) return error_set(error, ERROR_MEMORY, "out of memory for a copy of the database");
  hashes->count = count;
  return true;
}

bool page_hashes_of_image(struct page_hashes *hashes, const unsigned char *image, size_t size, size_t page_size,
                          struct error *error) {
  if (!page_hashes_reserve(hashes, page_size, size / page_size, error)) return false;
  for (size_t i = 0; i < hashes->count; i++) hashes->values[i] = page_hashes_of_page(image + i * page_size, page_size);
  return true;
}

void page_hashes_release(struct page_hashes *hashes) {
  free(hashes->values);
  *hashes = (struct page_hashes){0};
}
