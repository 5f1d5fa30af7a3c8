/* The memory of libcurl, wiped when it is given back: it holds addresses with the bot's token, and headers with passwords.
 * As malloc() and its kin, any thread. A thread that keeps blocks has those that it gives back again sooner. */
#pragma once
#include <stddef.h>

void *wiped_memory_new(size_t size);
void *wiped_memory_new_zeroed(size_t count, size_t size);
void *wiped_memory_resize(void *memory, size_t size); /* a block that moves is wiped where it was */
char *wiped_memory_copy_text(const char *text);
void wiped_memory_free(void *memory);

/* Between them, as often as each was called, the calling thread keeps blocks. */
void wiped_memory_keep(void);
void wiped_memory_keep_no_more(void);
