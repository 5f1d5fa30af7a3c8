#define _GNU_SOURCE /* memmem */
/* The database's face: segments, what scripts may do, and images. */
#include "database/database.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/error.h"
#include "common/memory.h"

enum { TRIES_MAX = 10000 };

static int setup(void **state) {
  struct error error;
  *state = database_open(&error);
  return *state && database_execute(*state, "CREATE TABLE t(a UNIQUE)", &error) ? 0 : -1;
}

static int teardown(void **state) {
  database_close(*state);
  return 0;
}

static void run(struct database *database, const char *sql) {
  struct error error;
  if (!database_execute(database, sql, &error)) fail_msg("%s: %s", sql, error.text);
}

static int64_t number(struct database *database, const char *sql) {
  struct error error;
  struct value value = {0};
  bool row;
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, sql, strlen(sql), NULL, &error);
  assert_non_null(statement);
  assert_true(statement_step(statement, &row, &error));
  assert_true(row);
  statement_column(statement, 0, &value);
  statement_release(statement);
  return value.integer;
}

/* As a script would: prepared, stepped to the end. */
static enum error_kind try_as_script(struct database *database, const char *sql) {
  struct error error = {0};
  bool row = true;
  struct statement *statement = statement_prepare(database, STATEMENT_SCRIPT, sql, strlen(sql), NULL, &error);
  while (statement && row && statement_step(statement, &row, &error)) continue;
  statement_release(statement);
  return error.kind;
}

static void a_segment_that_is_rolled_back_leaves_nothing_behind(void **state) {
  struct error error;
  uint64_t position = database_committed(*state);
  assert_true(database_begin(*state, &error));
  run(*state, "INSERT INTO t VALUES (1); CREATE TABLE other(a)");
  assert_true(database_has_written(*state));
  database_rollback(*state);
  assert_false(database_is_in_segment(*state));
  assert_int_equal(number(*state, "SELECT count(*) FROM t"), 0);
  assert_int_equal(number(*state, "SELECT count(*) FROM sqlite_schema WHERE name = 'other'"), 0);
  assert_int_equal(database_committed(*state), position);
}

/* Backups are made by this count, so a write must raise it and a read must not. */
static void only_a_segment_that_changed_something_moves_the_position(void **state) {
  struct error error;
  uint64_t position = database_committed(*state);
  assert_true(database_begin(*state, &error));
  assert_int_equal(number(*state, "SELECT count(*) FROM t"), 0);
  assert_false(database_has_written(*state));
  assert_true(database_commit(*state, &error));
  assert_int_equal(database_committed(*state), position);
  assert_true(database_begin(*state, &error));
  run(*state, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)");
  assert_true(database_commit(*state, &error));
  assert_int_equal(database_committed(*state), position + 1);
  assert_true(database_commit(*state, &error)); /* none is open */
  assert_int_equal(database_committed(*state), position + 1);
}

static void a_script_can_end_no_segment_and_reach_no_file(void **state) {
  static const char *const refused[] = {"BEGIN",
                                        "COMMIT",
                                        "ROLLBACK",

                                        "ATTACH 'x' AS x",
                                        "VACUUM INTO 'x'",
                                        "PRAGMA page_size = 512",
                                        "PRAGMA journal_mode = OFF"};
  struct error error;
  run(*state, "CREATE TABLE lunokhod_test(a)");
  assert_true(database_begin(*state, &error));
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    if (try_as_script(*state, refused[i]) == ERROR_NONE) fail_msg("a script may %s", refused[i]);
  }
  assert_int_not_equal(try_as_script(*state, "INSERT INTO lunokhod_test VALUES (1)"), ERROR_NONE);
  assert_int_not_equal(try_as_script(*state, "DROP TABLE lunokhod_test"), ERROR_NONE);
  assert_int_not_equal(try_as_script(*state, "CREATE TEMP TABLE lunokhod_test(a)"),
                       ERROR_NONE); /* a temporary table would hide the host's */
  assert_int_not_equal(try_as_script(*state, "CREATE TEMP VIEW lunokhod_test AS SELECT 1"), ERROR_NONE);
  assert_int_not_equal(try_as_script(*state, "CREATE VIEW lunokhod_other AS SELECT 1"), ERROR_NONE);
  assert_int_not_equal(try_as_script(*state, "CREATE VIRTUAL TABLE lunokhod_other USING fts5(a)"), ERROR_NONE);
  assert_int_not_equal(try_as_script(*state, "CREATE TEMP TRIGGER t AFTER INSERT ON main.lunokhod_test BEGIN SELECT 1; END"),
                       ERROR_NONE);
  assert_int_equal(try_as_script(*state, "SELECT * FROM lunokhod_test"), ERROR_NONE);
  assert_int_equal(try_as_script(*state, "INSERT INTO t VALUES (1)"), ERROR_NONE);
  assert_true(database_is_in_segment(*state));
  assert_true(database_commit(*state, &error));
}

