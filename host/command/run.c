/* lunokhod run: puts the floors together, starts them in their order, and stops them in the reverse. Everything after the loop
 * has begun is a step that the step before has started. */
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backup/backup.h"
#include "command/command.h"
#include "command/options.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/log_writer.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"
#include "net/http.h"
#include "operator/operator.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

enum {
  CONNECTIONS_MAX = 1000, /* in flight at once: 10,000 replies/s at 50 ms a call are 500 */
  STOP_MS = 10000,        /* handlers may finish for so long */
  LOOK_MS = 10,           /* between two looks whether they have */
  LAST_SAVE_MS = 60000,   /* and the last backup may take so long */
  LAST_LINES_MS = 1000,   /* and the last lines of the log */
  LAST_CALLS_MS = 2000,   /* and what the host has said to the admin, or must tidy up in his chat */
};

struct host {
  /* options */
  const char *api_root, *token_file, *log_format, *log_level;
  int64_t memory_mb, deadline_s, inbox, poll_s;
  int64_t admin_id, config_id, interval_s;
  bool skip_pending, is_watching, may_reach_private, is_durable, is_fresh;
  const char *const *paths;
  size_t path_count;
  char *token;
  /* floors, in the order in which they are made */
  struct loop *loop;
  struct clock *clock;
  struct http *http;
  struct telegram *telegram;
  struct database *database;
  struct backup *backup;
  struct script *script;
  struct updates *updates;
  struct admin *admin;
  struct revert *revert;
  struct reload *reload;
  struct loop_signal *signals[3];
  /* progress */
  struct telegram_call *call; /* of the start */
  int64_t left_at;            /* ticks; when all that is left is to end */
  int64_t restore_began;      /* ticks */
  struct clock_timer stop_timer, look_timer;
  bool is_started, is_stopping;
  int exit_code;
};

/* ---- the life of a host, in order ---- */
static bool assemble(struct host *host, struct error *error);
static void ask_me(struct host *host);
static void on_me(const struct telegram_answer *answer, void *data);              /* the token is good, the name is known */
static void on_webhook_deleted(const struct telegram_answer *answer, void *data); /* polling is allowed */
static void on_restored(const struct backup_restored *restored, void *data);      /* the data is there */
static void begin(struct host *host);
static void stop(struct host *host); /* a signal, os.exit, or a failure */
static void on_polling_stopped(void *data);
static void on_handlers_finished(void *data);
static void on_stop_time_over(void *data);
static void save_last(struct host *host);
static void on_last_saved(const struct error *error, void *data);
static void on_last_save_time_over(void *data);
static void leave(struct host *host);
static void on_last_look(void *data); /* the last calls are ending */
static void take_apart(struct host *host);

static void fail(struct host *host, const struct error *error) {
  log_error("can't go on; error=%s", error->text);
  host->exit_code = EXIT_FAILED;
  stop(host);
}

/* ---- the start ---- */

/* Each connection is a file; the usual soft limit of 1,024 is too near to 1,000. */
static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void on_signal(int number, void *data) {
  struct host *host = data;
  if (number == SIGUSR1) {
    size_t count = 0;
    struct error error = {0};
    bool ok = host->is_started && updates_revive_dead(host->updates, &count, &error);
    log_info("dead letters are handed out again; count=%zu error=%s", count, ok || !error.kind ? NULL : error.text);
    return;
  }
  if (host->is_stopping) {
    log_warn("stopped at once, by a second signal");
    log_writer_finish(LAST_LINES_MS);
    _exit(host->exit_code ? host->exit_code : EXIT_FAILED);
  }
  log_info("stopping; signal=%d", number);
  stop(host);
}

static void on_script_exit(void *data) { stop(data); }

static void on_conflict(void *data) { backup_check_epoch(((struct host *)data)->backup); }

static void on_polling_failed(const struct error *error, void *data) { fail(data, error); }

static void on_long_pause(const struct telegram_pause *pause, void *data) {
  struct host *host = data;
  char text[200], chat[40] = "";
  if (pause->chat_id) (void)snprintf(chat, sizeof chat, " in chat %lld", (long long)pause->chat_id);
  (void)snprintf(text, sizeof text, "Telegram asks %.64s%s to wait for %d s; all else goes on", pause->method, chat,
                 pause->seconds);
  if (host->admin) admin_tell(host->admin, text);
}

