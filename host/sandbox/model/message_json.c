#include "sandbox/model/message_json.h"

#include "common/buffer.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/person.h"
#include "sandbox/model/reaction.h"

static void write_members(struct buffer *buffer, const char *members) {
  if (!members) return;
  json_write_text(buffer, ",");
  json_write_text(buffer, members);
}

static void write_content(const struct message *message, struct buffer *buffer) {
  write_members(buffer, message->content);
  bool is_text = message->kind == MESSAGE_TEXT;
  json_write_member(buffer, is_text ? "text" : "caption", message->text);
  json_write_raw(buffer, is_text ? "entities" : "caption_entities", message->entities);
  json_write_raw(buffer, "link_preview_options", message->preview);
}

static void write_deleted(const struct message *message, struct buffer *buffer) {
  (void)buffer_format(buffer, NULL, "{\"message_id\":%d,\"deleted\":true,\"version\":%llu}", message->id,
                      (unsigned long long)message->version);
}

/* What the sandbox's page shows of a message, besides what Telegram tells bots. */
static void write_for_person(const struct message *message, struct buffer *buffer) {
  if (message->reactions) {
    json_write_text(buffer, ",\"reactions\":");
    reaction_write(message, buffer);
  }
  if (message->is_pinned) json_write_text(buffer, ",\"pinned\":true");
  json_write_text(buffer, ",\"version\":");
  json_write_number(buffer, (int64_t)message->version);
}

void message_json_write(const struct message *message, enum message_view view, struct buffer *buffer) {
  if (message->is_deleted) {
    write_deleted(message, buffer);
    return;
  }
  json_write_text(buffer, "{\"message_id\":");
  json_write_number(buffer, message->id);
  json_write_raw(buffer, "from", message->from ? message->from->json : NULL);
  if (!message->from) json_write_raw(buffer, "sender_chat", message->chat->json);
  json_write_raw(buffer, "chat", message->chat->json);
  json_write_text(buffer, ",\"date\":");
  json_write_number(buffer, message->date);
  if (message->edit_date) {
    json_write_text(buffer, ",\"edit_date\":");
    json_write_number(buffer, message->edit_date);
  }
  if (message->thread_id) {
    json_write_text(buffer, ",\"message_thread_id\":");
    json_write_number(buffer, message->thread_id);
    if (message->chat->is_forum) json_write_text(buffer, ",\"is_topic_message\":true");
  }
  json_write_member(buffer, "business_connection_id", message->chat->business);
  write_members(buffer, message->origin);
  const struct message *original =
      message->reply_to && view != MESSAGE_NESTED ? message_find(message->chat, message->reply_to) : NULL;
  if (original) {
    json_write_text(buffer, ",\"reply_to_message\":");
    message_json_write(original, MESSAGE_NESTED, buffer);
  }
  json_write_raw(buffer, "quote", message->quote);
  json_write_member(buffer, "media_group_id", message->group);
  write_content(message, buffer);
  if (view == MESSAGE_FOR_PERSON || !message->has_keyboard) json_write_raw(buffer, "reply_markup", message->markup);
  json_write_raw(buffer, "via_bot", message->via ? message->via->json : NULL);
  write_members(buffer, message->extras);
  if (view == MESSAGE_FOR_PERSON) write_for_person(message, buffer);
  json_write_text(buffer, "}");
}
