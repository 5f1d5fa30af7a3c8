/* The life of a row: it waits (UPDATE_WAITING), the host that owns its lane takes it (UPDATE_IN_HAND), a segment of its handler
 * commits (UPDATE_SAVED), its last one does (UPDATE_DONE). A host that ends or dies gives it back.
 *
 * A finished row stays until KEPT more have arrived: by then Telegram knows that it has arrived, and does not send it again, be
 * it polled by another host or retried by a webhook. Telegram has at most one getUpdates, 100 updates, or --webhook-connections
 * under way.
 *
 * A lane's row is there while the lane may have unfinished updates. Whoever adds an update locks it, or makes it, and so does
 * whoever takes it away. Otherwise an update could be added to a lane that goes at that moment, and wait for ever. All take
 * their locks in the order of lanes, and none of these rows is ever touched by a handler's segment, so nobody waits long. */
#include "updates/shared_inbox.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"
#include "updates/dead_letter.h"
#include "updates/inbox.h"

#ifndef SHARED_INBOX_KEPT
#define SHARED_INBOX_KEPT 2000
#endif
#ifndef SHARED_INBOX_LANES
#define SHARED_INBOX_LANES 50 /* that a host takes at once: the others want some, too */
#endif

#ifndef SHARED_INBOX_TRIES
#define SHARED_INBOX_TRIES 5 /* so many hosts may die of an update; hosts are also killed for other reasons */
#endif

struct arrival {
  int64_t id, lane;
  size_t size;
  char *json; /* ours */
};

struct shared_inbox {
  struct database *database;
  struct arrival *arrivals; /* to be written */
  size_t arrival_count;
  size_t waiting;
};

struct lane_list {
  int64_t *lanes;
  size_t count;
};

/* ALTER TABLE and CREATE INDEX lock their table even where there is nothing to do, and hosts that work would meet with it. So
 * the one that is made last tells of all. */
bool shared_inbox_make_tables(struct database *database, struct error *error) {
  static const char is_there[] = "SELECT 1 WHERE to_regclass('lunokhod_lanes_host') IS NOT NULL";
  static const char tables[] =
      "CREATE SEQUENCE IF NOT EXISTS lunokhod_inbox_places;"
      "ALTER TABLE main.lunokhod_inbox ADD COLUMN IF NOT EXISTS lane BIGINT;"
      "ALTER TABLE main.lunokhod_inbox ADD COLUMN IF NOT EXISTS place BIGINT;"
      "CREATE INDEX IF NOT EXISTS lunokhod_inbox_lane ON lunokhod_inbox(lane, update_id);"
      "CREATE INDEX IF NOT EXISTS lunokhod_inbox_place ON lunokhod_inbox(place);"
      "CREATE TABLE IF NOT EXISTS main.lunokhod_lanes(lane INTEGER PRIMARY KEY, host INTEGER, since REAL NOT NULL);"
      "CREATE INDEX IF NOT EXISTS lunokhod_lanes_host ON lunokhod_lanes(host, since)";
  int64_t has_all;
  if (!database_read_integer(database, is_there, NULL, 0, 0, &has_all, error)) return false;
  return has_all || database_execute(database, tables, error);
}

struct shared_inbox *shared_inbox_new(struct database *database) {
  struct shared_inbox *shared = memory_new(sizeof *shared);
  shared->database = database;
  return shared;
}

void shared_inbox_forget_arrivals(struct shared_inbox *shared) {
  for (size_t i = 0; i < shared->arrival_count; i++) free(shared->arrivals[i].json);
  free(shared->arrivals);
  shared->arrivals = NULL;
  shared->arrival_count = 0;
}

void shared_inbox_free(struct shared_inbox *shared) {
  if (!shared) return;
  shared_inbox_forget_arrivals(shared);
  free(shared);
}

static bool commit_or_roll_back(struct shared_inbox *shared, bool is_good, struct error *error) {
  bool ok = is_good && database_commit(shared->database, error);
  if (!ok) database_rollback(shared->database);
  return ok;
}

