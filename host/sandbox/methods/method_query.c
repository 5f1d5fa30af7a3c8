/* Methods that answer queries: pressed buttons, inline queries, payments. A query can be answered once, and only before it
 * expires. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/inline_result.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/payment.h"
#include "sandbox/model/person.h"
#include "sandbox/model/query.h"
#include "sandbox/model/queue.h"

#define INLINE_RESULTS_MAX 50
#define INLINE_CACHE_S 300  /* where the bot says nothing */
#define OFFSET_MAX 64       /* bytes */
#define ANSWER_TEXT_MAX 200 /* characters */
#define WEB_APP_LIFE 86400  /* seconds; how long a Web App may be open is nowhere said */
#define CHECKOUT_LIFE 10    /* seconds, in which a bot must say whether it delivers */

/* Finds an open query of that kind, or fails the call. */
static struct query *find_query(struct call *call, const char *parameter, enum query_kind kind, int64_t life) {
  const char *text = call_text(call, parameter);
  struct query *query = text ? query_find(call->model, strtoll(text, NULL, 10)) : NULL;
  bool is_for_us = query && (!query->asked_id || query->asked_id == call->bot->person->id);
  bool ok = is_for_us && query->kind == kind && !query->is_answered && model_now(call->model) - query->asked_at < life;
  if (ok) return query;
  call_fail(call, 400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
  return NULL;
}

static bool answer_query(struct call *call, struct query *query, const json_t *answer) {
  if (!query) return false;
  query->is_answered = true;
  query->bot_id = call->bot->person->id;
  query->answer = json_write_dump(answer);
  model_touch(call->model);
  return call_true(call);
}

static bool answer_callback_query(struct call *call) {
  const char *text = call_text(call, "text"), *url = call_text(call, "url");
  size_t length = 0;
  for (const char *at = text; at && *at; at++) length += (*at & 0xC0) != 0x80;
  if (length > ANSWER_TEXT_MAX) return call_fail(call, 400, "Bad Request: MESSAGE_TOO_LONG");
  json_t *answer = json_pack("{s:b}", "show_alert", call_flag(call, "show_alert"));
  if (text) json_object_set_new(answer, "text", json_string(text));
  if (url) json_object_set_new(answer, "url", json_string(url));
  bool ok = answer_query(call, find_query(call, "callback_query_id", QUERY_BUTTON, QUEUE_LIFE_CALLBACK), answer);
  json_decref(answer);
  return ok;
}

static bool are_results(struct call *call, const json_t *results) {
  if (results && !json_is_array(results)) return call_fail(call, 400, "Bad Request: expected an Array of inline query results");
  if (json_array_size(results) > INLINE_RESULTS_MAX)
    return call_fail(call, 400, "Bad Request: too many inline query results specified");
  return true;
}

/* {"results", "cache_time", "is_personal", "next_offset"?, "button"?} */
static json_t *describe_results(const struct call *call, json_t *results, json_t *button) {
  const char *offset = call_text(call, "next_offset");
  json_t *answer =
      json_pack("{s:O?, s:I, s:b}", "results", results, "cache_time",
                (json_int_t)call_integer(call, "cache_time", INLINE_CACHE_S), "is_personal", call_flag(call, "is_personal"));
  if (!results) json_object_set_new(answer, "results", json_array());
  if (offset && *offset) json_object_set_new(answer, "next_offset", json_string(offset));
  if (json_is_object(button)) json_object_set(answer, "button", button);
  return answer;
}

static bool answer_inline_query(struct call *call) {
  bool is_bad, is_bad_button;
  const char *offset = call_text(call, "next_offset");
  json_t *results = call_json(call, "results", &is_bad), *button = call_json(call, "button", &is_bad_button);
  bool ok = !is_bad || call_fail(call, 400, "Bad Request: can't parse results JSON object");
  ok = ok && are_results(call, results);
  if (ok && offset && strlen(offset) > OFFSET_MAX) ok = call_fail(call, 400, "Bad Request: NEXT_OFFSET_INVALID");
  if (ok && (is_bad_button || (button && !json_is_object(button))))
    ok = call_fail(call, 400,
                   "Bad Request: can't parse inline query results button: InlineQueryResultsButton must be an Object");
  json_t *answer = describe_results(call, results, button);
  if (ok) ok = answer_query(call, find_query(call, "inline_query_id", QUERY_INLINE, QUEUE_LIFE_INLINE), answer);
  json_decref(answer);
  json_decref(button);
  json_decref(results);
  return ok;
}

/* ---- payments ---- */

/* {"ok":true}, or {"ok":false,"error_message":"..."}. Given: json_decref(); NULL: the call is failed. */
static json_t *read_verdict(struct call *call) {
  const char *why = call_text(call, "error_message");
  if (call_flag(call, "ok")) return json_pack("{s:b}", "ok", 1);
  if (why) return json_pack("{s:b,s:s}", "ok", 0, "error_message", why);
  call_fail(call, 400, "Bad Request: parameter \"error_message\" is required");
  return NULL;
}

static bool answer_pre_checkout_query(struct call *call) {
  json_t *verdict = read_verdict(call);
  struct query *query = verdict ? find_query(call, "pre_checkout_query_id", QUERY_CHECKOUT, CHECKOUT_LIFE) : NULL;
  bool ok = answer_query(call, query, verdict);
  if (ok && call_flag(call, "ok")) payment_complete(call->model, query);
  json_decref(verdict);
  return ok;
}

static bool answer_shipping_query(struct call *call) {
  bool is_bad;
  json_t *options = call_json(call, "shipping_options", &is_bad), *verdict = read_verdict(call);
  bool ok = verdict != NULL;
  if (ok && call_flag(call, "ok") && !json_array_size(options))
    ok = call_fail(call, 400, "Bad Request: there must be at least one shipping option");
  if (ok && options) json_object_set(verdict, "shipping_options", options);
  if (ok) ok = answer_query(call, find_query(call, "shipping_query_id", QUERY_SHIPPING, QUEUE_LIFE_CALLBACK), verdict);
  json_decref(options);
  json_decref(verdict);
  return ok;
}

/* ---- Web Apps ---- */

static bool answer_web_app_query(struct call *call) {
  bool is_bad;
  struct error error = {0};
  struct query *query = find_query(call, "web_app_query_id", QUERY_WEB_APP, WEB_APP_LIFE);
  if (!query) return false;
  json_t *result = call_json(call, "result", &is_bad), *about = json_loads(query->text, 0, NULL);
  struct chat *chat = chat_find(call->model, json_integer_value(json_object_get(about, "chat")));
  struct person *person = person_find(call->model, json_integer_value(json_object_get(about, "from")));
  struct message *message =
      chat && person ? inline_result_send(call->model, chat, person, call->bot->person, result, &error) : NULL;
  char id[64] = "";
  if (message) inline_result_write_id(message, id, sizeof id);
  if (message) message_update_send(call->model, message);
  query->is_answered = message != NULL;
  if (message)
    (void)buffer_format(&call->answer, NULL, *id ? "{\"inline_message_id\":\"%s\"}" : "{%s}", id);
  else
    call_fail(call, 400, "Bad Request: %s", error.text);
  json_decref(result);
  json_decref(about);
  return message != NULL;
}

const struct method method_query[] = {
    {"answercallbackquery", answer_callback_query},        {"answerinlinequery", answer_inline_query},
    {"answerprecheckoutquery", answer_pre_checkout_query}, {"answershippingquery", answer_shipping_query},
    {"answerwebappquery", answer_web_app_query},           {0}};
