/* Stores the updates that are not finished. Every update is in a hash by its id. While Telegram may still send it again, it
 * is also in the list of the unconfirmed, in order of arrival. Rows are written only for a backup or a stop, because two
 * more statements for each click would cost as much as the click. From then on a row changes in the transaction of the
 * segment that changes its update's state: a backup holds counts and rows of one moment (kill_spec: "counts each click once
 * where it is durable"). */
#include "updates/inbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/database.h"
#include "updates/arrivals.h"
#include "updates/dead_letter.h"
#include "updates/parking.h"
#include "updates/shared_inbox.h"

#ifndef INBOX_CAPACITY
#define INBOX_CAPACITY 2000 /* handlers that wait for Telegram at 50 ms a call and 10,000 replies/s are 500 */
#endif

struct inbox {
  struct database *database;
  size_t capacity, unfinished;
  struct update *updates;                        /* all, by id */
  struct update *unconfirmed, **unconfirmed_end; /* in order of arrival */
  uint64_t confirmed_batch;                      /* as inbox_confirm() was told last */
  int64_t confirmed_offset;
  struct arrivals arrivals;
  bool is_shared; /* rows are those of shared_inbox.h, and always there */
};

static const char table[] =
    "CREATE TABLE IF NOT EXISTS main.lunokhod_inbox("
    "  update_id INTEGER PRIMARY KEY, state INTEGER NOT NULL, tries INTEGER NOT NULL, json TEXT NOT NULL)";

static bool make_tables(struct database *database, struct error *error) {
  return database_execute(database, table, error) && arrivals_make_table(database, error) &&
         dead_letter_make_table(database, error);
}

struct inbox *inbox_new(struct database *database, size_t capacity, struct error *error) {
  if (!make_tables(database, error)) return NULL;
  struct inbox *inbox = memory_new(sizeof *inbox);
  inbox->database = database;
  inbox->capacity = capacity ? capacity : INBOX_CAPACITY;
  inbox->unconfirmed_end = &inbox->unconfirmed;
  inbox->is_shared = database_waits(database);
  return inbox;
}

void inbox_free(struct inbox *inbox) {
  if (!inbox) return;
  struct update *update, *next;
  HASH_ITER(hh, inbox->updates, update, next) {
    HASH_DEL(inbox->updates, update);
    free(update);
  }
  free(inbox);
}

size_t inbox_unfinished(const struct inbox *inbox) { return inbox->unfinished; }

bool inbox_has_unfinished(const struct inbox *inbox, uint64_t batch) {
  bool is_any = false;
  for (const struct update *update = inbox->unconfirmed; update && !is_any; update = update->next)
    is_any = update->batch > batch && update->state != UPDATE_DONE;
  return is_any;
}

size_t inbox_room(const struct inbox *inbox) {
  return inbox->unfinished < inbox->capacity ? inbox->capacity - inbox->unfinished : 0;
}

/* ---- coming and going ---- */

static bool is_confirmed(const struct inbox *inbox, const struct update *update) {
  if (inbox->is_shared) return true; /* before it came here */
  return update->batch ? update->batch <= inbox->confirmed_batch : update->id < inbox->confirmed_offset;
}

bool inbox_knows(const struct inbox *inbox, int64_t id) {
  struct update *update;
  HASH_FIND(hh, inbox->updates, &id, sizeof id, update);
  return update != NULL;
}

bool inbox_add(struct inbox *inbox, int64_t id, uint64_t batch, const char *json, size_t size, struct update **added,
               struct error *error) {
  struct update *update;
  *added = NULL;
  HASH_FIND(hh, inbox->updates, &id, sizeof id, update);
  if (update) {
    update->batch = batch ? batch : update->batch; /* Telegram has sent it again: this batch's confirmation covers it */
    return true;
  }
  update = memory_try_resize(NULL, sizeof *update + size + 1);
  if (!update) return error_set(error, ERROR_MEMORY, "out of memory for an update of %zu bytes", size);
  memset(update, 0, sizeof *update);
  memcpy(update->json, json, size);
  update->json[size] = '\0';
  update->id = id;
  update->batch = batch;
  update->script = (struct script_update){.json = update->json, .size = size};
  HASH_ADD(hh, inbox->updates, id, sizeof update->id, update);
  update->is_confirmed = is_confirmed(inbox, update);
  if (!update->is_confirmed) {
    *inbox->unconfirmed_end = update;
    inbox->unconfirmed_end = &update->next;
  }
  inbox->unfinished++;
  *added = update;
  return true;
}

