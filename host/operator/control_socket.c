/* One struct a client, for as long as it is connected. What ends later, a backup or a query, forgets a client that has hung up.
 */
#include "operator/control_socket.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "backup/backup.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/log_tail.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"
#include "net/line_server.h"
#include "operator/operator.h"
#include "script/script.h"
#include "updates/updates.h"

enum {
  ROWS_CEILING = 16 << 20, /* bytes of a query's rows, as text */
  RELOAD_LOOK_MS = 100,    /* between two looks at what the other hosts have answered */
  RELOAD_MOST_MS = 20000,  /* longer than it takes until one that stands still is taken for dead */
};

struct control_socket {
  struct control_socket_options options;
  struct line_server *server;
  int64_t started_at; /* ms since 1970 */
  struct asker *askers;
  struct asker *saver; /* who waits for the backup that is under way; NULL: nobody does */
  bool is_saving, is_followed;
};

struct asker { /* a client */
  struct control_socket *control;
  struct line_client *client;
  struct asker *prev, *next;
  struct query *query; /* NULL: none is under way */
  uint64_t log_at;     /* what it has of the log */
  bool is_following;
  int64_t reload;       /* of all hosts; 0: none is waited for */
  int64_t reload_ticks; /* when it was asked for */
  struct clock_timer reload_look;
};

struct query {         /* on a worker, except for the asker */
  struct asker *asker; /* NULL: it has hung up */
  unsigned char *image;
  size_t size;
  char *sql;
  struct buffer lines;
  struct error error;
};

/* ---- answers ---- */

/* answer is taken. */
static void send_json(const struct asker *asker, json_t *answer) {
  char *line = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
  json_decref(answer);
  if (!line) {
    line_client_close(asker->client); /* no memory: a client that sees the end knows that there is no answer */
    return;
  }
  line_client_send(asker->client, line, strlen(line));
  line_client_send(asker->client, "\n", 1);
  free(line);
}

static void send_fine(const struct asker *asker) { send_json(asker, json_pack("{s:b}", "ok", 1)); }

/* Text that is not UTF-8 can't be in JSON: the bytes of a script may be in an error. */
static json_t *text_value(const char *text, size_t size) {
  json_t *value = json_stringn(text, size);
  return value ? value : json_string("(text that is not UTF-8)");
}

static void send_failure(const struct asker *asker, const char *words) {
  send_json(asker, json_pack("{s:b, s:o}", "ok", 0, "error", text_value(words, strlen(words))));
}

/* ---- status ---- */

static json_t *updates_json(const struct control_socket_options *options) {
  struct updates_status status;
  int64_t dead;
  updates_status(options->updates, &status);
  if (!dead_letter_count(options->database, &dead, NULL)) dead = -1;
  return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "received", (json_int_t)status.received, "finished",
                   (json_int_t)status.finished, "failed", (json_int_t)status.failed, "unfinished",
                   (json_int_t)status.unfinished, "dead", (json_int_t)dead, "last_poll_at", (json_int_t)status.last_poll_at,
                   "hosts", (json_int_t)status.hosts, "leads", status.leads);
}

static json_t *backup_json(const struct control_socket_options *options) {
  struct backup_status status;
  backup_status(options->backup, &status);
  return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:b, s:b}", "saved_at", (json_int_t)status.saved_at,
                   "message_id", (json_int_t)status.message_id, "unsaved", (json_int_t)status.unsaved, "image_size",
                   (json_int_t)status.image_size, "archive_size", (json_int_t)status.archive_size, "uploaded",
                   (json_int_t)status.uploaded, "failures", (json_int_t)status.failures, "longest_pause_us",
                   (json_int_t)status.longest_pause_us, "last_error", text_value(status.last_error, strlen(status.last_error)),
                   "is_fenced", status.is_fenced, "is_elsewhere", status.is_elsewhere);
}

static void answer_status(struct asker *asker, const json_t *request) {
  (void)request;
  const struct control_socket *control = asker->control;
  const struct control_socket_options *options = &control->options;
  json_t *status = json_pack(
      "{s:s, s:i, s:I, s:I, s:b, s:o, s:o, s:{s:I, s:I, s:I}, s:{s:I}}", "version", LUNOKHOD_VERSION, "pid", (int)getpid(),
      "now", (json_int_t)clock_now(options->clock), "started_at", (json_int_t)control->started_at, "serves",
      options->is_started(options->data), "updates", updates_json(options), "backup", backup_json(options), "scripts", "files",
      (json_int_t)script_file_count(options->script), "running", (json_int_t)script_run_count(options->script), "memory",
      (json_int_t)script_memory(options->script), "process", "resident_kb", (json_int_t)memory_resident_kb());
  send_json(asker, json_pack("{s:b, s:o}", "ok", 1, "status", status));
}

