/* Accounts of people: they are made, renamed and listed. A person who blocks or unblocks the bots is told to them as
 * my_chat_member. */
#include "sandbox/person/actions.h"

#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"
#include "sandbox/model/settings.h"
#include "sandbox/person/account.h"
#include "sandbox/person/action.h"

#define PEOPLE_MAX 200000 /* some 200 MB with their chats */

static void tell_membership(struct model *model, const struct chat *chat, const struct person *person, const char *old,
                            const char *new) {
  int64_t now = model_now(model);
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    const char *name = bot->person->json;
    struct buffer json;
    buffer_init(&json, JSON_WRITE_CEILING);
    (void)buffer_format(&json, NULL,
                        "{\"chat\":%s,\"from\":%s,\"date\":%lld,\"old_chat_member\":{\"user\":%s,\"status\":\"%s\"},"
                        "\"new_chat_member\":{\"user\":%s,\"status\":\"%s\"%s}}",
                        chat->json, person->json, (long long)now, name, old, name, new,
                        strcmp(new, "kicked") == 0 ? ",\"until_date\":0" : "");
    bot_queue_update(model, bot, "my_chat_member", json.data, json.size, now + QUEUE_LIFE);
    buffer_release(&json);
  }
}

/* chat: whose last message is written, too. NULL: none. */
static void write_person(const struct person *person, const struct chat *chat, struct buffer *json) {
  const struct message *last = chat ? message_last(chat) : NULL;
  (void)buffer_add(json, person->json, strlen(person->json) - 1, NULL);
  if (last) {
    json_write_text(json, ",\"last_message\":");
    message_json_write(last, MESSAGE_FOR_PERSON, json);
  }
  json_write_text(json, person->is_blocking ? ",\"blocked\":true}" : "}");
}

bool account_may_add(const struct model *model, int64_t count, struct error *error) {
  return count <= PEOPLE_MAX - (int64_t)HASH_COUNT(model->people) ||
         error_set(error, ERROR_FULL, "the sandbox has room for %d people", PEOPLE_MAX);
}

bool account_add(struct action *action, struct error *error) {
  struct model *model = action->model;
  int64_t id = action_number(action, "id", 0);
  const char *first_name = action_text(action, "first_name");
  struct person *person = person_find(model, id);
  if (id <= 0) return error_set(error, ERROR_INPUT, "\"id\" must be a number above 0");
  if (person && person->is_bot) return error_set(error, ERROR_INPUT, "the id %lld is a bot's; choose another", (long long)id);
  if (!person && !first_name) return error_set(error, ERROR_INPUT, "\"first_name\" is missing");
  if (!person && !account_may_add(model, 1, error)) return false;
  if (first_name) {
    person = person_add(model, id, first_name, action_text(action, "last_name"), action_text(action, "username"),
                        action_text(action, "language_code"));
  }
  bool is_blocking = action_flag(action, "blocked", person->is_blocking), was_blocking = person->is_blocking;
  person->is_blocking = is_blocking;
  if (is_blocking != was_blocking) {
    tell_membership(model, chat_find(model, id), person, was_blocking ? "kicked" : "member", is_blocking ? "kicked" : "member");
  }
  write_person(person, NULL, action->answer);
  return true;
}

/* By its token a bot is there before its first call. */
bool account_set_bot(struct action *action, struct error *error) {
  const char *token = action_text(action, "token");
  int64_t id = action_number(action, "id", 0);
  struct bot *bot = token ? bot_use(action->model, token) : bot_find(action->model, id);
  if (!bot)
    return error_set(error, ERROR_INPUT,
                     "\"token\" must have the form of a token, or \"id\" be that of a bot which has called");
  person_rename_bot(bot->person, action_text(action, "first_name"), action_text(action, "username"));
  bot->has_privacy = !action_flag(action, "can_read_all_group_messages", !bot->has_privacy);
  json_write_text(action->answer, bot->person->json);
  return true;
}

