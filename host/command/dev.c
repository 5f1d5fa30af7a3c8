/* lunokhod dev: a sandbox, and the host on it as another process that is started again whenever it dies, until Ctrl-C. The host
 * ends first, so that the sandbox is there for its last backup. BOT_TOKEN is not looked at: this is never the real Telegram. */
#define _GNU_SOURCE /* mkdtemp */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/control_path.h"
#include "command/host_keeper.h"
#include "command/options.h"
#include "command/process.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/log_tail.h"
#include "common/loop.h"
#include "common/memory.h"
#include "sandbox/sandbox.h"

enum { DEFAULT_PORT = 8081, DEFAULT_REQUESTS = 20000, DEFAULT_ADMIN = 1001, ARGUMENTS_OF_OURS = 32, SIGNAL_COUNT = 3 };
static const int signal_numbers[SIGNAL_COUNT] = {SIGINT, SIGTERM, SIGHUP};
static char token[] = "123456:a-token-for-the-sandbox-only";

struct dev {
  /* options */
  struct sandbox_options options;
  int64_t port, interval_s, admin_id;
  const char *deadline, *memory, *log_level, *allowed_files; /* are passed on */
  bool may_reach_private, is_durable, is_unconfined;
  /* what is made of them */
  char directory[CONTROL_PATH_SIZE]; /* of the control socket, if it is ours; else empty */
  char control_path[CONTROL_PATH_SIZE];
  char root[60], admin[24], interval[24]; /* texts of the arguments */
  char **arguments;                       /* of the host; ours, the texts are not */
  /* what runs */
  struct loop *loop;
  struct clock *clock;
  struct sandbox *sandbox;
  struct host_keeper *keeper;
  struct loop_signal *signals[SIGNAL_COUNT];
  int exit_code;
};

/* ---- options ---- */

static bool read_options(struct dev *dev, int *count, char **arguments, struct error *error) {
  const struct option_row rows[] = {
      {OPTION_NUMBER, "port", NULL, &dev->port, 0, 65535, "N", "of the chat page; 0: any free port"},
      {OPTION_NUMBER, "backup-interval", NULL, &dev->interval_s, 1, 86400, "SECONDS", "between two backups"},
      {OPTION_NUMBER, "admin-id", NULL, &dev->admin_id, 1, INT64_MAX, "ID", "the person in whose chat the backups are"},
      {OPTION_TEXT, "data", NULL, &dev->options.data_path, 0, 0, "FILE",
       "keep the local Telegram in FILE, files beside it (default: in memory only)"},
      {OPTION_FLAG, "limits", NULL, &dev->options.has_limits, 0, 0, NULL, "answer 429 where Telegram's rate limits would"},
      {OPTION_NUMBER, "delay", NULL, &dev->options.delay_ms, 0, 3600000, "MS", "every call but getUpdates takes so long"},
      {OPTION_FLAG, "allow-private-http", NULL, &dev->may_reach_private, 0, 0, NULL, "as of lunokhod run, like the next"},
      {OPTION_TEXT, "allow-files", NULL, &dev->allowed_files, 0, 0, "DIR", "scripts may send files of this directory, too"},
      {OPTION_TEXT, "deadline", NULL, &dev->deadline, 0, 0, "SECONDS", "a handler's wall time"},
      {OPTION_TEXT, "memory", NULL, &dev->memory, 0, 0, "MB", "the scripts' memory"},
      {OPTION_FLAG, "durable", NULL, &dev->is_durable, 0, 0, NULL, "confirm updates only when a backup has them"},
      {OPTION_FLAG, "unconfined", NULL, &dev->is_unconfined, 0, 0, NULL, "without the kernel's walls around the host"},
      {OPTION_TEXT, "log-level", NULL, &dev->log_level, 0, 0, "LEVEL",
       "debug, info, warn or error; of modules, too: info,backup=debug"},
      {.kind = OPTION_END},
  };
  static const char head[] =
      "lunokhod dev [options] SCRIPT|DIR...   a local Telegram with a chat page, and the bot on it, restarted when it dies";
  if (!options_read(rows, head, count, arguments, error)) return false;
  dev->options.port = (unsigned)dev->port;
  if (!*count) return error_set(error, ERROR_MISUSE, "which scripts? lunokhod dev [options] SCRIPT|DIR...");
  for (int i = 1; i <= *count; i++) { /* a host would only say it again and again */
    if (access(arguments[i], R_OK)) return error_set(error, ERROR_MISUSE, "can't read %s: %s", arguments[i], strerror(errno));
  }
  return true;
}

