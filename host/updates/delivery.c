/* Here is decided, for one update whose turn has come: whether the host takes it itself, which handler gets it, when its row
 * may go, and whether it is done or a dead letter. A handler that ends at once is settled in the same call. One that waits is
 * settled from the loop, and lets the next update of its lane begin. */
#include "updates/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/histogram.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/script.h"
#include "updates/album.h"
#include "updates/inbox.h"
#include "updates/lane.h"

enum {
  CONFLICTS_MOST = 100,   /* of one update, before it fails */
  CONFLICT_PAUSE_MS = 10, /* at most */
  LOST_PAUSE_MS = 1000,   /* while the database is gone */
};

struct delivery {
  const struct updates_options *options;
  struct inbox *inbox;
  struct lanes *lanes;
  struct albums *albums;
  struct lane_item *due;          /* albums that have become whole after their turn had come */
  struct update *again;           /* updates whose handlers have met with others */
  struct clock_timer again_timer; /* until they begin again */
  bool is_stopping, is_paused;
  bool is_stuck;   /* the scripts have no memory to begin a handler */
  bool is_working; /* delivery_work() is looking for what may begin */
  uint64_t finished, failed;
  struct histogram durations; /* of handlers */
  struct delivery_owner owner;
};

/* ---- the life of an update, in order ---- */
static bool begin(struct delivery *delivery, struct update *update);        /* its turn has come */
static void on_album_complete(struct update *first, void *data);            /* or, of an album, a little later */
static bool handle(struct delivery *delivery, struct update *update);       /* True: it has ended already */
static bool on_segment_ends(bool is_last, void *data, struct error *error); /* its row changes with it */
static void on_released(enum script_order order, void *data);               /* it waits, and others need not wait for it */
static bool on_reply(const struct telegram_request *request, void *data);   /* it says something, and reads no result */
static void on_waits(void *data);
static void on_run_done(const struct script_result *result, void *data); /* it had to wait, and has ended */
static void on_again(void *data);                                        /* or it begins again, after a conflict */
static void end(struct delivery *delivery, struct update *update, const struct script_result *result);

static const struct script_run_owner run_owner = {on_segment_ends, on_released, on_reply, on_waits, on_run_done};

struct delivery *delivery_new(const struct updates_options *options, struct inbox *inbox, const struct delivery_owner *owner) {
  struct delivery *delivery = memory_new(sizeof *delivery);
  delivery->options = options;
  delivery->inbox = inbox;
  delivery->owner = *owner;
  delivery->lanes = lanes_new();
  delivery->albums = albums_new(options->clock, on_album_complete, delivery);
  return delivery;
}

static void free_queues(struct delivery *delivery) {
  clock_stop(delivery->options->clock, &delivery->again_timer);
  albums_free(delivery->albums);
  lanes_free(delivery->lanes);
}

void delivery_free(struct delivery *delivery) {
  if (!delivery) return;
  free_queues(delivery);
  free(delivery);
}

void delivery_stop(struct delivery *delivery) { delivery->is_stopping = true; }

void delivery_drop_all(struct delivery *delivery) {
  free_queues(delivery);
  delivery->lanes = lanes_new();
  delivery->albums = albums_new(delivery->options->clock, on_album_complete, delivery);
  delivery->due = NULL;
  delivery->again = NULL;
  delivery->is_stopping = false;
}

size_t delivery_lane_count(const struct delivery *delivery, int64_t lane) { return lanes_count(delivery->lanes, lane); }

bool delivery_is_gathering(const struct delivery *delivery, int64_t lane, int64_t album) {
  return albums_is_gathering(delivery->albums, lane, album) && script_wants_albums(delivery->options->script);
}

void delivery_status(const struct delivery *delivery, struct updates_status *status) {
  status->finished = delivery->finished;
  status->failed = delivery->failed;
  status->lanes = lanes_open(delivery->lanes);
  status->durations = &delivery->durations;
}

/* A message of an album that is being gathered takes no place in its lane: the first one has it. */
void delivery_add(struct delivery *delivery, struct update *update) {
  bool is_gathered = update->script.album && script_wants_albums(delivery->options->script);
  if (is_gathered && albums_join(delivery->albums, update)) return;
  update->item.person = update->script.person;
  update->item.order = update->id;
  lanes_push(delivery->lanes, &update->item);
}

/* An album that has become whole comes first: its turn was before. */
static struct update *take(struct delivery *delivery) {
  struct lane_item *item = delivery->due;
  if (!item) return (struct update *)lanes_take(delivery->lanes);
  delivery->due = item->next;
  return (struct update *)item;
}

