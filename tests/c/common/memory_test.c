/* The reserve: where there is no memory left, the program's own small needs are met once more. In a process of its own, whose
 * address space is limited. */
#include "common/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers above, which it needs */
#include <cmocka.h>

enum { SMALL = 1 << 20, ROOM = 64 << 20 };

/* All that is left, in pieces that are not given back. */
static void use_up(void) {
  for (size_t size = SMALL; size >= 64; size /= 2) {
    while (malloc(size)) {
    }
  }
}

static int starve(bool has_reserve) {
  struct rlimit limit = {.rlim_cur = ROOM, .rlim_max = ROOM};
  if (has_reserve) memory_set_up();
  if (setrlimit(RLIMIT_AS, &limit)) return 2;
  use_up();
  if (memory_try_resize(NULL, SMALL)) return 3;
  return memory_new(SMALL) ? 0 : 4; /* aborts where there is no reserve */
}

static int status_of(bool has_reserve) {
  int status = -1;
  pid_t pid = fork();
  if (pid == 0) {
    (void)close(STDERR_FILENO); /* "out of memory" is expected */
    _exit(starve(has_reserve));
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return status;
}

static void the_reserve_meets_a_small_need(void **state) {
  (void)state;
  assert_true(WIFSIGNALED(status_of(false)));
  int status = status_of(true);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_reserve_that_was_lent_is_laid_by_again(void **state) {
  (void)state;
  assert_true(memory_take_reserve());
  memory_lend_reserve();
  memory_lend_reserve();
  assert_true(memory_take_reserve());
  memory_lend_reserve();
}

int main(void) {
  const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__ /* it wants terabytes of address space */
      cmocka_unit_test(the_reserve_meets_a_small_need),
#endif
      cmocka_unit_test(a_reserve_that_was_lent_is_laid_by_again),
  };
#ifdef __SANITIZE_ADDRESS__
  (void)the_reserve_meets_a_small_need;
#endif
  return cmocka_run_group_tests(tests, NULL, NULL);
}
