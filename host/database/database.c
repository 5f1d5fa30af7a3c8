/* The database's life, and the face of its segments: an engine does what they say. */
#include "database/database.h"

#include <stdlib.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/connection.h"
#include "database/engine.h"

/* ---- life ---- */

struct database *database_open(struct error *error) {
  struct database *database = memory_new(sizeof *database);
  database->engine = &sqlite_engine;
  reserved_block_install();
  database->ceiling = DATABASE_CEILING;
  database->cache = statement_cache_new();
  database->vfs = calendar_open(&database->calendar);
  if (connection_open(database, error)) return database;
  database_close(database);
  return NULL;
}

bool database_set_ceiling(struct database *database, int64_t size, struct error *error) {
  if (database_waits(database)) return true; /* the server's disk is the limit */
  database->ceiling = size;
  return connection_set_ceiling(database, CONNECTION_PAGE_SIZE, error);
}

void database_close(struct database *database) {
  if (!database) return;
  if (database_waits(database)) database->engine->waiting->close(database);
  statement_cache_free(database->cache);
  foreign_keys_release(database);
  connection_close(&database->connection);
  calendar_close(&database->calendar);
  free(database);
}

/* ---- segments ---- */

bool database_begin(struct database *database, struct error *error) { return database->engine->begin(database, error); }
bool database_commit(struct database *database, struct error *error) { return database->engine->commit(database, error); }
void database_rollback(struct database *database) { database->engine->rollback(database); }
bool database_is_in_segment(const struct database *database) { return database->engine->is_in_segment(database); }
bool database_has_written(const struct database *database) { return database->engine->has_written(database); }

uint64_t database_committed(const struct database *database) { return database->committed; }

static bool is_over(void *database) { return connection_is_over(database); }

void database_limit(struct database *database, bool (*may_go_on)(void *data), void *data, size_t memory) {
  if (database_waits(database)) return; /* it has limits of its own, and does not hold up the loop */
  database->may_go_on = may_go_on;
  database->limit_data = data;
  database->limit_memory = memory;
  reserved_block_limit(memory, may_go_on ? is_over : NULL, database);
}

bool database_execute(struct database *database, const char *sql, struct error *error) {
  return database->engine->execute(database, sql, error);
}

struct sqlite3 *database_connection(struct database *database) { return database->connection.sqlite; }

/* ---- marks ---- */

bool database_set_mark(struct database *database, struct database_mark *mark, struct error *error) {
  return database->engine->set_mark(database, mark, error);
}

bool database_return_to_mark(struct database *database, const struct database_mark *mark, struct error *error) {
  return database->engine->return_to_mark(database, mark, error);
}

void database_end_mark(struct database *database, const struct database_mark *mark) {
  database->engine->end_mark(database, mark);
}

/* ---- a database that answers later ---- */

static const struct waiting_engine *waiting_of(const struct database *database) { return database->engine->waiting; }

bool database_waits(const struct database *database) { return waiting_of(database) != NULL; }

void database_enter(struct database *database, struct segment *segment) {
  if (waiting_of(database)) waiting_of(database)->enter(database, segment);
}

struct segment *database_leave(struct database *database) {
  return waiting_of(database) ? waiting_of(database)->leave(database) : NULL;
}

bool database_has_conflict(const struct database *database) {
  return waiting_of(database) && waiting_of(database)->has_conflict(database);
}

bool database_is_lost(const struct database *database) {
  return waiting_of(database) && waiting_of(database)->is_lost(database);
}

bool database_is_there(struct database *database) { return !waiting_of(database) || waiting_of(database)->is_there(database); }

struct segment *database_start_commit(struct database *database, database_told told, void *data) {
  return waiting_of(database)->start_commit(database, told, data);
}

void database_forget_commit(struct database *database, struct segment *segment) {
  if (segment) waiting_of(database)->forget_commit(segment);
}
