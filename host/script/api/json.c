/* json: lua-cjson decodes, which is fast; but it makes every number a float, so integral ones become integers again here.
 * Encoding is ours, because cjson writes 14 digits, too few for ids, and can't tell an empty array. */
#include <lauxlib.h>
#include <lua-cjson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "common/error.h"
#include "script/api/api.h"
#include "script/budget.h"

enum {
  ENCODE_DEPTH = 100, /* deeper is a table that contains itself */
  ENCODE_CEILING = 64 << 20,
};
static const char DECODE = 0;                 /* registry, by address: cjson.decode */
static const char ARRAY[] = "lunokhod.array"; /* the metatable of json.array */

/* ---- decoding ---- */

/* A float holds every integer up to 2^53; beyond that cjson has lost digits already, and the float tells so. */
static void fix_number(lua_State *L, int table) { /* ... key number */
  lua_Number number = lua_tonumber(L, -1);
  if (number != floor(number) || fabs(number) > 9007199254740992.0) return;
  lua_pushvalue(L, -2);
  lua_pushinteger(L, (lua_Integer)number);
  lua_rawset(L, table); /* of a key that is there: allowed while lua_next() goes on */
}

static void fix_numbers(lua_State *L, int table) {
  luaL_checkstack(L, 6, "JSON");
  lua_pushnil(L);
  while (lua_next(L, table)) {
    int type = lua_type(L, -1);
    if (type == LUA_TNUMBER) fix_number(L, table);
    if (type == LUA_TTABLE) fix_numbers(L, lua_gettop(L));
    lua_pop(L, 1);
  }
}

void api_decode(lua_State *L, const char *text, size_t size) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &DECODE);
  lua_pushlstring(L, text, size);
  lua_call(L, 1, 1);
  if (lua_istable(L, -1)) {
    fix_numbers(L, lua_gettop(L));
  } else if (lua_isnumber(L, -1) && lua_tonumber(L, -1) == floor(lua_tonumber(L, -1))) {
    lua_pushinteger(L, (lua_Integer)lua_tonumber(L, -1));
    lua_replace(L, -2);
  }
}

/* json.decode(text) -> value | nil, message. Text from outside may be anything, so it is no error of the script. */
static int decode_protected(lua_State *L) {
  size_t size;
  const char *text = lua_tolstring(L, 1, &size);
  api_decode(L, text, size);
  return 1;
}