void delivery_work(struct delivery *delivery) {
  bool has_finished = false;
  delivery->is_working = true;
  while (!delivery->is_stopping && !delivery->is_paused &&
         !delivery->is_stuck) { /* asked anew each time: a handler may have asked for the stop */
    struct update *update = take(delivery);
    if (!update) break;
    has_finished |= begin(delivery, update);
  }
  delivery->is_working = false;
  if (has_finished) delivery->owner.finished(delivery->owner.data);
}

void delivery_pause(struct delivery *delivery, bool is_paused) {
  delivery->is_paused = is_paused;
  delivery_work(delivery);
}

void delivery_go_on(struct delivery *delivery) {
  delivery->is_stuck = false;
  delivery_work(delivery);
}

/* It is as it was before its turn came, which comes again. */
static void put_back(struct delivery *delivery, struct update *update) {
  for (struct update *each = update; each; each = each->album_next) {
    each->state = UPDATE_WAITING;
    each->tries--;
  }
  lanes_put_back(delivery->lanes, &update->item);
  delivery->is_stuck = true;
  delivery->owner.memory_short(true, delivery->owner.data);
}

/* True: it has ended already. */
static bool begin(struct delivery *delivery, struct update *update) {
  if (update->script.album && !albums_is_whole(delivery->albums, update)) return false;
  return handle(delivery, update);
}

static void on_album_complete(struct update *first, void *data) {
  struct delivery *delivery = data;
  first->item.next = delivery->due;
  delivery->due = &first->item;
  delivery_work(delivery);
}

/* True: the data has its work already, so it has ended. Albums are finished together, so their first speaks for all. */
static bool is_settled(struct delivery *delivery, struct update *update) {
  int64_t lane = update->item.lane;
  if (!update->is_settled) return false;
  lanes_finish(delivery->lanes, &update->item);
  for (struct update *each = update, *next; each; each = next) {
    next = each->album_next;
    script_update_forget(delivery->options->script, &each->script);
    inbox_finish(delivery->inbox, each);
  }
  delivery->owner.ended(lane, delivery->owner.data);
  return true;
}

static void tell_begun(const struct delivery *delivery, const struct update *update) {
  const struct updates_observer *observer = delivery->options->observer;
  if (observer) observer->begun(update->id, update->item.lane, update, observer->data);
}

static void tell_ended(const struct delivery *delivery, const struct update *update, const struct error *error) {
  const struct updates_observer *observer = delivery->options->observer;
  if (observer) observer->ended(update->id, error, observer->data);
}

static bool handle(struct delivery *delivery, struct update *update) {
  const struct updates_options *options = delivery->options;
  struct script_result result = {.traceback = ""};
  if (is_settled(delivery, update)) return true;
  for (struct update *each = update; each; each = each->album_next) {
    each->state = UPDATE_IN_HAND;
    each->tries++;
  }
  tell_begun(delivery, update);
  if (options->intercept && options->intercept(update->json, update->script.size, update->item.lane, options->data)) {
    for (struct update *each = update; each; each = each->album_next) script_update_forget(options->script, &each->script);
    end(delivery, update, &result);
    return true;
  }
  update->delivery = delivery;
  update->begun_us = clock_measure_us();
  if (!script_update_handle(options->script, &update->script, &run_owner, update, &result)) return false;
  if (result.is_unbegun) {
    put_back(delivery, update);
    return false;
  }
  end(delivery, update, &result);
  return true;
}

/* Called for each segment, so that whatever a backup copies, the row and what the handler has written are of one moment. */
static bool on_segment_ends(bool is_last, void *data, struct error *error) {
  const struct update *update = data;
  struct inbox *inbox = update->delivery->inbox;
  bool ok = true;
  for (struct update *each = data; ok && each; each = each->album_next) ok = inbox_segment_ends(inbox, each, is_last, error);
  return ok;
}

/* Within delivery_work() what may begin now is found there anyway. */
static void on_released(enum script_order order, void *data) {
  struct update *update = data;
  struct delivery *delivery = update->delivery;
  lanes_release(delivery->lanes, &update->item, order == ORDER_USER);
  if (!delivery->is_working) delivery_work(delivery);
}

/* After a pause, whose length is random so that the same two do not meet again. */
static void wait_for_again(struct delivery *delivery) {
  const struct clock *clock = delivery->options->clock;
  int64_t pause = clock_is_manual(clock) ? 0 : random() % CONFLICT_PAUSE_MS;
  if (delivery->again->is_lost) pause = LOST_PAUSE_MS;
  clock_start(delivery->options->clock, &delivery->again_timer, pause, on_again, delivery);
}

static void add_again(struct delivery *delivery, struct update *update) {
  struct update **link = &delivery->again;
  while (*link) link = &(*link)->again;
  update->again = NULL;
  *link = update;
  if (!clock_is_started(&delivery->again_timer)) wait_for_again(delivery);
}

