/* Finds a method by its name, whose case does not matter. */
#include "sandbox/methods/methods.h"

#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/checked_answer.h"
#include "sandbox/methods/parameters.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/queue.h"

static const struct method *const tables[] = {
    method_update,   method_bot,     method_command,  method_send,      method_media,   method_poll,
    method_forward,  method_edit,    method_delete,   method_chat,      method_member,  method_pin,
    method_reaction, method_query,   method_invite,   method_payment,   method_profile, method_topic,
    method_sticker,  method_webhook, method_business, method_checklist, method_location};

static const struct method *find(const char *name) {
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
    for (const struct method *method = tables[t]; method->name; method++) {
      if (strcasecmp(method->name, name) == 0) return method;
    }
  }
  return NULL;
}

static void finish(struct call *call) {
  if (call->description) (void)buffer_format(&call->answer, NULL, ",\"description\":\"%s\"", call->description);
  json_write_text(&call->answer, "}");
  call->status = 200;
}

static bool answer_checked(struct call *call, const struct checked_answer *answer) {
  if (!parameters_check(call, true)) return false;
  if (call_text(call, "chat_id") && !call_chat(call, "chat_id", CALL_WRITE)) return false;
  if (call_text(call, "user_id") && !call_person(call)) return false;
  if (answer->code) return call_fail(call, answer->code, "%s", answer->text);
  json_write_text(&call->answer, answer->text);
  return true;
}

/* The kit fails a spec in which this warning is logged. */
static bool refuse(struct call *call) {
  const char *name = parameters_method(call->method);
  if (!name) return call_fail(call, 404, "Not Found: method not found");
  if (!parameters_check(call, true)) return false;
  log_warn("the sandbox does not emulate a method that the bot calls; method=%s", name);
  return call_fail(call, 400, "Bad Request: the sandbox does not emulate %s", name);
}

static bool run(struct call *call) {
  if (call->bot->logged_out_until > model_now(call->model)) return call_fail(call, 400, "Logged out");
  const struct method *method = find(call->method);
  const struct checked_answer *answer = method ? NULL : checked_answer_find(call->method);
  if (answer) return answer_checked(call, answer);
  return method ? parameters_check(call, false) && method->run(call) : refuse(call);
}

void methods_run(struct call *call) {
  call->retry_after = 0;
  call->migrate_to_chat_id = 0;
  call->status = -1;
  json_write_text(&call->answer, "{\"ok\":true,\"result\":");
  if (run(call)) finish(call);
}

void methods_answer_poll(struct call *call, bool is_conflict) {
  static const char conflict[] =
      "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
  buffer_clear(&call->answer);
  if (is_conflict) {
    call_fail(call, 409, "%s", call->bot->webhook.url ? "Conflict: terminated by setWebhook request" : conflict);
    return;
  }
  json_write_text(&call->answer, "{\"ok\":true,\"result\":");
  (void)queue_read(call->bot->queue, call->limit, model_now(call->model), &call->answer);
  finish(call);
}