/* ---- reload, stop ---- */

struct reloading { /* what the hosts have answered */
  const struct asker *asker;
  size_t hosts, open, failed;
  bool is_told; /* the asker, of each */
};

static void on_host_reloaded(const char *name, const char *failure, void *data) {
  struct reloading *reloading = data;
  bool has_failed = failure && *failure;
  reloading->hosts++;
  reloading->open += !failure;
  reloading->failed += has_failed;
  if (!reloading->is_told) return;
  const char *words = failure ? failure : "it has not answered";
  send_json(reloading->asker,
            json_pack("{s:o, s:o}", "host", text_value(name, strlen(name)), "error", text_value(words, strlen(words))));
}

static void look_at_reload(void *data) {
  struct asker *asker = data;
  const struct control_socket_options *options = &asker->control->options;
  struct reloading look = {.asker = asker}, told = {.asker = asker, .is_told = true};
  struct error error = {0};
  bool is_late = clock_ticks(options->clock) - asker->reload_ticks > RELOAD_MOST_MS;
  bool ok = updates_read_reload(options->updates, asker->reload, on_host_reloaded, &look, &error);
  if (ok && look.open && !is_late) {
    clock_start(options->clock, &asker->reload_look, RELOAD_LOOK_MS, look_at_reload, asker);
    return;
  }
  int64_t reload = asker->reload;
  asker->reload = 0;
  ok = ok && updates_read_reload(options->updates, reload, on_host_reloaded, &told, &error);
  if (!ok)
    send_failure(asker, error.text);
  else if (told.open || told.failed)
    send_failure(asker, "not all hosts have loaded the scripts anew");
  else
    send_json(asker, json_pack("{s:b, s:I}", "ok", 1, "hosts", (json_int_t)told.hosts));
}

static void reload_all(struct asker *asker) {
  const struct control_socket_options *options = &asker->control->options;
  struct error error = {0};
  if (!updates_reload_hosts(options->updates, &asker->reload, &error)) {
    asker->reload = 0;
    send_failure(asker, error.text);
    return;
  }
  asker->reload_ticks = clock_ticks(options->clock);
  clock_start(options->clock, &asker->reload_look, RELOAD_LOOK_MS, look_at_reload, asker);
}

static void answer_reload(struct asker *asker, const json_t *request) {
  struct error error = {0};
  if (json_is_true(json_object_get(request, "all"))) {
    reload_all(asker);
    return;
  }
  if (!reload_now(asker->control->options.reload, &error)) {
    send_failure(asker, error.text);
    return;
  }
  send_json(asker, json_pack("{s:b, s:I}", "ok", 1, "files", (json_int_t)script_file_count(asker->control->options.script)));
}

static void answer_stop(struct asker *asker, const json_t *request) {
  (void)request;
  send_fine(asker);
  asker->control->options.stop(asker->control->options.data);
}

/* ---- log ---- */

static bool send_log(struct asker *asker) {
  struct buffer lines;
  buffer_init(&lines, 1 << 20);
  bool ok = log_tail_read(&asker->log_at, &lines, NULL);
  if (ok && lines.size) send_json(asker, json_pack("{s:o}", "log", text_value(lines.data, lines.size)));
  buffer_release(&lines);
  return ok;
}

static void on_logged(void *data) {
  const struct control_socket *control = data;
  struct asker *asker;
  DL_FOREACH(control->askers, asker) {
    if (asker->is_following) (void)send_log(asker); /* what finds no memory now comes with the next line */
  }
}

static void answer_log(struct asker *asker, const json_t *request) {
  struct control_socket *control = asker->control;
  struct error error = {0};
  asker->log_at = 0;
  if (!send_log(asker)) {
    send_failure(asker, "out of memory for the log");
  } else if (!json_is_true(json_object_get(request, "follow"))) {
    send_fine(asker);
  } else if (!control->is_followed && !log_tail_follow(control->options.loop, on_logged, control, &error)) {
    send_failure(asker, error.text);
  } else {
    control->is_followed = asker->is_following = true;
  }
}

/* ---- dead letters ---- */

struct listing {
  const struct asker *asker;
  bool is_whole; /* the update and the whole traceback, too */
};

