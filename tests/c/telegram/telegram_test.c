/* Calls, over the transport of telegram/fake.h and on its manual clock. */
#include "telegram/telegram.h"

#include <stdio.h>

#include "common/log.h"
#include "telegram/fake.h"

#define OK "{\"ok\":true,\"result\":{}}"

/* What one call was told. */
struct told {
  unsigned times;
  struct error error;
  int code, retry_after;
  int64_t migrate_to_chat_id;
  size_t size; /* of the body */
  char description[128], body[128];
};

static void on_done(const struct telegram_answer *answer, void *data) {
  struct told *told = data;
  told->times++;
  told->error = answer->error;
  told->code = answer->code;
  told->retry_after = answer->retry_after;
  told->size = answer->size;
  told->migrate_to_chat_id = answer->migrate_to_chat_id;
  (void)snprintf(told->description, sizeof told->description, "%s", answer->description);
  (void)snprintf(told->body, sizeof told->body, "%s", answer->body);
}

static int setup(void **state) {
  *state = fake_open();
  return 0;
}

static int teardown(void **state) { return fake_free(*state); }

static struct telegram_call *call(struct fake *fake, const char *method, int64_t chat_id, struct told *told) {
  struct telegram_request request = {.method = method, .body = "{}", .size = 2, .chat_id = chat_id};
  return telegram_start(fake->telegram, &request, on_done, told);
}

static void assert_told(const struct told *told, enum error_kind kind, const char *text) {
  assert_int_equal(told->times, 1);
  assert_string_equal(error_kind_name(told->error.kind), error_kind_name(kind));
  assert_string_equal(told->error.text, text);
}

static void a_success_is_handed_over_unread(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  call(fake, "sendMessage", 1, &told);
  assert_string_equal(fake->requests[0].method, "sendMessage");
  assert_string_equal(fake->requests[0].body, "{}");
  fake_answer(fake, 0, 200, OK);
  assert_told(&told, ERROR_NONE, "");
  assert_string_equal(told.body, OK);
  assert_int_equal(told.code, 200);
}

static void a_success_in_another_spelling_is_one_too(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  call(fake, "sendMessage", 1, &told);
  fake_answer(fake, 0, 200, " { \"ok\" : true, \"result\" : 1 }\n");
  assert_told(&told, ERROR_NONE, "");
}

/* Valid JSON, in the ways in which Bot API servers and what stands before them write it. */
static void blanks_around_a_success_are_no_part_of_it(void **state) {
  static const char *const bodies[][2] = {
      {OK "\n", OK},
      {OK "\r\n \t", OK},
      {"\n" OK "\n", "\n" OK},
      {"{ \"ok\" : true , \"result\" : { } }\n", "{ \"ok\" : true , \"result\" : { } }"},
  };
  struct fake *fake = *state;
  for (unsigned i = 0; i < 4; i++) {
    struct told told = {0};
    call(fake, "sendMessage", 1, &told);
    fake_answer(fake, i, 200, bodies[i][0]);
    assert_told(&told, ERROR_NONE, "");
    assert_int_equal(told.size, strlen(bodies[i][1]));
    assert_memory_equal(told.body, bodies[i][1], told.size);
  }
}

static void a_refusal_tells_telegrams_words(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  call(fake, "sendMessage", 1, &told);
  fake_answer(fake, 0, 400,
              "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: group chat was upgraded to a supergroup chat\","
              "\"parameters\":{\"migrate_to_chat_id\":-1001234567890}}");
  assert_told(&told, ERROR_REFUSED, "sendMessage: Bad Request: group chat was upgraded to a supergroup chat");
  assert_int_equal(told.code, 400);
  assert_string_equal(told.description, "Bad Request: group chat was upgraded to a supergroup chat");
  assert_int_equal(told.migrate_to_chat_id, -1001234567890);
}

static const char moved_group[] =
    "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: group chat was upgraded to a supergroup chat\","
    "\"parameters\":{\"migrate_to_chat_id\":-1001234567890}}";

