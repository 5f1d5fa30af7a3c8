/* The server over real sockets, spoken to byte by byte. */
#include "net/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/error.h"
#include "common/loop.h"
#include "common/memory.h"

enum { BODY_CEILING = 100000, PATIENCE = 50000 };

static struct loop *loop;
static struct server *server;
static struct server_request *waiting; /* by "/wait"; NULL again when it is gone */
static unsigned gone_count, request_count;
static char seen[8192]; /* what the last request was, in one line */

static void on_gone(void *data) {
  (void)data;
  waiting = NULL;
  gone_count++;
}

static void describe(struct server_request *request) {
  const struct server_parameter *parameters;
  const char *body;
  size_t count = server_parameters(request, &parameters), size = server_body(request, &body);
  int at = snprintf(seen, sizeof seen, "%s %s:", server_method(request), server_path(request));
  for (size_t i = 0; i < count; i++) {
    at += snprintf(seen + at, sizeof seen - (size_t)at, " %s=%s%s%s", parameters[i].name, parameters[i].value,
                   parameters[i].file_name ? "@" : "", parameters[i].file_name ? parameters[i].file_name : "");
  }
  if (size) (void)snprintf(seen + at, sizeof seen - (size_t)at, " body=%.*s", (int)size, body);
}

static void on_request(struct server_request *request, void *data) {
  (void)data;
  request_count++;
  describe(request);
  const char *path = server_path(request);
  const char *const headers[] = {"Retry-After: 7", NULL};
  size_t size;
  if (strcmp(path, "/wait") == 0) {
    waiting = request;
    server_on_gone(request, on_gone, NULL);
  } else if (strcmp(path, "/drop") == 0) {
    server_break(request, 0, NULL, NULL, 0, 0);
  } else if (strcmp(path, "/cut") == 0) {
    server_break(request, 200, "text/plain", "0123456789", 10, 4);
  } else if (strcmp(path, "/take") == 0) {
    char *file = server_take_file(request, 0, &size);
    server_reply(request, 200, "text/plain", file, size, NULL);
  } else {
    server_reply(request, 429, "text/plain", memory_copy_text("hello"), 5, headers);
  }
}

static int set_up(void **state) {
  (void)state;
  const struct server_options options = {.body_ceiling = BODY_CEILING, .too_large = "{\"too\":\"large\"}", .idle_s = 1};
  loop = loop_open(NULL);
  server = server_open(loop, &options, on_request, NULL, NULL);
  waiting = NULL;
  gone_count = request_count = 0;
  return server ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  server_close(server);
  return loop_close(loop) ? 0 : -1;
}

static int dial(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port(server))};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &address.sin_addr), 1);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static void say(int fd, const char *text) {
  assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Turns the loop until the answer ends with `ending`, or, with NULL, until the connection is closed. */
static const char *hear(int fd, const char *ending) {
  static char answer[65536];
  size_t size = 0;
  answer[0] = '\0';
  for (int turn = 0; turn < PATIENCE; turn++) {
    ssize_t got = recv(fd, answer + size, sizeof answer - 1 - size, MSG_DONTWAIT);
    if (got > 0) answer[size += (size_t)got] = '\0';
    if (got == 0 && ending) fail_msg("closed after: %s", answer);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) return answer;
    if (got < 0 && size >= (ending ? strlen(ending) : 1) && ending && strcmp(answer + size - strlen(ending), ending) == 0)
      return answer;
    if (got < 0) loop_turn(loop, false), usleep(100);
  }
  fail_msg("no such end; heard: %s", answer);
  return NULL;
}

static bool is_waiting(void) { return waiting != NULL; }
static bool is_gone(void) { return gone_count > 0; }

static void turn_until(bool (*is_so)(void)) {
  for (int turn = 0; turn < PATIENCE && !is_so(); turn++) loop_turn(loop, false), usleep(100);
  assert_true(is_so());
}

static void hands_over_a_form_after_the_query(void **state) {
  (void)state;
  int fd = dial();
  say(fd,
      "POST /a%20b?x=1&y=%D1%8F HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
      "16\r\n\r\n");
  say(fd, "x=2&z=a+b%26&w=3");
  const char *answer = hear(fd, "hello");
  assert_non_null(strstr(answer, "429"));
  assert_non_null(strstr(answer, "Retry-After: 7"));
  assert_string_equal(seen, "POST /a b: x=1 y=я x=2 z=a b& w=3");
  (void)close(fd);
}

static void keeps_a_json_body_as_it_is_and_the_connection_open(void **state) {
  (void)state;
  int fd = dial();
  for (int i = 0; i < 3; i++) {
    say(fd, "POST /j HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"a\":\"b\"}");
    (void)hear(fd, "hello");
    assert_string_equal(seen, "POST /j: body={\"a\":\"b\"}");
  }
  assert_int_equal(request_count, 3);
  (void)close(fd);
}

