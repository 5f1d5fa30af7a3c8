/* A block of memory that is laid out before SQLite asks for it. The first touch of each page of a large fresh block costs 2 us,
 * many times what copying into the page costs; whoever must copy in one turn of the loop touches the pages in the turns before.
 * The loop's thread only. Part of the floor's face: database.h includes it. */
#pragma once
#include <stddef.h>

/* Before any connection is opened; again does no harm. */
void reserved_block_install(void);

/* A block for reserved_block_offer(); its pages are touched by the caller. Given: reserved_block_offer() takes it, else
 * reserved_block_free(). NULL: no memory. */
void *reserved_block_new(size_t size);
void reserved_block_free(void *block); /* NULL does no harm */

/* The next time SQLite asks for at most `size` bytes and for more than half of that, it gets this block. */
void reserved_block_offer(void *block, size_t size);
void *reserved_block_take_back(void); /* given: the block, if SQLite has not asked for it; NULL: it is SQLite's now */
