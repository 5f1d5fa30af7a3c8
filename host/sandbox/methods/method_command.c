/* Methods about the bot's menus of commands. A menu is kept by its scope and language, which together make its slot. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/settings.h"

#define COMMANDS_MAX 100

static bool is_among(const char *type, const char *const *types, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(type, types[i]) == 0) return true;
  }
  return false;
}

static long long id_of(const json_t *scope, const char *name) {
  const json_t *id = json_object_get(scope, name);
  return json_is_string(id) ? strtoll(json_string_value(id), NULL, 10) : json_integer_value(id);
}

static bool write_slot(struct call *call, const json_t *scope, char *slot, size_t size) {
  static const char *const everywhere[] = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"};
  static const char *const of_chat[] = {"chat", "chat_administrators", "chat_member"};
  const char *type = scope ? json_string_value(json_object_get(scope, "type")) : "default";
  const char *language = call_text(call, "language_code");
  if (!language) language = "";
  if (scope && !json_is_object(scope))
    return call_fail(call, 400, "Bad Request: can't parse BotCommandScope: BotCommandScope must be an Object");
  if (!type) return call_fail(call, 400, "Bad Request: can't parse BotCommandScope: Can't find field \"type\"");
  if (is_among(type, everywhere, sizeof everywhere / sizeof *everywhere)) {
    (void)snprintf(slot, size, "commands|%s|%s", type, language);
    return true;
  }
  if (!is_among(type, of_chat, sizeof of_chat / sizeof *of_chat))
    return call_fail(call, 400, "Bad Request: can't parse BotCommandScope: Unsupported type specified");
  if (!json_object_get(scope, "chat_id"))
    return call_fail(call, 400, "Bad Request: can't parse BotCommandScope: Empty chat_id specified");
  long long chat_id = id_of(scope, "chat_id"), user_id = strcmp(type, "chat_member") == 0 ? id_of(scope, "user_id") : 0;
  if (!chat_find(call->model, chat_id)) return call_fail(call, 400, "Bad Request: chat not found");
  (void)snprintf(slot, size, "commands|%s|%s|%lld|%lld", type, language, chat_id, user_id);
  return true;
}

static bool read_scope(struct call *call, char *slot, size_t size) {
  bool is_bad;
  json_t *scope = call_json(call, "scope", &is_bad);
  bool ok = is_bad ? call_fail(call, 400, "Bad Request: can't parse BotCommandScope JSON object")
                   : write_slot(call, scope, slot, size);
  json_decref(scope);
  return ok;
}

static const char *why_not_command(const char *name, const char *description) {
  if (!*name) return "command must be non-empty";
  if (strlen(name) > 32) return "command length must not exceed 32";
  if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name)) return "BOT_COMMAND_INVALID";
  if (!description[strspn(description, " \n")]) return "command description must be non-empty";
  size_t length = 0;
  for (const char *at = description; *at; at++) length += (*at & 0xC0) != 0x80;
  return length > 256 ? "command description length must not exceed 256" : NULL;
}

static bool read_command(struct call *call, const json_t *item, json_t *commands) {
  static const char prefix[] = "Bad Request: can't parse BotCommand";
  if (!json_is_object(item)) return call_fail(call, 400, "%s: expected an Object", prefix);
  const char *fields[] = {"command", "description"}, *values[2];
  for (size_t i = 0; i < 2; i++) {
    const json_t *value = json_object_get(item, fields[i]);
    if (!value) return call_fail(call, 400, "%s: Can't find field \"%s\"", prefix, fields[i]);
    if (!json_is_string(value)) return call_fail(call, 400, "%s: Field \"%s\" must be of type String", prefix, fields[i]);
    values[i] = json_string_value(value);
  }
  if (values[0][0] == '/') values[0]++;
  const char *why = why_not_command(values[0], values[1]);
  if (why) return call_fail(call, 400, "Bad Request: %s", why);
  json_array_append_new(commands, json_pack("{s:s,s:s}", "command", values[0], "description", values[1]));
  return true;
}

static bool set_my_commands(struct call *call) {
  char slot[128];
  bool is_bad, ok = true;
  json_t *given = call_json(call, "commands", &is_bad), *commands = json_array(), *item;
  if (is_bad) ok = call_fail(call, 400, "Bad Request: can't parse commands JSON object");
  if (ok && given && !json_is_array(given)) ok = call_fail(call, 400, "Bad Request: expected an Array of BotCommand");
  if (ok && json_array_size(given) > COMMANDS_MAX) ok = call_fail(call, 400, "Bad Request: BOT_COMMANDS_TOO_MUCH");
  size_t i;
  json_array_foreach(given, i, item) ok = ok && read_command(call, item, commands);
  if (ok) ok = read_scope(call, slot, sizeof slot);
  if (ok) {
    char *text = json_array_size(commands) ? json_write_dump(commands) : NULL;
    settings_set(call->bot->settings, slot, text);
    free(text);
  }
  json_decref(given);
  json_decref(commands);
  return ok && call_true(call);
}

static bool get_my_commands(struct call *call) {
  char slot[128];
  if (!read_scope(call, slot, sizeof slot)) return false;
  const char *commands = settings_get(call->bot->settings, slot);
  json_write_text(&call->answer, commands ? commands : "[]");
  return true;
}

static bool delete_my_commands(struct call *call) {
  char slot[128];
  if (!read_scope(call, slot, sizeof slot)) return false;
  settings_set(call->bot->settings, slot, NULL);
  return call_true(call);
}

const struct method method_command[] = {
    {"setmycommands", set_my_commands}, {"getmycommands", get_my_commands}, {"deletemycommands", delete_my_commands}, {0}};