static void send_letter(const struct dead_letter *letter, void *data) {
  struct listing *listing = data;
  const char *end = memchr(letter->error, '\n', letter->error_size);
  size_t size = listing->is_whole || !end ? letter->error_size : (size_t)(end - letter->error);
  json_t *json = json_pack("{s:I, s:I, s:I, s:o}", "id", (json_int_t)letter->id, "update_id", (json_int_t)letter->update_id,
                           "failed_at", (json_int_t)letter->failed_at, "error", text_value(letter->error, size));
  if (json && listing->is_whole)
    (void)json_object_set_new(json, "json",
                              text_value(letter->json, letter->json_size)); /* fails without memory: as if not asked */
  send_json(listing->asker, json_pack("{s:o}", "letter", json));
}

static void answer_letters(struct asker *asker, int64_t id, bool is_whole) {
  struct listing listing = {.asker = asker, .is_whole = is_whole};
  struct error error = {0};
  if (!dead_letter_list(asker->control->options.database, id, send_letter, &listing, &error)) {
    send_failure(asker, error.text);
  } else {
    send_fine(asker);
  }
}

static void count_letter(const struct dead_letter *letter, void *count) {
  (void)letter;
  ++*(size_t *)count;
}

/* False, and answered: the request names a letter that is not there. What is no number would stand for all of them. */
static bool check_letter(struct asker *asker, const json_t *id) {
  struct error error = {0};
  size_t count = 0;
  if (!id || (json_is_integer(id) && json_integer_value(id) == 0)) return true;
  if (!json_is_integer(id)) {
    send_failure(asker, "the id is a number");
  } else if (!dead_letter_list(asker->control->options.database, json_integer_value(id), count_letter, &count, &error)) {
    send_failure(asker, error.text);
  } else if (!count) {
    send_failure(asker, "there is no dead letter of that number");
  }
  return count > 0;
}

static void answer_dead(struct asker *asker, const json_t *request) {
  const struct control_socket_options *options = &asker->control->options;
  const char *action = json_string_value(json_object_get(request, "action"));
  int64_t id = json_integer_value(json_object_get(request, "id"));
  struct error error = {0};
  size_t count = 0;
  if (!check_letter(asker, json_object_get(request, "id"))) return;
  if (!action || strcmp(action, "list") == 0) {
    answer_letters(asker, id, false);
  } else if (strcmp(action, "show") == 0) {
    answer_letters(asker, id, true);
  } else if (!options->is_started(options->data)) {
    send_failure(asker, "the data is not restored yet: ask again in a moment");
  } else if (strcmp(action, "retry") == 0) {
    bool ok = updates_revive_dead(options->updates, id, &count, &error);
    if (ok) send_json(asker, json_pack("{s:b, s:I}", "ok", 1, "count", (json_int_t)count));
    if (!ok) send_failure(asker, error.text);
  } else if (strcmp(action, "drop") == 0) {
    if (dead_letter_drop(options->database, id, &error)) send_fine(asker);
    if (error.kind) send_failure(asker, error.text);
  } else {
    send_failure(asker, "the action is list, show, retry or drop");
  }
}

/* ---- sql ---- */

static void query_free(struct query *query) {
  buffer_release(&query->lines);
  free(query->image);
  free(query->sql);
  free(query);
}

static void on_worker(void *data) {
  struct query *query = data;
  (void)snapshot_query(query->image, query->size, query->sql, &query->lines, &query->error);
}

static void on_worked(void *data) {
  struct query *query = data;
  struct asker *asker = query->asker;
  if (asker) {
    asker->query = NULL;
    line_client_send(asker->client, query->lines.data, query->lines.size);
    if (query->error.kind == ERROR_FULL) {
      send_failure(asker, "the rows are more than 16 MB: add a LIMIT");
    } else if (query->error.kind) {
      send_failure(asker, query->error.text);
    } else {
      send_fine(asker);
    }
  }
  query_free(query);
}

static void answer_sql(struct asker *asker, const json_t *request) {
  const struct control_socket_options *options = &asker->control->options;
  const char *sql = json_string_value(json_object_get(request, "sql"));
  struct error error = {0};
  if (!sql) {
    send_failure(asker, "which query? \"sql\" is missing");
    return;
  }
  struct query *query = memory_new(sizeof *query);
  query->asker = asker;
  query->sql = memory_copy_text(sql);
  buffer_init(&query->lines, ROWS_CEILING);
  asker->query = query;
  if (database_serialize(options->database, &query->image, &query->size, &error) &&
      loop_work(options->loop, on_worker, on_worked, query, &error))
    return;
  asker->query = NULL;
  query_free(query);
  send_failure(asker, error.text);
}

/* ---- backup ---- */

static void on_saved(const struct error *error, void *data) {
  struct control_socket *control = data;
  struct asker *asker = control->saver;
  struct backup_status status;
  control->is_saving = false;
  control->saver = NULL;
  if (!asker) return;
  if (error->kind) {
    send_failure(asker, error->text);
    return;
  }
  backup_status(control->options.backup, &status);
  send_json(asker, json_pack("{s:b, s:I, s:I}", "ok", 1, "message_id", (json_int_t)status.message_id, "archive_size",
                             (json_int_t)status.archive_size));
}