static bool open_telegram(struct host *host, struct error *error) {
  struct transport transport;
  host->http = http_open(host->loop, CONNECTIONS_MAX, error);
  if (!host->http || !transport_open_http(&transport, host->http, host->api_root, host->token, error)) return false;
  host->telegram = telegram_open(transport, host->clock);
  telegram_on_long_pause(host->telegram, on_long_pause, host);
  return true;
}

/* ---- what the floors tell each other, through here ---- */

static bool on_before_copy(void *data, struct error *error) { return updates_save(((struct host *)data)->updates, error); }
static void on_copied(void *data) { updates_copied(((struct host *)data)->updates); }
static void on_saved(void *data) { updates_saved(((struct host *)data)->updates); }
static void on_save_wanted(void *data) { backup_request(((struct host *)data)->backup); }

static void on_fenced(void *data) {
  struct host *host = data;
  host->exit_code = EXIT_FENCED;
  stop(host);
}

static bool on_update(const char *json, size_t size, int64_t lane, void *data) {
  (void)lane;
  return admin_take(((struct host *)data)->admin, json, size);
}

static void on_restore_confirmed(int64_t message_id, void *data) { revert_start(((struct host *)data)->revert, message_id); }

static void on_reloaded(const struct error *error, void *data) {
  struct host *host = data;
  char text[sizeof error->text + 60];
  (void)snprintf(text, sizeof text, "Reload failed, the old scripts go on: %s", error->text);
  if (error->kind) admin_tell(host->admin, text);
}

static void open_backup(struct host *host) {
  struct backup_options options = {
      .loop = host->loop,
      .clock = host->clock,
      .database = host->database,
      .telegram = host->telegram,
      .admin_id = host->admin_id,
      .config_id = host->config_id,
      .interval_ms = host->interval_s * 1000,
      .before_copy = on_before_copy,
      .copied = on_copied,
      .saved = on_saved,
      .fenced = on_fenced,
      .data = host,
  };
  host->backup = backup_open(&options);
}

static bool open_script(struct host *host, struct error *error) {
  struct script_options options = {
      .database = host->database,
      .telegram = host->telegram,
      .http = host->http,
      .may_reach_private = host->may_reach_private,
      .backup = host->backup,
      .clock = host->clock,
      .paths = host->paths,
      .path_count = host->path_count,
      .memory_ceiling = (size_t)host->memory_mb << 20,
      .deadline_ms = (unsigned)host->deadline_s * 1000,
      .exit = on_script_exit,
      .exit_data = host,
  };
  host->script = script_open(&options);
  if (!script_load(host->script, error)) return false;
  job_pause(host->script, true); /* until the data is there */
  return true;
}

static bool open_updates(struct host *host, struct error *error) {
  struct updates_options options = {
      .telegram = host->telegram,
      .script = host->script,
      .database = host->database,
      .clock = host->clock,
      .capacity = (size_t)host->inbox,
      .poll_seconds = (unsigned)host->poll_s,
      .is_durable = host->is_durable,
      .intercept = on_update,
      .want_save = on_save_wanted,
      .failed = on_polling_failed,
      .conflicted = on_conflict,
      .data = host,
  };
  host->updates = updates_open(&options, error);
  return host->updates != NULL;
}

static void open_admin(struct host *host) {
  struct admin_options admin = {.telegram = host->telegram,
                                .backup = host->backup,
                                .admin_id = host->admin_id,
                                .restore = on_restore_confirmed,
                                .data = host};
  host->admin = admin_open(&admin);
  struct revert_options revert = {
      .clock = host->clock, .script = host->script, .backup = host->backup, .updates = host->updates, .admin = host->admin};
  host->revert = revert_open(&revert);
}

static bool open_operator(struct host *host, struct error *error) {
  open_admin(host);
  static const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    host->signals[i] = loop_signal_open(host->loop, numbers[i], on_signal, host, error);
    if (!host->signals[i]) return false;
  }
  struct reload_options options = {
      .loop = host->loop,
      .clock = host->clock,
      .script = host->script,
      .updates = host->updates,
      .paths = host->paths,
      .path_count = host->path_count,
      .is_watching = host->is_watching,
      .told = on_reloaded,
      .data = host,
  };
  host->reload = reload_open(&options, error);
  return host->reload != NULL;
}

static bool assemble(struct host *host, struct error *error) {
  raise_file_limit();
  (void)signal(SIGPIPE, SIG_IGN); /* a connection that ends is an error of its call */
  host->loop = loop_open(error);
  if (!host->loop) return false;
  host->clock = clock_open(host->loop);
  host->database = database_open(error);
  if (!host->database || !open_telegram(host, error)) return false;
  open_backup(host);
  return open_script(host, error) && open_updates(host, error) && open_operator(host, error);
}

