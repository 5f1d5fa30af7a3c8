/* A host is on the roster by two rows, and by an advisory lock of its session. lunokhod_hosts says when it was heard of last,
 * by the server's clock, so the hosts' clocks do not matter. lunokhod_fences is what its transactions prove to be there; it
 * never changes, since a row that does would be a conflict of them all. Its lock is free when its session is gone: a host that
 * was killed is taken for dead at once, one that stands still or is cut off after DEAD_S. A server that was restarted has freed
 * all locks, so nobody is judged by them before his judge has been connected for a while.
 *
 * A host can't know what was decided while it stood still. So it is sure of itself only for SURE_US after the beginning of a
 * beat that went well, which ends before DEAD_S. */
#include "updates/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/database.h"

enum {
  BEAT_MS = 1000,
  REST_MOST_MS = 3000, /* so that the next beat comes while the host is still sure of itself */
  SURE_US = 10000000,
  DEAD_MOST = 16,         /* in one beat */
  MAY_JUDGE_US = 5000000, /* longer than hosts need to come back to a server that was away */
};
#define SERVER_NOW "date_part('epoch', clock_timestamp())"
#define LOCK_OF(number) DATABASE_SCHEMA_KEY ", int4(" number ")"
#define DEAD_S "15"
#define SILENT_S "3" /* where its lock is free, too */

