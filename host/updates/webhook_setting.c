/* One call at a time: setWebhook until it has succeeded, then getWebhookInfo once a minute. A webhook that has been set to
 * another address is not taken back at once: it may be that of a successor, so the reign is looked at first. */
#include "updates/webhook_setting.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/refusal.h"
#include "updates/updates.h"

enum {
  BACK_OFF_FIRST_MS = 1000, /* Telegram takes one setWebhook a second */
  BACK_OFF_LAST_MS = 30000,
  LOOK_MS = 60000,
  LOOK_AGAIN_MS = 5000, /* time for the reign to be looked at */
  TOLD_EVERY = 10,      /* of the failures, after the first */
};

struct webhook_setting {
  const struct updates_options *options;
  const char *secret;
  struct telegram_call *call; /* while one is under way */
  char *body;                 /* of that call */
  struct clock_timer timer;   /* until the next one */
  struct refusal *refusal;
  unsigned failures;         /* in a row */
  bool is_set, is_elsewhere; /* elsewhere: at the last look */
  bool has_dropped;          /* what had waited, where that is wanted: once */
  int64_t failed_at;         /* s since 1970: Telegram's last_error_date that was told last */
};

/* ---- in order ---- */
static void set(void *data);
static void on_set(const struct telegram_answer *answer, void *data);
static void look(void *data);
static void on_info(const struct telegram_answer *answer, void *data);

static void on_token_refused(const struct error *error, void *data) {
  struct webhook_setting *setting = data;
  webhook_setting_stop(setting);
  if (setting->options->failed) setting->options->failed(error, setting->options->data);
}

struct webhook_setting *webhook_setting_open(const struct updates_options *options, const char *secret) {
  struct webhook_setting *setting = memory_new(sizeof *setting);
  *setting = (struct webhook_setting){.options = options, .secret = secret};
  setting->refusal = refusal_open(options, on_token_refused, setting);
  return setting;
}

static void end_call(struct webhook_setting *setting) {
  setting->call = NULL;
  free(setting->body);
  setting->body = NULL;
}

void webhook_setting_stop(struct webhook_setting *setting) {
  clock_stop(setting->options->clock, &setting->timer);
  if (setting->call) telegram_call_cancel(setting->call);
  end_call(setting);
}

void webhook_setting_close(struct webhook_setting *setting) {
  if (!setting) return;
  webhook_setting_stop(setting);
  refusal_close(setting->refusal);
  free(setting);
}

bool webhook_setting_is_set(const struct webhook_setting *setting) { return setting->is_set; }

void webhook_setting_start(struct webhook_setting *setting) {
  webhook_setting_stop(setting);
  set(setting);
}

/* ---- setting it ---- */

/* Given: free(). NULL: no memory. */
static char *write_body(const struct webhook_setting *setting) {
  const struct webhook_options *webhook = &setting->options->webhook;
  json_t *wanted = json_loads(script_wanted_updates(setting->options->script), 0, NULL);
  json_t *body = json_pack("{s:s, s:s, s:i, s:o}", "url", webhook->url, "secret_token", setting->secret, "max_connections",
                           (int)webhook->connections, "allowed_updates", wanted ? wanted : json_array());
  if (body && webhook->drops_pending && !setting->has_dropped)
    (void)json_object_set_new(body, "drop_pending_updates", json_true());
  char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
  json_decref(body);
  return text;
}

static void set(void *data) {
  struct webhook_setting *setting = data;
  setting->body = write_body(setting);
  if (!setting->body) {
    clock_start(setting->options->clock, &setting->timer, BACK_OFF_FIRST_MS, set, setting);
    return;
  }
  struct telegram_request request = {
      .method = "setWebhook", .body = setting->body, .size = strlen(setting->body), .no_retry = true};
  setting->call = telegram_start(setting->options->telegram, &request, on_set, setting);
}

static void try_again(struct webhook_setting *setting, const struct telegram_answer *answer) {
  int64_t wait = BACK_OFF_FIRST_MS;
  for (unsigned i = 0; i < setting->failures && wait < BACK_OFF_LAST_MS; i++) wait *= 2;
  if (answer->retry_after) wait = answer->retry_after * (int64_t)1000;
  if (wait > BACK_OFF_LAST_MS) wait = BACK_OFF_LAST_MS;
  if (answer->code == 401 || answer->code == 404) {
    refusal_take(setting->refusal, answer);
  } else if (setting->failures % TOLD_EVERY == 0) {
    log_warn("can't set the webhook yet; error=%s failures=%u", answer->error.text, setting->failures + 1);
  }
  setting->failures++;
  clock_start(setting->options->clock, &setting->timer, wait, set, setting);
}

static void on_set(const struct telegram_answer *answer, void *data) {
  struct webhook_setting *setting = data;
  const struct updates_options *options = setting->options;
  end_call(setting);
  if (answer->code == 400 && answer->error.kind == ERROR_REFUSED && options->failed) { /* the address is no good for Telegram */
    options->failed(&answer->error, options->data);
  } else if (answer->error.kind) {
    try_again(setting, answer);
  } else {
    log_info("the webhook is set; connections=%u", options->webhook.connections);
    refusal_forget(setting->refusal);
    setting->failures = 0;
    setting->is_set = setting->has_dropped = true;
    setting->is_elsewhere = false;
    clock_start(options->clock, &setting->timer, LOOK_MS, look, setting);
  }
}

/* ---- looking at it ---- */

static void look(void *data) {
  struct webhook_setting *setting = data;
  struct telegram_request request = {.method = "getWebhookInfo", .no_retry = true};
  setting->call = telegram_start(setting->options->telegram, &request, on_info, setting);
}

/* What only Telegram sees: a name that does not resolve, a certificate that it does not trust, a proxy that answers 502. */
static void tell_failure(struct webhook_setting *setting, const json_t *info) {
  json_int_t at = json_integer_value(json_object_get(info, "last_error_date"));
  const char *text = json_string_value(json_object_get(info, "last_error_message"));
  if (!text || at <= setting->failed_at) return;
  setting->failed_at = at;
  log_warn("Telegram could not deliver an update to the webhook; error=%s waiting=%lld", text,
           (long long)json_integer_value(json_object_get(info, "pending_update_count")));
}

static void settle_elsewhere(struct webhook_setting *setting) {
  const struct updates_options *options = setting->options;
  setting->is_set = false;
  if (setting->is_elsewhere && (!options->may_poll || options->may_poll(options->data))) {
    log_warn("the webhook was not at our address any more, and is set again: is another program using this bot?");
    set(setting);
    return;
  }
  setting->is_elsewhere = true;
  if (options->conflicted) options->conflicted(options->data);
  clock_start(options->clock, &setting->timer, LOOK_AGAIN_MS, look, setting);
}

static void on_info(const struct telegram_answer *answer, void *data) {
  struct webhook_setting *setting = data;
  end_call(setting);
  json_t *root = answer->error.kind ? NULL : json_loadb(answer->body, answer->size, 0, NULL);
  const json_t *info = json_object_get(root, "result");
  const char *url = json_string_value(json_object_get(info, "url"));
  if (info) tell_failure(setting, info);
  if (url && strcmp(url, setting->options->webhook.url) != 0) {
    settle_elsewhere(setting);
  } else {
    if (url) setting->is_set = true;
    clock_start(setting->options->clock, &setting->timer, LOOK_MS, look, setting);
  }
  json_decref(root);
}
