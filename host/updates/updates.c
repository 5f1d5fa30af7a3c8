/* Puts the rooms of the floor together: polling or the receiver -> inbox -> delivery. An update is decoded once, before the
 * inbox decides whether it is new, because its id is in it. A batch counts as saved when the backup that holds all of it is
 * committed: a backup that began before the batch arrived does not. It also counts when all of it is finished and nothing is to
 * be saved: no backup would ever come then (durable_spec: "goes on after a message whose handler writes nothing").
 *
 * A lane has a ceiling in memory. What comes for it beyond that is parked as rows, and taken up in order when the lane is half
 * empty, so that one chat's backlog keeps nobody else waiting (flood_spec: "of one chat keeps nobody else waiting"). While a
 * lane has parked updates, it has others in memory, whose end takes up the next.
 *
 * Where the data is in PostgreSQL, all of this is done by rows (shared_inbox.h): what arrives becomes rows and no more, and
 * what is handled is taken from the rows, by this host or another one (sharing.h). Nothing is parked then, since nothing is in
 * memory that was not taken. */
#include "updates/updates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/idle.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/database.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/delivery.h"
#include "updates/inbox.h"
#include "updates/parking.h"
#include "updates/polling.h"
#include "updates/receiver.h"
#include "updates/renewal.h"
#include "updates/roster.h"
#include "updates/shared_inbox.h"
#include "updates/sharing.h"
#include "updates/update_text.h"

#ifndef UPDATES_BUSY
#define UPDATES_BUSY 64 /* unfinished updates with which a local server is used to the full; with 200 it was slower */
#endif

#ifndef UPDATES_LANE_CEILING
#define UPDATES_LANE_CEILING 50 /* of one chat in memory; a fortieth of the usual inbox, and of a small one a quarter */
#endif
#ifndef UPDATES_LANE_SHARE
#define UPDATES_LANE_SHARE 8 /* or so much of the free room: a chat's burst needs no rows while few others need the room */
#endif
#ifndef UPDATES_PARKED_CEILING
#define UPDATES_PARKED_CEILING 100000 /* some 50 MB of the database; more waits at Telegram, with everybody else's */
#endif
enum {
  FLOOD_TOLD = 100,              /* parked updates of one chat: not a burst any more */
  FLOOD_TOLD_AGAIN_MS = 3600000, /* the next flood, of whichever chat */
  TAKE_UP_RETRY_MS = 1000,
};

struct updates {
  struct updates_options options;
  struct inbox *inbox;
  struct parking *parking;
  struct delivery *delivery;
  struct polling *polling;   /* the one, */
  struct receiver *receiver; /* or the other; NULL */
  uint64_t received, unread;
  uint64_t last_batch;                /* that has arrived */
  uint64_t saving_batch, saved_batch; /* covered by the backup that is being made, and by the last one */
  struct idle idle;
  char *wanted; /* what was last polled for */
  size_t lane_ceiling;
  struct clock_timer take_up_again; /* after it has failed */
  int64_t flood_told_ticks;         /* 0: never */
  struct renewal *renewal;
  struct sharing *sharing; /* of a database that is not in this process; NULL: it is */
};

static void go_on(struct updates *updates);

/* ---- what the polling or the receiver asks ---- */

static size_t room(void *data) {
  const struct updates *updates = data;
  size_t waiting = updates->sharing ? sharing_waiting(updates->sharing) : parking_count(updates->parking);
  if (waiting >= UPDATES_PARKED_CEILING) return 0;
  return updates->sharing ? UPDATES_PARKED_CEILING - waiting : inbox_room(updates->inbox);
}

static bool is_busy(void *data) { return inbox_unfinished(((struct updates *)data)->inbox) >= UPDATES_BUSY; }

/* The chat has sent more than its handlers can do: told once, not at each update. */
static void tell_flood(struct updates *updates, int64_t lane, size_t parked) {
  const struct updates_options *options = &updates->options;
  char text[200];
  if (parked != FLOOD_TOLD) return;
  log_warn("a chat sends more than its handlers can do: what it sent waits in the database; chat=%lld parked=%zu",
           (long long)lane, parked);
  int64_t now = clock_ticks(options->clock);
  if (!options->tell || (updates->flood_told_ticks && now < updates->flood_told_ticks + FLOOD_TOLD_AGAIN_MS)) return;
  updates->flood_told_ticks = now;
  (void)snprintf(
      text, sizeof text,
      "The chat %lld sends more than I can handle at once. Its messages wait in their order; nobody else waits for them.",
      (long long)lane);
  options->tell(text, options->data);
}

