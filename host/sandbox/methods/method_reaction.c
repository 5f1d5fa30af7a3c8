/* setMessageReaction: checked as at Telegram, but nobody sees the reaction. */
#include <jansson.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"

static const char *why_not_reaction(const json_t *reaction) {
  const char *type = json_string_value(json_object_get(reaction, "type"));
  if (!type) return "can't parse ReactionType: Can't find field \"type\"";
  if (strcmp(type, "emoji") == 0) return json_string_length(json_object_get(reaction, "emoji")) ? NULL : "REACTION_INVALID";
  if (strcmp(type, "custom_emoji") == 0) return NULL;
  return "can't parse ReactionType: invalid reaction type specified";
}

static bool set_message_reaction(struct call *call) {
  bool is_bad;
  json_t *reactions = call_json(call, "reaction", &is_bad), *reaction;
  const char *why = is_bad || (reactions && !json_is_array(reactions)) ? "can't parse reaction types JSON object" : NULL;
  size_t i;
  json_array_foreach(reactions, i, reaction) {
    if (!why) why = why_not_reaction(reaction);
  }
  if (!why && json_array_size(reactions) > 1) why = "REACTIONS_TOO_MANY";
  json_decref(reactions);
  if (why) return call_fail(call, 400, "Bad Request: %s", why);
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  return chat && call_message(call, chat, "message to react") && call_true(call);
}

const struct method method_reaction[] = {{"setmessagereaction", set_message_reaction}, {0}};
