/* log_tail: what is kept of the log, and who is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/log.h"
#include "common/log_tail.h"
#include "common/loop.h"

static void drop(const char *line, size_t size, void *data) {
  (void)line;
  (void)size;
  (void)data;
}

static int setup(void **state) {
  (void)state;
  log_divert(drop, NULL);
  log_tail_start();
  return 0;
}

static void count(void *data) { ++*(int *)data; }

static void lines_are_read_once_and_in_order(void **state) {
  (void)state;
  struct buffer lines;
  uint64_t at = 0;
  buffer_init(&lines, 1 << 20);
  log_info("first");
  assert_true(log_tail_read(&at, &lines, NULL));
  log_info("second");
  assert_true(log_tail_read(&at, &lines, NULL));
  const char *first = strstr(lines.data, "msg=first\n"), *second = strstr(lines.data, "msg=second\n");
  assert_true(first && second && first < second);
  size_t size = lines.size;
  assert_true(log_tail_read(&at, &lines, NULL));
  assert_int_equal(lines.size, size);
  buffer_release(&lines);
}

static void a_reader_that_is_late_begins_with_a_whole_line(void **state) {
  (void)state;
  struct buffer lines;
  uint64_t at = 0;
  buffer_init(&lines, 1 << 20);
  for (int i = 0; i < 20000; i++) log_info("a line that is repeated; number=%d", i);
  assert_true(log_tail_read(&at, &lines, NULL));
  assert_true(at > lines.size); /* some were not kept */
  assert_int_equal(strncmp(lines.data, "time=", 5), 0);
  assert_non_null(strstr(lines.data, "number=19999\n"));
  buffer_release(&lines);
}

static void log_line(void *data) {
  (void)data;
  log_info("of a worker");
}

static void do_nothing(void *data) { (void)data; }

static void a_listener_is_called_from_the_loop(void **state) {
  (void)state;
  struct error error = {0};
  struct loop *loop = loop_open(&error);
  int calls = 0;
  assert_true(log_tail_follow(loop, count, &calls, &error));
  assert_true(loop_work(loop, log_line, do_nothing, NULL, &error));
  while (!calls) {
    loop_turn(loop, true);
    if (!calls && !loop_work_count(loop))
      assert_true(loop_work(loop, do_nothing, do_nothing, NULL, &error)); /* keeps it going */
  }
  log_tail_unfollow();
  log_info("after it");
  assert_true(loop_close(loop));
  assert_int_equal(calls, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_are_read_once_and_in_order),
      cmocka_unit_test(a_reader_that_is_late_begins_with_a_whole_line),
      cmocka_unit_test(a_listener_is_called_from_the_loop),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
