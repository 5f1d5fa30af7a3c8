/* A hash of each page of an image: tells which pages have changed, without the image. Finds accidents, not forgery. Pure, any
 * thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct page_hashes { /* all zero: there are none */
  size_t page_size, count;
  uint64_t *values; /* ours */
};

uint64_t page_hashes_of_page(const void *page, size_t page_size);

/* Room for so many. False: ERROR_MEMORY; there are none. page_hashes_release() in any case. */
bool page_hashes_reserve(struct page_hashes *hashes, size_t page_size, size_t count, struct error *error);
bool page_hashes_of_image(struct page_hashes *hashes, const unsigned char *image, size_t size, size_t page_size,
                          struct error *error); /* the same, filled in */
void page_hashes_release(struct page_hashes *hashes);
