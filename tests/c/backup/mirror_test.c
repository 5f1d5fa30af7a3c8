/* The mirror: one moment of a database that is written to while the copy is prepared. */
#include "backup/mirror.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "backup/archive.h"
#include "backup/changes.h"
#include "backup/manifest.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"

enum { TURNS_MAX = 100000 };

struct story {
  struct loop *loop;
  struct clock *clock;
  struct database *database;
  struct mirror *mirror;
  struct changes *copy;
  unsigned times;
  struct error error;
};

static void execute(struct story *story, const char *sql) {
  struct error error;
  assert_true(database_begin(story->database, &error));
  assert_true(database_execute(story->database, sql, &error));
  assert_true(database_commit(story->database, &error));
}

static int setup(void **state) {
  struct story *story = memory_new(sizeof *story);
  story->loop = loop_open(NULL);
  story->clock = clock_open_manual(story->loop, 1000000);
  story->database = database_open(NULL);
  story->mirror = mirror_open(story->database, story->clock);
  execute(story,
          "CREATE TABLE total(n); INSERT INTO total VALUES (0); CREATE TABLE parts(n); CREATE TABLE ballast(b);"
          "INSERT INTO ballast VALUES (randomblob(3000000))");
  *state = story;
  return 0;
}

static int teardown(void **state) {
  struct story *story = *state;
  mirror_close(story->mirror);
  database_close(story->database);
  clock_close(story->clock);
  bool closed = loop_close(story->loop);
  free(story);
  return closed ? 0 : -1;
}

static void on_copied(const struct error *error, void *data) {
  struct story *story = data;
  story->times++;
  story->error = *error;
  story->copy = mirror_take(story->mirror);
}

/* Both tables in one segment: what a handler does. */
static void write_both(struct story *story) { execute(story, "UPDATE total SET n = n + 1; INSERT INTO parts VALUES (1)"); }

static void forget(struct story *story) {
  changes_free(story->copy);
  story->copy = NULL;
}

/* By way of an archive, as in a restore. */
static void load_copy(struct story *story, struct database *database) {
  struct manifest manifest = {.format = MANIFEST_FORMAT, .host = "0"};
  struct buffer archive;
  unsigned char *image;
  size_t size;
  buffer_init(&archive, 64 << 20);
  assert_true(
      changes_pack(story->copy, CHANGES_OVER_BASE, &(struct changes_base){0}, &manifest, NULL, &archive, &story->error));
  struct archive_source source = {.bytes = archive.data, .size = archive.size};
  assert_true(archive_unpack(&source, 64 << 20, NULL, &image, &size, &story->error));
  assert_true(database_load(database, image, size, NULL));
  free(image);
  buffer_release(&archive);
}

/* The total of the copy, which its parts must add up to. */
static int64_t total_of(struct story *story) {
  struct database *copy = database_open(NULL);
  int64_t total, parts;
  load_copy(story, copy);
  assert_true(database_read_integer(copy, "SELECT n FROM total", NULL, 0, -1, &total, NULL));
  assert_true(database_read_integer(copy, "SELECT count(*) FROM parts", NULL, 0, -1, &parts, NULL));
  assert_int_equal(total, parts);
  database_close(copy);
  return total;
}

static void turn_until_copied(struct story *story, void (*meanwhile)(struct story *story)) {
  for (int i = 0; i < TURNS_MAX && !story->times; i++) {
    clock_advance(story->clock, 0);
    if (!story->times && meanwhile) meanwhile(story);
  }
  assert_int_equal(story->times, 1);
  assert_int_equal(story->error.kind, ERROR_NONE);
}

static void a_copy_is_of_one_moment_though_others_write_meanwhile(void **state) {
  struct story *story = *state;
  write_both(story);
  mirror_start(story->mirror, NULL, on_copied, story);
  assert_int_equal(story->times, 0);
  turn_until_copied(story, write_both);
  assert_int_equal(total_of(story), 1); /* as it was when it began */
  forget(story);
}

static void grow(struct story *story) { execute(story, "INSERT INTO ballast VALUES (randomblob(2000000))"); }

static void a_database_may_grow_meanwhile(void **state) {
  struct story *story = *state;
  write_both(story);
  mirror_start(story->mirror, NULL, on_copied, story);
  turn_until_copied(story, grow);
  assert_int_equal(total_of(story), 1);
  forget(story);
}

static void one_copy_after_the_other(void **state) {
  struct story *story = *state;
  for (int i = 1; i <= 3; i++) {
    write_both(story);
    story->times = 0;
    mirror_start(story->mirror, NULL, on_copied, story);
    turn_until_copied(story, NULL);
    assert_int_equal(total_of(story), i);
    assert_true(mirror_longest_slice_us(story->mirror) >= 0);
    forget(story);
  }
}

static void want_of_memory_is_told(void **state) {
  struct story *story = *state;
  unsigned n = 1;
  for (bool ok = false; !ok; n++) {
    story->times = 0;
    memory_fail_at(n);
    mirror_start(story->mirror, NULL, on_copied, story);
    write_both(story); /* needs pages that the copy has not got yet */
    for (int i = 0; i < TURNS_MAX && !story->times; i++) clock_advance(story->clock, 0);
    memory_fail_at(0);
    assert_int_equal(story->times, 1);
    ok = !story->error.kind;
    assert_true(ok == (story->copy != NULL));
    if (!ok) assert_int_equal(story->error.kind, ERROR_MEMORY);
  }
  assert_true(n > 4);
  assert_int_equal(total_of(story), n - 2);
  forget(story);
}

static void closing_cancels(void **state) {
  struct story *story = *state;
  mirror_start(story->mirror, NULL, on_copied, story);
  mirror_close(story->mirror);
  clock_advance(story->clock, 1000);
  assert_int_equal(story->times, 0);
  story->mirror = mirror_open(story->database, story->clock);
  mirror_start(story->mirror, NULL, on_copied, story);
  turn_until_copied(story, NULL);
  forget(story);
  mirror_start(story->mirror, NULL, on_copied, story); /* and left to teardown */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_copy_is_of_one_moment_though_others_write_meanwhile),
      TEST(a_database_may_grow_meanwhile),
      TEST(one_copy_after_the_other),
      TEST(want_of_memory_is_told),
      TEST(closing_cancels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
