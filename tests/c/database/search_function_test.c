/* instr(), replace() and trim() give what SQLite's own give, and come to an end. The seed is fixed: what fails once fails
 * again. */
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
  ask(database_connection(both->database), sql, ours, sizeof ours);
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

/* With SQLite's own this test takes hours. */
static void a_long_pattern_or_set_comes_to_an_end(void **state) {
  const struct both *both = *state;
  char answer[40];
  static const char long_text[] =
      "WITH long(text, pattern) AS (SELECT printf('%%.*c', 20000000, 'a'), printf('%%.*c', 5000000, 'a') || 'b') "
      "SELECT %s FROM long";
  char sql[400];
  (void)snprintf(sql, sizeof sql, long_text, "instr(text, pattern)");
  ask(database_connection(both->database), sql, answer, sizeof answer);
  assert_string_equal(answer, "0");
  (void)snprintf(sql, sizeof sql, long_text, "length(replace(text, pattern, 'c'))");
  ask(database_connection(both->database), sql, answer, sizeof answer);
  assert_string_equal(answer, "20000000");
  (void)snprintf(sql, sizeof sql, long_text, "length(trim(text, printf('%.*c', 1000000, 'b') || 'a'))");
  ask(database_connection(both->database), sql, answer, sizeof answer);
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
      TEST(a_long_pattern_or_set_comes_to_an_end),
      TEST(a_result_that_is_too_long_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