/* ---- arrival ---- */

bool shared_inbox_add(struct shared_inbox *shared, int64_t id, int64_t lane, const char *json, size_t size,
                      struct error *error) {
  struct arrival *list = memory_try_resize(shared->arrivals, (shared->arrival_count + 1) * sizeof *list);
  if (list) shared->arrivals = list;
  char *copy = list ? memory_try_resize(NULL, size + 1) : NULL;
  if (!copy) return error_set(error, ERROR_MEMORY, "out of memory for an update of %zu bytes", size);
  memcpy(copy, json, size);
  copy[size] = '\0';
  list[shared->arrival_count++] = (struct arrival){id, lane, size, copy};
  return true;
}

static int compare_lanes(const void *a, const void *b) {
  const struct arrival *first = a, *second = b;
  if (first->lane != second->lane) return first->lane < second->lane ? -1 : 1;
  return (first->id > second->id) - (first->id < second->id);
}

/* The lane's row is locked even where it is there. */
static bool open_lane(struct shared_inbox *shared, int64_t lane, struct error *error) {
  struct value value = value_integer(lane);
  return database_run(shared->database,
                      "INSERT INTO main.lunokhod_lanes VALUES (?, NULL, date_part('epoch', clock_timestamp()))"
                      " ON CONFLICT (lane) DO UPDATE SET lane = excluded.lane",
                      &value, 1, error);
}

static bool write_one(struct shared_inbox *shared, const struct arrival *arrival, struct error *error) {
  struct value values[] = {value_integer(arrival->id), value_text(arrival->json, arrival->size), value_integer(arrival->lane)};
  return database_run(shared->database,
                      "INSERT INTO main.lunokhod_inbox(update_id, state, tries, json, lane, place)"
                      " VALUES (?, 0, 0, ?, ?, nextval('lunokhod_inbox_places')) ON CONFLICT (update_id) DO NOTHING",
                      values, 3, error);
}

bool shared_inbox_write(struct shared_inbox *shared, struct error *error) {
  if (!shared->arrival_count) return true;
  qsort(shared->arrivals, shared->arrival_count, sizeof *shared->arrivals, compare_lanes);
  bool ok = database_begin(shared->database, error);
  for (size_t i = 0; ok && i < shared->arrival_count; i++) {
    const struct arrival *arrival = &shared->arrivals[i];
    bool is_first = !i || arrival[-1].lane != arrival->lane;
    ok = (!is_first || open_lane(shared, arrival->lane, error)) && write_one(shared, arrival, error);
  }
  ok = ok && database_tell_hosts(shared->database, "updates", error);
  ok = commit_or_roll_back(shared, ok, error);
  if (ok) shared_inbox_forget_arrivals(shared);
  return ok;
}

/* ---- taking ---- */

static const char own_lanes[] =
    "UPDATE main.lunokhod_lanes SET host = ?1 WHERE lane IN (SELECT lane FROM main.lunokhod_lanes WHERE host IS NULL"
    " ORDER BY since LIMIT ?2 FOR UPDATE SKIP LOCKED)";

/* The oldest first, whatever their lane, and of a lane no more than its ceiling at once. */
static const char take_rows[] =
    "WITH mine AS (SELECT i.update_id FROM main.lunokhod_lanes AS l CROSS JOIN LATERAL ("
    "    SELECT update_id FROM main.lunokhod_inbox WHERE lane = l.lane AND state = 0 ORDER BY update_id LIMIT greatest(0, ?3 -"
    "      (SELECT count(*) FROM main.lunokhod_inbox WHERE lane = l.lane AND state IN (1, 2)))) AS i"
    "  WHERE l.host = ?1 ORDER BY i.update_id LIMIT ?2),"
    " taken AS (UPDATE main.lunokhod_inbox AS t SET state = 1 FROM mine WHERE t.update_id = mine.update_id"
    "  RETURNING t.update_id, t.lane, t.tries, t.json)"
    " SELECT update_id, lane, tries, json FROM taken ORDER BY update_id";

