/* Accounts of people: they are made, renamed and listed. A person who blocks or unblocks the bots is told to them as
 * my_chat_member. */
#include "sandbox/person/actions.h"

#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"
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

static void write_person(const struct person *person, struct buffer *json) {
  (void)buffer_add(json, person->json, strlen(person->json) - 1, NULL);
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
  write_person(person, action->answer);
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

bool account_list(struct action *action, struct error *error) {
  (void)error;
  unsigned written = 0;
  json_write_text(action->answer, "{\"users\":[");
  for (struct person *person = action->model->people; person; person = person->hh.next) {
    if (person->is_bot) continue;
    if (written++) json_write_text(action->answer, ",");
    write_person(person, action->answer);
  }
  json_write_text(action->answer, "]}");
  return true;
}
