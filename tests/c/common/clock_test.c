/* Timers: their order, and what a callback may do to other timers. */
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/loop.h"

static struct loop *loop;
static struct clock *now;
static char called[64]; /* the names of the timers that were called */

struct named {
  struct clock_timer timer;
  char name[2];
  struct named *starts, *stops; /* when it is called; or NULL */
};

static void on_due(void *data) {
  struct named *named = data;
  strncat(called, named->name, sizeof called - strlen(called) - 1);
  if (named->starts) clock_start(now, &named->starts->timer, 0, on_due, named->starts);
  if (named->stops) clock_stop(now, &named->stops->timer);
}

static void start(struct named *named, int64_t ms) { clock_start(now, &named->timer, ms, on_due, named); }

static int set_up(void **state) {
  (void)state;
  loop = loop_open(NULL);
  now = clock_open_manual(loop, 1000000);
  called[0] = '\0';
  return 0;
}

static int set_up_real(void **state) {
  (void)state;
  loop = loop_open(NULL);
  now = clock_open(loop);
  called[0] = '\0';
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  clock_close(now);
  return loop_close(loop) ? 0 : -1;
}

static void timers_come_in_the_order_of_their_times(void **state) {
  (void)state;
  struct named a = {.name = "a"}, b = {.name = "b"}, c = {.name = "c"};
  start(&b, 20);
  start(&c, 30);
  start(&a, 10);
  clock_advance(now, 25);
  assert_string_equal(called, "ab");
  assert_true(clock_is_started(&c.timer));
  clock_advance(now, 5);
  assert_string_equal(called, "abc");
  assert_int_equal(clock_now(now), 1000030);
}

static void of_the_same_time_the_first_started_comes_first(void **state) {
  (void)state;
  struct named timers[20] = {0};
  for (int i = 0; i < 20; i++) timers[i].name[0] = (char)('a' + i);
  for (int i = 0; i < 20; i++) start(&timers[i], 5);
  start(&timers[3], 5); /* anew: it is the last now */
  clock_advance(now, 5);
  assert_string_equal(called, "abcefghijklmnopqrstd");
}

static void a_timer_may_stop_another_that_is_due_too(void **state) {
  (void)state;
  struct named b = {.name = "b"}, a = {.name = "a", .stops = &b};
  start(&a, 5);
  start(&b, 5);
  clock_advance(now, 5);
  assert_string_equal(called, "a");
}

static void a_step_goes_to_the_next_timer_and_no_further(void **state) {
  (void)state;
  struct named b = {.name = "b"}, a = {.name = "a", .starts = &b};
  start(&a, 7);
  assert_true(clock_step(now, 100));
  assert_string_equal(called, "a"); /* what it has started is for the next step */
  assert_int_equal(clock_ticks(now), 7);
  assert_true(clock_step(now, 0));
  assert_string_equal(called, "ab");
  assert_false(clock_step(now, 3));
  assert_int_equal(clock_ticks(now), 10);
}

static void a_jump_changes_the_time_and_no_timer(void **state) {
  (void)state;
  struct named a = {.name = "a"};
  start(&a, 5);
  clock_jump(now, -700);
  assert_int_equal(clock_now(now), 1000000 - 700);
  assert_int_equal(clock_ticks(now), 0);
  clock_jump(now, 1000);
  assert_string_equal(called, "");
  clock_advance(now, 5);
  assert_string_equal(called, "a");
  assert_int_equal(clock_now(now), 1000000 + 305);
}

static void a_stalled_clock_finds_its_timers_overdue(void **state) {
  (void)state;
  struct named a = {.name = "a"}, b = {.name = "b"};
  assert_int_equal(clock_wait_ms(now), -1);
  start(&b, 20);
  start(&a, 10);
  assert_int_equal(clock_wait_ms(now), 10);
  clock_stall(now, 500);
  assert_string_equal(called, "");
  assert_int_equal(clock_wait_ms(now), 0);
  assert_int_equal(clock_now(now), 1000000 + 500);
  assert_true(clock_step(now, 0));
  assert_string_equal(called, "ab");
  assert_int_equal(clock_ticks(now), 500);
}

static void a_timer_that_starts_itself_lets_the_loop_turn(void **state) {
  (void)state;
  struct named a = {.name = "a"};
  a.starts = &a;
  start(&a, 0);
  loop_turn(loop, true);
  loop_turn(loop, true);
  assert_true(strlen(called) >= 1 && strlen(called) <= 4);
  clock_stop(now, &a.timer);
}

/* The machine's clock runs on meanwhile, so only what a minute can't explain is looked at. */
static void a_real_clock_is_set_ahead_and_back(void **state) {
  (void)state;
  enum { HOUR = 3600000, MINUTE = 60000 };
  int64_t before = clock_now(now);
  struct named a = {.name = "a"};
  start(&a, 10 * HOUR);
  assert_int_equal(clock_set_ahead(now, 5 * HOUR), 5 * HOUR);
  assert_in_range(clock_now(now) - before, 5 * HOUR - MINUTE, 5 * HOUR + 10 * MINUTE);
  assert_int_equal(clock_set_ahead(now, HOUR), -4 * HOUR);
  assert_int_equal(clock_set_ahead(now, 0), -HOUR);
  assert_in_range(clock_now(now) - before + HOUR, HOUR - MINUTE, HOUR + 10 * MINUTE);
  assert_string_equal(called, "");
  clock_stop(now, &a.timer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(timers_come_in_the_order_of_their_times, set_up, tear_down),
      cmocka_unit_test_setup_teardown(of_the_same_time_the_first_started_comes_first, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_timer_may_stop_another_that_is_due_too, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_step_goes_to_the_next_timer_and_no_further, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_jump_changes_the_time_and_no_timer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_stalled_clock_finds_its_timers_overdue, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_real_clock_is_set_ahead_and_back, set_up_real, tear_down),
      cmocka_unit_test_setup_teardown(a_timer_that_starts_itself_lets_the_loop_turn, set_up_real, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
