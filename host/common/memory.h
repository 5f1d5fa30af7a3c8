/* Memory in two classes. For a size that the program chose, lack of memory ends the process; for a size that came from outside,
 * it is an error of that one operation. Any thread, except memory_fail_at(), which is for tests. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Once, at the program's start: memory that is freed goes back to the system, and a reserve is laid by. */
void memory_set_up(void);

/* Kilobytes of the process that are in the machine's memory now; 0 where the system does not tell, or before the start. */
long memory_resident_kb(void);

/* Frees the reserve, so that what follows has a little memory where there is hardly any; and lays it by again. False: there is
 * no memory for it. The loop's thread only. */
void memory_lend_reserve(void);
bool memory_take_reserve(void);

/* Zeroed memory for a size that the program chose. Never NULL: aborts instead. Given: free with free(). */
void *memory_new(size_t size);

/* A copy of text. Never NULL. Given: free with free(). */
char *memory_copy_text(const char *text);

/* realloc() for a size that the outside chose. NULL: no memory; then `memory` is unchanged and still the caller's.
 * size must not be 0. */
void *memory_try_resize(void *memory, size_t size);

/* For tests: the n-th memory_try_resize() from now (1 is the next) returns NULL, once. 0 switches it off. */
void memory_fail_at(unsigned n);
