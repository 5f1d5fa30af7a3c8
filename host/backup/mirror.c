/* Copies the live database as it is at one moment, some pages in each turn of the loop. Why not SQLite's online backup, which
 * copies in turns, too: with a `:memory:` source it begins anew at every commit, so on a busy bot it would never end. */
#include "backup/mirror.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "backup/changes.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"

#ifndef MIRROR_SLICE_US
#define MIRROR_SLICE_US 1000 /* of reading pages, in one turn */
#endif
#ifndef MIRROR_READ_AT_ONCE
#define MIRROR_READ_AT_ONCE 32 /* pages between two looks at the time: some 30 us */
#endif

struct mirror {
  struct database *database;
  struct clock *clock;
  struct clock_timer turn;
  const struct page_hashes *base;
  struct page_snapshot *snapshot; /* while it is copied, like the next */
  size_t pages_left;
  struct changes *changes;
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

void mirror_close(struct mirror *mirror) {
  if (!mirror) return;
  clock_stop(mirror->clock, &mirror->turn);
  page_snapshot_end(mirror->snapshot);
  changes_free(mirror->changes);
  free(mirror);
}

struct changes *mirror_take(struct mirror *mirror) {
  struct changes *changes = mirror->changes;
  mirror->changes = NULL;
  return changes;
}

static void begin(struct mirror *mirror) {
  mirror->snapshot = page_snapshot_begin(mirror->database, &mirror->error);
  if (!mirror->snapshot) return;
  mirror->pages_left = page_snapshot_page_count(mirror->snapshot);
  mirror->changes = changes_new(page_snapshot_page_size(mirror->snapshot), mirror->pages_left, &mirror->error);
}

void mirror_start(struct mirror *mirror, const struct page_hashes *base, void (*copied)(const struct error *error, void *data),
                  void *data) {
  assert(!mirror->changes && !mirror->snapshot);
  mirror->base = base;
  mirror->copied = copied;
  mirror->data = data;
  mirror->longest_slice_us = 0;
  mirror->error = (struct error){0};
  begin(mirror);
  clock_start(mirror->clock, &mirror->turn, 0, on_turn, mirror);
}

static bool copy_some(struct mirror *mirror) {
  for (int i = 0; i < MIRROR_READ_AT_ONCE && mirror->pages_left; i++, mirror->pages_left--) {
    const unsigned char *page = page_snapshot_next(mirror->snapshot, &mirror->error);
    if (!page || !changes_add(mirror->changes, page, mirror->base, &mirror->error)) return false;
  }
  return true;
}

static void on_turn(void *data) {
  struct mirror *mirror = data;
  int64_t began = clock_measure_us(), passed = 0;
  bool ok = !mirror->error.kind;
  while (ok && mirror->pages_left && passed <= MIRROR_SLICE_US) {
    ok = copy_some(mirror);
    passed = clock_measure_us() - began;
  }
  if (passed > mirror->longest_slice_us) mirror->longest_slice_us = passed;
  if (ok && mirror->pages_left) {
    clock_start(mirror->clock, &mirror->turn, 0, on_turn, mirror);
  } else {
    end(mirror);
  }
}

static void end(struct mirror *mirror) {
  struct error error = mirror->error;
  page_snapshot_end(mirror->snapshot);
  mirror->snapshot = NULL;
  if (error.kind) changes_free(mirror_take(mirror));
  mirror->copied(&error, mirror->data);
}

int64_t mirror_longest_slice_us(const struct mirror *mirror) { return mirror->longest_slice_us; }
