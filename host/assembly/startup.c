/* The steps of a host's start. No update is taken, and no schedule or job begins, before the data is there. A host that
 * starts with its machine, before the network is there, waits: only what waiting can't mend ends the start (startup_spec:
 * "before the network is there waits"). */
#include "assembly/startup.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assembly/host.h"
#include "assembly/listener.h"
#include "assembly/shutdown.h"
#include "backup/backup.h"
#include "common/log.h"
#include "operator/operator.h"
#include "recording/recording.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

enum {
  WAIT_FIRST_MS = 500, /* doubled each time */
  WAIT_LAST_MS = 30000,
  TOLD_EVERY = 10, /* of the failures, after the first */
};

/* ---- the start, in order ---- */
static void ask_me(void *data);
static void on_me(const struct telegram_answer *answer, void *data); /* the token is good, the name is known */
static void restore(struct host *host);
static void on_restored(const struct backup_restored *restored, void *data); /* the data is there, in a message of our own */
static void on_serving(const struct error *error, void *data);               /* and says that this host serves */
static void make_way(struct host *host);
static void delete_webhook(void *data); /* only now: until here a start may fail, and the webhook be another host's */
static void on_webhook_deleted(const struct telegram_answer *answer, void *data); /* polling is allowed */
static void begin(struct host *host);

void startup_begin(struct host *host) { ask_me(host); }

static void ask_me(void *data) {
  struct host *host = data;
  struct telegram_request request = {.method = "getMe", .no_retry = true}; /* wait_for_telegram() says how to go on */
  host->call = telegram_start(host->telegram, &request, on_me, host);
}

/* The bot's name for the log, and all of the answer for bot.me. */
static bool learn_me(struct host *host, const struct telegram_answer *answer, struct error *error) {
  json_t *root = json_loadb(answer->body, answer->size, 0, NULL);
  json_t *me = json_object_get(root, "result");
  char *text = me ? json_dumps(me, JSON_COMPACT) : NULL;
  bool ok = text && script_set_me(host->script, text, strlen(text), error);
  if (!text) error_set(error, ERROR_INPUT, "getMe: the answer is not a user; is TELEGRAM_API_ROOT a Bot API server?");
  if (ok) log_info("the token is good; bot=%s", json_string_value(json_object_get(me, "username")));
  if (ok && !host->me) host->me = json_incref(me);
  free(text);
  json_decref(root);
  return ok;
}

/* What waiting can't mend: a token that is refused, our own mistakes. */
static bool is_final(const struct telegram_answer *answer) {
  enum error_kind kind = answer->error.kind;
  bool is_of_telegram = kind == ERROR_REFUSED || kind == ERROR_UNCERTAIN || kind == ERROR_NETWORK;
  return !is_of_telegram || answer->code == 401 || answer->code == 404;
}

/* Says at once that it waits, and for what; then again(host) makes the call once more. */
static void wait_for_telegram(struct host *host, const struct telegram_answer *answer, const struct error *error,
                              void (*again)(void *data)) {
  int64_t wait = WAIT_FIRST_MS;
  for (unsigned i = 0; i < host->start_failures && wait < WAIT_LAST_MS; i++) wait *= 2;
  if (answer->retry_after) wait = answer->retry_after * (int64_t)1000;
  if (wait > WAIT_LAST_MS) wait = WAIT_LAST_MS;
  char status[sizeof error->text + 40];
  (void)snprintf(status, sizeof status, "waits for Telegram: %s", error->text);
  host_tell_status(host, status);
  if (host->start_failures++ % TOLD_EVERY == 0) {
    log_warn("can't start yet: waiting for Telegram; error=%s failures=%u", error->text, host->start_failures);
  }
  clock_start(host->options.clock, &host->retry, wait, again, host);
}

static void forget_failures(struct host *host) {
  if (host->start_failures) log_info("Telegram answers; failures=%u", host->start_failures);
  host->start_failures = 0;
}

static void explain(const struct host *host, const struct telegram_answer *answer, struct error *error) {
  if (answer->code == 401 || answer->code == 404) {
    error_set(error, ERROR_REFUSED, "Telegram refuses the token (%s): check BOT_TOKEN, @BotFather shows it",
              answer->description);
  } else if (error->kind == ERROR_NETWORK && host->options.api_root) {
    char root[200];
    transport_describe_root(host->options.api_root, root, sizeof root);
    error_prefix(error, "can't reach %s: check the network and TELEGRAM_API_ROOT", root);
  }
}

static void on_me(const struct telegram_answer *answer, void *data) {
  struct host *host = data;
  struct error error = answer->error;
  host->call = NULL;
  if (error.kind) explain(host, answer, &error);
  if (error.kind && !is_final(answer)) {
    wait_for_telegram(host, answer, &error, ask_me);
    return;
  }
  if (error.kind || !learn_me(host, answer, &error)) {
    shutdown_fail(host, HOST_FAILED, &error);
    return;
  }
  forget_failures(host);
  restore(host);
}

