/* instr(), replace(), trim(), LIKE, GLOB and json_patch() give what SQLite's own give, and come to an end. The seed is fixed:
 * what fails once fails again. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/error.h"
#include "database/connection.h"
#include "database/database.h"

enum { TRIES = 20000, TEXT_SIZE = 200 };

struct both {
  struct database *database; /* with ours */
  sqlite3 *plain;            /* with SQLite's own */
};

static int setup(void **state) {
  static struct both both;
  struct error error;
  both.database = database_open(&error);
  *state = &both;
  return both.database && sqlite3_open(":memory:", &both.plain) == SQLITE_OK ? 0 : -1;
}

static int teardown(void **state) {
  struct both *both = *state;
  database_close(both->database);
  return sqlite3_close(both->plain) == SQLITE_OK ? 0 : -1;
}

static unsigned next_random(unsigned most) {
  static unsigned seed = 1;
  seed = seed * 1103515245 + 12345;
  return (seed >> 16) % most;
}

/* A few letters, so that patterns are found; characters of one, two and four bytes; now and then no text at all. */
static void write_value(char *text, size_t size, unsigned most) {
  static const char *const letters[] = {"a", "b", "\u00e9", "\u0434", "\U0001F600", "''"};
  static const char *const others[] = {"NULL", "12", "1.5", "x''", "x'61'", "x'6162d0b4'", "x'b4'", "''", "x'0061'"};
  if (next_random(8) == 0) {
    (void)snprintf(text, size, "%s", others[next_random(sizeof others / sizeof *others)]);
    return;
  }
  size_t length = (size_t)snprintf(text, size, "'");
  for (unsigned count = next_random(most); count; count--)
    length += (size_t)snprintf(text + length, size - length, "%s", letters[next_random(sizeof letters / sizeof *letters)]);
  (void)snprintf(text + length, size - length, "'");
}

