/* json: what json_reader.c reads, and the way back. An error names the place of what can't be JSON, such as items[2].name. */
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/error.h"
#include "script/api/api.h"
#include "script/budget.h"

enum {
  ENCODE_DEPTH = 100, /* deeper is a table that contains itself */
  ENCODE_CEILING = 64 << 20,
};

/* The way to a value from the one that is encoded; on the C stack, from the inside out. */
struct place {
  const struct place *up; /* NULL: the outermost value */
  const char *name;       /* in an object, borrowed; NULL in a list */
  lua_Integer index;      /* in a list */
};

/* ---- decoding ---- */

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

/* Pushes " at items[2].name", or nothing for the outermost value. */
static const char *push_place(lua_State *L, const struct place *place) {
  luaL_checkstack(L, 4, "JSON");
  lua_pushliteral(L, "");
  bool has_name = false; /* of what stands on the stack: it begins with one */
  for (; place && (place->name || place->index); place = place->up) {
    if (place->name) {
      lua_pushfstring(L, has_name ? "%s." : "%s", place->name);
    } else {
      lua_pushfstring(L, has_name ? "[%I]." : "[%I]", (LUAI_UACINT)place->index);
    }
    lua_insert(L, -2);
    lua_concat(L, 2);
    has_name = place->name != NULL;
  }
  if (lua_rawlen(L, -1) == 0) return lua_tostring(L, -1);
  return lua_pushfstring(L, " at %s", lua_tostring(L, -1));
}

static int refuse(lua_State *L, const struct place *place, const char *what) {
  const char *text = lua_pushstring(L, what);
  return luaL_error(L, "%s%s", text, push_place(L, place));
}

static void encode_number(lua_State *L, int index, struct encoder *encoder, const struct place *place) {
  struct error error;
  lua_Number number = lua_tonumber(L, index);
  if (lua_isinteger(L, index)) {
    check(L, buffer_add_integer(encoder->buffer, lua_tointeger(L, index), &error), &error);
    return;
  }
  if (!isfinite(number)) refuse(L, place, lua_pushfstring(L, "JSON has no number for %f", (LUAI_UACNUMBER)number));
  char text[40]; /* the shortest form that reads back as the same number */
  for (int digits = 15; digits <= 17; digits++) {
    (void)snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  check(L, buffer_add_text(encoder->buffer, text, &error), &error);
}

/* Telegram is left to say itself what it thinks of such bytes. */
static void encode_text(lua_State *L, const char *text, size_t size, struct encoder *encoder, const struct place *place) {
  struct error error;
  size_t valid = encoder->takes_bytes ? size : character_valid_size(text, size);
  if (valid < size) {
    refuse(L, place,
           lua_pushfstring(L, "a text that is not UTF-8 (its byte %d is %d) can't be JSON", (int)valid + 1,
                           (int)(unsigned char)text[valid]));
  }
  check(L, buffer_add_json_string(encoder->buffer, text, size, &error), &error);
}

static void encode_value(lua_State *L, int index, struct encoder *encoder, const struct place *place, int depth);

/* json.array(), and what was read as a list. */
static bool is_marked_array(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, API_ARRAY);
  bool is_array = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is_array;
}

/* A table without fields, which may be either. The nearest name tells, and in how many lists of it the table stands. */
static bool is_empty_array(lua_State *L, int index, const struct encoder *encoder, const struct place *place) {
  if (is_marked_array(L, index)) return true;
  unsigned lists = 0;
  for (; place && !place->name; place = place->up) lists += place->index > 0;
  if (place && encoder->is_object && encoder->is_object(place->name, lists)) return false;
  return encoder->empty_is_array;
}

/* A table is an array when its keys are 1..n and nothing else. */
static bool is_array(lua_State *L, int index, const struct encoder *encoder, const struct place *place) {
  lua_Unsigned length = lua_rawlen(L, index), count = 0;
  lua_pushnil(L);
  if (!lua_next(L, index)) return is_empty_array(L, index, encoder, place);
  lua_pop(L, 2);
  if (length == 0) return false;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
  if (count != length) refuse(L, place, "a table with both a list and named fields can't be JSON");
  return true;
}

static void encode_array(lua_State *L, int index, struct encoder *encoder, const struct place *place, int depth) {
  struct error error;
  lua_Unsigned length = lua_rawlen(L, index);
  check(L, buffer_add(encoder->buffer, "[", 1, &error), &error);
  for (lua_Unsigned i = 1; i <= length; i++) {
    struct place inner = {.up = place, .index = (lua_Integer)i};
    if (i > 1) check(L, buffer_add(encoder->buffer, ",", 1, &error), &error);
    lua_rawgeti(L, index, (lua_Integer)i);
    encode_value(L, lua_gettop(L), encoder, &inner, depth);
    lua_pop(L, 1);
  }
  check(L, buffer_add(encoder->buffer, "]", 1, &error), &error);
}

