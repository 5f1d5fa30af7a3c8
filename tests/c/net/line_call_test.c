/* A line call against a line server on the same loop: the lines up to the last, and the ways in which there is none. */
#define _GNU_SOURCE /* mkdtemp */
#include "net/line_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/loop.h"
#include "net/line_server.h"

static struct loop *loop;
static struct line_server *server;
static const char directory[] = "/tmp/lunokhod-line-call-XXXXXX";
static char path[60];
static const char *answer; /* of the server; NULL: it hangs up */
static char asked[100];
static struct buffer lines; /* each with a bar behind it */
static struct error error;
static int ends;

static void on_asked(struct line_client *client, const char *line, size_t size, void *data) {
  (void)data;
  (void)snprintf(asked, sizeof asked, "%.*s", (int)size, line);
  if (answer) line_client_send(client, answer, strlen(answer));
  if (!answer) line_client_close(client);
}

static void on_gone(struct line_client *client, void *data) {
  (void)client;
  (void)data;
}

static bool on_line(const char *line, size_t size, void *data) {
  (void)data;
  assert_true(buffer_add(&lines, line, size, NULL) && buffer_add_text(&lines, "|", NULL));
  return strcmp(line, "last") != 0;
}

static void on_ended(const struct error *how, void *data) {
  (void)data;
  error = *how;
  ends++;
}

static struct line_call *start(const char *where) {
  struct line_call_options options = {
      .path = where, .line = "{\"a\":1}", .answer_ceiling = 1000, .took = on_line, .ended = on_ended};
  return line_call_start(loop, &options, &error);
}

static void wait_for_end(void) {
  while (!ends) loop_turn(loop, true);
  assert_int_equal(ends, 1);
}

static void lines_come_up_to_the_last(void **state) {
  (void)state;
  answer = "one\ntwo\nlast\nnot wanted\n";
  assert_non_null(start(path));
  wait_for_end();
  assert_int_equal(error.kind, ERROR_NONE);
  assert_string_equal(asked, "{\"a\":1}");
  assert_string_equal(lines.data, "one|two|last|");
}

static void who_hangs_up_is_an_error(void **state) {
  (void)state;
  answer = NULL;
  assert_non_null(start(path));
  wait_for_end();
  assert_int_equal(error.kind, ERROR_SYSTEM);
  assert_int_equal(lines.size, 0);
}

static void nobody_there_is_an_error(void **state) {
  (void)state;
  assert_non_null(start("/tmp/lunokhod-line-call-nobody.sock"));
  wait_for_end();
  assert_int_equal(error.kind, ERROR_SYSTEM);
}

static void a_line_over_the_ceiling_is_an_error(void **state) {
  (void)state;
  static char much[1200];
  memset(much, 'x', sizeof much - 1);
  answer = much;
  assert_non_null(start(path));
  wait_for_end();
  assert_int_equal(error.kind, ERROR_FULL);
}

static void a_path_that_is_too_long_is_refused(void **state) {
  (void)state;
  char much[200];
  memset(much, 'x', sizeof much - 1);
  much[sizeof much - 1] = '\0';
  assert_null(start(much));
  assert_int_equal(error.kind, ERROR_MISUSE);
}

static void a_cancelled_call_tells_nothing(void **state) {
  (void)state;
  answer = "last\n";
  struct line_call *call = start(path);
  assert_non_null(call);
  line_call_cancel(call);
  for (int i = 0; i < 10; i++) loop_turn(loop, false);
  assert_int_equal(ends, 0);
}

static int set_up(void **state) {
  (void)state;
  static char template[sizeof directory];
  memcpy(template, directory, sizeof directory);
  if (!mkdtemp(template)) return -1;
  (void)snprintf(path, sizeof path, "%s/socket", template);
  loop = loop_open(NULL);
  static struct line_server_options options;
  options = (struct line_server_options){.path = path, .taken = on_asked, .gone = on_gone};
  server = line_server_open(loop, &options, NULL);
  buffer_init(&lines, 10000);
  error = (struct error){0};
  ends = 0;
  return server ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  line_server_close(server);
  buffer_release(&lines);
  bool ok = loop_close(loop);
  path[strlen(path) - strlen("/socket")] = '\0';
  return ok && rmdir(path) == 0 ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(lines_come_up_to_the_last, set_up, tear_down),
      cmocka_unit_test_setup_teardown(who_hangs_up_is_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nobody_there_is_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_line_over_the_ceiling_is_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_path_that_is_too_long_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_cancelled_call_tells_nothing, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
