/* One getUpdates at a time. The offset confirms what the answer before has brought, at the moment when Telegram processes the
 * call; so a lost answer loses nothing. Ids are only compared within a batch: after a week of silence they jump, perhaps down.
 */
#include "updates/poll.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/script.h"
#include "telegram/telegram.h"

#ifndef POLL_BATCH_MAX
#define POLL_BATCH_MAX 100 /* updates of one getUpdates, as Telegram allows */
#endif

enum {
  POLL_SECONDS = 25,
  POLL_GRACE_MS = 10000, /* for the answer of a long poll to arrive */
  PACE_MS = 8,           /* between two polls while much is in hand: 12,500 updates/s go on coming where answers take long */
  BACKOFF_FIRST_MS = 500,
  BACKOFF_LAST_MS = 30000,
  WATCHDOG_TICK_MS = 10000,
  WATCHDOG_LIMIT_MS = 120000, /* several long polls without one success */
  STOP_TIMEOUT_MS = 3000,     /* for the last confirmation */
  REQUEST_CEILING = 8192,
  ANSWER_CEILING = 16 << 20, /* Telegram stops a batch at about 4 MiB, 2.1 */
};

struct poll {
  const struct updates_options *options;
  struct poll_owner owner;
  struct buffer request;
  struct telegram_call *call; /* while one is under way */
  struct clock_timer retry, pace, watchdog;
  int64_t offset;    /* 0: from the oldest */
  uint64_t batch;    /* the last that arrived; offset confirms it */
  unsigned failures; /* in a row */
  bool is_running, is_conflict_told;
  int64_t last_at, last_ticks; /* of the last success */
  void (*stopped)(void *data);
  void *stopped_data;
};

/* ---- the life of a poll, in order ---- */
static void ask(struct poll *poll); /* or wait for room */
static void on_updates(const struct telegram_answer *answer, void *data);
static bool take_batch(struct poll *poll, const char *body, size_t size);
static void on_failure(struct poll *poll, const struct telegram_answer *answer);
static void on_retry(void *data);
static void on_pace(void *data);
static void on_watchdog(void *data);

struct poll *poll_open(const struct updates_options *options, const struct poll_owner *owner) {
  struct poll *poll = memory_new(sizeof *poll);
  poll->options = options;
  poll->owner = *owner;
  buffer_init(&poll->request, REQUEST_CEILING);
  return poll;
}

static void cancel(struct poll *poll) {
  if (poll->call) telegram_call_cancel(poll->call);
  poll->call = NULL;
  clock_stop(poll->options->clock, &poll->retry);
  clock_stop(poll->options->clock, &poll->pace);
}

void poll_close(struct poll *poll) {
  if (!poll) return;
  cancel(poll);
  clock_stop(poll->options->clock, &poll->watchdog);
  buffer_release(&poll->request);
  free(poll);
}

int64_t poll_last_at(const struct poll *poll) { return poll->last_at; }

void poll_start(struct poll *poll) {
  poll->is_running = true;
  poll->last_ticks = clock_ticks(poll->options->clock);
  clock_start(poll->options->clock, &poll->watchdog, WATCHDOG_TICK_MS, on_watchdog, poll);
  ask(poll);
}

/* To finish what is in hand is cheaper than to begin more: each call in flight costs a connection and its memory. */
void poll_go_on(struct poll *poll) {
  if (!poll->is_running || poll->call || clock_is_started(&poll->retry)) return;
  if (!poll->owner.is_busy(poll->owner.data)) {
    ask(poll);
  } else if (!clock_is_started(&poll->pace)) {
    clock_start(poll->options->clock, &poll->pace, PACE_MS, on_pace, poll);
  }
}

void poll_restart(struct poll *poll) {
  if (!poll->is_running) return;
  cancel(poll);
  ask(poll);
}