struct roster {
  struct roster_options options;
  int64_t number, count;
  bool is_shared, is_started, leads, has_lock;
  uint64_t session;         /* of the database, at the last beat */
  int64_t session_began_us; /* when it was met first */
  int64_t sure_us;          /* when the last beat that went well began */
  struct clock_timer timer;
};

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS main.lunokhod_hosts(number INTEGER PRIMARY KEY, name TEXT NOT NULL, seen_at REAL NOT NULL,"
    "  reload INTEGER NOT NULL DEFAULT 0, reload_error TEXT);"
    "CREATE TABLE IF NOT EXISTS main.lunokhod_fences(number INTEGER PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS main.lunokhod_webhook(one INTEGER PRIMARY KEY, secret TEXT NOT NULL);"
    "CREATE SEQUENCE IF NOT EXISTS lunokhod_host_numbers";

bool roster_make_tables(struct database *database, struct error *error) {
  return !database_is_shared(database) || database_execute(database, tables, error);
}

bool roster_share_secret(struct database *database, char *made, size_t size, struct error *error) {
  static const char sql[] = "SELECT secret FROM main.lunokhod_webhook";
  struct value value = value_text(made, size);
  if (!database_is_shared(database)) return true;
  bool row = false, ok = database_run(database, "INSERT INTO main.lunokhod_webhook VALUES (1, ?) ON CONFLICT (one) DO NOTHING",
                                      &value, 1, error);
  struct statement *statement = ok ? database_prepare(database, sql, NULL, 0, error) : NULL;
  ok = statement && statement_step(statement, &row, error);
  if (ok && row) statement_column(statement, 0, &value);
  ok = ok && ((row && value.size == size) || error_set(error, ERROR_SYSTEM, "lunokhod_webhook holds no secret of ours"));
  if (ok) memcpy(made, value.bytes, size);
  statement_release(statement);
  return ok;
}

struct roster *roster_open(const struct roster_options *options) {
  struct roster *roster = memory_new(sizeof *roster);
  roster->options = *options;
  roster->is_shared = database_is_shared(options->database);
  return roster;
}

void roster_close(struct roster *roster) {
  if (!roster) return;
  clock_stop(roster->options.clock, &roster->timer);
  if (roster->is_shared) database_set_fence(roster->options.database, 0);
  free(roster);
}

int64_t roster_number(const struct roster *roster) { return roster->number; }
bool roster_leads(const struct roster *roster) { return !roster || roster->leads; }

bool roster_is_sure(const struct roster *roster) {
  return !roster || !roster->is_shared || (roster->number && clock_measure_us() - roster->sure_us < SURE_US);
}

static bool ask(const struct roster *roster, const char *sql, int64_t *answer, struct error *error) {
  struct value number = value_integer(roster->number);
  int count = strstr(sql, "?1") ? 1 : 0;
  return database_read_integer(roster->options.database, sql, &number, count, 0, answer, error);
}

size_t roster_count(const struct roster *roster) { return roster && roster->is_shared ? (size_t)roster->count : 1; }

/* ---- entering and leaving ---- */

/* The number is good once the segment is committed. */
static bool enter(struct roster *roster, struct error *error) {
  struct database *database = roster->options.database;
  char name[100] = "?", text[140];
  (void)gethostname(name, sizeof name - 1);
  (void)snprintf(text, sizeof text, "%s:%d", name, (int)getpid());
  struct value value = value_text(text, strlen(text));
  int64_t number = 0;
  bool ok =
      database_begin(database, error) &&
      database_read_integer(
          database,
          "INSERT INTO main.lunokhod_hosts(number, name, seen_at) VALUES (nextval('lunokhod_host_numbers'), ?, " SERVER_NOW
          ") RETURNING number",
          &value, 1, 0, &number, error);
  struct value numbers[] = {value_integer(number)};
  ok = ok && database_run(database, "INSERT INTO main.lunokhod_fences VALUES (?)", numbers, 1, error) &&
       database_commit(database, error);
  database_rollback(database);
  if (!ok) return false;
  roster->number = number;
  roster->has_lock = false;
  database_set_fence(database, number);
  log_info("this host works beside others on the database; number=%lld", (long long)number);
  return true;
}

/* Its transactions that have come to their proof are waited for. */
static bool take_off(struct roster *roster, int64_t number, bool has_died, struct error *error) {
  struct database *database = roster->options.database;
  struct value value = value_integer(number);
  bool ok = database_begin(database, error) &&
            database_run(database, "DELETE FROM main.lunokhod_fences WHERE number = ?", &value, 1, error) &&
            database_run(database, "DELETE FROM main.lunokhod_hosts WHERE number = ?", &value, 1, error) &&
            roster->options.release(number, has_died, roster->options.data, error) && database_commit(database, error);
  database_rollback(database);
  return ok;
}

void roster_leave(struct roster *roster) {
  struct error error = {0};
  clock_stop(roster->options.clock, &roster->timer);
  roster->is_started = false;
  if (!roster->number) return;
  database_set_fence(roster->options.database, 0); /* else it would have to prove what it takes away */
  if (!take_off(roster, roster->number, false, &error))
    log_warn("the other hosts must wait for what this one had; error=%s", error.text);
  roster->number = 0;
}

/* ---- what all hosts are asked ---- */

bool roster_ask_reload(struct roster *roster, int64_t *reload, struct error *error) {
  struct database *database = roster->options.database;
  char word[40];
  if (!ask(roster, "SELECT nextval('lunokhod_host_numbers')", reload, error)) return false;
  (void)snprintf(word, sizeof word, ROSTER_RELOAD "%lld", (long long)*reload);
  bool ok = database_begin(database, error) && database_tell_hosts(database, word, error) && database_commit(database, error);
  database_rollback(database);
  return ok;
}

bool roster_answer_reload(struct roster *roster, int64_t reload, const char *failure, struct error *error) {
  static const char sql[] = "UPDATE main.lunokhod_hosts SET reload = ?1, reload_error = ?2 WHERE number = ?3";
  struct database *database = roster->options.database;
  struct value values[] = {value_integer(reload), value_text(failure, strlen(failure)), value_integer(roster->number)};
  bool ok =
      database_begin(database, error) && database_run(database, sql, values, 3, error) && database_commit(database, error);
  database_rollback(database);
  return ok;
}

bool roster_read_reload(struct roster *roster, int64_t reload, roster_reloaded each, void *data, struct error *error) {
  static const char sql[] = "SELECT name, reload = ?1, reload_error FROM main.lunokhod_hosts ORDER BY number";
  struct value value = value_integer(reload);
  struct statement *statement = database_prepare(roster->options.database, sql, &value, 1, error);
  bool row, ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct value name, has_answered, failure;
    char text[2][300];
    statement_column(statement, 0, &name);
    statement_column(statement, 1, &has_answered);
    statement_column(statement, 2, &failure);
    (void)snprintf(text[0], sizeof text[0], "%.*s", (int)name.size, name.bytes ? name.bytes : "");
    (void)snprintf(text[1], sizeof text[1], "%.*s", (int)failure.size, failure.bytes ? failure.bytes : "");
    each(text[0], has_answered.integer ? text[1] : NULL, data);
  }
  statement_release(statement);
  return ok;
}

/* ---- a beat ---- */

static void set_leading(struct roster *roster, bool leads) {
  if (roster->leads == leads) return;
  roster->leads = leads;
  if (roster->is_shared) log_info(leads ? "this host polls and does the jobs" : "another host polls and does the jobs");
  roster->options.led(leads, roster->options.data);
}

/* What belonged to the session before is gone with it. */
static void look_at_session(struct roster *roster) {
  uint64_t session = database_session_count(roster->options.database);
  if (session == roster->session) return;
  roster->session = session;
  roster->session_began_us = clock_measure_us();
  roster->has_lock = false;
  set_leading(roster, false);
}

static bool say_alive(struct roster *roster, bool *is_alive, struct error *error) {
  struct database *database = roster->options.database;
  int64_t number = 0;
  bool ok =
      database_begin(database, error) &&
      ask(roster, "UPDATE main.lunokhod_hosts SET seen_at = " SERVER_NOW " WHERE number = ?1 RETURNING number", &number, error);
  *is_alive = number != 0;
  ok = ok && (*is_alive ? database_commit(database, error) : true);
  database_rollback(database);
  return ok;
}