/* The key is at -2, as lua_next() wants it, and a copy of it on top, since lua_tolstring() changes a number in its place. */
static void encode_key(lua_State *L, struct encoder *encoder, const struct place *place, const char **name) {
  struct error error;
  size_t size;
  int type = lua_type(L, -1);
  if (type != LUA_TSTRING && type != LUA_TNUMBER)
    refuse(L, place, lua_pushfstring(L, "a key that is a %s can't be JSON", lua_typename(L, type)));
  *name = lua_tolstring(L, -1, &size);
  encode_text(L, *name, size, encoder, place);
  check(L, buffer_add(encoder->buffer, ":", 1, &error), &error);
}

static void encode_object(lua_State *L, int index, struct encoder *encoder, const struct place *place, int depth) {
  struct error error;
  bool is_first = true;
  check(L, buffer_add(encoder->buffer, "{", 1, &error), &error);
  lua_pushnil(L);
  while (lua_next(L, index)) { /* key value */
    struct place inner = {.up = place};
    if (!is_first) check(L, buffer_add(encoder->buffer, ",", 1, &error), &error);
    is_first = false;
    lua_pushvalue(L, -2); /* key value copy */
    encode_key(L, encoder, place, &inner.name);
    lua_insert(L, -2); /* key copy value: the copy keeps the name */
    encode_value(L, lua_gettop(L), encoder, &inner, depth);
    lua_pop(L, 2);
  }
  check(L, buffer_add(encoder->buffer, "}", 1, &error), &error);
}

static void encode_table(lua_State *L, int index, struct encoder *encoder, const struct place *place, int depth) {
  if (depth >= ENCODE_DEPTH) {
    luaL_error(L, "a table nested more than %d deep can't be JSON (does it contain itself?)", ENCODE_DEPTH);
  }
  read_result(L, index);
  if (is_array(L, index, encoder, place)) {
    encode_array(L, index, encoder, place, depth + 1);
  } else {
    encode_object(L, index, encoder, place, depth + 1);
  }
}

/* Recursion in C is bounded by ENCODE_DEPTH, and the Lua stack by luaL_checkstack(). */
static void encode_value(lua_State *L, int index, struct encoder *encoder, const struct place *place, int depth) {
  struct error error;
  luaL_checkstack(L, 8, "JSON");
  budget_spend(L, 50);
  switch (lua_type(L, index)) {
    case LUA_TNUMBER: encode_number(L, index, encoder, place); break;
    case LUA_TBOOLEAN:
      check(L, buffer_add_text(encoder->buffer, lua_toboolean(L, index) ? "true" : "false", &error), &error);
      break;
    case LUA_TSTRING: {
      size_t size;
      const char *text = lua_tolstring(L, index, &size);
      encode_text(L, text, size, encoder, place);
      break;
    }
    case LUA_TTABLE: encode_table(L, index, encoder, place, depth); break;
    case LUA_TLIGHTUSERDATA: /* json.null: a NULL pointer */
      if (lua_touserdata(L, index)) refuse(L, place, "a light userdata can't be JSON");
      check(L, buffer_add_text(encoder->buffer, "null", &error), &error);
      break;
    default:
      if (lua_type(L, index) != LUA_TUSERDATA || !encoder->userdata)
        refuse(L, place, lua_pushfstring(L, "a %s can't be JSON", luaL_typename(L, index)));
      encoder->userdata(L, index, encoder);
  }
}

void api_encode(lua_State *L, int index, struct encoder *encoder) {
  struct place outermost = {.name = encoder->name};
  encode_value(L, lua_absindex(L, index), encoder, &outermost, 0);
}

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
  luaL_setmetatable(L, API_ARRAY);
  return 1;
}

static const int LIST_SHOWN = 10; /* items of a list that is printed */

/* print(list): list of 2: message 7 in chat 1001: "Hello", message 8 in chat 1001 */
static int array_to_text(lua_State *L) {
  lua_settop(L, 1);
  int count = (int)lua_rawlen(L, 1);
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  lua_pushfstring(L, "list of %d", count);
  luaL_addvalue(&text);
  for (int i = 1; i <= count && i <= LIST_SHOWN; i++) {
    luaL_addstring(&text, i > 1 ? ", " : ": ");
    lua_rawgeti(L, 1, i);
    if (is_marked_array(L, -1)) /* which may be this one */
      lua_pushfstring(L, "list of %d", (int)lua_rawlen(L, -1));
    else
      (void)luaL_tolstring(L, -1, NULL);
    lua_remove(L, -2);
    luaL_addvalue(&text);
  }
  if (count > LIST_SHOWN) luaL_addstring(&text, ", …");
  luaL_pushresult(&text);
  return 1;
}

int api_open_json(lua_State *L) {
  static const luaL_Reg functions[] = {{"encode", json_encode}, {"decode", json_decode}, {"array", json_array}, {NULL, NULL}};
  luaL_newmetatable(L, API_ARRAY);
  lua_pushcfunction(L, array_to_text);
  lua_setfield(L, -2, "__tostring");
  api_lock_metatable(L);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  return 1;
}
