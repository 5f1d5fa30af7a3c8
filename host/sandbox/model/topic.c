#include "sandbox/model/topic.h"

#include <jansson.h>
#include <stdio.h>

#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_update.h"

static void write_key(int id, char key[24]) { (void)snprintf(key, 24, "%d", id); }

struct json_t *topic_find(struct chat *chat, int id) {
  char key[24];
  write_key(id, key);
  json_t *topic = json_object_get(chat->topics, key);
  if (topic || id != TOPIC_GENERAL || !chat->is_forum) return topic;
  if (!chat->topics) chat->topics = json_object();
  json_object_set_new(chat->topics, key, topic = json_pack("{s:i,s:s}", "message_thread_id", id, "name", "General"));
  return topic;
}

static struct message *add_message(struct model *model, struct chat *chat, struct person *from, int id, char *content) {
  struct message *message = message_add(model, chat, from);
  message->kind = MESSAGE_SERVICE;
  message->thread_id = id ? id : message->id;
  if (id == TOPIC_GENERAL) message->thread_id = 0;
  message->content = content;
  message_changed(model, message);
  message_update_send(model, message);
  return message;
}

void topic_tell(struct model *model, struct chat *chat, struct person *from, int id, char *content) {
  (void)add_message(model, chat, from, id, content);
}

struct json_t *topic_add(struct model *model, struct chat *chat, struct person *from, const char *name, int color,
                         const char *icon) {
  char key[24];
  json_t *topic = json_pack("{s:s,s:i}", "name", name, "icon_color", color);
  if (icon) json_object_set_new(topic, "icon_custom_emoji_id", json_string(icon));
  const struct message *message =
      add_message(model, chat, from, 0, json_write_content("forum_topic_created", json_copy(topic)));
  json_object_set_new(topic, "message_thread_id", json_integer(message->id));
  if (!chat->topics) chat->topics = json_object();
  write_key(message->id, key);
  json_object_set_new(chat->topics, key, topic);
  return topic;
}

void topic_delete(struct model *model, struct chat *chat, int id) {
  char key[24];
  write_key(id, key);
  json_object_del(chat->topics, key);
  for (unsigned i = 0; i < chat->count; i++) {
    if (!chat->messages[i]->is_deleted && chat->messages[i]->thread_id == id) message_delete(model, chat->messages[i]);
  }
}