/* Locks of a session count how often they were taken, so each is asked for once. */
static bool take_locks(struct roster *roster, struct error *error) {
  static const char own[] = "SELECT CASE WHEN pg_try_advisory_lock(" LOCK_OF("?1") ") THEN 1 ELSE 0 END",
                    leaders[] = "SELECT CASE WHEN pg_try_advisory_lock(" DATABASE_LEADERS_LOCK ") THEN 1 ELSE 0 END";
  int64_t has_lock = roster->has_lock, leads = roster->leads;
  bool ok = (has_lock || ask(roster, own, &has_lock, error)) && (leads || ask(roster, leaders, &leads, error));
  if (!ok) return false;
  roster->has_lock = has_lock;
  look_at_session(roster); /* between two statements a lost connection is made anew */
  set_leading(roster, leads && roster->has_lock);
  return true;
}

static bool find_dead(struct roster *roster, int64_t dead[static DEAD_MOST], size_t *count, struct error *error) {
  static const char sql[] =
      "SELECT number FROM main.lunokhod_hosts WHERE number <> ?1 AND (seen_at < " SERVER_NOW " - " DEAD_S
      " OR (seen_at < " SERVER_NOW " - " SILENT_S " AND pg_try_advisory_xact_lock(" LOCK_OF("number") ")))";
  struct value value = value_integer(roster->number);
  struct statement *statement = database_prepare(roster->options.database, sql, &value, 1, error);
  bool row, ok = statement != NULL;
  *count = 0;
  while (ok && *count < DEAD_MOST && (ok = statement_step(statement, &row, error)) && row) {
    statement_column(statement, 0, &value);
    dead[(*count)++] = value.integer;
  }
  statement_release(statement);
  return ok;
}

/* In a segment of its own for each, since a lock that is waited for in vain must not keep the others. */
static bool bury_dead(struct roster *roster, struct error *error) {
  int64_t dead[DEAD_MOST];
  size_t count = 0;
  if (clock_measure_us() - roster->session_began_us < MAY_JUDGE_US) return true;
  bool ok = find_dead(roster, dead, &count, error);
  for (size_t i = 0; ok && i < count; i++) {
    struct error failure = {0};
    if (database_end_sessions(roster->options.database, dead[i], &failure) && take_off(roster, dead[i], true, &failure))
      log_warn("a host is dead, and what it had in hand is the others'; number=%lld", (long long)dead[i]);
    else
      log_warn("a host seems to be dead, and can't be replaced yet; number=%lld error=%s", (long long)dead[i], failure.text);
  }
  return ok;
}

static void lose(struct roster *roster) {
  log_warn("the other hosts took this one for dead, so it begins anew; number=%lld", (long long)roster->number);
  database_set_fence(roster->options.database, 0);
  roster->number = 0;
  set_leading(roster, false);
  roster->options.lost(roster->options.data);
}

static bool beat(struct roster *roster, struct error *error) {
  int64_t began_us = clock_measure_us();
  bool is_alive = false, ok = true;
  if (roster->number) {
    ok = say_alive(roster, &is_alive, error);
    look_at_session(roster);
    if (ok && !is_alive) lose(roster);
  }
  if (ok && !roster->number) ok = enter(roster, error);
  if (!ok) return false;
  look_at_session(roster);
  roster->sure_us = began_us;
  return take_locks(roster, error) && bury_dead(roster, error) &&
         ask(roster, "SELECT count(*) FROM main.lunokhod_hosts", &roster->count, error);
}

static void on_beat(void *data);

/* The loop stood while the database answered, and what has come meanwhile wants as much time. Its clock stood, too. */
static void plan_beat(struct roster *roster, int64_t began_us) {
  int64_t taken_ms = (clock_measure_us() - began_us) / 1000, rest_ms = taken_ms < REST_MOST_MS ? taken_ms : REST_MOST_MS;
  int64_t pause_ms = taken_ms + (rest_ms > BEAT_MS ? rest_ms : BEAT_MS);
  clock_start(roster->options.clock, &roster->timer, pause_ms, on_beat, roster);
}

static void on_beat(void *data) {
  struct roster *roster = data;
  struct error error = {0};
  int64_t began_us = clock_measure_us();
  bool is_there = beat(roster, &error);
  if (!roster->is_started) return;
  roster->options.beat(is_there, &error, roster->options.data);
  if (roster->is_started) plan_beat(roster, began_us);
}

void roster_start(struct roster *roster) {
  roster->is_started = true;
  if (roster->is_shared)
    on_beat(roster);
  else
    set_leading(roster, true);
}