bool inbox_add_shared(struct inbox *inbox, const struct shared_row *row, struct update **update, struct error *error) {
  if (!inbox_add(inbox, row->id, 0, row->json, row->size, update, error)) return false;
  if (!*update) return true;
  (*update)->is_written = true;
  (*update)->tries = (int)row->tries;
  (*update)->item.lane = row->lane;
  return true;
}

void inbox_arrived(struct inbox *inbox, uint64_t batch, int64_t id) { arrivals_note(&inbox->arrivals, batch, id); }

/* Telegram will not send it again, and it is finished. */
static void forget(struct inbox *inbox, struct update *update) {
  HASH_DEL(inbox->updates, update);
  free(update);
}

void inbox_confirm(struct inbox *inbox, uint64_t batch, int64_t offset) {
  struct update **link = &inbox->unconfirmed;
  inbox->confirmed_batch = batch;
  inbox->confirmed_offset = offset;
  arrivals_confirm(&inbox->arrivals, batch, offset);
  for (struct update *update; (update = *link) != NULL;) {
    if (!is_confirmed(inbox, update)) {
      link = &update->next;
      continue;
    }
    *link = update->next;
    update->is_confirmed = true;
    if (update->state == UPDATE_DONE) forget(inbox, update);
  }
  inbox->unconfirmed_end = link;
}

/* As if it had never come. */
static void withdraw(struct inbox *inbox, struct update *update) {
  struct update **link = &inbox->unconfirmed;
  while (*link && *link != update) link = &(*link)->next;
  if (*link) {
    *link = update->next;
    if (!update->next) inbox->unconfirmed_end = link;
  }
  inbox->unfinished--;
  forget(inbox, update);
}

/* It is finished, well or badly. Until Telegram is told so, its id is remembered. */
static void leave(struct inbox *inbox, struct update *update) {
  assert(update->state != UPDATE_DONE);
  update->state = UPDATE_DONE;
  inbox->unfinished--;
  if (update->is_confirmed) forget(inbox, update);
}

void inbox_drop_all(struct inbox *inbox) {
  struct update *update, *next;
  HASH_ITER(hh, inbox->updates, update, next) forget(inbox, update);
  inbox->unfinished = 0;
}

void inbox_finish(struct inbox *inbox, struct update *update) { leave(inbox, update); }

/* ---- rows ---- */

static const char save[] =
    "INSERT INTO main.lunokhod_inbox(update_id, state, tries, json) VALUES (?, ?, ?, ?) ON CONFLICT (update_id) DO UPDATE SET"
    " state = excluded.state, tries = excluded.tries, json = excluded.json";

/* It is there, and has a lane and its text, which goes with UPDATE_DONE. */
static const char change[] =
    "UPDATE main.lunokhod_inbox SET state = ?2, tries = ?3, json = CASE WHEN ?2 = 3 THEN '' ELSE json END WHERE update_id = ?1";
static_assert(UPDATE_DONE == 3, "the number in change[]");

static bool write_row(struct inbox *inbox, struct update *update, enum update_state state, struct error *error) {
  bool is_done = state == UPDATE_DONE; /* only its id is still needed */
  struct value values[] = {value_integer(update->id), value_integer(state), value_integer(update->tries),
                           value_text(update->json, is_done ? 0 : update->script.size)};
  update->is_written = true;
  return inbox->is_shared ? database_run(inbox->database, change, values, 3, error)
                          : database_run(inbox->database, save, values, 4, error);
}