static void ask_me(struct host *host) {
  struct telegram_request request = {.method = "getMe"};
  host->call = telegram_start(host->telegram, &request, on_me, host);
}

/* The bot's name for the log, and all of the answer for bot.me. False: *error. */
static bool learn_me(struct host *host, const struct telegram_answer *answer, struct error *error) {
  json_error_t fault;
  json_t *root = json_loadb(answer->body, answer->size, 0, &fault);
  json_t *me = json_object_get(root, "result");
  const char *username = json_string_value(json_object_get(me, "username"));
  char *text = me ? json_dumps(me, JSON_COMPACT) : NULL;
  bool ok = text && script_set_me(host->script, text, strlen(text), error);
  if (!text) error_set(error, ERROR_INPUT, "getMe: the answer is not a user; is TELEGRAM_API_ROOT a Bot API server?");
  if (ok) log_info("the token is good; bot=%s", username);
  free(text);
  json_decref(root);
  return ok;
}

static void on_me(const struct telegram_answer *answer, void *data) {
  struct host *host = data;
  struct error error = answer->error;
  host->call = NULL;
  if (error.kind || !learn_me(host, answer, &error)) {
    if (answer->code == 401 || answer->code == 404) {
      error_set(&error, ERROR_REFUSED, "Telegram refuses the token (%s): check BOT_TOKEN, @BotFather shows it",
                answer->description);
    } else if (error.kind == ERROR_NETWORK) {
      error_prefix(&error, "can't reach %s: check the network and TELEGRAM_API_ROOT", host->api_root);
    }
    fail(host, &error);
    return;
  }
  struct telegram_request request = {
      .method = "deleteWebhook",
      .body = host->skip_pending ? "{\"drop_pending_updates\":true}" : "{}",
      .size = strlen(host->skip_pending ? "{\"drop_pending_updates\":true}" : "{}"),
  };
  host->call = telegram_start(host->telegram, &request, on_webhook_deleted, host);
}

static void on_webhook_deleted(const struct telegram_answer *answer, void *data) {
  struct host *host = data;
  host->call = NULL;
  if (answer->error.kind) {
    fail(host, &answer->error);
    return;
  }
  host->restore_began = clock_ticks(host->clock);
  if (!host->admin_id) {
    log_warn(
        "nothing will be kept when this host ends, as there is no admin: set ADMIN_ID (write `admin` to the bot to learn "
        "yours)");
    begin(host);
  } else if (host->is_fresh) {
    backup_start_fresh(host->backup, on_restored, host);
  } else {
    backup_restore(host->backup, on_restored, host);
  }
}

/* The scripts load once more, because their top level belongs to the data that is there now. */
static bool take_over(struct host *host, struct error *error) {
  return script_load(host->script, error) && updates_restore(host->updates, error);
}

static void on_restored(const struct backup_restored *restored, void *data) {
  struct host *host = data;
  struct error error = restored->error;
  if (error.kind) {
    error_prefix(&error, "can't restore (--fresh starts without the backup)");
    fail(host, &error);
    if (restored->error.kind == ERROR_INPUT) host->exit_code = EXIT_UNREADABLE;
    return;
  }
  if (!restored->is_there) {
    log_info("there is no backup yet; fresh=%d", host->is_fresh);
  } else if (take_over(host, &error)) {
    int64_t age_ms = restored->saved_at ? clock_now(host->clock) - restored->saved_at : 0;
    log_info("restored; bytes=%zu age_s=%lld message=%lld ms=%lld", restored->size, (long long)age_ms / 1000,
             (long long)restored->message_id, (long long)(clock_ticks(host->clock) - host->restore_began));
  } else {
    fail(host, &error);
    return;
  }
  backup_start(host->backup);
  begin(host);
}

static void begin(struct host *host) {
  job_pause(host->script, false);
  log_info("running; scripts=%zu memory_kb=%zu", script_file_count(host->script), script_memory(host->script) >> 10);
  host->is_started = true;
  updates_start(host->updates);
}

/* ---- the stop ---- */

static void stop(struct host *host) {
  if (host->is_stopping) return;
  host->is_stopping = true;
  if (host->call) telegram_call_cancel(host->call);
  host->call = NULL;
  if (host->is_started && host->exit_code == EXIT_FENCED) {
    leave(host); /* what is unfinished, and what Telegram must not forget, is the other host's now */
  } else if (host->is_started) {
    clock_start(host->clock, &host->stop_timer, STOP_MS, on_stop_time_over, host);
    updates_stop_polling(host->updates, on_polling_stopped, host);
  } else {
    leave(host);
  }
}

