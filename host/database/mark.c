/* Marks within a segment, as savepoints of SQLite. A savepoint is set only where there is something to keep on the way back:
 * most marks are made before the first SQL. */
#include "database/database.h"

#include <sqlite3.h>

#include "common/error.h"
#include "database/connection.h"
#include "database/engine.h"

enum { SQL_SIZE = 100 };

static bool execute(struct database *database, const char *format, const struct database_mark *mark, struct error *error) {
  char sql[SQL_SIZE];
  (void)sqlite3_snprintf(sizeof sql, sql, format, mark->savepoint, mark->savepoint);
  database->is_limit_lifted = true; /* what a script did is taken back though its time is over */
  bool ok = connection_execute(database, sql, error);
  database->is_limit_lifted = false;
  return ok;
}

bool database_set_mark(struct database *database, struct database_mark *mark, struct error *error) {
  if (database->engine) return database->engine->set_mark(database, mark, error);
  *mark = (struct database_mark){.segment = database->is_in_segment ? database->segment : 0};
  if (!database_has_written(database)) return true;
  mark->savepoint = ++database->savepoint;
  return execute(database, "SAVEPOINT mark_%llu", mark, error);
}

/* After an error such as RAISE(ROLLBACK) SQLite has rolled back all of it, which the commit will tell. */
static bool has_savepoint(const struct database *database, const struct database_mark *mark) {
  return database->is_in_segment && database->segment == mark->segment && mark->savepoint;
}

bool database_return_to_mark(struct database *database, const struct database_mark *mark, struct error *error) {
  if (database->engine) return database->engine->return_to_mark(database, mark, error);
  if (!has_savepoint(database, mark)) {
    database_rollback(database);
    return true;
  }
  if (sqlite3_get_autocommit(database->connection.sqlite)) return true;
  if (execute(database, "ROLLBACK TO mark_%llu; RELEASE mark_%llu", mark, error)) return true;
  database_rollback(database);
  return false;
}

/* A savepoint that a statement in use holds back goes with its segment: its name is never used again. */
void database_end_mark(struct database *database, const struct database_mark *mark) {
  if (database->engine) {
    database->engine->end_mark(database, mark);
    return;
  }
  if (!has_savepoint(database, mark) || sqlite3_get_autocommit(database->connection.sqlite)) return;
  (void)execute(database, "RELEASE mark_%llu", mark, NULL);
}
