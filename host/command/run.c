/* lunokhod run: a host over HTTP until a signal, os.exit or a failure ends it. Its options, its signals, its exit codes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assembly/assembly.h"
#include "command/command.h"
#include "command/confinement.h"
#include "command/control_path.h"
#include "command/options.h"
#include "command/process.h"
#include "command/service_manager.h"
#include "command/token.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/log_tail.h"
#include "common/log_writer.h"
#include "common/loop.h"
#include "common/memory.h"

enum {
  SIGNAL_COUNT = 5,
  LAST_LINES_MS = 1000, /* in which the last lines of the log may be written */
};
static const int signal_numbers[SIGNAL_COUNT] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

struct run {
  /* options; those of the host that need no conversion are in `options` */
  struct host_options options;
  const char *token_file, *config_file, *log_format, *log_level;
  int64_t memory_mb, deadline_s, inbox, poll_s, interval_s, webhook_connections;
  char *token;                          /* ours */
  char control_path[CONTROL_PATH_SIZE]; /* where none is given */
  bool is_unconfined;
  /* what runs */
  struct loop *loop;
  struct clock *clock;
  struct host *host;
  struct loop_signal *signals[SIGNAL_COUNT];
  struct service_manager *manager; /* NULL: there is none */
  enum log_level level;            /* as the options say */
  bool is_debugging;               /* SIGUSR2 has asked for it */
  bool is_stopping;                /* a signal has asked for it */
  bool is_vacant;                  /* the host has ended, and a new one must begin in its place */
  int exit_code;
};

/* ---- options ---- */

static bool check_options(const struct host_options *options, struct error *error) {
  if (options->path_count == 0) return error_set(error, ERROR_MISUSE, "which scripts? lunokhod run [options] SCRIPT|DIR...");
  if (options->is_durable && !options->admin_id)
    return error_set(error, ERROR_MISUSE, "--durable needs an admin to keep the backups: set ADMIN_ID");
  if ((options->copy_chat_id || options->copy_directory) && !options->admin_id)
    return error_set(error, ERROR_MISUSE, "copies are made of backups, which need an admin: set ADMIN_ID");
  if (options->copy_chat_id && options->copy_chat_id == options->admin_id)
    return error_set(error, ERROR_MISUSE, "--copy-to must be another chat than the admin's, in which the backups are");
  if (options->webhook_url && !options->listen)
    return error_set(error, ERROR_MISUSE, "--webhook needs --listen: where does the host take what Telegram sends?");
  if (!options->tls_certificate != !options->tls_key)
    return error_set(error, ERROR_MISUSE, "--tls-cert and --tls-key belong together");
  if (options->tls_certificate && !options->listen)
    return error_set(error, ERROR_MISUSE, "--tls-cert needs --listen: where is HTTPS served?");
  return true;
}

static const char USAGE[] = "lunokhod run [options] SCRIPT|DIR...   run a bot; its token is in BOT_TOKEN";