/* To share what is free, and not what there is, always leaves some of it, however many chats have bursts. */
static size_t lane_most(const struct updates *updates) {
  size_t share = inbox_room(updates->inbox) / UPDATES_LANE_SHARE;
  return share > updates->lane_ceiling ? share : updates->lane_ceiling;
}

/* An album stays together, so the rest of one that is being gathered is not parked. */
static bool must_park(const struct updates *updates, int64_t lane, int64_t album) {
  if (delivery_is_gathering(updates->delivery, lane, album)) return false;
  return parking_lane_count(updates->parking, lane) || delivery_lane_count(updates->delivery, lane) >= lane_most(updates);
}

static void tell_arrived(const struct updates *updates, const char *json, size_t size) {
  const struct updates_observer *observer = updates->options.observer;
  if (observer) observer->arrived(json, size, observer->data);
}

static bool park(struct updates *updates, const struct parked *parked, struct error *error) {
  size_t before = parking_lane_count(updates->parking, parked->lane);
  if (!parking_add(updates->parking, parked, error)) return false;
  size_t after = parking_lane_count(updates->parking, parked->lane);
  updates->received += after - before;
  if (after > before) tell_arrived(updates, parked->json, parked->size);
  if (after > before) tell_flood(updates, parked->lane, after);
  return true;
}

/* ---- what the renewal of the scripts asks ---- */

static void on_renewed(void *data) { updates_routes_changed(data); }

static void on_memory_free(void *data) { delivery_go_on(((struct updates *)data)->delivery); }

static void on_memory_short(bool is_stuck, void *data) { renewal_want(((struct updates *)data)->renewal, is_stuck); }

/* ---- an update arrives ---- */

/* It will never be read, so it must not come again: a dead letter holds its bytes. */
static bool bury(struct updates *updates, int64_t id, uint64_t batch, const char *json, size_t size, struct error *error) {
  struct error reason = *error;
  struct update *update;
  if (updates->sharing) return sharing_add(updates->sharing, id, 0, json, size, error); /* whoever takes it tells */
  if (inbox_knows(updates->inbox, id)) return true;
  if (!inbox_add(updates->inbox, id, batch, json, size, &update, error)) return false;
  tell_arrived(updates, json, size);
  log_error("an update can't be read, and is a dead letter; update=%lld error=%s", (long long)id, reason.text);
  inbox_bury(updates->inbox, update, reason.text, clock_now(updates->options.clock));
  updates->received++;
  updates->unread++;
  return true;
}

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
  return bury(updates, arrival->id, arrival->batch, json, arrival->size, error) ? INTAKE_TAKEN : INTAKE_LATER;
}

static enum intake_result take_in(struct updates *updates, struct arrival *arrival, struct error *error) {
  struct script *script = updates->options.script;
  const char *json = arrival->json;
  struct script_update decoded = {.json = json, .size = arrival->size, .has_more = arrival->has_more};
  int64_t lane;
  struct update *update;
  if (!script_update_decode(script, &decoded, &arrival->id, &lane, error)) return take_broken(updates, arrival, error);
  size_t size = arrival->size = decoded.size;
  if (updates->receiver) receiver_note_chat(updates->receiver, lane);
  if (updates->sharing) {
    script_update_forget(script, &decoded);
    return sharing_add(updates->sharing, arrival->id, lane, json, size, error) ? INTAKE_TAKEN : INTAKE_LATER;
  }
  if (!inbox_knows(updates->inbox, arrival->id) && must_park(updates, lane, decoded.album)) {
    struct parked parked = {
        .id = arrival->id, .lane = lane, .album = decoded.album, .batch = arrival->batch, .json = json, .size = size};
    script_update_forget(script, &decoded);
    return park(updates, &parked, error) ? INTAKE_TAKEN : INTAKE_LATER;
  }
  bool ok = inbox_add(updates->inbox, arrival->id, arrival->batch, json, size, &update, error);
  if (!ok || !update) {
    script_update_forget(script, &decoded);
    return ok ? INTAKE_TAKEN : INTAKE_LATER;
  }
  decoded.json = update->json; /* the inbox has copied it */
  update->script = decoded;
  update->item.lane = lane;
  updates->received++;
  tell_arrived(updates, json, size);
  delivery_add(updates->delivery, update);
  return INTAKE_TAKEN;
}