static int json_decode(lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_pushcfunction(L, decode_protected);
  lua_pushvalue(L, 1);
  int status = lua_pcall(L, 1, 1, 0);
  if (status == LUA_OK) return 1;
  if (status != LUA_ERRRUN) return lua_error(L); /* no memory is not the text's fault */
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

/* ---- encoding ---- */

/* A result of Telegram that is still text must be decoded first, which its metatable knows how to do. */
static void read_result(lua_State *L, int index) {
  if (!luaL_getmetafield(L, index, API_READ)) return;
  lua_pushvalue(L, index);
  lua_call(L, 1, 0);
}

static void check(lua_State *L, bool ok, const struct error *error) {
  if (!ok) luaL_error(L, "%s", error->text);
}

static void encode_number(lua_State *L, int index, struct encoder *encoder) {
  struct error error;
  lua_Number number = lua_tonumber(L, index);
  if (lua_isinteger(L, index)) {
    check(L, buffer_format(encoder->buffer, &error, LUA_INTEGER_FMT, (LUAI_UACINT)lua_tointeger(L, index)), &error);
    return;
  }
  if (!isfinite(number)) luaL_error(L, "JSON has no number for %f", (LUAI_UACNUMBER)number);
  char text[40]; /* the shortest form that reads back as the same number */
  for (int digits = 15; digits <= 17; digits++) {
    (void)snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  check(L, buffer_add_text(encoder->buffer, text, &error), &error);
}

static void encode_value(lua_State *L, int index, struct encoder *encoder, int depth);

/* json.array() marks a table, so that an empty list stays a list. */
static bool is_marked_array(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, ARRAY);
  bool is_array = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is_array;
}

/* A table is an array when its keys are 1..n and nothing else. */
static bool is_array(lua_State *L, int index, const struct encoder *encoder) {
  if (is_marked_array(L, index)) return true;
  lua_Unsigned length = lua_rawlen(L, index), count = 0;
  lua_pushnil(L);
  bool is_empty = !lua_next(L, index);
  if (is_empty) return encoder->empty_is_array;
  lua_pop(L, 2);
  if (length == 0) return false;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
  if (count != length) luaL_error(L, "a table with both a list and named fields can't be JSON");
  return true;
}

static void encode_array(lua_State *L, int index, struct encoder *encoder, int depth) {
  struct error error;
  lua_Unsigned length = lua_rawlen(L, index);
  check(L, buffer_add(encoder->buffer, "[", 1, &error), &error);
  for (lua_Unsigned i = 1; i <= length; i++) {
    if (i > 1) check(L, buffer_add(encoder->buffer, ",", 1, &error), &error);
    lua_rawgeti(L, index, (lua_Integer)i);
    encode_value(L, lua_gettop(L), encoder, depth);
    lua_pop(L, 1);
  }
  check(L, buffer_add(encoder->buffer, "]", 1, &error), &error);
}

static void encode_object(lua_State *L, int index, struct encoder *encoder, int depth) {
  struct error error;
  bool is_first = true;
  check(L, buffer_add(encoder->buffer, "{", 1, &error), &error);
  lua_pushnil(L);
  while (lua_next(L, index)) { /* key value */
    if (!is_first) check(L, buffer_add(encoder->buffer, ",", 1, &error), &error);
    is_first = false;
    int key_type = lua_type(L, -2);
    if (key_type != LUA_TSTRING && key_type != LUA_TNUMBER)
      luaL_error(L, "a JSON object's key can't be a %s", lua_typename(L, key_type));
    size_t size;
    lua_pushvalue(L, -2); /* lua_tolstring() would change the key itself, and confuse lua_next() */
    const char *key = lua_tolstring(L, -1, &size);
    check(L, buffer_add_json_string(encoder->buffer, key, size, &error) && buffer_add(encoder->buffer, ":", 1, &error), &error);
    lua_pop(L, 1);
    encode_value(L, lua_gettop(L), encoder, depth);
    lua_pop(L, 1);
  }
  check(L, buffer_add(encoder->buffer, "}", 1, &error), &error);
}

/* Recursion in C is bounded by ENCODE_DEPTH, and the Lua stack by luaL_checkstack(). */
static void encode_value(lua_State *L, int index, struct encoder *encoder, int depth) {
  struct error error;
  luaL_checkstack(L, 6, "JSON");
  budget_spend(L, 50);
  switch (lua_type(L, index)) {
    case LUA_TNUMBER: encode_number(L, index, encoder); break;
    case LUA_TBOOLEAN:
      check(L, buffer_add_text(encoder->buffer, lua_toboolean(L, index) ? "true" : "false", &error), &error);
      break;
    case LUA_TSTRING: {
      size_t size;
      const char *text = lua_tolstring(L, index, &size);
      check(L, buffer_add_json_string(encoder->buffer, text, size, &error), &error);
      break;
    }
    case LUA_TTABLE:
      if (depth >= ENCODE_DEPTH)
        luaL_error(L, "a table nested more than %d deep can't be JSON (does it contain itself?)", ENCODE_DEPTH);
      read_result(L, index);
      if (is_array(L, index, encoder)) {
        encode_array(L, index, encoder, depth + 1);
      } else {
        encode_object(L, index, encoder, depth + 1);
      }
      break;
    case LUA_TLIGHTUSERDATA: /* json.null is cjson's: a NULL pointer */
      if (lua_touserdata(L, index)) luaL_error(L, "a light userdata can't be JSON");
      check(L, buffer_add_text(encoder->buffer, "null", &error), &error);
      break;
    default:
      if (lua_type(L, index) != LUA_TUSERDATA || !encoder->userdata)
        luaL_error(L, "a %s can't be JSON", luaL_typename(L, index));
      encoder->userdata(L, index, encoder);
  }
}

void api_encode(lua_State *L, int index, struct encoder *encoder) { encode_value(L, lua_absindex(L, index), encoder, 0); }

/* json.encode(value) -> text */
static int json_encode(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  struct encoder encoder = {.buffer = api_new_buffer(L, ENCODE_CEILING)};
  lua_toclose(L, 2);
  api_encode(L, 1, &encoder);
  lua_pushlstring(L, encoder.buffer->data, encoder.buffer->size);
  return 1;
}

/* json.array(table?) -> the same table, encoded as an array even when it is empty */
static int json_array(lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_setmetatable(L, ARRAY);
  return 1;
}

int api_open_json(lua_State *L) {
  static const luaL_Reg functions[] = {{"encode", json_encode}, {"decode", json_decode}, {"array", json_array}, {NULL, NULL}};
  luaL_newmetatable(L, ARRAY);
  api_lock_metatable(L);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  lua_pushcfunction(L, luaopen_cjson);
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "decode_invalid_numbers");
  lua_pushboolean(L, false);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &DECODE);
  lua_pop(L, 1);
  return 1;
}
