/* Puts the rooms of the floor together: polling or the receiver -> inbox -> delivery. An update is decoded once, before the
 * inbox decides whether it is new, because its id is in it. A batch counts as saved when the backup that holds all of it is
 * committed: a backup that began before the batch arrived does not. It also counts when all of it is finished and nothing is to
 * be saved: no backup would ever come then (durable_spec: "goes on after a message whose handler writes nothing").
 *
 * How what has arrived is kept until its turn comes, in memory or in rows that several hosts share, is the keeper's. */
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
#include "updates/holding.h"
#include "updates/inbox.h"
#include "updates/keeper.h"
#include "updates/parking.h"
#include "updates/polling.h"
#include "updates/receiver.h"
#include "updates/renewal.h"
#include "updates/roster.h"
#include "updates/sharing.h"
#include "updates/update_text.h"

#ifndef UPDATES_BUSY
#define UPDATES_BUSY 64 /* unfinished updates with which a local server is used to the full; with 200 it was slower */
#endif

#ifndef UPDATES_LANE_CEILING
#define UPDATES_LANE_CEILING 50 /* of one chat in memory; a fortieth of the usual inbox, and of a small one a quarter */
#endif

struct updates {
  struct updates_options options;
  struct inbox *inbox;
  struct parking *parking;
  struct delivery *delivery;
  struct polling *polling;            /* the one, */
  struct receiver *receiver;          /* or the other; NULL */
  uint64_t last_batch;                /* that has arrived */
  uint64_t saving_batch, saved_batch; /* covered by the backup that is being made, and by the last one */
  struct idle idle;
  char *wanted;           /* what was last polled for */
  bool is_confirmed_late; /* Telegram is told that a batch has arrived only when it would survive this host */
  struct renewal *renewal;
  struct keeper *keeper;
};

static void go_on(struct updates *updates);

/* ---- what the polling or the receiver asks ---- */

static size_t room(void *data) {
  struct keeper *keeper = ((struct updates *)data)->keeper;
  return keeper->way->room(keeper);
}

static bool is_busy(void *data) { return inbox_unfinished(((struct updates *)data)->inbox) >= UPDATES_BUSY; }

/* ---- what the renewal of the scripts asks ---- */

static void on_renewed(void *data) { updates_routes_changed(data); }

static void on_memory_free(void *data) { delivery_go_on(((struct updates *)data)->delivery); }

static void on_memory_short(bool is_stuck, void *data) { renewal_want(((struct updates *)data)->renewal, is_stuck); }

/* ---- an update arrives ---- */

/* It can't be decoded. */
static enum intake_result take_broken(struct updates *updates, struct arrival *arrival, struct error *error) {
  const char *json = arrival->json, *end = json + arrival->size;
  if (error->kind == ERROR_MEMORY) {
    renewal_want(updates->renewal, true);
    return INTAKE_LATER;
  }
  if (arrival->has_more) end = update_text_end(json, end);
  if (!end) {
    error->kind = ERROR_NONE;
    return INTAKE_LATER;
  }
  arrival->size = (size_t)(end - json);
  if (!update_text_id(json, arrival->size, &arrival->id)) return INTAKE_PASSED;
  return updates->keeper->way->bury(updates->keeper, arrival, error) ? INTAKE_TAKEN : INTAKE_LATER;
}

static enum intake_result take_in(struct updates *updates, struct arrival *arrival, struct error *error) {
  struct keeper *keeper = updates->keeper;
  struct script_update decoded = {.json = arrival->json, .size = arrival->size, .has_more = arrival->has_more};
  int64_t lane;
  if (!script_update_decode(updates->options.script, &decoded, &arrival->id, &lane, error))
    return take_broken(updates, arrival, error);
  arrival->size = decoded.size;
  if (updates->receiver) receiver_note_chat(updates->receiver, lane);
  return keeper->way->add(keeper, arrival, &decoded, lane, error) ? INTAKE_TAKEN : INTAKE_LATER;
}

/* ---- what the sharing with other hosts asks ---- */

static void on_kept(void *data) {
  struct updates *updates = data;
  updates->saved_batch = updates->last_batch;
  go_on(updates);
}

/* What has arrived and is no row yet comes again. */
static void on_lost(void *data) {
  struct updates *updates = data;
  updates->saved_batch = updates->last_batch;
  if (updates->receiver) receiver_refuse_waiting(updates->receiver);
  if (updates->polling) polling_rewind(updates->polling);
}

static void on_may_go_on(void *data) { go_on(data); }

/* One update has arrived. */
static enum intake_result take(struct arrival *arrival, struct error *error, void *data) {
  struct updates *updates = data;
  enum intake_result taking = take_in(updates, arrival, error);
  if (taking == INTAKE_TAKEN) inbox_arrived(updates->inbox, arrival->batch, arrival->id);
  return taking;
}

