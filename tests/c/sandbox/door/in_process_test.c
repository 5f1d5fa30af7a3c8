/* Calls from within the process: when their answers come, what a cancelled one leaves behind, and what happens without memory.
 * tests/c/contract/transport_test.c shows that answers are the same as over HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/loop.h"
#include "common/memory.h"
#include "net/http.h"
#include "sandbox/door/bot_call.h"
#include "sandbox/sandbox.h"

static struct loop *loop;
static struct clock *now;
static struct sandbox *sandbox;
static unsigned told;
static int status;
static char words[400];
static enum error_kind kind;

static int set_up(void **state) {
  (void)state;
  struct sandbox_options options = {.has_no_port = true, .requests = 10};
  loop = loop_open(NULL);
  now = clock_open_manual(loop, 1700000000000);
  sandbox = sandbox_open(loop, now, &options, NULL);
  told = 0;
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  memory_fail_at(0);
  (void)sandbox_close(sandbox, NULL);
  clock_close(now);
  return loop_close(loop) ? 0 : -1;
}

static void on_done(const struct http_answer *answer, void *data) {
  (void)data;
  told++;
  status = answer->status;
  (void)snprintf(words, sizeof words, "%s", answer->body);
  kind = answer->error.kind;
}

static struct sandbox_call *start(const struct sandbox_request *given, struct error *error) {
  struct sandbox_request request = *given;
  request.token = "123:ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return sandbox_start(sandbox, &request, on_done, NULL, error);
}

static void control(const char *path, const char *json) {
  struct sandbox_question question = {.method = "POST", .path = path, .json = json};
  struct buffer answer;
  buffer_init(&answer, 1 << 20);
  assert_true(sandbox_control(sandbox, &question, &answer, NULL));
  buffer_release(&answer);
}

static void an_answer_comes_from_the_loop(void **state) {
  (void)state;
  struct sandbox_request request = {.method = "getMe"};
  assert_non_null(start(&request, NULL));
  assert_int_equal(told, 0);
  clock_advance(now, 0);
  assert_int_equal(told, 1);
  assert_int_equal(status, 200);
}

static void a_number_that_is_too_large_is_as_if_it_were_not_there(void **state) {
  (void)state;
  control("faults", "{\"kind\":\"delay\",\"ms\":1e300,\"times\":-1e300,\"after\":9223372036854775807,\"chat_id\":1e19}");
  (void)start(&(struct sandbox_request){.method = "getMe"}, NULL);
  clock_advance(now, 999);
  assert_int_equal(told, 0);
  clock_advance(now, 1);
  assert_int_equal(told, 1);
}

/* telegram/FACTS.md, Editing */
static void a_later_edit_of_the_same_media_cancels_the_earlier_one(void **state) {
  (void)state;
  static const char first[] = "{\"chat_id\":5,\"message_id\":7,\"media\":\"{}\"}", other[] = "{\"chat_id\":5,\"message_id\":8}";
  control("faults", "{\"kind\":\"delay\",\"ms\":2000,\"times\":3}");
  (void)start(&(struct sandbox_request){.method = "editMessageMedia", .body = first, .size = strlen(first)}, NULL);
  (void)start(&(struct sandbox_request){.method = "editmessagemedia", .body = other, .size = strlen(other)}, NULL);
  clock_advance(now, 1000);
  assert_int_equal(told, 0);
  (void)start(&(struct sandbox_request){.method = "editMessageMedia", .body = first, .size = strlen(first)}, NULL);
  clock_advance(now, 0);
  assert_int_equal(told, 1);
  assert_non_null(strstr(words, "canceled by new edit message request"));
  clock_advance(now, 5000);
  assert_int_equal(told, 3);
  assert_null(strstr(words, "canceled"));
}

/* What is on its way has not reached Telegram: it can't be cancelled there, and it cancels others when it arrives. */
static void a_late_edit_cancels_others_when_it_arrives(void **state) {
  (void)state;
  static const char edit[] = "{\"chat_id\":5,\"message_id\":7,\"media\":\"{}\"}";
  struct sandbox_request request = {.method = "editMessageMedia", .body = edit, .size = strlen(edit)};
  control("faults", "{\"kind\":\"late\",\"ms\":2000}");
  (void)start(&request, NULL);
  clock_advance(now, 0);
  assert_int_equal(told, 1);
  assert_int_equal(kind, ERROR_UNCERTAIN);
  control("faults", "{\"kind\":\"delay\",\"ms\":5000}");
  (void)start(&request, NULL);
  clock_advance(now, 1999);
  assert_int_equal(told, 1);
  clock_advance(now, 1);
  assert_int_equal(told, 2);
  assert_non_null(strstr(words, "canceled by new edit message request"));
}

