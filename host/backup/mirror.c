/* SQLite's online backup would copy in slices, but where the source is `:memory:` it begins anew at every commit: on a bot that
 * is never idle it would never end. To copy all at once takes 2 ms for 25 MB (a million users), if the pages of the copy are
 * there already; to have them made takes ten times that, and can be done in slices. So only the memory is laid out in slices.
 */
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
#define MIRROR_SLICE_US 1000 /* of touching pages, a turn */
#endif
#ifndef MIRROR_SLACK
#define MIRROR_SLACK (1 << 20) /* bytes that the database may grow meanwhile; more only makes the copy slower */
#endif
#ifndef MIRROR_TOUCHED_AT_ONCE
#define MIRROR_TOUCHED_AT_ONCE 64 /* pages between two looks at the time: some 20 us */
#endif
enum { TOUCHED_PAGE = 4096 };

struct mirror {
  struct database *database;
  struct clock *clock;
  struct clock_timer turn;
  unsigned char *spare; /* while it is laid out */
  size_t spare_size, touched;
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
  spare_free(mirror->spare);
  sqlite3_free(mirror->image);
  mirror->spare = mirror->image = NULL;
  mirror->size = 0;
}

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
  assert(!mirror->image && !mirror->spare);
  mirror->copied = copied;
  mirror->data = data;
  mirror->longest_slice_us = 0;
  mirror->error = (struct error){0};
  mirror->touched = 0;
  mirror->spare_size = live_size(mirror) + MIRROR_SLACK;
  mirror->spare = spare_new(mirror->spare_size);
  clock_start(mirror->clock, &mirror->turn, 0, mirror->spare ? on_touch : on_laid_out, mirror);
}

static void note_time(struct mirror *mirror, int64_t began) {
  int64_t passed = clock_measure_us() - began;
  if (passed > mirror->longest_slice_us) mirror->longest_slice_us = passed;
}

static void on_touch(void *data) {
  struct mirror *mirror = data;
  int64_t began = clock_measure_us();
  do {
    for (int i = 0; i < MIRROR_TOUCHED_AT_ONCE && mirror->touched < mirror->spare_size; i++, mirror->touched += TOUCHED_PAGE) {
      ((volatile unsigned char *)mirror->spare)[mirror->touched] = 0;
    }
  } while (mirror->touched < mirror->spare_size && clock_measure_us() - began < MIRROR_SLICE_US);
  note_time(mirror, began);
  bool is_laid_out = mirror->touched >= mirror->spare_size;
  clock_start(mirror->clock, &mirror->turn, 0, is_laid_out ? on_laid_out : on_touch, mirror);
}

/* Without a spare, for want of memory, SQLite is asked all the same: it may get along with less. */
static void on_laid_out(void *data) {
  struct mirror *mirror = data;
  assert(!database_is_in_segment(mirror->database)); /* half a segment must not be in a backup */
  sqlite3_int64 size = 0;
  int64_t began = clock_measure_us();
  if (mirror->spare) spare_offer(mirror->spare, mirror->spare_size);
  mirror->image = sqlite3_serialize(database_connection(mirror->database), "main", &size, 0);
  mirror->spare = mirror->spare ? spare_take_back() : NULL;
  note_time(mirror, began);
  mirror->size = mirror->image ? (size_t)size : 0;
  if (!mirror->size) error_set(&mirror->error, ERROR_MEMORY, "out of memory for a copy of the database");
  end(mirror);
}

static void end(struct mirror *mirror) {
  struct error error = mirror->error;
  spare_free(mirror->spare); /* not asked for: the database had become larger */
  mirror->spare = NULL;
  if (error.kind) mirror_release(mirror);
  mirror->copied(&error, mirror->data);
}

const unsigned char *mirror_image(const struct mirror *mirror, size_t *size) {
  *size = mirror->size;
  return mirror->image;
}

int64_t mirror_longest_slice_us(const struct mirror *mirror) { return mirror->longest_slice_us; }
