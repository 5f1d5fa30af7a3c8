/* Which SQL the rules let through, and what they say of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/error.h"
#include "database/portability_rule.h"

static void assert_fine(const char *sql) {
  struct error error = {0};
  if (!portability_rule_check(sql, strlen(sql), &error)) fail_msg("%s: %s", sql, error.text);
}

static void assert_told(const char *sql, const char *words) {
  struct error error = {0};
  assert_false(portability_rule_check(sql, strlen(sql), &error));
  assert_int_equal(error.kind, ERROR_MISUSE);
  if (!strstr(error.text, words)) fail_msg("%s: %s", sql, error.text);
}

static void functions_that_are_there(void **state) {
  (void)state;
  assert_fine("SELECT count(*), MAX(a, 1), ifnull(b, 2), strftime('%Y', 'now'), instr(c, 'x') FROM t WHERE a IN (1, 2)");
  assert_fine("WITH RECURSIVE i(n) AS (SELECT 1), j(m) AS MATERIALIZED (SELECT 2) SELECT n FROM i");
  assert_fine("INSERT INTO t(a, b) VALUES (1, 2) ON CONFLICT (a) DO UPDATE SET b = excluded.b");
  assert_fine("CREATE INDEX IF NOT EXISTS i ON t(lower(a)) WHERE a > 0");
  assert_fine("SELECT CAST(a AS VARCHAR(20)), row_number() OVER (PARTITION BY b) FROM t; SELECT printf('x')");
  assert_told("SELECT printf('%d', 1)", "there is no function printf");
  assert_told("SELECT 1 FROM t WHERE zeroblob(3) = a", "zeroblob");
  assert_told("SELECT a FROM t JOIN json_tree(b)", "json_tree");
}

static void columns_of_one_of_four_types(void **state) {
  (void)state;
  assert_fine(
      "CREATE TABLE IF NOT EXISTS main.t(a INTEGER PRIMARY KEY, b TEXT CHECK (b IN ('x', 'y')), c REAL DEFAULT (1 + 2), "
      "d BLOB, e VARCHAR(20), f DOUBLE PRECISION, \"Quoted\" BOOLEAN, UNIQUE(a, b), FOREIGN KEY(a) REFERENCES u(A))");
  assert_fine("CREATE TABLE t(a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 1) STORED)");
  assert_told("CREATE TABLE t(a INTEGER, b STRING)", "the type STRING");
  assert_told("CREATE TABLE t(a DOUBLE)", "the type DOUBLE");
  assert_told("CREATE TABLE t(a INTEGER, userName TEXT)", "the column userName in small letters");
  assert_told("CREATE TABLE t(a INTEGER, b INTEGER AS (a + 1) VIRTUAL)", "must be STORED");
}

static void names_in_small_letters(void **state) {
  (void)state;
  assert_fine("SELECT a AS b, CAST(a AS INTEGER) AS c, b AS \"userName\" FROM t AS u");
  assert_told("SELECT a AS userName FROM t", "rows have userName in small letters");
}

static void conditions_that_are_comparisons(void **state) {
  (void)state;
  assert_fine("SELECT 1 FROM t WHERE a BETWEEN 1 AND b AND NOT EXISTS (SELECT 1) AND c IS NOT NULL ORDER BY a");
  assert_fine("SELECT CASE a WHEN 1 THEN 2 END, CASE WHEN a > 1 THEN b END FROM t WHERE lower(a) LIKE 'x' OR true");
  assert_fine("SELECT 1 FROM t WHERE (a BETWEEN (1) AND b) AND c = 1");
  assert_fine("INSERT OR IGNORE INTO t(a) VALUES (1)");
  assert_told("SELECT 1 FROM t WHERE flag", "write flag <> 0");
  assert_told("SELECT 1 FROM t WHERE a = 1 AND t.flag ORDER BY a", "write flag <> 0");
  assert_told("SELECT 1 FROM t WHERE NOT flag", "write flag <> 0");
  assert_told("SELECT CASE WHEN flag THEN 1 END FROM t", "write flag <> 0");
  assert_told("DELETE FROM t WHERE 1", "write 1 <> 0");
  assert_told("SELECT 1 FROM t WHERE a BETWEEN 1 AND 2 AND flag", "write flag <> 0");
}

static void texts_that_are_cut(void **state) {
  (void)state;
  assert_fine("");
  assert_fine("  -- nothing");
  assert_fine("SELECT 'open");
  assert_fine("CREATE TABLE");
  assert_fine("CREATE TABLE t(");
  assert_told("SELECT f(", "there is no function f");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_that_are_there), cmocka_unit_test(columns_of_one_of_four_types),
      cmocka_unit_test(names_in_small_letters),   cmocka_unit_test(conditions_that_are_comparisons),
      cmocka_unit_test(texts_that_are_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
