/* Builds the floors, wires what they tell each other, and takes them apart. A floor knows only those below it; what it has to
 * tell one above goes through a callback here. */
#include "assembly/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assembly/listener.h"
#include "assembly/shutdown.h"
#include "assembly/startup.h"
#include "backup/backup.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/database.h"
#include "net/http.h"
#include "operator/operator.h"
#include "recording/recording.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

#ifndef DATABASE_WARNED
#define DATABASE_WARNED 0.8 /* of its ceiling: from there the admin is told */
#endif

enum { CONNECTIONS_MAX = 1000 }; /* in flight at once: 10,000 replies/s at 50 ms a call are 500 */

/* ---- what the floors tell each other ---- */

static bool on_before_copy(void *data, struct error *error) {
  const struct host *host = data;
  return !host->updates || updates_save(host->updates, error);
}

static void on_copied(void *data) {
  const struct host *host = data;
  backup_changes_copied(host->backup_changes);
}

/* Once while it is so: a database that is full refuses what people do. */
static void warn_of_size(struct host *host) {
  struct backup_status status;
  char text[200];
  backup_status(host->backup, &status);
  double ceiling = (double)(host->options.database_ceiling ? host->options.database_ceiling : DATABASE_CEILING);
  bool is_large = (double)status.image_size > DATABASE_WARNED * ceiling;
  if (is_large && !host->is_large) {
    (void)snprintf(
        text, sizeof text,
        "The database has %.0f MB. At %.0f MB, what a backup can carry, nothing more can be written: delete what is old.",
        (double)status.image_size / (1 << 20), ceiling / (1 << 20));
    log_warn("the database is nearly full; bytes=%lld", (long long)status.image_size);
    if (host->admin) admin_tell(host->admin, text);
  }
  host->is_large = is_large;
}

static void on_saved(void *data) {
  struct host *host = data;
  if (host->updates) updates_saved(host->updates);
  backup_changes_saved(host->backup_changes);
  warn_of_size(host);
}

static bool on_more_asked(void *data) {
  const struct host *host = data;
  return host->updates && updates_need_save(host->updates);
}

static bool on_awaited_asked(void *data) {
  const struct host *host = data;
  return host->updates && updates_await_save(host->updates);
}

static void on_unchanged(void *data) {
  const struct host *host = data;
  if (host->updates) updates_unchanged(host->updates);
}

static void on_fenced(void *data) { shutdown_fenced(data); }
static void on_script_exit(void *data) { shutdown_begin(data); }
static void on_stop_asked(void *data) { shutdown_begin(data); }
static bool on_whether_serving(void *data) {
  const struct host *host = data;
  return host->is_started && !host->is_stopping && database_is_there(host->database);
}

static unsigned on_connections_asked(void *data) { return listener_connection_count(((struct host *)data)->listener); }
static bool on_whether_started(void *data) { return ((struct host *)data)->is_started; }
static void on_save_wanted(void *data) { backup_request(((struct host *)data)->backup); }
static void on_conflict(void *data) { backup_look_now(((struct host *)data)->backup); }
static bool on_may_poll(void *data) { return backup_may_poll(((struct host *)data)->backup); }
static void on_polling_failed(const struct error *error, void *data) { shutdown_fail(data, HOST_FAILED, error); }
static void on_restore_confirmed(int64_t message_id, void *data) { revert_start(((struct host *)data)->revert, message_id); }

static bool on_reload_of_all(struct error *error, void *data) { return reload_now(((struct host *)data)->reload, error); }
static bool on_reload_asked(void *data) { return reload_now(((struct host *)data)->reload, NULL); }

static void on_progress(size_t done, size_t all, void *data) {
  const struct host_options *options = &((struct host *)data)->options;
  options->progress(done, all, options->data);
}

static void on_serve(const struct http_request *request, struct http_answer *answer, void *data) {
  const struct host_options *options = &((struct host *)data)->options;
  options->serve(request, answer, options->data);
}

static void on_notice(const char *text, void *data) { admin_tell(((struct host *)data)->admin, text); }