static struct telegram_call *call_with(struct fake *fake, const char *body, const struct http_part *parts, size_t part_count,
                                       struct told *told) {
  struct telegram_request request = {.method = "sendMessage",
                                     .body = body,
                                     .size = body ? strlen(body) : 0,
                                     .parts = parts,
                                     .part_count = part_count,
                                     .chat_id = -5};
  return telegram_start(fake->telegram, &request, on_done, told);
}

static void a_group_that_has_moved_is_followed_once(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  call_with(fake, "{\"chat_id\":-5,\"text\":\"12345678901234567 \xc3\xa9\",\"from_chat_id\":-5}", NULL, 0, &told);
  fake_answer(fake, 0, 400, moved_group);
  assert_int_equal(told.times, 0);
  assert_string_equal(fake->requests[1].body,
                      "{\"chat_id\":-1001234567890,\"text\":\"12345678901234567 \xc3\xa9\",\"from_chat_id\":-5}");
  fake_answer(fake, 1, 400, moved_group);
  assert_int_equal(told.times, 1);
  assert_int_equal(fake->count, 2);
  assert_int_equal(told.migrate_to_chat_id, -1001234567890);
}

static void an_upload_follows_its_group_too(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  const struct http_part parts[] = {{.name = "chat_id", .data = "-5", .size = 2},
                                    {.name = "document", .file_name = "a.txt", .data = "abc", .size = 3}};
  call_with(fake, NULL, parts, 2, &told);
  fake_answer(fake, 0, 400, moved_group);
  assert_string_equal(fake->requests[1].body, "chat_id=-1001234567890\ndocument=a.txt:abc\n");
  fake_answer(fake, 1, 200, "{\"ok\":true,\"result\":true}");
  assert_told(&told, ERROR_NONE, "");
}

/* Without memory for the second request the caller gets Telegram's refusal. */
static void an_upload_that_can_not_follow_is_told(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  const struct http_part parts[] = {{.name = "chat_id", .data = "-5", .size = 2}};
  call_with(fake, NULL, parts, 1, &told);
  memory_fail_at(1);
  fake_answer(fake, 0, 400, moved_group);
  memory_fail_at(0);
  assert_told(&told, ERROR_REFUSED, "sendMessage: Bad Request: group chat was upgraded to a supergroup chat");
}

static void a_call_that_follows_can_be_cancelled(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  struct telegram_call *call = call_with(fake, "{\"chat_id\":-5}", NULL, 0, &told);
  fake_answer(fake, 0, 400, moved_group);
  telegram_call_cancel(call);
  assert_int_equal(told.times, 0);
  assert_int_equal(fake->cancelled, 1);
}

static void a_wrong_token_is_named(void **state) {
  struct fake *fake = *state;
  struct told told[3] = {0};
  for (int i = 0; i < 3; i++) call(fake, "getMe", 0, &told[i]);
  fake_answer(fake, 0, 401, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}");
  fake_answer(fake, 1, 404, "{\"ok\":false,\"error_code\":404,\"description\":\"Not Found\"}");
  fake_answer(fake, 2, 404, "{\"ok\":false,\"error_code\":404,\"description\":\"Not Found: method not found\"}");
  assert_told(&told[0], ERROR_REFUSED, "getMe: Unauthorized; the bot's token is wrong or revoked: check BOT_TOKEN");
  assert_told(&told[1], ERROR_REFUSED, "getMe: Not Found; the bot's token is wrong or revoked: check BOT_TOKEN");
  assert_told(&told[2], ERROR_REFUSED, "getMe: Not Found: method not found");
}

