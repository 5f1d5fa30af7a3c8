/* core.script: what the Lua halves need to know of the host. */
#include <lauxlib.h>

#include "script/api/api.h"

/* where(level) -> "scripts/clicker.lua:12", of the caller that many calls up */
static int where(lua_State *L) {
  luaL_where(L, (int)luaL_checkinteger(L, 1));
  size_t size;
  const char *text = lua_tolstring(L, -1, &size);
  lua_pushlstring(L, text, size > 2 ? size - 2 : 0);
  return 1;
}

/* me() -> getMe's result | nil */
static int me(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, API_ME);
  return 1;
}

int api_open_script(lua_State *L) {
  static const luaL_Reg functions[] = {{"where", where}, {"me", me}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