static bool on_update(const char *json, size_t size, int64_t lane, void *data) {
  (void)lane;
  return admin_take(((struct host *)data)->admin, json, size);
}

/* Both are tried. The first failure is told. */
static bool on_reloading(struct error *error, void *data) {
  struct host *host = data;
  const struct host_options *options = &host->options;
  struct error second = {0};
  bool ok = listener_renew_certificate(host->listener, error);
  bool is_read = !options->reloading || options->reloading(ok ? error : &second, options->data);
  return ok && is_read;
}

static void on_reloaded(const struct error *error, void *data) {
  const struct host *host = data;
  char text[sizeof error->text + 60];
  (void)snprintf(text, sizeof text, "Reload failed, the old scripts go on: %s", error->text);
  if (error->kind)
    admin_tell(host->admin, text);
  else
    recorder_reloaded(host->options.recorder);
}

/* ---- the floors, from the lowest ---- */

static void on_long_pause(const struct telegram_pause *pause, void *data) {
  struct host *host = data;
  bool is_poll = strcmp(pause->method, "getUpdates") == 0;
  char text[300], chat[40] = "";
  if (pause->chat_id) (void)snprintf(chat, sizeof chat, " in chat %lld", (long long)pause->chat_id);
  (void)snprintf(text, sizeof text, "Telegram asks %.64s%s to wait for %d s; %s", pause->method, chat, pause->seconds,
                 is_poll ? "until then nothing that people write arrives, and they get no answer" : "all else goes on");
  if (host->admin) admin_tell(host->admin, text);
}

static bool open_telegram(struct host *host, struct error *error) {
  const struct host_options *options = &host->options;
  struct transport transport;
  if (options->transport) { /* first: it is taken */
    transport = *options->transport;
    recorder_wrap(options->recorder, &transport);
    host->telegram = telegram_open(transport, options->clock);
  }
  if (host->telegram) telegram_on_long_pause(host->telegram, on_long_pause, host);
  bool is_http_wanted = !options->transport || (options->path_count && !options->serve);
  if (is_http_wanted && !(host->http = http_open(options->loop, CONNECTIONS_MAX, error))) return false;
  if (options->ca_file && host->http && !http_trust(host->http, options->ca_file, error)) return false;
  if (host->telegram) return true;
  if (!transport_open_http(&transport, host->http, options->api_root, options->token, error)) return false;
  if (options->server_files) transport.server_files = options->server_files;
  if (transport_is_exposed(options->api_root)) {
    char root[200];
    transport_describe_root(options->api_root, root, sizeof root);
    log_warn("the Bot API server is asked without encryption, so others on the way can read the token: use https://; root=%s",
             root);
  }
  recorder_wrap(options->recorder, &transport);
  host->telegram = telegram_open(transport, options->clock);
  telegram_on_long_pause(host->telegram, on_long_pause, host);
  return true;
}

static bool open_database(struct host *host, struct error *error) {
  const struct host_options *options = &host->options;
  if (options->database_url) {
    host->database = database_open_postgres(options->loop, options->database_url, options->database_schema, error);
    if (host->database) database_set_clock(host->database, options->clock);
    return host->database != NULL;
  }
  host->database = database_open(error);
  int64_t ceiling = options->database_ceiling;
  if (!host->database || (ceiling && !database_set_ceiling(host->database, ceiling, error))) return false;
  database_set_clock(host->database, options->clock);
  return !options->image || database_load(host->database, options->image, options->image_size, error);
}

static void open_backup(struct host *host) {
  struct backup_options options = {
      .loop = host->options.loop,
      .clock = host->options.clock,
      .database = host->database,
      .telegram = host->telegram,
      .admin_id = host_has_backup(host) ? host->options.admin_id : 0,
      .config_id = host->options.config_id,
      .interval_ms = host->options.interval_ms,
      .keys = host->options.keys,
      .keep_days = host->options.keep_days,
      .copy_directory = host->options.copy_directory,
      .copy_chat_id = host->options.copy_chat_id,
      .bot_id = host->options.token ? strtoll(host->options.token, NULL, 10) : 0, /* a token begins with it */
      .before_copy = on_before_copy,
      .copied = on_copied,
      .saved = on_saved,
      .has_more = on_more_asked,
      .is_awaited = on_awaited_asked,
      .unchanged = on_unchanged,
      .progress = host->options.progress ? on_progress : NULL,
      .fenced = on_fenced,
      .data = host,
  };
  host->backup = backup_open(&options);
}

