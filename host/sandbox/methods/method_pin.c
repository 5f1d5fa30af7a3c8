/* Methods that pin messages. */
#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/right.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/rights.h"

static const char pin_refusal[] = "not enough rights to manage pinned messages in the chat";

static bool pin_chat_message(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  struct message *message = chat ? call_message(call, chat, "message to pin") : NULL;
  if (!message || !right_check(call, chat, RIGHTS_PIN, pin_refusal)) return false;
  if (message->kind == MESSAGE_SERVICE) return call_fail(call, 400, "Bad Request: service messages can't be pinned");
  if (message->is_pinned) return call_fail(call, 400, "Bad Request: CHAT_NOT_MODIFIED");
  message->is_pinned = true;
  message_changed(call->model, message);
  message_update_send_pin(call->model, message, call->bot->person); /* Telegram sends a bot its own pins, too */
  return call_true(call);
}

static bool unpin_chat_message(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  if (!chat || !right_check(call, chat, RIGHTS_PIN, pin_refusal)) return false;
  bool is_named = call_text(call, "message_id") != NULL;
  struct message *message = is_named ? call_message(call, chat, "message to unpin") : message_pinned(chat);
  if (!message) return is_named ? false : call_fail(call, 400, "Bad Request: message to unpin not found");
  if (!message->is_pinned) return call_fail(call, 400, "Bad Request: CHAT_NOT_MODIFIED");
  message->is_pinned = false;
  message_changed(call->model, message);
  return call_true(call);
}

static bool unpin_all_chat_messages(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  if (!chat || !right_check(call, chat, RIGHTS_PIN, pin_refusal)) return false;
  for (struct message *message; (message = message_pinned(chat));) {
    message->is_pinned = false;
    message_changed(call->model, message);
  }
  return call_true(call);
}

const struct method method_pin[] = {{"pinchatmessage", pin_chat_message},
                                    {"unpinchatmessage", unpin_chat_message},
                                    {"unpinallchatmessages", unpin_all_chat_messages},
                                    {0}};