static void ask(sqlite3 *sqlite, const char *sql, char *answer, size_t size) {
  sqlite3_stmt *statement = NULL;
  assert_int_equal(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  (void)snprintf(answer, size, "%s", (const char *)sqlite3_column_text(statement, 0));
  (void)sqlite3_finalize(statement);
}

static void assert_same(const struct both *both, const char *sql) {
  char ours[1000], theirs[1000];
  ask(both->database->connection.sqlite, sql, ours, sizeof ours);
  ask(both->plain, sql, theirs, sizeof theirs);
  if (strcmp(ours, theirs) != 0) fail_msg("%s: %s, but SQLite says %s", sql, ours, theirs);
}

/* Of halves of characters SQLite cuts off whole ones' ends, and trim_function.c does not. */
static void assert_same_trimmed(const struct both *both, const char *text, const char *set) {
  char sql[1200];
  (void)snprintf(sql, sizeof sql, "SELECT quote(trim(%s, %s))", text, set);
  assert_same(both, sql);
  (void)snprintf(sql, sizeof sql, "SELECT quote(ltrim(%s, %s)) || quote(rtrim(%s)) || quote(rtrim(%s, %s))", text, set, text,
                 text, set);
  assert_same(both, sql);
}

static void they_give_what_sqlite_gives(void **state) {
  char text[TEXT_SIZE], pattern[TEXT_SIZE], replacement[TEXT_SIZE], sql[1000];
  for (int i = 0; i < TRIES; i++) {
    write_value(text, sizeof text, 12);
    write_value(pattern, sizeof pattern, 4);
    write_value(replacement, sizeof replacement, 4);
    (void)snprintf(sql, sizeof sql, "SELECT quote(instr(%s, %s))", text, pattern);
    assert_same(*state, sql);
    if (!strstr(text, "x'b4'") && !strstr(pattern, "x'b4'")) assert_same_trimmed(*state, text, pattern);
    bool is_number = text[0] == '1'; /* where nothing is replaced in one, newer SQLite gives text, older the number */
    (void)snprintf(sql, sizeof sql, "SELECT quote(replace(%s%s, %s, %s))", text, is_number ? " || ''" : "", pattern,
                   replacement);
    assert_same(*state, sql);
  }
}

/* A few signs, so that they meet; none is at home in another script, where SQLite knows no case. */
static void write_pattern(char *text, size_t size, const char *const *signs, size_t count, unsigned most) {
  size_t length = (size_t)snprintf(text, size, "'");
  for (unsigned left = next_random(most); left; left--)
    length += (size_t)snprintf(text + length, size - length, "%s", signs[next_random((unsigned)count)]);
  (void)snprintf(text + length, size - length, "'");
}

static void patterns_match_what_they_match_in_sqlite(void **state) {
  static const char *const of_like[] = {"%", "_", "a", "B", "!", "\u00e9", "\U0001F600"};
  static const char *const of_glob[] = {"*", "?", "[", "]", "^", "-", "a", "b", "c", "\u00e9", "[a-b]", "[^a]"};
  static const char *const letters[] = {"a", "A", "b", "c", "]", "-", "%", "_", "!", "\u00e9", "\U0001F600"};
  static const char *const escapes[] = {"'!'", "'%'", "'_'", "'a'", "NULL"};
  char text[TEXT_SIZE], pattern[TEXT_SIZE], sql[1000];
  for (int i = 0; i < TRIES; i++) {
    write_pattern(text, sizeof text, letters, sizeof letters / sizeof *letters, 8);
    write_pattern(pattern, sizeof pattern, of_like, sizeof of_like / sizeof *of_like, 6);
    (void)snprintf(sql, sizeof sql, "SELECT quote(%s LIKE %s) || quote(%s LIKE %s ESCAPE %s)", text, pattern, text, pattern,
                   escapes[next_random(sizeof escapes / sizeof *escapes)]);
    assert_same(*state, sql);
    write_pattern(pattern, sizeof pattern, of_glob, sizeof of_glob / sizeof *of_glob, 7);
    (void)snprintf(sql, sizeof sql, "SELECT quote(%s GLOB %s)", text, pattern);
    assert_same(*state, sql);
  }
}

static void odd_values_match_what_they_match_in_sqlite(void **state) {
  static const char *const values[] = {"NULL", "12", "1.5", "x'61'", "'a'", "'%'", "'a' || char(0) || 'b'", "''"};
  char sql[400];
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    for (size_t j = 0; j < sizeof values / sizeof *values; j++) {
      (void)snprintf(sql, sizeof sql, "SELECT quote((%s) LIKE (%s)) || quote((%s) GLOB (%s))", values[i], values[j], values[i],
                     values[j]);
      assert_same(*state, sql);
    }
  }
}

static void json_is_merged_as_in_sqlite(void **state) {
  assert_same(*state, "SELECT json_patch('{\"a\":1,\"b\":{\"c\":2}}', '{\"b\":{\"c\":null},\"d\":[1.50]}')");
  assert_same(*state, "SELECT json_array(json_patch('{}', '{\"a\":1}'))");
  assert_same(*state, "SELECT quote(json_patch(NULL, '{}')) || quote(json_patch('{}', NULL))");
}

static void letters_of_every_script_have_a_case(void **state) {
  const struct both *both = *state;
  char answer[40];
  ask(both->database->connection.sqlite,
      "SELECT '\u041f\u0420\u0418\u0412\u0415\u0422' LIKE '\u043f\u0440\u0438%', '\u0451' LIKE '\u0401'", answer,
      sizeof answer);
  assert_string_equal(answer, "1");
  ask(both->database->connection.sqlite, "SELECT lower('\u0401\u041bA\u00c9\u1e9e') || upper('\u0451\u043ba\u00e9')", answer,
      sizeof answer);
  assert_string_equal(answer, "\u0451\u043ba\u00e9\u00df\u0401\u041bA\u00c9");
  ask(both->database->connection.sqlite, "SELECT hex(lower(CAST(x'41D0FF42' AS TEXT)))", answer, sizeof answer);
  assert_string_equal(answer, "61D0FF62");
}

static bool may_go_on(void *count) { return --*(int *)count > 0; }

