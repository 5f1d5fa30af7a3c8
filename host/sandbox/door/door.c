#include "sandbox/door/door.h"

#include <stdlib.h>

#include "common/memory.h"
#include "net/server.h"
#include "sandbox/door/bot_call.h"
#include "sandbox/door/control_poll.h"
#include "sandbox/door/faults.h"
#include "sandbox/door/host_link.h"
#include "sandbox/door/http_requests.h"
#include "sandbox/door/method_answers.h"
#include "sandbox/door/request_log.h"
#include "sandbox/door/webhooks.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/model.h"
#include "sandbox/model/queue.h"
#include "sandbox/sandbox.h"

/* ---- news: all that happens in one turn of the loop is told at once in the next ---- */

static void on_wake(void *data) {
  struct door *door = data;
  int64_t now = model_now(door->model);
  for (struct bot *bot = door->model->bots; bot; bot = bot->hh.next) queue_wake(bot->queue, now);
  webhooks_wake(door->webhooks);
  control_poll_wake_all(door);
}

static void on_changed(void *data) {
  struct door *door = data;
  if (!clock_is_started(&door->wake)) clock_start(door->clock, &door->wake, 0, on_wake, door);
}

/* ---- life ---- */

struct door *door_open(struct loop *loop, struct clock *clock, struct model *model, const struct sandbox_options *options,
                       struct error *error) {
  struct door *door = memory_new(sizeof *door);
  door->loop = loop;
  door->clock = clock;
  door->model = model;
  door->delay_ms = options->delay_ms;
  door->has_limits = options->has_limits;
  door->keeper = options->keeper;
  if (!options->has_no_port) door->server = http_requests_open(door, loop, options, error);
  if (!door->server && !options->has_no_port) {
    free(door);
    return NULL;
  }
  door->faults = faults_new();
  door->method_answers = method_answers_new();
  door->request_log = request_log_new(options->requests);
  door->webhooks = webhooks_new(door, loop);
  model->changed = on_changed;
  model->changed_data = door;
  host_link_keep_clock(door); /* that of --data */
  return door;
}

void door_close(struct door *door) {
  if (!door) return;
  door->model->changed = NULL;
  clock_stop(door->clock, &door->wake);
  webhooks_free(door->webhooks);
  while (door->bot_calls) bot_call_free(door->bot_calls);
  control_poll_close_all(door);
  host_link_close_all(door);
  server_close(door->server);
  faults_free(door->faults);
  method_answers_free(door->method_answers);
  request_log_free(door->request_log);
  free(door);
}
