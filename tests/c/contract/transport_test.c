/* The seam to Telegram, by the same cases against each of its implementations: over HTTP to a sandbox at a port, and in memory
 * to one without. What the host can tell from an answer must be the same, or a spec in memory proves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"
#include "kit/kit.h"
#include "net/http.h"
#include "sandbox/sandbox.h"
#include "telegram/telegram.h"

static const char token[] = "700000001:AAF-nobody_may_read_this_in_a_log00";

struct world {
  bool is_in_memory;
  struct loop *loop;
  struct clock *clock;
  struct http *http; /* NULL in memory */
  struct sandbox *sandbox;
  struct transport transport;
};

struct reply { /* what one call has told */
  struct world *world;
  void *call;
  bool is_starting, is_told;
  enum error_kind kind;
  int status, retry_after;
  char body[4096];
  size_t size;
};

/* ---- the two worlds ---- */

static void open_transport(struct world *world, const char *bot_token) {
  char root[64];
  if (world->is_in_memory) {
    memory_transport_open(&world->transport, world->sandbox, bot_token);
    return;
  }
  (void)snprintf(root, sizeof root, "http://127.0.0.1:%u", sandbox_port(world->sandbox));
  assert_true(transport_open_http(&world->transport, world->http, root, bot_token, NULL));
}

static int set_up(void **state, bool is_in_memory) {
  struct world *world = memory_new(sizeof *world);
  struct sandbox_options options = {.has_no_port = is_in_memory, .requests = 100};
  world->is_in_memory = is_in_memory;
  world->loop = loop_open(NULL);
  world->clock = clock_open(world->loop);
  world->sandbox = sandbox_open(world->loop, world->clock, &options, NULL);
  if (!is_in_memory) world->http = http_open(world->loop, 10, NULL);
  open_transport(world, token);
  *state = world;
  return 0;
}

static int set_up_http(void **state) { return set_up(state, false); }
static int set_up_memory(void **state) { return set_up(state, true); }

static int tear_down(void **state) {
  struct world *world = *state;
  world->transport.close(world->transport.self);
  http_close(world->http);
  (void)sandbox_close(world->sandbox, NULL);
  clock_close(world->clock);
  bool closed = loop_close(world->loop);
  free(world);
  return closed ? 0 : -1;
}

/* ---- calls ---- */

static void on_done(const struct http_answer *answer, void *data) {
  struct reply *reply = data;
  assert_false(reply->is_starting);
  assert_false(reply->is_told);
  assert_non_null(answer->body);
  assert_int_equal(answer->body[answer->size], 0);
  reply->is_told = true;
  reply->kind = answer->error.kind;
  reply->status = answer->status;
  reply->retry_after = answer->retry_after;
  reply->size = answer->size;
  (void)snprintf(reply->body, sizeof reply->body, "%s", answer->body);
}

static void start(struct world *world, struct reply *reply, const struct transport_request *request) {
  *reply = (struct reply){.world = world, .is_starting = true};
  reply->call = world->transport.start(world->transport.self, request, on_done, reply, NULL);
  assert_non_null(reply->call);
  reply->is_starting = false;
}

/* Never waits within a turn: libuv would wait even after a timer has brought the result. */
static void wait_for(struct reply *reply) {
  while (!reply->is_told) loop_turn(reply->world->loop, false);
}

static struct reply fetch(struct world *world, const struct transport_request *request) {
  struct reply reply;
  start(world, &reply, request);
  wait_for(&reply);
  return reply;
}

static struct reply ask(struct world *world, const char *method, const char *body) {
  struct transport_request request = {.method = method, .body = body, .size = body ? strlen(body) : 0, .timeout_ms = 20000};
  return fetch(world, &request);
}

/* The person's side: the same in both worlds. Returns the answer's text until the next call. */
static const char *control(struct world *world, const char *method, const char *path, const char *json) {
  static char text[8192];
  struct sandbox_question question = {.method = method, .path = path, .json = json};
  struct buffer answer;
  buffer_init(&answer, 1 << 20);
  assert_true(sandbox_control(world->sandbox, &question, &answer, NULL));
  (void)snprintf(text, sizeof text, "%s", answer.data);
  buffer_release(&answer);
  return text;
}