static void warn_of_hidden_file(const char *text, void *data) {
  (void)data;
  log_warn("a file is hidden; warning=%s", text);
}

static bool open_script(struct host *host, struct error *error) {
  struct script_options options = {
      .database = host->database,
      .telegram = host->telegram,
      .backup = host->backup,
      .http = host->http,
      .serve = host->options.serve ? on_serve : NULL,
      .serve_data = host,
      .may_reach_private = host->options.may_reach_private,
      .clock = host->options.clock,
      .paths = host->options.paths,
      .path_count = host->options.path_count,
      .token = host->options.token,
      .admin_id = host->options.admin_id,
      .allowed_files = host->options.allowed_files,
      .memory_ceiling = host->options.memory_ceiling,
      .deadline_ms = host->options.deadline_ms,
      .finds_unread = host->options.replies_in_webhook,
      .observer = recorder_of_scripts(host->options.recorder),
      .random_seed = host->options.random_seed ? host->options.random_seed : recorder_seed(host->options.recorder),
      .exit = on_script_exit,
      .exit_data = host,
  };
  host->script = script_open(&options);
  recorder_loading(host->options.recorder, host->options.clock);
  if (!script_load(host->script, error)) return false;
  script_find_hidden_files(host->script, warn_of_hidden_file, NULL); /* a reload inspects the scripts, and so tells itself */
  job_pause(host->script, true);                                     /* until the data is there */
  return true;
}

static bool open_updates(struct host *host, struct error *error) {
  struct updates_options options = {
      .telegram = host->telegram,
      .script = host->script,
      .database = host->database,
      .clock = host->options.clock,
      .capacity = host->options.inbox_capacity,
      .poll_seconds = host->options.poll_seconds,
      .is_durable = host->options.is_durable,
      .observer = recorder_of_updates(host->options.recorder),
      .webhook = {.url = host->options.webhook_url,
                  .connections = host->options.webhook_connections,
                  .replies = host->options.replies_in_webhook,
                  .drops_pending = host->options.skips_pending},
      .intercept = on_update,
      .want_save = on_save_wanted,
      .may_poll = on_may_poll,
      .reload = on_reload_of_all,
      .failed = on_polling_failed,
      .conflicted = on_conflict,
      .tell = on_notice,
      .data = host,
  };
  host->updates = updates_open(&options, error);
  return host->updates != NULL;
}

static bool open_control(struct host *host, struct error *error) {
  struct control_socket_options control = {
      .path = host->options.control_path,
      .loop = host->options.loop,
      .clock = host->options.clock,
      .script = host->script,
      .updates = host->updates,
      .backup = host->backup,
      .database = host->database,
      .reload = host->reload,
      .may_turn_clock = host->options.may_turn_clock,
      .stop = on_stop_asked,
      .is_started = on_whether_started,
      .data = host,
  };
  struct error failure = {0};
  host->control = control_socket_open(&control, &failure);
  if (host->control) return true;
  if (host->options.is_control_needed) return error_set(error, failure.kind, "%s", failure.text);
  log_warn("there is no control socket, so lunokhod status and the like can't ask this host; error=%s", failure.text);
  return true;
}

