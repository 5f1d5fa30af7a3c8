/* A buffer grows to its ceiling and no further; after an error it is as before. */
#include "common/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/error.h"
#include "common/memory.h"

enum { CEILING = 100, TRIES_MAX = 50 };

static void what_is_added_is_there_and_ends_with_a_nul(void **state) {
  (void)state;
  struct buffer buffer;
  buffer_init(&buffer, CEILING);
  assert_true(buffer_add(&buffer, "a\0b", 3, NULL) && buffer_add_text(&buffer, "cd", NULL));
  assert_true(buffer_format(&buffer, NULL, "%d-%s", 42, "e"));
  assert_int_equal(buffer.size, 9);
  assert_memory_equal(buffer.data, "a\0bcd42-e", 10);
  buffer_clear(&buffer);
  assert_int_equal(buffer.size, 0);
  assert_true(buffer_add_text(&buffer, "anew", NULL));
  assert_string_equal(buffer.data, "anew");
  buffer_release(&buffer);
  assert_null(buffer.data);
}

static void the_ceiling_is_reached_and_not_passed(void **state) {
  (void)state;
  struct buffer buffer;
  struct error error = {0};
  char bytes[CEILING];
  memset(bytes, 'x', sizeof bytes);
  buffer_init(&buffer, CEILING);
  assert_true(buffer_add(&buffer, bytes, CEILING, &error));
  assert_false(buffer_add(&buffer, "y", 1, &error));
  assert_int_equal(error.kind, ERROR_FULL);
  assert_false(buffer_format(&buffer, &error, "%s", "y"));
  assert_false(buffer_add_json_string(&buffer, "", 0, &error));
  assert_int_equal(buffer.size, CEILING);
  assert_memory_equal(buffer.data, bytes, CEILING);
  assert_true(buffer_add(&buffer, "", 0, &error));
  buffer_release(&buffer);
}

static void a_size_that_overflows_is_over_the_ceiling(void **state) {
  (void)state;
  struct buffer buffer;
  struct error error = {0};
  buffer_init(&buffer, CEILING);
  assert_true(buffer_add_text(&buffer, "x", NULL));
  assert_false(buffer_reserve(&buffer, SIZE_MAX, &error)); /* size + SIZE_MAX is 0 again */
  assert_int_equal(error.kind, ERROR_FULL);
  assert_string_equal(buffer.data, "x");
  buffer_release(&buffer);
}

static bool fill(struct buffer *buffer, struct error *error) {
  return buffer_add_text(buffer, "some text that needs room", error) && buffer_format(buffer, error, "%080d", 7) &&
         buffer_add_json_string(buffer, "a \"quoted\" text\n", 16, error);
}

static void memory_may_be_short_at_each_growth(void **state) {
  (void)state;
  bool has_filled = false;
  unsigned failures = 0;
  for (unsigned n = 1; n < TRIES_MAX && !has_filled; n++) {
    struct buffer buffer;
    struct error error = {0};
    buffer_init(&buffer, 1000);
    memory_fail_at(n);
    has_filled = fill(&buffer, &error);
    memory_fail_at(0);
    if (!has_filled) assert_int_equal(error.kind, ERROR_MEMORY);
    failures += !has_filled;
    if (buffer.data) assert_int_equal(buffer.data[buffer.size], '\0');
    buffer_release(&buffer);
  }
  assert_true(has_filled);
  assert_true(failures > 0);
}

static void json_strings_are_escaped(void **state) {
  (void)state;
  struct buffer buffer;
  static const char text[] = "\"\\/\b\f\n\r\t\x01\x1f Анна 🏆";
  buffer_init(&buffer, 1000);
  assert_true(buffer_add_json_string(&buffer, text, sizeof text - 1, NULL));
  assert_string_equal(buffer.data, "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f Анна 🏆\"");
  buffer_release(&buffer);
}

static void integers_are_written_as_printf_does(void **state) {
  (void)state;
  const int64_t values[] = {0, 7, -7, 10, 1234567890123, -4503599627370497, INT64_MAX, INT64_MIN};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    struct buffer buffer;
    char expected[32];
    buffer_init(&buffer, 100);
    (void)snprintf(expected, sizeof expected, "%lld", (long long)values[i]);
    assert_true(buffer_add_integer(&buffer, values[i], NULL));
    assert_string_equal(buffer.data, expected);
    buffer_release(&buffer);
  }
}

static void taken_bytes_are_the_callers(void **state) {
  (void)state;
  struct buffer buffer;
  size_t size = 1;
  buffer_init(&buffer, CEILING);
  assert_null(buffer_take(&buffer, &size));
  assert_int_equal(size, 0);
  assert_true(buffer_add_text(&buffer, "mine", NULL));
  char *bytes = buffer_take(&buffer, &size);
  assert_string_equal(bytes, "mine");
  assert_int_equal(size, 4);
  assert_null(buffer.data);
  assert_true(buffer_add_text(&buffer, "another", NULL));
  assert_string_equal(bytes, "mine");
  free(bytes);
  buffer_release(&buffer);
}

static void swapped_bytes_keep_to_the_ceiling_of_their_new_buffer(void **state) {
  (void)state;
  struct buffer one, other;
  struct error error = {0};
  buffer_init(&one, CEILING);
  buffer_init(&other, 2);
  assert_true(buffer_add_text(&one, "four", NULL));
  buffer_clear(&one);
  buffer_swap(&one, &other);
  assert_null(one.data);
  assert_true(buffer_add_text(&other, "ab", NULL));
  assert_false(buffer_add_text(&other, "c", &error));
  assert_int_equal(error.kind, ERROR_FULL);
  assert_string_equal(other.data, "ab");
  assert_true(buffer_add_text(&one, "more than two", NULL));
  buffer_release(&one);
  buffer_release(&other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_added_is_there_and_ends_with_a_nul),
      cmocka_unit_test(the_ceiling_is_reached_and_not_passed),
      cmocka_unit_test(a_size_that_overflows_is_over_the_ceiling),
      cmocka_unit_test(memory_may_be_short_at_each_growth),
      cmocka_unit_test(json_strings_are_escaped),
      cmocka_unit_test(integers_are_written_as_printf_does),
      cmocka_unit_test(taken_bytes_are_the_callers),
      cmocka_unit_test(swapped_bytes_keep_to_the_ceiling_of_their_new_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
