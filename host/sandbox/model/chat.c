#include "sandbox/model/chat.h"

#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/rights.h"

#define PRIVATE_BASE INT64_C(-6000000000000000) /* the ids of other than the first bot's private chats go down from here */

const char *chat_type_name(enum chat_type type) {
  static const char *const names[] = {"private", "group", "supergroup", "channel"};
  return names[type];
}

struct chat *chat_find(const struct model *model, int64_t id) {
  struct chat *chat;
  HASH_FIND(hh, model->chats, &id, sizeof id, chat);
  return chat;
}

struct chat *chat_find_name(const struct model *model, const char *username) {
  for (struct chat *chat = model->chats; chat; chat = chat->hh.next) {
    if (chat->username && strcasecmp(chat->username, username) == 0) return chat;
  }
  return NULL;
}

static bool is_first(const struct model *model, const struct bot *bot) {
  return !model->bots || model->bots->person == bot->person;
}

static struct chat *find_private(const struct model *model, const struct bot *bot, const struct person *person) {
  const int64_t key[2] = {bot->person->id, person->id};
  struct chat *chat;
  HASH_FIND(hh_private, model->private_chats, key, sizeof key, chat);
  return chat;
}

static struct chat *add_private(struct model *model, struct bot *bot, struct person *person) {
  int64_t id = PRIVATE_BASE - (int64_t)HASH_CNT(hh_private, model->private_chats);
  struct chat *chat = chat_add(model, id, CHAT_PRIVATE, NULL);
  chat->person = person;
  chat->bot = bot;
  chat->private_key[0] = bot->person->id;
  chat->private_key[1] = person->id;
  HASH_ADD(hh_private, model->private_chats, private_key, sizeof chat->private_key, chat);
  chat_describe(chat);
  return chat;
}

struct chat *chat_find_for(struct model *model, struct bot *bot, int64_t id) {
  struct chat *of_first = chat_find(model, id);
  if (!of_first || of_first->type != CHAT_PRIVATE || of_first->bot || of_first->business || !bot || is_first(model, bot))
    return of_first;
  struct chat *chat = find_private(model, bot, of_first->person);
  return chat ? chat : add_private(model, bot, of_first->person);
}

bool chat_is_private_with(const struct model *model, const struct chat *chat, const struct bot *bot) {
  if (chat->type != CHAT_PRIVATE) return false;
  return chat->bot ? chat->bot->person == bot->person : is_first(model, bot);
}

void chat_describe_private(const struct model *model, struct person *person) {
  for (const struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    struct chat *chat = find_private(model, bot, person);
    if (chat) chat_describe(chat);
  }
}

/* The members stand in the order in which Telegram's server writes them. */
void chat_describe(struct chat *chat) {
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"id\":%lld", (long long)(chat->person ? chat->person->id : chat->id));
  if (chat->person) {
    json_write_member(&json, "first_name", chat->person->first_name ? chat->person->first_name : "");
    json_write_member(&json, "last_name", chat->person->last_name);
    json_write_member(&json, "username", chat->person->username);
  }
  json_write_member(&json, "title", chat->title);
  json_write_member(&json, "username", chat->username);
  json_write_member(&json, "type", chat_type_name(chat->type));
  if (chat->is_forum) json_write_text(&json, ",\"is_forum\":true");
  json_write_text(&json, "}");
  free(chat->json);
  chat->json = buffer_take(&json, NULL);
}

struct chat *chat_add(struct model *model, int64_t id, enum chat_type type, const char *title) {
  struct chat *chat = chat_find(model, id);
  if (!chat) {
    chat = memory_new(sizeof *chat);
    chat->id = id;
    chat->next_id = 1;
    chat->permissions = rights_all(RIGHTS_PERMISSIONS);
    HASH_ADD(hh, model->chats, id, sizeof chat->id, chat);
  }
  chat->type = type;
  chat_set_text(&chat->title, title);
  chat_describe(chat);
  return chat;
}

void chat_set_text(char **text, const char *value) {
  free(*text);
  *text = value && *value ? memory_copy_text(value) : NULL;
}

/* ---- life ---- */

static void free_chat(struct chat *chat) {
  for (unsigned i = 0; i < chat->count; i++) message_free(chat->messages[i]);
  free(chat->messages);
  member_drop_all(chat);
  json_decref(chat->invite_links);
  json_decref(chat->join_requests);
  json_decref(chat->topics);
  free(chat->business);
  free(chat->title);
  free(chat->username);
  free(chat->photo);
  free(chat->description);
  free(chat->json);
  free(chat->keyboard);
  free(chat);
}

void chat_drop_all(struct model *model) {
  struct chat *chat, *next;
  HASH_ITER(hh, model->chats, chat, next) {
    HASH_DEL(model->chats, chat);
    if (chat->bot) HASH_DELETE(hh_private, model->private_chats, chat);
    free_chat(chat);
  }
}
