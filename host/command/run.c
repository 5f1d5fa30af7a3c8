/* lunokhod run: a host over HTTP until a signal, os.exit or a failure ends it. Its options, its signals, its exit codes. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assembly/assembly.h"
#include "backup/backup.h"
#include "command/command.h"
#include "command/confinement.h"
#include "command/control_path.h"
#include "command/process.h"
#include "command/recording_file.h"
#include "command/run_options.h"
#include "command/service_manager.h"
#include "command/token.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/log_levels.h"
#include "common/log_tail.h"
#include "common/log_writer.h"
#include "common/loop.h"
#include "common/memory.h"
#include "recording/recording.h"

enum {
  SIGNAL_COUNT = 5,
  LAST_LINES_MS = 1000, /* in which the last lines of the log may be written */
};
static const int signal_numbers[SIGNAL_COUNT] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

struct run {
  struct run_options options;
  char *token;                          /* ours, like the next */
  struct keyring *keys;                 /* NULL: backups are not encrypted */
  char control_path[CONTROL_PATH_SIZE]; /* where none is given */
  /* what runs */
  struct loop *loop;
  struct clock *clock;
  struct host *host;
  struct loop_signal *signals[SIGNAL_COUNT];
  struct service_manager *manager;  /* NULL: there is none */
  struct recording_file *recording; /* NULL: nothing is recorded */
  bool is_debugging;                /* SIGUSR2 has asked for it */
  bool is_stopping;                 /* a signal has asked for it */
  bool is_vacant;                   /* the host has ended, and a new one must begin in its place */
  int exit_code;
  char zone[PATH_MAX];
};

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
  log_levels_show_all(run->is_debugging);
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
  struct host_options *options = &run->options.host;
  options->is_control_needed = options->control_path != NULL;
  if (!options->control_path && control_path_default(strtoll(run->token, NULL, 10), run->control_path))
    options->control_path = run->control_path;
}

static const char *listening_path(const char *listen) {
  static const char unix_socket[] = "unix:";
  bool is_path = listen && strncmp(listen, unix_socket, sizeof unix_socket - 1) == 0;
  return is_path ? listen + sizeof unix_socket - 1 : NULL;
}

/* The machine's zone by its name, else NULL: scripts see local time. */
static const char *zone_name(char name[static PATH_MAX]) {
  static const char directory[] = "/zoneinfo/";
  const char *zone = getenv("TZ");
  if (zone && *zone) return zone;
  ssize_t size = readlink("/etc/localtime", name, PATH_MAX - 1);
  name[size > 0 ? size : 0] = '\0';
  const char *found = strstr(name, directory);
  return found ? found + sizeof directory - 1 : NULL;
}

/* Before the walls are there: a file that is open stays open. */
static bool open_recording(struct run *run, struct error *error) {
  const struct run_options *options = &run->options;
  if (!options->record_path) return true;
  run->recording = recording_file_open(options->record_path, options->record_limit_mb << 20, error);
  if (!run->recording) return false;
  struct recorder_options recorder = {.write = recording_file_write,
                                      .data = run->recording,
                                      .token = run->token,
                                      .zone = zone_name(run->zone),
                                      .has_texts = options->records_texts};
  run->options.host.recorder = recorder_open(&recorder);
  return true;
}

/* What the options name is all that it needs from now on. */
static void confine(const struct run *run) {
  const struct host_options *options = &run->options.host;
  const struct confinement confinement = {
      .script_paths = options->paths,
      .script_count = options->path_count,
      .readable = {options->allowed_files, options->ca_file, options->server_files},
      .renewed = {run->options.token_file, run->options.key_file, options->tls_certificate, options->tls_key},
      .writable_directory = options->copy_directory,
      .socket_paths = {options->control_path, listening_path(options->listen)}};
  if (!run->options.is_unconfined) confinement_begin(&confinement);
}

static void on_started(void *data) {
  const struct run *run = data;
  service_manager_ready(run->manager);
  if (run->options.host.admin_id || run->options.host.database_url) return;
  log_warn(
      "nothing will be kept when this host ends, as there is no admin: set ADMIN_ID (write `admin` to the bot to learn yours)");
}

/* The backup that follows is encrypted with it. */
static bool renew_keys(struct run *run, struct error *error) {
  bool is_new = false;
  if (!run->keys) return true;
  bool ok = keyring_renew(run->keys, &is_new, error);
  if (!ok) log_error("the backup's keys stay as they were; error=%s", error->text);
  if (is_new) log_info("new keys of the backup were read; file=%s", run->options.key_file);
  if (is_new) backup_request(host_backup(run->host));
  return ok || error_prefix(error, "the backup's keys stay as they were");
}

/* A token is replaced at @BotFather when somebody else may know it. Telegram refuses the old one at once. */
static bool renew_token(struct run *run, struct error *error) {
  bool is_new = false;
  if (!run->options.token_file) return true;
  bool ok = token_renew(run->token, run->options.token_file, &is_new, error);
  if (!ok) log_error("the token stays as it was; error=%s", error->text);
  if (is_new) log_info("a new token was read; file=%s", run->options.token_file);
  return ok || error_prefix(error, "the token stays as it was");
}

/* Both are tried, whatever comes of the first. */
static bool on_reloading(struct error *error, void *data) {
  bool has_token = renew_token(data, error);
  return renew_keys(data, error) && has_token;
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
  struct host_options *options = &run->options.host;
  process_prepare();
  run->loop = loop_open(error);
  if (!run->loop) return false;
  run->clock = clock_open(run->loop);
  if (options->may_turn_clock) (void)clock_set_ahead(run->clock, run->options.clock_ahead_s * 1000);
  run->manager = service_manager_open(run->clock);
  options->loop = run->loop;
  options->clock = run->clock;
  options->token = run->token;
  options->keys = run->keys;
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
  struct host_options *options = &run->options.host;
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
  struct run run = {0};
  struct error error = {0};
  bool ok = run_options_read(&run.options, count, arguments, &error);
  if (ok) ok = (run.token = token_read(run.options.token_file, &error)) != NULL;
  if (ok) ok = run_options_set_up_log(&run.options, run.token, &error);
  if (ok && run.options.key_file) ok = (run.keys = keyring_open(run.options.key_file, &error)) != NULL;
  if (ok) ok = open_recording(&run, &error);
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
  recorder_close(run.options.host.recorder);
  recording_file_close(run.recording);
  log_hide(NULL);
  keyring_close(run.keys);
  token_free(run.token);
  return run.exit_code;
}
