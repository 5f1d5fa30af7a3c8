/* Runs a bot's call against the methods, with the faults that a test has arranged. Faults are taken when a call arrives and
 * obeyed when it runs. So a test that arranges a fault for the next call gets it on that call, however long a delay holds
 * it. */
#include "sandbox/door/bot_call.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/memory.h"
#include "net/server.h"
#include "sandbox/door/door.h"
#include "sandbox/door/json_body.h"
#include "sandbox/door/method_answers.h"
#include "sandbox/door/request_log.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/rate_limit.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/queue.h"

/* ---- the life of a call, in order: start, (delay or hold), run, (wait for updates), end ---- */
static void on_delay_over(void *bot_call);
static void run(struct bot_call *bot_call);
static void on_poll_done(struct queue_poll *poll, bool is_conflict);
static void on_poll_timeout(void *bot_call);
static void end(struct bot_call *bot_call);

const char bot_call_garbage[] =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway"
    "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

struct bot_call *bot_call_new(struct door *door, const char *token, bot_call_ended ended, void *data) {
  struct bot *bot = bot_use(door->model, token);
  if (!bot) return NULL;
  struct bot_call *bot_call = memory_new(sizeof *bot_call);
  *bot_call = (struct bot_call){.door = door, .ended = ended, .data = data, .started_at = clock_now(door->clock)};
  bot_call->call.model = door->model;
  bot_call->call.bot = bot;
  bot_call->call.is_limited = door->has_limits;
  buffer_init(&bot_call->call.answer, JSON_WRITE_CEILING);
  DL_APPEND(door->bot_calls, bot_call);
  door->calls++;
  return bot_call;
}

void bot_call_free(struct bot_call *bot_call) {
  DL_DELETE(bot_call->door->bot_calls, bot_call);
  clock_stop(bot_call->door->clock, &bot_call->timer);
  queue_forget(bot_call->call.bot->queue, &bot_call->poll);
  parameter_list_release(&bot_call->own);
  free(bot_call->note);
  free(bot_call->method_copy);
  free(bot_call->path_copy);
  buffer_release(&bot_call->call.answer);
  free(bot_call);
}

int bot_call_refusal(const char *token, const char **description) {
  char *end;
  errno = 0;
  long long id = strtoll(token, &end, 10);
  bool has_number = end > token && *end == ':' && !errno && (*token == '-' || isdigit((unsigned char)*token));
  bool is_malformed = *token == '0' || strlen(token) > BOT_TOKEN_MAX || !strchr(token, ':');
  if (!is_malformed && !has_number) {
    *description = "Misdirected Request: unallowed token specified";
    return 421;
  }
  if (bot_is_token(token)) {
    *description = "Too Many Requests: the sandbox has room for no more bots";
    return 429;
  }
  is_malformed = is_malformed || id <= 0 || id >= (1LL << 54);
  *description = is_malformed ? "Unauthorized: invalid token specified" : "Unauthorized";
  return 401;
}

/* The query's parameters come first, because of those with the same name the first counts. */
void bot_call_read_json(struct bot_call *bot_call, const char *body, size_t size) {
  struct call *call = &bot_call->call;
  for (size_t i = 0; i < call->count; i++) {
    const struct server_parameter *given = &call->parameters[i];
    (void)parameter_list_add(&bot_call->own, given->name, given->value, given->size, given->file_name);
  }
  json_body_read(body, size, &bot_call->own);
  call->parameters = bot_call->own.items;
  call->count = bot_call->own.count;
}

/* ---- a call whose maker is gone ---- */

static void keep_parameters(struct bot_call *bot_call) {
  struct call *call = &bot_call->call;
  bool are_lent = call->parameters != bot_call->own.items;
  for (size_t i = 0; are_lent && i < call->count; i++) {
    const struct server_parameter *lent = &call->parameters[i];
    (void)parameter_list_add(&bot_call->own, lent->name, lent->value, lent->size, lent->file_name);
  }
  if (call->method) call->method = bot_call->method_copy = memory_copy_text(call->method);
  if (bot_call->path) bot_call->path = bot_call->path_copy = memory_copy_text(bot_call->path);
  call->parameters = bot_call->own.items;
  call->count = bot_call->own.count;
  call->take_file = NULL;
  bot_call->ended = NULL;
}

void bot_call_abandon(struct bot_call *bot_call) {
  bool is_polling = bot_call->poll.done != NULL;
  bool may_have_effect = bot_call->is_held || clock_is_started(&bot_call->timer);
  if (is_polling || !may_have_effect)
    bot_call_free(bot_call);
  else
    keep_parameters(bot_call);
}

static void fail_on_purpose(struct call *call, const struct fault *fault) {
  static const struct {
    int code;
    const char *description;
  } texts[] = {{400, "Bad Request: failed on purpose"},
               {401, "Unauthorized"},
               {403, "Forbidden: bot was blocked by the user"},
               {409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"},
               {500, "Internal Server Error: restart"}};
  call->retry_after = fault->retry_after;
  if (fault->code == 429) {
    call_fail(call, 429, "Too Many Requests: retry after %d", fault->retry_after);
    return;
  }
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (texts[i].code == fault->code) call_fail(call, fault->code, "%s", texts[i].description);
  }
}

static bool is_edit_of_media(const struct bot_call *bot_call) {
  return !bot_call->path && strcasecmp(bot_call->call.method, "editMessageMedia") == 0;
}

static bool is_same_message(const struct call *one, const struct call *other) {
  return one->bot == other->bot && call_integer(one, "chat_id", 0) == call_integer(other, "chat_id", 0) &&
         call_integer(one, "message_id", 0) == call_integer(other, "message_id", 0);
}