/* It is finished. */
static bool end_row(struct inbox *inbox, struct update *update, struct error *error) {
  if (inbox->is_shared || !update->is_confirmed) return write_row(inbox, update, UPDATE_DONE, error);
  struct value id = value_integer(update->id);
  return database_run(inbox->database, "DELETE FROM main.lunokhod_inbox WHERE update_id = ?", &id, 1, error);
}

/* A row goes from one table to the other in one segment, so each backup holds it once. */
bool inbox_take_up(struct inbox *inbox, struct parking *parking, const struct parked *parked, struct update **added,
                   struct error *error) {
  struct update *update;
  if (!inbox_add(inbox, parked->id, parked->batch, parked->json, parked->size, &update, error)) return false;
  bool ok = database_begin(inbox->database, error) && parking_remove(parking, parked, error) &&
            (!update || write_row(inbox, update, UPDATE_WAITING, error)) && database_commit(inbox->database, error);
  *added = ok ? update : NULL;
  if (ok) {
    parking_removed(parking, parked->lane);
    return true;
  }
  database_rollback(inbox->database);
  if (update) withdraw(inbox, update);
  return false;
}

/* The old rows go first: they are of updates that may have been finished since. */
bool inbox_save(struct inbox *inbox, struct error *error) {
  if (inbox->is_shared) return true;
  if (!database_run(inbox->database, "DELETE FROM main.lunokhod_inbox", NULL, 0, error)) return false;
  if (!arrivals_save(&inbox->arrivals, inbox->database, error)) return false;
  struct update *update, *next;
  HASH_ITER(hh, inbox->updates, update, next) {
    if (!write_row(inbox, update, update->is_settled ? UPDATE_DONE : update->state, error)) return false;
  }
  return true;
}

/* An update that has committed something must not be handled a second time after a crash, and its row says so (UPDATE_SAVED). A
 * row that nobody has written is not needed: a backup is of the moment at which rows are written, so it can't hold that
 * segment. */
bool inbox_segment_ends(struct inbox *inbox, struct update *update, bool is_last, struct error *error) {
  if (database_has_written(inbox->database)) update->state = UPDATE_SAVED;
  if (!update->is_written) return true;
  if (!is_last && update->state != UPDATE_SAVED) return true;
  if (!database_begin(inbox->database, error)) return false;
  if (!is_last) return write_row(inbox, update, UPDATE_SAVED, error);
  return end_row(inbox, update, error);
}

bool inbox_look(struct inbox *inbox, const struct update *update, enum update_state *state, struct error *error) {
  struct value id = value_integer(update->id);
  int64_t found;
  bool ok = database_read_integer(inbox->database, "SELECT state FROM main.lunokhod_inbox WHERE update_id = ?", &id, 1,
                                  UPDATE_DONE, &found, error);
  *state = (enum update_state)found;
  return ok;
}

/* ---- dead letters ---- */

static bool add_letter(struct inbox *inbox, const struct update *update, const char *reason, int64_t now_at,
                       struct error *error) {
  struct dead_letter letter = {.update_id = update->id,
                               .failed_at = now_at,
                               .error = reason,
                               .error_size = strlen(reason),
                               .json = update->json,
                               .json_size = update->script.size};
  return dead_letter_add(inbox->database, &letter, error);
}

void inbox_bury(struct inbox *inbox, struct update *update, const char *reason, int64_t now_at) {
  struct error error = {0};
  bool ok = database_begin(inbox->database, &error) && add_letter(inbox, update, reason, now_at, &error);
  if (ok && update->is_written) ok = end_row(inbox, update, &error);
  if (ok) ok = database_commit(inbox->database, &error);
  if (!ok) {
    database_rollback(inbox->database);
    log_error("can't keep a failed update as a dead letter; update=%lld error=%s", (long long)update->id, error.text);
  }
  leave(inbox, update);
}

/* ---- reading rows back ---- */

