#include "telegram/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#define MOON "\xF0\x9F\x8C\x95" /* one code point of four bytes */

static void assert_split(const char *text, size_t length, const char *first, const char *rest) {
  size_t skip, size = text_split(text, strlen(text), length, &skip);
  assert_int_equal(size, strlen(first));
  assert_memory_equal(text, first, size);
  assert_string_equal(text + size + skip, rest);
}

static size_t count_code_points(const char *text, size_t size) {
  size_t count = 0;
  for (size_t i = 0; i < size; i++) count += ((unsigned char)text[i] & 0xC0) != 0x80;
  return count;
}

static void counts_code_points(void **state) {
  (void)state;
  assert_split("Клик" MOON "лишнее", 5, "Клик" MOON, "лишнее");
  assert_split("\xFF\xD0\xFF", 2, "\xFF\xD0", "\xFF"); /* not UTF-8: byte by byte */
}

static void what_fits_is_not_cut(void **state) {
  (void)state;
  assert_split("one two", 7, "one two", "");
  assert_split("", 7, "", "");
}

static void cuts_where_a_reader_would_pause(void **state) {
  (void)state;
  assert_split("aaaa bb\n\ncc. dd\nee ff", 18, "aaaa bb\n\ncc. dd", "ee ff"); /* the blank line is in the first half */
  assert_split("aaaa bbbb\n\ncc. dd ee ff", 18, "aaaa bbbb", "cc. dd ee ff");
  assert_split("aaaa bb cc. dd ee ff", 14, "aaaa bb cc.", "dd ee ff");
  assert_split("aaaa bb cc dd", 9, "aaaa bb", "cc dd");
}

static void cuts_a_word_only_when_there_is_no_other_way(void **state) {
  (void)state;
  assert_split("aa bbbbbbbbbb", 8, "aa bbbbb", "bbbbb");
  assert_split(MOON MOON MOON, 2, MOON MOON, MOON);
}

static void tears_no_picture_from_its_parts(void **state) {
  (void)state;
  assert_split("aa👩\u200d🚀bb", 3, "aa", "👩\u200d🚀bb"); /* a woman, a joiner, a rocket: an astronaut */
  assert_split("aa👩\u200d🚀bb", 4, "aa", "👩\u200d🚀bb");
  assert_split("aa👩\u200d🚀bb", 5, "aa👩\u200d🚀", "bb");
  assert_split("aaaи\u0306bb", 4, "aaa", "и\u0306bb");                           /* the letter й in two characters */
  assert_split("e\u0301\u0301\u0301\u0301", 3, "e\u0301\u0301", "\u0301\u0301"); /* nothing but marks: no way out */
}

static void parts_put_together_are_the_text(void **state) {
  (void)state;
  const char *text = "Всего: 3\n1: Анна - 5🏆\n2: Борис - 4🏆\n\n3: a very long name without end - 1🏆";
  for (size_t length = 1; length < 80; length++) {
    size_t left = strlen(text), letters = 0, skip;
    for (const char *at = text; left; at += skip, left -= skip) {
      size_t size = text_split(at, left, length, &skip);
      assert_true(size + skip > 0 && size + skip <= left);
      assert_true(count_code_points(at, size) <= length);
      for (size_t i = 0; i < size; i++) letters += at[i] != ' ' && at[i] != '\n';
      at += size;
      left -= size;
    }
    size_t expected = 0;
    for (const char *c = text; *c; c++) expected += *c != ' ' && *c != '\n';
    assert_int_equal(letters, expected);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts_code_points),
      cmocka_unit_test(what_fits_is_not_cut),
      cmocka_unit_test(cuts_where_a_reader_would_pause),
      cmocka_unit_test(cuts_a_word_only_when_there_is_no_other_way),
      cmocka_unit_test(tears_no_picture_from_its_parts),
      cmocka_unit_test(parts_put_together_are_the_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
