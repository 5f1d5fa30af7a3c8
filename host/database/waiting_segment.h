/* Segments of a database that answers later. Each run has its own one, so several are open at once; whoever lets a run go on
 * puts its segment in force first. On `:memory:` there is nothing to wait for, and all of this does nothing. Part of the
 * floor's face: database.h includes it. */
#pragma once
#include <stdbool.h>

#include "database/shared_database.h"

struct database;
struct error;
struct loop;
struct segment;
struct statement;

/* PostgreSQL, at that address of libpq's (borrowed). schema: where its tables are, made where it is missing; NULL: where the
 * address says, and no other host may work on them. Waits for the server's answers, and some seconds for a host that ends.
 * Given: database_close(). NULL: ERROR_SYSTEM, ERROR_NETWORK, ERROR_REFUSED (there is another host), ERROR_MISUSE. */
struct database *database_open_postgres(struct loop *loop, const char *url, const char *schema, struct error *error);

bool database_waits(const struct database *database); /* does it answer later? */

/* From now on the segment of a run is in force: that one, or (NULL) a new one with the first SQL. What follows in the same turn
 * is asked for without waiting. */
void database_enter(struct database *database, struct segment *segment);
struct segment *database_leave(struct database *database); /* given: for database_enter(). NULL: none is open */

/* Would statement_step() wait for an answer? Then it is asked first: answered(data) comes once, from the loop, unless the
 * statement is released before; the steps find the answer there. False: as statement_step(), and nobody is answered. */
bool statement_must_wait(const struct statement *statement);
bool statement_ask(struct statement *statement, void (*answered)(void *data), void *data, struct error *error);

/* Has the segment in force met with another one? Then it can't commit, and all of it may be done again. */
bool database_has_conflict(const struct database *database);

/* Was its connection lost? Then nobody knows yet whether what was under way is committed. */
bool database_is_lost(const struct database *database);
bool database_is_there(struct database *database); /* can the database be reached right now? Where not, it is tried anew */

struct database_outcome {
  const struct error *error; /* ERROR_NONE: it is committed */
  bool is_conflict, is_lost;
};
typedef void (*database_told)(const struct database_outcome *outcome, void *data);

/* Commits the segment in force, which there is; another may begin meanwhile. told comes once, from the loop. The result is kept
 * for database_forget_commit(), after which told does not come. */
struct segment *database_start_commit(struct database *database, database_told told, void *data);
void database_forget_commit(struct database *database, struct segment *segment); /* NULL does no harm */
