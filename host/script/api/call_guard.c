/* What a script may not call. Such a call is an error of its line.
 * Of the backup: write or delete the menu that says which host reigns, the pointers, or the messages that hold the data. The
 * menu can't be shared: only the host's own write with a number of its own says that it reigns, and a script's write that
 * arrives late would take that from the host after it.
 * Of the updates: ask for them, or set where they go. A poll of a script may confirm what the host has not got yet, and a
 * webhook ends the host's polls. Either may drop what people have written.
 * Of the server: take the bot off it. logOut drops what waits, and for ten minutes all calls are refused; close makes calls
 * fail that are under way, of which nobody knows then whether they have happened. */
#include <ctype.h>
#include <jansson.h>
#include <lauxlib.h>
#include <string.h>
#include <strings.h>

#include "backup/backup.h"
#include "common/buffer.h"
#include "script/api/api.h"
#include "script/place.h"
#include "script/vm.h"

enum subject { A_MENU, A_MESSAGE, MESSAGES, A_PIN, ALL_PINS, UPDATES, THE_SERVER };

static const struct {
  const char *method;
  enum subject subject;
} guarded[] = {
    {"setMyCommands", A_MENU},       {"deleteMyCommands", A_MENU},
    {"deleteMessage", A_MESSAGE},    {"deleteMessages", MESSAGES},
    {"editMessageText", A_MESSAGE},  {"editMessageCaption", A_MESSAGE},
    {"editMessageMedia", A_MESSAGE}, {"editMessageReplyMarkup", A_MESSAGE},
    {"unpinChatMessage", A_PIN},     {"unpinAllChatMessages", ALL_PINS},
    {"getUpdates", UPDATES},         {"setWebhook", UPDATES},
    {"deleteWebhook", UPDATES},      {"logOut", THE_SERVER},
    {"close", THE_SERVER},
};

static int refuse(lua_State *L, const char *method, const char *why) {
  place_push(L, L);
  const char *place = lua_tostring(L, -1);
  lua_pushfstring(L, "%s%s%s: %s", place ? place : "", place ? ": " : "", method, why);
  return lua_error(L);
}

/* A parameter, a number or a text of one, as Telegram takes it; 0: there is none. */
static int64_t integer_of(lua_State *L, int table, const char *name) {
  lua_getfield(L, table, name);
  int64_t number = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return number;
}

/* The value on top as Telegram would read it: a text is JSON. NULL: it is none. Given: json_decref(). */
static json_t *json_of(lua_State *L) {
  struct encoder encoder = {.buffer = api_new_buffer(L, 1 << 20), .empty_is_array = true, .takes_bytes = true};
  if (lua_type(L, -2) == LUA_TSTRING) return json_loads(lua_tostring(L, -2), 0, NULL);
  if (lua_type(L, -2) != LUA_TTABLE) return NULL;
  api_encode(L, lua_absindex(L, -2), &encoder);
  return json_loadb(encoder.buffer->data, encoder.buffer->size, 0, NULL);
}

static int64_t json_number(const json_t *value) {
  if (json_is_string(value)) return strtoll(json_string_value(value), NULL, 10);
  return (int64_t)json_number_value(value);
}

static bool is_menu_kept(lua_State *L, const struct backup *backup, int parameters) {
  lua_getfield(L, parameters, "language_code");
  const char *language = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  lua_getfield(L, parameters, "scope");
  json_t *scope = json_of(L);
  const char *type = json_string_value(json_object_get(scope, "type"));
  int64_t chat_id = json_number(json_object_get(scope, "chat_id"));
  bool is_kept = type && strcmp(type, "chat") == 0 && backup_keeps_menu(backup, chat_id, language);
  json_decref(scope);
  return is_kept;
}

static bool is_any_kept(lua_State *L, const struct backup *backup, int parameters) {
  int64_t chat_id = integer_of(L, parameters, "chat_id");
  lua_getfield(L, parameters, "message_ids");
  json_t *ids = json_of(L);
  size_t i;
  json_t *id;
  bool is_kept = false;
  json_array_foreach(ids, i, id) is_kept = is_kept || backup_keeps_message(backup, chat_id, json_number(id));
  json_decref(ids);
  return is_kept;
}

static void check_backup(lua_State *L, const struct backup *backup, const char *method, enum subject subject, int parameters) {
  int64_t chat_id = integer_of(L, parameters, "chat_id"), message_id = integer_of(L, parameters, "message_id");
  bool is_kept = backup_keeps_message(backup, chat_id, message_id);
  if (subject == A_MENU && is_menu_kept(L, backup, parameters)) {
    refuse(L, method,
           "the menu of the admin's own chat says which host may save the data, so a script can't write it; for a menu of the "
           "admin's give a language_code, for everybody's leave out the scope");
  } else if ((subject == A_MESSAGE && is_kept) || (subject == MESSAGES && is_any_kept(L, backup, parameters))) {
    refuse(L, method, "this message holds the backup, or a copy of it: a script can't change or delete it");
  } else if (subject == A_PIN && (is_kept || (!message_id && backup_keeps_chat(backup, chat_id)))) {
    refuse(L, method, "the backup is found by its pin: give the message_id of another pinned message of the admin's chat");
  } else if (subject == ALL_PINS && backup_keeps_chat(backup, chat_id)) {
    refuse(L, method, "the backup is found by its pin: unpin single messages of the admin's chat, by unpinChatMessage");
  }
}

void api_guard_call(lua_State *L, const char *method, int parameters) {
  const struct backup *backup = vm_of(L)->options.backup;
  int top = lua_gettop(L);
  char first = (char)tolower((unsigned char)*method); /* spares the comparisons for nearly every call */
  for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++) {
    if (first != guarded[i].method[0] || strcasecmp(method, guarded[i].method) != 0) continue;
    if (guarded[i].subject == UPDATES)
      refuse(L, method, "the host asks for the updates, or has set its webhook: what a script took or dropped would be lost");
    else if (guarded[i].subject == THE_SERVER)
      refuse(L, method,
             "it takes the bot from its server, so updates and calls would be lost: stop the host, then call it by hand");
    else if (backup)
      check_backup(L, backup, method, guarded[i].subject, parameters);
  }
  lua_settop(L, top);
}
