/* What a backup holds is known by positions: a host's backup counts how many of the database's commits are saved. What a host
 * saves when another has taken over counts only if that one has waited for it. */
#include "record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assembly/assembly.h"
#include "backup/backup.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"
#include "machine.h"

enum {
  MESSAGES_MAX = 20000,
  VIEWS_MAX = 5,          /* one of them the operator's */
  REPLACING_COMMITS = 20, /* more than the host makes while it loads other data */
  REIGN_KNOWN_MS = 10000, /* so old a look may be that lets a host poll */
};

struct message {
  int machine;   /* that it was delivered to last; 0: to none yet */
  uint64_t life; /* of that machine */
  bool is_kept, may_be_lost, is_there, is_dead;
  bool is_finished; /* at least once */
  bool is_replaced; /* by other data that the admin wanted */
};

struct view { /* of one machine's host */
  uint64_t life, committed;
  uint64_t least_commit; /* what is seen now was saved by none that is earlier */
  bool has_polled;
  int64_t erased_message;   /* what is in that one is not kept; 0: none */
  int64_t dethroned_at;     /* when the crown became another's, by the machine's clock; 0: it is its own */
  int64_t last_row;         /* of the table finished that has been seen */
  size_t unsaved, capacity; /* of finished[], those that are not saved */
  struct finished {
    int64_t number;
    uint64_t commit; /* it is part of this one, or of an earlier one */
  } *finished;
};

struct record {
  size_t count, lost;
  struct message messages[MESSAGES_MAX]; /* by number */
  struct view views[VIEWS_MAX];          /* by the machine's number */
  char problem[600];
};

struct record *record_new(void) { return memory_new(sizeof(struct record)); }

void record_free(struct record *record) {
  for (int i = 0; i < VIEWS_MAX; i++) free(record->views[i].finished);
  free(record);
}

void record_break(struct record *record, const char *format, ...) {
  va_list arguments;
  if (record->problem[0]) return;
  va_start(arguments, format);
  (void)vsnprintf(record->problem, sizeof record->problem, format, arguments);
  va_end(arguments);
}

const char *record_problem(const struct record *record) { return record->problem[0] ? record->problem : NULL; }
size_t record_lost(const struct record *record) { return record->lost; }
size_t record_count(const struct record *record) { return record->count; }

int64_t record_add(struct record *record) {
  if (record->count + 1 >= MESSAGES_MAX) abort();
  return (int64_t)++record->count;
}

void record_delivered(struct record *record, const struct machine *machine, const char *updates) {
  static const char mark[] = "\"text\":\"";
  for (const char *text = updates; (text = strstr(text, mark));) {
    text += sizeof mark - 1;
    long long number = strtoll(text, NULL, 10);
    if (number < 1 || number > (long long)record->count) continue;
    struct message *message = &record->messages[number];
    message->machine = machine->number;
    message->life = machine->life;
    message->may_be_lost = false;                            /* it is delivered again, so it was not confirmed */
    if (!message->is_finished) message->is_replaced = false; /* else the host passes it: the admin has gone back behind it */
  }
}

/* ---- a host's database ---- */

/* Calls row(number) for each row, whose first column that is; rest: of the statement. */
static void each_row(struct record *record, const struct machine *machine, const char *sql, int64_t parameter,
                     void (*row)(struct record *record, const struct machine *machine, const struct value *values)) {
  struct error error = {0};
  struct statement *statement = statement_prepare(host_database(machine->host), STATEMENT_HOST, sql, strlen(sql), NULL, &error);
  struct value bound = value_integer(parameter);
  bool is_row = false;
  bool ok = statement && (!statement_parameter_count(statement) || statement_bind(statement, 1, &bound, &error));
  while (ok && (ok = statement_step(statement, &is_row, &error)) && is_row) {
    struct value values[2];
    for (int column = 0; column < 2; column++) statement_column(statement, column, &values[column]);
    row(record, machine, values);
  }
  if (!ok) record_break(record, "the database of machine %d: %s", machine->number, error.text);
  statement_release(statement);
}

static void on_finished(struct record *record, const struct machine *machine, const struct value *values) {
  struct view *view = &record->views[machine->number];
  if (view->unsaved == view->capacity) {
    view->capacity = view->capacity ? view->capacity * 2 : 64;
    view->finished = memory_try_resize(view->finished, view->capacity * sizeof *view->finished);
    if (!view->finished) abort();
  }
  uint64_t commit = database_committed(host_database(machine->host));
  if (commit < view->least_commit) commit = view->least_commit;
  view->finished[view->unsaved++] = (struct finished){values[1].integer, commit};
  record->messages[values[1].integer].is_finished = true;
  view->last_row = values[0].integer;
}

static const char finished_after[] = "SELECT id, number FROM finished WHERE id > ?1 ORDER BY id";

static void keep_saved(struct record *record, struct view *view, uint64_t saved) {
  size_t left = 0;
  for (size_t i = 0; i < view->unsaved; i++) {
    if (view->finished[i].commit <= saved)
      record->messages[view->finished[i].number].is_kept = true;
    else
      view->finished[left++] = view->finished[i];
  }
  view->unsaved = left;
}

void record_look(struct record *record, const struct machine *machine) {
  struct view *view = &record->views[machine->number];
  if (!machine->is_started || view->life != machine->life) return;
  uint64_t committed = database_committed(host_database(machine->host));
  if (committed != view->committed) each_row(record, machine, finished_after, view->last_row, on_finished);
  view->committed = committed;
  if (!view->unsaved || machine->is_pushed_over) return;
  struct backup_status status;
  backup_status(host_backup(machine->host), &status);
  bool is_there = status.saved_at && !record_is_erased(record, machine, status.message_id);
  if (is_there && !status.is_fenced) keep_saved(record, view, committed - status.unsaved);
}

