/* Feeds the reader of JSON with what the fuzzer thinks of: a value or an error, and one value on the stack. */
#include <lauxlib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "script/api/api.h"

static const char *text;
static size_t text_size;

static int decode(lua_State *L) {
  api_decode(L, text, text_size);
  if (lua_gettop(L) != 1) abort();
  return 1;
}

/* A copy of exactly that size, so that a byte read past the end is found. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lua_State *L;
  if (!L) {
    L = luaL_newstate();
    luaL_newmetatable(L, API_ARRAY);
    lua_pop(L, 1);
  }
  char *copy = malloc(size ? size : 1);
  memcpy(copy, data, size);
  text = copy;
  text_size = size;
  lua_pushcfunction(L, decode);
  int status = lua_pcall(L, 0, 1, 0);
  if (status == LUA_ERRMEM) abort();
  lua_settop(L, 0);
  free(copy);
  return 0;
}