struct row { /* a copy, because the table changes while the rows are handled */
  int64_t id, state, tries;
  char *json;
  size_t size;
};

struct rows {
  struct row *list;
  size_t count;
};

static void rows_free(struct rows *rows) {
  for (size_t i = 0; i < rows->count; i++) free(rows->list[i].json);
  free(rows->list);
}

static bool append_row(struct rows *rows, struct statement *statement, struct error *error) {
  struct row *list = memory_try_resize(rows->list, (rows->count + 1) * sizeof *list);
  if (!list) return error_set(error, ERROR_MEMORY, "out of memory for the inbox");
  rows->list = list;
  struct value values[4];
  for (int i = 0; i < 4; i++) statement_column(statement, i, &values[i]);
  struct row *row = &list[rows->count];
  *row = (struct row){.id = values[0].integer, .state = values[1].integer, .tries = values[2].integer, .size = values[3].size};
  row->json = memory_try_resize(NULL, row->size + 1);
  if (!row->json) return error_set(error, ERROR_MEMORY, "out of memory for the inbox");
  if (row->size) memcpy(row->json, values[3].bytes, row->size);
  row->json[row->size] = '\0';
  rows->count++;
  return true;
}

/* value: of the statement's parameter, or NULL where it has none. */
static bool read_rows(struct inbox *inbox, const char *sql, const struct value *value, struct rows *rows, struct error *error) {
  struct statement *statement = database_prepare(inbox->database, sql, value, value != NULL, error);
  bool row, ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    if (!(ok = append_row(rows, statement, error))) break;
  }
  statement_release(statement);
  return ok;
}

static const char all_rows[] = "SELECT update_id, state, tries, json FROM main.lunokhod_inbox ORDER BY update_id";

static const char saved_in_part[] =
    "the host stopped while this was in hand; what it had saved is kept, so it was not repeated";

/* What a host that stopped or died has left of an update, and what is to be done with it. */
static bool restore_row(struct inbox *inbox, const struct row *row, void (*add)(struct update *update, void *data), void *data,
                        int64_t now_at, struct error *error) {
  struct update *update;
  if (!inbox_add(inbox, row->id, 0, row->json, row->size, &update, error)) return false;
  if (!update) return true;
  update->is_written = true;
  update->tries = (int)row->tries;
  if (row->state == UPDATE_DONE) {
    leave(inbox, update);
  } else if (row->state == UPDATE_SAVED) {
    inbox_bury(inbox, update, saved_in_part, now_at);
  } else if (update->tries >= 2) {
    inbox_bury(inbox, update, "the host stopped twice while this was in hand", now_at);
  } else {
    add(update, data);
  }
  return true;
}

bool inbox_restore(struct inbox *inbox, void (*add)(struct update *update, void *data), void *data, int64_t now_at,
                   struct error *error) {
  struct rows rows = {0};
  bool ok = make_tables(inbox->database, error) && /* the image that was restored may have none */
            arrivals_load(&inbox->arrivals, inbox->database, error) && read_rows(inbox, all_rows, NULL, &rows, error);
  for (size_t i = 0; ok && i < rows.count; i++) ok = restore_row(inbox, &rows.list[i], add, data, now_at, error);
  rows_free(&rows);
  return ok;
}

/* All below Telegram can't send any more: a poll has said so, or has begun above it. */
static int64_t find_offset(const struct inbox *inbox) {
  int64_t offset = inbox->confirmed_offset;
  for (const struct update *update = inbox->unconfirmed; update && !offset; update = update->next) {
    if (update->batch) offset = update->id;
  }
  return offset;
}

/* Its turn may come long after the next backup, which must already say that it is done. */
static bool settle(struct inbox *inbox, struct update *update, enum update_state state, int64_t now_at, struct error *error) {
  bool is_in_part = state == UPDATE_SAVED;
  if (update->state == UPDATE_DONE || update->is_settled || (state != UPDATE_DONE && !is_in_part)) return true;
  if (is_in_part) {
    bool ok = database_begin(inbox->database, error) && add_letter(inbox, update, saved_in_part, now_at, error) &&
              database_commit(inbox->database, error);
    if (!ok) database_rollback(inbox->database);
    if (!ok) return false;
  }
  update->is_settled = true;
  return true;
}

