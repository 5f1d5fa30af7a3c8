/* A lane has a ceiling in memory. What comes for it beyond that is parked as rows, and taken up in order when the lane is half
 * empty, so that one chat's backlog keeps nobody else waiting (flood_spec: "of one chat keeps nobody else waiting"). While a
 * lane has parked updates, it has others in memory, whose end takes up the next. */
#include "updates/holding.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/script.h"
#include "updates/delivery.h"
#include "updates/inbox.h"
#include "updates/intake.h"
#include "updates/keeper.h"
#include "updates/parking.h"
#include "updates/renewal.h"

#ifndef HOLDING_LANE_SHARE
#define HOLDING_LANE_SHARE 8 /* or so much of the free room: a chat's burst needs no rows while few others need the room */
#endif
enum {
  FLOOD_TOLD = 100, /* parked updates of one chat: not a burst any more */
  TAKE_UP_RETRY_MS = 1000,
};

struct holding {
  struct keeper keeper;             /* first */
  struct clock_timer take_up_again; /* after it has failed */
};

/* ---- arrival ---- */

static size_t room(struct keeper *keeper) {
  return parking_count(keeper->parking) < KEEPER_ROWS ? inbox_room(keeper->inbox) : 0;
}

/* To share what is free, and not what there is, always leaves some of it, however many chats have bursts. */
static size_t lane_most(const struct keeper *keeper) {
  size_t share = inbox_room(keeper->inbox) / HOLDING_LANE_SHARE;
  return share > keeper->lane_ceiling ? share : keeper->lane_ceiling;
}

/* An album stays together, so the rest of one that is being gathered is not parked. */
static bool must_park(const struct keeper *keeper, int64_t lane, int64_t album) {
  if (delivery_is_gathering(keeper->delivery, lane, album)) return false;
  return parking_lane_count(keeper->parking, lane) || delivery_lane_count(keeper->delivery, lane) >= lane_most(keeper);
}

static bool park(struct keeper *keeper, const struct parked *parked, struct error *error) {
  size_t before = parking_lane_count(keeper->parking, parked->lane);
  if (!parking_add(keeper->parking, parked, error)) return false;
  size_t after = parking_lane_count(keeper->parking, parked->lane);
  keeper->received += after - before;
  if (after > before) keeper_tell_arrived(keeper, parked->json, parked->size);
  if (after > before && after == FLOOD_TOLD) keeper_tell_flood(keeper, parked->lane, after);
  return true;
}

static bool add(struct keeper *keeper, const struct arrival *arrival, struct script_update *decoded, int64_t lane,
                struct error *error) {
  struct script *script = keeper->options->script;
  struct update *update;
  if (!inbox_knows(keeper->inbox, arrival->id) && must_park(keeper, lane, decoded->album)) {
    struct parked parked = {.id = arrival->id,
                            .lane = lane,
                            .album = decoded->album,
                            .batch = arrival->batch,
                            .json = arrival->json,
                            .size = arrival->size};
    script_update_forget(script, decoded);
    return park(keeper, &parked, error);
  }
  bool ok = inbox_add(keeper->inbox, arrival->id, arrival->batch, arrival->json, arrival->size, &update, error);
  if (!update) {
    script_update_forget(script, decoded);
    return ok;
  }
  update->script = *decoded;
  update->script.json = update->json; /* the inbox has copied it */
  update->item.lane = lane;
  keeper->received++;
  keeper_tell_arrived(keeper, update->json, arrival->size);
  delivery_add(keeper->delivery, update);
  return true;
}

static bool bury(struct keeper *keeper, const struct arrival *arrival, struct error *error) {
  struct error reason = *error;
  struct update *update;
  if (inbox_knows(keeper->inbox, arrival->id)) return true;
  if (!inbox_add(keeper->inbox, arrival->id, arrival->batch, arrival->json, arrival->size, &update, error)) return false;
  keeper->received++;
  keeper_tell_arrived(keeper, arrival->json, arrival->size);
  keeper_bury(keeper, update, reason.text);
  return true;
}

static void keep(struct keeper *keeper) {
  const struct updates_options *options = keeper->options;
  if (options->is_durable && options->want_save) options->want_save(options->data);
  delivery_work(keeper->delivery);
}

/* ---- taking up what is parked ---- */

static void take_up_all(void *data);

/* It will be decoded in its turn: thousands that wait must not fill the scripts' memory. */
static void hand_out_parked(struct keeper *keeper, struct update *update, const struct parked *parked) {
  struct script *script = keeper->options->script;
  struct error error;
  int64_t update_id, lane;
  /* For its person, whom the row does not have. What can't be read now fails in its turn. */
  if (script_update_decode(script, &update->script, &update_id, &lane, &error)) script_update_forget(script, &update->script);
  update->item.lane = parked->lane;
  update->script.album = parked->album;
  delivery_add(keeper->delivery, update);
}

