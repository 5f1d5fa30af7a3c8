/* What is UTF-8, at each border of the standard's table. */
#include "common/character.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

static bool is_utf8(const char *text, size_t size) { return character_valid_size(text, size) == size; }

static void text_is_utf8(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "a",
                                      "слово",
                                      "עברית",
                                      "🚀",
                                      "\x7f",
                                      "\xc2\x80",
                                      "\xdf\xbf",
                                      "\xe0\xa0\x80",
                                      "\xed\x9f\xbf",
                                      "\xee\x80\x80",
                                      "\xef\xbf\xbf",
                                      "\xf0\x90\x80\x80",
                                      "\xf4\x8f\xbf\xbf",
                                      NULL};
  for (int i = 0; texts[i]; i++) assert_true(is_utf8(texts[i], strlen(texts[i])));
  assert_true(is_utf8("a\0b", 3));
}

static void other_bytes_are_not(void **state) {
  (void)state;
  static const char *const texts[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x41",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xe1\x80",
                                      "\xe1\x80\xc0",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf1\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      NULL};
  for (int i = 0; texts[i]; i++) assert_false(is_utf8(texts[i], strlen(texts[i])));
}

static void the_place_of_the_first_wrong_byte_is_told(void **state) {
  (void)state;
  assert_int_equal(character_valid_size("да\xff нет", 10), 4);
  assert_int_equal(character_valid_size("да", 3), 2); /* cut in the middle of a character */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_utf8),
      cmocka_unit_test(other_bytes_are_not),
      cmocka_unit_test(the_place_of_the_first_wrong_byte_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
