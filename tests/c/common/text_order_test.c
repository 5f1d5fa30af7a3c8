/* The order of texts. */
#include "common/text_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>

static int sign(const char *one, const char *other) {
  int result = text_order_compare(one, strlen(one), other, strlen(other));
  assert_int_equal(text_order_compare(other, strlen(other), one, strlen(one)), -result);
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
      cmocka_unit_test(people_read_in_this_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