/* Decoded for its lane, which the table does not have; likewise not kept. */
static bool find_lane(struct keeper *keeper, struct update *update, struct error *error) {
  struct script *script = keeper->options->script;
  int64_t update_id;
  bool ok = script_update_decode(script, &update->script, &update_id, &update->item.lane, error);
  if (!ok && error->kind == ERROR_MEMORY && script_is_full(script) && renewal_make(keeper->renewal, error)) {
    ok = script_update_decode(script, &update->script, &update_id, &update->item.lane, error);
  }
  if (ok) script_update_forget(script, &update->script);
  return ok;
}

static void hand_out(struct keeper *keeper, struct update *update) {
  struct error error = {0};
  keeper_tell_arrived(keeper, update->json, update->script.size);
  if (find_lane(keeper, update, &error)) {
    delivery_add(keeper->delivery, update);
  } else {
    log_error("an update in the inbox can't be read; update=%lld error=%s", (long long)update->id, error.text);
    inbox_bury(keeper->inbox, update, error.text, clock_now(keeper->options->clock));
  }
}

static bool take_up_one(struct keeper *keeper, const struct parked *parked, struct error *error) {
  struct update *update;
  if (!inbox_take_up(keeper->inbox, keeper->parking, parked, &update, error)) return false;
  if (update) hand_out_parked(keeper, update, parked);
  return true;
}

/* At least one, since its end leads to the next ones; up to the lane's ceiling where the inbox has room; and an album whole. */
static bool may_take_up(const struct keeper *keeper, const struct parked *parked, int64_t album) {
  size_t count = delivery_lane_count(keeper->delivery, parked->lane);
  bool is_room = count < keeper->lane_ceiling && inbox_room(keeper->inbox) > 0;
  return !count || is_room || (parked->album && parked->album == album);
}

static void take_up(int64_t lane, void *data) {
  struct keeper *keeper = data;
  struct error error = {0};
  struct parked parked;
  char *json = NULL;
  int64_t album = 0; /* of the last one */
  bool ok = true, may_go_on = delivery_lane_count(keeper->delivery, lane) <= keeper->lane_ceiling / 2;
  while (ok && may_go_on && parking_lane_count(keeper->parking, lane)) {
    ok = parking_first(keeper->parking, lane, &parked, &json, &error);
    may_go_on = ok && may_take_up(keeper, &parked, album);
    if (may_go_on) ok = take_up_one(keeper, &parked, &error);
    if (ok) album = parked.album;
    free(json);
    json = NULL;
  }
  if (ok) return;
  log_error("can't take up what a chat has sent; chat=%lld error=%s", (long long)lane, error.text);
  clock_start(keeper->options->clock, &((struct holding *)keeper)->take_up_again, TAKE_UP_RETRY_MS, take_up_all, keeper);
}

static void take_up_all(void *data) {
  struct keeper *keeper = data;
  parking_each_lane(keeper->parking, take_up, keeper);
  delivery_work(keeper->delivery);
}

static void lane_ended(struct keeper *keeper, int64_t lane) {
  if (parking_lane_count(keeper->parking, lane)) take_up(lane, keeper);
}

/* ---- what an earlier host has left ---- */

static void add_from_table(struct update *update, void *data) { hand_out(data, update); }

/* What is parked came after what is in the inbox. */
static bool restore(struct keeper *keeper, struct error *error) {
  bool ok = parking_make_table(keeper->parking, error) &&
            inbox_restore(keeper->inbox, add_from_table, keeper, clock_now(keeper->options->clock), error) &&
            parking_restore(keeper->parking, error);
  if (ok) parking_each_lane(keeper->parking, take_up, keeper);
  return ok;
}

static bool go_back(struct keeper *keeper, size_t *passed, struct error *error) {
  int64_t now = clock_now(keeper->options->clock);
  bool ok = parking_make_table(keeper->parking, error) &&
            inbox_return(keeper->inbox, add_from_table, keeper, now, passed, error) &&
            parking_return(keeper->parking, UPDATE_SAVED, passed, error);
  if (ok) parking_each_lane(keeper->parking, take_up, keeper);
  return ok;
}

static bool revive(struct keeper *keeper, int64_t letter, size_t *count, struct error *error) {
  return inbox_revive(keeper->inbox, letter, add_from_table, keeper, count, error);
}

/* ---- life ---- */

static void start(struct keeper *keeper) { (void)keeper; } /* nothing comes by itself */
static void stop(struct keeper *keeper) { (void)keeper; }

static void close_holding(struct keeper *keeper) {
  clock_stop(keeper->options->clock, &((struct holding *)keeper)->take_up_again);
  free(keeper);
}

static const struct keeping way = {.start = start,
                                   .stop = stop,
                                   .close = close_holding,
                                   .room = room,
                                   .add = add,
                                   .bury = bury,
                                   .keep = keep,
                                   .lane_ended = lane_ended,
                                   .restore = restore,
                                   .go_back = go_back,
                                   .revive = revive};

struct keeper *holding_open(const struct keeper *parts) {
  struct holding *holding = memory_new(sizeof *holding);
  holding->keeper = *parts;
  holding->keeper.way = &way;
  return &holding->keeper;
}
