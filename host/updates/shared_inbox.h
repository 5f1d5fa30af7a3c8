/* The inbox of all hosts on one database: each update that has arrived is a row, with its lane. A lane that has unfinished rows
 * is a row too, and belongs to one host at a time, which takes its updates into memory (inbox.h) in the order of their ids and
 * handles them. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct error;
struct shared_inbox;

struct shared_row { /* borrowed */
  int64_t id, lane, tries;
  const char *json;
  size_t size;
};
typedef bool (*shared_taken)(const struct shared_row *row, void *data); /* false: no memory, it is taken again later */

/* Which lane does it take? False: it can't be read. */
typedef bool (*shared_lane)(const char *json, size_t size, int64_t *lane, void *data);

bool shared_inbox_make_tables(struct database *database, struct error *error); /* beside those of inbox.h and parking.h */
struct shared_inbox *shared_inbox_new(struct database *database);              /* kept */
void shared_inbox_free(struct shared_inbox *shared);                           /* NULL does no harm */

/* ---- arrival ---- */

/* One has arrived (json is copied). It counts with the next shared_inbox_write(). False: ERROR_MEMORY. */
bool shared_inbox_add(struct shared_inbox *shared, int64_t id, int64_t lane, const char *json, size_t size,
                      struct error *error);

void shared_inbox_forget_arrivals(struct shared_inbox *shared); /* that were added: they come again */

/* Makes rows of those that were added and are not known, in a segment of its own, and wakes the hosts. False: as
 * database_commit(); they are still to be written. */
bool shared_inbox_write(struct shared_inbox *shared, struct error *error);

/* ---- the lanes of a host, each in a segment of its own. False: as database_commit(), and all is as before ---- */

/* Makes lanes without an owner its own, and takes up to `room` updates of its lanes. *has_more: there was no end of lanes. */
bool shared_inbox_take(struct shared_inbox *shared, int64_t host, size_t room, size_t lane_ceiling, shared_taken taken,
                       void *data, bool *has_more, struct error *error);
bool shared_inbox_give_back(struct shared_inbox *shared, int64_t host, struct error *error); /* lanes where nothing is left */

/* In the open segment: the lanes of that host are anybody's. What it had in hand waits again; of what it had committed a part,
 * a dead letter says so. has_died: with what it had in hand, of which no more than a few hosts may die. */
bool shared_inbox_release(struct shared_inbox *shared, int64_t host, bool has_died, int64_t now_at, struct error *error);

/* ---- of the host that leads ---- */

/* Rows that have no lane yet, of a host that was alone or of a migration, get one; what is parked comes behind them. */
bool shared_inbox_adopt(struct shared_inbox *shared, shared_lane find_lane, void *data, struct error *error);

/* Forgets what was finished long ago. */
bool shared_inbox_tidy(struct shared_inbox *shared, struct error *error);
size_t shared_inbox_waiting(const struct shared_inbox *shared); /* at the last survey, of this or another host */

/* Counts what is not finished; *has_empty: the host has lanes where nothing is left. One question to the database. */
bool shared_inbox_survey(struct shared_inbox *shared, int64_t host, bool *has_empty, struct error *error);

/* A dead letter waits again, or all do where `letter` is 0; *count of them. */
bool shared_inbox_revive(struct shared_inbox *shared, int64_t letter, shared_lane find_lane, void *data, size_t *count,
                         struct error *error);