/* Another handler has changed the same data first, and nothing of this one has left: it begins anew, from the update as it has
 * come. Where the database was lost, its row will tell what is kept of it. False: it has met with others too often. */
static bool begin_again(struct delivery *delivery, struct update *update, const struct script_result *result) {
  bool may_begin = result->is_lost || (result->is_conflict && update->conflicts < CONFLICTS_MOST);
  if (!may_begin || delivery->is_stopping) return false;
  update->is_lost = update->is_lost || result->is_lost;
  update->conflicts += result->is_conflict;
  for (struct update *each = update; each; each = each->album_next) each->tries--;
  add_again(delivery, update);
  return true;
}

/* Its handler begins again where its row says that nothing is kept. What was lost may arrive at the database even later, and so
 * a conflict after a loss asks the row once more. False: the database does not answer yet. True, and
 * *has_ended: the row says that it is done, or done in part. */
static bool look_at_row(struct delivery *delivery, struct update *update, bool *has_ended) {
  struct script_result result = {.traceback = ""};
  enum update_state state;
  *has_ended = false;
  if (!delivery->owner.is_sure(delivery->owner.data)) return false;
  if (!inbox_look(delivery->inbox, update, &state, &result.error)) return false;
  *has_ended = state == UPDATE_SAVED || state == UPDATE_DONE;
  if (state == UPDATE_SAVED) error_set(&result.error, ERROR_NETWORK, "the database was lost when a part of this was saved");
  if (*has_ended) end(delivery, update, &result);
  return true;
}

/* One at a time, since those that have met would meet again. */
static void on_again(void *data) {
  struct delivery *delivery = data;
  struct update *update = delivery->again;
  bool has_finished = false;
  if (delivery->is_stopping || !update) return;
  struct update *next = update->again; /* it may be gone when its row has been looked at */
  if (update->is_lost && !look_at_row(delivery, update, &has_finished)) {
    wait_for_again(delivery);
    return;
  }
  delivery->again = next;
  if (delivery->again) wait_for_again(delivery);
  if (!has_finished) has_finished = handle(delivery, update);
  delivery_work(delivery);
  if (has_finished) delivery->owner.finished(delivery->owner.data);
}

/* Of an album the first message speaks for all. */
static bool on_reply(const struct telegram_request *request, void *data) {
  const struct update *update = data;
  const struct delivery_owner *owner = &update->delivery->owner;
  return owner->reply(update, request, owner->data);
}

static void on_waits(void *data) {
  const struct update *update = data;
  const struct delivery_owner *owner = &update->delivery->owner;
  owner->waits(update, owner->data);
}

/* The lane is free again: its next update may begin, and with it others, before the poll is told that there is room. */
static void on_run_done(const struct script_result *result, void *data) {
  struct update *update = data;
  struct delivery *delivery = update->delivery;
  if (begin_again(delivery, update, result)) return;
  end(delivery, update, result);
  delivery_work(delivery);
  delivery->owner.finished(delivery->owner.data);
}

static void finish(struct delivery *delivery, struct update *update) {
  delivery->finished++;
  inbox_finish(delivery->inbox, update);
}

/* A handler that was ended from outside has a traceback too, but the reason tells more. */
static void bury(struct delivery *delivery, struct update *update, const struct script_result *result) {
  const char *detail = result->error.kind != ERROR_CANCELED && result->traceback[0] ? result->traceback : result->error.text;
  delivery->failed++;
  inbox_bury(delivery->inbox, update, detail, clock_now(delivery->options->clock));
}

/* Every update ends here. At a stop, one that was ended from outside is neither done nor dead: the next host handles it. */
static void end(struct delivery *delivery, struct update *update, const struct script_result *result) {
  const struct error *error = &result->error;
  bool is_left = delivery->is_stopping && error->kind == ERROR_CANCELED;
  bool is_memory_short = error->kind == ERROR_MEMORY;
  int64_t lane = update->item.lane;
  lanes_finish(delivery->lanes, &update->item);
  tell_ended(delivery, update, error);
  if (is_left) return;
  if (update->begun_us) histogram_add(&delivery->durations, clock_measure_us() - update->begun_us);
  struct log_cause before = log_because(result->cause);
  if (error->kind) {
    log_error("a handler failed; update=%lld chat=%lld error=%s traceback=%s", (long long)update->id,
              (long long)update->item.lane, error->text, result->traceback[0] ? result->traceback : NULL);
    script_update_fail(delivery->options->script, &update->script, result);
  }
  for (struct update *each = update, *next; each; each = next) { /* each is gone after its end */
    next = each->album_next;
    error->kind ? bury(delivery, each, result) : finish(delivery, each);
  }
  (void)log_because(before);
  delivery->owner.ended(lane, delivery->owner.data);
  if (is_memory_short) delivery->owner.memory_short(false, delivery->owner.data);
}
