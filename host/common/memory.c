/* The process aborts where its own small needs can't be met: handling that error would need memory, too. */
#include "common/memory.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_uint fail_countdown; /* global, like the allocator itself */

void *memory_new(size_t size) {
  void *memory = calloc(1, size ? size : 1);
  if (!memory) {
    (void)fprintf(stderr, "level=error msg=\"out of memory\" size=%zu\n", size);
    abort();
  }
  return memory;
}

char *memory_copy_text(const char *text) {
  size_t size = strlen(text) + 1;
  return memcpy(memory_new(size), text, size);
}

void *memory_try_resize(void *memory, size_t size) {
  if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) && atomic_fetch_sub(&fail_countdown, 1) == 1) return NULL;
  return realloc(memory, size);
}

void memory_fail_at(unsigned n) { atomic_store(&fail_countdown, n); }
