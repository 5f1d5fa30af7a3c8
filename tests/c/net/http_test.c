/* The HTTP client against the server of net/http_world.h. */
#include "net/http.h"

#include <sys/eventfd.h>

#include "common/clock.h"
#include "net/header_list.h"
#include "net/http_world.h"

static void posts_a_body_and_hands_over_the_answer(void **state) {
  struct world *world = *state;
  world->script[0] = OK_BODY("11", "{\"ok\":true}");
  struct http_request request = request_to(world);
  ask(world, &request);
  assert_int_equal(world->status, 200);
  assert_string_equal(world->body, "{\"ok\":true}");
  assert_string_equal(world->content_type, "application/json");
  assert_ptr_equal(strstr(world->seen[0], "POST /bot123:secret/sendMessage HTTP/1.1\r\n"), world->seen[0]);
  assert_non_null(strstr(world->seen[0], "Content-Type: application/json\r\n"));
  assert_null(strstr(world->seen[0], "Expect"));
}

static void gets_without_a_body_after_a_post(void **state) {
  struct world *world = *state;
  world->script[0] = world->script[1] = world->script[2] = OK_BODY("2", "ab");
  struct http_request post = request_to(world), get = {.url = world->url, .label = "getMe"};
  ask(world, &post);
  ask(world, &get);
  ask(world, &post);
  assert_ptr_equal(strstr(world->seen[1], "GET "), world->seen[1]);
  assert_null(strstr(world->seen[1], "Content-Type"));
  assert_ptr_equal(strstr(world->seen[2], "POST "), world->seen[2]);
}

/* The loop takes no descriptor that it still watches for somebody else. */
static void assert_descriptors_are_free(struct world *world) {
  uv_poll_t polls[8];
  int descriptors[8];
  for (int i = 0; i < 8; i++) {
    descriptors[i] = eventfd(0, 0);
    assert_int_equal(uv_poll_init(loop_uv(world->loop), &polls[i], descriptors[i]), 0);
  }
  for (int i = 0; i < 8; i++) uv_close((uv_handle_t *)&polls[i], NULL);
  loop_turn(world->loop, false);
  for (int i = 0; i < 8; i++) (void)close(descriptors[i]);
}

/* The handle of a rare request is reset, and used again. */
static void a_rare_request_changes_nothing_for_the_next(void **state) {
  struct world *world = *state;
  world->script[0] = OK_BODY("2", "ab");
  world->script[1] = world->script[2] = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab";
  struct http_request usual = request_to(world), rare = usual;
  rare.wants_headers = true;
  ask(world, &usual);
  ask(world, &rare);
  ask(world, &usual); /* over a connection that this handle opens */
  assert_int_equal(world->connections, 2);
  assert_non_null(strstr(world->seen[2], "Content-Type: application/json\r\n"));
  assert_descriptors_are_free(world);
}

static void keeps_its_connection(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  for (int i = 0; i < 10; i++) world->script[i] = OK_BODY("2", "ab");
  for (int i = 0; i < 10; i++) ask(world, &request);
  assert_int_equal(world->connections, 1);
}

static void on_time_over(uv_timer_t *timer) { loop_stop(timer->data); }

/* The other side, or a router, may have dropped it without a word: the request would be lost. */
static void uses_no_connection_that_was_idle_for_long(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  uv_timer_t timer;
  http_keep_idle(world->http, 1);
  for (int i = 0; i < 3; i++) world->script[i] = OK_BODY("2", "ab");
  ask(world, &request);
  ask(world, &request);
  assert_int_equal(world->connections, 1);
  (void)uv_timer_init(loop_uv(world->loop), &timer);
  timer.data = world->loop;
  (void)uv_timer_start(&timer, on_time_over, 2100, 0); /* curl counts whole seconds */
  loop_run(world->loop);
  uv_close((uv_handle_t *)&timer, NULL);
  ask(world, &request);
  assert_int_equal(world->connections, 2);
}

