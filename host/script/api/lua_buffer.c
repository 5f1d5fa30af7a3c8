/* A buffer as a userdata, so that an error between two of its uses leaks nothing. */
#include <lauxlib.h>

#include "common/buffer.h"
#include "script/api/api.h"

static int release_buffer(lua_State *L) {
  buffer_release(lua_touserdata(L, 1));
  return 0;
}

struct buffer *api_new_buffer(lua_State *L, size_t ceiling) {
  struct buffer *buffer = lua_newuserdatauv(L, sizeof *buffer, 0);
  buffer_init(buffer, ceiling);
  if (luaL_newmetatable(L, "lunokhod.buffer")) {
    lua_pushcfunction(L, release_buffer);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, release_buffer);
    lua_setfield(L, -2, "__close");
  }
  lua_setmetatable(L, -2);
  return buffer;
}