static bool write_request(struct poll *poll, size_t limit, unsigned seconds) {
  buffer_clear(&poll->request);
  return buffer_format(&poll->request, NULL, "{\"offset\":%" PRId64 ",\"limit\":%zu,\"timeout\":%u,\"allowed_updates\":%s}",
                       poll->offset, limit, seconds, script_wanted_updates(poll->options->script));
}

static void ask(struct poll *poll) {
  clock_stop(poll->options->clock, &poll->pace);
  size_t room = poll->owner.room(poll->owner.data);
  if (!room || !poll->owner.may_confirm(poll->batch, poll->owner.data)) return; /* poll_go_on() comes */
  unsigned seconds = poll->options->poll_seconds ? poll->options->poll_seconds : POLL_SECONDS;
  if (!write_request(poll, room < POLL_BATCH_MAX ? room : POLL_BATCH_MAX, seconds))
    abort(); /* our own text, below its ceiling */
  struct telegram_request request = {
      .method = "getUpdates",
      .body = poll->request.data,
      .size = poll->request.size,
      .no_retry = true, /* how to go on is decided here */
      .timeout_ms = seconds * 1000 + POLL_GRACE_MS,
      .answer_ceiling = ANSWER_CEILING,
  };
  poll->call = telegram_start(poll->options->telegram, &request, on_updates, poll);
}

static void on_updates(const struct telegram_answer *answer, void *data) {
  struct poll *poll = data;
  poll->call = NULL;
  if (answer->error.kind || !take_batch(poll, answer->body, answer->size)) {
    on_failure(poll, answer);
    return;
  }
  if (poll->failures) log_info("updates are arriving again; failures=%u", poll->failures);
  poll->failures = 0;
  poll->is_conflict_told = false;
  poll->last_at = clock_now(poll->options->clock);
  poll->last_ticks = clock_ticks(poll->options->clock);
  poll_go_on(poll); /* unless a handler has done so already */
}

/* The end of the JSON object that begins at text, or NULL: only braces and strings matter. What is inside is checked when it is
 * decoded, each update once. */
static const char *object_end(const char *text, const char *end) {
  int depth = 0;
  bool in_string = false;
  for (; text < end; text++) {
    if (in_string) {
      if (*text == '\\') {
        text++; /* and what it escapes, which may be a quote */
      } else if (*text == '"') {
        in_string = false;
      }
    } else if (*text == '"') {
      in_string = true;
    } else if (*text == '{') {
      depth++;
    } else if (*text == '}' && --depth == 0) {
      return text + 1;
    }
  }
  return NULL;
}

static bool take_one(struct poll *poll, const char *text, const char *end, int64_t *next_offset) {
  int64_t update_id;
  struct error error = {0};
  if (poll->owner.take(text, (size_t)(end - text), poll->batch + 1, &update_id, &error, poll->owner.data)) {
    *next_offset = update_id + 1;
    return true;
  }
  log_error("can't take an update; error=%s", error.text);
  return false;
}

/* {"ok":true,"result":[{...},{...}]}. False: not that, or an update that can't be taken; those before it are in the inbox, and
 * come again without harm. */
static bool take_batch(struct poll *poll, const char *body, size_t size) {
  const char *end = body + size, *text = memchr(body, '[', size);
  uint64_t confirmed = poll->batch;
  int64_t offset = poll->offset, next_offset = poll->offset;
  size_t count = 0;
  bool ok = text != NULL;
  for (text = ok ? text + 1 : end; ok && text < end && *text != ']'; count++) {
    text += strspn(text, ", \r\n\t");
    const char *update_end = *text == '{' ? object_end(text, end) : NULL;
    ok = update_end && take_one(poll, text, update_end, &next_offset);
    text = update_end ? update_end + strspn(update_end, " \r\n\t") : end;
  }
  if (!ok) return false;
  poll->owner.confirmed(confirmed, offset, poll->owner.data);
  if (!count) return true;
  poll->batch++;
  poll->offset = next_offset;
  poll_go_on(poll); /* the next poll is on its way while this batch is worked on */
  poll->owner.taken(poll->batch, count, poll->owner.data);
  return true;
}