/* At Telegram a message has at most one edit of its media under way, and the later one wins. One that is late or held has not
 * reached Telegram yet. */
static void cancel_earlier_edit(struct bot_call *bot_call) {
  struct bot_call *other, *next;
  if (!is_edit_of_media(bot_call)) return;
  DL_FOREACH_SAFE(bot_call->door->bot_calls, other, next) {
    bool is_there = other->fault.kind != FAULT_LATE && other->fault.kind != FAULT_HOLD;
    bool is_earlier = other != bot_call && is_there && clock_is_started(&other->timer) && is_edit_of_media(other);
    if (!is_earlier || !is_same_message(&bot_call->call, &other->call)) continue;
    other->fault = (struct fault){0};
    call_fail(&other->call, 400, "Bad Request: canceled by new edit message request");
    end(other);
  }
}

/* Its maker is told that there is no answer, and the call goes on without it. */
static void end_without_maker(struct bot_call *bot_call) {
  bot_call_ended ended = bot_call->ended;
  keep_parameters(bot_call);
  ended(bot_call, bot_call->data);
  buffer_release(&bot_call->call.answer);
  buffer_init(&bot_call->call.answer, JSON_WRITE_CEILING);
}

void bot_call_start(struct bot_call *bot_call) {
  cancel_earlier_edit(bot_call);
  struct call *call = &bot_call->call;
  if (!bot_call->path) bot_call->note = request_log_note(bot_call->door->request_log, call);
  struct door *door = bot_call->door;
  bot_call->fault = faults_take(door->faults, bot_call->path ? "file" : call->method, call_integer(call, "chat_id", 0));
  bool is_poll = !bot_call->path && strcasecmp(call->method, "getUpdates") == 0;
  int64_t delay = (is_poll || bot_call->path ? 0 : door->delay_ms) + bot_call->fault.ms;
  bot_call->is_held = bot_call->fault.kind == FAULT_HOLD;
  if (bot_call->fault.kind == FAULT_LATE) end_without_maker(bot_call);
  if (bot_call->is_held) return;
  if (delay || bot_call->fault.kind == FAULT_LATE)
    clock_start(door->clock, &bot_call->timer, delay, on_delay_over, bot_call);
  else
    run(bot_call);
}

static void on_delay_over(void *data) {
  struct bot_call *bot_call = data;
  if (bot_call->fault.kind == FAULT_LATE) cancel_earlier_edit(bot_call);
  run(bot_call);
}

void bot_call_release_held(struct door *door, bool has_effect) {
  struct bot_call *bot_call, *next;
  DL_FOREACH_SAFE(door->bot_calls, bot_call, next) {
    if (!bot_call->is_held) continue;
    bot_call->is_held = false;
    bot_call->fault = (struct fault){.kind = has_effect ? FAULT_NONE : FAULT_DROP_BEFORE};
    clock_start(door->clock, &bot_call->timer, 0, on_delay_over, bot_call);
  }
}

/* Whether the fault comes instead of the call's effect. An empty answer with 200 stands for a call that had its effect. */
static bool comes_before(const struct fault *fault) {
  return fault->kind == FAULT_ERROR || fault->kind == FAULT_DROP_BEFORE || fault->kind == FAULT_GARBAGE ||
         (fault->kind == FAULT_EMPTY && fault->code != 200);
}

static void fetch_file(struct bot_call *bot_call) {
  struct call *call = &bot_call->call;
  const struct file *file = file_find_path(call->model, bot_call->path);
  call->status = 200;
  if (!file || file->size > FILE_MAX_DOWN || !buffer_add(&call->answer, file->data, file->size, NULL)) {
    call_fail(call, 404, "Not Found");
  }
}

static bool is_within_limits(struct bot_call *bot_call) {
  return !bot_call->door->has_limits || rate_limit_allow(&bot_call->call);
}

static void run(struct bot_call *bot_call) {
  struct call *call = &bot_call->call;
  if (comes_before(&bot_call->fault)) {
    call->status = bot_call->fault.code;
    if (bot_call->fault.kind == FAULT_ERROR) fail_on_purpose(call, &bot_call->fault);
    end(bot_call);
    return;
  }
  if (bot_call->path)
    fetch_file(bot_call);
  else if (!method_answers_give(bot_call->door->method_answers, call) && is_within_limits(bot_call))
    methods_run(call);
  if (call->status || !bot_call->ended) {
    end(bot_call);
    return;
  }
  bot_call->poll.done = on_poll_done;
  clock_start(bot_call->door->clock, &bot_call->timer, (int64_t)call->timeout_s * 1000, on_poll_timeout, bot_call);
  queue_wait(call->bot->queue, &bot_call->poll);
}

static void on_poll_done(struct queue_poll *poll, bool is_conflict) {
  struct bot_call *bot_call = (struct bot_call *)((char *)poll - offsetof(struct bot_call, poll));
  methods_answer_poll(&bot_call->call, is_conflict);
  end(bot_call);
}

static void on_poll_timeout(void *data) {
  struct bot_call *bot_call = data;
  queue_forget(bot_call->call.bot->queue, &bot_call->poll);
  on_poll_done(&bot_call->poll, false);
}

static void end(struct bot_call *bot_call) {
  struct door *door = bot_call->door;
  if (!bot_call->path)
    request_log_add(door->request_log, &bot_call->call, bot_call->note, bot_call->started_at, clock_now(door->clock));
  if (bot_call->ended) bot_call->ended(bot_call, bot_call->data);
  bot_call_free(bot_call);
}
