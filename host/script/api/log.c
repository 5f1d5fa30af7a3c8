/* log: debug, info, warn and error, whose arguments are joined as by print(). Each line names the file and line of the script.
 */
#include "common/log.h"

#include <lauxlib.h>

#include "script/api/api.h"
#include "script/place.h"

static int log_message(lua_State *L) {
  enum log_level level = (enum log_level)lua_tointeger(L, lua_upvalueindex(1));
  int count = lua_gettop(L);
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  for (int i = 1; i <= count; i++) {
    if (i > 1) luaL_addchar(&text, ' ');
    luaL_tolstring(L, i, NULL);
    luaL_addvalue(&text);
  }
  luaL_pushresult(&text);
  place_push(L, L);
  if (lua_isnil(L, -1)) { /* the host's own Lua, without a script */
    luaL_where(L, 1);     /* "lunokhod/broadcast.lua:7: " */
    size_t where_size;
    const char *where = lua_tolstring(L, -1, &where_size);
    if (where_size > 2) lua_pushlstring(L, where, where_size - 2);
  }
  const char *source = lua_tostring(L, -1);
  size_t size;
  const char *message = lua_tolstring(L, count + 1, &size);
  log_script(level, message, size, source && source[0] ? source : NULL);
  return 0;
}

int api_open_log(lua_State *L) {
  static const char *const names[] = {"debug", "info", "warn", "error"};
  lua_createtable(L, 0, 4);
  for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
    lua_pushinteger(L, level);
    lua_pushcclosure(L, log_message, 1);
    lua_setfield(L, -2, names[level]);
  }
  return 1;
}
