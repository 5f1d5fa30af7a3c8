/* Receives updates by a webhook. Telegram sends one update a request, and of one chat the next only after the answer to the one
 * before; whatever is not answered with 200 comes again. So an update is answered when it is in the inbox, or where the host is
 * durable, when a backup has it, and while there is no room the answer waits.
 *
 * An answer may get lost, and then its update comes again. Nothing tells which answers have arrived, so the newest
 * RECEIVER_REMEMBERED updates stay known to the inbox: many times what Telegram can have under way at once. That is a count and
 * no time, because while the way to Telegram is broken nothing new comes.
 *
 * Where handlers may reply by the answer, it is given when the update's handler has ended or waits, which is before the request
 * returns to the loop: a handler that can't begin then has no say in it. A durable host's answer, which waits for the backup,
 * has the reply with it. So nobody sees a reply whose result is then lost, and none is made twice.
 *
 * Each update is a batch of its own, in the words of intake.h. */
#include "updates/receiver.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "net/server.h"
#include "updates/roster.h"
#include "updates/webhook_reply.h"
#include "updates/webhook_setting.h"

#ifndef RECEIVER_REMEMBERED
#define RECEIVER_REMEMBERED 2000 /* updates; their ids are rows of each backup */
#endif

enum {
  SECRET_BYTES = 32,
  SECRET_SIZE = 2 * SECRET_BYTES + 1,
  MAY_TAKE_MS = 200, /* between two questions whether it may go on */
  REFUSED_TOLD_AGAIN_MS = 10000,
};

static const char *const come_again[] = {"Retry-After: 1", "Connection: close", NULL}; /* a proxy may know a better host */

struct receiver {
  const struct updates_options *options;
  struct intake intake;
  struct webhook_setting *setting;
  char secret[SECRET_SIZE];
  struct waiting *held;            /* requests that are not taken in yet, in order of arrival */
  struct waiting *unsaved;         /* durable: those that wait for a backup, in the order of their batches */
  struct waiting *open;            /* whose handler may begin now, and reply; NULL: none */
  struct webhook_replies *replies; /* NULL: no handler may */
  uint64_t batch;                  /* the last that was taken */
  uint64_t confirmed;              /* the last that may be forgotten */
  bool is_running, is_working;
  struct clock_timer retry;
  uint64_t refused;           /* requests with a wrong secret */
  int64_t refused_told_ticks; /* 0: never */
  int64_t passed_told_ticks;
  int64_t last_at; /* ms since 1970, of the last update */
  void (*stopped)(void *data);
  void *stopped_data;
};

struct waiting { /* a request that has no answer yet */
  struct receiver *receiver;
  struct server_request *request;
  uint64_t batch; /* 0: it is held */
  int64_t update_id;
  struct webhook_reply *reply; /* NULL: an empty answer */
  struct waiting *prev, *next;
};

/* ---- the life of a request, in order ---- */
static bool is_secret(const struct receiver *receiver, const struct server_request *request);
static bool may_take(struct receiver *receiver); /* else it is held */
static void take_in(struct receiver *receiver, struct server_request *request);
static void hand_over(struct receiver *receiver, struct server_request *request, int64_t update_id);
static void answer_saved(struct receiver *receiver);

/* Nobody can guess it, and it is of this start: a host that was replaced does not know that of its successor. Where several
 * hosts are behind one address, it is the first one's. */
static void make_secret(char secret[static SECRET_SIZE]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char bytes[SECRET_BYTES];
  ssize_t size;
  do size = getrandom(bytes, sizeof bytes, 0);
  while (size < 0 && errno == EINTR);
  if (size != sizeof bytes) abort(); /* so few bytes come in one piece: getrandom(2) */
  for (size_t i = 0; i < sizeof bytes; i++) {
    secret[2 * i] = digits[bytes[i] >> 4];
    secret[2 * i + 1] = digits[bytes[i] & 15];
  }
  secret[SECRET_SIZE - 1] = '\0';
}

struct receiver *receiver_open(const struct updates_options *options, const struct intake *intake, struct error *error) {
  struct receiver *receiver = memory_new(sizeof *receiver);
  receiver->options = options;
  receiver->intake = *intake;
  make_secret(receiver->secret);
  if (options->database && !roster_share_secret(options->database, receiver->secret, SECRET_SIZE - 1, error)) {
    free(receiver);
    return NULL;
  }
  receiver->setting = webhook_setting_open(options, receiver->secret);
  if (options->webhook.replies) receiver->replies = webhook_replies_new(options->telegram, options->clock);
  return receiver;
}

void receiver_start(struct receiver *receiver) {
  receiver->is_running = true;
  webhook_setting_start(receiver->setting);
}

void receiver_renew(struct receiver *receiver) {
  if (receiver->is_running) webhook_setting_start(receiver->setting);
}

/* ---- waiting requests ---- */

/* Telegram gets no answer, or not soon. */
static void send_reply(struct waiting *waiting) {
  if (waiting->reply) webhook_reply_send(waiting->reply);
  waiting->reply = NULL;
}

