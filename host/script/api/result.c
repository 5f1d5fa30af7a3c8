/* What a call of Telegram returns. Most handlers never look at it, and decoding it would be a seventh of the work of an update,
 * so an object stays text until a field of it is touched; then it becomes the plain table that it seems to be, with a message's
 * methods. */
#include <lauxlib.h>
#include <string.h>

#include "script/api/api.h"

static const char UNREAD[] = "lunokhod.unread"; /* the metatable of results that nobody has looked at */
static const char TEXT = 0;                     /* their one key, by address: the JSON */

/* Turns the table at 1 into what its text says. */
static void read_result(lua_State *L) {
  size_t size;
  lua_rawgetp(L, 1, &TEXT);
  const char *text = lua_tolstring(L, -1, &size);
  api_decode(L, text, size); /* text decoded */
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

void api_push_result(lua_State *L, const char *body, size_t size) {
  size_t value_size;
  const char *value = find_value(body, size, &value_size);
  if (value && value[0] == '{' && value[value_size - 1] == '}') {
    lua_createtable(L, 0, 1);
    lua_pushlstring(L, value, value_size);
    lua_rawsetp(L, -2, &TEXT);
    luaL_setmetatable(L, UNREAD);
  } else {
    api_decode(L, body, size);
    lua_getfield(L, -1, "result");
  }
}

void api_read_result(lua_State *L, int index) {
  if (!luaL_getmetafield(L, index, API_READ)) return;
  lua_pushvalue(L, index);
  lua_call(L, 1, 0);
}

void api_open_result(lua_State *L) {
  static const luaL_Reg functions[] = {{"__index", unread_index},
                                       {"__newindex", unread_newindex},
                                       {"__pairs", unread_pairs},
                                       {API_READ, unread_read},
                                       {NULL, NULL}};
  luaL_newmetatable(L, UNREAD);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
