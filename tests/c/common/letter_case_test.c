/* The case of letters. */
#include "common/letter_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/buffer.h"
#include "common/error.h"

static void folds(const char *text, size_t size, const char *expected) {
  struct buffer folded;
  struct error error = {0};
  buffer_init(&folded, 1 << 10);
  assert_true(letter_case_fold(text, size, &folded, &error));
  assert_int_equal(folded.size, strlen(expected));
  if (folded.size) assert_memory_equal(folded.data, expected, folded.size);
  buffer_release(&folded);
}

static void letters_of_any_alphabet_are_folded(void **state) {
  (void)state;
  folds("", 0, "");
  folds("Start 5", 7, "start 5");
  folds("ПРИВЕТ, Ёлка", strlen("ПРИВЕТ, Ёлка"), "привет, ёлка");
  folds("ΣΊΣΥΦΟΣ", strlen("ΣΊΣΥΦΟΣ"), "σίσυφοσ");
  folds("Straße", strlen("Straße"), "strasse");
}

static void what_is_no_text_keeps_its_bytes(void **state) {
  (void)state;
  folds("A\xFFÖ", 4, "a\xFFÖ");
}

static void a_ceiling_is_an_error(void **state) {
  (void)state;
  struct buffer folded;
  struct error error = {0};
  buffer_init(&folded, 4);
  assert_false(letter_case_fold("ПРИВЕТ", strlen("ПРИВЕТ"), &folded, &error));
  assert_int_equal(error.kind, ERROR_FULL);
  buffer_release(&folded);
}

static int sign(const char *one, const char *other) {
  int result = letter_case_compare(one, strlen(one), other, strlen(other));
  assert_int_equal(letter_case_compare(other, strlen(other), one, strlen(one)), -result);
  return result;
}

static void people_read_in_this_order(void **state) {
  (void)state;
  static const char *const names[] = {"",     "2",    "Anna",   "anne", "Ärger", "Zoe",   "ángel", "Арбуз", "Дом",
                                      "Елка", "Ёлка", "Еловый", "Жук",  "Игра",  "Искра", "Йод",   "Яма",   "\xFF"};
  static const unsigned order[] = {0, 1, 6, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
  for (unsigned i = 1; i < sizeof order / sizeof *order; i++) assert_int_equal(sign(names[order[i - 1]], names[order[i]]), -1);
  assert_int_equal(sign("ПРИВЕТ", "привет"), 0);
  assert_int_equal(sign("Ёлка", "ёлка"), 0);
  assert_int_equal(sign("и\xCC\x86", "и"), 0); /* an accent that stands on its own */
  assert_int_equal(sign("\xD0", "\xD0\x90"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(letters_of_any_alphabet_are_folded),
      cmocka_unit_test(what_is_no_text_keeps_its_bytes),
      cmocka_unit_test(a_ceiling_is_an_error),
      cmocka_unit_test(people_read_in_this_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