static void starts_afresh_after_a_refresh(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  for (int i = 0; i < 4; i++) world->script[i] = OK_BODY("2", "ab");
  ask(world, &request);
  http_refresh(world->http);
  ask(world, &request);
  assert_int_equal(world->connections, 2);
  start(world, &request); /* one in flight goes on */
  http_refresh(world->http);
  wait_for(world, 3);
  assert_int_equal(world->status, 200);
  assert_int_equal(world->connections, 2);
  ask(world, &request);
  assert_int_equal(world->connections, 3);
}

static void makes_no_more_connections_than_allowed(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  for (int i = 0; i < 20; i++) world->script[i] = OK_BODY("2", "ab");
  for (int i = 0; i < 20; i++) start(world, &request);
  wait_for(world, 20);
  assert_int_equal(world->arrived, 20);
  assert_int_equal(world->connections, 4);
}

/* With more, everybody's connections would fail in turn. */
static void makes_fewer_connections_where_files_are_few(void **state) {
  struct world *world = *state;
  struct rlimit before, low;
  struct error error = {0};
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  low = before;
  low.rlim_cur = 40;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  http_close(world->http);
  world->http = http_open(world->loop, 1000, &error);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0); /* the server in this process needs files, too */
  struct http_request request = request_to(world);
  for (int i = 0; i < 30; i++) world->script[i] = OK_BODY("2", "ab");
  for (int i = 0; i < 30; i++) start(world, &request);
  wait_for(world, 30);
  assert_int_equal(world->connections, 8);
}

static void tells_status_and_retry_after(void **state) {
  struct world *world = *state;
  world->script[0] = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}";
  struct http_request request = request_to(world);
  ask(world, &request);
  assert_int_equal(world->error.kind, ERROR_NONE);
  assert_int_equal(world->status, 429);
  assert_int_equal(world->retry_after, 7);
}

static void a_retry_after_of_any_size_is_no_less_than_nothing(void **state) {
  struct world *world = *state;
  world->script[0] = "HTTP/1.1 429 Too Many\r\nRetry-After: 9223372036854775807\r\nContent-Length: 2\r\n\r\n{}";
  world->script[1] = "HTTP/1.1 429 Too Many\r\nRetry-After: 4294967295\r\nContent-Length: 2\r\n\r\n{}";
  world->script[2] = "HTTP/1.1 429 Too Many\r\nRetry-After: 99999999999999999999999\r\nContent-Length: 2\r\n\r\n{}";
  world->script[3] = "HTTP/1.1 429 Too Many\r\nRetry-After: -5\r\nContent-Length: 2\r\n\r\n{}";
  struct http_request request = request_to(world);
  for (int i = 0; i < 2; i++) {
    ask(world, &request);
    assert_true(world->retry_after >= 21600); /* some versions of curl take no more */
  }
  for (int i = 0; i < 2; i++) {
    ask(world, &request);
    assert_true(world->retry_after >= 0);
  }
}

static void refused_connection_is_a_network_error(void **state) {
  struct world *world = *state;
  stop_listening(world);
  struct http_request request = request_to(world);
  ask(world, &request);
  assert_error(world, ERROR_NETWORK);
  assert_non_null(strstr(world->error.text, "refused"));
}

static void unknown_host_is_a_network_error(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  request.url = "http://nowhere.invalid/bot123:secret/sendMessage";
  ask(world, &request);
  assert_error(world, ERROR_NETWORK);
}