/* Given: it is asked, and answered by the end of its segment. NULL: *error says why. */
static struct statement *ask(struct shared_inbox *shared, const char *sql, const struct value *values, int count,
                             struct error *error) {
  struct statement *statement = database_prepare(shared->database, sql, values, count, error);
  if (statement && statement_ask(statement, NULL, NULL, error)) return statement;
  statement_release(statement);
  return NULL;
}

/* There is no memory for it right now. */
static void put_back(struct shared_inbox *shared, int64_t id) {
  struct value value = value_integer(id);
  bool ok = database_begin(shared->database, NULL) &&
            database_run(shared->database, "UPDATE main.lunokhod_inbox SET state = 0 WHERE state = 1 AND update_id = ?", &value,
                         1, NULL);
  (void)commit_or_roll_back(shared, ok, NULL);
}

static bool hand_on(struct shared_inbox *shared, struct statement *statement, shared_taken taken, void *data,
                    struct error *error) {
  bool row, ok = true;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct value values[4];
    for (int i = 0; i < 4; i++) statement_column(statement, i, &values[i]);
    const struct shared_row given = {.id = values[0].integer,
                                     .lane = values[1].integer,
                                     .tries = values[2].integer,
                                     .json = values[3].bytes ? values[3].bytes : "",
                                     .size = values[3].size};
    if (!taken(&given, data)) put_back(shared, given.id);
  }
  return ok;
}

/* One trip: both are asked at once, and are this host's when the segment is committed. */
bool shared_inbox_take(struct shared_inbox *shared, int64_t host, size_t room, size_t lane_ceiling, shared_taken taken,
                       void *data, bool *has_more, struct error *error) {
  struct value lanes[] = {value_integer(host), value_integer(SHARED_INBOX_LANES)};
  struct value rows[] = {value_integer(host), value_integer((int64_t)room), value_integer((int64_t)lane_ceiling)};
  struct statement *own = NULL, *take = NULL;
  bool row, ok = database_begin(shared->database, error) && (own = ask(shared, own_lanes, lanes, 2, error)) &&
                 (take = ask(shared, take_rows, rows, 3, error));
  ok = commit_or_roll_back(shared, ok, error);
  ok = ok && statement_step(own, &row, error) && hand_on(shared, take, taken, data, error);
  *has_more = ok && statement_changes(own) == SHARED_INBOX_LANES;
  statement_release(own);
  statement_release(take);
  return ok;
}

/* ---- giving back ---- */

static bool list_lanes(struct shared_inbox *shared, const char *sql, int64_t host, struct lane_list *list,
                       struct error *error) {
  struct value value = value_integer(host);
  struct statement *statement = database_prepare(shared->database, sql, &value, 1, error);
  bool row, ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    int64_t *lanes = memory_try_resize(list->lanes, (list->count + 1) * sizeof *lanes);
    if (!lanes) ok = error_set(error, ERROR_MEMORY, "out of memory for lanes");
    if (!lanes) break;
    list->lanes = lanes;
    statement_column(statement, 0, &value);
    lanes[list->count++] = value.integer;
  }
  statement_release(statement);
  return ok;
}

/* The second look, at a lane that is locked by now, is the one that counts. */
bool shared_inbox_give_back(struct shared_inbox *shared, int64_t host, struct error *error) {
  static const char empty[] =
      "SELECT lane FROM main.lunokhod_lanes AS l WHERE host = ? AND NOT EXISTS"
      " (SELECT 1 FROM main.lunokhod_inbox WHERE lane = l.lane AND state < 3)"
      " ORDER BY lane FOR UPDATE";
  static const char drop[] =
      "DELETE FROM main.lunokhod_lanes AS l WHERE lane = ? AND NOT EXISTS"
      " (SELECT 1 FROM main.lunokhod_inbox WHERE lane = l.lane AND state < 3)";
  struct lane_list list = {0};
  bool ok = database_begin(shared->database, error) && list_lanes(shared, empty, host, &list, error);
  for (size_t i = 0; ok && i < list.count; i++) {
    struct value lane = value_integer(list.lanes[i]);
    ok = database_run(shared->database, drop, &lane, 1, error);
  }
  ok = commit_or_roll_back(shared, ok, error);
  free(list.lanes);
  return ok;
}

