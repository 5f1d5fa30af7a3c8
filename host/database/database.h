/* The bots' data: one literal `:memory:` connection, or PostgreSQL behind the same functions (waiting_segment.h).
 * A segment is the stretch of a handler between two waits, and one transaction. The loop's thread only. Knows nothing of Lua,
 * and nothing of what the tables mean. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "database/difference.h"
#include "database/foreign_keys.h"
#include "database/image.h"
#include "database/mark.h"
#include "database/page_snapshot.h"
#include "database/portability.h"
#include "database/shrink.h"
#include "database/snapshot.h"
#include "database/transfer.h"
#include "database/value.h"
#include "database/waiting_segment.h"

struct clock;
struct database;
struct error;
struct statement;

/* Given: database_close(). NULL: ERROR_SYSTEM, ERROR_MEMORY. */
struct database *database_open(struct error *error);
void database_close(struct database *database); /* every statement must have been released. NULL does no harm */

/* ---- segments ---- */

/* Opens a segment unless one is open. False: ERROR_SYSTEM. */
bool database_begin(struct database *database, struct error *error);

/* Commits the open segment; without one, does nothing. False (ERROR_SYSTEM, ERROR_MEMORY): it was rolled back. */
bool database_commit(struct database *database, struct error *error);
void database_rollback(struct database *database); /* without an open segment, does nothing */
bool database_is_in_segment(const struct database *database);
bool database_has_written(const struct database *database); /* has the open segment changed anything yet? */

/* The position: how many commits have changed something since database_open(). */
uint64_t database_committed(const struct database *database);

/* Which clock SQL's "now" (CURRENT_TIMESTAMP, datetime('now'), ...) reads; it is kept. NULL: the machine's. */
void database_set_clock(struct database *database, const struct clock *clock);

/* While a script runs: SQL that is still busy when may_go_on() says false ends with ERROR_CANCELED, and SQL that takes more
 * than so many bytes beside what there is with ERROR_MEMORY. NULL and 0 take both off. The memory is the process's: no other
 * thread should use SQLite meanwhile. */
void database_limit(struct database *database, bool (*may_go_on)(void *data), void *data, size_t memory);

/* ---- statements ---- */
enum statement_origin {
  STATEMENT_HOST,   /* ours: may do everything */
  STATEMENT_SCRIPT, /* a script's: no transactions, ATTACH, VACUUM INTO or settings, no writing to lunokhod_* tables */
};

/* The first statement of sql, from the cache where it is there; *rest (NULL: there must be no rest) becomes what follows it.
 * Given: statement_release(). NULL with error->kind ERROR_NONE: only blanks and comments. NULL otherwise: ERROR_MISUSE with
 * SQLite's words. */
struct statement *statement_prepare(struct database *database, enum statement_origin origin, const char *sql, size_t size,
                                    const char **rest, struct error *error);
void statement_release(struct statement *statement); /* back to the cache. NULL does no harm */

int statement_parameter_count(const struct statement *statement);
const char *statement_parameter_name(const struct statement *statement, int index); /* from 1; ":name"; NULL for a plain ? */

/* index from 1. Bytes are borrowed until the statement is released. False: ERROR_MISUSE (no such parameter, too large). */
bool statement_bind(struct statement *statement, int index, const struct value *value, struct error *error);

/* Goes to the next row; *row says whether there is one. Opens no segment. False: ERROR_MISUSE with SQLite's words (such as a
 * constraint's), ERROR_CANCELED (database_limit), ERROR_MEMORY. */
bool statement_step(struct statement *statement, bool *row, struct error *error);
bool statement_is_reader(const struct statement *statement); /* it can change nothing */
int statement_column_count(const struct statement *statement);
const char *statement_column_name(const struct statement *statement, int column);    /* from 0 */
void statement_column(struct statement *statement, int column, struct value *value); /* bytes: until the next step */
int64_t statement_changes(const struct statement *statement);                        /* rows that the last step changed */

/* ---- our own ---- */

/* One statement with `count` values, which are borrowed until it is released. Given, and NULL, as statement_prepare(). */
struct statement *database_prepare(struct database *database, const char *sql, const struct value *values, int count,
                                   struct error *error);

/* The same, run; rows are ignored. False: as statement_prepare() and the rest. */
bool database_run(struct database *database, const char *sql, const struct value *values, int count, struct error *error);

/* The same: the first column of its first row. There is none, or it is no integer: `otherwise`. */
bool database_read_integer(struct database *database, const char *sql, const struct value *values, int count, int64_t otherwise,
                           int64_t *result, struct error *error);

/* Runs all statements of sql, which is ours and has no parameters; rows are ignored. False: as statement_step(). */
bool database_execute(struct database *database, const char *sql, struct error *error);
