#include "sandbox/person/action.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/message.h"

#define NUMBER_MAX 9e15 /* beyond it a real number is no whole one */

int64_t action_number(const struct action *action, const char *name, int64_t absent) {
  const json_t *value = json_object_get(action->input, name);
  if (json_is_integer(value)) return json_integer_value(value);
  if (json_is_real(value)) {
    double real = json_real_value(value);
    return real > -NUMBER_MAX && real < NUMBER_MAX ? (int64_t)real : absent;
  }
  return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : absent;
}

const char *action_text(const struct action *action, const char *name) {
  return json_string_value(json_object_get(action->input, name));
}

bool action_flag(const struct action *action, const char *name, bool absent) {
  const json_t *value = json_object_get(action->input, name);
  if (json_is_string(value)) return strcmp(json_string_value(value), "true") == 0 || strcmp(json_string_value(value), "1") == 0;
  return value ? json_is_true(value) : absent;
}

struct chat *action_chat(const struct action *action, struct error *error) {
  int64_t bot_id = action_number(action, "bot_id", 0);
  struct bot *bot = bot_id ? bot_find(action->model, bot_id) : NULL;
  if (bot_id && !bot) {
    error_set(error, ERROR_INPUT, "no bot of this \"bot_id\" has called yet");
    return NULL;
  }
  struct chat *chat = chat_find_for(action->model, bot, action_number(action, "chat_id", 0));
  if (!chat) error_set(error, ERROR_INPUT, "there is no chat of this \"chat_id\"; POST /sandbox/users creates one");
  return chat;
}

struct message *action_message(const struct action *action, struct error *error) {
  const struct chat *chat = action_chat(action, error);
  struct message *message = chat ? message_find(chat, (int)action_number(action, "message_id", 0)) : NULL;
  if (chat && !message) error_set(error, ERROR_INPUT, "there is no message of this \"message_id\" in the chat");
  return message;
}
