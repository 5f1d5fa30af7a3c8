/* Methods about the bot itself. */
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"

#define AWAY_S 600 /* between coming and going */

static bool get_me(struct call *call) {
  const struct person *person = call->bot->person;
  (void)buffer_add(&call->answer, person->json, strlen(person->json) - 1, NULL);
  json_write_text(&call->answer,
                  call->bot->has_privacy ? ",\"can_read_all_group_messages\":false" : ",\"can_read_all_group_messages\":true");
  json_write_text(&call->answer,
                  ",\"can_join_groups\":true,\"supports_guest_queries\":false,"
                  "\"supports_inline_queries\":true,\"can_connect_to_business\":false,\"has_main_web_app\":false,"
                  "\"has_topics_enabled\":false,\"allows_users_to_create_topics\":false,\"can_manage_bots\":false}");
  return true;
}

/* The bot may come back after ten minutes. Until then every call fails, in methods.c. */
static bool log_out(struct call *call) {
  call->bot->logged_out_until = model_now(call->model) + AWAY_S;
  webhook_set(&call->bot->webhook, NULL, NULL, NULL, 0);
  queue_clear(call->bot->queue);
  model_touch(call->model);
  return call_true(call);
}

/* For bots that move to another server; the first call after it opens the bot anew. */
static bool close_bot(struct call *call) {
  int64_t now = model_now(call->model), wait = call->bot->opened_at + AWAY_S - now;
  if (wait > 0) {
    call->retry_after = (int)wait;
    return call_fail(call, 429, "Too Many Requests: retry after %d", call->retry_after);
  }
  call->bot->opened_at = now;
  return call_true(call);
}

const struct method method_bot[] = {{"getme", get_me}, {"logout", log_out}, {"close", close_bot}, {0}};
