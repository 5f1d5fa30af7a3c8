/* What SQLite's allocator does beyond the usual: it limits what a thread takes. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Before any connection is opened; again does no harm. */
void allocator_install(void);

/* From now on SQLite gets at most so many bytes more on this thread than it gives back (0: as many as there are), and no large
 * block when over(data) says so (NULL: it gets all). */
void allocator_limit(size_t memory, bool (*over)(void *data), void *data);
