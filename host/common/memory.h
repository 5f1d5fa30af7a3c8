/* Memory in two classes. For a size that the program chose, lack of memory ends the process; for a size that came from outside,
 * it is an error of that one operation. Any thread, except memory_fail_at(), which is for tests. */
#pragma once
#include <stddef.h>

/* Zeroed memory for a size that the program chose. Never NULL: aborts instead. Given: free with free(). */
void *memory_new(size_t size);

/* A copy of text. Never NULL. Given: free with free(). */
char *memory_copy_text(const char *text);

/* realloc() for a size that the outside chose. NULL: no memory; then `memory` is unchanged and still the caller's.
 * size must not be 0. */
void *memory_try_resize(void *memory, size_t size);

/* For tests: the n-th memory_try_resize() from now (1 is the next) returns NULL, once. 0 switches it off. */
void memory_fail_at(unsigned n);
