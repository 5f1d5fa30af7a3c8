/* The metatables of what the host gives to scripts. Their functions take a value for what it says it is, so no script may call
 * them on another, nor put functions of its own there. */
#include <lauxlib.h>

#include "script/api/api.h"

void api_lock_metatable(lua_State *L) {
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
}

void api_make_closing_metatable(lua_State *L, const char *name, lua_CFunction close) {
  luaL_newmetatable(L, name);
  lua_pushcfunction(L, close);
  lua_setfield(L, -2, "__close");
  lua_pushcfunction(L, close);
  lua_setfield(L, -2, "__gc");
  api_lock_metatable(L);
  lua_pop(L, 1);
}