static void what_is_not_json_is_told_by_its_status(void **state) {
  struct fake *fake = *state;
  struct told told[4] = {0};
  for (int i = 0; i < 4; i++) call(fake, "sendMessage", i + 1, &told[i]);
  fake_answer(fake, 0, 502, "<html><title>502 Bad Gateway</title></html>");
  fake_answer(fake, 1, 413, "");
  fake_answer(fake, 2, 200, "{\"ok\":true,\"resu");
  fake_answer(fake, 3, 302, "[]");
  assert_told(&told[0], ERROR_UNCERTAIN,
              "sendMessage: HTTP 502 Bad Gateway, not in Telegram's format; the request may have taken effect");
  assert_told(&told[1], ERROR_REFUSED, "sendMessage: HTTP 413 Request Entity Too Large, not in Telegram's format");
  assert_told(&told[2], ERROR_UNCERTAIN, "sendMessage: HTTP 200, not in Telegram's format; the request may have taken effect");
  assert_told(&told[3], ERROR_REFUSED, "sendMessage: HTTP 302, not in Telegram's format");
}

static void an_uncertain_send_is_never_repeated(void **state) {
  struct fake *fake = *state;
  struct told told[2] = {0};
  call(fake, "sendMessage", 1, &told[0]);
  fake_fail(fake, 0, ERROR_UNCERTAIN);
  assert_told(&told[0], ERROR_UNCERTAIN, "sendMessage: failed");
  call(fake, "sendMessage", 1, &told[1]);
  fake_answer(fake, 1, 500, "{\"ok\":false,\"error_code\":500,\"description\":\"Internal Server Error: restart\"}");
  assert_int_equal(told[1].error.kind, ERROR_UNCERTAIN);
  clock_advance(fake->clock, 100000);
  assert_int_equal(fake->count, 2);
}

static char logged[4096];

static void on_line(const char *line, size_t size, void *data) {
  (void)data;
  size_t used = strlen(logged);
  (void)snprintf(logged + used, sizeof logged - used, "%.*s", (int)size, line);
}

/* A script may look at no error; then the log is the only place that knows. */
static void what_has_no_answer_is_logged(void **state) {
  struct fake *fake = *state;
  struct told told[2] = {0};
  log_divert(on_line, NULL);
  logged[0] = '\0';
  call(fake, "sendMessage", 77, &told[0]);
  fake_fail(fake, 0, ERROR_UNCERTAIN);
  assert_non_null(strstr(logged, "level=warn"));
  assert_non_null(strstr(logged, "method=sendMessage chat=77 kind=uncertain"));
  logged[0] = '\0';
  call(fake, "sendMessage", 77, &told[1]);
  fake_answer(fake, 1, 400, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request\"}");
  assert_string_equal(logged, ""); /* an answer, even if a refusal */
  log_divert(NULL, NULL);
}

static void an_uncertain_get_is_repeated(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  call(fake, "getChat", 1, &told);
  fake_fail(fake, 0, ERROR_UNCERTAIN);
  clock_advance(fake->clock, 10000);
  fake_answer(fake, 1, 502, "");
  clock_advance(fake->clock, 10000);
  fake_answer(fake, 2, 200, OK);
  assert_told(&told, ERROR_NONE, "");
}

static void no_connection_is_tried_five_times_backing_off(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  call(fake, "sendMessage", 1, &told);
  for (unsigned i = 0; i < 5; i++) {
    assert_int_equal(fake->count, i + 1);
    assert_int_equal(told.times, 0);
    fake_fail(fake, i, ERROR_NETWORK);
    clock_advance(fake->clock, (500 << i) - 1);
    assert_int_equal(fake->count, i + 1);
    clock_advance(fake->clock, 1);
  }
  assert_int_equal(fake->count, 5);
  assert_told(&told, ERROR_NETWORK, "sendMessage: failed");
}

