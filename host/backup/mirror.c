/* SQLite's online backup from `:memory:` into a database of the memdb VFS, whose pages lie in one piece and can be read as an
 * image without a copy. Source and backup share a connection, so SQLite itself carries over what is written between two slices,
 * and never begins anew. The copy is a transaction of its own: until the last slice nothing of it can be read. */
#include "backup/mirror.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"

#ifndef MIRROR_STEP_PAGES
#define MIRROR_STEP_PAGES 32 /* about 0.1 to 0.4 ms: the grain of the slice's time */
#endif
#ifndef MIRROR_SLICE_US
#define MIRROR_SLICE_US 1500 /* a slice ends with the step that passes this, so at about 2 ms */
#endif

struct mirror {
  struct database *database;
  struct clock *clock;
  sqlite3 *copy;          /* from start to release */
  sqlite3_backup *backup; /* while copying */
  struct clock_timer slice;
  int64_t longest_slice_us;
  unsigned char *image; /* the copy's own memory; when it is whole */
  size_t size;
  struct error error;
  void (*copied)(const struct error *error, void *data);
  void *data;
};

/* ---- the life of a copy, in order ---- */
static bool begin(struct mirror *mirror, struct error *error);
static void on_slice(void *data);              /* a turn of the loop: some pages */
static void on_begin_failed(void *data);       /* told from the loop, like every other end */
static bool read_image(struct mirror *mirror); /* all pages are there */
static void end(struct mirror *mirror);        /* tells */

struct mirror *mirror_open(struct database *database, struct clock *clock, struct error *error) {
  (void)error; /* memory is taken only while there is a copy */
  struct mirror *mirror = memory_new(sizeof *mirror);
  mirror->database = database;
  mirror->clock = clock;
  return mirror;
}

void mirror_release(struct mirror *mirror) {
  clock_stop(mirror->clock, &mirror->slice);
  if (mirror->backup) (void)sqlite3_backup_finish(mirror->backup); /* it repeats the error of the step */
  (void)sqlite3_close(mirror->copy);
  mirror->backup = NULL;
  mirror->copy = NULL;
  mirror->image = NULL;
  mirror->size = 0;
}

void mirror_close(struct mirror *mirror) {
  if (!mirror) return;
  mirror_release(mirror);
  free(mirror);
}

static bool fail(struct mirror *mirror, int status, struct error *error) {
  enum error_kind kind = status == SQLITE_NOMEM || status == SQLITE_FULL ? ERROR_MEMORY : ERROR_SYSTEM;
  (void)mirror;
  return error_set(error, kind, "can't copy the database for a backup: %s", sqlite3_errstr(status));
}

void mirror_start(struct mirror *mirror, void (*copied)(const struct error *error, void *data), void *data) {
  assert(!mirror->copy);
  mirror->copied = copied;
  mirror->data = data;
  mirror->longest_slice_us = 0;
  mirror->error = (struct error){0};
  bool ok = begin(mirror, &mirror->error);
  clock_start(mirror->clock, &mirror->slice, 0, ok ? on_slice : on_begin_failed, mirror);
}

/* A name without a slash is private to its connection. */
static bool begin(struct mirror *mirror, struct error *error) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  int status = sqlite3_open_v2("file:mirror?vfs=memdb", &mirror->copy, flags, NULL);
  if (status != SQLITE_OK) return fail(mirror, status, error);
  mirror->backup = sqlite3_backup_init(mirror->copy, "main", database_connection(mirror->database), "main");
  return mirror->backup || fail(mirror, sqlite3_errcode(mirror->copy), error);
}

static void on_begin_failed(void *data) { end(data); }

static void on_slice(void *data) {
  struct mirror *mirror = data;
  assert(!database_is_in_segment(mirror->database)); /* half a segment must not be in a backup */
  int64_t began = clock_measure_us(), passed;
  int status;
  do {
    status = sqlite3_backup_step(mirror->backup, MIRROR_STEP_PAGES);
    passed = clock_measure_us() - began;
  } while (status == SQLITE_OK && passed < MIRROR_SLICE_US);
  if (passed > mirror->longest_slice_us) mirror->longest_slice_us = passed;
  bool may_go_on = status == SQLITE_OK || status == SQLITE_BUSY || status == SQLITE_LOCKED;
  if (may_go_on) {
    clock_start(mirror->clock, &mirror->slice, 0, on_slice, mirror);
    return;
  }
  if (status != SQLITE_DONE) {
    fail(mirror, status, &mirror->error);
  } else if (!read_image(mirror)) {
    error_set(&mirror->error, ERROR_SYSTEM, "can't read the copy of the database: is it empty?");
  }
  end(mirror);
}

static bool read_image(struct mirror *mirror) {
  sqlite3_int64 size = 0;
  int status = sqlite3_backup_finish(mirror->backup);
  mirror->backup = NULL;
  if (status == SQLITE_OK) mirror->image = sqlite3_serialize(mirror->copy, "main", &size, SQLITE_SERIALIZE_NOCOPY);
  mirror->size = mirror->image ? (size_t)size : 0;
  return mirror->size > 0;
}

static void end(struct mirror *mirror) {
  struct error error = mirror->error;
  if (error.kind) mirror_release(mirror);
  mirror->copied(&error, mirror->data);
}

const unsigned char *mirror_image(const struct mirror *mirror, size_t *size) {
  *size = mirror->size;
  return mirror->image;
}

int64_t mirror_longest_slice_us(const struct mirror *mirror) { return mirror->longest_slice_us; }
