/* Copies the live database as it is at one moment, some pages in each turn of the loop. Why not SQLite's online backup, which
 * copies in turns, too: with a `:memory:` source it begins anew at every commit, so on a busy bot it would never end. */
#include "backup/mirror.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"

#ifndef MIRROR_SLICE_US
#define MIRROR_SLICE_US 1000 /* of copying, in one turn */
#endif
#ifndef MIRROR_COPIED_AT_ONCE
#define MIRROR_COPIED_AT_ONCE 32 /* pages between two looks at the time: some 20 us */
#endif

struct mirror {
  struct database *database;
  struct clock *clock;
  struct clock_timer turn;
  struct page_snapshot *snapshot; /* while it is copied */
  unsigned char *image;
  size_t size, copied_size;
  int64_t longest_slice_us;
  struct error error;
  void (*copied)(const struct error *error, void *data);
  void *data;
};

/* ---- the life of a copy, in order ---- */
static void on_turn(void *data);        /* some pages */
static void end(struct mirror *mirror); /* tells */

struct mirror *mirror_open(struct database *database, struct clock *clock) {
  struct mirror *mirror = memory_new(sizeof *mirror);
  mirror->database = database;
  mirror->clock = clock;
  return mirror;
}

void mirror_release(struct mirror *mirror) {
  clock_stop(mirror->clock, &mirror->turn);
  page_snapshot_end(mirror->snapshot);
  mirror->snapshot = NULL;
  free(mirror->image);
  mirror->image = NULL;
  mirror->size = 0;
}

unsigned char *mirror_take_image(struct mirror *mirror) {
  unsigned char *image = mirror->image;
  mirror->image = NULL;
  mirror->size = 0;
  return image;
}

void mirror_free_image(unsigned char *image) { free(image); }

void mirror_close(struct mirror *mirror) {
  if (!mirror) return;
  mirror_release(mirror);
  free(mirror);
}

void mirror_start(struct mirror *mirror, void (*copied)(const struct error *error, void *data), void *data) {
  assert(!mirror->image && !mirror->snapshot);
  mirror->copied = copied;
  mirror->data = data;
  mirror->longest_slice_us = 0;
  mirror->error = (struct error){0};
  mirror->copied_size = 0;
  mirror->snapshot = page_snapshot_begin(mirror->database, &mirror->error);
  if (mirror->snapshot) {
    mirror->size = page_snapshot_page_size(mirror->snapshot) * page_snapshot_page_count(mirror->snapshot);
    mirror->image = memory_try_resize(NULL, mirror->size);
    if (!mirror->image) error_set(&mirror->error, ERROR_MEMORY, "out of memory for a copy of the database");
  }
  clock_start(mirror->clock, &mirror->turn, 0, on_turn, mirror);
}

static bool copy_some(struct mirror *mirror) {
  size_t page_size = page_snapshot_page_size(mirror->snapshot);
  for (int i = 0; i < MIRROR_COPIED_AT_ONCE && mirror->copied_size < mirror->size; i++) {
    const unsigned char *page = page_snapshot_next(mirror->snapshot, &mirror->error);
    if (!page) return false;
    memcpy(mirror->image + mirror->copied_size, page, page_size);
    mirror->copied_size += page_size;
  }
  return true;
}

static void on_turn(void *data) {
  struct mirror *mirror = data;
  int64_t began = clock_measure_us(), passed = 0;
  bool ok = !mirror->error.kind;
  while (ok && mirror->copied_size < mirror->size && passed <= MIRROR_SLICE_US) {
    ok = copy_some(mirror);
    passed = clock_measure_us() - began;
  }
  if (passed > mirror->longest_slice_us) mirror->longest_slice_us = passed;
  if (ok && mirror->copied_size < mirror->size) {
    clock_start(mirror->clock, &mirror->turn, 0, on_turn, mirror);
  } else {
    end(mirror);
  }
}

static void end(struct mirror *mirror) {
  struct error error = mirror->error;
  if (error.kind) mirror_release(mirror);
  page_snapshot_end(mirror->snapshot);
  mirror->snapshot = NULL;
  mirror->copied(&error, mirror->data);
}

const unsigned char *mirror_image(const struct mirror *mirror, size_t *size) {
  *size = mirror->size;
  return mirror->image;
}

int64_t mirror_longest_slice_us(const struct mirror *mirror) { return mirror->longest_slice_us; }