static void no_retry_tells_every_failure_at_once(void **state) {
  struct fake *fake = *state;
  struct told told[3] = {0};
  const struct telegram_request request = {.method = "getUpdates", .no_retry = true, .chat_id = 5, .out_of_order = true};
  for (int i = 0; i < 3; i++) telegram_start(fake->telegram, &request, on_done, &told[i]);
  fake_fail(fake, 0, ERROR_NETWORK);
  fake_fail(fake, 1, ERROR_UNCERTAIN);
  fake_answer(fake, 2, 429,
              "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after "
              "3\",\"parameters\":{\"retry_after\":3}}");
  assert_int_equal(told[0].error.kind, ERROR_NETWORK);
  assert_int_equal(told[1].error.kind, ERROR_UNCERTAIN);
  assert_told(&told[2], ERROR_REFUSED, "getUpdates: Too Many Requests: retry after 3");
  assert_int_equal(told[2].retry_after, 3);
}

static void a_chat_is_called_in_order(void **state) {
  struct fake *fake = *state;
  struct told told[4] = {0};
  call(fake, "sendOne", 1, &told[0]);
  call(fake, "sendTwo", 1, &told[1]);
  call(fake, "sendThree", 1, &told[2]);
  call(fake, "sendElsewhere", 2, &told[3]);
  assert_int_equal(fake->count, 2);
  assert_string_equal(fake->requests[1].method, "sendElsewhere");
  fake_answer(fake, 0, 200, OK);
  assert_string_equal(fake->requests[2].method, "sendTwo");
  fake_fail(fake, 2, ERROR_NETWORK); /* it keeps its turn while it is tried again */
  assert_int_equal(fake->count, 3);
  clock_advance(fake->clock, 500);
  assert_string_equal(fake->requests[3].method, "sendTwo");
  fake_answer(fake, 3, 400, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request\"}");
  assert_string_equal(fake->requests[4].method, "sendThree");
  fake_answer(fake, 4, 200, OK);
  fake_answer(fake, 1, 200, OK);
  for (int i = 0; i < 4; i++) assert_int_equal(told[i].times, 1);
}

static void out_of_order_neither_waits_nor_holds_up(void **state) {
  struct fake *fake = *state;
  struct told told[3] = {0};
  struct telegram_request aside = {.method = "answerCallbackQuery", .chat_id = 1, .out_of_order = true};
  telegram_start(fake->telegram, &aside, on_done, &told[0]);
  call(fake, "sendMessage", 1, &told[1]);
  telegram_start(fake->telegram, &aside, on_done, &told[2]);
  assert_int_equal(fake->count, 3);
  for (unsigned i = 0; i < 3; i++) fake_answer(fake, i, 200, OK);
}

#define TOO_MANY(seconds)                                                                      \
  "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after " seconds \
  "\",\"parameters\":{\"retry_after\":" seconds "}}"

static void own_pauses_are_none_of_the_chat(void **state) {
  struct fake *fake = *state;
  struct told told[4] = {0};
  struct telegram_request apart = {.method = "editMessageMedia", .chat_id = 1, .own_pauses = true};
  call(fake, "sendMessage", 1, &told[0]);
  fake_answer(fake, 0, 429, TOO_MANY("7"));
  telegram_start(fake->telegram, &apart, on_done, &told[1]);
  assert_int_equal(fake->count, 2);
  fake_answer(fake, 1, 429, TOO_MANY("9"));
  telegram_start(fake->telegram, &apart, on_done, &told[2]);
  clock_advance(fake->clock, 7000);
  assert_int_equal(fake->count, 3);
  assert_string_equal(fake->requests[2].method, "sendMessage");
  clock_advance(fake->clock, 2000);
  assert_int_equal(fake->count, 5);
  for (unsigned i = 2; i < 5; i++) fake_answer(fake, i, 200, OK);
  for (int i = 0; i < 3; i++) assert_int_equal(told[i].times, 1);
}