static void on_polling_stopped(void *data) {
  struct host *host = data;
  job_stop(host->script);
  updates_on_idle(host->updates, on_handlers_finished, host);
}

/* Those of schedules and of jobs, too. What they recur to do is for the next host. */
static void on_handlers_finished(void *data) {
  struct host *host = data;
  job_stop(host->script);
  if (job_is_busy(host->script)) {
    clock_start(host->clock, &host->look_timer, LOOK_MS, on_handlers_finished, host);
  } else {
    save_last(host);
  }
}

static void on_stop_time_over(void *data) {
  struct host *host = data;
  log_warn("handlers did not finish in time; unfinished=%zu", updates_unfinished(host->updates));
  updates_on_idle(host->updates, NULL, NULL);
  updates_leave_unfinished(host->updates);
  script_end_runs(host->script);
  save_last(host);
}

static void save_last(struct host *host) {
  clock_stop(host->clock, &host->stop_timer);
  clock_stop(host->clock, &host->look_timer);
  bool is_needed = backup_is_needed(host->backup) || updates_unfinished(host->updates);
  if (!host->admin_id || !is_needed) {
    leave(host);
    return;
  }
  clock_start(host->clock, &host->stop_timer, LAST_SAVE_MS, on_last_save_time_over, host);
  backup_save(host->backup, on_last_saved, host);
}

static void on_last_saved(const struct error *error, void *data) {
  struct host *host = data;
  if (error->kind) {
    log_error("the last backup failed, what was not saved is lost; error=%s", error->text);
    if (!host->exit_code) host->exit_code = EXIT_FAILED;
  }
  leave(host);
}

static void on_last_save_time_over(void *data) {
  struct host *host = data;
  struct error error;
  error_set(&error, ERROR_CANCELED, "it took longer than %d s", LAST_SAVE_MS / 1000);
  on_last_saved(&error, host);
}

static void leave(struct host *host) {
  struct updates_status status;
  clock_stop(host->clock, &host->stop_timer);
  updates_status(host->updates, &status);
  log_info("stopped; received=%llu finished=%llu failed=%llu unfinished=%zu", (unsigned long long)status.received,
           (unsigned long long)status.finished, (unsigned long long)status.failed, status.unfinished);
  host->left_at = clock_ticks(host->clock);
  on_last_look(host);
}

static void on_last_look(void *data) {
  struct host *host = data;
  bool is_over = host->exit_code == EXIT_FENCED || clock_ticks(host->clock) - host->left_at >= LAST_CALLS_MS;
  if (is_over || telegram_in_flight(host->telegram) == 0) {
    loop_stop(host->loop);
  } else {
    clock_start(host->clock, &host->stop_timer, LOOK_MS, on_last_look, host);
  }
}

static void take_apart(struct host *host) {
  for (size_t i = 0; i < sizeof host->signals / sizeof host->signals[0]; i++) loop_signal_close(host->signals[i]);
  (void)signal(SIGTERM, SIG_IGN); /* the end is near, and the exit code decided */
  (void)signal(SIGINT, SIG_IGN);
  reload_close(host->reload);
  if (host->updates) updates_leave_unfinished(host->updates);
  if (host->script) script_end_runs(host->script);
  updates_close(host->updates);
  script_close(host->script);
  backup_close(host->backup); /* before those who wait for its answers, which never come after it */
  revert_close(host->revert);
  admin_close(host->admin);
  telegram_close(host->telegram);
  http_close(host->http);
  database_close(host->database);
  clock_close(host->clock);
  if (host->loop && !loop_close(host->loop)) log_error("something was left open at the end");
}

/* ---- the command ---- */

