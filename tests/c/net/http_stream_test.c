/* Requests of any method, headers of answers, and answers that are handed over while they come. */
#include "net/http_world.h"

enum { TURNS = 20 }; /* of the loop, in which something that comes at once would have come */

struct reader {
  struct world *world;
  struct http_transfer *transfer;
  char seen[256], headers[256];
  unsigned chunks;
  int status; /* when the first chunk came */
  bool holds, cancels;
};

static void on_chunk(const char *bytes, size_t size, void *data) {
  struct reader *reader = data;
  struct http_answer begun;
  loop_stop(reader->world->loop);
  (void)snprintf(reader->seen + strlen(reader->seen), sizeof reader->seen - strlen(reader->seen), "%.*s|", (int)size, bytes);
  http_peek(reader->transfer, &begun);
  reader->status = begun.status;
  (void)snprintf(reader->headers, sizeof reader->headers, "%s", begun.headers);
  reader->chunks++;
  if (reader->holds) http_hold(reader->transfer, true);
  if (reader->cancels) http_cancel(reader->transfer);
}

static void send_more(struct world *world, const char *text) {
  uv_buf_t bytes = uv_buf_init((char *)(uintptr_t)text, (unsigned)strlen(text));
  assert_int_equal(uv_try_write((uv_stream_t *)&world->peers->uv, &bytes, 1), (int)strlen(text));
}

static void begin(struct world *world, struct reader *reader) {
  struct http_request request = request_to(world);
  reader->world = world;
  request.chunk = on_chunk;
  request.chunk_data = reader;
  request.wants_headers = true;
  world->script[0] = "HTTP/1.1 201 Created\r\nX-Left: 7\r\nContent-Length: 9\r\n\r\none";
  reader->transfer = start(world, &request);
  while (!reader->chunks) loop_turn(world->loop, true);
}

static void a_stream_is_told_as_it_comes(void **state) {
  struct world *world = *state;
  struct reader reader = {.transfer = NULL};
  begin(world, &reader);
  assert_int_equal(world->done, 0);
  assert_int_equal(reader.status, 201);
  assert_non_null(strstr(reader.headers, "X-Left: 7\r\n"));
  send_more(world, "two");
  while (reader.chunks < 2) loop_turn(world->loop, true);
  send_more(world, "six");
  wait_for(world, 1);
  (void)snprintf(reader.seen + strlen(reader.seen), sizeof reader.seen - strlen(reader.seen), "%s", world->body);
  assert_ptr_equal(strstr(reader.seen, "one|two|six"), reader.seen);
  assert_int_equal(world->status, 201);
}

static void what_is_held_comes_when_it_is_let_go(void **state) {
  struct world *world = *state;
  struct reader reader = {.holds = true};
  begin(world, &reader);
  send_more(world, "twosix");
  for (int i = 0; i < TURNS; i++) loop_turn(world->loop, false);
  assert_string_equal(reader.seen, "one|");
  assert_int_equal(world->done, 0);
  reader.holds = false;
  http_hold(reader.transfer, false);
  wait_for(world, 1);
  (void)snprintf(reader.seen + strlen(reader.seen), sizeof reader.seen - strlen(reader.seen), "%s", world->body);
  assert_non_null(strstr(reader.seen, "twosix"));
}

static void a_stream_may_be_cancelled_by_its_reader(void **state) {
  struct world *world = *state;
  struct reader reader = {.cancels = true};
  begin(world, &reader);
  for (int i = 0; i < TURNS; i++) loop_turn(world->loop, false);
  assert_int_equal(world->done, 0);
  world->script[1] = OK_BODY("2", "ab");
  struct http_request request = request_to(world);
  ask(world, &request);
  assert_string_equal(world->body, "ab");
}

static void a_stream_that_breaks_is_uncertain(void **state) {
  struct world *world = *state;
  struct reader reader = {.transfer = NULL};
  begin(world, &reader);
  peer_close(world->peers);
  wait_for(world, 1);
  assert_error(world, ERROR_UNCERTAIN);
}

static void sends_any_method(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world), bare = {.url = world->url, .label = "sendMessage", .method = "DELETE"};
  struct http_request head = {.url = world->url, .label = "sendMessage", .method = "HEAD"};
  for (int i = 0; i < 4; i++) world->script[i] = OK_BODY("2", "ab");
  world->script[2] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  request.method = "PUT";
  ask(world, &request);
  ask(world, &bare);
  ask(world, &head);
  request.method = NULL;
  ask(world, &request);
  static const char *const begins[] = {"PUT ", "DELETE ", "HEAD ", "POST "};
  for (int i = 0; i < 4; i++) assert_ptr_equal(strstr(world->seen[i], begins[i]), world->seen[i]);
  assert_non_null(strstr(world->seen[0], "\r\n\r\n{}"));
  assert_null(strstr(world->seen[1], "Content-Length"));
}

/* libcurl would repeat it by itself. */
static void never_deletes_twice_on_a_kept_connection(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world), bare = {.url = world->url, .label = "sendMessage", .method = "DELETE"};
  world->script[0] = OK_BODY("2", "ab");
  world->script[1] = "";
  world->script[2] = OK_BODY("2", "ab");
  ask(world, &request);
  ask(world, &bare);
  assert_error(world, ERROR_UNCERTAIN);
  assert_int_equal(world->arrived, 2);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_stream_is_told_as_it_comes),
      TEST(what_is_held_comes_when_it_is_let_go),
      TEST(a_stream_may_be_cancelled_by_its_reader),
      TEST(a_stream_that_breaks_is_uncertain),
      TEST(sends_any_method),
      TEST(never_deletes_twice_on_a_kept_connection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
