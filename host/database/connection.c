/* The connection: opened with its settings, with the authorizer that keeps scripts off what is the host's, and with the hook
 * that counts commits. */
#include "database/connection.h"

#include <assert.h>
#include <sqlite3.h>

#include "common/error.h"

#ifndef DATABASE_PROGRESS_STEPS
#define DATABASE_PROGRESS_STEPS 2000 /* steps of SQLite's virtual machine between two checks of the limits: about 50 us */
#endif

enum {
  LENGTH_LIMIT = 64 << 20, /* bytes of one value or row: far above what a bot stores, below what could exhaust the memory */
};

bool connection_fail(const struct database *database, const char *doing, struct error *error) {
  int code = sqlite3_errcode(database->connection.sqlite);
  enum error_kind kind = code == SQLITE_NOMEM ? ERROR_MEMORY : code == SQLITE_INTERRUPT ? ERROR_CANCELED : ERROR_MISUSE;
  if (kind == ERROR_CANCELED) return error_set(error, kind, "the SQL ran longer than the handler may");
  return error_set(error, kind, "%s%s%s", doing, doing[0] ? ": " : "", sqlite3_errmsg(database->connection.sqlite));
}

/* ---- what a script may not do ---- */

static bool is_own_table(const char *name) { return name && sqlite3_strnicmp(name, "lunokhod_", 9) == 0; }

static bool is_one_of(const char *name, const char *const *list) {
  while (*list && sqlite3_stricmp(name, *list) != 0) list++;
  return *list != NULL;
}

/* rtree asks for the size of a page, fts5 for the version of the data. SQLite's recipe for rebuilding a table switches the
 * foreign keys: while scripts load, they are off already, and within a transaction that does nothing. */
static bool is_harmless_pragma(const struct database *database, const char *name, const char *argument) {
  static const char *const of_schema[] = {"table_info",  "table_xinfo",      "table_list",        "index_list",   "index_info",
                                          "index_xinfo", "foreign_key_list", "foreign_key_check", "user_version", NULL};
  static const char *const of_settings[] = {"foreign_keys", "page_size", "page_count", "freelist_count", "data_version", NULL};
  if (is_one_of(name, of_schema) || (argument == NULL && is_one_of(name, of_settings))) return true;
  return database->has_suspended_keys && sqlite3_stricmp(name, "foreign_keys") == 0;
}

/* Of all functions of SQLite these two can harm the process: one takes a pointer, the other a library. A trigger of a restored
 * image may call them with the host's rights. */
static bool is_dangerous_function(const char *name) {
  static const char *const functions[] = {"fts3_tokenizer", "load_extension", NULL};
  return is_one_of(name, functions);
}

static int authorize(void *data, int action, const char *first, const char *second, const char *schema, const char *trigger) {
  (void)schema, (void)trigger;
  const struct database *database = data;
  if (action == SQLITE_FUNCTION && is_dangerous_function(second)) return SQLITE_DENY;
  if (database->origin == STATEMENT_HOST) return SQLITE_OK;
  switch (action) {
    case SQLITE_TRANSACTION: /* a script's COMMIT would publish half a handler */
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return SQLITE_DENY;
    case SQLITE_PRAGMA: return is_harmless_pragma(database, first, second) ? SQLITE_OK : SQLITE_DENY;
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
    case SQLITE_CREATE_TEMP_TABLE: /* a temporary table hides one of the same name */
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

bool connection_execute(struct database *database, const char *sql, struct error *error) {
  database->origin = STATEMENT_HOST;
  if (sqlite3_exec(database->connection.sqlite, sql, NULL, NULL, NULL) == SQLITE_OK) return true;
  return connection_fail(database, "", error);
}

static bool prepare_fixed(struct database *database, const char *sql, sqlite3_stmt **statement, struct error *error) {
  if (sqlite3_prepare_v3(database->connection.sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK)
    return true;
  return connection_fail(database, sql, error);
}

/* temp_store: nothing is written to a disk. foreign_keys: SQLite does not enforce declared keys unless told to. TRUSTED_SCHEMA:
 * without it no trigger may write into an fts5 table; authorize() denies what the schema of an image must not call. */
static bool configure(struct database *database, struct error *error) {
  sqlite3 *sqlite = database->connection.sqlite;
  (void)sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_db_config(sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL);
  (void)sqlite3_limit(sqlite, SQLITE_LIMIT_LENGTH, LENGTH_LIMIT);
  (void)sqlite3_commit_hook(sqlite, count_commit, database);
  sqlite3_progress_handler(sqlite, DATABASE_PROGRESS_STEPS, ask_whether_to_stop, database);
  if (!connection_execute(database, "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON", error)) return false;
  if (sqlite3_set_authorizer(sqlite, authorize, database) != SQLITE_OK) return connection_fail(database, "authorizer", error);
  return prepare_fixed(database, "BEGIN", &database->connection.begin, error) &&
         prepare_fixed(database, "COMMIT", &database->connection.commit, error) &&
         prepare_fixed(database, "ROLLBACK", &database->connection.rollback, error);
}

bool connection_open(struct database *database, struct error *error) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  database->connection = (struct connection){0};
  if (sqlite3_open_v2(":memory:", &database->connection.sqlite, flags, database->vfs) != SQLITE_OK) {
    return connection_fail(database, "can't open :memory:", error);
  }
  return configure(database, error);
}

void connection_close(struct connection *connection) {
  (void)sqlite3_finalize(connection->begin);
  (void)sqlite3_finalize(connection->commit);
  (void)sqlite3_finalize(connection->rollback);
  int status = sqlite3_close(connection->sqlite);
  assert(status == SQLITE_OK); /* a statement that was not released is a mistake of ours */
}

bool connection_has_written(const struct database *database) {
  return database->is_in_segment && sqlite3_txn_state(database->connection.sqlite, "main") == SQLITE_TXN_WRITE;
}