static void answer_backup(struct asker *asker, const json_t *request) {
  (void)request;
  struct control_socket *control = asker->control;
  if (control->is_saving) {
    send_failure(asker, "a backup that was asked for is under way");
    return;
  }
  control->is_saving = true;
  control->saver = asker;
  backup_save(control->options.backup, on_saved, control);
}

/* ---- clock ---- */

static void answer_clock(struct asker *asker, const json_t *request) {
  const struct control_socket *control = asker->control;
  const json_t *ahead = json_object_get(request, "ahead_s");
  int64_t seconds = json_integer_value(ahead);
  if (!control->options.may_turn_clock) {
    send_failure(asker, "the clock of this host is the machine's: only lunokhod dev starts one whose clock can be turned");
    return;
  }
  if (!json_is_integer(ahead) || seconds < -CLOCK_AHEAD_MAX_S || seconds > CLOCK_AHEAD_MAX_S) {
    send_failure(asker, "how far ahead? \"ahead_s\" is a number of seconds, a hundred years at most");
    return;
  }
  int64_t forward_ms = clock_set_ahead(control->options.clock, seconds * 1000);
  if (forward_ms > 0) job_hasten(control->options.script, forward_ms);
  log_info("the clock was turned; ahead_s=%lld", (long long)seconds);
  send_json(asker, json_pack("{s:b, s:I}", "ok", 1, "now", (json_int_t)clock_now(control->options.clock)));
}

/* ---- requests ---- */

static const struct {
  const char *name;
  void (*answer)(struct asker *asker, const json_t *request);
} commands[] = {
    {"status", answer_status}, {"reload", answer_reload}, {"stop", answer_stop},     {"log", answer_log},
    {"dead", answer_dead},     {"sql", answer_sql},       {"backup", answer_backup}, {"clock", answer_clock},
};

static bool is_busy(const struct asker *asker) {
  return asker->query || asker->is_following || asker->reload || asker->control->saver == asker;
}

static void answer(struct asker *asker, const json_t *request) {
  const char *name = json_string_value(json_object_get(request, "command"));
  if (is_busy(asker)) {
    send_failure(asker, "what was asked before is not answered yet");
    return;
  }
  for (size_t i = 0; name && i < sizeof commands / sizeof *commands; i++) {
    if (strcmp(name, commands[i].name) != 0) continue;
    commands[i].answer(asker, request);
    return;
  }
  send_failure(asker, "the command is status, reload, stop, log, dead, sql, backup or clock");
}

static struct asker *asker_of(struct control_socket *control, struct line_client *client) {
  struct asker *asker = line_client_data(client);
  if (asker) return asker;
  asker = memory_new(sizeof *asker);
  asker->control = control;
  asker->client = client;
  line_client_set_data(client, asker);
  DL_APPEND(control->askers, asker);
  return asker;
}

static void on_line(struct line_client *client, const char *line, size_t size, void *data) {
  struct asker *asker = asker_of(data, client);
  json_error_t reason;
  json_t *request = json_loadb(line, size, JSON_REJECT_DUPLICATES, &reason);
  if (json_is_object(request)) {
    answer(asker, request);
  } else {
    send_failure(asker, "a request is one line with one object of JSON, such as {\"command\":\"status\"}");
  }
  json_decref(request);
}

static void on_gone(struct line_client *client, void *data) {
  struct control_socket *control = data;
  struct asker *asker = line_client_data(client);
  if (!asker) return;
  clock_stop(control->options.clock, &asker->reload_look);
  if (control->saver == asker) control->saver = NULL;
  if (asker->query) asker->query->asker = NULL;
  DL_DELETE(control->askers, asker);
  free(asker);
}

/* ---- life ---- */

struct control_socket *control_socket_open(const struct control_socket_options *options, struct error *error) {
  struct control_socket *control = memory_new(sizeof *control);
  control->options = *options;
  control->started_at = clock_now(options->clock);
  struct line_server_options server = {.path = options->path, .taken = on_line, .gone = on_gone, .data = control};
  control->server = line_server_open(options->loop, &server, error);
  if (control->server) return control;
  free(control);
  return NULL;
}

void control_socket_keep(struct control_socket *control) {
  if (control) line_server_keep(control->server);
}

void control_socket_close(struct control_socket *control) {
  if (!control) return;
  line_server_close(control->server);
  if (control->is_followed) log_tail_unfollow();
  free(control);
}
