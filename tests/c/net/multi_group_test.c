/* The HTTP client with more requests at once than one multi of libcurl has connections, against the server of
 * net/http_world.h. */
#include "net/http.h"
#include "net/http_world.h"

static void asks_as_much_at_once_as_is_allowed(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  struct error error = {0};
  http_close(world->http);
  world->http = http_open(world->loop, 50, &error);
  for (int i = 0; i < 52; i++) world->script[i] = OK_BODY("2", "ab");
  for (int i = 0; i < 50; i++) start(world, &request);
  http_refresh(world->http); /* what is in flight goes on */
  wait_for(world, 50);
  assert_int_equal(world->connections, 50);
  for (int i = 0; i < 2; i++) ask(world, &request);
  assert_int_equal(world->status, 200);
  assert_int_equal(world->connections, 51);
}

/* The numbers of sockets that were refused are given out again, perhaps to another multi. */
static void asks_as_much_at_once_after_as_many_refusals(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world);
  struct error error = {0};
  http_close(world->http);
  world->http = http_open(world->loop, 50, &error);
  stop_listening(world);
  for (unsigned round = 1; round <= 3; round++) {
    for (int i = 0; i < 50; i++) start(world, &request);
    wait_for(world, 50 * round);
  }
  while (uv_is_active((uv_handle_t *)&world->listener)) loop_turn(world->loop, false);
  listen_on(world);
  request = request_to(world);
  for (int i = 0; i < 50; i++) world->script[i] = OK_BODY("2", "ab");
  for (int i = 0; i < 10; i++) start(world, &request); /* in another order than before */
  wait_for(world, 160);
  for (int i = 0; i < 40; i++) start(world, &request);
  wait_for(world, 200);
  assert_int_equal(world->arrived, 50);
}

/* The number of a socket that was refused is given out again, and its old watcher must not take the new one with it. */
static void a_refusal_before_a_refresh_harms_no_request_after_it(void **state) {
  struct world *world = *state;
  struct http_request request = request_to(world), refused = request;
  char url[64];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int deaf = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(deaf, (struct sockaddr *)&address, size), 0);
  assert_int_equal(getsockname(deaf, (struct sockaddr *)&address, &size), 0);
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
  refused.url = url;
  request.timeout_ms = 20000; /* far more than it takes, and it would wait for ever */
  world->script[1] = world->script[2] = OK_BODY("2", "ab");
  struct http_transfer *silent = start(world, &request);
  while (world->arrived < 1) loop_turn(world->loop, true);
  ask(world, &refused);
  assert_error(world, ERROR_NETWORK);
  http_refresh(world->http);
  ask(world, &request);
  http_cancel(silent); /* the last of what was before the refresh */
  ask(world, &request);
  assert_int_equal(world->error.kind, ERROR_NONE);
  assert_int_equal(world->connections, 2);
  (void)close(deaf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(asks_as_much_at_once_as_is_allowed, setup, teardown),
      cmocka_unit_test_setup_teardown(asks_as_much_at_once_after_as_many_refusals, setup, teardown),
      cmocka_unit_test_setup_teardown(a_refusal_before_a_refresh_harms_no_request_after_it, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
