/* A buffer as a userdata, so that an error between two of its uses leaks nothing. */
#include <lauxlib.h>

#include "common/buffer.h"
#include "script/api/api.h"

static const char BUFFER[] = "lunokhod.buffer"; /* the metatable */

static int release_buffer(lua_State *L) {
  buffer_release(luaL_checkudata(L, 1, BUFFER));
  return 0;
}

struct buffer *api_new_buffer(lua_State *L, size_t ceiling) {
  struct buffer *buffer = lua_newuserdatauv(L, sizeof *buffer, 0);
  buffer_init(buffer, ceiling);
  if (luaL_newmetatable(L, BUFFER)) {
    lua_pushcfunction(L, release_buffer);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, release_buffer);
    lua_setfield(L, -2, "__close");
    api_lock_metatable(L);
  }
  lua_setmetatable(L, -2);
  return buffer;
}
