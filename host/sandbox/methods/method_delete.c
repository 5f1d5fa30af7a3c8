/* Methods that delete messages. */
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"

#define DELETE_MAX_S (48 * 3600)
#define DICE_MIN_S (24 * 3600)
#define DELETE_MAX 100 /* messages of one call */

/* Telegram's rule of 48 hours is for private chats and basic groups only. A throw of dice can't be undone at once. */
static bool may_delete(struct call *call, const struct chat *chat, const struct message *message) {
  bool is_aging = chat->type == CHAT_PRIVATE || chat->type == CHAT_GROUP;
  bool is_dice = chat->type == CHAT_PRIVATE && message->content && strncmp(message->content, "\"dice\"", 6) == 0;
  int64_t age = model_now(call->model) - message->date;
  if ((!is_aging || age <= DELETE_MAX_S) && (!is_dice || age >= DICE_MIN_S)) return true;
  return call_fail(call, 400, "Bad Request: message can't be deleted for everyone");
}

static bool delete_message(struct call *call) {
  if (!call_text(call, "chat_id")) return call_fail(call, 400, "Bad Request: chat identifier is not specified");
  if (call_integer(call, "message_id", 0) <= 0) return call_fail(call, 400, "Bad Request: message identifier is not specified");
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  struct message *message = chat ? call_message(call, chat, "message to delete") : NULL;
  if (!message || !may_delete(call, chat, message)) return false;
  message_delete(call->model, message);
  return call_true(call);
}

/* Deletes all of them or none; those that do not exist are skipped. */
static bool delete_messages(struct call *call) {
  int ids[DELETE_MAX];
  size_t count = 0;
  struct chat *chat = call_message_ids(call, ids, DELETE_MAX, &count) ? call_chat(call, "chat_id", CALL_WRITE) : NULL;
  if (!chat) return false;
  for (size_t i = 0; i < count; i++) {
    const struct message *message = message_find(chat, ids[i]);
    if (message && !may_delete(call, chat, message)) return false;
  }
  for (size_t i = 0; i < count; i++) {
    struct message *message = message_find(chat, ids[i]);
    if (message) message_delete(call->model, message);
  }
  return call_true(call);
}

const struct method method_delete[] = {{"deletemessage", delete_message}, {"deletemessages", delete_messages}, {0}};
