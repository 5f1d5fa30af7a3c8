/* malloc() knows how large a block is, so that no size has to be kept beside it. */
#include "net/wiped_memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void *wiped_memory_new(size_t size) { return malloc(size); }

void *wiped_memory_new_zeroed(size_t count, size_t size) { return calloc(count, size); }

void wiped_memory_free(void *memory) {
  if (memory) explicit_bzero(memory, malloc_usable_size(memory));
  free(memory);
}

/* Never realloc(), which leaves the old bytes where they were. */
void *wiped_memory_resize(void *memory, size_t size) {
  size_t old_size = memory ? malloc_usable_size(memory) : 0;
  void *moved = malloc(size);
  if (!moved) return NULL;
  if (memory) memcpy(moved, memory, old_size < size ? old_size : size);
  wiped_memory_free(memory);
  return moved;
}

char *wiped_memory_copy_text(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = malloc(size);
  return copy ? memcpy(copy, text, size) : NULL;
}
