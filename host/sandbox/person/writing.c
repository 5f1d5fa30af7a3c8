/* Messages of people, edits of their own, and what they forward. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/origin.h"
#include "sandbox/model/person.h"
#include "sandbox/model/rights.h"
#include "sandbox/model/topic.h"
#include "sandbox/person/account.h"
#include "sandbox/person/action.h"
#include "sandbox/person/attachment.h"

#define FLOOD_MAX 100000 /* people */

static bool may_write(const struct model *model, const struct chat *chat, const struct person *person) {
  struct member member = member_now(chat, person, model_now(model));
  return member_may_write(&member) && (member_is_administrator(&member) || chat->permissions & PERMISSIONS_SEND);
}

/* The person of "from_id"; without it, in a private chat its person and in a channel nobody. */
static bool find_writer(const struct action *action, struct chat *chat, struct person **person, struct error *error) {
  int64_t from_id = action_number(action, "from_id", 0);
  *person = from_id ? person_find(action->model, from_id) : chat->person;
  if (*person && !may_write(action->model, chat, *person))
    return error_set(error, ERROR_INPUT, "this person may not write here: they are restricted or banned, or nobody may");
  if (*person || (chat->type == CHAT_CHANNEL && !from_id)) return true;
  return error_set(error, ERROR_INPUT, "in a group, \"from_id\" must name a person who writes");
}

/* In a closed topic only administrators may write. */
static bool find_topic(const struct action *action, struct chat *chat, const struct person *person, struct error *error) {
  int id = (int)action_number(action, "message_thread_id", 0);
  const json_t *topic = chat->is_forum ? topic_find(chat, id ? id : TOPIC_GENERAL) : NULL;
  if (id && !topic) return error_set(error, ERROR_INPUT, "there is no topic of this \"message_thread_id\"");
  struct member member = person ? member_now(chat, person, model_now(action->model)) : (struct member){0};
  bool is_closed = json_is_true(json_object_get(topic, "is_closed")) && !member_is_administrator(&member);
  return !is_closed || error_set(error, ERROR_INPUT, "the topic is closed");
}

static bool read_text(const struct action *action, const char *name, struct entity_text *text, struct error *error) {
  const char *given = action_text(action, name);
  const json_t *entities = json_object_get(action->input, "entities");
  return entity_read(action->model, given ? given : "", given ? strlen(given) : 0, NULL, entities, text, error);
}

static bool edit_own(struct action *action, struct entity_text *text, struct error *error) {
  struct message *message = action_message(action, error);
  if (!message) return false;
  if (message->from && message->from->is_bot)
    return error_set(error, ERROR_INPUT, "the message is the bot's: a person can't edit it");
  message_set(&message->text, text->text);
  message_set(&message->entities, text->entities);
  *text = (struct entity_text){0};
  message->edit_date = model_now(action->model);
  message_changed(action->model, message);
  message_update_send(action->model, message);
  message_json_write(message, MESSAGE_FOR_PERSON, action->answer);
  return true;
}

static void fill(struct message *message, struct entity_text *text, char *content, bool is_file) {
  message->kind = !content ? MESSAGE_TEXT : is_file ? MESSAGE_MEDIA : MESSAGE_FIXED;
  message->content = content;
  message->text = text->size ? text->text : NULL;
  message->entities = text->entities;
  if (!text->size) free(text->text);
  *text = (struct entity_text){0};
}

bool writing_send(struct action *action, struct error *error) {
  struct model *model = action->model;
  struct entity_text text = {0};
  struct person *person;
  bool is_file = false;
  char *content = NULL;
  struct chat *chat = action_chat(action, error);
  bool ok = chat && find_writer(action, chat, &person, error) && find_topic(action, chat, person, error);
  const char *name = action_text(action, "text") ? "text" : "caption";
  if (ok) ok = read_text(action, name, &text, error);
  if (ok && json_object_get(action->input, "message_id")) {
    ok = edit_own(action, &text, error);
    goto done;
  }
  if (ok) content = attachment_read(action, &is_file);
  if (ok && !content && !text.size) ok = error_set(error, ERROR_INPUT, "a message needs a \"text\", a \"kind\" or a file");
  if (ok) {
    if (person && !chat->person) member_add(chat, person->id); /* whoever writes in a group is in it */
    struct message *message = message_add(model, chat, person);
    fill(message, &text, content, is_file);
    content = NULL;
    const char *group = action_text(action, "media_group_id");
    if (group) message->group = memory_copy_text(group);
    message->reply_to = (int)action_number(action, "reply_to_message_id", 0);
    message->bot_id = action_number(action, "bot_id", 0);
    message->thread_id = (int)action_number(action, "message_thread_id", 0);
    message_changed(model, message);
    message_update_send(model, message);
    message_json_write(message, MESSAGE_FOR_PERSON, action->answer);
  }
done:
  free(content);
  entity_release(&text);
  return ok;
}

