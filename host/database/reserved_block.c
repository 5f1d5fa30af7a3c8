/* SQLite has one allocator for the whole process, so the state here is global or of a thread. The allocator is SQLite's usual
 * one with two exceptions. An allocation that the offered block fits gets that block. A large one is refused when the time of
 * the SQL is over: SQLite looks at the limits only where its program jumps, and an expression of a thousand large values has no
 * jump. Blocks come from the usual allocator, so SQLite can free them. */
#include "database/reserved_block.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>

enum { LARGE = 64 << 10 }; /* bytes; to look costs nothing beside filling so many */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_mem_methods plain;
static _Thread_local void *offered; /* of a thread, because workers use SQLite, too */
static _Thread_local size_t offered_size;

static _Thread_local bool (*is_over)(void *data);
static _Thread_local void *is_over_data;

static bool is_refused(int size) { return size >= LARGE && is_over && is_over(is_over_data); }

static void *allocate(int size) {
  if (is_refused(size)) return NULL;
  if (!offered || (size_t)size > offered_size || (size_t)size < offered_size / 2) return plain.xMalloc(size);
  void *block = offered;
  offered = NULL;
  return block;
}

static void *resize(void *block, int size) { return is_refused(size) ? NULL : plain.xRealloc(block, size); }

static void install(void) {
  int status = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain);
  sqlite3_mem_methods methods = plain;
  methods.xMalloc = allocate;
  methods.xRealloc = resize;
  if (status == SQLITE_OK) status = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
  assert(status == SQLITE_OK); /* fails only where a connection is open already, which is a mistake of ours */
}

void reserved_block_install(void) { (void)pthread_once(&once, install); }

void reserved_block_limit(bool (*over)(void *data), void *data) {
  is_over = over;
  is_over_data = data;
}

void *reserved_block_new(size_t size) {
  return size > 0x7fffff00 ? NULL : plain.xMalloc(plain.xRoundup((int)size)); /* the most that SQLite ever allocates */
}

void reserved_block_free(void *block) {
  if (block) plain.xFree(block);
}

void reserved_block_offer(void *block, size_t size) {
  assert(!offered);
  offered = block;
  offered_size = size;
}

void *reserved_block_take_back(void) {
  void *block = offered;
  offered = NULL;
  return block;
}