/* ---- a host begins and ends ---- */

static void on_there(struct record *record, const struct machine *machine, const struct value *values) {
  (void)machine;
  record->messages[values[1].integer].is_there = true;
}

static void on_dead(struct record *record, const struct machine *machine, const struct value *values) {
  (void)machine;
  if (values[1].integer > 0 && values[1].integer <= (int64_t)record->count) record->messages[values[1].integer].is_dead = true;
}

static void look_what_is_there(struct record *record, const struct machine *machine) {
  for (size_t i = 0; i <= record->count; i++) record->messages[i].is_there = record->messages[i].is_dead = false;
  each_row(record, machine, finished_after, 0, on_there);
  each_row(record, machine, "SELECT id, CAST(json_extract(json, '$.message.text') AS INTEGER) FROM lunokhod_dead_letters", 0,
           on_dead);
}

void record_started(struct record *record, const struct machine *machine) {
  struct view *view = &record->views[machine->number];
  view->life = machine->life;
  view->least_commit = 0;
  view->has_polled = false;
  view->erased_message = 0;
  view->committed = database_committed(host_database(machine->host));
  view->last_row = 0;
  view->unsaved = 0;
  each_row(record, machine, finished_after, 0, on_finished); /* of the backup that it has restored */
}

/* By the clock that its host goes by: the machines' clocks differ a little, most of all after a freeze. The host has sent its
 * last good look before this, so one that obeys its rule is never wrong here. */
void record_dethroned(struct record *record, const struct machine *machine) {
  struct view *view = &record->views[machine->number];
  int64_t now = machine->loop ? machine_ticks(machine) : 0;
  if (!view->dethroned_at) view->dethroned_at = now > 0 ? now : 1;
}

/* A host that was frozen may begin with old data, but not poll: it looks whether another has taken over before that. */
void record_crown(struct record *record, const struct machine *machine, uint64_t life) {
  if (life == machine->life) record->views[machine->number].dethroned_at = 0;
}

static void on_kept(struct record *record, const struct machine *machine, const struct value *values) {
  (void)machine;
  record->messages[values[1].integer].is_kept = true;
}

void record_keep_all(struct record *record, const struct machine *machine) {
  each_row(record, machine, finished_after, 0, on_kept);
}

static void check_crown(struct record *record, const struct machine *machine) {
  const struct view *view = &record->views[machine->number];
  int64_t now = machine_ticks(machine);
  if (view->dethroned_at && now - view->dethroned_at > REIGN_KNOWN_MS)
    record_break(record, "machine %d polls, though the crown is another's for %lld ms", machine->number,
                 (long long)(now - view->dethroned_at));
}

void record_polls(struct record *record, const struct machine *machine) {
  struct view *view = &record->views[machine->number];
  check_crown(record, machine);
  if (!machine->is_started || view->life != machine->life || view->has_polled) return;
  view->has_polled = true;
  if (machine->is_pushed_over) return;                            /* its data is the earlier one */
  if (view->dethroned_at && !machine->options.is_durable) return; /* it may not know that another host serves, and saves */
  look_what_is_there(record, machine);
  for (size_t number = 1; number <= record->count; number++) {
    const struct message *message = &record->messages[number];
    if (message->is_kept && !message->is_there)
      record_break(record, "machine %d polls without message %zu, which a backup had", machine->number, number);
  }
}

void record_may_lose(struct record *record, const struct machine *machine) {
  for (size_t number = 1; number <= record->count; number++) {
    if (record->messages[number].machine == machine->number) record->messages[number].may_be_lost = true;
  }
}

void record_replaced(struct record *record) {
  for (size_t number = 1; number <= record->count; number++) {
    record->messages[number].is_kept = false;
    record->messages[number].is_replaced = record->messages[number].machine != 0;
  }
  for (int i = 0; i < VIEWS_MAX; i++) {
    struct view *view = &record->views[i];
    if (view->committed) view->least_commit = view->committed + REPLACING_COMMITS;
    view->last_row = 0;
    view->unsaved = 0;
    view->committed = 0;
  }
}

void record_erased(struct record *record, const struct machine *machine, int64_t message_id) {
  struct view *view = &record->views[machine->number];
  for (size_t number = 1; number <= record->count; number++) record->messages[number].is_kept = false;
  view->erased_message = message_id;
  view->last_row = 0;
  view->unsaved = 0;
  view->committed = 0;
}

bool record_is_dethroned(const struct record *record, const struct machine *machine) {
  return record->views[machine->number].dethroned_at != 0;
}

bool record_is_erased(const struct record *record, const struct machine *machine, int64_t message_id) {
  return message_id == record->views[machine->number].erased_message;
}

void record_ends(struct record *record, const struct machine *machine, bool may_lose) {
  record_look(record, machine);
  record->views[machine->number].dethroned_at = 1; /* of its next life, whose clock begins anew */
  for (size_t number = 1; number <= record->count; number++) {
    struct message *message = &record->messages[number];
    if (message->machine != machine->number || message->life != machine->life) continue;
    message->may_be_lost = may_lose;
    if (!machine->is_pushed_over) continue;
    message->is_replaced = true; /* it was told so after the push, and before it knew */
    message->is_kept = false;
  }
}

void record_check_all(struct record *record, const struct machine *machine) {
  look_what_is_there(record, machine);
  for (size_t number = 1; number <= record->count; number++) {
    const struct message *message = &record->messages[number];
    if (message->is_there || message->is_dead) continue;
    record->lost++;
    if (!(message->may_be_lost || message->is_replaced) || message->is_kept)
      record_break(record, "message %zu is lost; it was delivered to machine %d in its life %llu", number, message->machine,
                   (unsigned long long)message->life);
  }
}
