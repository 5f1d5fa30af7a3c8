/* A call waits for its turn (flood.c), is sent, and its answer decides whether it is repeated or ends. A call that is repeated
 * keeps its turn in the chat, so the chat's other calls never overtake it. */
#include "telegram/telegram.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/idle.h"
#include "common/log.h"
#include "common/memory.h"
#include "net/http.h"
#include "telegram/flood.h"
#include "telegram/redirect.h"
#include "telegram/transport.h"

enum {
  TIMEOUT_MS = 30000,
  MARGIN_MS = 1000, /* or a tenth: between the end of a call and that of its handler's time */
  UPLOAD_ANSWER_MS =
      120000, /* Telegram stores the file first, and the system's buffers may hold seconds of it on a slow line */
  ANSWER_CEILING = 8 << 20,
  TRIES = 5,
  FIRST_BACK_OFF_MS = 500, /* doubled each time: 7.5 s in all, enough for a router to reconnect */
  GUARDED_MS = 200,        /* between two tries of a call that may not leave yet */
  PAUSE_MS = 5000,         /* after a 429 without retry_after */
  PAUSE_CEILING_S = 3600,  /* then it is tried again, whatever the answer said: a wrong number must not be silence for years */
  LONG_PAUSE_S = 300,      /* told to the owner */
  TOLD_AGAIN_MS = 10000,   /* the log tells at most so often that calls are repeated */
};

struct telegram {
  struct transport transport;
  struct clock *clock;
  struct flood *flood;
  struct call_counts *counts;
  size_t in_flight;
  struct idle idle;
  int64_t told_at;                     /* ticks; when the log was told that a call is repeated. 0: never */
  telegram_paused long_paused, paused; /* NULL: nobody wants to know */
  void *long_paused_data, *paused_data;
  bool (*may_send)(void *data); /* NULL: always */
  void *guard_data;
};

struct telegram_call {
  struct telegram *telegram;
  struct telegram_request request;
  telegram_done done;
  void *data;
  struct flood_place place;
  void *sent;                /* the transport's, while it is under way */
  struct clock_timer timer;  /* between two tries; also reports a failed start from the loop */
  struct error *start_error; /* NULL: it has started */
  bool has_turn;             /* and is held */
  int64_t paused_ms;         /* asked for by Telegram, and not taken by telegram_call_take_pause() yet */
  unsigned tries;
  struct log_cause cause;
  struct redirect *redirect; /* NULL: its group has not migrated */
  char method[];
};

static void call_send(void *data);                                     /* its turn has come */
static void on_start_failed(void *data);                               /* the transport could not begin */
static void on_answered(const struct http_answer *answer, void *data); /* again, or the end */
static void call_end(struct telegram_call *call,
                     const struct telegram_answer *answer); /* gives up the turn, tells the owner, frees */

/* ---- what an answer means ---- */

static const char *status_name(int status) {
  switch (status) {
    case 413: return " Request Entity Too Large";
    case 429: return " Too Many Requests";
    case 500: return " Internal Server Error";
    case 502: return " Bad Gateway";
    case 503: return " Service Unavailable";
    case 504: return " Gateway Timeout";
    default: return "";
  }
}

/* A 5xx may come from a front end that does not know what the server behind it has done. A code below 300 is not a refusal of
 * Telegram's: some other program has answered. */
static enum error_kind kind_of_code(int code) {
  if (code >= 500 || code < 300) return ERROR_UNCERTAIN;
  return ERROR_REFUSED;
}

static const char *hint_for(int code, const char *description) {
  /* "Not Found" alone means a malformed token; for an unknown method there are more words. telegram/FACTS.md, Errors */
  bool is_token = code == 401 || (code == 404 && strcmp(description, "Not Found") == 0);
  if (is_token) return "; the bot's token is wrong or revoked: check BOT_TOKEN";
  return kind_of_code(code) == ERROR_UNCERTAIN ? "; the request may have taken effect" : "";
}

static void read_failure(const json_t *root, struct telegram_answer *answer) {
  const json_t *parameters = json_object_get(root, "parameters");
  const char *description = json_string_value(json_object_get(root, "description"));
  json_int_t code = json_integer_value(json_object_get(root, "error_code"));
  double retry_after = json_number_value(json_object_get(parameters, "retry_after"));
  if (description) answer->description = description;
  if (code > 0 && code < 1000) answer->code = (int)code;
  if (retry_after > 0) answer->retry_after = retry_after < PAUSE_CEILING_S ? (int)ceil(retry_after) : PAUSE_CEILING_S;
  answer->migrate_to_chat_id = json_integer_value(json_object_get(parameters, "migrate_to_chat_id"));
}