static void arrange(struct world *world, const char *fault) {
  (void)control(world, "POST", "users", "{\"id\":5,\"first_name\":\"Anna\"}");
  if (fault) (void)control(world, "POST", "faults", fault);
}

static bool anna_sees(struct world *world, const char *text) {
  return strstr(control(world, "GET", "messages", "{\"chat_id\":5}"), text) != NULL;
}

static const char say_hello[] = "{\"chat_id\":5,\"text\":\"hello\"}";

/* ---- the cases ---- */

static void a_success_is_told_whole(void **state) {
  struct world *world = *state;
  arrange(world, NULL);
  struct reply reply = ask(world, "sendMessage", say_hello);
  assert_int_equal(reply.kind, ERROR_NONE);
  assert_int_equal(reply.status, 200);
  assert_int_equal(strncmp(reply.body, "{\"ok\":true,\"result\":{\"message_id\":1,", 36), 0);
  assert_int_equal(reply.size, strlen(reply.body));
  assert_true(anna_sees(world, "hello"));
}

static void a_method_needs_no_parameters(void **state) {
  struct reply reply = ask(*state, "getMe", NULL);
  assert_int_equal(reply.status, 200);
  assert_non_null(strstr(reply.body, "700000001"));
}

static void a_refusal_is_an_answer(void **state) {
  struct reply reply = ask(*state, "sendMessage", say_hello);
  assert_int_equal(reply.kind, ERROR_NONE);
  assert_int_equal(reply.status, 400);
  assert_string_equal(reply.body, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: chat not found\"}");
}

static void a_wrong_token_is_unauthorized(void **state) {
  struct world *world = *state;
  world->transport.close(world->transport.self);
  open_transport(world, "1:short");
  struct reply reply = ask(world, "getMe", NULL);
  assert_int_equal(reply.status, 401);
  assert_string_equal(reply.body, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}");
}

static void a_pause_that_telegram_asks_for_is_told(void **state) {
  struct world *world = *state;
  arrange(world, "{\"kind\":\"429\",\"retry_after\":7}");
  struct reply reply = ask(world, "sendMessage", say_hello);
  assert_int_equal(reply.kind, ERROR_NONE);
  assert_int_equal(reply.status, 429);
  assert_int_equal(reply.retry_after, 7);
  assert_non_null(strstr(reply.body, "\"retry_after\":7"));
  assert_false(anna_sees(world, "hello"));
}

static void an_answer_that_is_lost_is_uncertain(void **state) {
  static const struct {
    const char *fault;
    bool has_effect;
  } cases[] = {{"{\"kind\":\"drop_before\"}", false}, {"{\"kind\":\"drop_after\"}", true}, {"{\"kind\":\"truncate\"}", true}};
  struct world *world = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    (void)control(world, "POST", "reset", NULL);
    arrange(world, cases[i].fault);
    struct reply reply = ask(world, "sendMessage", say_hello);
    assert_int_equal(reply.kind, ERROR_UNCERTAIN);
    assert_int_equal(reply.status, 0);
    assert_int_equal(anna_sees(world, "hello"), cases[i].has_effect);
  }
}

static bool anna_sees_soon(struct world *world, const char *text) {
  for (int turns = 0; turns < 10000000 && !anna_sees(world, text); turns++) loop_turn(world->loop, false);
  return anna_sees(world, text);
}

static void a_late_call_has_its_effect_after_its_end(void **state) {
  struct world *world = *state;
  arrange(world, "{\"kind\":\"late\",\"ms\":100}");
  struct reply reply = ask(world, "sendMessage", say_hello);
  assert_int_equal(reply.kind, ERROR_UNCERTAIN);
  assert_false(anna_sees(world, "hello"));
  assert_true(anna_sees_soon(world, "hello"));
}

static void a_late_file_arrives_whole(void **state) {
  struct world *world = *state;
  struct http_part parts[] = {{.name = "chat_id", .data = "5", .size = 1},
                              {.name = "document", .file_name = "a.txt", .data = "bytes", .size = 5}};
  struct transport_request send = {.method = "sendDocument", .parts = parts, .part_count = 2, .timeout_ms = 20000};
  struct transport_request request = {.path = "documents/file_1.txt", .timeout_ms = 20000};
  arrange(world, "{\"kind\":\"late\",\"ms\":1}");
  assert_int_equal(fetch(world, &send).kind, ERROR_UNCERTAIN);
  assert_true(anna_sees_soon(world, "a.txt"));
  assert_string_equal(fetch(world, &request).body, "bytes");
}

