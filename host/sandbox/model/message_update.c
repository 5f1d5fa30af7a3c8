#include "sandbox/model/message_update.h"

#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/business.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"

/* ---- who hears it ---- */

/* "/start@moon_bot" is meant for one bot, "/start" for the bot that has written last. */
static bool is_command_for(const struct message *message, const struct bot *bot) {
  const char *text = message->text;
  if (!text || *text != '/') return false;
  size_t size = strcspn(text, " \n");
  const char *at = memchr(text, '@', size);
  if (!at) return !message->chat->last_bot || message->chat->last_bot == bot->person->id;
  size_t length = size - (size_t)(at + 1 - text);
  const char *name = bot->person->username;
  return name && strlen(name) == length && strncasecmp(at + 1, name, length) == 0;
}

static bool is_meant_for(const struct message *message, const struct bot *bot) {
  const struct message *original = message->reply_to ? message_find(message->chat, message->reply_to) : NULL;
  return message->kind == MESSAGE_SERVICE || message->via == bot->person || (original && original->from == bot->person) ||
         is_command_for(message, bot);
}

static bool hears(const struct model *model, const struct bot *bot, const struct message *message) {
  const char *business = message->chat->business;
  if (business) return business_bot(model, business_find(model, business)) == bot;
  if (message->bot_id && message->bot_id != bot->person->id) return false;
  if (message->chat->type == CHAT_PRIVATE) return chat_is_private_with(model, message->chat, bot);
  struct member member = member_now(message->chat, bot->person, model_now(model));
  if (!member_is_in(&member)) return false;
  return member_is_administrator(&member) || !bot->has_privacy || is_meant_for(message, bot);
}

/* ---- telling it ---- */

/* bot NULL: the first that will call. An edit leaves the message as read as it was. */
static void queue_message(struct model *model, struct bot *bot, struct message *message, const char *type,
                          const struct buffer *json) {
  const struct queue *queue = bot ? bot->queue : model->unclaimed;
  int64_t id = queue ? queue_next_id(queue) : 0;
  int64_t expires_at = (message->edit_date ? message->edit_date : message->date) + QUEUE_LIFE;
  bot_queue_update(model, bot, type, json->data, json->size, expires_at);
  if (!queue || message->edit_date || message->update_id || !queue_holds(queue, id)) return;
  message->update_bot = bot ? bot->person->id : 0;
  message->update_id = id;
}

void message_update_send(struct model *model, struct message *message) {
  static const char *const types[] = {"message",          "edited_message",         "channel_post", "edited_channel_post",
                                      "business_message", "edited_business_message"};
  int sort = message->chat->business ? 2 : message->chat->type == CHAT_CHANNEL;
  const char *type = types[sort * 2 + (message->edit_date != 0)];
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  message_json_write(message, MESSAGE_FOR_BOT, &json);
  if (!model->bots) queue_message(model, NULL, message, type, &json);
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    if (hears(model, bot, message)) queue_message(model, bot, message, type, &json);
  }
  buffer_release(&json);
}

struct message *message_update_send_service(struct model *model, struct chat *chat, struct person *from, char *content) {
  struct message *message = message_add(model, chat, from);
  message->kind = MESSAGE_SERVICE;
  message->content = content;
  message_changed(model, message);
  message_update_send(model, message);
  return message;
}

void message_update_send_pin(struct model *model, struct message *pinned, struct person *from) {
  struct buffer content;
  buffer_init(&content, JSON_WRITE_CEILING);
  json_write_text(&content, "\"pinned_message\":");
  message_json_write(pinned, MESSAGE_NESTED, &content);
  (void)message_update_send_service(model, pinned->chat, from, buffer_take(&content, NULL));
}