static void explain(const char *method, struct telegram_answer *answer) {
  enum error_kind kind = kind_of_code(answer->code);
  const char *hint = hint_for(answer->code, answer->description);
  if (*answer->description) {
    error_set(&answer->error, kind, "%s: %s%s", method, answer->description, hint);
  } else {
    error_set(&answer->error, kind, "%s: HTTP %d%s, not in Telegram's format%s", method, answer->code,
              status_name(answer->code), hint);
  }
}

/* Without the blanks behind it: some servers end an answer with a newline. */
static size_t json_size(const struct http_answer *http) {
  size_t size = http->size;
  while (size && strchr(" \t\r\n", http->body[size - 1])) size--; /* a NUL counts as one, too */
  return size;
}

/* Spares parsing: Telegram writes a success as {"ok":true,...} without blanks (telegram/FACTS.md, Answers), and a body that is
 * shorter than its Content-Length does not come here. */
static bool is_plain_success(int status, const char *body, size_t size) {
  static const char start[] = "{\"ok\":true";
  return status == 200 && size > sizeof start - 1 && memcmp(body, start, sizeof start - 1) == 0 && body[size - 1] == '}';
}

/* Given: the JSON that answer->description points into; json_decref(). NULL: nothing was parsed. */
static json_t *classify(const char *method, const struct http_answer *http, struct telegram_answer *answer) {
  *answer = (struct telegram_answer){
      .description = "", .code = http->status, .retry_after = http->retry_after, .body = "", .error = http->error};
  if (http->error.kind) return NULL;
  if (answer->retry_after > PAUSE_CEILING_S) answer->retry_after = PAUSE_CEILING_S;
  json_t *root = NULL;
  size_t size = json_size(http);
  bool ok = is_plain_success(http->status, http->body, size);
  if (!ok) {
    root = json_loadb(http->body, http->size, 0, NULL);
    ok = http->status == 200 && json_is_true(json_object_get(root, "ok"));
  }
  if (ok) {
    answer->body = http->body;
    answer->size = size;
  } else {
    read_failure(root, answer);
    explain(method, answer);
  }
  return root;
}

/* ---- the life of a call ---- */

static bool has_no_effect(const char *method) { return strncmp(method, "get", 3) == 0; }

/* Does it say something in its chat? What only asks about one, or sets what the bot is there (a menu), has no order with the
 * chat's messages, and a pause of it is none of the chat. Nor has a backup: a script that may not write to the admin for a
 * while must not keep the data from being saved. */
static bool is_of_chat(const struct telegram_request *request) {
  if (!request->chat_id || request->own_pauses) return false;
  return !has_no_effect(request->method) && strncmp(request->method, "setMy", 5) != 0;
}

/* THE rule whether a send may repeat; only a 429 and a migration are decided in on_answered(). To send twice is worse than not
 * to send: after an uncertain end the caller is told, and decides. */
static bool may_try_again(const struct telegram_call *call, const struct telegram_answer *answer) {
  if (call->request.no_retry || call->tries >= TRIES) return false;
  if (answer->error.kind == ERROR_NETWORK) return true;
  return answer->error.kind == ERROR_UNCERTAIN && has_no_effect(call->method);
}

static void on_progress(size_t sent, size_t received, void *data) {
  struct telegram_call *call = data;
  call->request.progress(sent, received, call->data);
}

/* Before whoever waits for the call gives up: else a message would be sent and its sender not told that it may have been. What
 * Telegram has made the call wait is not counted against it. */
static unsigned shorten(const struct telegram_call *call, unsigned timeout_ms) {
  if (!call->request.time_left || !timeout_ms) return timeout_ms;
  int64_t left = call->request.time_left(call->data) + call->paused_ms;
  left -= left / 10 < MARGIN_MS ? left / 10 : MARGIN_MS;
  if (left < 1) left = 1;
  return left < timeout_ms ? (unsigned)left : timeout_ms;
}

static void call_send(void *data) {
  struct telegram_call *call = data;
  const struct telegram_request *request = &call->request;
  struct telegram *telegram = call->telegram;
  if (request->is_held) {
    call->has_turn = true;
    return;
  }
  if (request->asker && telegram->may_send && !telegram->may_send(telegram->guard_data)) {
    clock_start(telegram->clock, &call->timer, GUARDED_MS, call_send, call);
    return;
  }
  struct transport_request transport = {
      .method = call->method,
      .body = request->body,
      .size = request->size,
      .parts = request->parts,
      .part_count = request->part_count,
      .timeout_ms = shorten(call, request->timeout_ms ? request->timeout_ms : TIMEOUT_MS),
      .answer_timeout_ms = shorten(call, request->timeout_ms || !request->part_count ? 0 : UPLOAD_ANSWER_MS),
      .own_connection = request->own_connection,
      .asker = request->asker,
      .answer_ceiling = request->answer_ceiling ? request->answer_ceiling : ANSWER_CEILING,
      .progress = request->progress ? on_progress : NULL,
  };
  call->tries++;
  struct error error;
  call->sent = telegram->transport.start(telegram->transport.self, &transport, on_answered, call, &error);
  if (call->sent) return;
  error_keep(&call->start_error, &error);
  clock_start(telegram->clock, &call->timer, 0, on_start_failed, call);
}