static void a_429_pauses_its_chat_only(void **state) {
  struct fake *fake = *state;
  struct told told[4] = {0};
  struct telegram_request aside = {.method = "sendAside", .chat_id = 1, .out_of_order = true};
  call(fake, "sendOne", 1, &told[0]);
  call(fake, "sendTwo", 1, &told[1]);
  fake_answer(fake, 0, 429, TOO_MANY("7"));
  telegram_start(fake->telegram, &aside, on_done, &told[2]);
  call(fake, "sendElsewhere", 2, &told[3]);
  assert_int_equal(fake->count, 2);
  clock_advance(fake->clock, 6999);
  assert_int_equal(fake->count, 2);
  clock_advance(fake->clock, 1);
  assert_int_equal(fake->count, 4);
  assert_string_equal(fake->requests[2].method, "sendAside");
  assert_string_equal(fake->requests[3].method, "sendOne");
  fake_answer(fake, 3, 200, OK);
  assert_string_equal(fake->requests[4].method, "sendTwo");
  fake_answer(fake, 4, 200, OK);
  fake_answer(fake, 2, 200, OK);
  fake_answer(fake, 1, 200, OK);
  for (int i = 0; i < 4; i++) assert_int_equal(told[i].times, 1);
}

static void a_429_without_a_chat_pauses_its_method_only(void **state) {
  struct fake *fake = *state;
  struct told told[7] = {0};
  call(fake, "setMyName", 0, &told[0]);
  fake_answer(fake, 0, 429, TOO_MANY("3"));
  call(fake, "sendOne", 1, &told[1]);
  call(fake, "getChat", 1, &told[2]); /* it names a chat, and yet its pause is not the chat's */
  fake_answer(fake, 2, 429, TOO_MANY("3"));
  fake_answer(fake, 1, 200, OK);
  call(fake, "sendTwo", 1, &told[3]);
  call(fake, "setMyCommands", 1, &told[4]);
  call(fake, "getChatMember", 1, &told[5]);
  assert_int_equal(fake->count, 6);
  call(fake, "setMyName", 0, &told[6]);
  assert_int_equal(fake->count, 6);
  clock_advance(fake->clock, 2999);
  assert_int_equal(fake->count, 6);
  clock_advance(fake->clock, 1);
  assert_int_equal(fake->count, 9);
  for (unsigned i = 3; i < 9; i++) fake_answer(fake, i, 200, OK);
  for (int i = 0; i < 7; i++) assert_int_equal(told[i].times, 1);
}

static void no_retry_waits_for_no_pause(void **state) {
  struct fake *fake = *state;
  struct told told[2] = {0};
  const struct telegram_request request = {.method = "getUpdates", .no_retry = true};
  for (unsigned i = 0; i < 2; i++) {
    telegram_start(fake->telegram, &request, on_done, &told[i]);
    assert_int_equal(fake->count, i + 1);
    fake_answer(fake, i, 429, TOO_MANY("600"));
  }
  assert_int_equal(told[1].retry_after, 600);
}

/* Telegram's number, or that of a program in between, may be anything. */
static void a_pause_of_any_size_is_over_within_an_hour(void **state) {
  static const char *const sizes[] = {"3601", "86400", "2147483647", "2147483648", "9223372036854775807", "1e300"};
  struct fake *fake = *state;
  struct told told[6] = {0};
  for (unsigned i = 0; i < 6; i++) {
    char body[200];
    (void)snprintf(body, sizeof body, TOO_MANY("%s"), sizes[i], sizes[i]);
    call(fake, "sendMessage", 1, &told[i]);
    fake_answer(fake, 2 * i, 429, body);
    clock_advance(fake->clock, 3599999);
    assert_int_equal(fake->count, 2 * i + 1);
    clock_advance(fake->clock, 1);
    assert_int_equal(fake->count, 2 * i + 2);
    fake_answer(fake, 2 * i + 1, 200, OK);
    assert_int_equal(told[i].times, 1);
  }
}

/* Less than nothing, and what is no number, count as no retry_after: then 5 s, never at once. */
static void a_pause_that_makes_no_sense_is_five_seconds(void **state) {
  static const char *const sizes[] = {"0", "-1", "-9223372036854775808", "\"soon\"", "99999999999999999999999"};
  struct fake *fake = *state;
  struct told told[5] = {0};
  for (unsigned i = 0; i < 5; i++) {
    char body[200];
    (void)snprintf(body, sizeof body, "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":%s}}", sizes[i]);
    call(fake, "sendMessage", 1, &told[i]);
    fake_answer(fake, 2 * i, 429, body);
    clock_advance(fake->clock, 4999);
    assert_int_equal(fake->count, 2 * i + 1);
    clock_advance(fake->clock, 1);
    fake_answer(fake, 2 * i + 1, 200, OK);
  }
}

