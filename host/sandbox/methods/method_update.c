/* getUpdates, by which a bot that has no webhook gets its updates. */
#include <jansson.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/queue.h"

#define POLL_MAX_S 50
#define POLL_LIMIT 100
#define POLL_AGAIN_S 3   /* asking for the same in less waits for so long, */
#define POLL_BUSY_MS 500 /* and in less than this gets one update only */

/* Telegram slows down a bot that asks for the same updates again and again. */
static void slow_down(struct call *call, int64_t offset) {
  struct bot *bot = call->bot;
  int64_t now = clock_now(call->model->clock), since = now - bot->polled_at;
  bool is_same = bot->polled_at && bot->polled_offset == offset && since >= 0;
  if (is_same && since < POLL_AGAIN_S * 1000 && call->timeout_s < POLL_AGAIN_S) call->timeout_s = POLL_AGAIN_S;
  if (is_same && since < POLL_BUSY_MS) call->limit = 1;
  bot->polled_offset = offset;
  bot->polled_at = now;
}

static bool get_updates(struct call *call) {
  struct queue *queue = call->bot->queue;
  int64_t now = model_now(call->model);
  bool is_bad;
  if (call->bot->webhook.url) {
    return call_fail(
        call, 409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
  }
  json_t *allowed = call_json(call, "allowed_updates", &is_bad);
  queue_allow(queue, allowed);
  json_decref(allowed);
  int64_t offset = call_range(call, "offset", 0, INT32_MIN, INT32_MAX);
  if (queue_confirm(queue, offset, now)) model_touch(call->model); /* people see how far the bot has read */
  call->limit = (unsigned)call_range(call, "limit", POLL_LIMIT, 1, POLL_LIMIT);
  call->timeout_s = (unsigned)call_range(call, "timeout", 0, 0, POLL_MAX_S);
  if (call->is_limited) slow_down(call, offset);
  if (queue_read(queue, call->limit, now, &call->answer) || !call->timeout_s) return true;
  call->status = 0;
  return false;
}

const struct method method_update[] = {{"getupdates", get_updates}, {0}};
