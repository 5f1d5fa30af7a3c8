/* The delivery of an update, from its lane to done: hands it to the scripts when its turn comes, keeps its row in step with its
 * segments, buries it when its handler fails. At most one update of a lane is in hand. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "updates/updates.h"

struct delivery;
struct inbox;
struct update;

/* All are kept. */
struct delivery *delivery_new(const struct updates_options *options, struct inbox *inbox);
void delivery_free(struct delivery *delivery);

void delivery_add(struct delivery *delivery, struct update *update); /* its lane is known; handled by delivery_work() */

/* Handles all whose turn has come, and those behind them, until each lane waits or is empty. */
void delivery_work(struct delivery *delivery);

/* From now on nothing new begins, and a handler that is ended from outside leaves its update unfinished instead of failed. */
void delivery_stop(struct delivery *delivery);

void delivery_pause(struct delivery *delivery, bool is_paused); /* nothing begins meanwhile; afterwards what has waited does */

void delivery_status(const struct delivery *delivery, struct updates_status *status);

/* `finished` is called after updates have finished: there is room again. */
void delivery_on_finished(struct delivery *delivery, void (*finished)(void *data), void *data);