struct paused {
  unsigned times;
  char method[32];
  int64_t chat_id;
  int seconds;
};

static void on_paused(const struct telegram_pause *pause, void *data) {
  struct paused *paused = data;
  paused->times++;
  (void)snprintf(paused->method, sizeof paused->method, "%s", pause->method);
  paused->chat_id = pause->chat_id;
  paused->seconds = pause->seconds;
}

static void a_long_pause_is_told_once(void **state) {
  struct fake *fake = *state;
  struct told told[3] = {0};
  struct paused paused = {0};
  telegram_on_long_pause(fake->telegram, on_paused, &paused);
  call(fake, "sendMessage", 7, &told[0]);
  fake_answer(fake, 0, 429, TOO_MANY("299"));
  assert_int_equal(paused.times, 0);
  for (int i = 1; i < 3; i++) call(fake, "setMyName", 0, &told[i]);
  fake_answer(fake, 1, 429, TOO_MANY("600"));
  fake_answer(fake, 2, 429, TOO_MANY("600"));
  assert_int_equal(paused.times, 1);
  assert_string_equal(paused.method, "setMyName");
  assert_int_equal(paused.seconds, 600);
  clock_advance(fake->clock, 600000);
  for (unsigned i = 3; i < 6; i++) fake_answer(fake, i, 200, OK);
}

/* As two hosts do it: the one that was asked tells, and the other one holds back what begins from then on. */
static void a_pause_of_another_host_is_kept(void **state) {
  struct fake *fake = *state;
  struct told told[4] = {0};
  struct paused paused = {0};
  telegram_on_pause(fake->telegram, on_paused, &paused);
  telegram_hold(fake->telegram, &(struct telegram_pause){"sendMessage", 7, 3, true});
  telegram_hold(fake->telegram, &(struct telegram_pause){"setMyName", 0, 3, false});
  call(fake, "sendMessage", 7, &told[0]);
  call(fake, "setMyName", 0, &told[1]);
  assert_int_equal(fake->count, 0);
  call(fake, "sendMessage", 8, &told[2]);
  call(fake, "setMyCommands", 0, &told[3]);
  assert_int_equal(fake->count, 2);
  clock_advance(fake->clock, 2999);
  assert_int_equal(fake->count, 2);
  clock_advance(fake->clock, 1);
  assert_int_equal(fake->count, 4);
  assert_int_equal(paused.times, 0);
  fake_answer(fake, 2, 429, TOO_MANY("5"));
  assert_int_equal(paused.times, 1);
  assert_int_equal(paused.seconds, 5);
  clock_advance(fake->clock, 5000);
  for (unsigned i = 0; i < 5; i++) {
    if (i != 2) fake_answer(fake, i, 200, OK);
  }
  for (int i = 0; i < 4; i++) assert_told(&told[i], ERROR_NONE, "");
}

static void a_429_is_never_given_up(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  call(fake, "sendMessage", 1, &told);
  for (unsigned i = 0; i < 20; i++) {
    fake_answer(fake, i, 429, i % 2 ? TOO_MANY("60") : ""); /* a front end's 429 may have no body */
    clock_advance(fake->clock, 60000);
    assert_int_equal(fake->count, i + 2);
  }
  fake_answer(fake, 20, 200, OK);
  assert_told(&told, ERROR_NONE, "");
}

