/* Polls getUpdates. One getUpdates is under way at a time. Its offset confirms what the answer before has brought, at the
 * moment when Telegram processes the call, so a lost answer loses nothing. Ids are compared only within a batch: after a
 * week of silence they jump, perhaps down. */
#include "updates/polling.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/refusal.h"

#ifndef POLLING_BATCH_MAX
#define POLLING_BATCH_MAX 100 /* updates of one getUpdates: telegram/FACTS.md, Polling */
#endif

enum {
  POLL_SECONDS = 25,
  POLL_GRACE_MS = 10000,   /* for the answer of a long poll to arrive */
  PACE_MS = 4,             /* between two polls while many updates are unfinished: still 25,000 updates/s */
  MAY_POLL_MS = 200,       /* between two questions whether it may go on */
  FLOOR_MS = 250,          /* between two polls where the first came back at once with nothing: a proxy that does not wait */
  PASSED_MS = 1000,        /* likewise where it brought only what can't be moved past */
  REFUSED_LAST_MS = 10000, /* while the token is in doubt, or another program polls */
  BACKOFF_FIRST_MS = 500,
  BACKOFF_LAST_MS = 30000,
  STALL_CHECK_MS = 10000,
  STALL_LIMIT_MS = 120000, /* several long polls without one success */
  STOP_TIMEOUT_MS = 5000,  /* for the last confirmation; Telegram holds the answer to a repeated offset for 3 s */
  REQUEST_CEILING = 8192,
  ANSWER_CEILING = 16 << 20, /* Telegram ends a batch at about 4 MiB */
};

struct polling {
  const struct updates_options *options;
  struct intake intake;
  struct buffer request;
  struct telegram_call *call; /* while one is under way */
  struct clock_timer retry, pace, stall_check;
  int64_t offset;    /* 0: from the oldest */
  uint64_t batch;    /* the last that arrived; offset confirms it */
  unsigned failures; /* in a row */
  bool is_running;
  struct refusal *refusal;
  int64_t asked_ticks;         /* of the last getUpdates */
  int64_t pause_end_ticks;     /* of the last pause that Telegram has asked for */
  int64_t passed_told_ticks;   /* 0: never */
  int64_t last_at, last_ticks; /* of the last success */
  void (*stopped)(void *data);
  void *stopped_data;
};

struct batch { /* what an answer has brought */
  size_t taken, passed;
  int64_t next_offset;
  bool is_whole; /* all of it could be read */
};

/* ---- the life of a polling, in order ---- */
static void ask(struct polling *polling); /* or wait for room */
static void on_updates(const struct telegram_answer *answer, void *data);
static void read_batch(struct polling *polling, const char *body, size_t size, struct batch *batch);
static void settle_batch(struct polling *polling, const struct telegram_answer *answer, const struct batch *batch);
static void on_failure(struct polling *polling, const struct telegram_answer *answer);
static void on_retry(void *data);
static void on_pace(void *data);
static void on_stall_check(void *data);
static void on_token_refused(const struct error *error, void *data);

struct polling *polling_open(const struct updates_options *options, const struct intake *intake) {
  struct polling *polling = memory_new(sizeof *polling);
  polling->options = options;
  polling->intake = *intake;
  buffer_init(&polling->request, REQUEST_CEILING);
  polling->refusal = refusal_open(options, on_token_refused, polling);
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
  clock_stop(polling->options->clock, &polling->stall_check);
  refusal_close(polling->refusal);
  buffer_release(&polling->request);
  free(polling);
}

int64_t polling_last_at(const struct polling *polling) { return polling->last_at; }

void polling_start(struct polling *polling) {
  polling->is_running = true;
  polling->last_ticks = clock_ticks(polling->options->clock);
  clock_start(polling->options->clock, &polling->stall_check, STALL_CHECK_MS, on_stall_check, polling);
  ask(polling);
}

/* While many updates are unfinished, the next poll waits a little: each handler that waits for Telegram costs a connection. */
void polling_go_on(struct polling *polling) {
  if (!polling->is_running || polling->call || clock_is_started(&polling->retry)) return;
  if (!polling->intake.is_busy(polling->intake.data)) {
    ask(polling);
  } else if (!clock_is_started(&polling->pace)) {
    clock_start(polling->options->clock, &polling->pace, PACE_MS, on_pace, polling);
  }
}

