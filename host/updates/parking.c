/* Moves a long backlog of one lane into rows, and back. A lane is in the table of counts exactly while it has rows. A row's
 * batch means something only in the host that wrote it, so a restore makes it 0: then the row's id alone tells whether
 * Telegram knows that it has arrived, as with the inbox's rows. */
#include "updates/parking.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/error.h"
#include "common/id_hash.h"
#include "common/memory.h"
#include "database/database.h"
#include "updates/arrivals.h"

struct parked_lane {
  int64_t id;
  size_t count;
  UT_hash_handle hh;
};

struct lifted { /* a row while the data is replaced */
  struct parked row;
  struct lifted *prev, *next;
  char json[];
};

struct parking {
  struct database *database;
  struct parked_lane *lanes;
  size_t count;
  bool is_lifted;
  struct lifted *lifted; /* in order */
};

static const char *const table =
    "CREATE TABLE IF NOT EXISTS main.lunokhod_parked("
    "  place INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL UNIQUE, lane INTEGER NOT NULL, album INTEGER NOT "
    "NULL,"
    "  batch INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS main.lunokhod_parked_lanes ON lunokhod_parked(lane);"; /* its rows are in order of place */

struct parking *parking_new(struct database *database, struct error *error) {
  if (!database_execute(database, table, error)) return NULL;
  struct parking *parking = memory_new(sizeof *parking);
  parking->database = database;
  return parking;
}

static void forget_counts(struct parking *parking) {
  struct parked_lane *lane, *next;
  HASH_ITER(hh, parking->lanes, lane, next) {
    HASH_DEL(parking->lanes, lane);
    free(lane);
  }
  parking->count = 0;
}

void parking_free(struct parking *parking) {
  if (!parking) return;
  parking_drop_lifted(parking);
  forget_counts(parking);
  free(parking);
}

/* ---- counts ---- */

static struct parked_lane *find(const struct parking *parking, int64_t id) {
  struct parked_lane *lane;
  HASH_FIND(hh, parking->lanes, &id, sizeof id, lane);
  return lane;
}

static void count_in(struct parking *parking, int64_t id, size_t count) {
  struct parked_lane *lane = find(parking, id);
  if (!lane) {
    lane = memory_new(sizeof *lane);
    lane->id = id;
    HASH_ADD(hh, parking->lanes, id, sizeof lane->id, lane);
  }
  lane->count += count;
  parking->count += count;
}

void parking_removed(struct parking *parking, int64_t id) {
  struct parked_lane *lane = find(parking, id);
  assert(lane);
  parking->count--;
  if (--lane->count) return;
  HASH_DEL(parking->lanes, lane);
  free(lane);
}

size_t parking_count(const struct parking *parking) { return parking->count; }

size_t parking_lane_count(const struct parking *parking, int64_t id) {
  const struct parked_lane *lane = parking->lanes ? find(parking, id) : NULL;
  return lane ? lane->count : 0;
}

void parking_each_lane(const struct parking *parking, void (*told)(int64_t id, void *data), void *data) {
  struct parked_lane *lane, *next;
  HASH_ITER(hh, parking->lanes, lane, next) told(lane->id, data);
}

/* ---- rows ---- */

/* "OR IGNORE": rows that were lifted may be in the other data, too. */
static bool insert(struct parking *parking, const struct parked *update, struct error *error) {
  struct value values[] = {value_integer(update->id), value_integer(update->lane), value_integer(update->album),
                           value_integer((int64_t)update->batch), value_text(update->json, update->size)};
  return database_run(parking->database,
                      "INSERT OR IGNORE INTO main.lunokhod_parked(update_id, lane, album, batch, json) VALUES (?, ?, ?, ?, ?)",
                      values, 5, error);
}

static bool commit_or_roll_back(struct parking *parking, bool is_good, struct error *error) {
  bool ok = is_good && database_commit(parking->database, error);
  if (!ok) database_rollback(parking->database);
  return ok;
}

static bool lift_one(struct parking *parking, const struct parked *update, struct error *error) {
  struct lifted *lifted = memory_try_resize(NULL, sizeof *lifted + update->size);
  if (!lifted) return error_set(error, ERROR_MEMORY, "out of memory for parked updates");
  lifted->row = *update;
  memcpy(lifted->json, update->json, update->size);
  lifted->row.json = lifted->json;
  DL_APPEND(parking->lifted, lifted);
  return true;
}

/* Telegram has sent it again: the confirmation of this batch covers it. */
static bool move_to_batch(struct parking *parking, int64_t place, uint64_t batch, struct error *error) {
  struct value values[] = {value_integer((int64_t)batch), value_integer(place)};
  return database_run(parking->database, "UPDATE main.lunokhod_parked SET batch = ? WHERE place = ?", values, 2, error);
}

bool parking_add(struct parking *parking, const struct parked *update, struct error *error) {
  static const char sql[] = "SELECT place FROM main.lunokhod_parked WHERE update_id = ?";
  struct error failure = {0};
  struct value id = value_integer(update->id);
  int64_t place; /* of rows from 1 on */
  bool ok = database_read_integer(parking->database, sql, &id, 1, 0, &place, &failure);
  bool is_known = place != 0;
  ok = ok && database_begin(parking->database, &failure);
  if (ok) ok = is_known ? move_to_batch(parking, place, update->batch, &failure) : insert(parking, update, &failure);
  if (ok && !is_known && parking->is_lifted) ok = lift_one(parking, update, &failure);
  ok = commit_or_roll_back(parking, ok, &failure);
  if (ok && !is_known) count_in(parking, update->lane, 1);
  if (!ok && error) *error = failure;
  return ok;
}