static void a_call_that_never_arrives_ends_without_effect(void **state) {
  struct world *world = *state;
  arrange(world, "{\"kind\":\"never\",\"ms\":20}");
  struct reply reply = ask(world, "sendMessage", say_hello);
  assert_int_equal(reply.kind, ERROR_UNCERTAIN);
  assert_false(anna_sees(world, "hello"));
}

static bool is_held(struct world *world) { return strstr(control(world, "GET", "status", NULL), "\"held\":1") != NULL; }

/* The bot hangs up while its call is held. */
static void hang_up_on_a_held_call(struct world *world) {
  struct transport_request request = {.method = "sendMessage", .body = say_hello, .size = strlen(say_hello)};
  struct reply reply;
  arrange(world, "{\"kind\":\"hold\"}");
  start(world, &reply, &request);
  while (!is_held(world)) loop_turn(world->loop, false);
  world->transport.cancel(world->transport.self, reply.call);
  (void)ask(world, "getMe", NULL);
  assert_false(reply.is_told);
  assert_false(anna_sees(world, "hello"));
}

static void a_held_call_has_its_effect_though_the_bot_is_gone(void **state) {
  struct world *world = *state;
  hang_up_on_a_held_call(world);
  assert_true(is_held(world));
  (void)control(world, "DELETE", "faults", "{\"held\":\"apply\"}");
  assert_true(anna_sees_soon(world, "hello"));
}

static void a_held_call_can_be_dropped(void **state) {
  struct world *world = *state;
  hang_up_on_a_held_call(world);
  (void)control(world, "DELETE", "faults", "{\"held\":\"drop\"}");
  (void)ask(world, "getMe", NULL);
  assert_false(is_held(world));
  assert_false(anna_sees(world, "hello"));
}

static void a_held_call_is_answered_when_it_is_let_go(void **state) {
  struct world *world = *state;
  struct transport_request request = {.method = "sendMessage", .body = say_hello, .size = strlen(say_hello)};
  struct reply reply;
  arrange(world, "{\"kind\":\"hold\"}");
  start(world, &reply, &request);
  while (!is_held(world)) loop_turn(world->loop, false);
  (void)control(world, "DELETE", "faults", "{\"held\":\"apply\"}");
  wait_for(&reply);
  assert_int_equal(reply.status, 200);
  assert_true(anna_sees(world, "hello"));
}

static void a_delayed_call_has_its_effect_though_the_bot_is_gone(void **state) {
  struct world *world = *state;
  struct transport_request request = {.method = "sendMessage", .body = say_hello, .size = strlen(say_hello)};
  struct reply reply;
  arrange(world, "{\"kind\":\"delay\",\"ms\":200}");
  start(world, &reply, &request);
  while (!is_held(world)) loop_turn(world->loop, false);
  world->transport.cancel(world->transport.self, reply.call);
  assert_true(anna_sees_soon(world, "hello"));
  assert_false(reply.is_told);
}

/* telegram/FACTS.md: a pin that comes late shows only if its message is newer. */
static void get_chat_shows_the_pin_that_was_sent_last(void **state) {
  struct world *world = *state;
  arrange(world, NULL);
  for (int i = 0; i < 2; i++) (void)ask(world, "sendMessage", say_hello);
  (void)ask(world, "pinChatMessage", "{\"chat_id\":5,\"message_id\":2}");
  (void)ask(world, "pinChatMessage", "{\"chat_id\":5,\"message_id\":1}");
  struct reply reply = ask(world, "getChat", "{\"chat_id\":5}");
  assert_non_null(strstr(reply.body, "\"pinned_message\":{\"message_id\":2,"));
}

