/* Groups, supergroups and channels: they are made, renamed and listed, and a group becomes a supergroup. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/rights.h"
#include "sandbox/model/topic.h"
#include "sandbox/person/action.h"

#define CHATS_MAX 250000              /* those of people, too */
#define SUPERGROUP_BASE 1000000000000 /* a supergroup's id is minus the sum of this and a number of its own */

/* A text that the input does not give stays as it is. */
static void describe(const struct action *action, struct chat *chat) {
  const char *username = action_text(action, "username"), *description = action_text(action, "description");
  if (username) chat_set_text(&chat->username, username);
  if (description) chat_set_text(&chat->description, description);
  chat->is_forum = chat->type == CHAT_SUPERGROUP && action_flag(action, "is_forum", chat->is_forum);
  if (chat->is_forum && chat->next_id == TOPIC_GENERAL) chat->next_id++; /* it is no message's id in a forum */
  chat_describe(chat);
}

/* Nobody is told: it was so from the beginning. */
static void set_status(struct chat *chat, const struct person *person, enum member_status status) {
  struct member *member = member_entry(chat, person);
  member->status = status;
  member->rights = member_is_administrator(member) ? rights_all(RIGHTS_ADMINISTRATOR) : 0;
}

static void fill(const struct action *action, struct chat *chat) {
  const json_t *members = json_object_get(action->input, "members"), *member;
  const struct person *creator = person_find(action->model, action_number(action, "creator", 0));
  const char *status_of_bots = action_text(action, "bots");
  enum member_status status;
  size_t i;
  if (creator) set_status(chat, creator, MEMBER_CREATOR);
  json_array_foreach((json_t *)members, i, member) member_add(chat, json_integer_value(member));
  if (!status_of_bots || !member_status_find(status_of_bots, &status)) return;
  for (const struct bot *bot = action->model->bots; bot; bot = bot->hh.next) set_status(chat, bot->person, status);
}

bool group_add(struct action *action, struct error *error) {
  struct model *model = action->model;
  int64_t id = action_number(action, "id", 0);
  const char *type = action_text(action, "type"), *title = action_text(action, "title");
  if (id >= 0) return error_set(error, ERROR_INPUT, "\"id\" must be a number below 0; a person's chat comes with the person");
  if (!chat_find(model, id) && HASH_COUNT(model->chats) >= CHATS_MAX)
    return error_set(error, ERROR_FULL, "the sandbox has room for %d chats", CHATS_MAX);
  for (enum chat_type t = CHAT_GROUP; t <= CHAT_CHANNEL; t++) {
    if (!type || strcmp(type, chat_type_name(t)) != 0) continue;
    struct chat *chat = chat_add(model, id, t, title ? title : "");
    fill(action, chat);
    describe(action, chat);
    json_write_text(action->answer, chat->json);
    return true;
  }
  return error_set(error, ERROR_INPUT, "\"type\" must be group, supergroup or channel");
}

bool group_rename(struct action *action, struct error *error) {
  struct chat *chat = action_chat(action, error);
  struct person *person = person_find(action->model, action_number(action, "from_id", 0));
  const char *title = action_text(action, "title");
  if (!chat) return false;
  if (chat->type == CHAT_PRIVATE) return error_set(error, ERROR_INPUT, "\"chat_id\" must not be a private chat's");
  if (!title || !*title) return error_set(error, ERROR_INPUT, "\"title\" is missing");
  chat_set_text(&chat->title, title);
  chat_describe(chat);
  struct person *from = chat->type == CHAT_CHANNEL ? NULL : person;
  (void)message_update_send_service(action->model, chat, from, json_write_content("new_chat_title", json_string(title)));
  return true;
}

/* ---- the list ---- */

static void write_members(const struct model *model, const struct chat *chat, struct buffer *json) {
  unsigned written = 0;
  json_write_text(json, ",\"members\":[");
  for (const struct member *member = chat->members; member; member = member->hh.next) {
    const struct person *person = person_find(model, member->user_id);
    if (!person || person->is_bot || !member_is_in(member)) continue;
    if (written++) json_write_text(json, ",");
    json_write_number(json, member->user_id);
  }
  json_write_text(json, "]");
}

static void write_chat(const struct model *model, const struct chat *chat, bool has_last, struct buffer *json) {
  const struct message *last = has_last ? message_last(chat) : NULL;
  (void)buffer_add(json, chat->json, strlen(chat->json) - 1, NULL);
  write_members(model, chat, json);
  if (chat->bot) (void)buffer_format(json, NULL, ",\"bot_id\":%lld", (long long)chat->bot->person->id);
  if (chat->migrated_to) (void)buffer_format(json, NULL, ",\"migrated_to\":%lld", (long long)chat->migrated_to);
  if (last) {
    json_write_text(json, ",\"last_message\":");
    message_json_write(last, MESSAGE_FOR_PERSON, json);
  }
  json_write_text(json, "}");
}

bool group_list(struct action *action, struct error *error) {
  (void)error;
  unsigned written = 0;
  bool has_last = action_flag(action, "with_last", false), has_private = !action_flag(action, "groups", false);
  json_write_text(action->answer, "{\"chats\":[");
  for (const struct chat *chat = action->model->chats; chat; chat = chat->hh.next) {
    if (chat->type == CHAT_PRIVATE && !has_private) continue;
    if (written++) json_write_text(action->answer, ",");
    write_chat(action->model, chat, has_last, action->answer);
  }
  json_write_text(action->answer, "]}");
  return true;
}

/* ---- a group becomes a supergroup ---- */

static void tell_new_id(struct model *model, struct chat *chat, struct person *from, const char *member, int64_t id) {
  (void)message_update_send_service(model, chat, from, json_write_content(member, json_integer(id)));
}

/* The old chat stays, and refuses every call. People go on in the new one. Telegram tells the bots in both. */
bool group_migrate(struct action *action, struct error *error) {
  struct model *model = action->model;
  struct chat *old = chat_find(model, action_number(action, "chat_id", 0));
  if (!old || old->type != CHAT_GROUP) return error_set(error, ERROR_INPUT, "\"chat_id\" must be a group's");
  if (old->migrated_to) return error_set(error, ERROR_INPUT, "the group is a supergroup already");
  int64_t id = old->id - SUPERGROUP_BASE;
  struct chat *new = chat_add(model, id, CHAT_SUPERGROUP, old->title);
  for (const struct member *member = old->members; member; member = member->hh.next) {
    if (member_is_in(member)) member_add(new, member->user_id);
  }
  struct person *from = person_find(model, member_first(old));
  tell_new_id(model, old, from, "migrate_to_chat_id", id);
  tell_new_id(model, new, from, "migrate_from_chat_id", old->id);
  old->migrated_to = id;
  json_write_text(action->answer, new->json);
  return true;
}
