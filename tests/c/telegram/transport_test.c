/* The transport over HTTP against a real server in the same loop: URL, body, and that no error holds the token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"
#include "net/http.h"
#include "net/server.h"
#include "telegram/telegram.h"

struct world {
  struct loop *loop;
  struct clock *clock;
  struct http *http;
  struct server *server;
  struct telegram *telegram;
  char path[256], method[16], body[256], content_type[64];
  unsigned told;
  struct error error;
  char answer[256];
};

static void on_request(struct server_request *request, void *data) {
  struct world *world = data;
  const char *body, *type = server_header(request, "Content-Type");
  size_t size = server_body(request, &body);
  (void)snprintf(world->path, sizeof world->path, "%s", server_path(request));
  (void)snprintf(world->method, sizeof world->method, "%s", server_method(request));
  (void)snprintf(world->body, sizeof world->body, "%.*s", (int)size, size ? body : "");
  (void)snprintf(world->content_type, sizeof world->content_type, "%s", type ? type : "");
  bool is_file = strncmp(world->path, "/file/", 6) == 0;
  bool asks_for_file = strstr(world->path, "/getFile") != NULL;
  const char *text = is_file         ? "bytes"
                     : asks_for_file ? "{\"ok\":true,\"result\":{\"file_size\":5,\"file_path\":\"documents/a b?c.db\"}}"
                                     : "{\"ok\":true,\"result\":1}";
  server_reply_static(request, 200, "application/json", text, strlen(text));
}

static int setup(void **state) {
  struct world *world = memory_new(sizeof *world);
  struct error error = {0};
  struct transport transport;
  char root[64];
  world->loop = loop_open(&error);
  world->clock = clock_open(world->loop);
  world->http = http_open(world->loop, 4, &error);
  world->server = server_open(world->loop, &(struct server_options){.body_ceiling = 1 << 20}, on_request, world, &error);
  assert_non_null(world->server);
  (void)snprintf(root, sizeof root, "http://127.0.0.1:%u//", server_port(world->server));
  assert_true(transport_open_http(&transport, world->http, root, "123:secret-A_b", &error));
  world->telegram = telegram_open(transport, world->clock);
  *state = world;
  return 0;
}

static int teardown(void **state) {
  struct world *world = *state;
  telegram_close(world->telegram);
  http_close(world->http);
  server_close(world->server);
  clock_close(world->clock);
  bool closed = loop_close(world->loop);
  free(world);
  return closed ? 0 : -1;
}

static void on_answer(const struct telegram_answer *answer, void *data) {
  struct world *world = data;
  world->told++;
  world->error = answer->error;
  (void)snprintf(world->answer, sizeof world->answer, "%s", answer->body);
  loop_stop(world->loop);
}

static void ask(struct world *world, const char *method, const char *body) {
  struct telegram_request request = {.method = method, .body = body, .size = body ? strlen(body) : 0, .no_retry = true};
  unsigned before = world->told;
  telegram_start(world->telegram, &request, on_answer, world);
  while (world->told == before) loop_run(world->loop);
}

static void a_root_is_described_without_its_secrets(void **state) {
  (void)state;
  static const char *const roots[][2] = {
      {"https://api.telegram.org", "https://api.telegram.org"},
      {"http://127.0.0.1:8081//", "http://127.0.0.1:8081"},
      {"https://anna:secret@example.org:8443/path?key=secret", "https://example.org:8443"},
      {"https://anna:sec/ret@example.org/", "https://example.org"},
      {"https://anna:sec@ret@example.org#secret", "https://example.org"},
      {"http://[::1]:80/secret", "http://[::1]:80"},
  };
  for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
    char text[64];
    transport_describe_root(roots[i][0], text, sizeof text);
    assert_string_equal(text, roots[i][1]);
  }
}

static void a_root_is_exposed_by_http_to_another_machine(void **state) {
  (void)state;
  static const char *const exposed[] = {"http://example.org", "http://10.0.0.1:8081", "http://127.0.0.1@example.org",
                                        "http://127.example.org", "http://localhost.example.org/"};
  static const char *const safe[] = {"https://example.org", "http://127.0.0.1:8081", "http://a:b@127.1.2.3/",
                                     "http://[::1]:1",      "http://localhost:8081", "http://LOCALHOST"};
  for (size_t i = 0; i < sizeof exposed / sizeof *exposed; i++) assert_true(transport_is_exposed(exposed[i]));
  for (size_t i = 0; i < sizeof safe / sizeof *safe; i++) assert_false(transport_is_exposed(safe[i]));
}

static void posts_json_to_the_method(void **state) {
  struct world *world = *state;
  ask(world, "sendMessage", "{\"chat_id\":1}");
  assert_string_equal(world->answer, "{\"ok\":true,\"result\":1}");
  assert_string_equal(world->path, "/bot123:secret-A_b/sendMessage");
  assert_string_equal(world->method, "POST");
  assert_string_equal(world->body, "{\"chat_id\":1}");
  assert_string_equal(world->content_type, "application/json");
}

static void posts_without_parameters_too(void **state) {
  struct world *world = *state;
  ask(world, "logOut", NULL);
  assert_string_equal(world->method, "POST");
  assert_string_equal(world->body, "{}");
}

static void a_method_that_is_no_name_goes_nowhere(void **state) {
  struct world *world = *state;
  const char *const names[] = {"", "send message", "../x", "getMe?a=b", "getMe/"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    ask(world, names[i], NULL);
    assert_int_equal(world->error.kind, ERROR_MISUSE);
  }
  assert_string_equal(world->path, "");
}

static void on_downloaded(const struct download_answer *answer, void *data) {
  struct world *world = data;
  world->told++;
  world->error = answer->error;
  (void)snprintf(world->answer, sizeof world->answer, "%s", answer->data);
  loop_stop(world->loop);
}

static void a_file_path_is_escaped(void **state) {
  struct world *world = *state;
  download_start(world->telegram, NULL, "f", 1000, NULL, on_downloaded, world);
  while (!world->told) loop_run(world->loop);
  assert_string_equal(world->answer, "bytes");
  assert_string_equal(world->path, "/file/bot123:secret-A_b/documents/a b?c.db");
  assert_string_equal(world->method, "GET");
}

static void refuses_what_can_not_be_a_token_or_a_root(void **state) {
  struct world *world = *state;
  const char *const tokens[] = {"", "123", "123:", ":abc", "123:a/b", "x123:abc", "123:abc\n"};
  struct transport transport;
  for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
    struct error error = {0};
    assert_false(transport_open_http(&transport, world->http, "https://api.telegram.org", tokens[i], &error));
    assert_int_equal(error.kind, ERROR_MISUSE);
    assert_null(strstr(error.text, "123:a"));
  }
  assert_false(transport_open_http(&transport, world->http, "api.telegram.org", "123:abc", &world->error));
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_root_is_described_without_its_secrets),
      TEST(a_root_is_exposed_by_http_to_another_machine),
      TEST(posts_json_to_the_method),
      TEST(posts_without_parameters_too),
      TEST(a_method_that_is_no_name_goes_nowhere),
      TEST(a_file_path_is_escaped),
      TEST(refuses_what_can_not_be_a_token_or_a_root),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