static void no_sql_reaches_an_address_or_a_file(void **state) {
  static const char *const refused[] = {"SELECT fts3_tokenizer('simple')", "SELECT FTS3_Tokenizer('evil', x'00')",
                                        "SELECT load_extension('x')"};
  struct error error = {0};
  assert_true(database_begin(*state, &error));
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    if (try_as_script(*state, refused[i]) == ERROR_NONE) fail_msg("a script may %s", refused[i]);
  }
  run(*state, "CREATE VIEW v AS SELECT fts3_tokenizer('simple') AS a");
  assert_int_not_equal(try_as_script(*state, "SELECT a FROM v"), ERROR_NONE);
  assert_false(database_execute(*state, "SELECT a FROM v", &error)); /* the host evaluates what others wrote */
  database_rollback(*state);
}

static void a_script_gives_no_table_a_name_of_the_host(void **state) {
  struct error error = {0};
  assert_true(database_begin(*state, &error));
  assert_int_equal(try_as_script(*state, "CREATE TABLE mine(a)"), ERROR_NONE);
  assert_int_not_equal(try_as_script(*state, "ALTER TABLE mine RENAME TO lunokhod_inbox"), ERROR_NONE);
  assert_int_not_equal(try_as_script(*state, "ALTER TABLE mine RENAME TO \"LUNOKHOD_inbox\""), ERROR_NONE);
  assert_int_equal(try_as_script(*state, "ALTER TABLE mine RENAME TO yours"), ERROR_NONE);
  assert_int_equal(try_as_script(*state, "ALTER TABLE yours ADD COLUMN b DEFAULT 'a'"), ERROR_NONE);
  assert_int_equal(number(*state, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'lunokhod%'"), 0);
  database_rollback(*state);
}

static bool may_go_on(void *data) {
  (void)data;
  return true;
}

static void sql_gets_no_more_memory_than_its_limit(void **state) {
  static const char blobs[] = "INSERT INTO t SELECT randomblob(1000000) FROM json_each('[1,2,3,4,5,6,7,8,9,10]')";
  struct error error = {0};
  database_limit(*state, may_go_on, NULL, 30 << 20);
  assert_true(database_begin(*state, &error));
  assert_int_equal(try_as_script(*state, blobs), ERROR_NONE);
  enum error_kind kind = ERROR_NONE;
  for (int i = 0; i < 20 && kind == ERROR_NONE; i++) kind = try_as_script(*state, blobs);
  assert_int_equal(kind, ERROR_MEMORY);
  database_rollback(*state);
  database_limit(*state, NULL, NULL, 0);
  assert_int_equal(number(*state, "SELECT count(*) FROM t"), 0);
  run(*state, blobs);
  assert_int_equal(number(*state, "SELECT count(*) FROM t"), 10);
}

static void a_full_database_says_so_and_lives_on(void **state) {
  struct error error = {0};
  assert_int_equal(number(*state, "PRAGMA max_page_count") * number(*state, "PRAGMA page_size"), DATABASE_CEILING);
  run(*state, "PRAGMA max_page_count = 100");
  assert_true(database_begin(*state, &error));
  assert_false(database_run(*state, "INSERT INTO t VALUES (randomblob(1000000))", NULL, 0, &error));
  assert_non_null(strstr(error.text, "the database is full"));
  database_rollback(*state);
  run(*state, "INSERT INTO t VALUES (1)");
  assert_int_equal(number(*state, "SELECT count(*) FROM t"), 1);
}

/* One row in a thousand fails: the script that catches it goes on in the same segment. */
static void a_broken_constraint_fails_its_statement_only(void **state) {
  struct error error;
  assert_true(database_begin(*state, &error));
  run(*state, "INSERT INTO t VALUES (1)");
  assert_int_equal(try_as_script(*state, "INSERT INTO t VALUES (1)"), ERROR_MISUSE);
  assert_true(database_is_in_segment(*state));
  run(*state, "INSERT INTO t VALUES (2)");
  assert_true(database_commit(*state, &error));
  assert_int_equal(number(*state, "SELECT count(*) FROM t"), 2);
}

static bool may_not_go_on(void *calls) {
  ++*(unsigned *)calls;
  return false;
}

/* As of a script whose time is over. In the tight build each step of SQLite asks whether to go on. */
static void no_limit_holds_up_the_end_of_a_segment(void **state) {
  struct database_mark mark;
  unsigned calls = 0;
  assert_true(database_begin(*state, NULL));
  assert_int_equal(try_as_script(*state, "INSERT INTO t VALUES (1)"), ERROR_NONE);
  assert_true(database_set_mark(*state, &mark, NULL));
  assert_int_equal(try_as_script(*state, "INSERT INTO t VALUES (2)"), ERROR_NONE);
  database_limit(*state, may_not_go_on, &calls, 0);
  assert_true(database_return_to_mark(*state, &mark, NULL));
  assert_true(database_commit(*state, NULL));
  assert_true(database_begin(*state, NULL));
  database_rollback(*state);
  assert_true(database_begin(*state, NULL));
  database_rollback(*state);
  assert_int_equal(calls, 0);
  database_limit(*state, NULL, NULL, 0);
  assert_int_equal(number(*state, "SELECT count(*) FROM t"), 1);
}

static void sql_without_end_is_ended_by_the_limit(void **state) {
  static const char endless[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
  unsigned calls = 0;
  database_limit(*state, may_not_go_on, &calls, 0);
  assert_int_equal(try_as_script(*state, endless), ERROR_CANCELED);
  assert_true(calls > 0);
  database_limit(*state, NULL, NULL, 0);
  assert_int_equal(try_as_script(*state, "INSERT INTO t VALUES (1)"), ERROR_NONE);
}

static void an_image_brings_everything_back(void **state) {
  struct error error;
  unsigned char *image;
  size_t size;
  run(*state, "INSERT INTO t VALUES (41), (42)");
  assert_true(database_serialize(*state, &image, &size, &error));
  run(*state, "DELETE FROM t; CREATE TABLE later(a)");
  assert_true(database_load(*state, image, size, &error));
  assert_int_equal(number(*state, "SELECT sum(a) FROM t"), 83);
  assert_int_equal(number(*state, "SELECT count(*) FROM sqlite_schema WHERE name = 'later'"), 0);
  free(image);
}

static bool holds(struct database *database, const char *text) {
  struct error error;
  unsigned char *image;
  size_t size;
  assert_true(database_serialize(database, &image, &size, &error));
  bool is_there = memmem(image, size, text, strlen(text)) != NULL;
  free(image);
  return is_there;
}

/* Otherwise the pages that are free would bring into every backup what a person wanted to be forgotten. */
static void what_is_deleted_is_overwritten(void **state) {
  run(*state, "CREATE TABLE people(name TEXT); INSERT INTO people VALUES ('Podosinkin'), ('Berezkin')");
  run(*state, "CREATE TABLE whole(name TEXT); INSERT INTO whole VALUES ('Osinkin' || hex(zeroblob(9000)))");
  assert_true(holds(*state, "Podosinkin") && holds(*state, "Osinkin"));
  run(*state, "DELETE FROM people WHERE name = 'Podosinkin'; DROP TABLE whole");
  assert_false(holds(*state, "Podosinkin"));
  assert_false(holds(*state, "Osinkin"));
  assert_true(holds(*state, "Berezkin"));
}

static void a_broken_image_changes_nothing(void **state) {
  struct error error = {0};
  unsigned char *image;
  size_t size;
  run(*state, "INSERT INTO t VALUES (41)");
  assert_true(database_serialize(*state, &image, &size, &error));
  run(*state, "UPDATE t SET a = 42");
  memset(image + 100, 0xff, 64); /* where the tree of the first page begins */
  assert_false(database_load(*state, image, size, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  assert_int_equal(number(*state, "SELECT a FROM t"), 42);
  free(image);
}

static void a_load_short_of_memory_changes_nothing(void **state) {
  struct error error = {0};
  unsigned char *image;
  size_t size;
  run(*state, "INSERT INTO t VALUES (41)");
  assert_true(database_serialize(*state, &image, &size, &error));
  run(*state, "UPDATE t SET a = 42");
  bool loaded = false;
  for (unsigned n = 1; !loaded; n++) {
    assert_true(n < TRIES_MAX);
    memory_fail_at(n);
    loaded = database_load(*state, image, size, &error);
    memory_fail_at(0);
    if (!loaded) assert_int_equal(error.kind, ERROR_MEMORY);
    assert_int_equal(number(*state, "SELECT a FROM t"), loaded ? 41 : 42);
  }
  free(image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_segment_that_is_rolled_back_leaves_nothing_behind, setup, teardown),
      cmocka_unit_test_setup_teardown(only_a_segment_that_changed_something_moves_the_position, setup, teardown),
      cmocka_unit_test_setup_teardown(a_script_can_end_no_segment_and_reach_no_file, setup, teardown),
      cmocka_unit_test_setup_teardown(no_sql_reaches_an_address_or_a_file, setup, teardown),
      cmocka_unit_test_setup_teardown(a_script_gives_no_table_a_name_of_the_host, setup, teardown),
      cmocka_unit_test_setup_teardown(sql_gets_no_more_memory_than_its_limit, setup, teardown),
      cmocka_unit_test_setup_teardown(a_full_database_says_so_and_lives_on, setup, teardown),
      cmocka_unit_test_setup_teardown(a_broken_constraint_fails_its_statement_only, setup, teardown),
      cmocka_unit_test_setup_teardown(no_limit_holds_up_the_end_of_a_segment, setup, teardown),
      cmocka_unit_test_setup_teardown(sql_without_end_is_ended_by_the_limit, setup, teardown),
      cmocka_unit_test_setup_teardown(an_image_brings_everything_back, setup, teardown),
      cmocka_unit_test_setup_teardown(what_is_deleted_is_overwritten, setup, teardown),
      cmocka_unit_test_setup_teardown(a_broken_image_changes_nothing, setup, teardown),
      cmocka_unit_test_setup_teardown(a_load_short_of_memory_changes_nothing, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