static bool read_options(struct run *run, int count, char **arguments, struct error *error) {
  struct host_options *options = &run->options;
  const struct option_row rows[] = {
      {OPTION_TEXT, "token-file", "BOT_TOKEN_FILE", &run->token_file, 0, 0, "FILE", "the bot's token, instead of BOT_TOKEN"},
      {OPTION_TEXT, "api-root", "TELEGRAM_API_ROOT", &options->api_root, 0, 0, "URL", "the Bot API server"},
      {OPTION_TEXT, "ca-file", "SSL_CERT_FILE", &options->ca_file, 0, 0, "FILE", "trust these authorities, too (PEM)"},
      {OPTION_TEXT, "server-files", "LUNOKHOD_SERVER_FILES", &options->server_files, 0, 0, "DIR",
       "where a Bot API server with --local keeps its files"},
      {OPTION_NUMBER, "admin-id", "ADMIN_ID", &options->admin_id, 1, INT64_MAX, "ID", "in whose chat the backups are"},
      {OPTION_NUMBER, "config-id", "CONFIG_ID", &options->config_id, 1, INT32_MAX, "ID",
       "the backup's message, if it can't be found by itself"},
      {OPTION_NUMBER, "backup-interval", "BACKUP_INTERVAL", &run->interval_s, 1, 86400, "SECONDS", "between two backups"},
      {OPTION_NUMBER, "copy-to", "COPY_TO", &options->copy_chat_id, INT64_MIN, INT64_MAX, "CHAT",
       "another chat or channel, where each day's first backup goes, too"},
      {OPTION_TEXT, "copy-dir", "COPY_DIR", &options->copy_directory, 0, 0, "DIR", "a directory for the same"},
      {OPTION_FLAG, "durable", "LUNOKHOD_DURABLE", &options->is_durable, 0, 0, NULL,
       "lose nothing: confirm updates only when a backup has them"},
      {OPTION_FLAG, "fresh", "LUNOKHOD_FRESH", &options->is_fresh, 0, 0, NULL, "do not restore; start empty"},
      {OPTION_FLAG, "takeover", "LUNOKHOD_TAKEOVER", &options->is_takeover, 0, 0, NULL,
       "do not wait for another host that may be alive: what it has not saved is lost"},
      {OPTION_FLAG, "skip-pending", "LUNOKHOD_SKIP_PENDING", &options->skips_pending, 0, 0, NULL,
       "drop what arrived while the bot was off"},
      {OPTION_FLAG, "watch", "LUNOKHOD_WATCH", &options->is_watching, 0, 0, NULL, "reload when a script changes on the disk"},
      {OPTION_FLAG, "allow-private-http", "LUNOKHOD_ALLOW_PRIVATE_HTTP", &options->may_reach_private, 0, 0, NULL,
       "scripts may ask services in this network"},
      {OPTION_TEXT, "allow-files", "LUNOKHOD_ALLOW_FILES", &options->allowed_files, 0, 0, "DIR",
       "scripts may send files of this directory, too"},
      {OPTION_FLAG, "unconfined", "LUNOKHOD_UNCONFINED", &run->is_unconfined, 0, 0, NULL,
       "without the kernel's walls around the host: see OPERATING"},
      {OPTION_NUMBER, "deadline", "LUNOKHOD_DEADLINE", &run->deadline_s, 1, 3600, "SECONDS", "a handler's wall time"},
      {OPTION_NUMBER, "memory", "LUNOKHOD_MEMORY", &run->memory_mb, 4, 65536, "MB", "the scripts' memory"},
      {OPTION_NUMBER, "inbox", "LUNOKHOD_INBOX", &run->inbox, 1, 100000, "N", "updates that may be unfinished at once"},
      {OPTION_NUMBER, "poll-timeout", "LUNOKHOD_POLL_TIMEOUT", &run->poll_s, 1, 50, "SECONDS", "of one long poll"},
      {OPTION_TEXT, "listen", "LUNOKHOD_LISTEN", &options->listen, 0, 0, "ADDR:PORT",
       "serve /metrics, /healthz, /readyz and the webhook there; or unix:PATH"},
      {OPTION_TEXT, "webhook", "WEBHOOK_URL", &options->webhook_url, 0, 0, "URL",
       "Telegram sends updates there, instead of being polled; needs --listen"},
      {OPTION_NUMBER, "webhook-connections", "WEBHOOK_CONNECTIONS", &run->webhook_connections, 1, 100000, "N",
       "of Telegram to the webhook at once"},
      {OPTION_TEXT, "tls-cert", "LUNOKHOD_TLS_CERT", &options->tls_certificate, 0, 0, "FILE",
       "HTTPS at --listen, by this certificate (PEM)"},
      {OPTION_TEXT, "tls-key", "LUNOKHOD_TLS_KEY", &options->tls_key, 0, 0, "FILE", "its key; SIGHUP reads both again"},
      {OPTION_TEXT, "control", "LUNOKHOD_CONTROL", &options->control_path, 0, 0, "PATH",
       "the socket for lunokhod status and the like; by itself in RUNTIME_DIRECTORY or XDG_RUNTIME_DIR"},
      {OPTION_TEXT, "log-format", "LUNOKHOD_LOG_FORMAT", &run->log_format, 0, 0, "text|json", "for people or for machines"},
      {OPTION_TEXT, "log-level", "LUNOKHOD_LOG_LEVEL", &run->log_level, 0, 0, "LEVEL", "debug, info, warn or error"},
      {OPTION_CONFIG, "config", "LUNOKHOD_CONFIG", &run->config_file, 0, 0, "FILE", "settings, a line each: name = value"},
      {.kind = OPTION_END},
  };
  if (!options_read(rows, USAGE, &count, arguments, error)) return false;
  options->paths = (const char *const *)arguments + 1;
  options->path_count = (size_t)count;
  return check_options(options, error);
}

