#include "sandbox/model/message_update.h"

#include "common/buffer.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/queue.h"

void message_update_send(struct model *model, const struct message *message) {
  static const char *const types[] = {"message", "edited_message", "channel_post", "edited_channel_post"};
  bool is_channel = message->chat->type == CHAT_CHANNEL;
  int64_t date = message->edit_date ? message->edit_date : message->date;
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  message_json_write(message, MESSAGE_FOR_BOT, &json);
  bot_send_update(model, types[is_channel * 2 + (message->edit_date != 0)], json.data, json.size, date + QUEUE_LIFE);
  buffer_release(&json);
}

void message_update_send_pin(struct model *model, struct message *pinned, struct person *from) {
  struct message *message = message_add(model, pinned->chat, from);
  struct buffer content;
  buffer_init(&content, JSON_WRITE_CEILING);
  json_write_text(&content, "\"pinned_message\":");
  message_json_write(pinned, MESSAGE_NESTED, &content);
  message->kind = MESSAGE_SERVICE;
  message->content = buffer_take(&content, NULL);
  message_changed(model, message);
  message_update_send(model, message);
}
