#include "sandbox/message.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model.h"
#include "sandbox/queue.h"
#include "sandbox/write.h"

#define CHAT_MESSAGES 10000
#define CHAT_FORGET 1000 /* the oldest go in batches, so that making room costs next to nothing */

static void empty(struct message *message) {
  char **const members[] = {&message->text,   &message->entities, &message->content, &message->markup,
                            &message->origin, &message->group,    &message->votes};
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) message_set(members[i], NULL);
}

void message_free(struct message *message) {
  empty(message);
  free(message);
}

void message_set(char **member, char *text) {
  free(*member);
  *member = text;
}

/* ---- the chat's list ---- */

/* The place of the first message whose id is not below `id`. */
static unsigned place_of(const struct chat *chat, int id) {
  unsigned low = 0, high = chat->count;
  while (low < high) {
    unsigned middle = low + (high - low) / 2;
    if (chat->messages[middle]->id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

struct message *message_find(const struct chat *chat, int id) {
  unsigned place = place_of(chat, id);
  if (place == chat->count || chat->messages[place]->id != id) return NULL;
  return chat->messages[place]->is_deleted ? NULL : chat->messages[place];
}

/* What is pinned stays, because a bot may live on it. */
static void forget_oldest(struct model *model, struct chat *chat) {
  unsigned kept = 0;
  for (unsigned i = 0; i < chat->count; i++) {
    struct message *message = chat->messages[i];
    if (i >= CHAT_FORGET || message->is_pinned) {
      chat->messages[kept++] = message;
      continue;
    }
    model->message_count--;
    message_free(message);
  }
  chat->count = kept;
}

static bool make_room(struct model *model, struct chat *chat) {
  if (chat->count >= CHAT_MESSAGES) forget_oldest(model, chat);
  if (chat->count < chat->capacity) return true;
  unsigned capacity = chat->capacity ? chat->capacity * 2 : 4;
  struct message **messages = memory_try_resize(chat->messages, capacity * sizeof(struct message *));
  if (!messages) return false;
  chat->messages = messages;
  chat->capacity = capacity;
  return true;
}

struct message *message_restore(struct model *model, struct chat *chat, int id) {
  if (!make_room(model, chat)) abort(); /* a pointer's worth: the number of messages is bounded */
  struct message *message = memory_new(sizeof *message);
  message->id = id;
  message->chat = chat;
  chat->messages[chat->count++] = message;
  model->message_count++;
  bool is_own_count = chat->type == CHAT_SUPERGROUP || chat->type == CHAT_CHANNEL;
  int *next = is_own_count ? &chat->next_id : &model->next_message_id;
  if (id >= *next) *next = id + 1;
  return message;
}

struct message *message_add(struct model *model, struct chat *chat, struct person *from) {
  bool is_own_count = chat->type == CHAT_SUPERGROUP || chat->type == CHAT_CHANNEL;
  struct message *message = message_restore(model, chat, is_own_count ? chat->next_id : model->next_message_id);
  message->from = from;
  message->date = model_now(model);
  return message;
}

void message_changed(struct model *model, struct message *message) {
  message->version = ++model->version;
  model_touch(model);
}

void message_delete(struct model *model, struct message *message) {
  empty(message);
  message->is_deleted = true;
  message->is_pinned = false;
  message_changed(model, message);
}

struct message *message_pinned(const struct chat *chat) {
  for (unsigned i = chat->count; i-- > 0;) {
    if (chat->messages[i]->is_pinned) return chat->messages[i];
  }
  return NULL;
}

/* ---- how it looks ---- */

static void write_content(const struct message *message, struct buffer *buffer) {
  if (message->content) {
    write_text(buffer, ",");
    write_text(buffer, message->content);
  }
  bool is_text = message->kind == MESSAGE_TEXT;
  write_member(buffer, is_text ? "text" : "caption", message->text);
  write_raw(buffer, is_text ? "entities" : "caption_entities", message->entities);
}

static void write_tombstone(const struct message *message, struct buffer *buffer) {
  (void)buffer_format(buffer, NULL, "{\"message_id\":%d,\"deleted\":true,\"version\":%llu}", message->id,
                      (unsigned long long)message->version);
}

void message_write(const struct message *message, enum message_view view, struct buffer *buffer) {
  if (message->is_deleted) {
    write_tombstone(message, buffer);
    return;
  }
  write_text(buffer, "{\"message_id\":");
  write_number(buffer, message->id);
  write_raw(buffer, "from", message->from ? message->from->json : NULL);
  if (!message->from) write_raw(buffer, "sender_chat", message->chat->json);
  write_raw(buffer, "chat", message->chat->json);
  write_text(buffer, ",\"date\":");
  write_number(buffer, message->date);
  if (message->edit_date) {
    write_text(buffer, ",\"edit_date\":");
    write_number(buffer, message->edit_date);
  }
  if (message->origin) {
    write_text(buffer, ",");
    write_text(buffer, message->origin);
  }
  const struct message *original =
      message->reply_to && view != MESSAGE_NESTED ? message_find(message->chat, message->reply_to) : NULL;
  if (original) {
    write_text(buffer, ",\"reply_to_message\":");
    message_write(original, MESSAGE_NESTED, buffer);
  }
  write_member(buffer, "media_group_id", message->group);
  write_content(message, buffer);
  if (view == MESSAGE_FOR_PERSON || !message->has_keyboard) write_raw(buffer, "reply_markup", message->markup);
  if (view == MESSAGE_FOR_PERSON) {
    if (message->is_pinned) write_text(buffer, ",\"pinned\":true");
    write_text(buffer, ",\"version\":");
    write_number(buffer, (int64_t)message->version);
  }
  write_text(buffer, "}");
}

void message_send_update(struct model *model, const struct message *message) {
  static const char *const types[] = {"message", "edited_message", "channel_post", "edited_channel_post"};
  bool is_channel = message->chat->type == CHAT_CHANNEL;
  int64_t date = message->edit_date ? message->edit_date : message->date;
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  message_write(message, MESSAGE_FOR_BOT, &json);
  model_send_update(model, types[is_channel * 2 + (message->edit_date != 0)], json.data, json.size, date + QUEUE_LIFE);
  buffer_release(&json);
}

void message_add_pin(struct model *model, struct message *pinned, struct person *from) {
  struct message *message = message_add(model, pinned->chat, from);
  struct buffer content;
  buffer_init(&content, WRITE_CEILING);
  write_text(&content, "\"pinned_message\":");
  message_write(pinned, MESSAGE_NESTED, &content);
  message->kind = MESSAGE_SERVICE;
  message->content = buffer_take(&content, NULL);
  message_changed(model, message);
  message_send_update(model, message);
}
