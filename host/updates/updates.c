/* Puts the rooms of the floor together: polling -> inbox -> delivery. An update is decoded once, before the inbox decides
 * whether it is new, because its id is in it. A batch counts as saved when the backup that holds all of it is committed: a
 * backup that began before the batch arrived does not. */
#include "updates/updates.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/idle.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/database.h"
#include "script/script.h"
#include "updates/delivery.h"
#include "updates/inbox.h"
#include "updates/polling.h"

#ifndef UPDATES_BUSY
#define UPDATES_BUSY 200 /* unfinished updates with which a local server is used to the full */
#endif

struct updates {
  struct updates_options options;
  struct inbox *inbox;
  struct delivery *delivery;
  struct polling *polling;
  uint64_t received;
  uint64_t last_batch;                /* that has arrived */
  uint64_t saving_batch, saved_batch; /* covered by the backup that is being made, and by the last one */
  struct idle idle;
  char *wanted; /* what was last polled for */
};

/* ---- what the polling asks ---- */

static size_t room(void *data) { return inbox_room(((struct updates *)data)->inbox); }

static bool is_busy(void *data) { return inbox_unfinished(((struct updates *)data)->inbox) >= UPDATES_BUSY; }

/* One update has arrived. */
static bool take(const char *json, size_t size, uint64_t batch, int64_t *update_id, struct error *error, void *data) {
  struct updates *updates = data;
  struct script *script = updates->options.script;
  struct script_update decoded = {.json = json, .size = size};
  int64_t lane;
  struct update *update;
  if (!script_update_decode(script, &decoded, update_id, &lane, error)) return false;
  bool ok = inbox_add(updates->inbox, *update_id, batch, json, size, &update, error);
  if (!ok || !update) {
    script_update_forget(script, &decoded);
    return ok;
  }
  decoded.json = update->json; /* the inbox has copied it */
  update->script = decoded;
  update->item.lane = lane;
  updates->received++;
  delivery_add(updates->delivery, update);
  return true;
}

/* The whole batch is in the inbox. */
static void taken(uint64_t batch, size_t count, void *data) {
  struct updates *updates = data;
  updates->last_batch = batch;
  log_debug("updates arrived; count=%zu", count);
  if (updates->options.is_durable && updates->options.want_save) updates->options.want_save(updates->options.data);
  delivery_work(updates->delivery);
}

static void confirmed(uint64_t batch, int64_t offset, void *data) {
  inbox_confirm(((struct updates *)data)->inbox, batch, offset);
}

/* The next getUpdates would confirm the batch: Telegram forgets it then, so a durable host must have it saved. */
static bool may_confirm(uint64_t batch, void *data) {
  const struct updates *updates = data;
  return !updates->options.is_durable || batch <= updates->saved_batch;
}

/* ---- life ---- */

static bool has_unfinished(const void *owner) { return inbox_unfinished(((const struct updates *)owner)->inbox) > 0; }

/* There is room for more, and perhaps nothing is left to do. */
static void on_finished(void *data) {
  struct updates *updates = data;
  polling_go_on(updates->polling);
  idle_check(&updates->idle);
}

struct updates *updates_open(const struct updates_options *options, struct error *error) {
  struct updates *updates = memory_new(sizeof *updates);
  updates->options = *options;
  updates->inbox = inbox_new(options->database, options->capacity, error);
  if (!updates->inbox) {
    free(updates);
    return NULL;
  }
  struct polling_owner owner = {room, is_busy, take, taken, confirmed, may_confirm, updates};
  updates->delivery = delivery_new(&updates->options, updates->inbox);
  delivery_on_finished(updates->delivery, on_finished, updates);
  updates->polling = polling_open(&updates->options, &owner);
  idle_init(&updates->idle, options->clock, has_unfinished, updates);
  return updates;
}

void updates_close(struct updates *updates) {
  if (!updates) return;
  polling_close(updates->polling);
  idle_release(&updates->idle);
  delivery_free(updates->delivery);
  inbox_free(updates->inbox);
  free(updates->wanted);
  free(updates);
}

/* An update that came from a table, which has no column for lanes. */
static void add_from_table(struct update *update, void *data) {
  struct updates *updates = data;
  struct error error = {0};
  int64_t update_id, lane;
  if (script_update_decode(updates->options.script, &update->script, &update_id, &lane, &error)) {
    update->item.lane = lane;
    delivery_add(updates->delivery, update);
  } else {
    log_error("an update in the inbox can't be read; update=%lld error=%s", (long long)update->id, error.text);
    inbox_bury(updates->inbox, update, error.text, clock_now(updates->options.clock));
  }
}

bool updates_restore(struct updates *updates, struct error *error) {
  return inbox_restore(updates->inbox, add_from_table, updates, clock_now(updates->options.clock), error);
}

void updates_start(struct updates *updates) {
  updates->wanted = memory_copy_text(script_wanted_updates(updates->options.script));
  polling_start(updates->polling);
  delivery_work(updates->delivery);
}

void updates_stop_polling(struct updates *updates, bool confirms, void (*stopped)(void *data), void *data) {
  polling_stop(updates->polling, confirms, stopped, data);
}

/* A poll that is under way was asked for other types, and may take another 50 seconds; so it is made anew. */
void updates_routes_changed(struct updates *updates) {
  const char *wanted = script_wanted_updates(updates->options.script);
  if (!updates->wanted || strcmp(wanted, updates->wanted) == 0) return;
  free(updates->wanted);
  updates->wanted = memory_copy_text(wanted);
  polling_restart(updates->polling);
}

size_t updates_unfinished(const struct updates *updates) { return inbox_unfinished(updates->inbox); }

void updates_on_idle(struct updates *updates, struct idle_waiter *waiter, void (*idle)(void *data), void *data) {
  idle_wait(&updates->idle, waiter, idle, data);
}

void updates_pause(struct updates *updates, bool is_paused) { delivery_pause(updates->delivery, is_paused); }

void updates_leave_unfinished(struct updates *updates) { delivery_stop(updates->delivery); }

/* ---- backups, dead letters, status ---- */

bool updates_save(struct updates *updates, struct error *error) {
  updates->saving_batch = updates->last_batch;
  return inbox_save(updates->inbox, error);
}

bool updates_cover(struct updates *updates) {
  if (inbox_unfinished(updates->inbox)) return false;
  updates->saving_batch = updates->last_batch;
  return true;
}

void updates_copied(struct updates *updates) { inbox_copied(updates->inbox); }

void updates_saved(struct updates *updates) {
  updates->saved_batch = updates->saving_batch;
  polling_go_on(updates->polling);
}

bool updates_revive_dead(struct updates *updates, size_t *count, struct error *error) {
  bool ok = inbox_revive(updates->inbox, add_from_table, updates, count, error);
  delivery_work(updates->delivery);
  return ok;
}

void updates_status(const struct updates *updates, struct updates_status *status) {
  *status = (struct updates_status){
      .received = updates->received,
      .unfinished = inbox_unfinished(updates->inbox),
      .last_poll_at = polling_last_at(updates->polling),
  };
  delivery_status(updates->delivery, status);
}
