/* Types of PostgreSQL by their names. */
#include "database/postgres_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_column(const char *type, const char *column, enum postgres_kind kind) {
  assert_string_equal(postgres_type_of_column(type)->column, column);
  assert_int_equal(postgres_type_of_column(type)->kind, kind);
}

static void columns_have_sqlite_types(void **state) {
  (void)state;
  assert_column("bigint", "INTEGER", POSTGRES_INTEGER);
  assert_column("double precision", "REAL", POSTGRES_REAL);
  assert_column("character varying(20)", "TEXT", POSTGRES_TEXT);
  assert_column("numeric(10,2)", "NUMERIC", POSTGRES_OTHER);
  assert_column("bytea", "BLOB", POSTGRES_BYTES);
}

static void what_is_not_known_is_a_text(void **state) {
  (void)state;
  assert_column("timestamp without time zone", "TEXT", POSTGRES_OTHER);
  assert_column("bigint[]", "TEXT", POSTGRES_OTHER);
  assert_column("", "TEXT", POSTGRES_OTHER);
}

/* "json" stands in "jsonb", and "text" in a type of somebody's own. */
static void a_name_is_a_whole_word(void **state) {
  (void)state;
  assert_column("json", "TEXT", POSTGRES_TEXT);
  assert_column("jsonb", "TEXT", POSTGRES_OTHER);
  assert_column("text_of_mine", "TEXT", POSTGRES_OTHER);
  assert_null(postgres_type_find("integers", strlen("integers")));
  assert_null(postgres_type_find("integer", strlen("integ")));
}

static void a_cast_may_be_another_type_than_a_column(void **state) {
  static const char number[] = "numeric(10,2)) + 1", truth[] = "boolean";
  (void)state;
  assert_string_equal(postgres_type_find(number, sizeof number - 1)->cast, "REAL");
  assert_null(postgres_type_find(truth, sizeof truth - 1)->cast);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_have_sqlite_types),
      cmocka_unit_test(what_is_not_known_is_a_text),
      cmocka_unit_test(a_name_is_a_whole_word),
      cmocka_unit_test(a_cast_may_be_another_type_than_a_column),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
