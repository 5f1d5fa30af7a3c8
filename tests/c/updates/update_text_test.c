/* The bytes of an update: where a value ends and which id it has, on good and on broken ones. */
#include "updates/update_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>

/* How many bytes the value takes; 0: it does not end. */
static size_t size_of(const char *text) {
  const char *end = update_text_end(text, text + strlen(text));
  return end ? (size_t)(end - text) : 0;
}

static int64_t id_of(const char *json) {
  int64_t id = 0;
  return update_text_id(json, strlen(json), &id) ? id : -1;
}

static void a_value_ends_where_its_last_bracket_is(void **state) {
  (void)state;
  assert_int_equal(size_of("{\"a\":[{}]},{}"), 10);
  assert_int_equal(size_of("[{\"a\":\"]}\\\"\"}] "), 14);
  assert_int_equal(size_of("\"a\\\"b\","), 6);
  assert_int_equal(size_of("null]"), 4);
  assert_int_equal(size_of("-1.5e3,"), 6);
}

static void what_is_cut_does_not_end(void **state) {
  (void)state;
  static const char *const cut[] = {"", "{", "[", "{\"a\":1", "[{}", "\"a", "\"a\\", "nul", "{\"a\":\"}"};
  for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) assert_int_equal(size_of(cut[i]), 0);
}

static void the_id_is_found_at_the_top_only(void **state) {
  (void)state;
  assert_int_equal(id_of("{\"update_id\":12}"), 12);
  assert_int_equal(id_of("{ \"a\" : {\"update_id\":1}, \"b\":[\"update_id\",2],\"update_id\" : 12 }"), 12);
  assert_int_equal(id_of("{\"t\":\"\\\"update_id\\\":5\",\"update_id\":\"12\"}"), 12);
  assert_int_equal(id_of("{\"a\":{\"update_id\":1}}"), -1);
  assert_int_equal(id_of("[{\"update_id\":1}]"), -1);
}

static void what_is_no_integer_is_no_id(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "{",
                                      "{}",
                                      "{\"update_id\"",
                                      "{\"update_id\":",
                                      "{\"update_id\":}",
                                      "{\"update_id\":\"abc\"}",
                                      "{\"update_id\":1e999}",
                                      "{\"update_id\":1.5}",
                                      "{\"update_id\":12",
                                      "{\"update_id\":--1}",
                                      "{\"update_id\":null}",
                                      "{\"a\":\"b",
                                      "{\"a\" 1}",
                                      "{1:2}"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) assert_int_equal(id_of(wrong[i]), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_value_ends_where_its_last_bracket_is),
      cmocka_unit_test(what_is_cut_does_not_end),
      cmocka_unit_test(the_id_is_found_at_the_top_only),
      cmocka_unit_test(what_is_no_integer_is_no_id),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
