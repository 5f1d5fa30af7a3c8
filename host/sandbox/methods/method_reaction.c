/* Methods about reactions to messages. */
#include <jansson.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/message.h"
#include "sandbox/model/reaction.h"

/* The reactions that everybody may use. A bot has no others but custom emoji. */
/* clang-format off */ /* which counts the width of these otherwise each time */
static const char allowed[] =
    " ❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡"
    " 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈"
    " 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿"
    " 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡 ";
/* clang-format on */

/* A selector of presentation (U+FE0F) makes no difference. */
static bool is_allowed(const char *emoji) {
  char word[64] = " ";
  size_t size = 1;
  while (*emoji && size < sizeof word - 5) {
    if (strncmp(emoji, "\xEF\xB8\x8F", 3) == 0)
      emoji += 3;
    else
      word[size++] = *emoji++;
  }
  word[size] = ' ';
  return !*emoji && size > 1 && !memchr(word + 1, ' ', size - 1) && strstr(allowed, word);
}

static const char *why_not_reaction(const json_t *reaction) {
  const char *type = json_string_value(json_object_get(reaction, "type"));
  if (!type) return "can't parse ReactionType: Can't find field \"type\"";
  const char *emoji = json_string_value(json_object_get(reaction, "emoji"));
  if (strcmp(type, "emoji") == 0) return emoji && is_allowed(emoji) ? NULL : "REACTION_INVALID";
  if (strcmp(type, "custom_emoji") == 0) return NULL;
  return "can't parse ReactionType: invalid reaction type specified";
}

static bool set_message_reaction(struct call *call) {
  bool is_bad;
  json_t *reactions = call_json(call, "reaction", &is_bad), *reaction;
  const char *why = is_bad                                   ? "can't parse reaction types JSON object"
                    : reactions && !json_is_array(reactions) ? "expected an Array of ReactionType"
                                                             : NULL;
  size_t i;
  json_array_foreach(reactions, i, reaction) {
    if (!why) why = why_not_reaction(reaction);
  }
  if (!why && json_array_size(reactions) > 1) why = "REACTIONS_TOO_MANY";
  bool ok = !why || call_fail(call, 400, "Bad Request: %s", why);
  struct chat *chat = ok ? call_chat(call, "chat_id", CALL_WRITE) : NULL;
  struct message *message = chat ? call_message(call, chat, "message to react") : NULL;
  if (message) reaction_set(call->model, message, call->bot->person, reactions);
  json_decref(reactions);
  return message && call_true(call);
}

static bool delete_reaction(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  struct message *message = chat ? call_message(call, chat, "message to react") : NULL;
  const struct person *person = message ? call_person(call) : NULL;
  if (!person) return false;
  reaction_remove(call->model, message, person);
  return call_true(call);
}

static bool delete_all_reactions(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  const struct person *person = chat ? call_person(call) : NULL;
  if (!person) return false;
  for (unsigned i = 0; i < chat->count; i++) {
    if (chat->messages[i]->reactions) reaction_remove(call->model, chat->messages[i], person);
  }
  return call_true(call);
}

const struct method method_reaction[] = {{"setmessagereaction", set_message_reaction},
                                         {"deletemessagereaction", delete_reaction},
                                         {"deleteallmessagereactions", delete_all_reactions},
                                         {0}};
