/* Expressions of PostgreSQL's catalog in SQLite's words. The left sides are what PostgreSQL 15 has told of CHECKs, defaults and
 * indices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/error.h"
#include "database/sqlite_dialect.h"

static void assert_translated(const char *from, const char *to) {
  struct buffer text;
  struct error error = {0};
  buffer_init(&text, 10000);
  assert_true(buffer_add_text(&text, "", &error));
  if (!sqlite_dialect_translate(from, &text, &error)) fail_msg("%s: %s", from, error.text);
  assert_string_equal(text.data, to);
  buffer_release(&text);
}

static void assert_refused(const char *from) {
  struct buffer text;
  struct error error = {0};
  buffer_init(&text, 10000);
  assert_false(sqlite_dialect_translate(from, &text, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  buffer_release(&text);
}

static void casts_of_literals_go(void **state) {
  (void)state;
  assert_translated("'it''s'::text", "'it''s'");
  assert_translated("'x'::character varying(20)", "'x'");
  assert_translated("'{}'::jsonb", "'{}'");
  assert_translated("NULL::bigint", "NULL");
  assert_translated("(0)::bigint", "(0)");
  assert_translated("'\\x00ff'::bytea", "x'00ff'");
  assert_translated("'a::b(c'::text", "'a::b(c'");
}

static void other_casts_stand_around_their_value(void **state) {
  (void)state;
  assert_translated("'-5'::integer", "CAST('-5' AS INTEGER)");
  assert_translated("((day)::text || kind)", "(CAST((day) AS TEXT) || kind)");
  assert_translated("lower(name)::text", "CAST(lower(name) AS TEXT)");
  assert_translated("a + t.n::double precision", "a + CAST(t.n AS REAL)");
  assert_translated("(0.5)::double precision", "CAST((0.5) AS REAL)");
  assert_translated("(n > (1)::bigint) AND (b)::text = 'x'::text", "(n > (1)) AND CAST((b) AS TEXT) = 'x'");
  assert_refused("a::tsvector");
}

static void lists_are_in(void **state) {
  (void)state;
  assert_translated("CHECK ((level = ANY (ARRAY[(0)::bigint, (1)::bigint])))", "CHECK ((level IN ((0), (1))))");
  assert_translated("(kind <> ALL (ARRAY['a'::text, 'b'::text]))", "(kind NOT IN ('a', 'b'))");
  assert_translated("((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
                    "(CAST((v) AS TEXT) IN ('a', 'b'))");
  assert_refused("(a = ANY (b))");
  assert_refused("(a = ANY (ARRAY[1, 2)");
}

static void words_and_signs_are_others(void **state) {
  (void)state;
  assert_translated("(name ~~* 'i%'::text)", "(name LIKE 'i%')");
  assert_translated("(name !~~* 'i%'::text)", "(name NOT LIKE 'i%')");
  assert_translated("(name ~*~ 'i*'::text)", "(name GLOB 'i*')");
  assert_translated("GREATEST(a, b) + LEAST(1, 2)", "max(a, b) + min(1, 2)");
  assert_translated("lunokhod.datetime('now'::text)", "datetime('now')");
  assert_translated("(data OPERATOR(lunokhod.->>) 'a'::text)", "(data ->> 'a')");
  assert_translated("(name COLLATE \"C\", b COLLATE lunokhod.nocase)", "(name COLLATE BINARY, b COLLATE nocase)");
  assert_translated("COALESCE(\"we\"\"ird\", \"C\")", "COALESCE(\"we\"\"ird\", \"C\")");
}

static void what_does_not_end_is_refused(void **state) {
  (void)state;
  assert_refused("'open");
  assert_refused("a ::");
  assert_refused("a = ANY (ARRAY['");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(casts_of_literals_go),
      cmocka_unit_test(other_casts_stand_around_their_value),
      cmocka_unit_test(lists_are_in),
      cmocka_unit_test(words_and_signs_are_others),
      cmocka_unit_test(what_does_not_end_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