/* ---- when it fails ---- */

/* Doubles from half a second to half a minute, plus or minus a quarter, so that many hosts do not come back together. */
static int64_t backoff_ms(unsigned failures) {
  int64_t wait = BACKOFF_FIRST_MS;
  for (unsigned i = 1; i < failures && wait < BACKOFF_LAST_MS; i++) wait *= 2;
  if (wait > BACKOFF_LAST_MS) wait = BACKOFF_LAST_MS;
  return wait * 3 / 4 + random() % (wait / 2 + 1);
}

static void on_failure(struct poll *poll, const struct telegram_answer *answer) {
  const struct updates_options *options = poll->options;
  const char *text = answer->error.kind ? answer->error.text : "getUpdates: the answer is not a list of updates";
  if (answer->code == 401 || answer->code == 404) {
    poll->is_running = false;
    if (options->failed) options->failed(&answer->error, options->data);
    return;
  }
  poll->failures++;
  int64_t wait = answer->retry_after ? (int64_t)answer->retry_after * 1000 : backoff_ms(poll->failures);
  if (answer->code == 409) {
    if (!poll->is_conflict_told) {
      log_warn("another program polls this bot, or a webhook is set: only one can have the updates; error=%s", text);
    }
    poll->is_conflict_told = true;
    if (options->conflicted) options->conflicted(options->data);
  } else if (poll->failures <= 3 || poll->failures % 20 == 0) { /* told at first, then now and then */
    log_warn("can't get updates; error=%s failures=%u retry_ms=%lld", text, poll->failures, (long long)wait);
  }
  clock_start(options->clock, &poll->retry, wait, on_retry, poll);
}

static void on_retry(void *data) { ask(data); }
static void on_pace(void *data) { ask(data); }

/* A connection can be dead without anybody having said so. Only the last success counts. */
static void on_watchdog(void *data) {
  struct poll *poll = data;
  struct clock *clock = poll->options->clock;
  clock_start(clock, &poll->watchdog, WATCHDOG_TICK_MS, on_watchdog, poll);
  int64_t silence = clock_ticks(clock) - poll->last_ticks;
  if (!poll->is_running || !poll->call || silence < WATCHDOG_LIMIT_MS) return;
  log_warn("no successful getUpdates for long: the connection is dropped and made anew; silence_ms=%lld", (long long)silence);
  poll->last_ticks = clock_ticks(clock);
  cancel(poll);
  telegram_refresh(poll->options->telegram);
  ask(poll);
}

/* ---- the stop ---- */

static void on_confirmed(const struct telegram_answer *answer, void *data) {
  struct poll *poll = data;
  poll->call = NULL;
  if (answer->error.kind) {
    log_warn("can't tell Telegram what has arrived; error=%s", answer->error.text);
  } else {
    poll->owner.confirmed(poll->batch, poll->offset, poll->owner.data);
  }
  poll->stopped(poll->stopped_data);
}

static void on_nothing_to_confirm(void *data) {
  struct poll *poll = data;
  poll->stopped(poll->stopped_data);
}

void poll_stop(struct poll *poll, void (*stopped)(void *data), void *data) {
  assert(!poll->stopped);
  poll->is_running = false;
  poll->stopped = stopped;
  poll->stopped_data = data;
  cancel(poll);
  clock_stop(poll->options->clock, &poll->watchdog);
  if (!poll->batch || poll->options->is_durable) {
    clock_start(poll->options->clock, &poll->retry, 0, on_nothing_to_confirm, poll);
    return;
  }
  if (!write_request(poll, 1, 0)) abort();
  struct telegram_request request = {.method = "getUpdates",
                                     .body = poll->request.data,
                                     .size = poll->request.size,
                                     .no_retry = true,
                                     .timeout_ms = STOP_TIMEOUT_MS};
  poll->call = telegram_start(poll->options->telegram, &request, on_confirmed, poll);
}