static bool open_operator(struct host *host, struct error *error) {
  struct admin_options admin = {.clock = host->options.clock,
                                .telegram = host->telegram,
                                .backup = host->backup,
                                .database = host->database,
                                .script = host->script,
                                .updates = host->updates,
                                .admin_id = host->options.admin_id,
                                .restore = on_restore_confirmed,
                                .reload = on_reload_asked,
                                .data = host};
  host->admin = admin_open(&admin);
  struct revert_options revert = {
      .script = host->script, .backup = host->backup, .updates = host->updates, .admin = host->admin};
  host->revert = revert_open(&revert);
  struct reload_options reload = {
      .loop = host->options.loop,
      .clock = host->options.clock,
      .script = host->script,
      .updates = host->updates,
      .paths = host->options.paths,
      .path_count = host->options.path_count,
      .is_watching = host->options.is_watching,
      .begins = on_reloading,
      .told = on_reloaded,
      .data = host,
  };
  host->reload = reload_open(&reload, error);
  return host->reload != NULL;
}

static void open_metrics(struct host *host) {
  struct metrics_options options = {
      .clock = host->options.clock,
      .telegram = host->telegram,
      .database = host->database,
      .script = host->script,
      .updates = host->updates,
      .backup = host->backup,
      .reload = host->reload,
      .has_webhook = host->options.webhook_url != NULL,
      .has_admin = host->options.admin_id != 0,
      .is_serving = on_whether_serving,
      .connection_count = on_connections_asked,
      .data = host,
  };
  host->metrics = metrics_open(&options);
}

static bool open_listener(struct host *host, struct error *error) {
  if (host->options.listen) open_metrics(host);
  return listener_open(host, error);
}

/* What listens comes last: its paths may be those of a host that runs, which has them back where this one does not start. */
static bool open_floors(struct host *host, struct error *error) {
  if (!open_telegram(host, error) || !open_database(host, error)) return false;
  open_backup(host);
  if (host->options.tells_changes) host->backup_changes = backup_changes_open(host->options.loop, host->database);
  if (!host->options.path_count) return true;
  if (!open_script(host, error) || !open_updates(host, error) || !open_operator(host, error)) return false;
  return open_listener(host, error) && (!host->options.control_path || open_control(host, error));
}

/* ---- life ---- */

struct host *host_open(const struct host_options *options, struct error *error) {
  struct host *host = memory_new(sizeof *host);
  host->options = *options;
  if (open_floors(host, error)) return host;
  host_close(host);
  return NULL;
}

void host_close(struct host *host) {
  if (!host) return;
  shutdown_cancel(host);
  listener_close(host->listener); /* before those to whom its requests are handed */
  metrics_close(host->metrics);
  reload_close(host->reload);
  if (host->updates) updates_leave_unfinished(host->updates);
  if (host->script) script_end_runs(host->script);
  updates_close(host->updates);
  script_close(host->script);
  backup_close(host->backup); /* before those who wait for its answers, which never come after it */
  control_socket_close(host->control);
  backup_changes_close(host->backup_changes);
  revert_close(host->revert);
  admin_close(host->admin);
  telegram_close(host->telegram);
  http_close(host->http);
  database_close(host->database);
  json_decref(host->me);
  free(host);
}

void host_start(struct host *host) { startup_begin(host); }
bool host_is_started(const struct host *host) { return host->is_started; }
bool host_is_stopping(const struct host *host) { return host->is_stopping; }
void host_stop(struct host *host) { shutdown_begin(host); }

/* ---- while it runs ---- */

bool host_reload(struct host *host, struct error *error) { return reload_now(host->reload, error); }

void host_revive_dead(struct host *host) {
  size_t count = 0;
  struct error error = {0};
  bool ok = host->is_started && updates_revive_dead(host->updates, 0, &count, &error);
  log_info("dead letters are handed out again; count=%zu error=%s", count, ok || !error.kind ? NULL : error.text);
}

size_t host_unfinished(const struct host *host) { return updates_unfinished(host->updates); }

bool host_take_image(struct host *host, unsigned char **image, size_t *size, struct error *error) {
  struct database *database = host->database;
  job_stop(host->script);
  bool ok = database_begin(database, error) && updates_save(host->updates, error) && database_commit(database, error);
  database_rollback(database);
  return ok && database_serialize(database, image, size, error);
}

struct backup *host_backup(struct host *host) { return host->backup; }
struct database *host_database(struct host *host) { return host->database; }
