#include "script/small_blocks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum {
  SLAB_SIZE = 16 << 10,
  SLAB_HEADER = 16, /* the address of the next slab, and what keeps blocks aligned for anything */
};

void small_blocks_release(struct small_blocks *blocks) {
  for (void *slab = blocks->slabs, *next; slab; slab = next) {
    memcpy(&next, slab, sizeof next);
    free(slab);
  }
  *blocks = (struct small_blocks){0};
}

static bool is_small(size_t size) { return size <= SMALL_BLOCKS_LARGEST; }
static size_t list_of(size_t size) { return (size - 1) / SMALL_BLOCKS_STEP; }

static void add_slab(struct small_blocks *blocks, char *slab) {
  memcpy(slab, &blocks->slabs, sizeof blocks->slabs);
  blocks->slabs = slab;
  blocks->at = slab + SLAB_HEADER;
  blocks->end = slab + SLAB_SIZE;
}

/* NULL: there is no memory. */
static void *take(struct small_blocks *blocks, size_t size) {
  size_t whole = (list_of(size) + 1) * SMALL_BLOCKS_STEP;
  void *block = small_blocks_take(blocks, size);
  if (block) return block;
  if ((size_t)(blocks->end - blocks->at) < whole) {
    char *slab = memory_try_resize(NULL, SLAB_SIZE);
    if (!slab) return NULL;
    add_slab(blocks, slab);
  }
  block = blocks->at;
  blocks->at += whole;
  return block;
}

static void *allocate(struct small_blocks *blocks, size_t size) {
  return is_small(size) ? take(blocks, size) : memory_try_resize(NULL, size);
}

static void release(struct small_blocks *blocks, void *memory, size_t size) {
  if (memory && is_small(size))
    small_blocks_give(blocks, memory, size);
  else
    free(memory);
}

void *small_blocks_resize(struct small_blocks *blocks, void *memory, size_t old_size, size_t new_size) {
  if (new_size == 0) {
    release(blocks, memory, old_size);
    return NULL;
  }
  if (!memory) return allocate(blocks, new_size);
  if (!is_small(old_size) && !is_small(new_size)) return memory_try_resize(memory, new_size);
  if (is_small(old_size) && is_small(new_size) && list_of(old_size) == list_of(new_size)) return memory;
  void *moved = allocate(blocks, new_size);
  if (!moved && new_size > old_size) return NULL;
  if (!moved && is_small(old_size))
    return memory; /* it will be given back to the list of its new size, which is not too small */
  if (!moved) {
    add_slab(blocks, memory_new(SLAB_SIZE));
    moved = take(blocks, new_size);
  }
  memcpy(moved, memory, old_size < new_size ? old_size : new_size);
  release(blocks, memory, old_size);
  return moved;
}
