/* pcall, xpcall and setmetatable. With Lua's own, code of a script could run where Lua calls no hook, and so without limits: as
 * the message handler of the very error that stops the script, and as a finalizer. And an error that a script catches would
 * blame a line of the host's own Lua. */
#include <lauxlib.h>
#include <stdbool.h>

#include "script/api/api.h"
#include "script/budget.h"
#include "script/place.h"
#include "script/vm.h"

/* ---- pcall and xpcall ---- */

/* The message handler of pcall. */
static int blame_script(lua_State *L) {
  lua_settop(L, 1);
  if (!vm_of(L)->is_killed) place_blame_script(L, L);
  return 1;
}

/* The message handler of xpcall that Lua sees; upvalue 1 is the script's. */
static int handle_error(lua_State *L) {
  lua_settop(L, 1);
  if (vm_of(L)->is_killed) return 1; /* the stop itself: it passes */
  place_blame_script(L, L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

/* The continuation. `context` is how many values stand below the true that is the first result. */
static int end_protected_call(lua_State *L, int status, lua_KContext context) {
  if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L) - (int)context;
  lua_pushboolean(L, false);
  lua_insert(L, -2);
  return 2;
}

/* pcall(function, ...) -> true, results... | false, error */
static int plain_call(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushcfunction(L, blame_script);
  lua_pushboolean(L, true);
  lua_rotate(L, 1, 2); /* handler true function arguments... */
  return end_protected_call(L, lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 1, 1, end_protected_call), 1);
}

/* xpcall(function, handler, ...) -> true, results... | false, what the handler returned */
static int protected_call(lua_State *L) {
  int argument_count = lua_gettop(L) - 2;
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, handle_error, 1);
  lua_replace(L, 2);
  lua_pushboolean(L, true);
  lua_pushvalue(L, 1);
  lua_rotate(L, 3, 2); /* function handler true function arguments... */
  return end_protected_call(L, lua_pcallk(L, argument_count, LUA_MULTRET, 2, 2, end_protected_call), 2);
}

/* ---- setmetatable ---- */

/* The table at 1 is one that json has marked as a list: a metatable of the script's own may take the place of the mark. */
static bool is_plain_list(lua_State *L) {
  if (!lua_getmetatable(L, 1)) return false;
  luaL_getmetatable(L, API_ARRAY);
  bool is_list = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is_list;
}

/* setmetatable(table, metatable) -> table. Lua marks an object for finalization only here, so that none has a finalizer. */
static int set_metatable(lua_State *L) {
  int type = lua_type(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL && !is_plain_list(L))
    return luaL_error(L, "cannot change a protected metatable");
  if (type == LUA_TTABLE) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "there is no __gc here: use __close, or close it yourself");
  }
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

void budget_open_globals(lua_State *L) {
  lua_pushcfunction(L, plain_call);
  lua_setglobal(L, "pcall");
  lua_pushcfunction(L, protected_call);
  lua_setglobal(L, "xpcall");
  lua_pushcfunction(L, set_metatable);
  lua_setglobal(L, "setmetatable");
}