/* The narrowest menu that the bot has set, first in the person's language: settings of methods/method_command.c. */
static const char *find_commands(const struct bot *bot, const char *const *scopes, const char *language) {
  for (; *scopes; scopes++) {
    char slot[100];
    for (int i = 0; i < 2; i++) {
      const char *name = *scopes, *ids = strchr(name, '|');
      int size = ids ? (int)(ids - name) : (int)strlen(name);
      (void)snprintf(slot, sizeof slot, "commands|%.*s|%.8s%s", size, name, i ? "" : language, ids ? ids : "");
      const char *commands = settings_get(bot->settings, slot);
      if (commands) return commands;
    }
  }
  return NULL;
}

/* In a private chat. */
static const char *find_private_commands(const struct bot *bot, int64_t chat_id, const char *language) {
  char chat[60];
  (void)snprintf(chat, sizeof chat, "chat|%lld|0", (long long)chat_id);
  return find_commands(bot, (const char *const[]){chat, "all_private_chats", "default", NULL}, language);
}

/* In a group, as this person sees them. NULL: a stranger. */
static const char *find_group_commands(const struct model *model, const struct bot *bot, const struct chat *chat,
                                       const struct person *person, const char *language) {
  char own[80], administrators[80], all[60];
  struct member member = person ? member_now(chat, person, model_now(model)) : (struct member){0};
  bool is_administrator = member_is_administrator(&member);
  (void)snprintf(own, sizeof own, "chat_member|%lld|%lld", (long long)chat->id, (long long)member.user_id);
  (void)snprintf(administrators, sizeof administrators, "chat_administrators|%lld|0", (long long)chat->id);
  (void)snprintf(all, sizeof all, "chat|%lld|0", (long long)chat->id);
  const char *scopes[7] = {own};
  size_t count = 1;
  if (is_administrator) scopes[count++] = administrators;
  scopes[count++] = all;
  if (is_administrator) scopes[count++] = "all_chat_administrators";
  scopes[count++] = "all_group_chats";
  scopes[count] = "default";
  return find_commands(bot, scopes, language);
}

static const char *find_shown_commands(const struct action *action, const struct bot *bot, int64_t chat_id) {
  const struct chat *chat = chat_id < 0 ? chat_find(action->model, chat_id) : NULL;
  const struct person *person = person_find(action->model, action_number(action, "from_id", 0));
  const char *given = action_text(action, "language_code"), *language = given ? given : "";
  return chat ? find_group_commands(action->model, bot, chat, person, language) : find_private_commands(bot, chat_id, language);
}

bool account_show_bot(struct action *action, struct error *error) {
  (void)error;
  int64_t chat_id = action_number(action, "chat_id", 0);
  const struct bot *bot = bot_find(action->model, action_number(action, "bot_id", 0));
  char slot[40];
  if (!bot) bot = action->model->bots;
  json_write_text(action->answer, "{\"bot\":");
  json_write_text(action->answer, bot ? bot->person->json : "null");
  if (bot) {
    (void)snprintf(slot, sizeof slot, "menu_button|%lld", (long long)chat_id);
    const char *button = settings_get(bot->settings, slot);
    json_write_raw(action->answer, "menu_button", button ? button : settings_get(bot->settings, "menu_button|0"));
    json_write_raw(action->answer, "commands", find_shown_commands(action, bot, chat_id));
  }
  json_write_text(action->answer, "}");
  return true;
}

bool account_list(struct action *action, struct error *error) {
  (void)error;
  unsigned written = 0;
  bool has_last = action_flag(action, "with_last", false);
  struct bot *bot = bot_find(action->model, action_number(action, "bot_id", 0));
  json_write_text(action->answer, "{\"users\":[");
  for (struct person *person = action->model->people; person; person = person->hh.next) {
    if (person->is_bot) continue;
    if (written++) json_write_text(action->answer, ",");
    write_person(person, has_last ? chat_find_for(action->model, bot, person->id) : NULL, action->answer);
  }
  json_write_text(action->answer, "]}");
  return true;
}
