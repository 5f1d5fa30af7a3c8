/* The connection: opened with its settings, with the authorizer (authorizer.c), and with the hook that counts commits. */
#include "database/connection.h"

#include <assert.h>
#include <sqlite3.h>

#include "common/error.h"

#ifndef DATABASE_PROGRESS_STEPS
#define DATABASE_PROGRESS_STEPS 2000 /* steps of SQLite's virtual machine between two checks of the limits: about 50 us */
#endif

enum {
  LENGTH_LIMIT = 64 << 20, /* bytes of one value or row: far above what a bot stores, below what could exhaust the memory */
  PATTERN_LIMIT = 1000,    /* bytes of a pattern of LIKE and GLOB */
  LATE_STEPS = 10000,      /* of SQLite's virtual machine between two looks at the clock */
};

bool connection_fail(const struct database *database, const char *doing, struct error *error) {
  int code = sqlite3_errcode(database->connection.sqlite);
  enum error_kind kind = code == SQLITE_NOMEM ? ERROR_MEMORY : code == SQLITE_INTERRUPT ? ERROR_CANCELED : ERROR_MISUSE;
  if (kind == ERROR_MEMORY && connection_is_over(database)) kind = ERROR_CANCELED; /* that is why there was none */
  if (kind == ERROR_CANCELED) return error_set(error, kind, "the SQL ran longer than the handler may");
  if (kind == ERROR_MEMORY && database->limit_memory) {
    return error_set(error, kind, "not enough memory for the SQL of one stretch of a handler (the limit is %zu MB)",
                     database->limit_memory >> 20);
  }
  if (code == SQLITE_FULL) {
    return error_set(error, kind, "the database is full: a backup can carry %d MB", (int)(database->ceiling >> 20));
  }
  return error_set(error, kind, "%s%s%s", doing, doing[0] ? ": " : "", sqlite3_errmsg(database->connection.sqlite));
}

/* ---- hooks ---- */

static int count_commit(void *data) {
  struct database *database = data;
  database->committed++;
  return 0;
}

static int ask_whether_to_stop(void *database) { return connection_is_over(database); }

static int is_late(void *end) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec > *(const time_t *)end;
}

void connection_end_after(sqlite3 *sqlite, int seconds, time_t *end) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  *end = now.tv_sec + seconds;
  sqlite3_progress_handler(sqlite, LATE_STEPS, is_late, end);
}

/* ---- life ---- */

bool connection_execute(struct database *database, const char *sql, struct error *error) {
  database->origin = STATEMENT_HOST;
  if (sqlite3_exec(database->connection.sqlite, sql, NULL, NULL, NULL) == SQLITE_OK) return true;
  return connection_fail(database, "", error);
}

bool connection_set_ceiling(struct database *database, int64_t page_size, struct error *error) {
  char sql[60];
  (void)sqlite3_snprintf(sizeof sql, sql, "PRAGMA max_page_count = %d", (int)(database->ceiling / page_size));
  return connection_execute(database, sql, error);
}

static bool prepare_fixed(struct database *database, const char *sql, sqlite3_stmt **statement, struct error *error) {
  if (sqlite3_prepare_v3(database->connection.sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK)
    return true;
  return connection_fail(database, sql, error);
}

static bool install_functions(struct database *database) {
  sqlite3 *sqlite = database->connection.sqlite;
  return search_function_install(sqlite) && trim_function_install(sqlite) && like_function_install(database) &&
         case_function_install(database) && patch_function_install(sqlite);
}

/* temp_store: nothing is written to a disk. foreign_keys: SQLite does not enforce declared keys unless told to. TRUSTED_SCHEMA:
 * without it no trigger may write into an fts5 table; authorize() denies what the schema of an image must not call. */
static bool configure(struct database *database, struct error *error) {
  sqlite3 *sqlite = database->connection.sqlite;
  (void)sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_db_config(sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL);
  (void)sqlite3_limit(sqlite, SQLITE_LIMIT_LENGTH, LENGTH_LIMIT);
  (void)sqlite3_limit(sqlite, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_LIMIT);
  (void)sqlite3_commit_hook(sqlite, count_commit, database);
  sqlite3_progress_handler(sqlite, DATABASE_PROGRESS_STEPS, ask_whether_to_stop, database);
  if (!connection_execute(database, "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON", error))
    return false;
  if (!connection_set_ceiling(database, CONNECTION_PAGE_SIZE, error)) return false;
  if (!install_functions(database)) return connection_fail(database, "functions", error);
  if (!collation_install(sqlite)) return connection_fail(database, "collation", error);
  if (sqlite3_set_authorizer(sqlite, authorizer_decide, database) != SQLITE_OK)
    return connection_fail(database, "authorizer", error);
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
