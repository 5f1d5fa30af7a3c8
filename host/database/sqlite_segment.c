/* The built-in database's transactions, and marks within them as savepoints. BEGIN is deferred, so a segment that only reads
 * takes no lock, counts no commit, and costs a microsecond. A savepoint is set only where there is something to keep on the way
 * back: most marks are made before the first SQL. It never waits, so one segment at a time is enough. */
#include <sqlite3.h>

#include "common/error.h"
#include "database/connection.h"
#include "database/engine.h"

enum { SQL_SIZE = 100 };

/* ---- segments ---- */

/* A script whose time is over must not hold up the end of its own segment, so no limit holds here. */
static bool run_fixed(struct database *database, sqlite3_stmt *statement, struct error *error) {
  database->is_limit_lifted = true;
  database->origin = STATEMENT_HOST;
  int status = sqlite3_step(statement);
  bool ok = status == SQLITE_DONE;
  if (!ok) connection_fail(database, "", error);
  (void)sqlite3_reset(statement);
  database->is_limit_lifted = false;
  return ok;
}

static bool begin(struct database *database, struct error *error) {
  if (database->is_in_segment) return true;
  if (!run_fixed(database, database->connection.begin, error)) return error_prefix(error, "can't begin a transaction");
  database->is_in_segment = true;
  database->segment++;
  return true;
}

static void rollback(struct database *database) {
  if (!database->is_in_segment) return;
  /* After an error such as SQLITE_FULL it may be rolled back already. */
  if (!sqlite3_get_autocommit(database->connection.sqlite)) (void)run_fixed(database, database->connection.rollback, NULL);
  database->is_in_segment = false;
}

static bool commit(struct database *database, struct error *error) {
  if (!database->is_in_segment) return true;
  if (sqlite3_get_autocommit(
          database->connection.sqlite)) { /* SQLite has rolled it back: RAISE(ROLLBACK), an interrupted write */
    database->is_in_segment = false;
    return error_set(error, ERROR_MISUSE, "nothing of this segment was kept: an error in it rolled it back");
  }
  /* A deferred foreign key or lack of memory can make the commit fail; then all of it is rolled back. */
  if (!run_fixed(database, database->connection.commit, error)) {
    rollback(database);
    return error_prefix(error, "can't commit");
  }
  database->is_in_segment = false;
  return true;
}

static bool is_in_segment(const struct database *database) { return database->is_in_segment; }

/* ---- marks ---- */

static bool execute_mark(struct database *database, const char *format, const struct database_mark *mark, struct error *error) {
  char sql[SQL_SIZE];
  (void)sqlite3_snprintf(sizeof sql, sql, format, mark->savepoint, mark->savepoint);
  database->is_limit_lifted = true; /* what a script did is taken back though its time is over */
  bool ok = connection_execute(database, sql, error);
  database->is_limit_lifted = false;
  return ok;
}

static bool set_mark(struct database *database, struct database_mark *mark, struct error *error) {
  *mark = (struct database_mark){.segment = database->is_in_segment ? database->segment : 0};
  if (!connection_has_written(database)) return true;
  mark->savepoint = ++database->savepoint;
  return execute_mark(database, "SAVEPOINT mark_%llu", mark, error);
}

/* After an error such as RAISE(ROLLBACK) SQLite has rolled back all of it, which the commit will tell. */
static bool has_savepoint(const struct database *database, const struct database_mark *mark) {
  return database->is_in_segment && database->segment == mark->segment && mark->savepoint;
}

static bool return_to_mark(struct database *database, const struct database_mark *mark, struct error *error) {
  if (!has_savepoint(database, mark)) {
    rollback(database);
    return true;
  }
  if (sqlite3_get_autocommit(database->connection.sqlite)) return true;
  if (execute_mark(database, "ROLLBACK TO mark_%llu; RELEASE mark_%llu", mark, error)) return true;
  rollback(database);
  return false;
}

/* A savepoint that a statement in use holds back goes with its segment: its name is never used again. */
static void end_mark(struct database *database, const struct database_mark *mark) {
  if (!has_savepoint(database, mark) || sqlite3_get_autocommit(database->connection.sqlite)) return;
  (void)execute_mark(database, "RELEASE mark_%llu", mark, NULL);
}

const struct engine sqlite_engine = {.begin = begin,
                                     .commit = commit,
                                     .rollback = rollback,
                                     .is_in_segment = is_in_segment,
                                     .has_written = connection_has_written,
                                     .set_mark = set_mark,
                                     .return_to_mark = return_to_mark,
                                     .end_mark = end_mark,
                                     .execute = connection_execute,
                                     .prepare = sqlite_statement_prepare};