static void failed_handshake_is_a_network_error(void **state) {
  struct world *world = *state;
  world->script[0] = "this is not TLS\r\n\r\n!";
  char url[128];
  (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/bot123:secret/sendMessage", world->port);
  struct http_request request = request_to(world);
  request.url = url;
  request.timeout_ms = 2000;
  start(world, &request);
  while (!world->peers || !world->peers->size) loop_turn(world->loop, true);
  peer_close(world->peers); /* in the middle of the handshake */
  wait_for(world, 1);
  assert_error(world, ERROR_NETWORK);
}

static void a_handshake_that_stalls_is_a_network_error(void **state) {
  struct world *world = *state;
  char url[128];
  (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/bot123:secret/sendMessage", world->port);
  struct http_request request = request_to(world);
  request.url = url;
  request.connect_timeout_ms = 50;
  ask(world, &request);
  assert_error(world, ERROR_NETWORK);
}

static void no_answer_is_uncertain(void **state) {
  struct world *world = *state;
  world->script[0] = "";
  struct http_request request = request_to(world);
  ask(world, &request);
  assert_error(world, ERROR_UNCERTAIN);
}

/* The server handles the request, and then the kept connection ends: curl by itself would repeat the request. */
static void never_posts_twice_on_a_kept_connection(void **state) {
  struct world *world = *state;
  world->script[0] = OK_BODY("2", "ab");
  world->script[1] = "";
  world->script[2] = OK_BODY("2", "ab");
  struct http_request request = request_to(world);
  ask(world, &request);
  ask(world, &request);
  assert_error(world, ERROR_UNCERTAIN);
  assert_int_equal(world->arrived, 2);
  ask(world, &request); /* the next one is not affected */
  assert_int_equal(world->status, 200);
}

static void asks_below_a_root_and_elsewhere_in_turns(void **state) {
  struct world *world = *state;
  world->script[0] = world->script[1] = world->script[2] = world->script[3] = OK_BODY("2", "ab");
  char base[64];
  (void)snprintf(base, sizeof base, "http://127.0.0.1:%u", world->port);
  struct http_request elsewhere = request_to(world), below = elsewhere;
  below.root = http_root(world->http, base);
  below.target = world->url + strlen(base);
  below.is_short = true;
  assert_ptr_equal(http_root(world->http, base), below.root);
  ask(world, &below);
  ask(world, &below);
  world->url[strlen(world->url) - 1] = 'X';
  ask(world, &elsewhere);
  ask(world, &below);
  assert_int_equal(world->status, 200);
  for (int i = 0; i < 2; i++) assert_ptr_equal(strstr(world->seen[i], "POST /bot123:secret/sendMessage HTTP"), world->seen[i]);
  for (int i = 2; i < 4; i++) assert_ptr_equal(strstr(world->seen[i], "POST /bot123:secret/sendMessagX HTTP"), world->seen[i]);
  assert_non_null(strstr(world->seen[3], base + strlen("http://"))); /* Host: */
  for (int i = 0; i < 4; i++) assert_int_equal(strstr(world->seen[i], "Accept: */*") != NULL, i == 2);
  for (int i = 0; i < 4; i++) assert_null(strstr(world->seen[i], "Expect"));
  assert_int_equal(world->connections, 1);
}

/* Before a body of a mebibyte curl would wait for a "100 Continue", which Telegram does not send. */
static void no_large_body_waits(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  request.root = http_root(world->http, "http://127.0.0.1");
  request.body_size = (1 << 20) - 1;
  assert_string_equal(header_list_first(&request), "Accept:");
  request.body_size = 1 << 20;
  assert_string_equal(header_list_first(&request), "Expect:");
}

static void an_answer_that_is_not_short_comes_all_the_same(void **state) {
  struct world *world = *state;
  static char text[6000];
  int size = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%05000d", 5000, 0);
  world->script[0] = text;
  struct http_request request = request_to(world);
  request.is_short = true;
  ask(world, &request);
  assert_true(size > 5000 && world->status == 200);
  assert_int_equal(world->size, 5000);
}

static void what_is_no_address_is_no_root(void **state) {
  struct world *world = *state;
  assert_null(http_root(world->http, "http://"));
  assert_null(http_root(world->http, "http://a b/"));
}

static void gets_again_on_a_kept_connection_that_ends(void **state) {
  struct world *world = *state;
  world->script[0] = world->script[2] = OK_BODY("2", "ab");
  world->script[1] = "";
  struct http_request request = {.url = world->url, .label = "getMe"};
  ask(world, &request);
  ask(world, &request);
  assert_int_equal(world->status, 200);
}

static void notices_that_an_idle_connection_was_closed(void **state) {
  struct world *world = *state;
  world->script[0] = world->script[1] = OK_BODY("2", "ab");
  struct http_request request = request_to(world);
  ask(world, &request);
  peer_close(world->peers);
  loop_turn(world->loop, false);
  ask(world, &request);
  assert_int_equal(world->status, 200);
  assert_int_equal(world->connections, 2);
}

static void an_idle_connection_does_not_keep_the_loop_going(void **state) {
  struct world *world = *state;
  world->script[0] = OK_BODY("2", "ab");
  struct http_request request = request_to(world);
  ask(world, &request);
  uv_unref((uv_handle_t *)&world->listener);
  uv_unref((uv_handle_t *)&world->peers->uv);
  loop_run(world->loop); /* returns */
  assert_int_equal(world->connections, 1);
}

static void half_a_body_is_uncertain(void **state) {
  struct world *world = *state;
  world->script[0] = OK_BODY("11", "{\"ok\"!");
  struct http_request request = request_to(world);
  ask(world, &request);
  assert_error(world, ERROR_UNCERTAIN);
}

static void garbage_is_uncertain(void **state) {
  struct world *world = *state;
  world->script[0] = "garbage\r\n!";
  struct http_request request = request_to(world);
  ask(world, &request);
  assert_error(world, ERROR_UNCERTAIN);
}

static void a_timeout_after_sending_is_uncertain(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  request.timeout_ms = 30;
  ask(world, &request);
  assert_error(world, ERROR_UNCERTAIN);
  assert_int_equal(world->arrived, 1);
}

static int64_t now_ms(void) { return clock_measure_us() / 1000; }

/* The answer comes in pieces, each within the time, all of them later than it. */
struct drip {
  uv_timer_t timer;
  struct world *world;
  unsigned left;
};

static void on_drip(uv_timer_t *timer) {
  struct drip *drip = timer->data;
  if (!drip->world->arrived) return;
  static const char piece[] = "x";
  uv_buf_t bytes = uv_buf_init((char *)piece, 1);
  (void)uv_try_write((uv_stream_t *)&drip->world->peers->uv, &bytes, 1);
  if (--drip->left == 0) (void)uv_timer_stop(timer);
}

static void a_stall_counts_from_the_last_byte(void **state) {
  struct world *world = *state;
  world->script[0] = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n";
  struct drip drip = {.world = world, .left = 10};
  (void)uv_timer_init(loop_uv(world->loop), &drip.timer);
  drip.timer.data = &drip;
  (void)uv_timer_start(&drip.timer, on_drip, 100, 100);
  struct http_request request = request_to(world);
  request.stall_ms = 500;
  int64_t began = now_ms();
  ask(world, &request); /* half of the answer comes, in one second */
  assert_error(world, ERROR_UNCERTAIN);
  assert_true(now_ms() - began >= 1000 + 400);
  uv_close((uv_handle_t *)&drip.timer, NULL);
  loop_turn(world->loop, false);
}

/* From the last byte of an upload on another time holds. */
static void the_answer_to_an_upload_may_take_longer(void **state) {
  struct world *world = *state;
  const struct http_part part = {.name = "document", .file_name = "a.bin", .data = "abc", .size = 3};
  struct http_request request = {.url = world->url, .label = "sendDocument", .parts = &part, .part_count = 1};
  request.stall_ms = 30;
  request.answer_ms = 400;
  int64_t began = now_ms();
  start(world, &request);
  wait_for(world, 1);
  assert_int_equal(world->error.kind, ERROR_UNCERTAIN);
  assert_true(now_ms() - began >= 400);
}

static void a_timeout_before_its_turn_is_a_network_error(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  struct http_transfer *calls[4];
  for (int i = 0; i < 4; i++) calls[i] = start(world, &request); /* they hold all connections, without an answer */
  while (world->arrived < 4) loop_turn(world->loop, true);
  request.timeout_ms = 30;
  ask(world, &request);
  assert_error(world, ERROR_NETWORK);
  for (int i = 0; i < 4; i++) http_cancel(calls[i]);
}

static void an_answer_over_its_ceiling_is_full(void **state) {
  struct world *world = *state;
  world->script[0] = OK_BODY("11", "{\"ok\":true}");
  struct http_request request = request_to(world);
  request.answer_ceiling = 10;
  ask(world, &request);
  assert_error(world, ERROR_FULL);
}

static void want_of_memory_ends_only_that_request(void **state) {
  struct world *world = *state;
  world->script[0] = world->script[1] = OK_BODY("2", "ab");
  struct http_request request = request_to(world);
  memory_fail_at(1);
  ask(world, &request);
  memory_fail_at(0);
  assert_error(world, ERROR_MEMORY);
  ask(world, &request);
  assert_int_equal(world->status, 200);
}

static void other_schemes_are_misuse(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  request.url = "file:///etc/hostname?secret";
  ask(world, &request);
  assert_error(world, ERROR_MISUSE);
}

static void public_only_refuses_this_machine(void **state) {
  struct world *world = *state;
  world->script[0] = world->script[1] = OK_BODY("2", "ab");
  struct http_request request = request_to(world);
  ask(world, &request);
  request.public_only = true; /* though a connection is at hand */
  ask(world, &request);
  assert_error(world, ERROR_MISUSE);
  request.public_only = false;
  ask(world, &request);
  assert_int_equal(world->status, 200);
}

static bool is_second_loopback(const struct sockaddr *address) {
  struct sockaddr_in ipv4;
  memcpy(&ipv4, address, sizeof ipv4);
  return ipv4.sin_addr.s_addr == htonl(INADDR_LOOPBACK + 1);
}

/* A kept connection to a private address must be refused, too. */
static void public_only_refuses_a_redirect_into_a_kept_connection(void **state) {
  struct world *world = *state;
  char away[256], public_url[64];
  (void)snprintf(away, sizeof away, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", world->url);
  (void)snprintf(public_url, sizeof public_url, "http://127.0.0.2:%u/", world->port);
  world->script[0] = world->script[2] = OK_BODY("2", "ab");
  world->script[1] = away;
  http_judge_addresses(world->http, is_second_loopback);
  struct http_request request = request_to(world);
  ask(world, &request);
  assert_int_equal(world->status, 200);
  struct http_request elsewhere = {.url = public_url, .label = "sendMessage", .public_only = true, .follow = true};
  ask(world, &elsewhere);
  assert_error(world, ERROR_MISUSE);
}

static void follows_redirects_only_when_asked(void **state) {
  struct world *world = *state;
  char away[256];
  (void)snprintf(away, sizeof away, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/there\r\nContent-Length: 0\r\n\r\n",
                 world->port);
  world->script[0] = world->script[1] = world->script[3] = away;
  world->script[2] = OK_BODY("2", "ab");
  struct http_request request = {.url = world->url, .label = "getMe"};
  ask(world, &request);
  assert_int_equal(world->status, 302);
  request.follow = true;
  ask(world, &request);
  assert_int_equal(world->status, 200);
  request.follow = false; /* the same handle again */
  ask(world, &request);
  assert_int_equal(world->status, 302);
}

/* A header may hold a password. */
static void sends_own_headers_to_no_other_host_after_a_redirect(void **state) {
  struct world *world = *state;
  static const char *const headers[] = {"X-Api-Key: secret", "Authorization: Bearer secret", NULL};
  char same[256], other[256], back[256];
  static const char form[] = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.%d:%u/\r\nContent-Length: 0\r\n\r\n";
  (void)snprintf(same, sizeof same, form, 1, world->port);
  (void)snprintf(other, sizeof other, form, 2, world->port);
  (void)snprintf(back, sizeof back, form, 1, world->port);
  world->script[0] = same;
  world->script[1] = other;
  world->script[2] = back;
  world->script[3] = OK_BODY("2", "ab");
  struct http_request request = {.url = world->url, .label = "http.get", .headers = headers, .follow = true};
  ask(world, &request);
  assert_int_equal(world->status, 200);
  assert_non_null(strstr(world->seen[0], "X-Api-Key: secret"));
  assert_non_null(strstr(world->seen[1], "X-Api-Key: secret"));
  assert_null(strstr(world->seen[2], "secret"));
  assert_null(strstr(world->seen[3], "secret"));
}

static void on_progress(size_t sent, size_t received, void *data) {
  struct world *world = data;
  (void)sent;
  if (received) world->retry_after = -1;
}

static void tells_progress(void **state) {
  struct world *world = *state;
  world->script[0] = OK_BODY("11", "{\"ok\"");
  struct http_request request = request_to(world);
  request.progress = on_progress;
  struct http_transfer *call = start(world, &request);
  while (world->retry_after != -1) loop_turn(world->loop, true);
  http_cancel(call);
  assert_int_equal(world->done, 0);
}

static void sends_parts(void **state) {
  struct world *world = *state;
  world->script[0] = world->script[1] = OK_BODY("2", "ab");
  const struct http_part parts[] = {
      {.name = "chat_id", .data = "42", .size = 2},
      {.name = "document", .file_name = "a \"b\".txt", .data = "bytes", .size = 5},
  };
  struct http_request request = {.url = world->url, .label = "sendDocument", .parts = parts, .part_count = 2};
  ask(world, &request);
  assert_int_equal(world->status, 200);
  assert_non_null(strstr(world->seen[0], "Content-Type: multipart/form-data; boundary="));
  assert_non_null(strstr(world->seen[0], "name=\"chat_id\"\r\n\r\n42\r\n"));
  assert_non_null(strstr(world->seen[0], "name=\"document\"; filename="));
  assert_non_null(strstr(world->seen[0], "\r\n\r\nbytes\r\n"));
  struct http_request plain = request_to(world);
  ask(world, &plain); /* the same handle again */
  assert_null(strstr(world->seen[1], "multipart"));
}

static void sends_a_file_as_a_part(void **state) {
  struct world *world = *state;
  world->script[0] = OK_BODY("2", "ab");
  struct http_part part = {.name = "document", .file_name = "mine.c", .path = "tests/c/net/http_test.c.missing"};
  struct http_request request = {.url = world->url, .label = "sendDocument", .parts = &part, .part_count = 1};
  assert_null(http_start(world->http, &request, on_done, world, &world->error));
  assert_int_equal(world->error.kind, ERROR_MISUSE);
  char name[] = "/tmp/http_test.XXXXXX";
  int fd = mkstemp(name);
  assert_int_equal(write(fd, "from a file", 11), 11);
  (void)close(fd);
  part.path = name;
  ask(world, &request);
  (void)unlink(name);
  assert_non_null(strstr(world->seen[0], "filename=\"mine.c\""));
  assert_non_null(strstr(world->seen[0], "\r\n\r\nfrom a file\r\n"));
}

static void adds_headers(void **state) {
  struct world *world = *state;
  world->script[0] = world->script[1] = OK_BODY("2", "ab");
  struct http_request request = request_to(world);
  request.headers = (const char *const[]){"X-Colour: red", NULL};
  ask(world, &request);
  request.headers = NULL;
  ask(world, &request);
  assert_non_null(strstr(world->seen[0], "X-Colour: red\r\n"));
  assert_null(strstr(world->seen[1], "X-Colour"));
}

static void a_cancelled_call_says_nothing(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  http_cancel(start(world, &request)); /* before it was sent */
  struct http_transfer *call = start(world, &request);
  while (world->arrived < 1) loop_turn(world->loop, true);
  http_cancel(call); /* while it waits for the answer */
  world->script[1] = OK_BODY("2", "ab");
  ask(world, &request);
  assert_int_equal(world->done, 1);
}

/* A server that answers nobody: sockets[0] listens, and the others wait there; with three of them it takes no more. */
static void fill_up(char url[static 100], int *sockets, size_t count) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  for (size_t i = 0; i < count; i++) sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  assert_int_equal(bind(sockets[0], (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(sockets[0], 0), 0);
  assert_int_equal(getsockname(sockets[0], (struct sockaddr *)&address, &size), 0);
  for (size_t i = 1; i < count; i++) (void)connect(sockets[i], (struct sockaddr *)&address, sizeof address);
  (void)snprintf(url, 100, "http://127.0.0.1:%u/bot123:secret/sendMessage", ntohs(address.sin_port));
}

/* The connection is under way, since the server takes no more, and its socket has not been watched yet. */
static void a_call_may_be_given_up_at_once(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world), later = request;
  char url[100];
  int sockets[4];
  fill_up(url, sockets, 4);
  request.url = url;
  struct http_transfer *call = start(world, &request);
  (void)loop_turn(world->loop, false); /* it begins the connection */
  http_cancel(call);
  world->script[0] = OK_BODY("2", "ab");
  ask(world, &later);
  assert_int_equal(world->status, 200);
  for (size_t i = 0; i < 4; i++) (void)close(sockets[i]);
}

struct chain {
  struct world *world;
  struct http_transfer *other;
  unsigned left;
};

static void on_link_done(const struct http_answer *answer, void *data) {
  struct chain *chain = data;
  loop_stop(chain->world->loop);
  assert_int_equal(answer->status, 200);
  struct http_request request = request_to(chain->world);
  if (chain->other) http_cancel(chain->other);
  chain->other = NULL;
  if (chain->left--) assert_non_null(http_start(chain->world->http, &request, on_link_done, chain, NULL));
}

static void a_callback_may_start_and_cancel(void **state) {
  struct world *world = *state;
  for (int i = 0; i < 10; i++) world->script[i] = OK_BODY("2", "ab");
  struct http_request request = request_to(world), other = request;
  struct chain chain = {.world = world, .left = 3};
  char url[100];
  int sockets[1];
  fill_up(url, sockets, 1); /* or the other might be answered first */
  other.url = url;
  assert_non_null(http_start(world->http, &request, on_link_done, &chain, NULL));
  chain.other = start(world, &other);
  while (chain.left != UINT32_MAX) loop_turn(world->loop, true);
  assert_int_equal(world->done, 0);
  (void)close(sockets[0]);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(posts_a_body_and_hands_over_the_answer),
      TEST(gets_without_a_body_after_a_post),
      TEST(a_rare_request_changes_nothing_for_the_next),
      TEST(keeps_its_connection),
      TEST(asks_below_a_root_and_elsewhere_in_turns),
      TEST(no_large_body_waits),
      TEST(an_answer_that_is_not_short_comes_all_the_same),
      TEST(what_is_no_address_is_no_root),
      TEST(uses_no_connection_that_was_idle_for_long),
      TEST(starts_afresh_after_a_refresh),
      TEST(makes_no_more_connections_than_allowed),
      TEST(makes_fewer_connections_where_files_are_few),
      TEST(tells_status_and_retry_after),
      TEST(a_retry_after_of_any_size_is_no_less_than_nothing),
      TEST(refused_connection_is_a_network_error),
      TEST(unknown_host_is_a_network_error),
      TEST(failed_handshake_is_a_network_error),
      TEST(a_handshake_that_stalls_is_a_network_error),
      TEST(no_answer_is_uncertain),
      TEST(never_posts_twice_on_a_kept_connection),
      TEST(gets_again_on_a_kept_connection_that_ends),
      TEST(notices_that_an_idle_connection_was_closed),
      TEST(an_idle_connection_does_not_keep_the_loop_going),
      TEST(half_a_body_is_uncertain),
      TEST(garbage_is_uncertain),
      TEST(a_timeout_after_sending_is_uncertain),
      TEST(a_stall_counts_from_the_last_byte),
      TEST(the_answer_to_an_upload_may_take_longer),
      TEST(a_timeout_before_its_turn_is_a_network_error),
      TEST(an_answer_over_its_ceiling_is_full),
      TEST(want_of_memory_ends_only_that_request),
      TEST(other_schemes_are_misuse),
      TEST(public_only_refuses_this_machine),
      TEST(public_only_refuses_a_redirect_into_a_kept_connection),
      TEST(follows_redirects_only_when_asked),
      TEST(sends_own_headers_to_no_other_host_after_a_redirect),
      TEST(tells_progress),
      TEST(sends_parts),
      TEST(sends_a_file_as_a_part),
      TEST(adds_headers),
      TEST(a_cancelled_call_says_nothing),
      TEST(a_call_may_be_given_up_at_once),
      TEST(a_callback_may_start_and_cancel),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