/* Where `lunokhod status` and its like find it by themselves; else in a directory of our own. */
static bool find_control_path(struct dev *dev, struct error *error) {
  const char *temporary = getenv("TMPDIR");
  unsigned port = sandbox_port(dev->sandbox);
  if (control_path_of_dev(port, dev->control_path)) return true;
  (void)snprintf(dev->directory, sizeof dev->directory, "%.150s/lunokhod-XXXXXX", temporary && *temporary ? temporary : "/tmp");
  if (!mkdtemp(dev->directory)) {
    dev->directory[0] = '\0';
    return error_set(error, ERROR_SYSTEM, "can't make a directory for the control socket: set TMPDIR");
  }
  (void)snprintf(dev->control_path, sizeof dev->control_path, "%.170s/dev-%u.sock", dev->directory, port);
  return true;
}

/* The one before is dead for certain when the next is started, so none of them waits for another. */
static void make_arguments(struct dev *dev, int count, char **scripts) {
  char **next = dev->arguments = memory_new((size_t)(count + ARGUMENTS_OF_OURS) * sizeof *next);
  const struct {
    const char *flag, *value;
  } pairs[] = {{"--api-root", dev->root},
               {"--control", dev->control_path},
               {"--admin-id", dev->admin},
               {"--backup-interval", dev->interval},
               {"--deadline", dev->deadline},
               {"--memory", dev->memory},
               {"--log-level", dev->log_level},
               {"--allow-files", dev->allowed_files},
               {"--clock-ahead", host_keeper_ahead(dev->keeper)}};
  const struct {
    const char *flag;
    bool is_set;
  } flags[] = {{"--watch", true},
               {"--takeover", true},
               {"--tell-changes", true},
               {"--allow-private-http", dev->may_reach_private},
               {"--durable", dev->is_durable},
               {"--unconfined", dev->is_unconfined}};
  *next++ = (char *)(uintptr_t)"lunokhod"; /* execv() wants them without const, and leaves them as they are */
  *next++ = (char *)(uintptr_t)"run";
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    if (!pairs[i].value) continue;
    *next++ = (char *)(uintptr_t)pairs[i].flag;
    *next++ = (char *)(uintptr_t)pairs[i].value;
  }
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    if (flags[i].is_set) *next++ = (char *)(uintptr_t)flags[i].flag;
  *next++ = (char *)(uintptr_t)"--";
  for (int i = 0; i < count; i++) *next++ = scripts[i];
}

/* ---- life ---- */

static void on_host_ended(int exit_code, void *data) {
  struct dev *dev = data;
  dev->exit_code = exit_code;
  loop_stop(dev->loop);
}

static void on_signal(int number, void *data) {
  (void)number;
  const struct dev *dev = data;
  host_keeper_stop(dev->keeper);
}

static bool open_signals(struct dev *dev, struct error *error) {
  for (int i = 0; i < SIGNAL_COUNT; i++) {
    dev->signals[i] = loop_signal_open(dev->loop, signal_numbers[i], on_signal, dev, error);
    if (!dev->signals[i]) return false;
  }
  return true;
}

/* The sandbox must know its keeper before it knows its port, by which the host is started. */
static bool open_sandbox(struct dev *dev, struct error *error) {
  struct host_keeper_options options = {.loop = dev->loop,
                                        .clock = dev->clock,
                                        .control_path = dev->control_path,
                                        .admin_id = dev->admin_id,
                                        .interval_s = dev->interval_s,
                                        .ended = on_host_ended,
                                        .data = dev};
  dev->keeper = host_keeper_new(&options);
  dev->options.keeper = host_keeper_face(dev->keeper);
  dev->sandbox = sandbox_open(dev->loop, dev->clock, &dev->options, error);
  if (dev->sandbox) return true;
  if (error->kind == ERROR_SYSTEM && dev->port)
    error_set(error, ERROR_SYSTEM, "port %d is taken: choose another with --port N (make run PORT=N)", (int)dev->port);
  return false;
}

