/* core.script: errors that name the place in the script, what getMe told, the methods that Telegram has, sources of scripts. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "backup/backup.h"
#include "common/buffer.h"
#include "common/character.h"
#include "common/embed.h"
#include "common/error.h"
#include "common/text_case.h"
#include "common/whole_file.h"
#include "script/api/api.h"
#include "script/api/input_file.h"
#include "script/budget.h"
#include "script/file_access.h"
#include "script/place.h"
#include "script/run.h"
#include "script/vm.h"
#include "telegram/telegram.h"

enum {
  SOURCE_CEILING = 4 << 20, /* of one script */
  FOLDED_MOST = 1 << 20,    /* bytes: GLib ends the process where it finds no memory */
};

/* where(level) -> "scripts/clicker.lua:12", of the caller that many calls up */
static int where(lua_State *L) {
  luaL_where(L, (int)luaL_checkinteger(L, 1));
  size_t size;
  const char *text = lua_tolstring(L, -1, &size);
  lua_pushlstring(L, text, size > 2 ? size - 2 : 0);
  return 1;
}

/* misuse(text): raises the text with the line of the script that called, however many functions of our own lie between. */
static int misuse(lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 1);
  place_push(L, L);
  if (lua_isstring(L, 2)) {
    lua_pushfstring(L, "%s: %s", lua_tostring(L, 2), lua_tostring(L, 1));
  } else {
    lua_settop(L, 1);
  }
  return lua_error(L);
}

/* me() -> getMe's result | nil. A copy, so that no script changes it for the others. */
static int me(lua_State *L) {
  if (lua_getfield(L, LUA_REGISTRYINDEX, API_ME) != LUA_TTABLE) return 1;
  lua_newtable(L);
  for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1)) { /* me, copy, key, value */
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_settable(L, -5);
  }
  return 1;
}

/* admin() -> the id of the admin's chat | nil */
static int admin(lua_State *L) {
  int64_t id = vm_of(L)->options.admin_id;
  if (!id) return 0;
  lua_pushinteger(L, id);
  return 1;
}

/* keeps_menu(language) -> is the admin's menu of that language one that the backup writes? */
static int keeps_menu(lua_State *L) {
  const struct script_options *options = &vm_of(L)->options;
  const char *language = luaL_checkstring(L, 1);
  lua_pushboolean(L, options->backup && backup_keeps_menu(options->backup, options->admin_id, language));
  return 1;
}

/* find_method(name) -> the method in Telegram's spelling | nil, the nearest one | nil */
static int find_method(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const struct method *method = method_find(name), *nearest = method ? NULL : method_nearest(name);
  lua_pushstring(L, method ? method_name(method) : NULL);
  lua_pushstring(L, nearest ? method_name(nearest) : NULL);
  return 2;
}

/* find_parameter(method, name) -> whether it has it, the nearest one | nil */
static int find_parameter(lua_State *L) {
  const struct method *method = method_find(luaL_checkstring(L, 1));
  const char *name = luaL_checkstring(L, 2);
  luaL_argcheck(L, method, 1, "a method of Telegram expected");
  size_t size;
  const char *nearest = method_nearest_parameter(method, name, &size);
  lua_pushboolean(L, method_has_parameter(method, name));
  if (nearest) lua_pushlstring(L, nearest, size);
  return nearest ? 2 : 1;
}

/* nearest(name, words) -> the one of the words that it may be misspelt from | nil */
static int nearest_word(lua_State *L) {
  size_t size;
  const char *nearest = method_nearest_word(luaL_checkstring(L, 2), luaL_checkstring(L, 1), &size);
  if (!nearest) return 0;
  lua_pushlstring(L, nearest, size);
  return 1;
}

/* The text of a file that scripts may read. Returns what a function does: the text, or nothing. */
static int read_text(lua_State *L, const char *name) {
  char path[PATH_MAX];
  struct buffer *text = api_new_buffer(L, SOURCE_CEILING);
  if (file_access_ask(&vm_of(L)->options, name, path) != FILE_ALLOWED) return 0;
  bool ok = whole_file_read(path, text, NULL);
  if (ok) lua_pushlstring(L, text->data ? text->data : "", text->size);
  return ok;
}

/* builtin(name) -> the text of a file that is built in | nil */
static int builtin(lua_State *L) {
  const struct embed_file *file = embed_find(luaL_checkstring(L, 1));
  if (!file) return 0;
  lua_pushlstring(L, file->data, file->size);
  return 1;
}

/* read(path) -> the source text of a script | nil */
static int read_source(lua_State *L) { return read_text(L, luaL_checkstring(L, 1)); }

