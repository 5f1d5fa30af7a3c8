/* Stores the messages of a chat. A chat's messages are in an array in the order of their ids. A deleted message stays in it,
 * emptied, so that people's programs learn of the deletion by its new version. */
#include "sandbox/model/message.h"

#include <stdlib.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"

#define CHAT_MESSAGES 10000
#define CHAT_FORGET 1000 /* the oldest go in batches, so that making room costs next to nothing */

static void empty(struct message *message) {
  char **const members[] = {&message->text,   &message->entities,  &message->content, &message->markup,
                            &message->origin, &message->group,     &message->hidden,  &message->quote,
                            &message->extras, &message->reactions, &message->preview};
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

char *message_copy_text(const char *text) { return text ? memory_copy_text(text) : NULL; }

void message_add_extras(struct message *message, const char *members) {
  struct buffer extras;
  buffer_init(&extras, JSON_WRITE_CEILING);
  (void)buffer_format(&extras, NULL, "%s%s%s", message->extras ? message->extras : "", message->extras ? "," : "", members);
  message_set(&message->extras, buffer_take(&extras, NULL));
}

/* ---- the chat's list ---- */

/* The index of the first message whose id is at least `id`. */
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

struct message *message_last(const struct chat *chat) {
  for (unsigned i = chat->count; i > 0; i--) {
    if (!chat->messages[i - 1]->is_deleted) return chat->messages[i - 1];
  }
  return NULL;
}

/* Pinned messages stay, because a bot may keep its data in one. */
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

static int *counter_of(struct model *model, struct chat *chat) {
  if (chat->type == CHAT_SUPERGROUP || chat->type == CHAT_CHANNEL) return &chat->next_id;
  return chat->bot ? &chat->bot->next_message_id : &model->next_message_id;
}

struct message *message_restore(struct model *model, struct chat *chat, int id) {
  if (!make_room(model, chat)) abort(); /* a few bytes, because the number of messages is bounded */
  struct message *message = memory_new(sizeof *message);
  message->id = id;
  message->chat = chat;
  chat->messages[chat->count++] = message;
  model->message_count++;
  int *next = counter_of(model, chat);
  if (id >= *next) *next = id + 1;
  return message;
}

struct message *message_add(struct model *model, struct chat *chat, struct person *from) {
  struct message *message = message_restore(model, chat, *counter_of(model, chat));
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
