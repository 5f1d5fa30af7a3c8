/* What a call to the outside returns: a result, or nil and an error value.
 *
 * Most handlers never read the result of a call to Telegram, and decoding it would be a seventh of the work of an update. So an
 * object stays text until one of its fields is used; then it becomes the plain table that it seems to be, with a message's
 * methods. */
#include <lauxlib.h>
#include <string.h>

#include "common/error.h"
#include "script/api/api.h"

static const char UNREAD[] = "lunokhod.unread"; /* the metatable of results that are still text */
static const char TEXT = 0;                     /* their one key, by address: the JSON */
static const char ERROR_VALUE[] = "lunokhod.error";

/* ---- results ---- */

/* Turns the table at 1 into what its text says. */
static void read_result(lua_State *L) {
  size_t size;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_rawgetp(L, 1, &TEXT);
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &size) : NULL;
  if (text) api_decode_telegram(L, text, size); /* text decoded */
  /* next() shows a script the key, and rawset() takes it */
  if (!text || !lua_istable(L, -1)) luaL_error(L, "a result of Telegram was changed before it was read");
  lua_pushnil(L);
  lua_rawsetp(L, 1, &TEXT);
  lua_pushnil(L);
  lua_setmetatable(L, 1);
  for (lua_pushnil(L); lua_next(L, -2);) { /* text decoded key value */
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, 1);
  }
  lua_pop(L, 2);
  lua_getfield(L, LUA_REGISTRYINDEX, API_DRESS);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
}

/* The metamethods of a result that is still text. Each decodes it, which takes these metamethods away, and goes on as usual. */
static int unread_index(lua_State *L) {
  read_result(L);
  lua_gettable(L, 1);
  return 1;
}

static int unread_newindex(lua_State *L) {
  read_result(L);
  lua_settable(L, 1);
  return 0;
}

static int unread_pairs(lua_State *L) {
  lua_settop(L, 1);
  read_result(L);
  lua_getglobal(L, "next");
  lua_pushvalue(L, 1);
  return 2;
}

static int unread_tostring(lua_State *L) {
  lua_settop(L, 1);
  read_result(L);
  luaL_tolstring(L, 1, NULL);
  return 1;
}

static int unread_read(lua_State *L) {
  lua_settop(L, 1);
  read_result(L);
  return 0;
}

/* {"ok":true,"result":VALUE}: where VALUE is, or NULL when it is written in another way. */
static const char *find_value(const char *body, size_t size, size_t *value_size) {
  static const char head[] = "{\"ok\":true,\"result\":";
  size_t head_size = sizeof head - 1;
  if (size <= head_size + 1 || memcmp(body, head, head_size) != 0) return NULL;
  *value_size = size - head_size - 1;
  return body + head_size;
}

bool api_push_result(lua_State *L, const char *body, size_t size) {
  size_t value_size;
  const char *value = find_value(body, size, &value_size);
  if (value && value[0] == '{' && value[value_size - 1] == '}') {
    lua_createtable(L, 0, 1);
    lua_pushlstring(L, value, value_size);
    lua_rawsetp(L, -2, &TEXT);
    luaL_setmetatable(L, UNREAD);
    return false;
  }
  api_decode_telegram(L, body, size);
  lua_getfield(L, -1, "result");
  return true;
}

void api_dress_result(lua_State *L, int method, int parameters) {
  if (!lua_istable(L, -1)) return;
  lua_getfield(L, LUA_REGISTRYINDEX, API_DRESS);
  lua_pushvalue(L, -2);
  lua_pushvalue(L, method);
  lua_pushvalue(L, parameters);
  lua_call(L, 3, 0);
}

/* ---- errors: nil, err ---- */

static int error_to_text(lua_State *L) {
  lua_getfield(L, 1, "text");
  return 1;
}

int api_push_error(lua_State *L, const struct error *error, int code, const char *description, int retry_after) {
  lua_pushnil(L);
  lua_createtable(L, 0, 5);
  lua_pushstring(L, error->text);
  lua_setfield(L, -2, "text");
  lua_pushstring(L, error_kind_name(error->kind));
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, description && description[0] ? description : error->text);
  lua_setfield(L, -2, "description");
  if (code) {
    lua_pushinteger(L, code);
    lua_setfield(L, -2, "code");
  }
  if (retry_after) {
    lua_pushinteger(L, retry_after);
    lua_setfield(L, -2, "retry_after");
  }
  luaL_setmetatable(L, ERROR_VALUE);
  return 2;
}

void api_open_result(lua_State *L) {
  static const luaL_Reg functions[] = {{"__index", unread_index}, {"__newindex", unread_newindex},
                                       {"__pairs", unread_pairs}, {"__tostring", unread_tostring},
                                       {API_READ, unread_read},   {NULL, NULL}};
  luaL_newmetatable(L, UNREAD);
  luaL_setfuncs(L, functions, 0);
  api_lock_metatable(L);
  luaL_newmetatable(L, ERROR_VALUE);
  api_lock_metatable(L);
  lua_pushcfunction(L, error_to_text);
  lua_setfield(L, -2, "__tostring");
  lua_pop(L, 2);
}
