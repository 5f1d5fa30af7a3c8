/* The delivery of an update, from its lane to done: hands it to the scripts when its turn comes, keeps its row in step with its
 * segments, buries it when its handler fails. At most one update of a lane is in hand. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updates/updates.h"

struct delivery;
struct inbox;
struct telegram_request;
struct update;

struct delivery_owner {                    /* who is told, with `data` */
  void (*ended)(int64_t lane, void *data); /* an update of that lane has; it may be given others now */
  void (*finished)(void *data);            /* one or more have: there is room again */

  /* The scripts' memory is used up: a handler failed for it, or (is_stuck) none could begin, and none begins any more until
   * delivery_go_on(). */
  void (*memory_short)(bool is_stuck, void *data);

  /* Of an update whose database was lost: is its row still this host's? Else the row is not looked at. */
  bool (*is_sure)(void *data);

  /* As of script_run_owner. */
  bool (*reply)(const struct update *update, const struct telegram_request *request, void *data);
  void (*waits)(const struct update *update, void *data);
  void *data;
};

/* options and inbox are kept. */
struct delivery *delivery_new(const struct updates_options *options, struct inbox *inbox, const struct delivery_owner *owner);
void delivery_free(struct delivery *delivery);

void delivery_add(struct delivery *delivery, struct update *update); /* its lane is known; handled by delivery_work() */

/* The updates of a lane, in hand and waiting. Would another one of that album (0: none) take no place among them? */
size_t delivery_lane_count(const struct delivery *delivery, int64_t lane);
bool delivery_is_gathering(const struct delivery *delivery, int64_t lane, int64_t album);

/* Handles all whose turn has come, and those behind them, until each lane waits or is empty. */
void delivery_work(struct delivery *delivery);

void delivery_go_on(struct delivery *delivery); /* the scripts have memory again */

/* From now on nothing new begins, and a handler that is ended from outside leaves its update unfinished instead of failed. */
void delivery_stop(struct delivery *delivery);

/* After delivery_stop(), when no handler runs: forgets all updates, which the caller frees, and goes on with those that come.
 */
void delivery_drop_all(struct delivery *delivery);

void delivery_pause(struct delivery *delivery, bool is_paused); /* nothing begins meanwhile; afterwards what has waited does */

void delivery_status(const struct delivery *delivery, struct updates_status *status);
