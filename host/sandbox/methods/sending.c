#include "sandbox/methods/sending.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/reply_markup.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"

struct reply {
  int64_t id;
  bool may_miss;
};

static bool read_reply(struct call *call, struct reply *reply) {
  static const char prefix[] = "Bad Request: can't parse reply parameters";
  bool is_bad, ok = true;
  json_t *json = call_json(call, "reply_parameters", &is_bad);
  if (is_bad) return call_fail(call, 400, "%s JSON object", prefix);
  reply->id = call_integer(call, "reply_to_message_id", 0);
  reply->may_miss = call_flag(call, "allow_sending_without_reply");
  if (!json) return true;
  const json_t *id = json_object_get(json, "message_id"), *may_miss = json_object_get(json, "allow_sending_without_reply");
  if (!json_is_object(json))
    ok = call_fail(call, 400, "%s: expected an Object", prefix);
  else if (id && !json_is_integer(id) && !json_is_string(id))
    ok = call_fail(call, 400, "%s: Field \"message_id\" must be a Number", prefix);
  else if (may_miss && !json_is_boolean(may_miss)) {
    ok = call_fail(call, 400, "%s: Field \"allow_sending_without_reply\" must be of type Boolean", prefix);
  }
  reply->id = json_is_string(id) ? strtoll(json_string_value(id), NULL, 10) : json_integer_value(id);
  reply->may_miss = json_is_true(may_miss);
  json_decref(json);
  return ok;
}

bool sending_read(struct call *call, struct sending *sending) {
  struct reply reply = {0};
  struct reply_markup markup = {0};
  *sending = (struct sending){0};
  if (!read_reply(call, &reply)) return false;
  bool ok = reply_markup_read(call, &markup);
  sending->markup = markup.json;
  sending->has_keyboard = markup.json && !markup.is_inline;
  if (ok) sending->chat = call_chat(call, "chat_id", CALL_WRITE);
  if (!sending->chat) return false;
  const struct message *original = reply.id > 0 && reply.id <= INT32_MAX ? message_find(sending->chat, (int)reply.id) : NULL;
  if (reply.id && !original && !reply.may_miss) return call_fail(call, 400, "Bad Request: message to be replied not found");
  sending->reply_to = original ? original->id : 0;
  return true;
}

void sending_release(struct sending *sending) {
  free(sending->markup);
  sending->markup = NULL;
}

/* Sets the keyboard that the people in the chat see from now on. */
static void show_keyboard(struct chat *chat, const char *markup) {
  bool is_keyboard = strstr(markup, "\"keyboard\":[") != NULL, is_removal = strstr(markup, "\"remove_keyboard\":true") != NULL;
  if (!is_keyboard && !is_removal) return; /* a forced reply leaves the keyboard as it is */
  free(chat->keyboard);
  chat->keyboard = is_keyboard ? memory_copy_text(markup) : NULL;
}

struct message *sending_add(struct call *call, struct sending *sending) {
  bool is_post = sending->chat->type == CHAT_CHANNEL;
  struct message *message = message_add(call->model, sending->chat, is_post ? NULL : call->bot->person);
  message->reply_to = sending->reply_to;
  message->has_keyboard = sending->has_keyboard;
  message->markup = sending->markup;
  if (message->has_keyboard) show_keyboard(sending->chat, sending->markup);
  sending->markup = NULL;
  return message;
}

void sending_finish(struct call *call, struct message *message) {
  message_changed(call->model, message);
  message_json_write(message, MESSAGE_FOR_BOT, &call->answer);
}

bool sending_send_fixed(struct call *call, char *content) {
  struct sending sending = {0};
  bool ok = sending_read(call, &sending);
  if (ok) {
    struct message *message = sending_add(call, &sending);
    message->kind = MESSAGE_FIXED;
    message->content = content;
    content = NULL;
    sending_finish(call, message);
  }
  free(content);
  sending_release(&sending);
  return ok;
}
