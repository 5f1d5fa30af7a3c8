/* The event "nothing is under way": when it comes, to whom, and what one who is told may do. */
#include "common/idle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/loop.h"

static struct loop *loop;
static struct clock *now;
static struct idle idle;
static int under_way;
static char told[16]; /* the names of those who were told */

struct named {
  struct idle_waiter waiter;
  char name[2];
  bool begins; /* something, when it is told */
  struct named *stops;
};

static bool is_busy(const void *owner) {
  assert_ptr_equal(owner, &under_way);
  return under_way != 0;
}

static void on_idle(void *data) {
  struct named *named = data;
  assert_int_equal(under_way, 0);
  strncat(told, named->name, sizeof told - strlen(told) - 1);
  if (named->begins) under_way++;
  if (named->stops) idle_leave(&named->stops->waiter);
}

static void wait_for(struct named *named) { idle_wait(&idle, &named->waiter, on_idle, named); }

static void end_one(void) {
  under_way--;
  idle_check(&idle);
}

static int set_up(void **state) {
  (void)state;
  loop = loop_open(NULL);
  now = clock_open_manual(loop, 1000000);
  idle_init(&idle, now, is_busy, &under_way);
  under_way = 0;
  told[0] = '\0';
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  idle_release(&idle);
  clock_close(now);
  return loop_close(loop) ? 0 : -1;
}

static void it_comes_once_and_from_the_loop(void **state) {
  (void)state;
  struct named a = {.name = "a"};
  wait_for(&a);
  assert_string_equal(told, "");
  clock_advance(now, 0);
  assert_string_equal(told, "a");
  under_way = 1;
  end_one();
  clock_advance(now, 1000);
  assert_string_equal(told, "a");
}

static void it_comes_when_the_last_has_ended(void **state) {
  (void)state;
  struct named a = {.name = "a"}, b = {.name = "b"};
  under_way = 2;
  wait_for(&a);
  wait_for(&b);
  end_one();
  clock_advance(now, 1000);
  assert_string_equal(told, "");
  end_one();
  assert_string_equal(told, "");
  clock_advance(now, 0);
  assert_string_equal(told, "ab");
}

static void what_begins_meanwhile_is_waited_for(void **state) {
  (void)state;
  struct named a = {.name = "a", .begins = true}, b = {.name = "b"};
  under_way = 1;
  wait_for(&a);
  wait_for(&b);
  end_one();
  under_way = 1; /* before the loop has turned */
  clock_advance(now, 0);
  assert_string_equal(told, "");
  end_one();
  clock_advance(now, 0);
  assert_string_equal(told, "a"); /* which has begun something */
  end_one();
  clock_advance(now, 0);
  assert_string_equal(told, "ab");
}

static void who_leaves_is_not_told(void **state) {
  (void)state;
  struct named a = {.name = "a"}, b = {.name = "b"}, c = {.name = "c"};
  c.stops = &a;
  under_way = 1;
  wait_for(&b);
  wait_for(&c);
  wait_for(&a);
  idle_leave(&b.waiter);
  idle_leave(&b.waiter);
  end_one();
  clock_advance(now, 0);
  assert_string_equal(told, "c");
  wait_for(&a);
  idle_release(&idle);
  clock_advance(now, 0);
  assert_string_equal(told, "c");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(it_comes_once_and_from_the_loop, set_up, tear_down),
      cmocka_unit_test_setup_teardown(it_comes_when_the_last_has_ended, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_begins_meanwhile_is_waited_for, set_up, tear_down),
      cmocka_unit_test_setup_teardown(who_leaves_is_not_told, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
