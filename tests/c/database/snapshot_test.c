/* snapshot_query() on images that SQLite made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/error.h"
#include "database/database.h"

struct copy {
  unsigned char *image;
  size_t size;
};

static int setup(void **state) {
  static struct copy copy;
  struct error error;
  struct database *database = database_open(&error);
  bool ok =
      database &&
      database_execute(database, "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (9007199254740993, NULL)", &error) &&
      database_serialize(database, &copy.image, &copy.size, &error);
  database_close(database);
  *state = &copy;
  return ok ? 0 : -1;
}

static int teardown(void **state) {
  free(((struct copy *)*state)->image);
  return 0;
}

static void rows_are_lines_of_json(void **state) {
  const struct copy *copy = *state;
  struct buffer lines;
  buffer_init(&lines, 1000);
  assert_true(snapshot_query(copy->image, copy->size, "SELECT a, b, x'c3' AS \"c\"\"d\", 'q\"' FROM t -- all", &lines, NULL));
  assert_string_equal(lines.data,
                      "{\"columns\":[\"a\",\"b\",\"c\\\"d\",\"'q\\\"'\"]}\n"
                      "{\"row\":[1,\"x\",{\"hex\":\"c3\"},\"q\\\"\"]}\n"
                      "{\"row\":[9007199254740993,null,{\"hex\":\"c3\"},\"q\\\"\"]}\n");
  buffer_release(&lines);
}

static void text_that_is_no_utf8_and_numbers_that_are_none_stay_json(void **state) {
  const struct copy *copy = *state;
  struct buffer lines;
  buffer_init(&lines, 1000);
  assert_true(snapshot_query(copy->image, copy->size, "SELECT CAST(x'ff' AS TEXT) AS a, 9e999 AS b, -9e999 AS c, 0.1 AS d",
                             &lines, NULL));
  assert_non_null(strstr(lines.data, "{\"row\":[{\"hex\":\"ff\"},\"Infinity\",\"-Infinity\",0.1"));
  buffer_release(&lines);
}

static void nothing_is_written(void **state) {
  const struct copy *copy = *state;
  static const char *const statements[] = {
      "DELETE FROM t", "CREATE TEMP TABLE x(a)", "ATTACH ':memory:' AS x", "PRAGMA user_version = 1", "SELECT 1; SELECT 2", "",
      "SELECT"};
  struct buffer lines;
  buffer_init(&lines, 1000);
  for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
    struct error error = {0};
    assert_false(snapshot_query(copy->image, copy->size, statements[i], &lines, &error));
    assert_int_equal(error.kind, ERROR_MISUSE);
    assert_true(error.text[0]);
  }
  buffer_release(&lines);
}

static void too_many_rows_are_an_error(void **state) {
  const struct copy *copy = *state;
  struct buffer lines;
  struct error error = {0};
  buffer_init(&lines, 60);
  assert_false(snapshot_query(copy->image, copy->size, "SELECT a, b, a, b, a FROM t", &lines, &error));
  assert_int_equal(error.kind, ERROR_FULL);
  assert_int_equal(lines.data[lines.size - 1], '\n'); /* no piece of a row */
  buffer_release(&lines);
}

/* The random bytes of one query hold up all others, the bot's too, because SQLite has one source of them. */
static void a_query_makes_no_huge_value(void **state) {
  const struct copy *copy = *state;
  struct buffer lines;
  struct error error = {0};
  buffer_init(&lines, 1000);
  assert_false(snapshot_query(copy->image, copy->size, "SELECT length(randomblob(500000000))", &lines, &error));
  assert_non_null(strstr(error.text, "too big"));
  buffer_release(&lines);
}

static void a_damaged_image_is_an_error(void **state) {
  const struct copy *copy = *state;
  struct buffer lines;
  struct error error = {0};
  buffer_init(&lines, 1000);
  assert_false(snapshot_query(copy->image, copy->size / 2, "SELECT * FROM t", &lines, &error));
  assert_false(snapshot_query("no image at all", 15, "SELECT * FROM t", &lines, &error));
  assert_true(error.text[0]);
  buffer_release(&lines);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_lines_of_json),      cmocka_unit_test(text_that_is_no_utf8_and_numbers_that_are_none_stay_json),
      cmocka_unit_test(nothing_is_written),          cmocka_unit_test(too_many_rows_are_an_error),
      cmocka_unit_test(a_query_makes_no_huge_value), cmocka_unit_test(a_damaged_image_is_an_error),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
