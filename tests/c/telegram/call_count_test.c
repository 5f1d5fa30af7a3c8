/* How calls have ended, counted by their methods: whatever a script calls a method, the table stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "telegram/call_count.h"

struct seen {
  unsigned methods;
  uint64_t others, ended, pauses;
  int64_t paused_ms;
};

static void look(const struct call_count *count, void *data) {
  struct seen *seen = data;
  seen->methods++;
  assert_int_equal(strspn(count->method, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
                   strlen(count->method));
  if (strcmp(count->method, "other") == 0) seen->others = count->ended[CALL_FINE];
  for (int i = 0; i < CALL_OUTCOMES; i++) seen->ended += count->ended[i];
  seen->pauses += count->pauses;
  seen->paused_ms += count->paused_ms;
}

static void counts_each_method_by_its_outcomes(void **state) {
  (void)state;
  struct call_counts *counts = call_counts_new();
  struct seen seen = {0};
  call_counts_add(counts, "sendMessage", ERROR_NONE);
  call_counts_add(counts, "sendMessage", ERROR_REFUSED);
  call_counts_add(counts, "getMe", ERROR_CANCELED);
  call_counts_add_pause(counts, "sendMessage", 1500);
  call_counts_add_pause(counts, "sendMessage", 500);
  call_counts_each(counts, look, &seen);
  assert_int_equal(seen.methods, 2);
  assert_int_equal(seen.ended, 3);
  assert_int_equal(seen.pauses, 2);
  assert_int_equal(seen.paused_ms, 2000);
  call_counts_free(counts);
}

static void takes_odd_names_and_too_many_together(void **state) {
  (void)state;
  static const char *const odd[] = {"", "a b", "x\"} 1\n", "\xff", "a.b"};
  struct call_counts *counts = call_counts_new();
  struct seen seen = {0};
  char name[80];
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) call_counts_add(counts, odd[i], ERROR_NONE);
  (void)memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  call_counts_add(counts, name, ERROR_NONE);
  for (int i = 0; i < 1000; i++) {
    (void)snprintf(name, sizeof name, "method%d", i);
    call_counts_add(counts, name, ERROR_NONE);
  }
  call_counts_each(counts, look, &seen);
  assert_int_equal(seen.methods, 250);
  assert_int_equal(seen.ended, 1006);
  assert_int_equal(seen.others, 6 + 1000 - 249);
  call_counts_free(counts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts_each_method_by_its_outcomes),
      cmocka_unit_test(takes_odd_names_and_too_many_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