void polling_rewind(struct polling *polling) { polling->offset = 0; }

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
  size_t room = polling->intake.room(polling->intake.data);
  if (!room || !polling->intake.may_confirm(polling->batch, polling->intake.data)) return; /* polling_go_on() comes */
  bool may_poll = polling->intake.may_poll(polling->intake.data);
  if (!may_poll) polling->last_ticks = clock_ticks(polling->options->clock); /* its silence is none of the network's */
  if (!may_poll || (polling->options->may_poll && !polling->options->may_poll(polling->options->data))) {
    clock_start(polling->options->clock, &polling->retry, MAY_POLL_MS, on_retry, polling);
    return;
  }
  unsigned seconds = polling->options->poll_seconds ? polling->options->poll_seconds : POLL_SECONDS;
  if (!write_request(polling, room < POLLING_BATCH_MAX ? room : POLLING_BATCH_MAX, seconds))
    abort(); /* our own text, below its ceiling */
  struct telegram_request request = {
      .method = "getUpdates",
      .body = polling->request.data,
      .size = polling->request.size,
      .no_retry = true, /* how to go on is decided here */
      .timeout_ms = seconds * 1000 + POLL_GRACE_MS,
      .answer_ceiling = ANSWER_CEILING,
  };
  polling->asked_ticks = clock_ticks(polling->options->clock);
  polling->call = telegram_start(polling->options->telegram, &request, on_updates, polling);
}

/* Nothing came, though Telegram was asked to wait for something: the next question is held back. */
static void hold(struct polling *polling, int64_t ms) {
  struct clock *clock = polling->options->clock;
  int64_t since = clock_ticks(clock) - polling->asked_ticks;
  if (since < ms) clock_start(clock, &polling->retry, ms - since, on_retry, polling);
}

/* {"ok":true,"result":[{...},{...}]}: one update after the other, until the end or one that can't be taken. */
static void read_batch(struct polling *polling, const char *body, size_t size, struct batch *batch) {
  const char *end = body + size, *text = memchr(body, '[', size);
  *batch = (struct batch){.next_offset = polling->offset, .is_whole = text != NULL};
  for (text = text ? text + 1 : end; batch->is_whole; text += strspn(text, " \r\n\t")) {
    text += strspn(text, ", \r\n\t");
    if (text >= end || *text == ']') break;
    struct arrival arrival = {.json = text, .size = (size_t)(end - text), .has_more = true, .batch = polling->batch + 1};
    struct error error;
    enum intake_result taking = polling->intake.take(&arrival, &error, polling->intake.data);
    if (taking == INTAKE_TAKEN) {
      batch->next_offset = arrival.id + 1;
      batch->taken++;
    } else if (taking == INTAKE_PASSED) {
      intake_tell_passed(polling->options->clock, &polling->passed_told_ticks, text, arrival.size, &error);
      batch->passed++;
    } else {
      if (error.kind) log_error("can't take an update; error=%s", error.text);
      batch->is_whole = false;
    }
    text += arrival.size;
  }
}

/* What was taken is worked on, and confirmed by the next question, whatever came after it in the answer. */
static void settle_batch(struct polling *polling, const struct telegram_answer *answer, const struct batch *batch) {
  if (batch->taken) {
    polling->batch++;
    polling->offset = batch->next_offset;
  }
  if (!batch->is_whole) {
    on_failure(polling, answer);
  } else if (!batch->taken) {
    hold(polling, batch->passed ? PASSED_MS : FLOOR_MS);
  }
  if (batch->taken) polling->intake.taken(polling->batch, batch->taken, polling->intake.data);
  polling_go_on(polling); /* behind the answers of this batch: they leave together, and people wait for the first */
}

