/* SQLite has one allocator for the whole process, so the state here is global or of a thread. The allocator is SQLite's usual
 * one with three exceptions. What a thread may use more is limited: SQLite's own count takes a lock at each block, and is of
 * all threads, so it is switched off. And a large block is refused when the time of the SQL is over: SQLite looks at the limits
 * only where its program jumps, and an expression of a thousand large values has no jump.
 *
 * And a thread keeps some of the pieces that SQLite's journal in memory was made of: each changed page takes five, and its
 * transaction's end frees them. A piece is a block of the usual allocator all the same: any thread may free it. */
#include "database/allocator.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  LARGE = 64 << 10, /* bytes; to look costs nothing beside filling so many */
  PIECE = 1024,     /* bytes; of another size, pieces would only not be kept */
  PIECES_MOST = 16, /* of a thread */
};

struct piece { /* the beginning of one */
  struct piece *next;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_mem_methods plain;

/* Of a thread, because workers use SQLite, too. */
static _Thread_local int64_t used;      /* bytes; less than 0: others' blocks were freed here */
static _Thread_local int64_t used_most; /* 0: no limit */

static _Thread_local bool (*is_over)(void *data);
static _Thread_local void *is_over_data;

static _Thread_local struct piece *pieces;
static _Thread_local unsigned piece_count;

static bool is_too_much(int more) { return used_most && more > 0 && used + more > used_most; }
static bool is_too_late(int size) { return size >= LARGE && is_over && is_over(is_over_data); }

/* NULL: none is kept. */
static void *take_piece(void) {
  struct piece *piece = pieces;
  if (!piece) return NULL;
  pieces = piece->next;
  piece_count--;
  return piece;
}

/* False: it is not kept. */
static bool keep_piece(struct piece *piece) {
#ifdef __SANITIZE_ADDRESS__ /* which finds mistakes with blocks of the C library only */
  return false;
#endif
  if (piece_count == PIECES_MOST) return false;
  piece->next = pieces;
  pieces = piece;
  piece_count++;
  return true;
}

static void *allocate(int size) {
  if (is_too_much(size) || is_too_late(size)) return NULL;
  void *block = size == PIECE ? take_piece() : NULL;
  if (!block) block = plain.xMalloc(size);
  if (block) used += plain.xSize(block);
  return block;
}

static void *resize(void *block, int size) {
  int before = plain.xSize(block);
  void *resized = is_too_much(size - before) || is_too_late(size) ? NULL : plain.xRealloc(block, size);
  if (resized) used += plain.xSize(resized) - before;
  return resized;
}

static void release(void *block) {
  if (!block) return;
  int size = plain.xSize(block);
  used -= size;
  if (size != PIECE || !keep_piece(block)) plain.xFree(block);
}

static void install(void) {
  int status = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain);
  sqlite3_mem_methods methods = plain;
  methods.xMalloc = allocate;
  methods.xRealloc = resize;
  methods.xFree = release;
  if (status == SQLITE_OK) status = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
  if (status == SQLITE_OK) status = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  assert(status == SQLITE_OK); /* fails only where a connection is open already, which is a mistake of ours */
}

void allocator_install(void) { (void)pthread_once(&once, install); }

void allocator_limit(size_t memory, bool (*over)(void *data), void *data) {
  used_most = memory ? used + (int64_t)memory : 0;
  is_over = over;
  is_over_data = data;
}
