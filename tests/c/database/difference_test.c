/* difference_write() on images that SQLite made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/error.h"
#include "database/database.h"

struct copy {
  unsigned char *image;
  size_t size;
};

/* What the SQL makes of an empty database. */
static struct copy copy_of(const char *sql) {
  struct copy copy = {0};
  struct error error = {0};
  struct database *database = database_open(&error);
  assert_non_null(database);
  assert_true(database_execute(database, sql, &error));
  assert_true(database_serialize(database, &copy.image, &copy.size, &error));
  database_close(database);
  return copy;
}

static void expect(const char *before, const char *after, const char *expected) {
  struct copy old = copy_of(before), new = copy_of(after);
  struct error error = {0};
  struct buffer text;
  buffer_init(&text, 1000);
  bool ok = difference_write(old.image, old.size, new.image, new.size, &text, &error);
  assert_string_equal(error.text, "");
  assert_true(ok);
  assert_string_equal(text.size ? text.data : "", expected);
  buffer_release(&text);
  free(old.image);
  free(new.image);
}

#define TABLE "CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z'); "

static void rows_are_new_changed_and_gone(void **state) {
  (void)state;
  expect(TABLE, TABLE, "");
  expect(TABLE, TABLE "INSERT INTO t VALUES (4, 1); UPDATE t SET b = 'X' WHERE a < 3; DELETE FROM t WHERE a = 3", "t +1 ~2 -1");
  expect(TABLE, TABLE "UPDATE t SET b = NULL WHERE a = 1", "t ~1");
  expect("CREATE TABLE t(a); INSERT INTO t VALUES (1)", "CREATE TABLE t(a); INSERT INTO t VALUES ('1')", "t ~1");
}

static void tables_come_and_go(void **state) {
  (void)state;
  expect("CREATE TABLE u(a)", TABLE, "t +3");
  expect(TABLE, "CREATE TABLE \"a \"\"b\"(\"c \"\"d\"); INSERT INTO \"a \"\"b\" VALUES (1)", "a \"b +1, t -3");
  expect(TABLE, TABLE "CREATE TABLE empty(a)", "");
  expect(TABLE, TABLE "CREATE TABLE n(a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO n VALUES (NULL)", "n +1");
  expect(TABLE, TABLE "ALTER TABLE t ADD COLUMN c; INSERT INTO t VALUES (4, 1, 1)", "t +1 ~3");
}

static void tables_without_a_rowid_are_compared_as_sets(void **state) {
  (void)state;
  expect("CREATE TABLE t(a PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO t VALUES (1, 1), (2, 2)",
         "CREATE TABLE t(a PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO t VALUES (1, 1), (2, 3)", "t +1 -1");
  expect("CREATE TABLE t(rowid TEXT); INSERT INTO t VALUES ('a')", "CREATE TABLE t(rowid TEXT); INSERT INTO t VALUES ('b')",
         "t +1 -1");
}

/* A collation of the host's, which the comparison does not have, and one that takes different texts for the same. */
static void collations_are_not_asked(void **state) {
  (void)state;
  expect("CREATE TABLE t(a TEXT COLLATE UNICODE); INSERT INTO t VALUES ('a')",
         "CREATE TABLE t(a TEXT COLLATE UNICODE); INSERT INTO t VALUES ('b')", "t ~1");
  expect("CREATE TABLE t(a TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES ('a')",
         "CREATE TABLE t(a TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES ('A')", "t +1 -1");
}

static void what_is_no_image_is_refused(void **state) {
  (void)state;
  struct copy copy = copy_of(TABLE);
  struct error error = {0};
  struct buffer text;
  buffer_init(&text, 1000);
  assert_true(difference_write(NULL, 0, copy.image, copy.size, &text, &error));
  assert_string_equal(text.data, "t +3");
  buffer_clear(&text);
  assert_false(difference_write("no image, but long enough to be looked at", 40, copy.image, copy.size, &text, &error));
  assert_int_equal(error.kind, ERROR_MISUSE);
  buffer_release(&text);
  free(copy.image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_new_changed_and_gone),
      cmocka_unit_test(tables_come_and_go),
      cmocka_unit_test(tables_without_a_rowid_are_compared_as_sets),
      cmocka_unit_test(collations_are_not_asked),
      cmocka_unit_test(what_is_no_image_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