/* The whole batch is in the inbox. */
static void taken(uint64_t batch, size_t count, void *data) {
  struct updates *updates = data;
  updates->last_batch = batch;
  log_debug("updates arrived; count=%zu", count);
  updates->keeper->way->keep(updates->keeper);
}

static void confirmed(uint64_t batch, int64_t offset, void *data) {
  inbox_confirm(((struct updates *)data)->inbox, batch, offset);
}

/* The next getUpdates would confirm the batch: Telegram forgets it then, so a durable host must have it saved. */
static bool may_confirm(uint64_t batch, void *data) {
  const struct updates *updates = data;
  return !updates->is_confirmed_late || batch <= updates->saved_batch;
}

static bool may_poll(void *data) { return roster_leads(((const struct updates *)data)->keeper->roster); }

/* ---- life ---- */

static bool has_unfinished(const void *owner) { return updates_unfinished(owner) > 0; }

static void on_ended(int64_t lane, void *data) {
  struct updates *updates = data;
  renewal_note_end(updates->renewal);
  updates->keeper->way->lane_ended(updates->keeper, lane);
}

static bool is_sure(void *data) { return roster_is_sure(((const struct updates *)data)->keeper->roster); }

static bool reply(const struct update *update, const struct telegram_request *request, void *data) {
  const struct updates *updates = data;
  const struct updates_observer *observer = updates->options.observer;
  bool is_taken = updates->receiver && receiver_reply(updates->receiver, update->batch, request);
  if (is_taken && observer) observer->replied(update->id, request, observer->data);
  return is_taken;
}

static void waits(const struct update *update, void *data) {
  const struct updates *updates = data;
  if (updates->receiver) receiver_begin_wait(updates->receiver, update->batch);
}

/* There is room again, or leave to confirm. */
static void go_on(struct updates *updates) {
  if (updates->polling) polling_go_on(updates->polling);
  if (updates->receiver) receiver_go_on(updates->receiver);
}

/* There is room for more, and perhaps nothing is left to do. */
static void on_finished(void *data) {
  struct updates *updates = data;
  go_on(updates);
  idle_check(&updates->idle);
}

/* In the open segment, for the tables. */
static struct keeper *open_keeper(struct updates *updates, struct error *error) {
  struct database *database = updates->options.database;
  size_t quarter = inbox_room(updates->inbox) / 4;
  struct delivery_owner deliverer = {on_ended, on_finished, on_memory_short, is_sure, reply, waits, updates};
  updates->delivery = delivery_new(&updates->options, updates->inbox, &deliverer);
  struct keeper parts = {.options = &updates->options,
                         .inbox = updates->inbox,
                         .parking = updates->parking,
                         .delivery = updates->delivery,
                         .renewal = updates->renewal,
                         .lane_ceiling = quarter < UPDATES_LANE_CEILING ? quarter + 1 : UPDATES_LANE_CEILING};
  struct sharing_owner sharer = {on_kept, on_lost, on_may_go_on, updates};
  return database_waits(database) ? sharing_open(&parts, &sharer, error) : holding_open(&parts);
}

/* Hosts that start at once would meet in the catalog. */
static bool make_tables(struct updates *updates, struct error *error) {
  struct database *database = updates->options.database;
  bool ok = !database_waits(database) || database_begin_alone(database, error);
  updates->inbox = ok ? inbox_new(database, updates->options.capacity, error) : NULL;
  updates->parking = updates->inbox ? parking_new(database, error) : NULL;
  updates->keeper = updates->parking ? open_keeper(updates, error) : NULL;
  ok = updates->keeper && database_commit(database, error);
  database_rollback(database);
  return ok;
}

struct updates *updates_open(const struct updates_options *options, struct error *error) {
  struct updates *updates = memory_new(sizeof *updates);
  updates->options = *options;
  struct renewal_owner renewal_owner = {on_renewed, on_memory_free, updates};
  updates->is_confirmed_late = options->is_durable || database_waits(options->database);
  idle_init(&updates->idle, options->clock, has_unfinished, updates);
  updates->renewal = renewal_new(&updates->options, &renewal_owner);
  if (!make_tables(updates, error)) {
    updates_close(updates);
    return NULL;
  }
  struct intake intake = {room, is_busy, take, taken, confirmed, may_confirm, may_poll, updates, updates->is_confirmed_late};
  if (options->webhook.url)
    updates->receiver = receiver_open(&updates->options, &intake, error);
  else
    updates->polling = polling_open(&updates->options, &intake);
  if (updates->receiver || updates->polling) return updates;
  updates_close(updates);
  return NULL;
}

void updates_close(struct updates *updates) {
  if (!updates) return;
  if (updates->keeper) updates->keeper->way->close(updates->keeper);
  renewal_free(updates->renewal);
  polling_close(updates->polling);
  receiver_close(updates->receiver);
  idle_release(&updates->idle);
  delivery_free(updates->delivery);
  parking_free(updates->parking);
  inbox_free(updates->inbox);
  free(updates->wanted);
  free(updates);
}

