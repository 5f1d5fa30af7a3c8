/* libFuzzer's target: an update, whatever it holds, is cut out of an answer, decoded in a real VM and handled by a script that
 * has a handler for everything, or is refused with a reason. Later updates are handled as before. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"
#include "net/http.h"
#include "pieces.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/update_text.h"

enum { CALLS_GIVEN = 8, TURNS = 200, HOUR_MS = 3600000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct loop *loop;
static struct clock *now;
static struct script *script;
static struct telegram *telegram;
static char given[4096]; /* text that Telegram answers with, for some calls of a handler; then with a success */
static unsigned calls;

/* ---- a Telegram that answers each call with what the fuzzer thinks of, at the next turn ---- */

struct call {
  struct clock_timer timer;
  transport_done done;
  void *data;
};

static void answer(void *data) {
  struct call *call = data;
  const char *body = calls++ < CALLS_GIVEN ? given : "{\"ok\":true,\"result\":true}";
  struct http_answer http = {.status = 200, .body = body, .size = strlen(body), .content_type = ""};
  call->done(&http, call->data);
  free(call);
}

static void *start(void *self, const struct transport_request *request, transport_done done, void *data, struct error *error) {
  (void)self, (void)request, (void)error;
  struct call *call = memory_new(sizeof *call);
  call->done = done;
  call->data = data;
  clock_start(now, &call->timer, 0, answer, call);
  return call;
}

static void cancel(void *self, void *data) {
  struct call *call = data;
  (void)self;
  clock_stop(now, &call->timer);
  free(call);
}

static void do_nothing(void *self) { (void)self; }

/* ---- the host ---- */

static void drop_line(const char *line, size_t size, void *data) { (void)line, (void)size, (void)data; }

static void set_up(void) {
  static const char *const paths[] = {"tests/fuzz/update.lua"};
  const struct transport transport = {.start = start, .cancel = cancel, .refresh = do_nothing, .close = do_nothing};
  struct error error = {0};
  log_divert(drop_line, NULL);
  loop = loop_open(&error);
  now = clock_open_manual(loop, 1700000000000);
  struct database *database = database_open(&error);
  telegram = telegram_open(transport, now);
  struct script_options options = {.database = database, .telegram = telegram, .clock = now, .paths = paths, .path_count = 1};
  script = script_open(&options);
  bool ok = script_load(script, &error);
  if (!ok) (void)fprintf(stderr, "%s\n", error.text);
  assert(ok);
}

static void note_end(const struct script_result *result, void *ended) {
  (void)result;
  *(bool *)ended = true;
}

static void handle(const char *json, size_t size) {
  static const struct script_run_owner owner = {.done = note_end};
  struct script_update update = {.json = json, .size = size};
  struct script_result result;
  calls = 0;
  bool ended = script_update_handle(script, &update, &owner, &ended, &result);
  for (int i = 0; !ended && i < TURNS; i++) clock_advance(now, HOUR_MS);
  assert(ended);
  script_update_forget(script, &update);
  script_update_fail(script, &update, &result);
}

static void decode(const char *json, size_t size) {
  struct script_update update = {.json = json, .size = size};
  struct error error = {0};
  int64_t id = 0, id_in_text = 0, lane;
  bool ok = script_update_decode(script, &update, &id, &lane, &error);
  assert(ok || (error.kind != ERROR_NONE && error.text[0]));
  script_update_forget(script, &update);
  (void)update_text_id(json, size, &id_in_text); /* of two ids in one object the other may be taken */
  if (ok) handle(json, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (!script) set_up();
  size_t head = size < sizeof given ? size : sizeof given - 1;
  memcpy(given, bytes, head);
  given[head] = '\0';
  char *text = memory_new(size + !size); /* without a NUL behind it */
  memcpy(text, bytes, size);
  for (const char *at = text, *end = text + size; at < end;) {
    const char *behind = update_text_end(at, end);
    assert(!behind || (behind > at && behind <= end));
    if (!behind) break;
    decode(at, (size_t)(behind - at));
    at = behind;
  }
  decode(text, size);
  free(text);
  return 0;
}

static const char *const fields[] = {
    "\"message_id\":1,",
    "\"date\":1,",
    "\"chat\":{\"id\":7,\"type\":\"private\"},",
    "\"chat\":{\"id\":-1001,\"type\":\"supergroup\",\"is_forum\":true},",
    "\"from\":{\"id\":7,\"first_name\":\"A\"},",
    "\"text\":\"/start x\",",
    "\"text\":\"text\",",
    "\"text\":\"ab 12\",",
    "\"text\":[],",
    "\"text\":{},",
    "\"caption\":\"\\ud83d\\ude00\",",
    "\"entities\":[{\"type\":\"bot_command\",\"offset\":0,\"length\":6}],",
    "\"entities\":[{\"type\":\"bold\",\"offset\":-1,\"length\":1e18}],",
    "\"entities\":7,",
    "\"media_group_id\":\"1\",",
    "\"migrate_to_chat_id\":-100,",
    "\"migrate_from_chat_id\":-5,",
    "\"reply_to_message\":{\"message_id\":1},",
    "\"message_thread_id\":3,",
    "\"is_topic_message\":true,",
    "\"business_connection_id\":\"b\",",
    "\"direct_messages_topic\":{\"topic_id\":4},",
    "\"callback_query\":{\"id\":\"1\",\"data\":\"a:b\",\"from\":{\"id\":7}},",
    "\"data\":\"q:edit\",",
    "\"data\":null,",
    "\"inline_message_id\":\"x\",",
    "\"message\":{\"message_id\":1,\"date\":0,\"chat\":{\"id\":7}},",
    "\"edited_message\":{\"chat\":{}},",
    "\"inline_query\":{\"id\":\"1\",\"query\":\"q\",\"from\":{\"id\":7}},",
    "\"poll_answer\":{\"user\":{\"id\":7},\"option_ids\":[0]},",
    "\"chat_member\":{\"chat\":{\"id\":7},\"new_chat_member\":{\"status\":\"member\"}},",
    "\"message_reaction\":{\"chat\":{\"id\":7},\"user\":{\"id\":7}},",
    "\"business_message\":{\"chat\":{\"id\":7},\"business_connection_id\":\"b\"},",
    "\"sender_chat\":{\"id\":-5},",
    "\"update_id\":\"1\",",
    "\"update_id\":1e999,",
    "\"from\":[[[[]]]],",
    "\"chat\":1e999,",
    "\"ok\":true,\"result\":{\"message_id\":5},",
    "\"ok\":false,\"error_code\":400,\"description\":\"x\",",
    "\"ok\":false,\"error_code\":400,\"parameters\":{\"migrate_to_chat_id\":-1001},",
    "\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":1},",
};

/* Fields in a row may leave a comma behind the last, which a reader may refuse; so each object ends with a field. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_most, unsigned seed) {
  static const char least[] = "{\"update_id\":1,\"message\":{\"text\":\"/start\",\"chat\":{\"id\":7},\"message_id\":1}}";
  if (size < 3 && size_most >= sizeof least) memcpy(bytes, least, size = sizeof least - 1);
  return pieces_mutate(bytes, size, size_most, seed, '{', fields, sizeof fields / sizeof *fields);
}
