/* The keeper of what has arrived, until its turn comes: which way it is kept is chosen once, at opening, by the database.
 * `holding` keeps it in memory, and one chat's backlog in rows; `sharing` makes rows of all of it, which this host or another
 * one takes. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arrival;
struct error;
struct keeper;
struct script_update;
struct update;

struct keeping { /* what a way of keeping does */
  void (*start)(struct keeper *keeper);
  void (*stop)(struct keeper *keeper); /* nothing more comes from other hosts */
  void (*close)(struct keeper *keeper);

  size_t (*room)(struct keeper *keeper); /* how many updates may arrive now */

  /* One has arrived. `decoded` is taken. False: ERROR_SYSTEM, ERROR_MEMORY; it must come again. */
  bool (*add)(struct keeper *keeper, const struct arrival *arrival, struct script_update *decoded, int64_t lane,
              struct error *error);

  /* One that can't be decoded, as *error says: a dead letter shall hold its bytes. False: likewise. */
  bool (*bury)(struct keeper *keeper, const struct arrival *arrival, struct error *error);
  void (*keep)(struct keeper *keeper);                     /* the whole batch has arrived: work on it */
  void (*lane_ended)(struct keeper *keeper, int64_t lane); /* an update of that lane has; there may be others for it */

  /* As updates_restore(), updates_return() and updates_revive_dead(). */
  bool (*restore)(struct keeper *keeper, struct error *error);
  bool (*go_back)(struct keeper *keeper, size_t *passed, struct error *error);
  bool (*revive)(struct keeper *keeper, int64_t letter, size_t *count, struct error *error);
};

struct keeper { /* what both ways have; all but way and roster is set by updates.c, and borrowed until close() */
  const struct keeping *way;
  struct roster *roster; /* of the hosts that share; NULL: this one is alone */
  const struct updates_options *options;
  struct inbox *inbox;
  struct parking *parking;
  struct delivery *delivery;
  struct renewal *renewal;
  size_t lane_ceiling;       /* of one chat's updates in memory */
  uint64_t received, unread; /* updates that have come into memory, and those of them that can't be decoded */
  int64_t flood_told_ticks;  /* 0: never */
};

#ifndef KEEPER_ROWS
#define KEEPER_ROWS 100000 /* that wait at most: some 50 MB of the database; more waits at Telegram, with everybody else's */
#endif

void keeper_tell_arrived(const struct keeper *keeper, const char *json, size_t size); /* a new one, to the observer */

/* It is in the inbox and will never be read, so it must not come again: a dead letter holds its bytes. */
void keeper_bury(struct keeper *keeper, struct update *update, const char *reason);
void keeper_tell_flood(struct keeper *keeper, int64_t lane, size_t waiting); /* the chat sends more than is handled */