/* ---- what the sharing with other hosts asks ---- */

static size_t memory_room(void *data) { return inbox_room(((struct updates *)data)->inbox); }

/* A row has become this host's. What there is no memory to decode now is decoded when its turn comes. */
static bool take_row(const struct shared_row *row, size_t *lane_count, void *data) {
  struct updates *updates = data;
  struct update *update;
  struct error error = {0};
  int64_t update_id, lane;
  if (!inbox_add_shared(updates->inbox, row, &update, &error)) return false;
  if (!update) return true;
  updates->received++;
  tell_arrived(updates, update->json, update->script.size);
  bool is_read = script_update_decode(updates->options.script, &update->script, &update_id, &lane, &error);
  if (is_read || error.kind == ERROR_MEMORY) {
    delivery_add(updates->delivery, update);
  } else {
    log_error("an update can't be read, and is a dead letter; update=%lld error=%s", (long long)update->id, error.text);
    inbox_bury(updates->inbox, update, error.text, clock_now(updates->options.clock));
    updates->unread++;
  }
  *lane_count = delivery_lane_count(updates->delivery, row->lane);
  if (*lane_count == updates->lane_ceiling) tell_flood(updates, row->lane, FLOOD_TOLD);
  return true;
}

static void on_rows_taken(void *data) { delivery_work(((struct updates *)data)->delivery); }

static void on_kept(void *data) {
  struct updates *updates = data;
  updates->saved_batch = updates->last_batch;
  go_on(updates);
}

static void on_database_gone(bool is_gone, void *data) { delivery_pause(((struct updates *)data)->delivery, is_gone); }

/* Its rows are others', whatever its handlers still do. What has arrived and is no row yet comes again, perhaps elsewhere. The
 * scripts begin anew, so what they counted on in memory is gone. */
static void on_lost(void *data) {
  struct updates *updates = data;
  const struct updates_options *options = &updates->options;
  struct error error = {0};
  delivery_stop(updates->delivery);
  script_end_runs(options->script);
  delivery_drop_all(updates->delivery);
  inbox_drop_all(updates->inbox);
  updates->saved_batch = updates->last_batch;
  if (updates->receiver) receiver_refuse_waiting(updates->receiver);
  if (updates->polling) polling_rewind(updates->polling);
  if (!script_load(options->script, &error) && options->failed) options->failed(&error, options->data);
}

static void on_may_go_on(void *data) { go_on(data); }

static bool is_sure(void *data) {
  const struct updates *updates = data;
  return !updates->sharing || sharing_is_sure(updates->sharing);
}

static bool may_poll(void *data) {
  const struct updates *updates = data;
  return !updates->sharing || sharing_leads(updates->sharing);
}

static bool open_sharing(struct updates *updates, struct error *error) {
  const struct updates_options *options = &updates->options;
  struct sharing_owner owner = {memory_room,      take_row, on_rows_taken, on_kept,
                                on_database_gone, on_lost,  on_may_go_on,  updates};
  if (!database_waits(options->database)) return true;
  updates->sharing = sharing_open(options, updates->lane_ceiling, &owner, error);
  if (!updates->sharing) return false;
  if (database_is_shared(options->database)) telegram_set_guard(options->telegram, is_sure, updates);
  return true;
}

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
  if (updates->sharing) {
    sharing_keep(updates->sharing);
    return;
  }
  if (updates->options.is_durable && updates->options.want_save) updates->options.want_save(updates->options.data);
  delivery_work(updates->delivery);
}

static void confirmed(uint64_t batch, int64_t offset, void *data) {
  inbox_confirm(((struct updates *)data)->inbox, batch, offset);
}

/* The next getUpdates would confirm the batch: Telegram forgets it then, so a durable host must have it saved. */
static bool may_confirm(uint64_t batch, void *data) {
  const struct updates *updates = data;
  return (!updates->options.is_durable && !updates->sharing) || batch <= updates->saved_batch;
}

/* ---- taking up what is parked ---- */

static void take_up_all(void *data);

