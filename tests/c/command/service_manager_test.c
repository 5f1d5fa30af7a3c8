/* What a service manager is told, on a socket whose name is in no file system, and for whom its watchdog is meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "command/service_manager.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/loop.h"

enum { WALL = 1700000000 };

static struct loop *loop;
static struct clock *clock_by_hand;
static int manager_fd;

static int set_up(void **state) {
  (void)state;
  struct error error = {0};
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char name[60];
  int size = snprintf(name, sizeof name, "@lunokhod-test-%d", (int)getpid());
  memcpy(address.sun_path + 1, name + 1, (size_t)size - 1);
  manager_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  assert_true(manager_fd >= 0);
  socklen_t address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)size);
  assert_false(bind(manager_fd, (struct sockaddr *)&address, address_size));
  assert_false(setenv("NOTIFY_SOCKET", name, 1));
  loop = loop_open(&error);
  assert_non_null(loop);
  clock_by_hand = clock_open_manual(loop, WALL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  clock_close(clock_by_hand);
  assert_true(loop_close(loop));
  (void)close(manager_fd);
  return 0;
}

static void expect(const char *wanted) {
  char said[500] = "";
  ssize_t size = recv(manager_fd, said, sizeof said - 1, 0);
  if (!wanted) assert_true(size < 0);
  if (wanted) assert_string_equal(said, wanted);
}

static void test_a_name_in_no_file_system(void **state) {
  (void)state;
  struct service_manager *manager = service_manager_open(clock_by_hand);
  assert_non_null(manager);
  assert_null(getenv("NOTIFY_SOCKET"));
  service_manager_ready(manager);
  expect("READY=1");
  service_manager_status(manager, "waits\nREADY=1");
  expect("STATUS=waits");
  service_manager_close(manager);
}

static void test_the_watchdog(void **state) {
  (void)state;
  assert_false(setenv("WATCHDOG_USEC", "1000000", 1));
  struct service_manager *manager = service_manager_open(clock_by_hand);
  clock_advance(clock_by_hand, 0);
  expect("WATCHDOG=1");
  clock_advance(clock_by_hand, 600);
  expect("WATCHDOG=1");
  expect(NULL);
  service_manager_close(manager);
  clock_advance(clock_by_hand, 5000);
  expect(NULL);
}

static void test_the_watchdog_of_another_process(void **state) {
  (void)state;
  assert_false(setenv("WATCHDOG_USEC", "1000000", 1));
  assert_false(setenv("WATCHDOG_PID", "1", 1));
  struct service_manager *manager = service_manager_open(clock_by_hand);
  clock_advance(clock_by_hand, 5000);
  expect(NULL);
  service_manager_close(manager);
}

static void test_nobody(void **state) {
  (void)state;
  assert_false(unsetenv("NOTIFY_SOCKET"));
  struct service_manager *manager = service_manager_open(clock_by_hand);
  assert_null(manager);
  service_manager_ready(manager);
  service_manager_reloading(manager);
  service_manager_stopping(manager);
  service_manager_status(manager, "serves");
  service_manager_close(manager);
  expect(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_name_in_no_file_system, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_the_watchdog, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_the_watchdog_of_another_process, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_nobody, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