static bool bury_one(struct shared_inbox *shared, const struct value *id, const struct value *json, bool is_saved,
                     int64_t now_at, struct error *error) {
  const char *why = is_saved ? "the host stopped while this was in hand; what it had saved is kept, so it was not repeated"
                             : "host after host died while this was in hand, so it is not tried again";
  struct dead_letter letter = {.update_id = id->integer,
                               .failed_at = now_at,
                               .error = why,
                               .error_size = strlen(why),
                               .json = json->bytes ? json->bytes : "",
                               .json_size = json->size};
  return dead_letter_add(shared->database, &letter, error) &&
         database_run(shared->database, "UPDATE main.lunokhod_inbox SET state = 3, json = '' WHERE update_id = ?", id, 1,
                      error);
}

#define OF_LANES_OF "lane IN (SELECT lane FROM main.lunokhod_lanes WHERE host = ?1)"

/* Only the first of a lane can have a handler, and so be what its host has died of. */
static bool count_tries(struct shared_inbox *shared, int64_t host, struct error *error) {
  struct value number = value_integer(host);
  return database_run(shared->database,
                      "UPDATE main.lunokhod_inbox SET tries = tries + 1 WHERE state = 1 AND update_id IN (SELECT min(update_id)"
                      " FROM main.lunokhod_inbox WHERE state IN (1, 2) AND " OF_LANES_OF " GROUP BY lane)",
                      &number, 1, error);
}

bool shared_inbox_release(struct shared_inbox *shared, int64_t host, bool has_died, int64_t now_at, struct error *error) {
  static const char part[] =
      "SELECT update_id, json, state FROM main.lunokhod_inbox"
      " WHERE (state = 2 OR state = 1 AND tries >= ?2) AND " OF_LANES_OF " ORDER BY update_id";
  struct database *database = shared->database;
  struct value values[] = {value_integer(host), value_integer(SHARED_INBOX_TRIES)};
  if (has_died && !count_tries(shared, host, error)) return false;
  struct statement *statement = database_prepare(database, part, values, 2, error);
  bool row, ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct value id, json, state;
    statement_column(statement, 0, &id);
    statement_column(statement, 1, &json);
    statement_column(statement, 2, &state);
    ok = bury_one(shared, &id, &json, state.integer == UPDATE_SAVED, now_at, error);
  }
  statement_release(statement);
  return ok &&
         database_run(database, "UPDATE main.lunokhod_inbox SET state = 0 WHERE state = 1 AND " OF_LANES_OF, values, 1,
                      error) &&
         database_run(database, "UPDATE main.lunokhod_lanes SET host = NULL WHERE host = ?", values, 1, error) &&
         database_tell_hosts(database, "updates", error);
}

/* ---- of the host that leads ---- */

/* What a host that was alone has left. One that can't be read takes the lane 0, where its handler will say so. */
bool shared_inbox_adopt(struct shared_inbox *shared, shared_lane find_lane, void *data, struct error *error) {
  static const char parked[] =
      "INSERT INTO main.lunokhod_inbox(update_id, state, tries, json) SELECT update_id, 0, 0, json FROM main.lunokhod_parked"
      " ON CONFLICT (update_id) DO NOTHING";
  static const char homeless[] = "SELECT update_id, json FROM main.lunokhod_inbox WHERE lane IS NULL ORDER BY update_id";
  static const char settle[] =
      "UPDATE main.lunokhod_inbox SET lane = ?, place = nextval('lunokhod_inbox_places'),"
      " state = CASE WHEN state = 1 THEN 0 ELSE state END WHERE update_id = ?";
  struct database *database = shared->database;
  bool row, ok = database_begin(database, error) && database_run(database, parked, NULL, 0, error) &&
                 database_run(database, "DELETE FROM main.lunokhod_parked", NULL, 0, error);
  struct statement *statement = ok ? database_prepare(database, homeless, NULL, 0, error) : NULL;
  ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct value id, json;
    int64_t lane = 0;
    statement_column(statement, 0, &id);
    statement_column(statement, 1, &json);
    if (!find_lane(json.bytes ? json.bytes : "", json.size, &lane, data)) lane = 0;
    struct value values[] = {value_integer(lane), id};
    ok = open_lane(shared, lane, error) && database_run(database, settle, values, 2, error);
  }
  statement_release(statement);
  ok = ok && database_tell_hosts(database, "updates", error);
  return commit_or_roll_back(shared, ok, error);
}