/* What waits here, and the data has behind it: it was made by a host that went on beside this one. Its chat has moved on there
 * (updates_test: going_back_to_what_another_host_has_made). */
static bool settle_finished(struct inbox *inbox, const struct arrivals *theirs, size_t *passed, struct error *error) {
  struct update *update, *next;
  bool ok = true, is_finished;
  HASH_ITER(hh, inbox->updates, update, next) {
    if (!ok || update->state == UPDATE_DONE || update->is_settled) continue;
    ok = arrivals_are_finished(theirs, inbox->database, update->id, &is_finished, error);
    if (!ok || !is_finished) continue;
    update->is_settled = true;
    ++*passed;
  }
  return ok;
}

/* THE rule of going back: an update that was finished is never handled again, whatever the data knows of it. */
bool inbox_return(struct inbox *inbox, void (*add)(struct update *update, void *data), void *data, int64_t now_at,
                  size_t *passed, struct error *error) {
  struct rows rows = {0};
  struct arrivals theirs = {0};
  int64_t offset = find_offset(inbox);
  *passed = 0;
  bool ok = make_tables(inbox->database, error) && arrivals_load(&theirs, inbox->database, error) &&
            settle_finished(inbox, &theirs, passed, error) && read_rows(inbox, all_rows, NULL, &rows, error);
  for (size_t i = 0; ok && i < rows.count; i++) {
    const struct row *row = &rows.list[i];
    struct update *update;
    HASH_FIND(hh, inbox->updates, &row->id, sizeof row->id, update);
    if (update) {
      ok = settle(inbox, update, (enum update_state)row->state, now_at, error);
    } else if (row->id >= offset && !arrivals_has(&inbox->arrivals, row->id)) {
      ok = restore_row(inbox, row, add, data, now_at, error);
      arrivals_begin_with(&inbox->arrivals, row->id);
    } else if (row->state != UPDATE_DONE) {
      ++*passed;
    }
  }
  arrivals_join(&inbox->arrivals, &theirs);
  rows_free(&rows);
  return ok;
}

/* An update that Telegram may still send again is in the inbox, as done, beside its dead letter. */
static bool revive_row(struct inbox *inbox, const struct row *row, struct update **update, struct error *error) {
  HASH_FIND(hh, inbox->updates, &row->id, sizeof row->id, *update);
  if (!*update) return inbox_add(inbox, row->id, 0, row->json, row->size, update, error);
  if ((*update)->state != UPDATE_DONE) {
    *update = NULL; /* it was handed out before, and is not finished */
    return true;
  }
  (*update)->state = UPDATE_WAITING;
  (*update)->is_settled = false;
  (*update)->tries = 0;
  (*update)->album_next = NULL; /* albums are gathered anew */
  (*update)->script.album_next = NULL;
  inbox->unfinished++;
  return true;
}

bool inbox_revive(struct inbox *inbox, int64_t letter, void (*add)(struct update *update, void *data), void *data,
                  size_t *count, struct error *error) {
  static const char sql[] = "SELECT update_id, 0, 0, json FROM main.lunokhod_dead_letters WHERE ?1 IN (0, id) ORDER BY id";
  struct rows rows = {0};
  struct value id = value_integer(letter);
  *count = 0;
  bool ok = read_rows(inbox, sql, &id, &rows, error) && dead_letter_drop(inbox->database, letter, error);
  for (size_t i = 0; ok && i < rows.count; i++) {
    struct update *update;
    ok = revive_row(inbox, &rows.list[i], &update, error);
    if (!ok || !update) continue;
    add(update, data);
    ++*count;
  }
  rows_free(&rows);
  return ok;
}
