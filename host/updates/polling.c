/* One getUpdates is under way at a time. Its offset confirms what the answer before has brought, at the moment when Telegram
 * processes the call, so a lost answer loses nothing. Ids are compared only within a batch: after a week of silence they jump,
 * perhaps down. */
#include "updates/polling.h"

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

enum {
  BATCH_MAX = 100, /* Telegram gives no more at once */
  POLL_SECONDS = 25,
  POLL_GRACE_MS = 10000, /* for the answer of a long poll to arrive */
  PACE_MS = 8,           /* between two polls while many updates are unfinished: still 12,500 updates/s */
  BACKOFF_FIRST_MS = 500,
  BACKOFF_LAST_MS = 30000,
  WATCHDOG_TICK_MS = 10000,
  WATCHDOG_LIMIT_MS = 120000, /* several long polls without one success */
  STOP_TIMEOUT_MS = 3000,     /* for the last confirmation */
  REQUEST_CEILING = 8192,
  ANSWER_CEILING = 16 << 20, /* Telegram ends a batch at about 4 MiB */
};

struct polling {
  const struct updates_options *options;
  struct polling_owner owner;
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

/* ---- the life of a polling, in order ---- */
static void ask(struct polling *polling); /* or wait for room */
static void on_updates(const struct telegram_answer *answer, void *data);
static bool take_batch(struct polling *polling, const char *body, size_t size);
static void on_failure(struct polling *polling, const struct telegram_answer *answer);
static void on_retry(void *data);
static void on_pace(void *data);
static void on_watchdog(void *data);

struct polling *polling_open(const struct updates_options *options, const struct polling_owner *owner) {
  struct polling *polling = memory_new(sizeof *polling);
  polling->options = options;
  polling->owner = *owner;
  buffer_init(&polling->request, REQUEST_CEILING);
  return polling;
}

static void cancel(struct polling *polling) {
  if (polling->call) telegram_call_cancel(polling->call);
  polling->call = NULL;
  clock_stop(polling->options->clock, &polling->retry);
  clock_stop(polling->options->clock, &polling->pace);
}

void polling_close(struct polling *polling) {
  if (!polling) return;
  cancel(polling);
  clock_stop(polling->options->clock, &polling->watchdog);
  buffer_release(&polling->request);
  free(polling);
}

int64_t polling_last_at(const struct polling *polling) { return polling->last_at; }

void polling_start(struct polling *polling) {
  polling->is_running = true;
  polling->last_ticks = clock_ticks(polling->options->clock);
  clock_start(polling->options->clock, &polling->watchdog, WATCHDOG_TICK_MS, on_watchdog, polling);
  ask(polling);
}

/* While many updates are unfinished, the next poll waits a little: each handler that waits for Telegram costs a connection. */
void polling_go_on(struct polling *polling) {
  if (!polling->is_running || polling->call || clock_is_started(&polling->retry)) return;
  if (!polling->owner.is_busy(polling->owner.data)) {
    ask(polling);
  } else if (!clock_is_started(&polling->pace)) {
    clock_start(polling->options->clock, &polling->pace, PACE_MS, on_pace, polling);
  }
}

/* The answer of the poll that is dropped is lost, and comes again, since the offset stays. */
void polling_restart(struct polling *polling) {
  if (!polling->is_running) return;
  cancel(polling);
  ask(polling);
}

static bool write_request(struct polling *polling, size_t limit, unsigned seconds) {
  buffer_clear(&polling->request);
  return buffer_format(&polling->request, NULL, "{\"offset\":%" PRId64 ",\"limit\":%zu,\"timeout\":%u,\"allowed_updates\":%s}",
                       polling->offset, limit, seconds, script_wanted_updates(polling->options->script));
}

static void ask(struct polling *polling) {
  clock_stop(polling->options->clock, &polling->pace);
  size_t room = polling->owner.room(polling->owner.data);
  if (!room || !polling->owner.may_confirm(polling->batch, polling->owner.data)) return; /* polling_go_on() comes */
  unsigned seconds = polling->options->poll_seconds ? polling->options->poll_seconds : POLL_SECONDS;
  if (!write_request(polling, room < BATCH_MAX ? room : BATCH_MAX, seconds)) abort(); /* our own text, below its ceiling */
  struct telegram_request request = {
      .method = "getUpdates",
      .body = polling->request.data,
      .size = polling->request.size,
      .no_retry = true, /* how to go on is decided here */
      .timeout_ms = seconds * 1000 + POLL_GRACE_MS,
      .answer_ceiling = ANSWER_CEILING,
  };
  polling->call = telegram_start(polling->options->telegram, &request, on_updates, polling);
}

static void on_updates(const struct telegram_answer *answer, void *data) {
  struct polling *polling = data;
  polling->call = NULL;
  if (answer->error.kind || !take_batch(polling, answer->body, answer->size)) {
    on_failure(polling, answer);
    return;
  }
  if (polling->failures) log_info("updates are arriving again; failures=%u", polling->failures);
  polling->failures = 0;
  polling->is_conflict_told = false;
  polling->last_at = clock_now(polling->options->clock);
  polling->last_ticks = clock_ticks(polling->options->clock);
  polling_go_on(polling); /* unless a handler has done so already */
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

/* False: the batch is asked for again, from the same offset. */
static bool take_one(struct polling *polling, const char *text, const char *end, int64_t *next_offset) {
  int64_t update_id;
  struct error error = {0};
  if (polling->owner.take(text, (size_t)(end - text), polling->batch + 1, &update_id, &error, polling->owner.data)) {
    *next_offset = update_id + 1;
    return true;
  }
  log_error("can't take an update; error=%s", error.text);
  return false;
}

/* {"ok":true,"result":[{...},{...}]}. False: not that, or an update that can't be taken; those before it are in the inbox, and
 * come again without harm. */
static bool take_batch(struct polling *polling, const char *body, size_t size) {
  const char *end = body + size, *text = memchr(body, '[', size);
  uint64_t confirmed = polling->batch;
  int64_t offset = polling->offset, next_offset = polling->offset;
  size_t count = 0;
  bool ok = text != NULL;
  for (text = ok ? text + 1 + strspn(text + 1, " \r\n\t") : end; ok && text < end && *text != ']'; count++) {
    text += strspn(text, ", \r\n\t");
    const char *update_end = *text == '{' ? object_end(text, end) : NULL;
    ok = update_end && take_one(polling, text, update_end, &next_offset);
    text = update_end ? update_end + strspn(update_end, " \r\n\t") : end;
  }
  if (!ok) return false;
  polling->owner.confirmed(confirmed, offset, polling->owner.data);
  if (!count) return true;
  polling->batch++;
  polling->offset = next_offset;
  polling_go_on(polling); /* the next poll is on its way while this batch is worked on */
  polling->owner.taken(polling->batch, count, polling->owner.data);
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

/* Only a refused token ends the polling. Everything else, a 409 too, may pass. */
static void on_failure(struct polling *polling, const struct telegram_answer *answer) {
  const struct updates_options *options = polling->options;
  const char *text = answer->error.kind ? answer->error.text : "getUpdates: the answer is not a list of updates";
  if (answer->code == 401 || answer->code == 404) {
    polling->is_running = false;
    if (options->failed) options->failed(&answer->error, options->data);
    return;
  }
  polling->failures++;
  int64_t wait = answer->retry_after ? (int64_t)answer->retry_after * 1000 : backoff_ms(polling->failures);
  if (answer->code == 409) {
    if (!polling->is_conflict_told) {
      log_warn("another program polls this bot, or a webhook is set: only one can have the updates; error=%s", text);
    }
    polling->is_conflict_told = true;
    if (options->conflicted) options->conflicted(options->data);
  } else if (polling->failures <= 3 || polling->failures % 20 == 0) { /* told at first, then now and then */
    log_warn("can't get updates; error=%s failures=%u retry_ms=%lld", text, polling->failures, (long long)wait);
  }
  clock_start(options->clock, &polling->retry, wait, on_retry, polling);
}

static void on_retry(void *data) { ask(data); }
static void on_pace(void *data) { ask(data); }

/* A connection can be dead without an error, and a pause longer than anybody would wait, so only the last success counts. */
static void on_watchdog(void *data) {
  struct polling *polling = data;
  struct clock *clock = polling->options->clock;
  clock_start(clock, &polling->watchdog, WATCHDOG_TICK_MS, on_watchdog, polling);
  int64_t silence = clock_ticks(clock) - polling->last_ticks;
  bool is_asking = polling->call || clock_is_started(&polling->retry); /* else it waits for room */
  if (!polling->is_running || !is_asking || silence < WATCHDOG_LIMIT_MS) return;
  log_warn("no successful getUpdates for long: connecting anew; silence_ms=%lld", (long long)silence);
  polling->last_ticks = clock_ticks(clock);
  cancel(polling);
  telegram_refresh(polling->options->telegram);
  ask(polling);
}

/* ---- the stop ---- */

static void on_confirmed(const struct telegram_answer *answer, void *data) {
  struct polling *polling = data;
  polling->call = NULL;
  if (answer->error.kind) {
    log_warn("can't confirm to Telegram what has arrived: it will send those updates again; error=%s", answer->error.text);
  } else {
    polling->owner.confirmed(polling->batch, polling->offset, polling->owner.data);
  }
  polling->stopped(polling->stopped_data);
}

static void on_nothing_to_confirm(void *data) {
  struct polling *polling = data;
  polling->stopped(polling->stopped_data);
}

/* A durable host confirms nothing here, because only its last backup may; without a batch there is nothing to confirm. */
void polling_stop(struct polling *polling, void (*stopped)(void *data), void *data) {
  assert(!polling->stopped);
  polling->is_running = false;
  polling->stopped = stopped;
  polling->stopped_data = data;
  cancel(polling);
  clock_stop(polling->options->clock, &polling->watchdog);
  if (!polling->batch || polling->options->is_durable) {
    clock_start(polling->options->clock, &polling->retry, 0, on_nothing_to_confirm, polling);
    return;
  }
  if (!write_request(polling, 1, 0)) abort();
  struct telegram_request request = {.method = "getUpdates",
                                     .body = polling->request.data,
                                     .size = polling->request.size,
                                     .no_retry = true,
                                     .timeout_ms = STOP_TIMEOUT_MS};
  polling->call = telegram_start(polling->options->telegram, &request, on_confirmed, polling);
}
