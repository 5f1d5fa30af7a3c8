/* Reactions of people to messages. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <string.h>

#include "common/error.h"
#include "sandbox/model/message.h"
#include "sandbox/model/person.h"
#include "sandbox/model/reaction.h"
#include "sandbox/person/action.h"

/* An emoji stands for the ReactionType of it. Given: json_decref(). */
static json_t *read_reactions(const struct action *action) {
  json_t *reactions = json_array(), *item;
  size_t i;
  json_array_foreach(json_object_get(action->input, "reaction"), i, item) {
    if (json_is_string(item))
      json_array_append_new(reactions, json_pack("{s:s,s:s}", "type", "emoji", "emoji", json_string_value(item)));
    else if (json_is_object(item))
      json_array_append(reactions, item);
  }
  return reactions;
}

bool reacting_set(struct action *action, struct error *error) {
  struct message *message = action_message(action, error);
  if (!message) return false;
  const struct person *person =
      person_find(action->model, action_number(action, "from_id", action_number(action, "chat_id", 0)));
  if (!person) return error_set(error, ERROR_INPUT, "\"from_id\" must name the person who reacts");
  if (!json_is_array(json_object_get(action->input, "reaction")))
    return error_set(error, ERROR_INPUT, "\"reaction\" must be a list of emoji or of ReactionType objects");
  json_t *reactions = read_reactions(action);
  reaction_set(action->model, message, person, reactions);
  json_decref(reactions);
  return true;
}
