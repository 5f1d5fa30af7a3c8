/* Messages that disappear. */
#include "sandbox/person/actions.h"

#include <stdlib.h>

#include "common/buffer.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/business.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/queue.h"
#include "sandbox/person/action.h"

/* Telegram tells bots of deleted messages only where they take part in a business account. */
static void tell_business(struct model *model, const struct chat *chat, int id) {
  struct bot *bot = business_bot(model, business_find(model, chat->business));
  int64_t expires_at = model_now(model) + QUEUE_LIFE;
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"business_connection_id\":\"%s\",\"chat\":%s,\"message_ids\":[%d]}", chat->business,
                      chat->json, id);
  if (bot) bot_queue_update(model, bot, "deleted_business_messages", json.data, json.size, expires_at);
  buffer_release(&json);
}

bool deletion_forget(struct action *action, struct error *error) {
  struct message *message = action_message(action, error);
  if (!message) return false;
  if (!action_flag(action, "delete", false)) {
    message->is_forgotten = true;
    return true;
  }
  int id = message->id;
  message_delete(action->model, message);
  if (message->chat->business) tell_business(action->model, message->chat, id);
  return true;
}
