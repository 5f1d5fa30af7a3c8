/* An exchange is a call from its arrival to its answer, whoever carries it. Faults are taken when it arrives and obeyed when it
 * runs, so that a test which arranges a fault for the next call gets it on that call, however long a delay holds it. */
#include "sandbox/exchange.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/error.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/file.h"
#include "sandbox/journal.h"
#include "sandbox/methods.h"
#include "sandbox/model.h"
#include "sandbox/site.h"
#include "sandbox/write.h"

/* ---- the life of an exchange, in order: start, (delay), run, (wait for updates), end ---- */
static void on_delay_over(void *exchange);
static void run(struct exchange *exchange);
static void on_poll_done(struct queue_poll *poll, bool is_conflict);
static void on_poll_timeout(void *exchange);
static void end(struct exchange *exchange);

const char exchange_garbage[] =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway"
    "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

struct exchange *exchange_new(struct site *site, const char *token, exchange_ended ended, void *data) {
  struct bot *bot = model_use_bot(site->model, token);
  if (!bot) return NULL;
  struct exchange *exchange = memory_new(sizeof *exchange);
  *exchange = (struct exchange){.site = site, .ended = ended, .data = data, .started_at = clock_now(site->clock)};
  exchange->call.model = site->model;
  exchange->call.bot = bot;
  buffer_init(&exchange->call.answer, WRITE_CEILING);
  DL_APPEND(site->exchanges, exchange);
  site->calls++;
  return exchange;
}

void exchange_free(struct exchange *exchange) {
  DL_DELETE(exchange->site->exchanges, exchange);
  clock_stop(exchange->site->clock, &exchange->timer);
  queue_forget(exchange->call.bot->queue, &exchange->poll);
  for (size_t i = 0; i < exchange->own_count; i++) free(exchange->dumps[i]);
  free(exchange->dumps);
  free(exchange->own);
  json_decref(exchange->body);
  buffer_release(&exchange->call.answer);
  free(exchange);
}

/* The query wins over the body, so it comes first. What is no string stays the JSON text that it was. */
void exchange_read_json(struct exchange *exchange, const char *body, size_t size) {
  struct call *call = &exchange->call;
  exchange->body = size ? json_loadb(body, size, JSON_ALLOW_NUL, NULL) : NULL;
  if (!json_is_object(exchange->body)) return;
  size_t total = call->count + json_object_size(exchange->body), i = 0;
  exchange->own = memory_new((total + 1) * sizeof *exchange->own);
  exchange->dumps = memory_new((total + 1) * sizeof(char *));
  for (; i < call->count; i++) exchange->own[i] = call->parameters[i];
  const char *name;
  json_t *value;
  json_object_foreach(exchange->body, name, value) {
    if (!json_is_string(value)) exchange->dumps[i] = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *text = exchange->dumps[i] ? exchange->dumps[i] : json_string_value(value);
    size_t length = exchange->dumps[i] ? strlen(text) : json_string_length(value);
    exchange->own[i++] = (struct server_parameter){.name = name, .value = text, .size = length};
  }
  exchange->own_count = i;
  call->parameters = exchange->own;
  call->count = i;
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

static bool is_edit_of_media(const struct exchange *exchange) {
  return !exchange->path && strcasecmp(exchange->call.method, "editMessageMedia") == 0;
}

static bool is_same_message(const struct call *one, const struct call *other) {
  return one->bot == other->bot && call_integer(one, "chat_id", 0) == call_integer(other, "chat_id", 0) &&
         call_integer(one, "message_id", 0) == call_integer(other, "message_id", 0);
}

/* A message has one edit of its media under way at a time, and the later one wins: telegram/FACTS.md, Editing. */
static void cancel_earlier_edit(struct exchange *exchange) {
  struct exchange *other, *next;
  if (!is_edit_of_media(exchange)) return;
  DL_FOREACH_SAFE(exchange->site->exchanges, other, next) {
    bool is_earlier = other != exchange && clock_is_started(&other->timer) && is_edit_of_media(other);
    if (!is_earlier || !is_same_message(&exchange->call, &other->call)) continue;
    other->fault = (struct fault){0};
    call_fail(&other->call, 400, "Bad Request: canceled by new edit message request");
    end(other);
  }
}

void exchange_start(struct exchange *exchange) {
  cancel_earlier_edit(exchange);
  struct call *call = &exchange->call;
  struct site *site = exchange->site;
  exchange->fault = faults_take(site->faults, exchange->path ? "file" : call->method, call_integer(call, "chat_id", 0));
  bool is_poll = !exchange->path && strcasecmp(call->method, "getUpdates") == 0;
  int64_t delay = is_poll || exchange->path ? 0 : site->delay_ms;
  if (exchange->fault.kind == FAULT_DELAY) delay += exchange->fault.ms;
  if (delay)
    clock_start(site->clock, &exchange->timer, delay, on_delay_over, exchange);
  else
    run(exchange);
}

static void on_delay_over(void *exchange) { run(exchange); }

/* An empty 200 is a success that nobody hears of; all other spoilt answers come instead of the effect. */
static bool comes_before(const struct fault *fault) {
  return fault->kind == FAULT_ERROR || fault->kind == FAULT_DROP_BEFORE || fault->kind == FAULT_GARBAGE ||
         (fault->kind == FAULT_EMPTY && fault->code != 200);
}

static void fetch_file(struct exchange *exchange) {
  struct call *call = &exchange->call;
  const struct file *file = file_find_path(call->model, exchange->path);
  call->status = 200;
  if (!file || file->size > FILE_MAX_DOWN || !buffer_add(&call->answer, file->data, file->size, NULL)) {
    call_fail(call, 404, "Not Found");
  }
}

static void run(struct exchange *exchange) {
  struct call *call = &exchange->call;
  if (comes_before(&exchange->fault)) {
    call->status = exchange->fault.code;
    if (exchange->fault.kind == FAULT_ERROR) fail_on_purpose(call, &exchange->fault);
    end(exchange);
    return;
  }
  if (exchange->path)
    fetch_file(exchange);
  else if (!exchange->site->has_limits || limits_allow(exchange->site, call))
    methods_run(call);
  if (call->status) {
    end(exchange);
    return;
  }
  exchange->poll.done = on_poll_done;
  clock_start(exchange->site->clock, &exchange->timer, (int64_t)call->timeout_s * 1000, on_poll_timeout, exchange);
  queue_wait(call->bot->queue, &exchange->poll);
}

static void on_poll_done(struct queue_poll *poll, bool is_conflict) {
  struct exchange *exchange = (struct exchange *)((char *)poll - offsetof(struct exchange, poll));
  methods_answer_poll(&exchange->call, is_conflict);
  end(exchange);
}

static void on_poll_timeout(void *data) {
  struct exchange *exchange = data;
  queue_forget(exchange->call.bot->queue, &exchange->poll);
  on_poll_done(&exchange->poll, false);
}

static void end(struct exchange *exchange) {
  struct site *site = exchange->site;
  if (!exchange->path) journal_add(site->journal, &exchange->call, exchange->started_at, clock_now(site->clock));
  exchange->ended(exchange, exchange->data);
  exchange_free(exchange);
}
