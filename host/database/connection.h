/* The struct behind the face, and its connection to SQLite. Internal to the floor. */
#pragma once
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "database/database.h"

struct broken_row;
struct engine;
struct sqlite3_stmt;
struct statement_cache;

struct calendar {
  sqlite3_vfs vfs; /* first: see calendar.c */
  sqlite3_vfs *usual;
  const struct clock *clock; /* NULL: the machine's */
  char name[40];
};

struct connection { /* all zero: none */
  struct sqlite3 *sqlite;
  struct sqlite3_stmt *begin, *commit, *rollback;
};

enum { CONNECTION_PAGE_SIZE = 4096 }; /* of SQLite, unless it is told another */

struct database {
  const struct engine *engine;
  void *remote; /* what is behind an engine that answers later */
  struct connection connection;
  int64_t ceiling; /* bytes */
  const char *vfs; /* of the calendar; NULL: the usual one */
  struct statement_cache *cache;
  bool is_in_segment;
  uint64_t committed;
  uint64_t segment, savepoint;  /* numbers of the last ones */
  enum statement_origin origin; /* of the statement that is prepared or stepped right now; for the authorizer */
  bool is_text_looked_at;       /* the statement that is being prepared may not name what is the host's */
  bool (*may_go_on)(void *data);
  bool is_limit_lifted; /* while the host begins or ends what a script does; then may_go_on is not asked */
  void *limit_data;
  size_t limit_memory; /* bytes; 0: none */
  struct calendar calendar;
  struct broken_row *broken_rows; /* foreign_keys.c: as they were before the load */
  bool may_have_broken_rows, has_suspended_keys;
};

/* Opens a new connection in database->connection; the one before is not closed. False (ERROR_MISUSE, ERROR_MEMORY): it must be
 * closed all the same. */
bool connection_open(struct database *database, struct error *error);
void connection_close(struct connection *connection); /* every statement must have been finalized */
bool connection_execute(struct database *database, const char *sql, struct error *error); /* as database_execute() */

bool connection_has_written(const struct database *database); /* has the open segment changed anything? */

/* Is the time over that database_limit() gives? */
static inline bool connection_is_over(const struct database *database) {
  return database->may_go_on && !database->is_limit_lifted && !database->may_go_on(database->limit_data);
}

/* The ceiling, in pages of that size. */
bool connection_set_ceiling(struct database *database, int64_t page_size, struct error *error);

/* authorizer.c: for sqlite3_set_authorizer(); and for the text of a statement that was prepared, up to `end`. */
int authorizer_decide(void *database, int action, const char *first, const char *second, const char *schema,
                      const char *trigger);
bool authorizer_allows_text(const struct database *database, const char *sql, const char *end);

/* Turns the connection's last error into *error; `doing` says what failed. Returns false. */
bool connection_fail(const struct database *database, const char *doing, struct error *error);

/* calendar.c: the name of the VFS to open with, valid until calendar_close(). NULL: no memory; SQLite's usual VFS then serves.
 */
const char *calendar_open(struct calendar *calendar);
void calendar_close(struct calendar *calendar); /* after the connection */

void foreign_keys_release(struct database *database); /* foreign_keys.c */

/* For a connection to an image: what all its statements get together. From then on they end with SQLITE_INTERRUPT. *end is
 * kept. */
void connection_end_after(sqlite3 *sqlite, int seconds, time_t *end);

/* Functions in place of SQLite's own, a file each. False: no memory. */
bool search_function_install(sqlite3 *sqlite);
bool trim_function_install(sqlite3 *sqlite);
bool patch_function_install(sqlite3 *sqlite);
bool like_function_install(struct database *database);
bool case_function_install(struct database *database);
bool collation_install(sqlite3 *sqlite); /* collation.c: false: no memory */

/* sqlite_statement.c */
struct statement_cache *statement_cache_new(void);
void statement_cache_clear(struct statement_cache *cache); /* finalizes all; none may be in use */
void statement_cache_free(struct statement_cache *cache);  /* NULL does no harm */