/* read_beside(path) -> the text of a file beside the script that calls | nil */
static int read_beside(lua_State *L) {
  size_t size;
  const char *path = luaL_checklstring(L, 1, &size);
  luaL_argcheck(L, strlen(path) == size, 1, "a path without a zero byte expected");
  api_push_beside(L, path);
  return read_text(L, lua_tostring(L, -1));
}

/* loosen(order): while the handler that is running waits, these alone wait for it: "chat", "user" or "none". It stays looser
 * where it was. */
static int loosen(lua_State *L) {
  static const char *const names[] = {"chat", "user", "none", NULL};
  enum script_order order = (enum script_order)luaL_checkoption(L, 1, NULL, names);
  struct run *run = vm_of(L)->current;
  if (run && order > run->order) run->order = order;
  return 0;
}

/* Is there a letter beyond ASCII, and may GLib read the text? */
static bool needs_unicode(const char *text, size_t size) {
  bool is_ascii = true;
  for (size_t i = 0; is_ascii && i < size; i++) is_ascii = (unsigned char)text[i] < 0x80;
  return !is_ascii && size <= FOLDED_MOST && !memchr(text, '\0', size) && character_valid_size(text, size) == size;
}

/* fold(text) -> as text.fold, but takes whatever may come in a message: what is no text keeps its bytes, except for A to Z. */
static int fold(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  budget_spend(L, size);
  if (needs_unicode(text, size)) {
    struct buffer *folded = api_new_buffer(L, FOLDED_MOST * 4);
    if (text_case_add(TEXT_CASE_FOLDED, text, size, folded, NULL)) {
      lua_pushlstring(L, folded->data, folded->size);
      return 1;
    }
  }
  luaL_Buffer buffer;
  char *to = luaL_buffinitsize(L, &buffer, size);
  for (size_t i = 0; i < size; i++) to[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + ('a' - 'A')) : text[i];
  luaL_pushresultsize(&buffer, size);
  return 1;
}

/* place() -> "scripts/clicker.lua:12", the line of a script that is running, however many functions of our own it has called */
static int place(lua_State *L) {
  place_push(L, L);
  return 1;
}

/* ---- for what every click does: Lua's type(), getmetatable() and setmetatable() make or look up a text each time ---- */

/* is_table(value) -> boolean */
static int is_table(lua_State *L) {
  lua_pushboolean(L, lua_type(L, 1) == LUA_TTABLE);
  return 1;
}

/* is_text(value) -> boolean */
static int is_text(lua_State *L) {
  lua_pushboolean(L, lua_type(L, 1) == LUA_TSTRING);
  return 1;
}

/* plain_text(value) -> a number or a text as tostring() writes it | nil. Lua itself asks printf() for an integer */
static int plain_text(lua_State *L) {
  if (lua_isinteger(L, 1)) {
    char digits[BUFFER_DIGITS];
    size_t size;
    const char *text = buffer_write_digits(lua_tointeger(L, 1), digits, &size);
    lua_pushlstring(L, text, size);
  } else if (!lua_isstring(L, 1)) {
    lua_pushnil(L);
  } else {
    lua_settop(L, 1);
    (void)lua_tostring(L, 1); /* a number becomes a text */
  }
  return 1;
}

/* has_id(value) -> boolean: it is a table with a whole number as its id, as Telegram's people and chats are */
static int has_id(lua_State *L) {
  bool has_field = lua_istable(L, 1) && lua_getfield(L, 1, "id") == LUA_TNUMBER;
  lua_pushboolean(L, has_field && lua_isinteger(L, -1));
  return 1;
}

/* metatable_of(value) -> the metatable itself, protected or not | nil. No script may get one. */
static int metatable_of(lua_State *L) {
  luaL_checkany(L, 1);
  if (!lua_getmetatable(L, 1)) lua_pushnil(L);
  return 1;
}

/* put_metatable(table, metatable) -> table. For metatables of the host, which have no __gc. */
static int put_metatable(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

int api_open_script(lua_State *L) {
  static const luaL_Reg functions[] = {{"where", where},
                                       {"misuse", misuse},
                                       {"me", me},
                                       {"admin", admin},
                                       {"keeps_menu", keeps_menu},
                                       {"find_method", find_method},
                                       {"find_parameter", find_parameter},
                                       {"read", read_source},
                                       {"read_beside", read_beside},
                                       {"nearest", nearest_word},
                                       {"builtin", builtin},
                                       {"loosen", loosen},
                                       {"place", place},
                                       {"fold", fold},
                                       {"is_table", is_table},
                                       {"is_text", is_text},
                                       {"plain_text", plain_text},
                                       {"has_id", has_id},
                                       {"metatable_of", metatable_of},
                                       {"put_metatable", put_metatable},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