static void on_updates(const struct telegram_answer *answer, void *data) {
  struct polling *polling = data;
  struct batch batch = {0};
  polling->call = NULL;
  if (answer->error.kind || !memchr(answer->body, '[', answer->size)) {
    on_failure(polling, answer);
    return;
  }
  read_batch(polling, answer->body, answer->size, &batch);
  polling->intake.confirmed(polling->batch, polling->offset, polling->intake.data); /* now: a lost answer's repeat is in it */
  if (batch.is_whole) {
    if (polling->failures) log_info("updates are arriving again; failures=%u", polling->failures);
    polling->failures = 0;
    refusal_forget(polling->refusal);
    polling->last_at = clock_now(polling->options->clock);
    polling->last_ticks = clock_ticks(polling->options->clock);
  }
  settle_batch(polling, answer, &batch);
}

/* ---- when it fails ---- */

/* Doubles from half a second to half a minute, plus or minus a quarter, so that many hosts do not come back together. */
static int64_t backoff_ms(unsigned failures) {
  int64_t wait = BACKOFF_FIRST_MS;
  for (unsigned i = 1; i < failures && wait < BACKOFF_LAST_MS; i++) wait *= 2;
  if (wait > BACKOFF_LAST_MS) wait = BACKOFF_LAST_MS;
  return wait * 3 / 4 + random() % (wait / 2 + 1);
}

/* Any failure may pass, that of a refused token too: see refusal.h. */
static void on_failure(struct polling *polling, const struct telegram_answer *answer) {
  const char *text = answer->error.kind ? answer->error.text
                                        : "getUpdates: the answer is not a list of updates, or one of them can't be taken";
  polling->failures++;
  int64_t wait = answer->retry_after ? (int64_t)answer->retry_after * 1000 : backoff_ms(polling->failures);
  if (answer->retry_after) polling->pause_end_ticks = clock_ticks(polling->options->clock) + wait;
  if (answer->code == 401 || answer->code == 404 || answer->code == 409) {
    if (wait > REFUSED_LAST_MS) wait = REFUSED_LAST_MS;
    refusal_take(polling->refusal, answer);
  } else if (polling->failures <= 3 || polling->failures % 20 == 0) { /* told at first, then now and then */
    log_warn("can't get updates; error=%s failures=%u retry_ms=%lld", text, polling->failures, (long long)wait);
  }
  clock_start(polling->options->clock, &polling->retry, wait, on_retry, polling);
}

static void on_token_refused(const struct error *error, void *data) {
  struct polling *polling = data;
  const struct updates_options *options = polling->options;
  polling->is_running = false;
  cancel(polling);
  if (options->failed) options->failed(error, options->data);
}

static void on_retry(void *data) { ask(data); }
static void on_pace(void *data) { ask(data); }

/* A connection can be dead without an error, so only the last success counts. A pause that Telegram has asked for is no
 * silence: to ask within it makes it longer. */
static void on_stall_check(void *data) {
  struct polling *polling = data;
  struct clock *clock = polling->options->clock;
  clock_start(clock, &polling->stall_check, STALL_CHECK_MS, on_stall_check, polling);
  int64_t since = polling->last_ticks > polling->pause_end_ticks ? polling->last_ticks : polling->pause_end_ticks;
  int64_t silence = clock_ticks(clock) - since;
  bool is_asking = polling->call || clock_is_started(&polling->retry); /* else it waits for room */
  if (!polling->is_running || !is_asking || silence < STALL_LIMIT_MS) return;
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
    polling->intake.confirmed(polling->batch, polling->offset, polling->intake.data);
  }
  polling->stopped(polling->stopped_data);
}

static void on_nothing_to_confirm(void *data) {
  struct polling *polling = data;
  polling->stopped(polling->stopped_data);
}

/* A durable host confirms nothing here, because only its last backup may; one whose database is away nothing that is not in it;
 * without a batch there is nothing to confirm. */
void polling_stop(struct polling *polling, bool confirms, void (*stopped)(void *data), void *data) {
  assert(!polling->stopped);
  polling->is_running = false;
  polling->stopped = stopped;
  polling->stopped_data = data;
  cancel(polling);
  clock_stop(polling->options->clock, &polling->stall_check);
  bool may_confirm = !polling->options->is_durable && polling->intake.may_confirm(polling->batch, polling->intake.data);
  if (!confirms || !polling->batch || !may_confirm) {
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
