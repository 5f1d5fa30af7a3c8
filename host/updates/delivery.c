#include "updates/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/script.h"
#include "updates/courtesy.h"
#include "updates/inbox.h"
#include "updates/lane.h"

struct delivery {
  const struct updates_options *options;
  struct inbox *inbox;
  struct courtesy *courtesy;
  struct lanes *lanes;
  bool is_stopping, is_paused;
  uint64_t finished, failed;
  void (*on_finished)(void *data);
  void *on_finished_data;
};

/* ---- the life of an update, in order ---- */
static bool begin(struct delivery *delivery, struct update *update);                  /* its turn has come */
static bool on_segment_ends(bool is_last, void *data, struct error *error);           /* its row keeps in step */
static void on_run_done(const struct script_result *result, void *data);              /* it had to wait, and has ended */
static void end(struct delivery *delivery, struct update *update, const struct script_result *result);

static const struct script_watcher watcher = {on_segment_ends, on_run_done};

struct delivery *delivery_new(const struct updates_options *options, struct inbox *inbox, struct courtesy *courtesy) {
  struct delivery *delivery = memory_new(sizeof *delivery);
  delivery->options = options;
  delivery->inbox = inbox;
  delivery->courtesy = courtesy;
  delivery->lanes = lanes_new();
  return delivery;
}

void delivery_free(struct delivery *delivery) {
  if (!delivery) return;
  lanes_free(delivery->lanes);
  free(delivery);
}

void delivery_stop(struct delivery *delivery) { delivery->is_stopping = true; }

void delivery_on_finished(struct delivery *delivery, void (*finished)(void *data), void *data) {
  delivery->on_finished = finished;
  delivery->on_finished_data = data;
}

void delivery_status(const struct delivery *delivery, struct updates_status *status) {
  status->finished = delivery->finished;
  status->failed = delivery->failed;
}

void delivery_add(struct delivery *delivery, struct update *update) { lanes_push(delivery->lanes, &update->item); }

void delivery_work(struct delivery *delivery) {
  bool has_finished = false;
  while (!delivery->is_stopping && !delivery->is_paused) {
    struct update *update = (struct update *)lanes_take(delivery->lanes);
    if (!update) break;
    has_finished |= begin(delivery, update);
  }
  if (has_finished && delivery->on_finished) delivery->on_finished(delivery->on_finished_data);
}

void delivery_pause(struct delivery *delivery, bool is_paused) {
  delivery->is_paused = is_paused;
  delivery_work(delivery);
}

/* True: it has ended already. */
static bool begin(struct delivery *delivery, struct update *update) {
  const struct updates_options *options = delivery->options;
  struct script_result result = {.traceback = ""};
  update->state = UPDATE_IN_HAND;
  update->tries++;
  if (options->intercept && options->intercept(update->json, update->script.size, update->item.lane, options->data)) {
    script_forget(options->script, &update->script);
    end(delivery, update, &result);
    return true;
  }
  update->delivery = delivery;
  if (!script_handle(options->script, &update->script, &watcher, update, &result)) return false;
  end(delivery, update, &result);
  return true;
}

static bool on_segment_ends(bool is_last, void *data, struct error *error) {
  struct update *update = data;
  return inbox_segment_ends(update->delivery->inbox, update, is_last, error);
}

static void on_run_done(const struct script_result *result, void *data) {
  struct update *update = data;
  struct delivery *delivery = update->delivery;
  end(delivery, update, result);
  delivery_work(delivery);
  if (delivery->on_finished) delivery->on_finished(delivery->on_finished_data);
}

static void end(struct delivery *delivery, struct update *update, const struct script_result *result) {
  const struct error *error = &result->error;
  lanes_finish(delivery->lanes, &update->item);
  bool is_left = delivery->is_stopping && error->kind == ERROR_CANCELED;
  if (result->unanswered[0] && !is_left) courtesy_answer(delivery->courtesy, result->unanswered);
  if (!error->kind) {
    delivery->finished++;
    inbox_finish(delivery->inbox, update);
    return;
  }
  if (is_left) return; /* it stays in the inbox, and so in the last backup */
  delivery->failed++;
  const char *detail = result->traceback[0] ? result->traceback : error->text;
  log_error("a handler failed; update=%lld chat=%lld error=%s traceback=%s", (long long)update->id, (long long)update->item.lane,
            error->text, result->traceback[0] ? result->traceback : NULL);
  inbox_bury(delivery->inbox, update, error->kind == ERROR_CANCELED ? error->text : detail, clock_now(delivery->options->clock));
}