static void a_delay_and_a_timeout_go_by_the_clock(void **state) {
  (void)state;
  struct sandbox_request request = {.method = "getMe", .timeout_ms = 3000};
  control("faults", "{\"kind\":\"delay\",\"ms\":2000,\"times\":1}");
  (void)start(&request, NULL);
  clock_advance(now, 1999);
  assert_int_equal(told, 0);
  clock_advance(now, 1);
  assert_int_equal(told, 1);
  control("faults", "{\"kind\":\"delay\",\"ms\":4000,\"times\":1}");
  (void)start(&request, NULL);
  clock_advance(now, 3000);
  assert_int_equal(told, 2);
  assert_int_equal(kind, ERROR_UNCERTAIN);
  clock_advance(now, 10000);
  assert_int_equal(told, 2);
}

static void a_call_can_be_cancelled_wherever_it_is(void **state) {
  (void)state;
  struct sandbox_request me = {.method = "getMe"}, poll = {.method = "getUpdates", .body = "{\"timeout\":50}", .size = 14};
  sandbox_call_cancel(start(&me, NULL));   /* its answer is on its way */
  sandbox_call_cancel(start(&poll, NULL)); /* it waits */
  control("faults", "{\"kind\":\"delay\",\"ms\":2000,\"times\":1}");
  sandbox_call_cancel(start(&me, NULL)); /* it is delayed */
  clock_advance(now, 100000);
  assert_int_equal(told, 0);
}

static void an_upload_that_finds_no_memory_says_so(void **state) {
  (void)state;
  struct http_part parts[] = {{.name = "chat_id", .data = "5", .size = 1},
                              {.name = "document", .file_name = "a.txt", .data = "bytes", .size = 5}};
  struct sandbox_request request = {.method = "sendDocument", .parts = parts, .part_count = 2};
  unsigned refused = 0;
  control("users", "{\"id\":5,\"first_name\":\"Anna\"}");
  for (unsigned n = 1; told == 0; n++) {
    struct error error = {0};
    memory_fail_at(n);
    struct sandbox_call *call = start(&request, &error);
    memory_fail_at(0);
    if (!call) {
      refused++;
      assert_int_equal(error.kind, ERROR_MEMORY);
    } else {
      clock_advance(now, 0);
      assert_int_equal(told, 1);
    }
  }
  assert_int_equal(refused, 2); /* a copy of each part */
}

static void assert_refusal(const char *token, int code, const char *expected) {
  const char *description;
  assert_int_equal(bot_call_refusal(token, &description), code);
  assert_string_equal(description, expected);
}

static void refuses_tokens_as_the_official_server_does(void **state) {
  (void)state;
  assert_refusal("", 401, "Unauthorized: invalid token specified");
  assert_refusal("123456", 401, "Unauthorized: invalid token specified");
  assert_refusal("0123:AAbbCCddEEffGGhhIIjjKKllMM", 401, "Unauthorized: invalid token specified");
  assert_refusal("-1:AAbbCCddEEffGGhhIIjjKKllMM", 401, "Unauthorized: invalid token specified");
  assert_refusal("99999999999999999:AAbbCCddEEffGGhhIIjj", 401, "Unauthorized: invalid token specified");
  assert_refusal("1:0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890", 401,
                 "Unauthorized: invalid token specified");
  assert_refusal("abc:AAbbCCddEEffGGhhIIjjKKllMM", 421, "Misdirected Request: unallowed token specified");
  assert_refusal("1:short", 401, "Unauthorized");
  assert_refusal("1:AAbbCCddEEffGGhhIIjjKKllMM", 429, "Too Many Requests: the sandbox has room for no more bots");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_tokens_as_the_official_server_does),
      cmocka_unit_test_setup_teardown(an_answer_comes_from_the_loop, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_number_that_is_too_large_is_as_if_it_were_not_there, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_later_edit_of_the_same_media_cancels_the_earlier_one, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_late_edit_cancels_others_when_it_arrives, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_delay_and_a_timeout_go_by_the_clock, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_call_can_be_cancelled_wherever_it_is, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_upload_that_finds_no_memory_says_so, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
