/* A child: what it writes, how it ends, that it is told to end, and that it has a session of its own. */
#define _GNU_SOURCE /* getsid */
#include "common/child.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/loop.h"

static struct loop *loop;
static struct buffer written;
static int status, ends;

static void on_wrote(const char *bytes, size_t size, void *data) {
  (void)data;
  assert_int_equal(ends, 0);
  assert_true(buffer_add(&written, bytes, size, NULL));
}

static void on_ended(int how, void *data) {
  (void)data;
  status = how;
  ends++;
}

static struct child *start(const char *path, const char *script) {
  char *const arguments[] = {(char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c", (char *)(uintptr_t)script, NULL};
  struct child_options options = {.path = path, .arguments = arguments, .wrote = on_wrote, .ended = on_ended};
  struct child *child = child_start(loop, &options, NULL);
  assert_non_null(child);
  return child;
}

static void wait_for_end(void) {
  while (!ends) loop_turn(loop, true);
  assert_int_equal(ends, 1);
}

static void all_is_read_before_the_end_is_told(void **state) {
  (void)state;
  start("/bin/sh", "echo first >&2; head -c 300000 /dev/zero >&2; echo last >&2; exit 3");
  wait_for_end();
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
  assert_int_equal(written.size, 6 + 300000 + 5);
  assert_memory_equal(written.data, "first\n", 6);
  assert_memory_equal(written.data + written.size - 5, "last\n", 5);
}

static void a_signal_ends_it(void **state) {
  (void)state;
  struct child *child = start("/bin/sh", "echo ready >&2; exec sleep 600");
  while (!written.size) loop_turn(loop, true);
  assert_int_not_equal(getsid(child_pid(child)), getsid(0));
  child_signal(child, SIGKILL);
  wait_for_end();
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void a_program_that_is_not_there_ends_at_once(void **state) {
  (void)state;
  start("/nowhere/sh", "true");
  wait_for_end();
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

static int set_up(void **state) {
  (void)state;
  loop = loop_open(NULL);
  buffer_init(&written, 1 << 20);
  status = ends = 0;
  return loop ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  buffer_release(&written);
  return loop_close(loop) ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(all_is_read_before_the_end_is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_signal_ends_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_program_that_is_not_there_ends_at_once, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
