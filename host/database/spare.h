/* Memory that is laid out before SQLite asks for it. A large fresh block costs a fault of 2 us for each of its pages, which is
 * many times what copying into it costs; who must copy in one turn of the loop lays it out in the turns before. The loop's
 * thread only. */
#pragma once
#include <stddef.h>

/* Before any connection is opened; again does no harm. */
void spare_install(void);

/* A block for spare_offer(); its pages are touched by the caller. Given: spare_offer() takes it, else spare_free(). NULL: no
 * memory. */
void *spare_new(size_t size);
void spare_free(void *block); /* NULL does no harm */

/* The next time SQLite asks for at most `size` bytes and for more than half of that, it gets this block. */
void spare_offer(void *block, size_t size);
void *spare_take_back(void); /* given: the block, if nobody has asked for it; NULL: it is SQLite's now */
