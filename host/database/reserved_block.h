/* What SQLite's allocator does beyond the usual. A block of memory is laid out before SQLite asks for it: the first touch of
 * each page of a large fresh block costs 2 us, many times what copying into the page costs; whoever must copy in one turn of
 * the loop touches the pages in the turns before. The loop's thread only. Part of the floor's face: database.h includes it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Before any connection is opened; again does no harm. */
void reserved_block_install(void);

/* From now on SQLite gets at most so many bytes more on this thread than it gives back (0: as many as there are), and no large
 * block when over(data) says so (NULL: it gets all). */
void reserved_block_limit(size_t memory, bool (*over)(void *data), void *data);

/* A block for reserved_block_offer(); its pages are touched by the caller. Given: reserved_block_offer() takes it, else
 * reserved_block_free(). NULL: no memory. */
void *reserved_block_new(size_t size);
void reserved_block_free(void *block); /* NULL does no harm */

/* The next time SQLite asks for at most `size` bytes and for more than half of that, it gets this block. */
void reserved_block_offer(void *block, size_t size);
void *reserved_block_take_back(void); /* given: the block, if SQLite has not asked for it; NULL: it is SQLite's now */
