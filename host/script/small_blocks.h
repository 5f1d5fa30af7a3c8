/* The small memory of one Lua state. Nearly all that Lua asks for is small and soon given back; here a block is taken from a
 * list of its size, and no block carries a header, since Lua tells the old size. A larger one is the C library's. The loop's
 * thread only. */
#pragma once
#include <stddef.h>

enum { SMALL_BLOCKS_STEP = 16, SMALL_BLOCKS_LARGEST = 240 }; /* bytes; one list for each multiple of the step */

/* Zeroed, it has nothing. */
struct small_blocks {
  void *lists[SMALL_BLOCKS_LARGEST / SMALL_BLOCKS_STEP]; /* of free blocks; each begins with the address of the next */
  void *slabs;                                           /* what the blocks are cut from */
  char *at, *end;                                        /* of the newest slab what is not cut yet */
};

/* Frees the slabs. Larger blocks must have been given back before. */
void small_blocks_release(struct small_blocks *blocks);

/* Like lua_Alloc, with the true old size (0: `memory` is NULL). NULL when new_size is 0, or when growing and there is no
 * memory; then `memory` is unchanged. Shrinking never fails: where not even that much is left, the process ends. */
void *small_blocks_resize(struct small_blocks *blocks, void *memory, size_t old_size, size_t new_size);
