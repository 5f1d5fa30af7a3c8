/* What a database that several hosts work on adds to the face: that two of them do not do the same at once, that a host which
 * the others took for dead can change nothing any more, and that one wakes another. On `:memory:`, and where a schema of a
 * test's own was asked for, there are no others, and all of this does nothing. Part of the floor's face: database.h includes
 * it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct database;
struct error;

/* In SQL, of the tables' schema: a number for locks and channels; and the lock of the host that leads, or of a migration. */
#define DATABASE_SCHEMA_KEY "hashtext(CAST(current_schema() AS text))"
#define DATABASE_LEADERS_LOCK "7310030, " DATABASE_SCHEMA_KEY

bool database_is_shared(const struct database *database); /* may other hosts be there? */

/* As database_begin(), and waits while another host has such a segment open: for what makes tables. */
bool database_begin_alone(struct database *database, struct error *error);

/* From now on each segment that has written proves as it ends that the row of this number stands in lunokhod_fences; otherwise
 * it fails as if its connection were lost. 0: nothing is proved. Sessions bear the number, too. */
void database_set_fence(struct database *database, int64_t number);
int64_t database_fence(const struct database *database); /* 0: none, or there are no others */

/* The segment in force, which nothing was asked in yet, sees with each statement what others have committed by then (READ
 * COMMITTED), and has no conflicts: rows that another one is writing are waited for. For statements that are right one by one.
 * Else does nothing. */
void database_relax(struct database *database);

/* heard(data) comes when a host has called database_tell_hosts() with that word, this one too, from whatever waits for the
 * database: it should only take a note. NULL: nobody listens any more. */
void database_hear_hosts(struct database *database, void (*heard)(const char *word, void *data), void *data);
bool database_tell_hosts(struct database *database, const char *word, struct error *error); /* with the open segment's commit */

/* Ends all sessions of the host of that number, which stands still perhaps, and would hold its locks as long. False: as
 * statement_step(). */
bool database_end_sessions(struct database *database, int64_t number, struct error *error);

/* How often the host's own connection was made: locks of a session are gone with the one before. */
uint64_t database_session_count(const struct database *database);