/* The data is as the first handler will find it. */
static void begin_recording(struct host *host, bool loads_again) {
  const struct host_options *options = &host->options;
  struct recorded_host recorded = {.clock = options->clock,
                                   .paths = options->paths,
                                   .path_count = options->path_count,
                                   .admin_id = options->admin_id,
                                   .deadline_ms = options->deadline_ms};
  recorder_begin(options->recorder, &recorded, host->me, host->database, loads_again);
}

/* It was loaded before the scripts; what its inbox holds can only be handed out by them. */
static bool use_image(struct host *host, struct error *error) {
  begin_recording(host, false);
  return (!host->options.image && !host->options.database_url) || updates_restore(host->updates, error);
}

static void restore(struct host *host) {
  struct error error = {0};
  host->restore_began_ticks = clock_ticks(host->options.clock);
  host_tell_status(host, "restores the data");
  if (host_has_backup(host)) {
    enum backup_how how = host->options.is_takeover ? BACKUP_TAKEOVER : BACKUP_WAITING;
    backup_begin(host->backup, host->options.is_fresh ? BACKUP_FRESH : how, on_restored, host);
  } else if (use_image(host, &error)) {
    make_way(host);
  } else {
    shutdown_fail(host, HOST_FAILED, &error);
  }
}

/* The scripts are loaded once more, because their top level belongs to the data that is there now. */
static bool use_restored(struct host *host, const struct backup_restored *restored, struct error *error) {
  struct clock *clock = host->options.clock;
  begin_recording(host, true);
  if (!script_load(host->script, error) || !updates_restore(host->updates, error)) return false;
  int64_t age_ms = restored->saved_at ? clock_now(clock) - restored->saved_at : 0;
  log_info("restored; bytes=%zu age_s=%lld message=%lld ms=%lld", restored->size, (long long)age_ms / 1000,
           (long long)restored->message_id, (long long)(clock_ticks(clock) - host->restore_began_ticks));
  return true;
}

static void on_restored(const struct backup_restored *restored, void *data) {
  struct host *host = data;
  struct error error = restored->error;
  if (host->is_stopping) return; /* it was asked to meanwhile, and releases what it has published */
  if (restored->is_fenced) {
    shutdown_fenced(host);
    return;
  }
  if (error.kind) {
    error_prefix(&error, "can't restore (--fresh starts without the backup)");
    shutdown_fail(host, error.kind == ERROR_INPUT ? HOST_UNREADABLE : HOST_FAILED, &error);
    return;
  }
  if (!restored->is_there) log_info("there is no backup yet; fresh=%d", host->options.is_fresh);
  if (!(restored->is_there ? use_restored(host, restored, &error) : use_image(host, &error))) {
    shutdown_fail(host, HOST_FAILED, &error);
    return;
  }
  backup_changes_begin(host->backup_changes);
  backup_serve(host->backup, on_serving, host);
}

static void on_serving(const struct error *error, void *data) {
  struct host *host = data;
  struct backup_status status;
  if (host->is_stopping) return; /* as above */
  backup_status(host->backup, &status);
  if (status.is_fenced) {
    shutdown_fenced(host);
  } else if (error->kind) {
    shutdown_fail(host, HOST_FAILED, error);
  } else {
    make_way(host);
  }
}

static void make_way(struct host *host) {
  if (host->options.webhook_url)
    begin(host);
  else
    delete_webhook(host);
}

static void delete_webhook(void *data) {
  struct host *host = data;
  const char *body = host->options.skips_pending ? "{\"drop_pending_updates\":true}" : "{}";
  struct telegram_request request = {.method = "deleteWebhook", .body = body, .size = strlen(body), .no_retry = true};
  host->call = telegram_start(host->telegram, &request, on_webhook_deleted, host);
}

static void on_webhook_deleted(const struct telegram_answer *answer, void *data) {
  struct host *host = data;
  host->call = NULL;
  if (!answer->error.kind) {
    forget_failures(host);
    begin(host);
  } else if (is_final(answer)) {
    shutdown_fail(host, HOST_FAILED, &answer->error);
  } else {
    wait_for_telegram(host, answer, &answer->error, delete_webhook);
  }
}

static void begin(struct host *host) {
  job_pause(host->script, false);
  log_info("running; scripts=%zu memory_kb=%zu", script_file_count(host->script), script_memory(host->script) >> 10);
  host->is_started = true;
  listener_keep(host->listener);
  control_socket_keep(host->control);
  host_tell_status(host, "serves");
  updates_start(host->updates);
  if (host->options.started) host->options.started(host->options.data);
}