/* ---- forwards ---- */

static struct message *find_original(const struct action *action, struct error *error) {
  struct bot *bot = bot_find(action->model, action_number(action, "bot_id", 0));
  const struct chat *from = chat_find_for(action->model, bot, action_number(action, "from_chat_id", 0));
  struct message *original = from ? message_find(from, (int)action_number(action, "message_id", 0)) : NULL;
  const char *why = !original                           ? "there is no message of this \"from_chat_id\" and \"message_id\""
                    : original->kind == MESSAGE_SERVICE ? "a service message can't be forwarded"
                    : original->is_protected            ? "the message is protected: it can't be forwarded"
                                                        : NULL;
  if (why) error_set(error, ERROR_INPUT, "%s", why);
  return why ? NULL : original;
}

bool writing_forward(struct action *action, struct error *error) {
  struct person *person;
  struct chat *chat = action_chat(action, error);
  bool ok = chat && find_writer(action, chat, &person, error) && find_topic(action, chat, person, error);
  const struct message *original = ok ? find_original(action, error) : NULL;
  if (!original) return false;
  struct message *message = message_add(action->model, chat, person);
  message->kind = original->kind;
  message->text = message_copy_text(original->text);
  message->entities = message_copy_text(original->entities);
  message->content = message_copy_text(original->content);
  message->origin = origin_of_forward(original);
  message->is_forwarded = true;
  message->thread_id = (int)action_number(action, "message_thread_id", 0);
  message_changed(action->model, message);
  message_update_send(action->model, message);
  message_json_write(message, MESSAGE_FOR_PERSON, action->answer);
  return true;
}

/* ---- many messages at once ---- */

static void write_one(struct model *model, struct chat *chat, const struct entity_text *text) {
  struct message *message = message_add(model, chat, chat->person);
  message->text = memory_copy_text(text->text);
  if (text->entities) message->entities = memory_copy_text(text->entities);
  message_changed(model, message);
  message_update_send(model, message);
}

bool writing_flood(struct action *action, struct error *error) {
  struct model *model = action->model;
  int64_t users = action_number(action, "users", 1), each = action_number(action, "messages_each", 1);
  int64_t first_id = action_number(action, "first_id", 1);
  struct bot *bot = bot_find(model, action_number(action, "bot_id", 0));
  struct entity_text text = {0};
  bool is_too_much = users < 1 || users > FLOOD_MAX || each < 0 || each > FLOOD_MAX * 10 / users;
  if (is_too_much || first_id < 1 || first_id > INT64_MAX - FLOOD_MAX) {
    return error_set(error, ERROR_INPUT,
                     "a flood has at most %d \"users\" from a \"first_id\" above 0, and ten times as many messages", FLOOD_MAX);
  }
  if (!account_may_add(model, users, error) || !read_text(action, "text", &text, error)) return false;
  for (int64_t id = first_id; id < first_id + users; id++) {
    char name[40];
    (void)snprintf(name, sizeof name, "User %lld", (long long)id);
    if (!person_find(model, id)) (void)person_add(model, id, name, NULL, NULL, NULL);
  }
  for (int64_t i = 0; i < each * users; i++) {
    struct chat *chat = chat_find_for(model, bot, first_id + i % users);
    if (chat && chat->person) write_one(model, chat, &text);
  }
  (void)buffer_format(action->answer, NULL, "{\"messages\":%lld}", (long long)(each * users));
  entity_release(&text);
  return true;
}
