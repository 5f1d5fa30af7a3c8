/* The assembly of the floor: poll -> inbox -> delivery. */
#include "updates/updates.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/database.h"
#include "script/script.h"
#include "updates/courtesy.h"
#include "updates/delivery.h"
#include "updates/inbox.h"
#include "updates/migration.h"
#include "updates/poll.h"

#ifndef UPDATES_BUSY
#define UPDATES_BUSY 200 /* updates in hand at which a local server is used to the full */
#endif

struct updates {
  struct updates_options options;
  struct inbox *inbox;
  struct courtesy *courtesy;
  struct migrations *migrations;
  struct delivery *delivery;
  struct poll *poll;
  uint64_t received;
  uint64_t last_batch;                /* that arrived */
  uint64_t saving_batch, saved_batch; /* covered by the backup that is being made, and by the last one */
  void (*idle)(void *data);
  void *idle_data;
  struct clock_timer idle_timer;
  char *wanted; /* what the poll has asked for last */
};

/* ---- what the poll asks ---- */

static size_t room(void *data) { return inbox_room(((struct updates *)data)->inbox); }

static bool is_busy(void *data) { return inbox_unfinished(((struct updates *)data)->inbox) >= UPDATES_BUSY; }

/* Its lane is the chat's, by the oldest id that the chat has had. */
static void hand_over(struct updates *updates, struct update *update, int64_t chat) {
  migrations_add(updates->migrations, update->script.old_chat, update->script.new_chat);
  update->item.lane = migrations_lane(updates->migrations, chat);
  delivery_add(updates->delivery, update);
}

static bool take(const char *json, size_t size, uint64_t batch, int64_t *update_id, struct error *error, void *data) {
  struct updates *updates = data;
  struct script *script = updates->options.script;
  struct script_update decoded = {.json = json, .size = size};
  int64_t lane;
  struct update *update;
  if (!script_decode(script, &decoded, update_id, &lane, error)) return false;
  bool ok = inbox_add(updates->inbox, *update_id, batch, json, size, &update, error);
  if (!ok || !update) {
    script_forget(script, &decoded);
    return ok;
  }
  decoded.json = update->json; /* the same, in memory of its own */
  update->script = decoded;
  updates->received++;
  hand_over(updates, update, lane);
  return true;
}

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

static bool may_confirm(uint64_t batch, void *data) {
  const struct updates *updates = data;
  return !updates->options.is_durable || batch <= updates->saved_batch;
}

/* ---- life ---- */

static void tell_idle(void *data) {
  struct updates *updates = data;
  void (*idle)(void *data) = updates->idle;
  updates->idle = NULL;
  if (idle) idle(updates->idle_data);
}

static void tell_idle_soon(struct updates *updates) {
  if (!updates->idle || inbox_unfinished(updates->inbox) || courtesy_count(updates->courtesy)) return;
  clock_start(updates->options.clock, &updates->idle_timer, 0, tell_idle, updates);
}

static void on_courtesy_done(void *data) { tell_idle_soon(data); }

static void on_finished(void *data) {
  struct updates *updates = data;
  poll_go_on(updates->poll);
  tell_idle_soon(updates);
}

struct updates *updates_open(const struct updates_options *options, struct error *error) {
  struct updates *updates = memory_new(sizeof *updates);
  updates->options = *options;
  updates->inbox = inbox_new(options->database, options->capacity, error);
  if (!updates->inbox) {
    free(updates);
    return NULL;
  }
  struct poll_owner owner = {room, is_busy, take, taken, confirmed, may_confirm, updates};
  updates->migrations = migrations_new();
  updates->courtesy = courtesy_new(options->telegram, on_courtesy_done, updates);
  updates->delivery = delivery_new(&updates->options, updates->inbox, updates->courtesy);
  delivery_on_finished(updates->delivery, on_finished, updates);
  updates->poll = poll_open(&updates->options, &owner);
  return updates;
}

void updates_close(struct updates *updates) {
  if (!updates) return;
  poll_close(updates->poll);
  clock_stop(updates->options.clock, &updates->idle_timer);
  delivery_free(updates->delivery);
  courtesy_free(updates->courtesy);
  migrations_free(updates->migrations);
  inbox_free(updates->inbox);
  free(updates->wanted);
  free(updates);
}

/* An update that came from a table: its lane is not known yet. */
static void add_from_table(struct update *update, void *data) {
  struct updates *updates = data;
  struct error error = {0};
  int64_t update_id, lane;
  if (script_decode(updates->options.script, &update->script, &update_id, &lane, &error)) {
    hand_over(updates, update, lane);
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
  poll_start(updates->poll);
  delivery_work(updates->delivery);
}

void updates_stop_polling(struct updates *updates, void (*stopped)(void *data), void *data) {
  poll_stop(updates->poll, stopped, data);
}

void updates_routes_changed(struct updates *updates) {
  const char *wanted = script_wanted_updates(updates->options.script);
  if (!updates->wanted || strcmp(wanted, updates->wanted) == 0) return;
  free(updates->wanted);
  updates->wanted = memory_copy_text(wanted);
  poll_restart(updates->poll);
}

size_t updates_unfinished(const struct updates *updates) { return inbox_unfinished(updates->inbox); }

void updates_on_idle(struct updates *updates, void (*idle)(void *data), void *data) {
  updates->idle = idle;
  updates->idle_data = data;
  tell_idle_soon(updates);
}

void updates_pause(struct updates *updates, bool is_paused) { delivery_pause(updates->delivery, is_paused); }

void updates_leave_unfinished(struct updates *updates) { delivery_stop(updates->delivery); }

/* ---- backups, dead letters, status ---- */

bool updates_save(struct updates *updates, struct error *error) {
  updates->saving_batch = updates->last_batch;
  return inbox_save(updates->inbox, error);
}

void updates_copied(struct updates *updates) { inbox_copied(updates->inbox); }

void updates_saved(struct updates *updates) {
  updates->saved_batch = updates->saving_batch;
  poll_go_on(updates->poll);
}

size_t updates_dead_count(struct updates *updates) { return inbox_dead_count(updates->inbox); }

bool updates_revive_dead(struct updates *updates, size_t *count, struct error *error) {
  bool ok = inbox_revive(updates->inbox, add_from_table, updates, count, error);
  delivery_work(updates->delivery);
  return ok;
}

void updates_status(const struct updates *updates, struct updates_status *status) {
  *status = (struct updates_status){
      .received = updates->received,
      .unfinished = inbox_unfinished(updates->inbox),
      .last_poll_at = poll_last_at(updates->poll),
  };
  delivery_status(updates->delivery, status);
}