static bool read_options(struct host *host, int count, char **arguments, struct error *error) {
  const struct option_row rows[] = {
      {OPTION_TEXT, "token-file", NULL, &host->token_file, 0, 0, "FILE", "the bot's token, instead of BOT_TOKEN"},
      {OPTION_TEXT, "api-root", "TELEGRAM_API_ROOT", &host->api_root, 0, 0, "URL", "the Bot API server"},
      {OPTION_NUMBER, "admin-id", "ADMIN_ID", &host->admin_id, 1, INT64_MAX, "ID", "in whose chat the backups are"},
      {OPTION_NUMBER, "config-id", "CONFIG_ID", &host->config_id, 1, INT32_MAX, "ID",
       "the backup's message, if it can't be found by itself"},
      {OPTION_NUMBER, "backup-interval", "BACKUP_INTERVAL", &host->interval_s, 1, 86400, "SECONDS", "between two backups"},
      {OPTION_FLAG, "durable", NULL, &host->is_durable, 0, 0, NULL,
       "lose nothing: confirm updates only when a backup has them"},
      {OPTION_FLAG, "fresh", NULL, &host->is_fresh, 0, 0, NULL, "do not restore; start empty"},
      {OPTION_FLAG, "skip-pending", NULL, &host->skip_pending, 0, 0, NULL, "drop what arrived while the bot was off"},
      {OPTION_FLAG, "watch", NULL, &host->is_watching, 0, 0, NULL, "reload when a script changes on the disk"},
      {OPTION_FLAG, "allow-private-http", NULL, &host->may_reach_private, 0, 0, NULL,
       "scripts may ask services in this network"},
      {OPTION_NUMBER, "deadline", NULL, &host->deadline_s, 1, 3600, "SECONDS", "a handler's wall time"},
      {OPTION_NUMBER, "memory", NULL, &host->memory_mb, 4, 65536, "MB", "the scripts' memory"},
      {OPTION_NUMBER, "inbox", NULL, &host->inbox, 1, 100000, "N", "updates that may be unfinished at once"},
      {OPTION_NUMBER, "poll-timeout", NULL, &host->poll_s, 1, 50, "SECONDS", "of one long poll"},
      {OPTION_TEXT, "log-format", NULL, &host->log_format, 0, 0, "text|json", "for people or for machines"},
      {OPTION_TEXT, "log-level", NULL, &host->log_level, 0, 0, "LEVEL", "debug, info, warn or error"},
      {.kind = OPTION_END},
  };
  if (count > 1 && (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0)) {
    options_print(rows, "lunokhod run [options] SCRIPT|DIR...   run a bot; its token is in BOT_TOKEN");
    exit(EXIT_FINE); /* nothing is open yet */
  }
  if (!options_read(rows, &count, arguments, error)) return false;
  host->paths = (const char *const *)arguments + 1;
  host->path_count = (size_t)count;
  if (count == 0) return error_set(error, ERROR_MISUSE, "which scripts? lunokhod run [options] SCRIPT|DIR...");
  if (host->is_durable && !host->admin_id)
    return error_set(error, ERROR_MISUSE, "--durable needs an admin to keep the backups: set ADMIN_ID");
  return true;
}

static bool set_up_log(const struct host *host, struct error *error) {
  static const char *const levels[] = {"debug", "info", "warn", "error"};
  bool is_json = strcmp(host->log_format, "json") == 0, is_known = false;
  if (!is_json && strcmp(host->log_format, "text") != 0) {
    return error_set(error, ERROR_MISUSE, "--log-format is text or json, not '%s'", host->log_format);
  }
  for (int i = 0; i < 4; i++) {
    if (strcmp(host->log_level, levels[i]) != 0) continue;
    log_set_level((enum log_level)i);
    is_known = true;
  }
  if (!is_known) return error_set(error, ERROR_MISUSE, "--log-level is debug, info, warn or error, not '%s'", host->log_level);
  log_set_json(is_json);
  log_hide(host->token);
  return true;
}

int command_run(int count, char **arguments) {
  struct host host = {
      .api_root = "https://api.telegram.org",
      .log_format = "text",
      .log_level = "info",
      .memory_mb = 128,
      .deadline_s = 30,
      .inbox = 2000,
      .poll_s = 25,
      .interval_s = 30,
  };
  struct error error = {0};
  bool ok = read_options(&host, count, arguments, &error);
  if (ok) ok = (host.token = options_read_token(host.token_file, &error)) != NULL;
  if (ok) ok = set_up_log(&host, &error);
  if (!ok) {
    (void)fprintf(stderr, "lunokhod run: %s\n", error.text);
    free(host.token);
    return EXIT_USAGE;
  }
  memory_set_up();
  loop_set_up();
  log_writer_start();
  if (assemble(&host, &error)) {
    ask_me(&host);
    loop_run(host.loop);
  } else {
    log_error("can't start; error=%s", error.text);
    host.exit_code = error.kind == ERROR_MISUSE ? EXIT_USAGE : EXIT_FAILED;
  }
  take_apart(&host);
  log_writer_finish(LAST_LINES_MS);
  log_hide(NULL);
  free(host.token);
  return host.exit_code;
}
