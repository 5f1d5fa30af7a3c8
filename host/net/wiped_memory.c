/* malloc() knows how large a block is, so that no size has to be kept beside it.
 *
 * A call of libcurl takes and frees some thirty blocks of the same few sizes, and with many calls at once the C library's own
 * lists of free blocks are too short: that was an eleventh of the work of an update. So the loop's thread keeps a list for
 * each size. Every block is one of malloc()'s, whichever list it is in: any thread may free it. A kept block is zeroed but for
 * the address of the next one. */
#include "net/wiped_memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  STEP = 16,             /* bytes from one list's size to the next */
  LARGEST = 4096,        /* a kept block is no larger */
  KEPT_MOST = 256 << 10, /* bytes in all lists */
};

struct kept_block { /* the beginning of one */
  struct kept_block *next;
};

struct kept_blocks {
  unsigned user_count;                          /* 0: nothing is kept */
  size_t size;                                  /* of all */
  struct kept_block *lists[LARGEST / STEP + 1]; /* of blocks that have STEP times the index, or a little more */
};

static _Thread_local struct kept_blocks kept;

static size_t list_for(size_t size) { return size ? (size + STEP - 1) / STEP : 1; }

/* A size that is rounded up comes back to the list that it will be asked from. */
static size_t rounded(size_t size) { return size <= LARGEST ? list_for(size) * STEP : size; }

/* NULL: none is kept. */
static void *take_kept(size_t size) {
  struct kept_block *block = kept.size && size <= LARGEST ? kept.lists[list_for(size)] : NULL;
  if (!block) return NULL;
  kept.lists[list_for(size)] = block->next;
  block->next = NULL;
  kept.size -= list_for(size) * STEP;
  return block;
}

/* The block is wiped. False: it is not kept. */
static bool keep(struct kept_block *block, size_t usable) {
  size_t list = usable / STEP;
  if (!kept.user_count || !list || list > LARGEST / STEP || kept.size + list * STEP > KEPT_MOST) return false;
  block->next = kept.lists[list];
  kept.lists[list] = block;
  kept.size += list * STEP;
  return true;
}

void wiped_memory_keep(void) {
#ifndef __SANITIZE_ADDRESS__ /* which finds mistakes with blocks of the C library only */
  kept.user_count++;
#endif
}

void wiped_memory_keep_no_more(void) {
  if (!kept.user_count || --kept.user_count) return;
  for (size_t i = 0; i < sizeof kept.lists / sizeof kept.lists[0]; i++) {
    for (struct kept_block *block = kept.lists[i], *next; block; block = next) {
      next = block->next;
      free(block);
    }
  }
  kept = (struct kept_blocks){0};
}

void *wiped_memory_new(size_t size) {
  void *block = take_kept(size);
  return block ? block : malloc(rounded(size));
}

void *wiped_memory_new_zeroed(size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) return NULL;
  void *block = take_kept(count * size);
  return block ? block : calloc(1, rounded(count * size));
}

void wiped_memory_free(void *memory) {
  if (!memory) return; /* most of what libcurl frees is not there */
  size_t usable = malloc_usable_size(memory);
  explicit_bzero(memory, usable);
  if (!keep(memory, usable)) free(memory);
}

/* Never realloc(), which leaves the old bytes where they were. */
void *wiped_memory_resize(void *memory, size_t size) {
  size_t old_size = memory ? malloc_usable_size(memory) : 0;
  void *moved = wiped_memory_new(size);
  if (!moved) return NULL;
  if (memory) memcpy(moved, memory, old_size < size ? old_size : size);
  wiped_memory_free(memory);
  return moved;
}

char *wiped_memory_copy_text(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = wiped_memory_new(size);
  return copy ? memcpy(copy, text, size) : NULL;
}