static bool set_up_log(struct run *run, struct error *error) {
  static const char *const levels[] = {"debug", "info", "warn", "error"};
  bool is_json = strcmp(run->log_format, "json") == 0, is_known = false;
  if (!is_json && strcmp(run->log_format, "text") != 0) {
    return error_set(error, ERROR_MISUSE, "--log-format is text or json, not '%s'", run->log_format);
  }
  for (int i = 0; i < 4; i++) {
    if (strcmp(run->log_level, levels[i]) != 0) continue;
    run->level = (enum log_level)i;
    log_set_level(run->level);
    is_known = true;
  }
  if (!is_known) return error_set(error, ERROR_MISUSE, "--log-level is debug, info, warn or error, not '%s'", run->log_level);
  log_set_json(is_json);
  log_set_priorities(service_manager_has_journal());
  log_hide(run->token);
  return true;
}

/* ---- signals ---- */

static void on_stop_signal(struct run *run, int number) {
  if (run->is_stopping) {
    log_warn("stopped at once, by a second signal");
    log_writer_finish(LAST_LINES_MS);
    _exit(EXIT_FAILED);
  }
  if (host_is_stopping(run->host)) {
    log_info("asked to stop while it stops by itself; signal=%d", number);
  } else {
    log_info("stopping; signal=%d", number);
  }
  run->is_stopping = true;
  service_manager_stopping(run->manager);
  host_stop(run->host);
}

static void reload(struct run *run) {
  bool is_started = host_is_started(run->host);
  if (is_started) service_manager_reloading(run->manager);
  (void)host_reload(run->host, NULL); /* a failure is logged, and the old scripts go on */
  if (is_started) service_manager_ready(run->manager);
}

static void toggle_debug(struct run *run) {
  run->is_debugging = !run->is_debugging;
  log_set_level(run->is_debugging ? LOG_DEBUG : run->level);
  log_warn("the log shows another level; debug=%d", run->is_debugging);
}

static void on_signal(int number, void *data) {
  struct run *run = data;
  switch (number) {
    case SIGHUP: reload(run); break;
    case SIGUSR1: host_revive_dead(run->host); break;
    case SIGUSR2: toggle_debug(run); break;
    default: on_stop_signal(run, number);
  }
}

static bool open_signals(struct run *run, struct error *error) {
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    run->signals[i] = loop_signal_open(run->loop, signal_numbers[i], on_signal, run, error);
    if (!run->signals[i]) return false;
  }
  return true;
}

/* The end is near and the exit code decided: a late signal must not change it. Without this, SIGHUP and its like would kill. */
static void close_signals(struct run *run) {
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    loop_signal_close(run->signals[i]);
    (void)signal(signal_numbers[i], SIG_IGN);
  }
}

/* ---- from the start to the end ---- */

static void find_control_path(struct run *run) {
  struct host_options *options = &run->options;
  options->is_control_needed = options->control_path != NULL;
  if (!options->control_path && control_path_default(strtoll(run->token, NULL, 10), run->control_path))
    options->control_path = run->control_path;
}

static const char *listening_path(const char *listen) {
  static const char unix_socket[] = "unix:";
  bool is_path = listen && strncmp(listen, unix_socket, sizeof unix_socket - 1) == 0;
  return is_path ? listen + sizeof unix_socket - 1 : NULL;
}

/* What the options name is all that it needs from now on. */
static void confine(const struct run *run) {
  const struct host_options *options = &run->options;
  const struct confinement confinement = {.script_paths = options->paths,
                                          .script_count = options->path_count,
                                          .readable = {options->allowed_files, options->ca_file, options->server_files},
                                          .renewed = {run->token_file, options->tls_certificate, options->tls_key},
                                          .writable_directory = options->copy_directory,
                                          .socket_paths = {options->control_path, listening_path(options->listen)}};
  if (!run->is_unconfined) confinement_begin(&confinement);
}

static void on_started(void *data) {
  const struct run *run = data;
  service_manager_ready(run->manager);
  if (run->options.admin_id) return;
  log_warn(
      "nothing will be kept when this host ends, as there is no admin: set ADMIN_ID (write `admin` to the bot to learn yours)");
}

