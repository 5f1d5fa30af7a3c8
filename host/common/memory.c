/* Allocation that aborts, and allocation that may fail. The process aborts where its own small needs can't be met: handling
 * that error would need memory, too. Before that it gives up its reserve, a block that nobody touches: it costs address
 * space, and no memory. */
#include "common/memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  RESERVE_SIZE = 8 << 20,      /* a fresh VM with the scripts takes a quarter of it */
  BLOCK_THRESHOLD = 256 << 10, /* larger blocks are mapped, and go back to the system when they are freed */
};

static atomic_uint fail_countdown; /* global, like the allocator itself */
static _Atomic(void *) reserve;
static int statistics = -1; /* /proc/self/statm, opened at the start: later the process may not be allowed to */

/* glibc raises its threshold to the size of each large block that is freed (up to 32 MB), and a thread that allocates gets an
 * arena of its own, of 64 MB of address space. With both, the holes that backups leave behind never went back to the system. */
void memory_set_up(void) {
#ifdef __GLIBC__
  (void)mallopt(M_MMAP_THRESHOLD, BLOCK_THRESHOLD);
  (void)mallopt(M_TRIM_THRESHOLD, BLOCK_THRESHOLD);
  (void)mallopt(M_ARENA_MAX, 1);
#endif
  (void)memory_take_reserve();
  statistics = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

long memory_resident_kb(void) {
  char text[100];
  ssize_t size = pread(statistics, text, sizeof text - 1, 0);
  if (size <= 0) return 0;
  text[size] = '\0';
  const char *second = strchr(text, ' '); /* in pages: the size, and how much of it is resident */
  return second ? strtol(second, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024) : 0;
}

void memory_lend_reserve(void) { free(atomic_exchange(&reserve, NULL)); }

bool memory_take_reserve(void) {
  if (!atomic_load(&reserve)) atomic_store(&reserve, malloc(RESERVE_SIZE));
  return atomic_load(&reserve) != NULL;
}

void *memory_new(size_t size) {
  void *memory = calloc(1, size ? size : 1);
  if (!memory) {
    memory_lend_reserve();
    memory = calloc(1, size ? size : 1);
  }
  if (!memory) {
    (void)fprintf(stderr, "level=error msg=\"out of memory\" size=%zu\n", size);
    abort();
  }
  return memory;
}

char *memory_copy_text(const char *text) {
  size_t size = strlen(text) + 1;
  return memcpy(memory_new(size), text, size);
}

void *memory_try_resize(void *memory, size_t size) {
  if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) && atomic_fetch_sub(&fail_countdown, 1) == 1) return NULL;
  return realloc(memory, size);
}

void memory_fail_at(unsigned n) { atomic_store(&fail_countdown, n); }