static void what_a_front_end_says_is_handed_on(void **state) {
  struct world *world = *state;
  arrange(world, "{\"kind\":\"garbage\"}");
  struct reply reply = ask(world, "sendMessage", say_hello);
  assert_int_equal(reply.kind, ERROR_NONE);
  assert_int_equal(reply.status, 502);
  assert_int_equal(strncmp(reply.body, "<html>", 6), 0);
  arrange(world, "{\"kind\":\"empty\",\"status\":503}");
  reply = ask(world, "sendMessage", say_hello);
  assert_int_equal(reply.kind, ERROR_NONE);
  assert_int_equal(reply.status, 503);
  assert_int_equal(reply.size, 0);
  assert_false(anna_sees(world, "hello"));
  arrange(world, "{\"kind\":\"empty\",\"status\":200}");
  reply = ask(world, "sendMessage", say_hello);
  assert_int_equal(reply.status, 200);
  assert_int_equal(reply.size, 0);
  assert_true(anna_sees(world, "hello"));
}

static void a_timeout_is_uncertain(void **state) {
  struct world *world = *state;
  struct transport_request request = {.method = "sendMessage", .body = say_hello, .size = strlen(say_hello), .timeout_ms = 50};
  arrange(world, "{\"kind\":\"delay\",\"ms\":30000}");
  struct reply reply = fetch(world, &request);
  assert_int_equal(reply.kind, ERROR_UNCERTAIN);
  assert_int_equal(reply.status, 0);
}

static void an_answer_over_the_ceiling_is_full(void **state) {
  struct world *world = *state;
  struct transport_request request = {.method = "getMe", .timeout_ms = 20000, .answer_ceiling = 20};
  struct reply reply = fetch(world, &request);
  assert_int_equal(reply.kind, ERROR_FULL);
}

static void a_cancelled_call_is_not_told(void **state) {
  struct world *world = *state;
  struct transport_request request = {.method = "getUpdates", .body = "{\"timeout\":50}", .size = 14, .timeout_ms = 20000};
  struct reply poll;
  start(world, &poll, &request);
  (void)ask(world, "getMe", NULL); /* by now it waits there */
  world->transport.cancel(world->transport.self, poll.call);
  (void)ask(world, "getMe", NULL);
  assert_false(poll.is_told);
}

static void a_poll_waits_for_news(void **state) {
  struct world *world = *state;
  struct transport_request request = {.method = "getUpdates", .body = "{\"timeout\":50}", .size = 14, .timeout_ms = 20000};
  struct reply poll;
  arrange(world, NULL);
  start(world, &poll, &request);
  (void)ask(world, "getMe", NULL);
  assert_false(poll.is_told);
  (void)control(world, "POST", "messages", "{\"chat_id\":5,\"text\":\"some news\"}");
  wait_for(&poll);
  assert_int_equal(poll.status, 200);
  assert_non_null(strstr(poll.body, "some news"));
}

static void a_second_poll_ends_the_first_with_a_conflict(void **state) {
  struct world *world = *state;
  struct transport_request request = {.method = "getUpdates", .body = "{\"timeout\":50}", .size = 14, .timeout_ms = 20000};
  struct reply first, second;
  start(world, &first, &request);
  (void)ask(world, "getMe", NULL);
  start(world, &second, &request);
  wait_for(&first);
  assert_int_equal(first.status, 409);
  world->transport.cancel(world->transport.self, second.call);
}

/* ---- files ---- */

static struct reply send_parts(struct world *world, const struct http_part *parts, size_t count) {
  struct transport_request request = {.method = "sendDocument", .parts = parts, .part_count = count, .timeout_ms = 20000};
  return fetch(world, &request);
}

/* The text between `before` and the next quote. */
static void cut_out(const char *text, const char *before, char *piece, size_t size) {
  const char *begin = strstr(text, before);
  assert_non_null(begin);
  begin += strlen(before);
  (void)snprintf(piece, size, "%.*s", (int)strcspn(begin, "\""), begin);
}

static void assert_comes_back(struct world *world, const struct reply *sent, const char *bytes) {
  char id[100], body[200], path[100];
  assert_int_equal(sent->status, 200);
  cut_out(sent->body, "\"file_id\":\"", id, sizeof id);
  (void)snprintf(body, sizeof body, "{\"file_id\":\"%s\"}", id);
  struct reply file = ask(world, "getFile", body);
  cut_out(file.body, "\"file_path\":\"", path, sizeof path);
  struct transport_request request = {.path = path, .timeout_ms = 20000};
  struct reply fetched = fetch(world, &request);
  assert_int_equal(fetched.status, 200);
  assert_string_equal(fetched.body, bytes);
}

