/* Copies the live database at one moment. Why not SQLite's online backup, which copies in slices: with a `:memory:` source
 * it begins anew at every commit, so on a busy bot it would never end. sqlite3_serialize() copies all at once: 2 ms for 25
 * MB (a million users), if the pages of the copy are in memory already. To have them made takes ten times that, but can be
 * done before, in slices. So the memory is laid out in slices, and offered to SQLite as a reserved block. */
#include "backup/mirror.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"

#ifndef MIRROR_SLICE_US
#define MIRROR_SLICE_US 1000 /* of touching pages, in one turn */
#endif
#ifndef MIRROR_SLACK
#define MIRROR_SLACK (1 << 20) /* bytes by which the database may grow meanwhile; if it grows more, the copy is only slower */
#endif
#ifndef MIRROR_TOUCHED_AT_ONCE
#define MIRROR_TOUCHED_AT_ONCE 64 /* pages between two looks at the time: some 20 us */
#endif
enum { TOUCHED_PAGE = 4096 };

struct mirror {
  struct database *database;
  struct clock *clock;
  struct clock_timer turn;
  unsigned char *reserved; /* while it is laid out */
  size_t reserved_size, touched;
  unsigned char *image; /* SQLite's memory, ours to free; when it is whole */
  size_t size;
  int64_t longest_slice_us;
  struct error error;
  void (*copied)(const struct error *error, void *data);
  void *data;
};

/* ---- the life of a copy, in order ---- */
static void on_touch(void *data); /* a turn: some pages of memory */
static void on_laid_out(void *data);
static void end(struct mirror *mirror); /* tells */

struct mirror *mirror_open(struct database *database, struct clock *clock) {
  struct mirror *mirror = memory_new(sizeof *mirror);
  mirror->database = database;
  mirror->clock = clock;
  return mirror;
}

void mirror_release(struct mirror *mirror) {
  clock_stop(mirror->clock, &mirror->turn);
  reserved_block_free(mirror->reserved);
  sqlite3_free(mirror->image);
  mirror->reserved = mirror->image = NULL;
  mirror->size = 0;
}

unsigned char *mirror_take_image(struct mirror *mirror) {
  unsigned char *image = mirror->image;
  mirror->image = NULL;
  mirror->size = 0;
  return image;
}

void mirror_free_image(unsigned char *image) { sqlite3_free(image); }

void mirror_close(struct mirror *mirror) {
  if (!mirror) return;
  mirror_release(mirror);
  free(mirror);
}

static size_t live_size(const struct mirror *mirror) {
  static const char sql[] = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
  sqlite3_stmt *statement = NULL;
  sqlite3_int64 size = 0;
  int status = sqlite3_prepare_v2(database_connection(mirror->database), sql, -1, &statement, NULL);
  if (status == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) size = sqlite3_column_int64(statement, 0);
  (void)sqlite3_finalize(statement);
  return (size_t)size;
}

void mirror_start(struct mirror *mirror, void (*copied)(const struct error *error, void *data), void *data) {
  assert(!mirror->image && !mirror->reserved);
  mirror->copied = copied;
  mirror->data = data;
  mirror->longest_slice_us = 0;
  mirror->error = (struct error){0};
  mirror->touched = 0;
  mirror->reserved_size = live_size(mirror) + MIRROR_SLACK;
  mirror->reserved = reserved_block_new(mirror->reserved_size);
  clock_start(mirror->clock, &mirror->turn, 0, mirror->reserved ? on_touch : on_laid_out, mirror);
}

static void note_time(struct mirror *mirror, int64_t began) {
  int64_t passed = clock_measure_us() - began;
  if (passed > mirror->longest_slice_us) mirror->longest_slice_us = passed;
}

static void on_touch(void *data) {
  struct mirror *mirror = data;
  int64_t began = clock_measure_us();
  do {
    for (int i = 0; i < MIRROR_TOUCHED_AT_ONCE && mirror->touched < mirror->reserved_size;
         i++, mirror->touched += TOUCHED_PAGE) {
      ((volatile unsigned char *)mirror->reserved)[mirror->touched] = 0;
    }
  } while (mirror->touched < mirror->reserved_size && clock_measure_us() - began < MIRROR_SLICE_US);
  note_time(mirror, began);
  bool is_laid_out = mirror->touched >= mirror->reserved_size;
  clock_start(mirror->clock, &mirror->turn, 0, is_laid_out ? on_laid_out : on_touch, mirror);
}

/* Without a reserved block, for lack of memory, SQLite is asked all the same: it may need less. */
static void on_laid_out(void *data) {
  struct mirror *mirror = data;
  assert(!database_is_in_segment(mirror->database)); /* a backup must not hold half a segment */
  sqlite3_int64 size = 0;
  int64_t began = clock_measure_us();
  if (mirror->reserved) reserved_block_offer(mirror->reserved, mirror->reserved_size);
  mirror->image = sqlite3_serialize(database_connection(mirror->database), "main", &size, 0);
  mirror->reserved = mirror->reserved ? reserved_block_take_back() : NULL;
  note_time(mirror, began);
  mirror->size = mirror->image ? (size_t)size : 0;
  if (!mirror->size) error_set(&mirror->error, ERROR_MEMORY, "out of memory for a copy of the database");
  end(mirror);
}

static void end(struct mirror *mirror) {
  struct error error = mirror->error;
  reserved_block_free(mirror->reserved); /* not asked for: the database had become larger */
  mirror->reserved = NULL;
  if (error.kind) mirror_release(mirror);
  mirror->copied(&error, mirror->data);
}

const unsigned char *mirror_image(const struct mirror *mirror, size_t *size) {
  *size = mirror->size;
  return mirror->image;
}

int64_t mirror_longest_slice_us(const struct mirror *mirror) { return mirror->longest_slice_us; }
