/* The database's life and its segments. BEGIN is deferred, so a segment that only reads takes no lock, counts no commit, and
 * costs a microsecond. */
#include "database/database.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/allocator.h"
#include "database/connection.h"
#include "database/engine.h"

/* ---- life ---- */

struct database *database_open(struct error *error) {
  struct database *database = memory_new(sizeof *database);
  allocator_install();
  page_snapshot_install();
  database->ceiling = DATABASE_CEILING;
  database->cache = statement_cache_new();
  database->vfs = calendar_open(&database->calendar);
  if (connection_open(database, error)) return database;
  database_close(database);
  return NULL;
}

bool database_set_ceiling(struct database *database, int64_t size, struct error *error) {
  if (database->engine) return true; /* the server's disk is the limit */
  database->ceiling = size;
  return connection_set_ceiling(database, CONNECTION_PAGE_SIZE, error);
}

void database_close(struct database *database) {
  if (!database) return;
  if (database->engine) database->engine->close(database);
  statement_cache_free(database->cache);
  foreign_keys_release(database);
  connection_close(&database->connection);
  calendar_close(&database->calendar);
  free(database);
}

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

bool database_begin(struct database *database, struct error *error) {
  if (database->engine) return database->engine->begin(database, error);
  if (database->is_in_segment) return true;
  if (!run_fixed(database, database->connection.begin, error)) return error_prefix(error, "can't begin a transaction");
  database->is_in_segment = true;
  database->segment++;
  return true;
}

bool database_commit(struct database *database, struct error *error) {
  if (database->engine) return database->engine->commit(database, error);
  if (!database->is_in_segment) return true;
  if (sqlite3_get_autocommit(
          database->connection.sqlite)) { /* SQLite has rolled it back: RAISE(ROLLBACK), an interrupted write */
    database->is_in_segment = false;
    return error_set(error, ERROR_MISUSE, "nothing of this segment was kept: an error in it rolled it back");
  }
  /* A deferred foreign key or lack of memory can make the commit fail; then all of it is rolled back. */
  if (!run_fixed(database, database->connection.commit, error)) {
    database_rollback(database);
    return error_prefix(error, "can't commit");
  }
  database->is_in_segment = false;
  return true;
}

void database_rollback(struct database *database) {
  if (database->engine) {
    database->engine->rollback(database);
    return;
  }
  if (!database->is_in_segment) return;
  /* After an error such as SQLITE_FULL it may be rolled back already. */
  if (!sqlite3_get_autocommit(database->connection.sqlite)) (void)run_fixed(database, database->connection.rollback, NULL);
  database->is_in_segment = false;
}

bool database_is_in_segment(const struct database *database) {
  return database->engine ? database->engine->is_in_segment(database) : database->is_in_segment;
}

bool database_has_written(const struct database *database) {
  return database->engine ? database->engine->has_written(database) : connection_has_written(database);
}

uint64_t database_committed(const struct database *database) { return database->committed; }

static bool is_over(void *database) { return connection_is_over(database); }

void database_limit(struct database *database, bool (*may_go_on)(void *data), void *data, size_t memory) {
  if (database->engine) return; /* it has limits of its own, and does not hold up the loop */
  database->may_go_on = may_go_on;
  database->limit_data = data;
  database->limit_memory = memory;
  allocator_limit(memory, may_go_on ? is_over : NULL, database);
}

bool database_execute(struct database *database, const char *sql, struct error *error) {
  if (database->engine) return database->engine->execute(database, sql, error);
  return connection_execute(database, sql, error);
}

/* ---- a database that answers later ---- */

bool database_waits(const struct database *database) { return database->engine != NULL; }

void database_enter(struct database *database, struct segment *segment) {
  if (database->engine) database->engine->enter(database, segment);
}

struct segment *database_leave(struct database *database) {
  return database->engine ? database->engine->leave(database) : NULL;
}

bool database_has_conflict(const struct database *database) {
  return database->engine && database->engine->has_conflict(database);
}

bool database_is_lost(const struct database *database) { return database->engine && database->engine->is_lost(database); }
bool database_is_there(struct database *database) { return !database->engine || database->engine->is_there(database); }

struct segment *database_start_commit(struct database *database, database_told told, void *data) {
  return database->engine->start_commit(database, told, data);
}

void database_forget_commit(struct database *database, struct segment *segment) {
  if (segment) database->engine->forget_commit(segment);
}
