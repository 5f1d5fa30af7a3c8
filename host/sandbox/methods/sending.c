#include "sandbox/methods/sending.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/link_preview.h"
#include "sandbox/methods/reply.h"
#include "sandbox/methods/reply_markup.h"
#include "sandbox/methods/send_right.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/business.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/person.h"
#include "sandbox/model/topic.h"

#define PAID_BROADCAST_BALANCE 100000 /* Stars */

/* ---- how it is to be shown ---- */

/* An effect plays in private chats only. */
static bool read_extras(struct call *call, struct sending *sending, char *external) {
  struct buffer extras;
  buffer_init(&extras, JSON_WRITE_CEILING);
  int64_t effect = call_integer(call, "message_effect_id", 0);
  sending->is_protected = call_flag(call, "protect_content");
  if (external) json_write_text(&extras, external);
  if (sending->is_protected) (void)buffer_format(&extras, NULL, "%s\"has_protected_content\":true", extras.size ? "," : "");
  if (effect && sending->chat->type == CHAT_PRIVATE) {
    (void)buffer_format(&extras, NULL, "%s\"effect_id\":\"%lld\"", extras.size ? "," : "", (long long)effect);
  }
  bool ok = !call_text(call, "text") || link_preview_read(call, &sending->preview);
  sending->extras = buffer_take(&extras, NULL);
  return ok;
}

/* ---- where to ---- */

/* What is sent faster than others may costs Stars, and needs a rich bot. */
static bool check_paid_broadcast(struct call *call) {
  bool is_allowed = !call_flag(call, "allow_paid_broadcast") || call->bot->stars >= PAID_BROADCAST_BALANCE;
  return is_allowed || call_fail(call, 400, "Bad Request: FLOODSKIP_NOT_ALLOWED");
}

static bool find_thread(struct call *call, struct sending *sending) {
  int64_t id = call_integer(call, "message_thread_id", 0);
  if (!id) return true;
  bool is_topic = id > TOPIC_GENERAL && id <= INT32_MAX && sending->chat->is_forum && topic_find(sending->chat, (int)id);
  if (!is_topic) return call_fail(call, 400, "Bad Request: message thread not found");
  sending->thread_id = (int)id;
  return true;
}

bool sending_read(struct call *call, struct sending *sending) {
  struct reply reply = {0};
  struct reply_markup markup = {0};
  char *external = NULL;
  *sending = (struct sending){0};
  bool ok = reply_read(call, &reply) && reply_markup_read(call, &markup);
  sending->markup = markup.json;
  sending->has_keyboard = markup.json && !markup.is_inline;
  if (ok) ok = (sending->chat = call_chat(call, "chat_id", CALL_WRITE)) != NULL;
  if (ok && markup.private_only && sending->chat->type != CHAT_PRIVATE)
    ok = call_fail(call, 400, "Bad Request: %s", markup.private_only);
  ok = ok && check_paid_broadcast(call) && find_thread(call, sending) &&
       reply_find(call, &reply, sending->chat, &sending->reply_to, &sending->quote, &external) &&
       send_right_check(call, sending->chat) && read_extras(call, sending, external);
  free(external);
  reply_release(&reply);
  return ok;
}

void sending_release(struct sending *sending) {
  free(sending->markup);
  free(sending->quote);
  free(sending->extras);
  free(sending->preview);
  *sending = (struct sending){0};
}

/* Sets the keyboard that the people in the chat see from now on. */
static void show_keyboard(struct chat *chat, const char *markup) {
  bool is_keyboard = strstr(markup, "\"keyboard\":[") != NULL, is_removal = strstr(markup, "\"remove_keyboard\":true") != NULL;
  if (!is_keyboard && !is_removal) return; /* a forced reply leaves the keyboard as it is */
  free(chat->keyboard);
  chat->keyboard = is_keyboard ? memory_copy_text(markup) : NULL;
}

/* In a chat of a business account the account's owner is seen to write. */
static void write_business(const struct call *call, struct message *message) {
  struct buffer extras;
  message->from = business_owner(call->model, business_find(call->model, message->chat->business));
  buffer_init(&extras, JSON_WRITE_CEILING);
  (void)buffer_format(&extras, NULL, "\"sender_business_bot\":%s", call->bot->person->json);
  message_add_extras(message, extras.data);
  buffer_release(&extras);
}

struct message *sending_add(struct call *call, struct sending *sending) {
  bool is_post = sending->chat->type == CHAT_CHANNEL;
  struct message *message = message_add(call->model, sending->chat, is_post ? NULL : call->bot->person);
  if (sending->chat->business) write_business(call, message);
  message->reply_to = sending->reply_to;
  message->thread_id = sending->thread_id;
  message->is_protected = sending->is_protected;
  message->quote = message_copy_text(sending->quote);
  message->preview = message_copy_text(sending->preview);
  if (sending->extras) message_add_extras(message, sending->extras);
  message->has_keyboard = sending->has_keyboard;
  message->markup = sending->markup;
  sending->chat->last_bot = call->bot->person->id;
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
