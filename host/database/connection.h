/* What the rooms of this floor share: the struct behind the face. Nobody else includes this. */
#pragma once
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "database/database.h"

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

struct database {
  struct connection connection;
  const char *vfs; /* of the calendar; NULL: the usual one */
  struct statement_cache *cache;
  bool is_in_segment;
  uint64_t committed;
  enum statement_origin origin; /* of what is being prepared or stepped right now; the authorizer asks it */
  bool (*may_go_on)(void *data);
  void *limit_data;
  struct calendar calendar;
};

/* A new one in database->connection, in place of whatever is there, which is not closed. False: ERROR_MISUSE, ERROR_MEMORY;
 * what was opened of it is there to be closed. */
bool connection_open(struct database *database, struct error *error);
void connection_close(struct connection *connection); /* every statement must have been finalized */

/* calendar.c: the name of the VFS to open with, which lives until calendar_close(). NULL: no memory, and the usual one will do.
 */
const char *calendar_open(struct calendar *calendar);
void calendar_close(struct calendar *calendar); /* after the connection */

/* statement.c */
struct statement_cache *statement_cache_new(void);
void statement_cache_clear(struct statement_cache *cache); /* finalizes all; none may be in use */
void statement_cache_free(struct statement_cache *cache);  /* NULL does no harm */

/* Turns the connection's last error into *error; `doing` says what failed. Returns false. */
bool database_fail(const struct database *database, const char *doing, struct error *error);