static void read_row(struct statement *statement, struct parked *row) {
  struct value values[6];
  for (int i = 0; i < 6; i++) statement_column(statement, i, &values[i]);
  *row = (struct parked){.place = values[0].integer,
                         .id = values[1].integer,
                         .lane = values[2].integer,
                         .album = values[3].integer,
                         .batch = (uint64_t)values[4].integer,
                         .json = values[5].bytes ? values[5].bytes : "",
                         .size = values[5].size};
}

bool parking_first(struct parking *parking, int64_t lane, struct parked *first, char **json, struct error *error) {
  static const char sql[] =
      "SELECT place, update_id, lane, album, batch, json FROM main.lunokhod_parked WHERE lane = ? ORDER BY place LIMIT 1";
  struct value value = value_integer(lane);
  struct statement *statement = database_prepare(parking->database, sql, &value, 1, error);
  bool row = false, ok = statement && statement_step(statement, &row, error);
  if (ok && !row) ok = error_set(error, ERROR_SYSTEM, "a parked update of chat %lld is gone", (long long)lane);
  if (ok) {
    read_row(statement, first);
    *json = memory_try_resize(NULL, first->size + 1);
    if (!*json) ok = error_set(error, ERROR_MEMORY, "out of memory for a parked update");
  }
  if (ok) {
    memcpy(*json, first->json, first->size);
    first->json = *json;
  }
  statement_release(statement);
  return ok;
}

bool parking_remove(struct parking *parking, const struct parked *update, struct error *error) {
  struct value place = value_integer(update->place);
  return database_run(parking->database, "DELETE FROM main.lunokhod_parked WHERE place = ?", &place, 1, error);
}

/* ---- when the data is replaced ---- */

bool parking_lift(struct parking *parking, struct error *error) {
  static const char sql[] = "SELECT place, update_id, lane, album, batch, json FROM main.lunokhod_parked ORDER BY place";
  struct statement *statement = database_prepare(parking->database, sql, NULL, 0, error);
  bool row, ok = statement != NULL;
  parking_drop_lifted(parking);
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct parked parked;
    read_row(statement, &parked);
    ok = lift_one(parking, &parked, error);
  }
  statement_release(statement);
  parking->is_lifted = ok;
  if (!ok) parking_drop_lifted(parking);
  return ok;
}

void parking_drop_lifted(struct parking *parking) {
  struct lifted *lifted, *next;
  DL_FOREACH_SAFE(parking->lifted, lifted, next) {
    DL_DELETE(parking->lifted, lifted);
    free(lifted);
  }
  parking->is_lifted = false;
}

static bool count_rows(struct parking *parking, struct error *error) {
  static const char sql[] = "SELECT lane, count(*) FROM main.lunokhod_parked GROUP BY lane ORDER BY min(place)";
  struct statement *statement = database_prepare(parking->database, sql, NULL, 0, error);
  bool row, ok = statement != NULL;
  forget_counts(parking);
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct value lane, count;
    statement_column(statement, 0, &lane);
    statement_column(statement, 1, &count);
    count_in(parking, lane.integer, (size_t)count.integer);
  }
  statement_release(statement);
  return ok;
}

bool parking_make_table(struct parking *parking, struct error *error) {
  return database_execute(parking->database, table, error);
}

static bool drop_finished(struct parking *parking, struct error *error) {
  struct arrivals theirs;
  struct lifted *lifted, *next;
  bool is_finished, ok = arrivals_load(&theirs, parking->database, error);
  DL_FOREACH_SAFE(parking->lifted, lifted, next) {
    ok = ok && arrivals_are_finished(&theirs, parking->database, lifted->row.id, &is_finished, error);
    if (!ok || !is_finished) continue;
    DL_DELETE(parking->lifted, lifted);
    free(lifted);
  }
  return ok;
}

static bool restore(struct parking *parking, bool keeps_rows, int begun_state, struct error *error) {
  static const char done[] =
      "DELETE FROM main.lunokhod_parked WHERE update_id IN (SELECT update_id FROM main.lunokhod_inbox WHERE state >= ?)";
  struct value state = value_integer(begun_state);
  const char *sql =
      keeps_rows ? "UPDATE main.lunokhod_parked SET batch = 0 WHERE batch <> 0" : "DELETE FROM main.lunokhod_parked";
  bool ok = parking_make_table(parking, error) && database_begin(parking->database, error) &&
            database_run(parking->database, sql, NULL, 0, error);
  const struct lifted *lifted;
  DL_FOREACH(parking->lifted, lifted) ok = ok && insert(parking, &lifted->row, error);
  if (!keeps_rows) ok = ok && database_run(parking->database, done, &state, 1, error);
  ok = commit_or_roll_back(parking, ok, error) && count_rows(parking, error);
  parking_drop_lifted(parking);
  return ok;
}

bool parking_restore(struct parking *parking, struct error *error) { return restore(parking, true, 0, error); }

bool parking_return(struct parking *parking, int begun_state, size_t *passed, struct error *error) {
  bool ok = drop_finished(parking, error) && count_rows(parking, error);
  if (ok) *passed += parking_count(parking);
  return ok && restore(parking, false, begun_state, error);
}
