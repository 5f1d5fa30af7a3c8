/* Checks parameters against the Bot API's description. Telegram reads numbers and booleans leniently, whatever is in them:
 * so only lists and objects can be of a wrong type. */
#include "sandbox/methods/parameters.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sandbox/methods/call.h"

struct description {
  const char *method, *parameters; /* "chat_id:c! text:s!" */
};

static const struct description descriptions[] = {
#include "sandbox/methods/parameter_table.h"
};

/* The rooms check these themselves: Telegram has words of its own for each, or takes the call without it. */
static const char *const of_rooms[] = {"chat_id",
                                       "user_id",
                                       "from_chat_id",
                                       "message_id",
                                       "message_ids",
                                       "text",
                                       "question",
                                       "options",
                                       "latitude",
                                       "longitude",
                                       "file_id",
                                       "callback_query_id",
                                       "commands",
                                       "phone_number",
                                       "first_name",
                                       "url",
                                       "action",
                                       "results",
                                       "inline_query_id",
                                       "permissions",
                                       "reaction",
                                       "chat_action",
                                       "media",
                                       "name",
                                       "allowed_updates",
                                       "reply_markup",
                                       "scope",
                                       "reply_parameters",
                                       "link_preview_options",
                                       "prices",
                                       "menu_button",
                                       "rights",
                                       "shipping_options",
                                       "stickers",
                                       "emoji_list",
                                       "custom_emoji_ids"};

static const struct description *find(const char *method) {
  for (size_t i = 0; i < sizeof descriptions / sizeof *descriptions; i++) {
    if (strcasecmp(descriptions[i].method, method) == 0) return &descriptions[i];
  }
  return NULL;
}

const char *parameters_method(const char *name) {
  const struct description *description = find(name);
  return description ? description->method : NULL;
}

static bool is_of_rooms(const char *name) {
  for (size_t i = 0; i < sizeof of_rooms / sizeof *of_rooms; i++) {
    if (strcmp(name, of_rooms[i]) == 0) return true;
  }
  return false;
}

/* Telegram takes entities that are no list for none, whatever the method. */
static bool are_entities(const char *name) {
  static const char ending[] = "entities";
  size_t size = strlen(name), length = sizeof ending - 1;
  return size >= length && strcmp(name + size - length, ending) == 0;
}

static bool is_given(const struct call *call, const char *name, char letter) {
  return letter == 'm' ? call_find(call, name) != NULL : call_text(call, name) != NULL;
}

static bool fail_missing(struct call *call, const char *name, char letter) {
  if (strcmp(name, "chat_id") == 0) return call_fail(call, 400, "Bad Request: chat_id is empty");
  if (strcmp(name, "user_id") == 0) return call_fail(call, 400, "Bad Request: invalid user_id specified");
  if (strcmp(name, "message_id") == 0) return call_fail(call, 400, "Bad Request: message identifier is not specified");
  if (letter == 'm') return call_fail(call, 400, "Bad Request: there is no %s in the request", name);
  return call_fail(call, 400, "Bad Request: parameter \"%s\" is required", name);
}

static bool check_json(struct call *call, const char *name, char letter) {
  bool is_bad;
  json_t *json = call_json(call, name, &is_bad);
  bool ok = !is_bad || call_fail(call, 400, "Bad Request: can't parse %s JSON object", name);
  if (ok && json && letter == 'l' && !json_is_array(json))
    ok = call_fail(call, 400, "Bad Request: expected an Array as %s", name);
  else if (ok && json && letter == 'o' && !json_is_object(json)) {
    ok = call_fail(call, 400, "Bad Request: object expected as %s", name);
  }
  json_decref(json);
  return ok;
}

/* Splits "chat_id:c! text:s!" into its first name, which is copied, and its letter. Returns what follows; NULL: no more. */
static const char *next(const char *at, char name[64], char *letter, bool *is_required) {
  size_t size = strcspn(at, ":");
  if (!at[size]) return NULL;
  (void)snprintf(name, 64, "%.*s", (int)size, at);
  *letter = at[size + 1];
  *is_required = at[size + 2] == '!';
  at += size + 2 + *is_required;
  return at + (*at == ' ');
}

bool parameters_check(struct call *call, bool is_all) {
  const struct description *description = find(call->method);
  char name[64], letter;
  bool is_required;
  for (const char *at = description ? description->parameters : ""; (at = next(at, name, &letter, &is_required));) {
    if (!is_all && (letter == 'm' || is_of_rooms(name))) continue;
    if (is_required && !is_given(call, name, letter)) return fail_missing(call, name, letter);
    if ((letter == 'l' || letter == 'o') && !are_entities(name) && !check_json(call, name, letter)) return false;
  }
  return true;
}