static void on_start_failed(void *data) {
  struct telegram_call *call = data;
  struct telegram_answer answer = {.error = *call->start_error, .description = "", .body = ""};
  struct log_cause before = log_because(call->cause);
  call_end(call, &answer);
  (void)log_because(before);
}

/* A refusal that names the group's new id had no effect, so the call is repeated with that id, once. Scripts that stored the
 * old id go on working. telegram/FACTS.md, Migration */
static bool may_follow(struct telegram_call *call, const struct telegram_answer *answer) {
  if (!answer->migrate_to_chat_id || call->redirect || answer->error.kind != ERROR_REFUSED) return false;
  call->redirect = redirect_new(&call->request, answer->migrate_to_chat_id);
  return call->redirect != NULL;
}

static void log_pause(const struct telegram_call *call, int seconds) {
  if (is_of_chat(&call->request)) {
    log_info("Telegram asks for a pause in a chat; method=%s chat=%lld seconds=%d", call->method,
             (long long)call->request.chat_id, seconds);
  } else {
    log_warn("Telegram asks for a pause of this method, all else goes on; method=%s seconds=%d", call->method, seconds);
  }
}

/* Logged once for each pause of a line; an owner that decides how to go on logs by itself. */
static void call_pause(struct telegram_call *call, int seconds) {
  struct telegram *telegram = call->telegram;
  int64_t ms = seconds ? seconds * (int64_t)1000 : PAUSE_MS;
  bool is_owners = call->request.no_retry, is_first = !is_owners && flood_pause(telegram->flood, &call->place, ms);
  const struct telegram_pause pause = {call->method, call->request.chat_id, (int)(ms / 1000), is_of_chat(&call->request)};
  call->paused_ms += ms;
  call_counts_add_pause(telegram->counts, call->method, ms);
  if (is_first) log_pause(call, (int)(ms / 1000));
  if (is_first && telegram->paused) telegram->paused(&pause, telegram->paused_data);
  if ((is_first || is_owners) && seconds >= LONG_PAUSE_S && telegram->long_paused)
    telegram->long_paused(&pause, telegram->long_paused_data);
}

/* At the first failure, not after the last try: until then the operator would see nothing. */
static void call_try_again(struct telegram_call *call, const struct error *error) {
  struct telegram *telegram = call->telegram;
  int64_t now = clock_ticks(telegram->clock);
  if (!telegram->told_at || now - telegram->told_at >= TOLD_AGAIN_MS) {
    telegram->told_at = now;
    log_warn("a call of Telegram failed and is tried again; error=%s", error->text);
  }
  clock_start(telegram->clock, &call->timer, FIRST_BACK_OFF_MS << (call->tries - 1), call_send, call);
}

static void on_answered(const struct http_answer *http, void *data) {
  struct telegram_call *call = data;
  struct telegram_answer answer;
  struct log_cause before = log_because(call->cause);
  json_t *root = classify(call->method, http, &answer);
  call->sent = NULL;
  bool is_paused = answer.code == 429;
  if (is_paused) call_pause(call, answer.retry_after);
  if (is_paused && !call->request.no_retry) {
    call->tries = 0; /* the connection works; flood.c sends again */
  } else if (may_follow(call, &answer)) {
    call_send(call);
  } else if (may_try_again(call, &answer)) {
    call_try_again(call, &answer.error);
  } else {
    call_end(call, &answer);
  }
  json_decref(root);
  (void)log_because(before);
}

static void call_leave(struct telegram_call *call) {
  struct telegram *telegram = call->telegram;
  clock_stop(telegram->clock, &call->timer);
  flood_leave(telegram->flood, &call->place);
  redirect_free(call->redirect);
  free(call->start_error);
  telegram->in_flight--;
  idle_check(&telegram->idle);
}

/* Whatever its owner does about it: a script may look at no error, and then nobody would know why there was no reply. */
static void log_lost(const struct telegram_call *call, const struct error *error) {
  char chat[24];
  (void)snprintf(chat, sizeof chat, "%lld", (long long)call->request.chat_id);
  log_warn("a call of Telegram has no answer; method=%s chat=%s kind=%s error=%s", call->method,
           call->request.chat_id ? chat : NULL, error_kind_name(error->kind), error->text);
}