static void cancelling_hands_on_the_turn(void **state) {
  struct fake *fake = *state;
  struct told told[4] = {0};
  struct telegram_call *one = call(fake, "sendOne", 1, &told[0]);
  struct telegram_call *two = call(fake, "sendTwo", 1, &told[1]);
  call(fake, "sendThree", 1, &told[2]);
  telegram_call_cancel(two); /* while it waits */
  telegram_call_cancel(one); /* while it is under way */
  assert_int_equal(fake->cancelled, 1);
  assert_string_equal(fake->requests[1].method, "sendThree");
  fake_answer(fake, 1, 200, OK);
  assert_int_equal(told[0].times + told[1].times, 0);
  assert_int_equal(told[2].times, 1);
}

static void cancelling_in_a_pause_and_between_tries(void **state) {
  struct fake *fake = *state;
  struct told told[4] = {0};
  struct telegram_call *paused = call(fake, "sendPaused", 1, &told[0]);
  struct telegram_call *waiting = call(fake, "sendWaiting", 2, &told[1]);
  struct telegram_call *lonely = call(fake, "getMe", 0, &told[2]);
  fake_answer(fake, 0, 429, TOO_MANY("5"));
  fake_fail(fake, 1, ERROR_NETWORK);
  fake_answer(fake, 2, 429, TOO_MANY("5"));
  call(fake, "sendNext", 1, &told[3]);
  telegram_call_cancel(paused);
  telegram_call_cancel(waiting);
  telegram_call_cancel(lonely);
  clock_advance(fake->clock, 5000);
  assert_int_equal(fake->count, 4);
  fake_answer(fake, 3, 200, OK);
  assert_int_equal(told[0].times + told[1].times + told[2].times, 0);
  assert_int_equal(told[3].times, 1);
}

static void a_start_that_fails_is_told_from_the_loop(void **state) {
  struct fake *fake = *state;
  struct told told[2] = {0};
  fake->refuses_start = true;
  call(fake, "send Message", 1, &told[0]);
  call(fake, "sendNext", 1, &told[1]);
  assert_int_equal(told[0].times, 0);
  clock_advance(fake->clock, 0);
  assert_told(&told[0], ERROR_MISUSE, "no");
  clock_advance(fake->clock, 0);
  assert_int_equal(told[1].times, 1);
}

static void a_refresh_reaches_the_transport(void **state) {
  struct fake *fake = *state;
  telegram_refresh(fake->telegram);
  assert_int_equal(fake->refreshed, 1);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_success_is_handed_over_unread),
      TEST(a_success_in_another_spelling_is_one_too),
      TEST(blanks_around_a_success_are_no_part_of_it),
      TEST(a_refusal_tells_telegrams_words),
      TEST(a_group_that_has_moved_is_followed_once),
      TEST(an_upload_follows_its_group_too),
      TEST(an_upload_that_can_not_follow_is_told),
      TEST(a_call_that_follows_can_be_cancelled),
      TEST(a_wrong_token_is_named),
      TEST(what_is_not_json_is_told_by_its_status),
      TEST(an_uncertain_send_is_never_repeated),
      TEST(what_has_no_answer_is_logged),
      TEST(an_uncertain_get_is_repeated),
      TEST(no_connection_is_tried_five_times_backing_off),
      TEST(no_retry_tells_every_failure_at_once),
      TEST(a_chat_is_called_in_order),
      TEST(out_of_order_neither_waits_nor_holds_up),
      TEST(own_pauses_are_none_of_the_chat),
      TEST(a_429_pauses_its_chat_only),
      TEST(a_429_without_a_chat_pauses_its_method_only),
      TEST(no_retry_waits_for_no_pause),
      TEST(a_pause_of_any_size_is_over_within_an_hour),
      TEST(a_pause_that_makes_no_sense_is_five_seconds),
      TEST(a_long_pause_is_told_once),
      TEST(a_pause_of_another_host_is_kept),
      TEST(a_429_is_never_given_up),
      TEST(cancelling_hands_on_the_turn),
      TEST(cancelling_in_a_pause_and_between_tries),
      TEST(a_start_that_fails_is_told_from_the_loop),
      TEST(a_refresh_reaches_the_transport),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