static void a_file_goes_up_and_comes_down(void **state) {
  struct world *world = *state;
  struct http_part parts[] = {{.name = "chat_id", .data = "5", .size = 1},
                              {.name = "document", .file_name = "a.txt", .data = "some bytes and more", .size = 10}};
  arrange(world, NULL);
  struct reply sent = send_parts(world, parts, 2);
  assert_non_null(strstr(sent.body, "\"file_name\":\"a.txt\""));
  assert_comes_back(world, &sent, "some bytes");
}

static void a_file_of_the_disk_goes_up(void **state) {
  struct world *world = *state;
  char path[] = "/tmp/transport_test_XXXXXX";
  int file = mkstemp(path);
  assert_int_equal(write(file, "on the disk", 11), 11);
  (void)close(file);
  struct http_part parts[] = {{.name = "chat_id", .data = "5", .size = 1},
                              {.name = "document", .file_name = "b.txt", .path = path}};
  arrange(world, NULL);
  struct reply sent = send_parts(world, parts, 2);
  assert_comes_back(world, &sent, "on the disk");
  (void)unlink(path);
}

static void a_file_that_is_not_there_is_misuse(void **state) {
  struct world *world = *state;
  struct http_part part = {.name = "document", .file_name = "c.txt", .path = "/nowhere/at/all"};
  struct transport_request request = {.method = "sendDocument", .parts = &part, .part_count = 1};
  struct error error;
  assert_null(world->transport.start(world->transport.self, &request, on_done, NULL, &error));
  assert_int_equal(error.kind, ERROR_MISUSE);
}

static void a_path_that_telegram_does_not_know_is_not_found(void **state) {
  struct transport_request request = {.path = "documents/file_99.txt", .timeout_ms = 20000};
  struct reply reply = fetch(*state, &request);
  assert_int_equal(reply.kind, ERROR_NONE);
  assert_int_equal(reply.status, 404);
}

static void a_download_breaks_like_any_call(void **state) {
  struct world *world = *state;
  struct http_part parts[] = {{.name = "chat_id", .data = "5", .size = 1},
                              {.name = "document", .file_name = "a.txt", .data = "bytes", .size = 5}};
  arrange(world, "{\"method\":\"file\",\"kind\":\"truncate\"}");
  assert_int_equal(send_parts(world, parts, 2).status, 200);
  struct transport_request request = {.path = "documents/file_1.txt", .timeout_ms = 20000};
  assert_int_equal(fetch(world, &request).kind, ERROR_UNCERTAIN);
  assert_int_equal(fetch(world, &request).kind, ERROR_NONE);
}

#define CASE(test) \
  {"over HTTP: " #test, test, set_up_http, tear_down, NULL}, { "in memory: " #test, test, set_up_memory, tear_down, NULL }

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(a_success_is_told_whole),
      CASE(a_method_needs_no_parameters),
      CASE(a_refusal_is_an_answer),
      CASE(a_wrong_token_is_unauthorized),
      CASE(a_pause_that_telegram_asks_for_is_told),
      CASE(an_answer_that_is_lost_is_uncertain),
      CASE(a_late_call_has_its_effect_after_its_end),
      CASE(a_late_file_arrives_whole),
      CASE(a_call_that_never_arrives_ends_without_effect),
      CASE(a_held_call_has_its_effect_though_the_bot_is_gone),
      CASE(a_held_call_can_be_dropped),
      CASE(a_held_call_is_answered_when_it_is_let_go),
      CASE(a_delayed_call_has_its_effect_though_the_bot_is_gone),
      CASE(get_chat_shows_the_pin_that_was_sent_last),
      CASE(what_a_front_end_says_is_handed_on),
      CASE(a_timeout_is_uncertain),
      CASE(an_answer_over_the_ceiling_is_full),
      CASE(a_cancelled_call_is_not_told),
      CASE(a_poll_waits_for_news),
      CASE(a_second_poll_ends_the_first_with_a_conflict),
      CASE(a_file_goes_up_and_comes_down),
      CASE(a_file_of_the_disk_goes_up),
      CASE(a_file_that_is_not_there_is_misuse),
      CASE(a_path_that_telegram_does_not_know_is_not_found),
      CASE(a_download_breaks_like_any_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
