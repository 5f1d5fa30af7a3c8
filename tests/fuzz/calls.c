/* libFuzzer's target: what people do and what bots ask for in a sandbox, in any order and with anything. A line is a request:
 * the first byte says of whom, then the method or the path, a blank, and a JSON object. Each is answered. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "net/http.h"
#include "sandbox/sandbox.h"

enum {
  LINES = 40,
  ANSWER_CEILING = 64 << 20,
  PERSON = '!', /* what begins such a line; any other byte is a bot's */
  READER = '?',
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_most);

static unsigned answered;

static void on_done(const struct http_answer *answer, void *data) {
  (void)data;
  assert(answer->status || answer->error.kind != ERROR_NONE);
  answered++;
}

static void control(struct sandbox *sandbox, const char *method, const char *path, const char *json) {
  struct sandbox_question question = {.method = method, .path = path, .json = json[0] ? json : NULL};
  struct error error = {0};
  struct buffer answer;
  buffer_init(&answer, ANSWER_CEILING);
  bool ok = sandbox_control(sandbox, &question, &answer, &error);
  assert(ok ? error.kind == ERROR_NONE : error.kind != ERROR_NONE && error.text[0]);
  buffer_release(&answer);
}

static void call(struct sandbox *sandbox, struct clock *now, char bot, const char *method, const char *json) {
  struct error error = {0};
  struct sandbox_request request = {.token = bot % 2 ? "123:ABCDEFGHIJKLMNOPQRSTUVWXYZ" : "456:ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                    .method = method,
                                    .body = json,
                                    .size = strlen(json),
                                    .timeout_ms = 1000};
  unsigned before = answered;
  struct sandbox_call *started = sandbox_start(sandbox, &request, on_done, NULL, &error);
  assert(started || error.kind != ERROR_NONE);
  clock_advance(now, 1000); /* a call that polls for updates waits until its timeout */
  assert(!started || answered == before + 1);
}

static void serve(struct sandbox *sandbox, struct clock *now, char *line) {
  size_t size = strcspn(line, " ");
  const char *json = line[size] ? line + size + 1 : "";
  line[size] = '\0';
  if (!line[0]) return;
  if (line[0] == PERSON)
    control(sandbox, "POST", line + 1, json);
  else if (line[0] == READER)
    control(sandbox, "GET", line + 1, json);
  else
    call(sandbox, now, line[0], line + 1, json);
}

static void drop_line(const char *line, size_t size, void *data) { (void)line, (void)size, (void)data; }

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  const struct sandbox_options options = {.has_no_port = true, .requests = 10, .has_limits = size % 2};
  struct error error = {0};
  log_divert(drop_line, NULL);
  struct loop *loop = loop_open(&error);
  struct clock *now = clock_open_manual(loop, 1700000000000);
  struct sandbox *sandbox = sandbox_open(loop, now, &options, &error);
  char *text = memory_new(size + 1), *rest = text;
  memcpy(text, bytes, size);
  control(sandbox, "POST", "users", "{\"id\":5,\"first_name\":\"A\"}");
  control(sandbox, "POST", "chats", "{\"id\":-1001,\"type\":\"supergroup\",\"title\":\"G\",\"members\":[5,123]}");
  call(sandbox, now, '1', "sendMessage", "{\"chat_id\":5,\"text\":\"a\"}");
  for (int i = 0; i < LINES && rest; i++) {
    char *line = rest, *end = strchr(line, '\n');
    if (end) *end = '\0';
    rest = end ? end + 1 : NULL;
    serve(sandbox, now, line);
  }
  free(text);
  (void)sandbox_close(sandbox, &error);
  clock_close(now);
  bool is_closed = loop_close(loop);
  assert(is_closed);
  return 0;
}

/* ---- requests that are nearly right: nothing else gets far ---- */

static const struct {
  const char *name, *parameters;
} requests[] = {
#include "sandbox/methods/parameter_table.h"
    {"!messages", "chat_id:i text:s bot_id:i kind:o from_id:i reply_to_message_id:i entities:l"},
    {"!callbacks", "chat_id:i message_id:i data:s from_id:i"},
    {"!payments", "from_id:i chat_id:i message_id:i invoice_link:s shipping_option_id:s order_info:o"},
    {"!shippings", "from_id:i chat_id:i message_id:i shipping_address:o"},
    {"!web_apps", "from_id:i url:s chat_id:i bot_id:i"},
    {"!web_app_data", "chat_id:i data:s button_text:s"},
    {"!inline", "from_id:i query:s offset:s bot_id:i"},
    {"!choices", "id:s result_id:s from_id:i chat_id:i"},
    {"!votes", "chat_id:i message_id:i from_id:i options:l"},
    {"!reactions", "chat_id:i message_id:i from_id:i reaction:l"},
    {"!users", "id:i first_name:s last_name:s username:s language_code:s blocked:b"},
    {"!bots", "id:i token:s first_name:s username:s can_read_all_group_messages:b"},
    {"!chats", "id:i type:s title:s members:l username:s is_forum:b"},
    {"!migrations", "chat_id:i"},
    {"!business_connections", "user_id:i id:s bot_id:i is_enabled:b rights:o"},
    {"!business_chats", "business_connection_id:s user_id:i"},
    {"!checklist_marks", "chat_id:i message_id:i from_id:i done:l not_done:l"},
    {"!members", "chat_id:i user_id:i status:s rights:o custom_title:s until_date:i from_id:i"},
    {"!joins", "from_id:i chat_id:i invite_link:s bio:s"},
    {"!leaves", "chat_id:i from_id:i"},
    {"!pins", "chat_id:i message_id:i pinned:b"},
    {"!hide_pin", "chat_id:i hidden:b"},
    {"!forget", "chat_id:i message_id:i delete:b"},
    {"!updates", "update:o type:s"},
    {"!faults", "method:s kind:s ms:i times:i code:i"},
    {"!flood", "users:i messages_each:i first_id:i text:s"},
    {"?messages", "chat_id:i after:i limit:i"},
    {"?answers", "chat_id:i after:i"},
    {"?requests", "after:i method:s"},
};