static void forget(struct waiting *waiting) {
  struct receiver *receiver = waiting->receiver;
  if (receiver->open == waiting) receiver->open = NULL;
  if (waiting->batch)
    DL_DELETE(receiver->unsaved, waiting);
  else
    DL_DELETE(receiver->held, waiting);
  free(waiting);
}

/* An update that was taken stays, and is known when Telegram sends it again. */
static void on_gone(void *data) {
  send_reply(data);
  forget(data);
}

static struct waiting *await(struct receiver *receiver, struct server_request *request, uint64_t batch, int64_t update_id) {
  struct waiting *waiting = memory_new(sizeof *waiting);
  *waiting = (struct waiting){.receiver = receiver, .request = request, .batch = batch, .update_id = update_id};
  if (batch)
    DL_APPEND(receiver->unsaved, waiting);
  else
    DL_APPEND(receiver->held, waiting);
  server_on_gone(request, on_gone, waiting);
  return waiting;
}

/* Takes the request from the list. */
static struct server_request *release(struct waiting *waiting) {
  struct server_request *request = waiting->request;
  server_on_gone(request, NULL, NULL);
  forget(waiting);
  return request;
}

static void reply(struct server_request *request, int status, const char *const *headers) {
  server_reply(request, status, NULL, NULL, 0, headers);
}

/* The update is taken. Its reply is given again where Telegram asks again. */
static void accept(struct receiver *receiver, const struct waiting *waiting, struct server_request *request) {
  if (waiting->reply)
    webhook_reply_answer(waiting->reply, waiting->update_id, request);
  else if (!receiver->replies || !webhook_replies_repeat(receiver->replies, waiting->update_id, request))
    reply(request, 200, NULL);
}

static void refuse_all(struct waiting *first) {
  for (struct waiting *waiting = first, *next; waiting; waiting = next) {
    next = waiting->next;
    send_reply(waiting);
    reply(release(waiting), 503, come_again);
  }
}

void receiver_close(struct receiver *receiver) {
  if (!receiver) return;
  refuse_all(receiver->held);
  refuse_all(receiver->unsaved);
  webhook_replies_free(receiver->replies);
  clock_stop(receiver->options->clock, &receiver->retry);
  webhook_setting_close(receiver->setting);
  explicit_bzero(receiver->secret, sizeof receiver->secret);
  free(receiver);
}

/* ---- a request ---- */

/* In a time that does not tell how much of it is right. */
static bool is_secret(const struct receiver *receiver, const struct server_request *request) {
  const char *given = server_header(request, "X-Telegram-Bot-Api-Secret-Token");
  if (!given || strlen(given) != SECRET_SIZE - 1) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < SECRET_SIZE - 1; i++) difference |= (unsigned char)(given[i] ^ receiver->secret[i]);
  return difference == 0;
}

/* Where another host has set the same address, Telegram sends its secret here: is that our successor? */
static void tell_refused(struct receiver *receiver) {
  const struct updates_options *options = receiver->options;
  int64_t now = clock_ticks(options->clock) + 1;
  receiver->refused++;
  if (receiver->refused_told_ticks && now - receiver->refused_told_ticks < REFUSED_TOLD_AGAIN_MS) return;
  receiver->refused_told_ticks = now;
  log_warn("the webhook was asked with a wrong secret: by another host of this bot, or by a stranger; refused=%llu",
           (unsigned long long)receiver->refused);
  if (options->conflicted) options->conflicted(options->data);
}

void receiver_admit(struct receiver *receiver, const struct server_request *request, struct server_refusal *refusal) {
  static const char *const only_post[] = {"Allow: POST", NULL};
  if (strcmp(server_method(request), "POST") != 0) {
    *refusal = (struct server_refusal){405, only_post};
  } else if (!receiver->is_running) { /* before the secret, which Telegram may not have been told yet */
    *refusal = (struct server_refusal){503, come_again};
  } else if (!is_secret(receiver, request)) {
    tell_refused(receiver);
    refusal->status = 401;
  }
}

void receiver_take(struct receiver *receiver, struct server_request *request) {
  if (!receiver->is_running) /* the stop has begun while its body came */
    reply(request, 503, come_again);
  else if (receiver->held || !may_take(receiver))
    (void)await(receiver, request, 0, 0);
  else
    take_in(receiver, request);
}

static void on_retry(void *data) { receiver_go_on(data); }

static bool may_take(struct receiver *receiver) {
  const struct updates_options *options = receiver->options;
  if (!receiver->intake.room(receiver->intake.data)) return false; /* receiver_go_on() comes */
  if (!options->may_poll || options->may_poll(options->data)) return true;
  clock_start(options->clock, &receiver->retry, MAY_TAKE_MS, on_retry, receiver);
  return false;
}

