#define _GNU_SOURCE /* memrchr */
#include "command/host_keeper.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/command.h"
#include "common/buffer.h"
#include "common/child.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/log_tail.h"
#include "common/memory.h"
#include "sandbox/sandbox.h"

enum {
  GOOD_LIFE_MS = 10000, /* whoever lived for so long has not failed at its start */
  PAUSE_MAX_MS = 5000,
  LINE_MAX_SIZE = 1 << 20,
};

struct host_keeper {
  struct host_keeper_options options;
  struct sandbox_keeper face;
  char *const *arguments;
  struct child *child; /* NULL: none runs */
  struct clock_timer pause;
  struct buffer line; /* of the host's log, of which the end has not come yet */
  int64_t started_at; /* wall time, in ms */
  int64_t started_ticks;
  unsigned starts, short_lives; /* how many, and how many in a row were short */
  bool is_kill_asked, is_ending;
  char last_end[60]; /* how the last host ended */
  char ahead[24];    /* by how many seconds its clock is ahead: the argument's text */
};

/* ---- what the host logs ---- */

static void write_whole(const char *bytes, size_t size) {
  while (size) {
    ssize_t written = write(STDERR_FILENO, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return; /* nobody reads it any more */
    bytes += written;
    size -= (size_t)written;
  }
}

static void on_wrote(const char *bytes, size_t size, void *data) {
  struct host_keeper *keeper = data;
  struct buffer *line = &keeper->line;
  if (!buffer_add(line, bytes, size, NULL)) buffer_clear(line); /* a line of a megabyte is none */
  char *end = line->size ? memrchr(line->data, '\n', line->size) : NULL;
  if (!end) return;
  size_t whole = (size_t)(end + 1 - line->data);
  write_whole(line->data, whole);
  log_tail_add(line->data, whole);
  memmove(line->data, line->data + whole, line->size - whole);
  buffer_cut(line, line->size - whole);
}

/* ---- its lives ---- */

static void on_ended(int status, void *data);

bool host_keeper_start(struct host_keeper *keeper, struct error *error) {
  const struct host_keeper_options *options = &keeper->options;
  struct child_options child = {
      .path = "/proc/self/exe", .arguments = keeper->arguments, .wrote = on_wrote, .ended = on_ended, .data = keeper};
  keeper->child = child_start(options->loop, &child, error);
  if (!keeper->child) return false;
  keeper->starts++;
  keeper->started_at = clock_now(options->clock);
  keeper->started_ticks = clock_ticks(options->clock);
  keeper->is_kill_asked = false;
  return true;
}

static void start_again(void *data) {
  struct host_keeper *keeper = data;
  struct error error = {0};
  if (host_keeper_start(keeper, &error)) return;
  log_error("the host can't be started; error=%s", error.text);
  clock_start(keeper->options.clock, &keeper->pause, PAUSE_MAX_MS, start_again, keeper);
}

static int64_t next_pause(struct host_keeper *keeper) {
  if (keeper->is_kill_asked) return 0;
  if (clock_ticks(keeper->options.clock) - keeper->started_ticks >= GOOD_LIFE_MS) keeper->short_lives = 0;
  unsigned before = keeper->short_lives++;
  if (before == 0) return 0;
  return before > 3 ? PAUSE_MAX_MS : 500LL << before;
}

static void note_end(struct host_keeper *keeper, int status) {
  if (WIFSIGNALED(status)) {
    (void)snprintf(keeper->last_end, sizeof keeper->last_end, "killed by signal %d", WTERMSIG(status));
  } else {
    (void)snprintf(keeper->last_end, sizeof keeper->last_end, "exit code %d", WEXITSTATUS(status));
  }
}

static void on_ended(int status, void *data) {
  struct host_keeper *keeper = data;
  int code = WIFSIGNALED(status) ? EXIT_FAILED : WEXITSTATUS(status);
  bool is_failed = WIFSIGNALED(status) || code == EXIT_FAILED || code > EXIT_FENCED;
  keeper->child = NULL;
  note_end(keeper, status);
  if (keeper->is_ending || (code == EXIT_USAGE && keeper->starts == 1)) {
    keeper->options.ended(code, keeper->options.data);
  } else if (!is_failed) {
    log_warn("the host has ended, and is not started again by itself; how=%s", keeper->last_end);
  } else {
    int64_t pause = next_pause(keeper);
    log_warn("the host has ended, and is started again; how=%s in_ms=%lld", keeper->last_end, (long long)pause);
    clock_start(keeper->options.clock, &keeper->pause, pause, start_again, keeper);
  }
}

static void on_nothing_to_end(void *data) {
  struct host_keeper *keeper = data;
  keeper->options.ended(EXIT_FINE, keeper->options.data);
}

void host_keeper_stop(struct host_keeper *keeper) {
  keeper->is_ending = true;
  if (keeper->child) {
    child_signal(keeper->child, SIGTERM);
  } else {
    clock_start(keeper->options.clock, &keeper->pause, 0, on_nothing_to_end, keeper);
  }
}

/* ---- what the page sees of it ---- */

static void add_json(struct buffer *out, json_t *json) {
  char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
  json_decref(json);
  (void)buffer_add_text(out, text ? text : "{}", NULL); /* without memory: as if nothing were known */
  free(text);
}

static void describe(struct buffer *out, void *data) {
  const struct host_keeper *keeper = data;
  const struct host_keeper_options *options = &keeper->options;
  const char *state = keeper->child ? "running" : clock_is_started(&keeper->pause) ? "waiting" : "stopped";
  add_json(out, json_pack("{s:s, s:i, s:I, s:I, s:I, s:s, s:I, s:I, s:s}", "state", state, "pid",
                          keeper->child ? child_pid(keeper->child) : 0, "started_at", (json_int_t)keeper->started_at, "starts",
                          (json_int_t)keeper->starts, "short_lives", (json_int_t)keeper->short_lives, "last_end",
                          keeper->last_end, "admin_id", (json_int_t)options->admin_id, "backup_interval",
                          (json_int_t)options->interval_s, "control", options->control_path));
}

static void write_log(uint64_t after, struct buffer *out, void *data) {
  (void)data;
  struct buffer lines;
  buffer_init(&lines, 1 << 20);
  if (!log_tail_read(&after, &lines, NULL)) buffer_clear(&lines); /* what finds no memory now comes with the next question */
  json_t *text = json_stringn(lines.size ? lines.data : "", lines.size);
  if (!text) text = json_string("(lines that are not UTF-8)\n");
  add_json(out, json_pack("{s:o, s:I}", "log", text, "at", (json_int_t)after));
  buffer_release(&lines);
}

static bool act(const char *action, struct error *error, void *data) {
  struct host_keeper *keeper = data;
  if (strcmp(action, "kill") == 0) {
    if (!keeper->child) return error_set(error, ERROR_INPUT, "the host does not run");
    keeper->is_kill_asked = true;
    child_signal(keeper->child, SIGKILL);
    return true;
  }
  if (keeper->child) return error_set(error, ERROR_INPUT, "the host runs already");
  clock_stop(keeper->options.clock, &keeper->pause);
  return host_keeper_start(keeper, error);
}

static void on_turned(int64_t ahead_s, void *data) {
  struct host_keeper *keeper = data;
  (void)snprintf(keeper->ahead, sizeof keeper->ahead, "%lld", (long long)ahead_s);
}

const char *host_keeper_ahead(const struct host_keeper *keeper) { return keeper->ahead; }

const struct sandbox_keeper *host_keeper_face(struct host_keeper *keeper) { return &keeper->face; }

/* ---- life ---- */

struct host_keeper *host_keeper_new(const struct host_keeper_options *options) {
  struct host_keeper *keeper = memory_new(sizeof *keeper);
  keeper->options = *options;
  keeper->face = (struct sandbox_keeper){.control_path = options->control_path,
                                         .describe = describe,
                                         .write_log = write_log,
                                         .act = act,
                                         .turned = on_turned,
                                         .data = keeper};
  on_turned(0, keeper);
  buffer_init(&keeper->line, LINE_MAX_SIZE);
  return keeper;
}

void host_keeper_set_arguments(struct host_keeper *keeper, char *const *arguments) { keeper->arguments = arguments; }

void host_keeper_free(struct host_keeper *keeper) {
  if (!keeper) return;
  clock_stop(keeper->options.clock, &keeper->pause);
  buffer_release(&keeper->line);
  free(keeper);
}
