/* The base on which the archives of the corpus build; shared by the corpus and the target. */
#pragma once
#include <stddef.h>
#include <string.h>

enum { EXAMPLE_PAGE_SIZE = 512, EXAMPLE_PAGES = 3, EXAMPLE_SIZE = EXAMPLE_PAGE_SIZE * EXAMPLE_PAGES };

/* Mostly zeros, so that what is packed stays small. */
static inline void example_image(unsigned char image[static EXAMPLE_SIZE], unsigned char mark) {
  memset(image, 0, EXAMPLE_SIZE);
  memcpy(image, "SQLite format 3", 16);
  image[16] = EXAMPLE_PAGE_SIZE >> 8;
  for (size_t i = 100; i < EXAMPLE_SIZE; i += 97) image[i] = mark;
}
