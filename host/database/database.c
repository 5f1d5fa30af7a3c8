/* The connection and its segments. BEGIN is deferred, so a segment that only reads takes no lock, changes no count, and costs a
 * microsecond. */
#include "database/database.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/connection.h"

#ifndef DATABASE_PROGRESS_STEPS
#define DATABASE_PROGRESS_STEPS 2000 /* of SQLite's machine between two questions whether to go on: about 50 us */
#endif

enum {
  LENGTH_LIMIT = 64 << 20, /* bytes of one value or row: far above what a bot stores, below what could hurt */
};

bool database_fail(const struct database *database, const char *doing, struct error *error) {
  int code = sqlite3_errcode(database->connection.sqlite);
  enum error_kind kind = code == SQLITE_NOMEM ? ERROR_MEMORY : code == SQLITE_INTERRUPT ? ERROR_CANCELED : ERROR_MISUSE;
  if (kind == ERROR_CANCELED) return error_set(error, kind, "the SQL ran longer than the handler may");
  return error_set(error, kind, "%s%s%s", doing, doing[0] ? ": " : "", sqlite3_errmsg(database->connection.sqlite));
}

/* ---- what a script may not do ---- */

static bool is_own_table(const char *name) { return name && sqlite3_strnicmp(name, "lunokhod_", 9) == 0; }

static bool is_harmless_pragma(const char *name, const char *argument) {
  static const char *const reading[] = {"table_info",  "table_xinfo",      "table_list",        "index_list",   "index_info",
                                        "index_xinfo", "foreign_key_list", "foreign_key_check", "user_version", NULL};
  for (int i = 0; reading[i]; i++) {
    if (sqlite3_stricmp(name, reading[i]) == 0) return true;
  }
  return argument == NULL && sqlite3_stricmp(name, "foreign_keys") == 0;
}

static int authorize(void *data, int action, const char *first, const char *second, const char *schema, const char *trigger) {
  (void)schema, (void)trigger;
  const struct database *database = data;
  if (database->origin == STATEMENT_HOST) return SQLITE_OK;
  switch (action) {
    case SQLITE_TRANSACTION: /* segments are ours: a script's COMMIT would publish half a handler */
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return SQLITE_DENY;
    case SQLITE_PRAGMA: return is_harmless_pragma(first, second) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_ALTER_TABLE: return is_own_table(second) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TRIGGER: return is_own_table(first) || is_own_table(second) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_TEMP_TABLE: /* it would stand before ours */
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_TABLE: return is_own_table(first) ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_OK;
  }
}

static int count_commit(void *data) {
  struct database *database = data;
  database->committed++;
  return 0;
}

static int ask_whether_to_stop(void *data) {
  struct database *database = data;
  return database->may_go_on && !database->may_go_on(database->limit_data);
}

/* ---- life ---- */

