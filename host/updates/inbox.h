/* The inbox: updates that have arrived and are not finished, in memory. inbox_save() writes them as rows into the open segment,
 * so that a backup or a stop carries them. An update that is finished stays, as "done", until Telegram knows that it has
 * arrived: if the host died before that, Telegram would send it again, and the restored state holds its effects already. Here
 * are the dead letters, too: updates that failed for good. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/id_hash.h"
#include "script/script.h"
#include "updates/lane.h"

struct database;
struct delivery;
struct error;
struct inbox;
struct parked;
struct parking;
struct shared_row;

enum update_state {
  UPDATE_WAITING,
  UPDATE_IN_HAND, /* its handler has begun */
  UPDATE_SAVED,   /* the same, and a segment of it has committed a change */
  UPDATE_DONE,
};

struct update {          /* valid until inbox_finish() or inbox_bury() */
  struct lane_item item; /* first: the lane's item is the update */
  int64_t id;
  enum update_state state;
  int tries;                   /* how often a handler has begun */
  bool is_written;             /* there is a row of it */
  bool is_confirmed;           /* Telegram will not send it again */
  bool is_settled;             /* the data has its work already, so it ends in its turn without a handler */
  uint64_t batch;              /* the getUpdates that brought it; 0: the table did */
  struct script_update script; /* its json points behind the struct */
  int64_t begun_us;            /* of its handler, by clock_measure_us(); 0: the host has taken it */
  struct delivery *delivery;   /* whose hands it is in */
  struct update *album_next;   /* of the same album, which is handled, finished and buried together with its first */
  struct update *again;        /* of delivery.c: the next one whose handler must begin again, */
  int conflicts;               /* and how often it had to; */
  bool is_lost;                /* the database was lost meanwhile: its row knows more */
  struct update *next;         /* in order of arrival, while unconfirmed */
  UT_hash_handle hh;           /* by id */
  char json[];
};

/* database is kept. NULL: ERROR_SYSTEM */
struct inbox *inbox_new(struct database *database, size_t capacity, struct error *error);
void inbox_free(struct inbox *inbox);
size_t inbox_unfinished(const struct inbox *inbox);
bool inbox_has_unfinished(const struct inbox *inbox, uint64_t batch); /* of a getUpdates after that one */
size_t inbox_room(const struct inbox *inbox);                         /* how many more updates may come */

/* Takes in one update (json is copied). *update NULL: it is here already and stays as it is, because Telegram repeats updates
 * that were not confirmed. False: ERROR_MEMORY; nothing has changed. */
bool inbox_add(struct inbox *inbox, int64_t id, uint64_t batch, const char *json, size_t size, struct update **update,
               struct error *error);
bool inbox_add_shared(struct inbox *inbox, const struct shared_row *row, struct update **update, struct error *error);
void inbox_drop_all(struct inbox *inbox); /* none is in hand, and the rows are others' */
bool inbox_knows(const struct inbox *inbox, int64_t id);
/* One of that batch is here, taken in, parked or buried: its confirmation will say that it has arrived (arrivals.h). */
void inbox_arrived(struct inbox *inbox, uint64_t batch, int64_t id);
/* Takes in an update that was parked, in a segment of its own. *update NULL: it is here already. False: ERROR_SYSTEM,
 * ERROR_MEMORY; it is still parked. */
bool inbox_take_up(struct inbox *inbox, struct parking *parking, const struct parked *parked, struct update **update,
                   struct error *error);

/* The getUpdates that brought `batch` and all before it are confirmed, by a call with this offset. An update that came from the
 * table is confirmed when its id is below the offset. */
void inbox_confirm(struct inbox *inbox, uint64_t batch, int64_t offset);
bool inbox_look(struct inbox *inbox, const struct update *update, enum update_state *state,
                struct error *error);                          /* what its row says; without one it is done */
void inbox_finish(struct inbox *inbox, struct update *update); /* its handler has succeeded, all of it is committed */
/* It failed for good, and becomes a dead letter. In a segment of its own. */
void inbox_bury(struct inbox *inbox, struct update *update, const char *reason, int64_t now_at);

bool inbox_save(struct inbox *inbox, struct error *error); /* all, into the open segment */

/* The update's segment is about to commit (`is_last`: its last one). Keeps its row in step, in a segment of its own if need be.
 */
bool inbox_segment_ends(struct inbox *inbox, struct update *update, bool is_last, struct error *error);
/* Reads the rows that a restore brought (the table of what is parked is there): add(update) for each that must be handled. One
 * that was in hand twice, or had saved something, is buried; the rest is known as done. False: ERROR_SYSTEM, ERROR_MEMORY. */
bool inbox_restore(struct inbox *inbox, void (*add)(struct update *update, void *data), void *data, int64_t now_at,
                   struct error *error);

/* The same after data of another time was loaded beside a living inbox. What is unfinished here stays so, unless the data has
 * its work, or had it once. What the rows have and Telegram can't send any more was finished since. Neither is handled again:
 * *passed of them, without those whose work a row names. */
bool inbox_return(struct inbox *inbox, void (*add)(struct update *update, void *data), void *data, int64_t now_at,
                  size_t *passed, struct error *error);

/* Takes a dead letter out of its table, or all where `letter` is 0: add(update) for each, *count of them. False: as
 * inbox_restore(). */
bool inbox_revive(struct inbox *inbox, int64_t letter, void (*add)(struct update *update, void *data), void *data,
                  size_t *count, struct error *error);