/* A person who is there already, from --data, keeps the name. */
static bool make_admin(const struct dev *dev, struct error *error) {
  char json[120];
  struct buffer answer;
  buffer_init(&answer, 1 << 20);
  (void)snprintf(json, sizeof json, "{\"id\":%" PRId64 "}", dev->admin_id);
  struct sandbox_question question = {.method = "POST", .path = "users", .json = json};
  bool ok = sandbox_control(dev->sandbox, &question, &answer, NULL);
  if (!ok) {
    buffer_clear(&answer);
    (void)snprintf(json, sizeof json, "{\"id\":%" PRId64 ",\"first_name\":\"Admin\",\"username\":\"admin\"}", dev->admin_id);
    ok = sandbox_control(dev->sandbox, &question, &answer, error);
  }
  buffer_release(&answer);
  return ok;
}

static bool start_host(struct dev *dev, int count, char **scripts, struct error *error) {
  unsigned port = sandbox_port(dev->sandbox);
  (void)snprintf(dev->root, sizeof dev->root, "http://127.0.0.1:%u", port);
  (void)snprintf(dev->admin, sizeof dev->admin, "%" PRId64, dev->admin_id);
  (void)snprintf(dev->interval, sizeof dev->interval, "%" PRId64, dev->interval_s);
  if (setenv("BOT_TOKEN", token, 1)) return error_set(error, ERROR_MEMORY, "out of memory for the token");
  if (!make_admin(dev, error) || !find_control_path(dev, error)) return false;
  make_arguments(dev, count, scripts);
  host_keeper_set_arguments(dev->keeper, dev->arguments);
  if (!host_keeper_start(dev->keeper, error)) return false;
  (void)printf("\n  The chat page: %s/    (Ctrl-C stops everything)\n\n", dev->root);
  (void)fflush(stdout);
  return true;
}

static bool open_all(struct dev *dev, int count, char **scripts, struct error *error) {
  process_prepare();
  log_tail_start();
  log_set_level(LOG_WARN);
  dev->loop = loop_open(error);
  if (!dev->loop) return false;
  dev->clock = clock_open(dev->loop);
  return open_sandbox(dev, error) && open_signals(dev, error) && start_host(dev, count, scripts, error);
}

static bool close_all(struct dev *dev, struct error *error) {
  bool ok = sandbox_close(dev->sandbox, error);
  host_keeper_free(dev->keeper);
  for (int i = 0; i < SIGNAL_COUNT; i++) loop_signal_close(dev->signals[i]);
  clock_close(dev->clock);
  if (dev->loop && !loop_close(dev->loop)) ok = error_set(error, ERROR_SYSTEM, "a handle was left open at the end");
  if (dev->directory[0]) { /* a host that was killed has left its socket there */
    (void)unlink(dev->control_path);
    (void)rmdir(dev->directory);
  }
  free(dev->arguments);
  return ok;
}

int command_dev(int count, char **arguments) {
  struct dev dev = {.port = DEFAULT_PORT, .interval_s = 30, .admin_id = DEFAULT_ADMIN, .options.requests = DEFAULT_REQUESTS};
  struct error error = {0};
  if (!read_options(&dev, &count, arguments, &error)) {
    (void)fprintf(stderr, "lunokhod dev: %s\n", error.text);
    return EXIT_USAGE;
  }
  bool ok = open_all(&dev, count, arguments + 1, &error);
  if (ok) loop_run(dev.loop);
  ok = close_all(&dev, ok ? &error : NULL) && ok;
  if (ok) return dev.exit_code;
  (void)fprintf(stderr, "lunokhod dev: %s\n", error.text);
  return EXIT_FAILED;
}