static bool prepare_fixed(struct database *database, const char *sql, sqlite3_stmt **statement, struct error *error) {
  if (sqlite3_prepare_v3(database->connection.sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK)
    return true;
  return database_fail(database, sql, error);
}

/* temp_store: nothing may touch a disk. foreign_keys: what a script declares, it expects to hold. */
static bool configure(struct database *database, struct error *error) {
  sqlite3 *sqlite = database->connection.sqlite;
  (void)sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_db_config(sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  (void)sqlite3_limit(sqlite, SQLITE_LIMIT_LENGTH, LENGTH_LIMIT);
  (void)sqlite3_commit_hook(sqlite, count_commit, database);
  sqlite3_progress_handler(sqlite, DATABASE_PROGRESS_STEPS, ask_whether_to_stop, database);
  if (!database_execute(database, "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON", error)) return false;
  if (sqlite3_set_authorizer(sqlite, authorize, database) != SQLITE_OK) return database_fail(database, "authorizer", error);
  return prepare_fixed(database, "BEGIN", &database->connection.begin, error) &&
         prepare_fixed(database, "COMMIT", &database->connection.commit, error) &&
         prepare_fixed(database, "ROLLBACK", &database->connection.rollback, error);
}

bool connection_open(struct database *database, struct error *error) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  database->connection = (struct connection){0};
  if (sqlite3_open_v2(":memory:", &database->connection.sqlite, flags, database->vfs) != SQLITE_OK) {
    return database_fail(database, "can't open :memory:", error);
  }
  return configure(database, error);
}

void connection_close(struct connection *connection) {
  (void)sqlite3_finalize(connection->begin);
  (void)sqlite3_finalize(connection->commit);
  (void)sqlite3_finalize(connection->rollback);
  int status = sqlite3_close(connection->sqlite);
  assert(status == SQLITE_OK); /* a statement that nobody released is our mistake */
}

struct database *database_open(struct error *error) {
  struct database *database = memory_new(sizeof *database);
  spare_install();
  database->cache = statement_cache_new();
  database->vfs = calendar_open(&database->calendar);
  if (connection_open(database, error)) return database;
  database_close(database);
  return NULL;
}

void database_close(struct database *database) {
  if (!database) return;
  statement_cache_free(database->cache);
  connection_close(&database->connection);
  calendar_close(&database->calendar);
  free(database);
}

/* ---- segments ---- */

static bool run_fixed(struct database *database, sqlite3_stmt *statement, struct error *error) {
  database->origin = STATEMENT_HOST;
  int status = sqlite3_step(statement);
  bool ok = status == SQLITE_DONE;
  if (!ok) database_fail(database, "", error);
  (void)sqlite3_reset(statement);
  return ok;
}

bool database_begin(struct database *database, struct error *error) {
  if (database->is_in_segment) return true;
  if (!run_fixed(database, database->connection.begin, error)) return error_prefix(error, "can't begin a transaction");
  database->is_in_segment = true;
  return true;
}

bool database_commit(struct database *database, struct error *error) {
  if (!database->is_in_segment) return true;
  if (sqlite3_get_autocommit(
          database->connection.sqlite)) { /* RAISE(ROLLBACK), an interrupted write: SQLite has ended it by itself */
    database->is_in_segment = false;
    return error_set(error, ERROR_MISUSE, "nothing of this segment was kept: an error in it rolled it back");
  }
  /* A deferred foreign key can refuse the commit, and a full memory can end it: either way nothing of it may stay. */
  bool (*may_go_on)(void *data) = database->may_go_on;
  database->may_go_on = NULL;
  bool ok = run_fixed(database, database->connection.commit, error);
  database->may_go_on = may_go_on;
  if (!ok) {
    database_rollback(database);
    return error_prefix(error, "can't commit");
  }
  database->is_in_segment = false;
  return true;
}

void database_rollback(struct database *database) {
  if (!database->is_in_segment) return;
  /* An error such as SQLITE_FULL may have rolled back by itself. */
  if (!sqlite3_get_autocommit(database->connection.sqlite)) (void)run_fixed(database, database->connection.rollback, NULL);
  database->is_in_segment = false;
}

bool database_is_in_segment(const struct database *database) { return database->is_in_segment; }

bool database_has_written(const struct database *database) {
  return database->is_in_segment && sqlite3_txn_state(database->connection.sqlite, "main") == SQLITE_TXN_WRITE;
}

uint64_t database_committed(const struct database *database) { return database->committed; }

void database_limit(struct database *database, bool (*may_go_on)(void *data), void *data) {
  database->may_go_on = may_go_on;
  database->limit_data = data;
}

bool database_execute(struct database *database, const char *sql, struct error *error) {
  database->origin = STATEMENT_HOST;
  if (sqlite3_exec(database->connection.sqlite, sql, NULL, NULL, NULL) == SQLITE_OK) return true;
  return database_fail(database, "", error);
}

struct sqlite3 *database_connection(struct database *database) { return database->connection.sqlite; }
