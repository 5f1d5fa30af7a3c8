/* SQLite's allocator is one for the whole process, so this room has the process's state. It is SQLite's own allocator but for
 * one question; blocks come from that allocator, so it can free them. */
#include "database/spare.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_mem_methods plain;
static _Thread_local void *offered; /* workers use SQLite, too */
static _Thread_local size_t offered_size;

static void *allocate(int size) {
  if (!offered || (size_t)size > offered_size || (size_t)size < offered_size / 2) return plain.xMalloc(size);
  void *block = offered;
  offered = NULL;
  return block;
}

static void install(void) {
  int status = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain);
  sqlite3_mem_methods methods = plain;
  methods.xMalloc = allocate;
  if (status == SQLITE_OK) status = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
  assert(status == SQLITE_OK); /* only where a connection was open already, which is our mistake */
}

void spare_install(void) { (void)pthread_once(&once, install); }

void *spare_new(size_t size) {
  return size > 0x7fffff00 ? NULL : plain.xMalloc(plain.xRoundup((int)size)); /* the most that SQLite ever allocates */
}

void spare_free(void *block) {
  if (block) plain.xFree(block);
}

void spare_offer(void *block, size_t size) {
  assert(!offered);
  offered = block;
  offered_size = size;
}

void *spare_take_back(void) {
  void *block = offered;
  offered = NULL;
  return block;
}