static const char *const integers[] = {"1", "2", "3", "5", "123", "456", "-1001", "0", "-1", "1e999", "9223372036854775807"};
static const char *const texts[] = {
    "\"a\"",          "\"\"",       "\"<b>a</b>\"",      "\"HTML\"",       "\"MarkdownV2\"", "\"private\"",
    "\"supergroup\"", "\"member\"", "\"administrator\"", "\"kicked\"",     "\"\\u0000\"",    "\"http://a.b/\"",
    "\"1\"",          "\"delay\"",  "\"500\"",           "\"attach://a\"", "\"@a\""};
static const char *const lists[] = {
    "[]",
    "[1]",
    "[0,1]",
    "[[]]",
    "[{}]",
    "[{\"type\":\"bold\",\"offset\":0,\"length\":1}]",
    "[{\"text\":\"a\"},{\"text\":\"b\"}]",
    "[{\"type\":\"photo\",\"media\":\"a\"}]",
    "[{\"type\":\"article\",\"id\":\"1\",\"title\":\"a\",\"input_message_content\":{\"message_text\":\"a\"}}]",
    "[{\"type\":\"emoji\",\"emoji\":\"\\ud83d\\udc4d\"}]",
    "[{\"label\":\"a\",\"amount\":5}]",
    "[5,123]"};
static const char *const objects[] = {"{}",
                                      "{\"inline_keyboard\":[[{\"text\":\"a\",\"callback_data\":\"b\"}]]}",
                                      "{\"keyboard\":[[{\"text\":\"a\"}]]}",
                                      "{\"force_reply\":true}",
                                      "{\"message_id\":1}",
                                      "{\"poll\":{\"question\":\"?\",\"options\":[{\"text\":\"a\"},{\"text\":\"b\"}]}}",
                                      "{\"can_send_messages\":true}",
                                      "{\"type\":\"photo\",\"media\":\"a\"}",
                                      "{\"message_text\":\"a\"}",
                                      "{\"location\":{\"latitude\":1e400,\"longitude\":0}}"};

static unsigned next_random(unsigned *seed, size_t most) {
  *seed = *seed * 1103515245 + 12345;
  return (*seed >> 16) % (unsigned)most;
}

#define ANY(list) list[next_random(seed, sizeof list / sizeof *list)]

static const char *any_value(char type, unsigned *seed) {
  if (next_random(seed, 20) == 0) type = "isblo"[next_random(seed, 5)];
  switch (type) {
    case 'b': return next_random(seed, 2) ? "true" : "false";
    case 'l': return ANY(lists);
    case 'o': return ANY(objects);
    case 's':
    case 'm': return ANY(texts);
    default: return ANY(integers);
  }
}

/* A line with all that the request must have, and some of what it may have. */
static size_t write_line(char *line, size_t room, unsigned *seed) {
  size_t number = next_random(seed, sizeof requests / sizeof *requests), size = 0;
  bool is_control = strchr("!?", requests[number].name[0]) != NULL;
  size += (size_t)snprintf(line, room, "%s%s {", is_control ? "" : "1", requests[number].name);
  const char *separator = "";
  for (const char *at = requests[number].parameters; *at;) {
    size_t name = strcspn(at, ":"), whole = strcspn(at, " ");
    bool is_wanted = at[whole - 1] == '!' || next_random(seed, 3) == 0 || is_control;
    if (is_wanted && size + 300 < room) {
      const char *value = any_value(at[name + 1], seed);
      size += (size_t)snprintf(line + size, room - size, "%s\"%.*s\":%s", separator, (int)name, at, value);
      separator = ",";
    }
    at += whole + (at[whole] == ' ');
  }
  return size + (size_t)snprintf(line + size, room - size, "}\n");
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_most, unsigned seed) {
  char line[4096];
  if (seed % 3 == 0) return LLVMFuzzerMutate(bytes, size, size_most);
  size_t added = write_line(line, sizeof line, &seed);
  if (size + added > size_most) return LLVMFuzzerMutate(bytes, size, size_most);
  memcpy(bytes + size, line, added);
  return size + added;
}