/* A token is replaced at @BotFather when somebody else may know it. Telegram refuses the old one at once. */
static void on_reloading(void *data) {
  struct run *run = data;
  struct error error = {0};
  bool is_new = false;
  if (!run->token_file) return;
  if (!token_renew(run->token, run->token_file, &is_new, &error)) log_error("the token stays as it was; error=%s", error.text);
  if (is_new) log_info("a new token was read; file=%s", run->token_file);
}

static void on_told(const char *status, void *data) { service_manager_status(((struct run *)data)->manager, status); }

static void on_ended(enum host_outcome outcome, const struct error *error, void *data) {
  static const int codes[] = {[HOST_STOPPED] = EXIT_FINE,
                              [HOST_FAILED] = EXIT_FAILED,
                              [HOST_UNREADABLE] = EXIT_UNREADABLE,
                              [HOST_FENCED] = EXIT_FENCED,
                              [HOST_VACANT] = EXIT_FENCED};
  struct run *run = data;
  (void)error; /* logged when it happened */
  run->exit_code = codes[outcome];
  run->is_vacant = outcome == HOST_VACANT && !run->is_stopping;
  if (!run->is_vacant) service_manager_stopping(run->manager);
  loop_stop(run->loop);
}

static bool open_all(struct run *run, struct error *error) {
  struct host_options *options = &run->options;
  process_prepare();
  run->loop = loop_open(error);
  if (!run->loop) return false;
  run->clock = clock_open(run->loop);
  run->manager = service_manager_open(run->clock);
  options->loop = run->loop;
  options->clock = run->clock;
  options->token = run->token;
  options->memory_ceiling = (size_t)run->memory_mb << 20;
  options->deadline_ms = (unsigned)run->deadline_s * 1000;
  options->inbox_capacity = (size_t)run->inbox;
  options->poll_seconds = (unsigned)run->poll_s;
  options->interval_ms = run->interval_s * 1000;
  options->webhook_connections = (unsigned)run->webhook_connections;
  options->started = on_started;
  options->told = on_told;
  options->reloading = on_reloading;
  options->ended = on_ended;
  options->data = run;
  run->host = host_open(options, error);
  return run->host && open_signals(run, error);
}

static void close_all(struct run *run) {
  close_signals(run);
  host_close(run->host);
  service_manager_close(run->manager);
  clock_close(run->clock);
  if (run->loop && !loop_close(run->loop)) log_error("a handle was left open at the end, which is a bug of lunokhod");
}

/* A new reign is a new host: all that the old one knew is in the message that it has released. */
static bool begin_anew(struct run *run, struct error *error) {
  struct host_options *options = &run->options;
  host_close(run->host);
  options->is_fresh = options->is_takeover = options->skips_pending = false;
  run->host = host_open(options, error);
  return run->host != NULL;
}

static void run_host(struct run *run) {
  struct error error = {0};
  bool ok = open_all(run, &error);
  while (ok) {
    host_start(run->host);
    loop_run(run->loop);
    if (!run->is_vacant) break;
    run->is_vacant = false;
    ok = begin_anew(run, &error);
  }
  if (!ok) {
    log_error("can't start; error=%s", error.text);
    run->exit_code = error.kind == ERROR_MISUSE ? EXIT_USAGE : EXIT_FAILED;
  }
  close_all(run);
}

int command_run(int count, char **arguments) {
  struct run run = {
      .options.api_root = "https://api.telegram.org",
      .log_format = "text",
      .log_level = "info",
      .memory_mb = 128,
      .deadline_s = 30,
      .inbox = 2000,
      .poll_s = 25,
      .interval_s = 30,
      .webhook_connections = 100,
  };
  struct error error = {0};
  bool ok = read_options(&run, count, arguments, &error);
  if (ok) ok = (run.token = token_read(run.token_file, &error)) != NULL;
  if (ok) ok = set_up_log(&run, &error);
  if (ok) {
    find_control_path(&run);
    memory_set_up();
    loop_set_up();
    confine(&run);
    log_writer_start();
    log_tail_start();
    run_host(&run);
    log_writer_finish(LAST_LINES_MS);
  } else {
    (void)fprintf(stderr, "lunokhod run: %s\n", error.text);
    run.exit_code = EXIT_USAGE;
  }
  log_hide(NULL);
  token_free(run.token);
  return run.exit_code;
}