/* It will be decoded in its turn: thousands that wait must not fill the scripts' memory. */
static void hand_out_parked(struct updates *updates, struct update *update, const struct parked *parked) {
  struct script *script = updates->options.script;
  struct error error;
  int64_t update_id, lane;
  /* For its person, whom the row does not have. What can't be read now fails in its turn. */
  if (script_update_decode(script, &update->script, &update_id, &lane, &error)) script_update_forget(script, &update->script);
  update->item.lane = parked->lane;
  update->script.album = parked->album;
  delivery_add(updates->delivery, update);
}

/* Decoded for its lane, which the table does not have; likewise not kept. */
static bool find_lane(struct updates *updates, struct update *update, struct error *error) {
  struct script *script = updates->options.script;
  int64_t update_id;
  bool ok = script_update_decode(script, &update->script, &update_id, &update->item.lane, error);
  if (!ok && error->kind == ERROR_MEMORY && script_is_full(script) && renewal_make(updates->renewal, error)) {
    ok = script_update_decode(script, &update->script, &update_id, &update->item.lane, error);
  }
  if (ok) script_update_forget(script, &update->script);
  return ok;
}

static void hand_out(struct updates *updates, struct update *update) {
  struct error error = {0};
  tell_arrived(updates, update->json, update->script.size);
  if (find_lane(updates, update, &error)) {
    delivery_add(updates->delivery, update);
  } else {
    log_error("an update in the inbox can't be read; update=%lld error=%s", (long long)update->id, error.text);
    inbox_bury(updates->inbox, update, error.text, clock_now(updates->options.clock));
  }
}

static bool take_up_one(struct updates *updates, const struct parked *parked, struct error *error) {
  struct update *update;
  if (!inbox_take_up(updates->inbox, updates->parking, parked, &update, error)) return false;
  if (update) hand_out_parked(updates, update, parked);
  return true;
}

/* At least one, since its end leads to the next ones; up to the lane's ceiling where the inbox has room; and an album whole. */
static bool may_take_up(const struct updates *updates, const struct parked *parked, int64_t album) {
  size_t count = delivery_lane_count(updates->delivery, parked->lane);
  bool is_room = count < updates->lane_ceiling && inbox_room(updates->inbox) > 0;
  return !count || is_room || (parked->album && parked->album == album);
}

static void take_up(int64_t lane, void *data) {
  struct updates *updates = data;
  struct error error = {0};
  struct parked parked;
  char *json = NULL;
  int64_t album = 0; /* of the last one */
  bool ok = true, may_go_on = delivery_lane_count(updates->delivery, lane) <= updates->lane_ceiling / 2;
  while (ok && may_go_on && parking_lane_count(updates->parking, lane)) {
    ok = parking_first(updates->parking, lane, &parked, &json, &error);
    may_go_on = ok && may_take_up(updates, &parked, album);
    if (may_go_on) ok = take_up_one(updates, &parked, &error);
    if (ok) album = parked.album;
    free(json);
    json = NULL;
  }
  if (ok) return;
  log_error("can't take up what a chat has sent; chat=%lld error=%s", (long long)lane, error.text);
  clock_start(updates->options.clock, &updates->take_up_again, TAKE_UP_RETRY_MS, take_up_all, updates);
}

static void take_up_all(void *data) {
  struct updates *updates = data;
  parking_each_lane(updates->parking, take_up, updates);
  delivery_work(updates->delivery);
}

/* ---- life ---- */

static bool has_unfinished(const void *owner) { return updates_unfinished(owner) > 0; }

static void on_ended(int64_t lane, void *data) {
  struct updates *updates = data;
  renewal_note_end(updates->renewal);
  if (updates->sharing && delivery_lane_count(updates->delivery, lane) <= updates->lane_ceiling / 2)
    sharing_look_for_left(updates->sharing);
  if (parking_lane_count(updates->parking, lane)) take_up(lane, data);
}

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

/* Hosts that start at once would meet in the catalog. */
static bool make_tables(struct updates *updates, struct error *error) {
  struct database *database = updates->options.database;
  bool ok = !database_waits(database) || database_begin_alone(database, error);
  updates->inbox = ok ? inbox_new(database, updates->options.capacity, error) : NULL;
  updates->parking = updates->inbox ? parking_new(database, error) : NULL;
  size_t quarter = updates->inbox ? inbox_room(updates->inbox) / 4 : 0;
  updates->lane_ceiling = quarter < UPDATES_LANE_CEILING ? quarter + 1 : UPDATES_LANE_CEILING;
  ok = updates->parking && open_sharing(updates, error);
  ok = ok && database_commit(database, error);
  database_rollback(database);
  return ok;
}

