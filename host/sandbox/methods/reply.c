#include "sandbox/methods/reply.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "sandbox/methods/call.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/origin.h"

static int64_t number_of(const json_t *value) {
  return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
}

static bool read_parameters(struct call *call, struct reply *reply) {
  const json_t *json = reply->parameters;
  if (!json_is_object(json)) return call_fail(call, 400, "Bad Request: object expected as reply parameters");
  const json_t *id = json_object_get(json, "message_id"), *may_miss = json_object_get(json, "allow_sending_without_reply");
  if (!id) return call_fail(call, 400, "Bad Request: can't find field \"message_id\"");
  if (!json_is_integer(id) && !json_is_string(id))
    return call_fail(call, 400, "Bad Request: field \"message_id\" must be a Number");
  if (may_miss && !json_is_boolean(may_miss)) {
    return call_fail(call, 400, "Bad Request: field \"allow_sending_without_reply\" must be of type Boolean");
  }
  reply->id = number_of(id);
  reply->may_miss = json_is_true(may_miss);
  return true;
}

bool reply_read(struct call *call, struct reply *reply) {
  bool is_bad;
  *reply = (struct reply){0};
  reply->parameters = call_json(call, "reply_parameters", &is_bad);
  if (is_bad) return call_fail(call, 400, "Bad Request: can't parse reply parameters JSON object");
  if (reply->parameters) return read_parameters(call, reply);
  reply->id = call_integer(call, "reply_to_message_id", 0);
  reply->may_miss = call_flag(call, "allow_sending_without_reply");
  return true;
}

void reply_release(struct reply *reply) {
  json_decref(reply->parameters);
  reply->parameters = NULL;
}

/* ---- the quote ---- */

/* In UTF-16 units, as all positions in texts. */
static int units_before(const char *text, const char *end) {
  int units = 0;
  for (const char *at = text; at < end; at++) units += ((*at & 0xC0) != 0x80) + ((unsigned char)*at >= 0xF0);
  return units;
}

static char *write_quote(const struct entity_text *quote, int position) {
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  json_write_text(&json, "{\"text\":");
  json_write_string(&json, quote->text, quote->size);
  json_write_raw(&json, "entities", quote->entities);
  (void)buffer_format(&json, NULL, ",\"position\":%d,\"is_manual\":true}", position);
  return buffer_take(&json, NULL);
}

static bool find_quote(struct call *call, const struct reply *reply, const struct message *original, char **to) {
  const char *text = json_string_value(json_object_get(reply->parameters, "quote"));
  const char *mode = json_string_value(json_object_get(reply->parameters, "quote_parse_mode"));
  struct entity_text quote = {0};
  struct error error = {0};
  if (!text || !*text) return true;
  if (!entity_read(call->model, text, strlen(text), mode, json_object_get(reply->parameters, "quote_entities"), &quote, &error))
    return call_fail(call, 400, "Bad Request: %s", error.text);
  const char *place = original->text && quote.size ? strstr(original->text, quote.text) : NULL;
  if (place) *to = write_quote(&quote, units_before(original->text, place));
  entity_release(&quote);
  return place || call_fail(call, 400, "Bad Request: QUOTE_TEXT_INVALID");
}

/* ---- the message ---- */

static char *write_external(const struct message *original) {
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  json_write_text(&json, "\"external_reply\":{\"origin\":");
  origin_write(original, &json);
  (void)buffer_format(&json, NULL, ",\"chat\":%s,\"message_id\":%d", original->chat->json, original->id);
  if (original->content && original->kind != MESSAGE_SERVICE) (void)buffer_format(&json, NULL, ",%s", original->content);
  json_write_text(&json, "}");
  return buffer_take(&json, NULL);
}

bool reply_find(struct call *call, const struct reply *reply, const struct chat *chat, int *id, char **quote, char **external) {
  const json_t *elsewhere = json_object_get(reply->parameters, "chat_id");
  const struct chat *where = elsewhere ? chat_find_for(call->model, call->bot, number_of(elsewhere)) : chat;
  if (!where) return call_fail(call, 400, "Bad Request: chat not found");
  const struct message *original = reply->id > 0 && reply->id <= INT32_MAX ? message_find(where, (int)reply->id) : NULL;
  *id = original && where == chat ? original->id : 0;
  if (!original) return !reply->id || reply->may_miss || call_fail(call, 400, "Bad Request: message to be replied not found");
  if (where != chat) *external = write_external(original);
  return find_quote(call, reply, original, quote);
}