/* Gives up the turn before `done`, so that the chat's next call is on its way while `done` runs. */
static void call_end(struct telegram_call *call, const struct telegram_answer *answer) {
  struct telegram_answer told = *answer;
  enum error_kind kind = answer->error.kind;
  bool is_lost = kind == ERROR_UNCERTAIN || kind == ERROR_NETWORK;
  if (is_lost && !call->request.no_retry && !has_no_effect(call->method)) log_lost(call, &answer->error);
  told.paused_ms = call->paused_ms;
  call_counts_add(call->telegram->counts, call->method, kind);
  call_leave(call);
  call->done(&told, call->data);
  free(call);
}

struct telegram_call *telegram_start(struct telegram *telegram, const struct telegram_request *request, telegram_done done,
                                     void *data) {
  size_t method_size = strlen(request->method) + 1;
  struct telegram_call *call = memory_new(sizeof *call + method_size);
  memcpy(call->method, request->method, method_size);
  call->telegram = telegram;
  call->cause = log_current_cause();
  call->request = *request;
  call->request.method = call->method;
  call->done = done;
  call->data = data;
  telegram->in_flight++;
  struct flood_key key = {.chat_id = request->chat_id, .method = is_of_chat(request) ? NULL : call->method};
  if (flood_join(telegram->flood, &call->place, request->no_retry ? NULL : &key, request->out_of_order, call_send, call)) {
    call_send(call);
  }
  return call;
}

void telegram_call_cancel(struct telegram_call *call) {
  struct transport *transport = &call->telegram->transport;
  if (call->sent) transport->cancel(transport->self, call->sent);
  call_leave(call);
  free(call);
}

bool telegram_call_has_turn(const struct telegram_call *call) { return call->has_turn; }

void telegram_call_release(struct telegram_call *call) {
  call->request.is_held = false;
  if (call->has_turn) call_send(call);
}

int64_t telegram_call_take_pause(struct telegram_call *call) {
  int64_t own = call->paused_ms, left = flood_pause_left(&call->place, call->telegram->flood);
  call->paused_ms = 0;
  return own > left ? own : left;
}

/* ---- life ---- */

static bool is_busy(const void *owner) { return ((const struct telegram *)owner)->in_flight != 0; }

struct telegram *telegram_open(struct transport transport, struct clock *clock) {
  struct telegram *telegram = memory_new(sizeof *telegram);
  telegram->transport = transport;
  telegram->clock = clock;
  telegram->flood = flood_new(clock);
  telegram->counts = call_counts_new();
  idle_init(&telegram->idle, clock, is_busy, telegram);
  return telegram;
}

void telegram_close(struct telegram *telegram) {
  if (!telegram) return;
  assert(!telegram->in_flight);
  idle_release(&telegram->idle);
  flood_free(telegram->flood);
  call_counts_free(telegram->counts);
  telegram->transport.close(telegram->transport.self);
  free(telegram);
}

void telegram_on_idle(struct telegram *telegram, struct idle_waiter *waiter, void (*idle)(void *data), void *data) {
  idle_wait(&telegram->idle, waiter, idle, data);
}

void telegram_on_long_pause(struct telegram *telegram, telegram_paused paused, void *data) {
  telegram->long_paused = paused;
  telegram->long_paused_data = data;
}

void telegram_on_pause(struct telegram *telegram, telegram_paused paused, void *data) {
  telegram->paused = paused;
  telegram->paused_data = data;
}

void telegram_hold(struct telegram *telegram, const struct telegram_pause *pause) {
  const struct flood_key key = {.chat_id = pause->chat_id, .method = pause->is_of_chat ? NULL : pause->method};
  int seconds = pause->seconds < PAUSE_CEILING_S ? pause->seconds : PAUSE_CEILING_S;
  flood_hold(telegram->flood, &key, seconds * (int64_t)1000);
}

void telegram_set_guard(struct telegram *telegram, bool (*may_send)(void *data), void *data) {
  telegram->may_send = may_send;
  telegram->guard_data = data;
}

void telegram_refresh(struct telegram *telegram) { telegram->transport.refresh(telegram->transport.self); }
const struct transport *telegram_transport(const struct telegram *telegram) { return &telegram->transport; }
const struct call_counts *telegram_counts(const struct telegram *telegram) { return telegram->counts; }
size_t telegram_in_flight(const struct telegram *telegram) { return telegram->in_flight; }
struct clock *telegram_clock(const struct telegram *telegram) { return telegram->clock; }