/* In one call for many, because each looks through all that is not confirmed. */
static void forget_old(struct receiver *receiver) {
  uint64_t kept = receiver->batch - receiver->confirmed;
  if (kept < RECEIVER_REMEMBERED + RECEIVER_REMEMBERED / 4 + 1) return;
  uint64_t last = receiver->batch - RECEIVER_REMEMBERED;
  if (!receiver->intake.may_confirm(last, receiver->intake.data)) return;
  receiver->confirmed = last;
  receiver->intake.confirmed(last, INT64_MAX, receiver->intake.data);
}

/* What can't be read will not be readable when it comes again: Telegram is told that it has arrived, and the log says so. */
static void take_in(struct receiver *receiver, struct server_request *request) {
  const struct intake *intake = &receiver->intake;
  struct clock *clock = receiver->options->clock;
  struct arrival arrival = {.batch = receiver->batch + 1};
  struct error error;
  arrival.size = server_body(request, &arrival.json);
  enum intake_result result = intake->take(&arrival, &error, intake->data);
  if (result == INTAKE_LATER) {
    log_error("can't take an update; error=%s", error.text);
    reply(request, 503, come_again);
    return;
  }
  if (result == INTAKE_PASSED) {
    intake_tell_passed(clock, &receiver->passed_told_ticks, arrival.json, arrival.size, &error);
    reply(request, 200, NULL);
    return;
  }
  receiver->last_at = clock_now(clock);
  hand_over(receiver, request, arrival.id);
}

/* The update is in the inbox: it is worked on, and answered before that, after that, or when it is saved. */
static void hand_over(struct receiver *receiver, struct server_request *request, int64_t update_id) {
  const struct intake *intake = &receiver->intake;
  struct waiting here = {.receiver = receiver, .request = request, .batch = ++receiver->batch, .update_id = update_id};
  bool is_durable = intake->is_durable, may_reply = receiver->replies != NULL;
  struct waiting *open = is_durable ? await(receiver, request, here.batch, update_id) : &here;
  if (!is_durable && !may_reply) reply(request, 200, NULL);
  forget_old(receiver);
  receiver->open = may_reply ? open : NULL;
  intake->taken(here.batch, 1, intake->data);
  receiver->open = NULL;
  if (!is_durable && may_reply) accept(receiver, &here, request);
}

bool receiver_reply(struct receiver *receiver, uint64_t batch, const struct telegram_request *request) {
  struct waiting *open = receiver->open;
  if (!open || open->batch != batch || open->reply || !receiver->is_running) return false;
  open->reply = webhook_replies_hold(receiver->replies, request);
  return open->reply != NULL;
}

/* What it says next in the chat must not come before. */
void receiver_begin_wait(struct receiver *receiver, uint64_t batch) {
  struct waiting *open = receiver->open;
  if (open && open->batch == batch && open->reply && webhook_reply_is_of_chat(open->reply)) send_reply(open);
}

void receiver_note_chat(struct receiver *receiver, int64_t chat_id) {
  if (receiver->replies) webhook_replies_arrived(receiver->replies, chat_id);
}

/* ---- later ---- */

static void answer_saved(struct receiver *receiver) {
  while (receiver->unsaved && receiver->intake.may_confirm(receiver->unsaved->batch, receiver->intake.data)) {
    struct waiting saved = *receiver->unsaved;
    accept(receiver, &saved, release(receiver->unsaved));
  }
}

/* A handler that ends within take_in() leads here again, where the first call goes on anyway. */
void receiver_go_on(struct receiver *receiver) {
  answer_saved(receiver);
  if (receiver->is_working) return;
  receiver->is_working = true;
  while (receiver->is_running && receiver->held && may_take(receiver)) take_in(receiver, release(receiver->held));
  receiver->is_working = false;
}

void receiver_refuse_waiting(struct receiver *receiver) { refuse_all(receiver->unsaved); }

static void on_stopped(void *data) {
  struct receiver *receiver = data;
  receiver->stopped(receiver->stopped_data);
}

void receiver_stop(struct receiver *receiver, void (*stopped)(void *data), void *data) {
  assert(!receiver->stopped);
  receiver->is_running = false;
  receiver->stopped = stopped;
  receiver->stopped_data = data;
  webhook_setting_stop(receiver->setting);
  refuse_all(receiver->held);
  for (struct waiting *waiting = receiver->unsaved; waiting; waiting = waiting->next) send_reply(waiting);
  if (receiver->replies) webhook_replies_stop(receiver->replies);
  clock_start(receiver->options->clock, &receiver->retry, 0, on_stopped, receiver);
}

void receiver_status(const struct receiver *receiver, struct updates_status *status) {
  const struct waiting *each;
  status->last_poll_at = receiver->last_at;
  status->refused = receiver->refused;
  status->replies = receiver->replies ? webhook_replies_count(receiver->replies) : 0;
  status->is_webhook_set = receiver->is_running && webhook_setting_is_set(receiver->setting);
  DL_COUNT(receiver->held, each, status->held);
  DL_COUNT(receiver->unsaved, each, status->unsaved);
}