bool updates_restore(struct updates *updates, struct error *error) {
  return updates->keeper->way->restore(updates->keeper, error);
}

bool updates_return(struct updates *updates, size_t *passed, struct error *error) {
  return updates->keeper->way->go_back(updates->keeper, passed, error);
}

void updates_start(struct updates *updates) {
  updates->wanted = memory_copy_text(script_wanted_updates(updates->options.script));
  updates->keeper->way->start(updates->keeper);
  if (updates->polling) polling_start(updates->polling);
  if (updates->receiver) receiver_start(updates->receiver);
  delivery_work(updates->delivery);
}

void updates_stop_polling(struct updates *updates, bool confirms, void (*stopped)(void *data), void *data) {
  renewal_stop(updates->renewal);
  updates->keeper->way->stop(updates->keeper);
  if (updates->polling) polling_stop(updates->polling, confirms, stopped, data);
  if (updates->receiver) receiver_stop(updates->receiver, stopped, data);
}

/* A poll that is under way was asked for other types, and may take another 50 seconds; so it is made anew. */
void updates_routes_changed(struct updates *updates) {
  const char *wanted = script_wanted_updates(updates->options.script);
  if (!updates->wanted || strcmp(wanted, updates->wanted) == 0) return;
  free(updates->wanted);
  updates->wanted = memory_copy_text(wanted);
  if (updates->polling) polling_restart(updates->polling);
  if (updates->receiver) receiver_renew(updates->receiver);
}

void updates_admit(struct updates *updates, const struct server_request *request, struct server_refusal *refusal) {
  receiver_admit(updates->receiver, request, refusal);
}

void updates_receive(struct updates *updates, struct server_request *request) { receiver_take(updates->receiver, request); }

void updates_refuse_waiting(struct updates *updates) {
  if (updates->receiver) receiver_refuse_waiting(updates->receiver);
}

size_t updates_unfinished(const struct updates *updates) {
  return inbox_unfinished(updates->inbox) + parking_count(updates->parking);
}

void updates_on_idle(struct updates *updates, struct idle_waiter *waiter, void (*idle)(void *data), void *data) {
  idle_wait(&updates->idle, waiter, idle, data);
}

void updates_pause(struct updates *updates, bool is_paused) {
  if (!is_paused) parking_drop_lifted(updates->parking);
  delivery_pause(updates->delivery, is_paused);
}

bool updates_lift(struct updates *updates, struct error *error) { return parking_lift(updates->parking, error); }

void updates_leave_unfinished(struct updates *updates) { delivery_stop(updates->delivery); }

/* ---- backups, dead letters, status ---- */

bool updates_save(struct updates *updates, struct error *error) {
  updates->saving_batch = updates->last_batch;
  return inbox_save(updates->inbox, error);
}

void updates_saved(struct updates *updates) {
  updates->saved_batch = updates->saving_batch;
  go_on(updates);
}

bool updates_await_save(const struct updates *updates) {
  return updates->options.is_durable && updates->last_batch > updates->saved_batch;
}

bool updates_need_save(const struct updates *updates) {
  return updates_await_save(updates) && inbox_has_unfinished(updates->inbox, updates->saved_batch);
}

/* Whatever has come meanwhile has left nothing to save either: the backup asks last of all. */
void updates_unchanged(struct updates *updates) {
  if (updates_need_save(updates)) return;
  updates->saved_batch = updates->last_batch;
  go_on(updates);
}

bool updates_revive_dead(struct updates *updates, int64_t letter, size_t *count, struct error *error) {
  bool ok = updates->keeper->way->revive(updates->keeper, letter, count, error);
  delivery_work(updates->delivery);
  return ok;
}

bool updates_reload_hosts(struct updates *updates, int64_t *reload, struct error *error) {
  bool is_shared = database_is_shared(updates->options.database);
  if (!is_shared) return error_set(error, ERROR_MISUSE, "there is one host only, as the data is in its memory");
  return roster_ask_reload(updates->keeper->roster, reload, error);
}

bool updates_read_reload(struct updates *updates, int64_t reload,
                         void (*each)(const char *name, const char *failure, void *data), void *data, struct error *error) {
  return roster_read_reload(updates->keeper->roster, reload, each, data, error);
}

void updates_status(const struct updates *updates, struct updates_status *status) {
  const struct keeper *keeper = updates->keeper;
  *status = (struct updates_status){
      .received = keeper->received,
      .unfinished = updates_unfinished(updates),
      .parked = parking_count(updates->parking),
      .last_poll_at = updates->polling ? polling_last_at(updates->polling) : 0,
      .hosts = roster_count(keeper->roster),
      .leads = roster_leads(keeper->roster),
  };
  if (updates->receiver) receiver_status(updates->receiver, status);
  delivery_status(updates->delivery, status);
  status->failed += keeper->unread;
}
