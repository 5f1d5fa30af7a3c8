/* Parked updates: what a chat has sent beyond what its lane may hold in memory. They are rows of the database, in order of
 * arrival, so every backup and every stop carries them; here is how many there are of each lane. When they are taken up is
 * decided in holding.c. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct error;
struct parking;

struct parked {
  int64_t place; /* the order within all */
  int64_t id, lane;
  int64_t album;  /* 0: of none */
  uint64_t batch; /* the getUpdates that brought it; 0: of an earlier host */
  const char *json;
  size_t size;
};

struct parking *parking_new(struct database *database, struct error *error); /* database is kept. NULL: ERROR_SYSTEM */
void parking_free(struct parking *parking);                                  /* the rows stay. NULL does no harm */

size_t parking_count(const struct parking *parking);
size_t parking_lane_count(const struct parking *parking, int64_t lane);

/* Behind all of its lane, in a segment of its own. What is here already stays as it is. False: ERROR_SYSTEM, ERROR_MEMORY;
 * nothing has changed. */
bool parking_add(struct parking *parking, const struct parked *update, struct error *error);

/* The first of the lane, which has one. json is given: free(). False: ERROR_SYSTEM, ERROR_MEMORY. */
bool parking_first(struct parking *parking, int64_t lane, struct parked *first, char **json, struct error *error);

/* Takes that row away, in the open segment, and counts it out once the segment has been committed by parking_removed(). */
bool parking_remove(struct parking *parking, const struct parked *update, struct error *error);
void parking_removed(struct parking *parking, int64_t lane);

/* Calls lane(id) for each lane that has parked updates. */
void parking_each_lane(const struct parking *parking, void (*lane)(int64_t id, void *data), void *data);

/* ---- when the data is replaced ---- */

/* The data may have been made by a version without. False: ERROR_SYSTEM, ERROR_MEMORY. */
bool parking_make_table(struct parking *parking, struct error *error);

/* From now on all rows are in memory, too. False: ERROR_SYSTEM, ERROR_MEMORY; they are not. */
bool parking_lift(struct parking *parking, struct error *error);
void parking_drop_lifted(struct parking *parking);

/* The data is another one now: counts its rows, and puts behind them those that were lifted. False: ERROR_SYSTEM,
 * ERROR_MEMORY. */
bool parking_restore(struct parking *parking, struct error *error);

/* The same, but its rows are of updates that were handled since, so they go; and those that were lifted go where the data has
 * their work, or had it once (arrivals.h), or a part of it: a row whose state is begun_state or more. *passed is increased by
 * the first. */
bool parking_return(struct parking *parking, int begun_state, size_t *passed, struct error *error);