static void takes_files_apart_from_parameters(void **state) {
  (void)state;
  static const char body[] =
      "--Boundary\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.db\"\r\n\r\nbytes\r\n"
      "--Boundary\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\nplain\r\n--Boundary--\r\n";
  char head[256];
  int fd = dial();
  (void)snprintf(
      head, sizeof head,
      "POST /take HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=Boundary\r\nContent-Length: %zu\r\n\r\n",
      sizeof body - 1);
  say(fd, head);
  say(fd, body);
  (void)hear(fd, "\r\n\r\nbytes");
  assert_string_equal(seen, "POST /take: f=bytes@n.db p=plain");
  (void)close(fd);
}

static void answers_later(void **state) {
  (void)state;
  int first = dial(), second = dial();
  say(first, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  turn_until(is_waiting);
  say(second, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)hear(second, "hello"); /* others don't wait */
  server_reply(waiting, 200, NULL, memory_copy_text("late"), 4, NULL);
  (void)hear(first, "late");
  say(first, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)hear(first, "hello");
  assert_int_equal(gone_count, 0);
  (void)close(first);
  (void)close(second);
}

static void notices_that_nobody_waits_any_more(void **state) {
  (void)state;
  int fd = dial();
  say(fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  turn_until(is_waiting);
  (void)close(fd);
  turn_until(is_gone);
  assert_null(waiting);
}

static void tells_those_who_wait_when_it_closes(void **state) {
  (void)state;
  int fd = dial();
  say(fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  turn_until(is_waiting);
  server_close(server);
  server = NULL;
  assert_int_equal(gone_count, 1);
  (void)close(fd);
}

static void breaks_off_on_purpose(void **state) {
  (void)state;
  int fd = dial();
  say(fd, "GET /drop HTTP/1.1\r\nHost: h\r\n\r\n");
  assert_string_equal(hear(fd, NULL), "");
  (void)close(fd);
  fd = dial();
  say(fd, "GET /cut HTTP/1.1\r\nHost: h\r\n\r\n");
  const char *answer = hear(fd, NULL);
  assert_non_null(strstr(answer, "Content-Length: 10\r\n"));
  assert_string_equal(answer + strlen(answer) - 6, "\r\n0123");
  (void)close(fd);
}

/* A server of its own, because the others of this file may take their time. */
static void closes_on_who_never_comes_to_an_end(void **state) {
  (void)state;
  const struct server_options options = {.body_ceiling = BODY_CEILING, .request_s = 1};
  server_close(server);
  server = server_open(loop, &options, on_request, NULL, NULL);
  int slow = dial(), good = dial();
  say(slow, "GET /b HTTP/1.1\r\nHost: h\r\nX: ");
  say(good, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  turn_until(is_waiting);
  ssize_t got = -1;
  for (int turn = 0; turn < PATIENCE && got < 0; turn++) {
    char byte;
    if (turn % 100 == 0) (void)send(slow, "x", 1, MSG_NOSIGNAL);
    (void)loop_turn(loop, false);
    (void)usleep(100);
    got = recv(slow, &byte, 1, MSG_DONTWAIT);
    if (got < 0 && errno == ECONNRESET) got = 0;
  }
  assert_int_equal(got, 0);
  assert_true(is_waiting()); /* whose request is there, and who waits for us */
  (void)close(slow);
  (void)close(good);
}

static void refuses_a_body_that_is_too_large(void **state) {
  (void)state;
  int fd = dial();
  say(fd, "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n");
  const char *answer = hear(fd, NULL);
  assert_non_null(strstr(answer, "413"));
  assert_non_null(strstr(answer, "{\"too\":\"large\"}"));
  assert_int_equal(request_count, 0);
  (void)close(fd);
}

/* A half-open request, and a connection that nobody uses, cost memory as long as they are kept. One that waits does not count.
 */
static void closes_what_is_idle(void **state) {
  (void)state;
  int half = dial(), used = dial(), waits = dial();
  say(half, "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhal");
  say(used, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  (void)hear(used, "hello");
  say(waits, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  turn_until(is_waiting);
  assert_string_equal(hear(half, NULL), "");
  assert_string_equal(hear(used, NULL), "");
  assert_non_null(waiting);
  server_reply(waiting, 200, NULL, memory_copy_text("late"), 4, NULL);
  (void)hear(waits, "late");
  (void)close(half), (void)close(used), (void)close(waits);
}

static void names_the_port_that_is_taken(void **state) {
  (void)state;
  struct error error = {0};
  char port[16];
  const struct server_options options = {.port = server_port(server), .body_ceiling = 1};
  assert_null(server_open(loop, &options, on_request, NULL, &error));
  (void)snprintf(port, sizeof port, "%u", server_port(server));
  assert_int_equal(error.kind, ERROR_SYSTEM);
  assert_non_null(strstr(error.text, port));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(hands_over_a_form_after_the_query),
      CASE(keeps_a_json_body_as_it_is_and_the_connection_open),
      CASE(takes_files_apart_from_parameters),
      CASE(answers_later),
      CASE(notices_that_nobody_waits_any_more),
      CASE(tells_those_who_wait_when_it_closes),
      CASE(breaks_off_on_purpose),
      CASE(closes_on_who_never_comes_to_an_end),
      CASE(refuses_a_body_that_is_too_large),
      CASE(closes_what_is_idle),
      CASE(names_the_port_that_is_taken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
