/* Finds out why Telegram refuses to be polled. One call at a time, getMe or deleteWebhook; a refusal that comes meanwhile is
 * only counted. Times are of clock_ticks(), and 0 means never. */
#include "updates/refusal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

enum {
  TOKEN_REFUSED_MS = 60000,  /* a proxy or a local Bot API server that restarts is back by then */
  CONFLICT_LASTS_MS = 20000, /* two hosts meet for less than that when one takes over from the other */
  TOLD_AGAIN_MS = 60000,
};

struct refusal {
  const struct updates_options *options;
  struct telegram_call *call;  /* while one is under way */
  int64_t token_refused_ticks; /* getMe was refused since then, without a success */
  int64_t conflict_ticks;      /* 409 since then */
  int64_t told_ticks;          /* in the log */
  int64_t webhook_ticks;       /* deleteWebhook was asked for */
  bool is_admin_told;
  void (*failed)(const struct error *error, void *data);
  void *data;
};

struct refusal *refusal_open(const struct updates_options *options, void (*failed)(const struct error *error, void *data),
                             void *data) {
  struct refusal *refusal = memory_new(sizeof *refusal);
  *refusal = (struct refusal){.options = options, .failed = failed, .data = data};
  return refusal;
}

void refusal_close(struct refusal *refusal) {
  if (!refusal) return;
  if (refusal->call) telegram_call_cancel(refusal->call);
  free(refusal);
}

static int64_t now_of(const struct refusal *refusal) { return clock_ticks(refusal->options->clock) + 1; /* never 0 */ }

static bool is_due(const struct refusal *refusal, int64_t last_ticks, int64_t interval_ms) {
  return !last_ticks || now_of(refusal) - last_ticks >= interval_ms;
}

/* True: a line is due, at first and then once a minute. */
static bool may_tell(struct refusal *refusal) {
  bool is_time = is_due(refusal, refusal->told_ticks, TOLD_AGAIN_MS);
  if (is_time) refusal->told_ticks = now_of(refusal);
  return is_time;
}

static void tell_admin(struct refusal *refusal, const char *text) {
  if (refusal->options->tell) refusal->options->tell(text, refusal->options->data);
}

/* ---- the token ---- */

static void on_me(const struct telegram_answer *answer, void *data) {
  struct refusal *refusal = data;
  refusal->call = NULL;
  bool is_refused = answer->code == 401 || answer->code == 404;
  if (!answer->error.kind) refusal->token_refused_ticks = 0;
  if (!is_refused) return;
  if (!refusal->token_refused_ticks) refusal->token_refused_ticks = now_of(refusal);
  if (is_due(refusal, refusal->token_refused_ticks, TOKEN_REFUSED_MS)) refusal->failed(&answer->error, refusal->data);
}

static void ask_for_token(struct refusal *refusal, const struct telegram_answer *answer) {
  struct telegram_request request = {.method = "getMe", .no_retry = true};
  if (may_tell(refusal))
    log_warn("Telegram refuses to be polled: asking whether the token is good; error=%s", answer->error.text);
  if (!refusal->call) refusal->call = telegram_start(refusal->options->telegram, &request, on_me, refusal);
}

/* ---- a conflict ---- */

static void on_webhook_deleted(const struct telegram_answer *answer, void *data) {
  struct refusal *refusal = data;
  refusal->call = NULL;
  if (answer->error.kind) log_warn("can't delete the webhook; error=%s", answer->error.text);
}

static void delete_webhook(struct refusal *refusal) {
  struct telegram_request request = {.method = "deleteWebhook", .no_retry = true};
  if (refusal->call || !is_due(refusal, refusal->webhook_ticks, TOLD_AGAIN_MS / 2)) return;
  refusal->webhook_ticks = now_of(refusal);
  refusal->call = telegram_start(refusal->options->telegram, &request, on_webhook_deleted, refusal);
}

/* Telegram's words name the webhook where there is one (telegram/FACTS.md, Polling); a conflict that lasts is looked into
 * whatever it says. */
static void settle_conflict(struct refusal *refusal, const struct telegram_answer *answer) {
  if (!refusal->conflict_ticks) refusal->conflict_ticks = now_of(refusal);
  bool is_webhook = strstr(answer->description, "webhook") != NULL;
  if (may_tell(refusal)) {
    log_warn("another program polls this bot, or a webhook is set: only one can have the updates; error=%s",
             answer->error.text);
  }
  if (refusal->options->conflicted) refusal->options->conflicted(refusal->options->data);
  if (!is_webhook && !is_due(refusal, refusal->conflict_ticks, CONFLICT_LASTS_MS)) return;
  if (!refusal->is_admin_told) {
    tell_admin(refusal,
               "I get no messages: another program polls this bot, or somebody has set a webhook for it. I delete the "
               "webhook; please stop the other program.");
  }
  refusal->is_admin_told = true;
  delete_webhook(refusal);
}

void refusal_take(struct refusal *refusal, const struct telegram_answer *answer) {
  if (answer->code == 409) {
    settle_conflict(refusal, answer);
  } else {
    ask_for_token(refusal, answer);
  }
}

void refusal_forget(struct refusal *refusal) {
  if (refusal->is_admin_told) tell_admin(refusal, "Messages arrive again.");
  refusal->token_refused_ticks = refusal->conflict_ticks = refusal->told_ticks = refusal->webhook_ticks = 0;
  refusal->is_admin_told = false;
}
