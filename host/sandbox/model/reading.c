#include "sandbox/model/reading.h"

#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/queue.h"

/* What was written before the first bot called is in the queue that this bot has got. */
static bool is_taken(const struct model *model, const struct message *message) {
  const struct bot *bot = message->update_bot ? bot_find(model, message->update_bot) : model->bots;
  return bot && !queue_holds(bot->queue, message->update_id);
}

int reading_last_id(const struct model *model, const struct chat *chat) {
  for (unsigned i = chat->count; i > 0; i--) {
    const struct message *message = chat->messages[i - 1];
    if (message->update_id && is_taken(model, message)) return message->id;
  }
  return 0;
}