bool shared_inbox_tidy(struct shared_inbox *shared, struct error *error) {
  static const char sql[] =
      "DELETE FROM main.lunokhod_inbox WHERE state = 3 AND place <= (SELECT max(place) FROM main.lunokhod_inbox) - ?";
  struct value kept = value_integer(SHARED_INBOX_KEPT);
  bool ok = database_begin(shared->database, error) && database_run(shared->database, sql, &kept, 1, error);
  return commit_or_roll_back(shared, ok, error);
}

bool shared_inbox_survey(struct shared_inbox *shared, int64_t host, bool *has_empty, struct error *error) {
  static const char sql[] =
      "SELECT (SELECT count(*) FROM main.lunokhod_inbox WHERE state < 3), (SELECT count(*) FROM main.lunokhod_lanes AS l"
      "  WHERE host = ? AND NOT EXISTS (SELECT 1 FROM main.lunokhod_inbox WHERE lane = l.lane AND state < 3))";
  struct value value = value_integer(host);
  struct statement *statement = database_prepare(shared->database, sql, &value, 1, error);
  bool row, ok = statement && statement_step(statement, &row, error);
  if (ok) {
    statement_column(statement, 0, &value);
    shared->waiting = (size_t)value.integer;
    statement_column(statement, 1, &value);
    *has_empty = value.integer > 0;
  }
  statement_release(statement);
  return ok;
}

size_t shared_inbox_waiting(const struct shared_inbox *shared) { return shared->waiting; }

/* One that is not finished, as somebody has revived it already, stays as it is. */
bool shared_inbox_revive(struct shared_inbox *shared, int64_t letter, shared_lane find_lane, void *data, size_t *count,
                         struct error *error) {
  static const char letters[] = "SELECT update_id, json FROM main.lunokhod_dead_letters WHERE ?1 IN (0, id) ORDER BY id";
  static const char again[] =
      "INSERT INTO main.lunokhod_inbox(update_id, state, tries, json, lane, place)"
      " VALUES (?, 0, 0, ?, ?, nextval('lunokhod_inbox_places')) ON CONFLICT (update_id) DO UPDATE SET state = 0, tries = 0,"
      " json = excluded.json, lane = excluded.lane, place = excluded.place WHERE lunokhod_inbox.state = 3";
  struct database *database = shared->database;
  struct value number = value_integer(letter);
  bool row, ok = database_begin(database, error);
  struct statement *statement = ok ? database_prepare(database, letters, &number, 1, error) : NULL;
  ok = statement != NULL;
  *count = 0;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct value values[3];
    int64_t lane = 0;
    statement_column(statement, 0, &values[0]);
    statement_column(statement, 1, &values[1]);
    if (!find_lane(values[1].bytes, values[1].size, &lane, data)) lane = 0;
    values[2] = value_integer(lane);
    ok = open_lane(shared, lane, error) && database_run(database, again, values, 3, error);
    ++*count;
  }
  statement_release(statement);
  ok = ok && database_run(database, "DELETE FROM main.lunokhod_dead_letters WHERE ?1 IN (0, id)", &number, 1, error) &&
       database_tell_hosts(database, "updates", error);
  return commit_or_roll_back(shared, ok, error);
}
