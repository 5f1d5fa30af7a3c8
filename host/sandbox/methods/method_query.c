/* Methods that answer queries: pressed buttons and inline queries. A query can be answered once, and only before it expires. */
#include <jansson.h>
#include <stdlib.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/query.h"
#include "sandbox/model/queue.h"

#define INLINE_RESULTS_MAX 50
#define ANSWER_TEXT_MAX 200 /* characters */

static bool answer_query(struct call *call, const char *parameter, bool is_inline, int64_t life, const json_t *answer) {
  const char *text = call_text(call, parameter);
  struct query *query = text ? query_find(call->model, strtoll(text, NULL, 10)) : NULL;
  bool ok = query && query->is_inline == is_inline && !query->is_answered && model_now(call->model) - query->asked_at < life;
  if (!ok) {
    return call_fail(call, 400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
  }
  query->is_answered = true;
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
  bool ok = answer_query(call, "callback_query_id", false, QUEUE_LIFE_CALLBACK, answer);
  json_decref(answer);
  return ok;
}

static bool answer_inline_query(struct call *call) {
  bool is_bad, ok = true;
  json_t *results = call_json(call, "results", &is_bad);
  if (is_bad)
    ok = call_fail(call, 400, "Bad Request: can't parse results JSON object");
  else if (results && !json_is_array(results))
    ok = call_fail(call, 400, "Bad Request: expected an Array of inline query results");
  else if (json_array_size(results) > INLINE_RESULTS_MAX)
    ok = call_fail(call, 400, "Bad Request: too many inline query results specified");
  json_t *answer = json_object();
  json_object_set_new(answer, "results", results ? json_incref(results) : json_array());
  if (ok) ok = answer_query(call, "inline_query_id", true, QUEUE_LIFE_INLINE, answer);
  json_decref(answer);
  json_decref(results);
  return ok;
}

const struct method method_query[] = {
    {"answercallbackquery", answer_callback_query}, {"answerinlinequery", answer_inline_query}, {0}};