struct updates *updates_open(const struct updates_options *options, struct error *error) {
  struct updates *updates = memory_new(sizeof *updates);
  updates->options = *options;
  struct renewal_owner renewal_owner = {on_renewed, on_memory_free, updates};
  idle_init(&updates->idle, options->clock, has_unfinished, updates);
  updates->renewal = renewal_new(&updates->options, &renewal_owner);
  if (!make_tables(updates, error)) {
    updates_close(updates);
    return NULL;
  }
  bool is_durable = options->is_durable || updates->sharing;
  struct intake intake = {room, is_busy, take, taken, confirmed, may_confirm, may_poll, updates, is_durable};
  struct delivery_owner deliverer = {on_ended, on_finished, on_memory_short, is_sure, reply, waits, updates};
  updates->delivery = delivery_new(&updates->options, updates->inbox, &deliverer);
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
  if (updates->sharing) telegram_set_guard(updates->options.telegram, NULL, NULL);
  sharing_close(updates->sharing);
  clock_stop(updates->options.clock, &updates->take_up_again);
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

static void add_from_table(struct update *update, void *data) { hand_out(data, update); }

/* What is parked came after what is in the inbox. */
bool updates_restore(struct updates *updates, struct error *error) {
  if (updates->sharing) return sharing_take_back(updates->sharing, error);
  bool ok = parking_make_table(updates->parking, error) &&
            inbox_restore(updates->inbox, add_from_table, updates, clock_now(updates->options.clock), error) &&
            parking_restore(updates->parking, error);
  if (ok) parking_each_lane(updates->parking, take_up, updates);
  return ok;
}

bool updates_return(struct updates *updates, size_t *passed, struct error *error) {
  int64_t now = clock_now(updates->options.clock);
  bool ok = parking_make_table(updates->parking, error) &&
            inbox_return(updates->inbox, add_from_table, updates, now, passed, error) &&
            parking_return(updates->parking, UPDATE_SAVED, passed, error);
  if (ok) parking_each_lane(updates->parking, take_up, updates);
  return ok;
}

void updates_start(struct updates *updates) {
  updates->wanted = memory_copy_text(script_wanted_updates(updates->options.script));
  if (updates->sharing) sharing_start(updates->sharing);
  if (updates->polling) polling_start(updates->polling);
  if (updates->receiver) receiver_start(updates->receiver);
  delivery_work(updates->delivery);
}

void updates_stop_polling(struct updates *updates, bool confirms, void (*stopped)(void *data), void *data) {
  renewal_stop(updates->renewal);
  if (updates->sharing) sharing_stop(updates->sharing);
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
  bool ok = updates->sharing ? sharing_revive(updates->sharing, letter, count, error)
                             : inbox_revive(updates->inbox, letter, add_from_table, updates, count, error);
  delivery_work(updates->delivery);
  return ok;
}

bool updates_reload_hosts(struct updates *updates, int64_t *reload, struct error *error) {
  bool is_shared = database_is_shared(updates->options.database);
  if (!is_shared) return error_set(error, ERROR_MISUSE, "there is one host only, as the data is in its memory");
  return roster_ask_reload(sharing_roster(updates->sharing), reload, error);
}

bool updates_read_reload(struct updates *updates, int64_t reload,
                         void (*each)(const char *name, const char *failure, void *data), void *data, struct error *error) {
  return roster_read_reload(sharing_roster(updates->sharing), reload, each, data, error);
}

void updates_status(const struct updates *updates, struct updates_status *status) {
  *status = (struct updates_status){
      .received = updates->received,
      .unfinished = updates_unfinished(updates),
      .parked = parking_count(updates->parking),
      .last_poll_at = updates->polling ? polling_last_at(updates->polling) : 0,
  };
  status->hosts = updates->sharing ? sharing_hosts(updates->sharing) : 1;
  status->leads = !updates->sharing || sharing_leads(updates->sharing);
  if (updates->receiver) receiver_status(updates->receiver, status);
  delivery_status(updates->delivery, status);
  status->failed += updates->unread;
}