/* With SQLite's own each of these takes from seconds to hours. */
static void what_takes_long_ends_with_its_time(void **state) {
  static const char *const slow[] = {
      "SELECT length(a) FROM t WHERE a LIKE '%' || printf('%.*c', 800, 'x') || 'y'",
      "SELECT length(a) FROM t WHERE a GLOB '*' || printf('%.*c', 800, 'x') || 'y'",
      "SELECT length(a) FROM t WHERE a GLOB printf('*[%.*c]', 990, 'y')",
      "SELECT length(upper(a)) FROM t",
  };
  struct database *database = ((const struct both *)*state)->database;
  assert_true(database_execute(database, "CREATE TABLE t(a); INSERT INTO t VALUES (printf('%.*c', 30000000, 'x'))", NULL));
  for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
    struct error error = {0};
    int count = 100;
    database_limit(database, may_go_on, &count, 0);
    assert_false(database_execute(database, slow[i], &error));
    database_limit(database, NULL, NULL, 0);
    assert_int_equal(error.kind, ERROR_CANCELED);
  }
}

/* An expression has no jump, where SQLite looks at the limits; a large allocation is a look, too. */
static void an_expression_ends_with_its_time(void **state) {
  struct database *database = ((const struct both *)*state)->database;
  char sql[8000] = "SELECT 1";
  size_t length = strlen(sql);
  for (int i = 0; i < 200; i++)
    length += (size_t)snprintf(sql + length, sizeof sql - length, ", length(hex(zeroblob(%d)))", 1000000 + i);
  struct error error = {0};
  int count = 20;
  database_limit(database, may_go_on, &count, 0);
  assert_false(database_execute(database, sql, &error));
  database_limit(database, NULL, NULL, 0);
  assert_int_equal(error.kind, ERROR_CANCELED);
  assert_true(database_execute(database, sql, &error));
}

/* It compares each name with each. */
static void a_merge_that_would_take_long_is_an_error(void **state) {
  struct error error = {0};
  assert_false(database_execute(((const struct both *)*state)->database,
                                "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000), o AS MATERIALIZED "
                                "(SELECT json_group_object(i, i) AS a FROM n) SELECT json_patch(a, a) FROM o",
                                &error));
  assert_non_null(strstr(error.text, "json_patch"));
}

/* With SQLite's own this test takes hours. */
static void a_long_pattern_or_set_comes_to_an_end(void **state) {
  const struct both *both = *state;
  char answer[40];
  static const char long_text[] =
      "WITH long(text, pattern) AS (SELECT printf('%%.*c', 20000000, 'a'), printf('%%.*c', 5000000, 'a') || 'b') "
      "SELECT %s FROM long";
  char sql[400];
  (void)snprintf(sql, sizeof sql, long_text, "instr(text, pattern)");
  ask(both->database->connection.sqlite, sql, answer, sizeof answer);
  assert_string_equal(answer, "0");
  (void)snprintf(sql, sizeof sql, long_text, "length(replace(text, pattern, 'c'))");
  ask(both->database->connection.sqlite, sql, answer, sizeof answer);
  assert_string_equal(answer, "20000000");
  (void)snprintf(sql, sizeof sql, long_text, "length(trim(text, printf('%.*c', 1000000, 'b') || 'a'))");
  ask(both->database->connection.sqlite, sql, answer, sizeof answer);
  assert_string_equal(answer, "0");
}

static void a_result_that_is_too_long_is_an_error(void **state) {
  const struct both *both = *state;
  struct error error = {0};
  assert_false(
      database_execute(both->database, "SELECT length(replace(hex(zeroblob(1000000)), '0', printf('%1000d', 1)))", &error));
  assert_non_null(strstr(error.text, "too big"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(they_give_what_sqlite_gives),
      TEST(patterns_match_what_they_match_in_sqlite),
      TEST(odd_values_match_what_they_match_in_sqlite),
      TEST(json_is_merged_as_in_sqlite),
      TEST(letters_of_every_script_have_a_case),
      TEST(what_takes_long_ends_with_its_time),
      TEST(an_expression_ends_with_its_time),
      TEST(a_merge_that_would_take_long_is_an_error),
      TEST(a_long_pattern_or_set_comes_to_an_end),
      TEST(a_result_that_is_too_long_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
