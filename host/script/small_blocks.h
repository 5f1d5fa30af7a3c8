/* The small memory of one Lua state. Nearly all that Lua asks for is small and soon given back; here a block is taken from a
 * list of its size, and no block carries a header, since Lua tells the old size. A larger one is the C library's. The loop's
 * thread only. */
#pragma once
#include <stddef.h>

enum { SMALL_BLOCKS_STEP = 16, SMALL_BLOCKS_LARGEST = 240 }; /* bytes; one list for each multiple of the step */

struct small_block { /* the beginning of a free one */
  struct small_block *next;
};

/* Zeroed, it has nothing. */
struct small_blocks {
  struct small_block *lists[SMALL_BLOCKS_LARGEST / SMALL_BLOCKS_STEP]; /* of free blocks */
  void *slabs;                                                         /* what the blocks are cut from */
  char *at, *end;                                                      /* of the newest slab what is not cut yet */
};

/* Frees the slabs. Larger blocks must have been given back before. */
void small_blocks_release(struct small_blocks *blocks);

/* A free block for a small size, or NULL where none was given back before; and the way back. They are here to become a part of
 * whatever calls them: an update takes and gives back some thirty blocks. */
static inline void *small_blocks_take(struct small_blocks *blocks, size_t size) {
  struct small_block **list = &blocks->lists[(size - 1) / SMALL_BLOCKS_STEP], *block = *list;
  if (block) *list = block->next;
  return block;
}

static inline void small_blocks_give(struct small_blocks *blocks, void *block, size_t size) {
  struct small_block **list = &blocks->lists[(size - 1) / SMALL_BLOCKS_STEP], *free_block = block;
  free_block->next = *list;
  *list = free_block;
}

/* Like lua_Alloc, with the true old size (0: `memory` is NULL). NULL when new_size is 0, or when growing and there is no
 * memory; then `memory` is unchanged. Shrinking never fails: where not even that much is left, the process ends. */
void *small_blocks_resize(struct small_blocks *blocks, void *memory, size_t old_size, size_t new_size);
