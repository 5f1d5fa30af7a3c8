/* table: the functions that loop, with Lua 5.4's meaning and errors. A length can be anything, since a script's own __len tells
 * it, and so can the range that a call names. */
#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>

#include "script/budget.h"

enum {
  STEPS_OF_AN_ELEMENT = 10,
  ELEMENTS_AT_ONCE = 64, /* so many are spent together: a short list costs nothing more */
};

enum { NEEDS_READ = 1, NEEDS_WRITE = 2, NEEDS_LENGTH = 4 };

static bool has_metafield(lua_State *L, const char *name, int metatable) {
  lua_pushstring(L, name);
  bool has_it = lua_rawget(L, metatable) != LUA_TNIL;
  lua_pop(L, 1);
  return has_it;
}

/* A table, or what behaves like one as far as it is needed. */
static void check_table(lua_State *L, int argument, int needs) {
  if (lua_istable(L, argument)) return;
  if (lua_getmetatable(L, argument)) {
    int metatable = lua_gettop(L);
    bool is_enough = (!(needs & NEEDS_READ) || has_metafield(L, "__index", metatable)) &&
                     (!(needs & NEEDS_WRITE) || has_metafield(L, "__newindex", metatable)) &&
                     (!(needs & NEEDS_LENGTH) || has_metafield(L, "__len", metatable));
    lua_pop(L, 1);
    if (is_enough) return;
  }
  luaL_checktype(L, argument, LUA_TTABLE);
}

static lua_Integer check_list(lua_State *L, int argument, int needs) {
  check_table(L, argument, needs | NEEDS_LENGTH);
  return luaL_len(L, argument);
}

static void spend_for(lua_State *L, lua_Integer index) {
  if (index % ELEMENTS_AT_ONCE == 0) budget_spend(L, (size_t)ELEMENTS_AT_ONCE * STEPS_OF_AN_ELEMENT);
}

/* to[to_index] = from[from_index] */
static void copy_element(lua_State *L, int from, lua_Integer from_index, int to, lua_Integer to_index) {
  spend_for(L, from_index);
  lua_geti(L, from, from_index);
  lua_seti(L, to, to_index);
}

/* ---- insert, remove, move ---- */

/* table.insert(list, position?, value) */
static int table_insert(lua_State *L) {
  lua_Integer free = (lua_Integer)((lua_Unsigned)check_list(L, 1, NEEDS_READ | NEEDS_WRITE) + 1);
  lua_Integer position = free;
  int count = lua_gettop(L);
  if (count != 2 && count != 3) return luaL_error(L, "wrong number of arguments to 'insert'");
  if (count == 3) {
    position = luaL_checkinteger(L, 2);
    luaL_argcheck(L, (lua_Unsigned)position - 1 < (lua_Unsigned)free, 2, "position out of bounds");
    for (lua_Integer i = free; i > position; i--) copy_element(L, 1, i - 1, 1, i);
  }
  lua_seti(L, 1, position);
  return 0;
}

/* table.remove(list, position?) -> what was there */
static int table_remove(lua_State *L) {
  lua_Integer size = check_list(L, 1, NEEDS_READ | NEEDS_WRITE);
  lua_Integer position = luaL_optinteger(L, 2, size);
  if (position != size) luaL_argcheck(L, (lua_Unsigned)position - 1 <= (lua_Unsigned)size, 2, "position out of bounds");
  lua_geti(L, 1, position);
  for (; position < size; position++) copy_element(L, 1, position + 1, 1, position);
  lua_pushnil(L);
  lua_seti(L, 1, position);
  return 1;
}

/* table.move(from, first, last, to_index, to?) -> to */
static int table_move(lua_State *L) {
  lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3), target = luaL_checkinteger(L, 4);
  int to = lua_isnoneornil(L, 5) ? 1 : 5;
  check_table(L, 1, NEEDS_READ);
  check_table(L, to, NEEDS_WRITE);
  if (last >= first) {
    luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3, "too many elements to move");
    lua_Integer count = last - first + 1;
    luaL_argcheck(L, target <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
    bool overwrites = target > first && target <= last && (to == 1 || lua_compare(L, 1, to, LUA_OPEQ));
    if (overwrites) {
      for (lua_Integer i = count - 1; i >= 0; i--) copy_element(L, 1, first + i, to, target + i);
    } else {
      for (lua_Integer i = 0; i < count; i++) copy_element(L, 1, first + i, to, target + i);
    }
  }
  lua_pushvalue(L, to);
  return 1;
}

/* ---- concat, unpack ---- */

static void add_element(lua_State *L, luaL_Buffer *buffer, lua_Integer index) {
  spend_for(L, index);
  lua_geti(L, 1, index);
  if (!lua_isstring(L, -1)) {
    luaL_error(L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(L, -1), (LUAI_UACINT)index);
  }
  luaL_addvalue(buffer);
}

/* table.concat(list, separator?, first?, last?) -> text */
static int table_concat(lua_State *L) {
  lua_Integer last = check_list(L, 1, NEEDS_READ);
  size_t size;
  const char *separator = luaL_optlstring(L, 2, "", &size);
  lua_Integer first = luaL_optinteger(L, 3, 1);
  last = luaL_optinteger(L, 4, last);
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  for (; first < last; first++) {
    add_element(L, &buffer, first);
    luaL_addlstring(&buffer, separator, size);
  }
  if (first == last) add_element(L, &buffer, first); /* apart, because last + 1 may be no integer */
  luaL_pushresult(&buffer);
  return 1;
}

/* table.unpack(list, first?, last?) -> values... */
static int table_unpack(lua_State *L) {
  lua_Integer first = luaL_optinteger(L, 2, 1);
  lua_Integer last = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
  if (first > last) return 0;
  lua_Unsigned beyond_first = (lua_Unsigned)last - (lua_Unsigned)first;
  if (beyond_first >= INT_MAX || !lua_checkstack(L, (int)beyond_first + 1)) return luaL_error(L, "too many results to unpack");
  int count = (int)beyond_first + 1;
  for (int i = 0; i < count; i++) {
    spend_for(L, i);
    lua_geti(L, 1, first + i);
  }
  return count;
}

/* ---- sort ---- */

enum { SORT_LIST = 1, SORT_LESS, SORT_FROM, SORT_TO }; /* on the stack */

/* Is the value on top less than the one below it? Only a long text takes more time than sort_runs() spends. */
static bool is_less(lua_State *L) {
  if (lua_isnil(L, SORT_LESS)) {
    if (lua_type(L, -1) == LUA_TSTRING) budget_spend(L, lua_rawlen(L, -1) / 8);
    return lua_compare(L, -1, -2, LUA_OPLT);
  }
  lua_pushvalue(L, SORT_LESS);
  lua_pushvalue(L, -2);
  lua_pushvalue(L, -4);
  lua_call(L, 2, 1);
  bool is_it = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return is_it;
}

/* Merges two runs that are neighbours: left up to middle, middle up to end. The first of each is on the stack. */
static void merge(lua_State *L, int from, int to, lua_Integer left, lua_Integer middle, lua_Integer end) {
  lua_Integer right = middle, out = left;
  lua_rawgeti(L, from, left);
  lua_rawgeti(L, from, right); /* ... left right */
  while (left < middle && right < end) {
    if (is_less(L)) {
      lua_rawseti(L, to, out++);
      lua_rawgeti(L, from, ++right);
    } else {
      lua_pushvalue(L, -2);
      lua_rawseti(L, to, out++);
      lua_rawgeti(L, from, ++left);
      lua_replace(L, -3);
    }
  }
  lua_pop(L, 2);
  for (; left < middle; left++, out++) {
    lua_rawgeti(L, from, left);
    lua_rawseti(L, to, out);
  }
  for (; right < end; right++, out++) {
    lua_rawgeti(L, from, right);
    lua_rawseti(L, to, out);
  }
}

/* From one table to the other and back, runs of twice the length each time. Returns which of them is sorted. */
static int sort_runs(lua_State *L, lua_Integer count) {
  int from = SORT_FROM, to = SORT_TO;
  for (lua_Integer width = 1; width < count; width *= 2) {
    for (lua_Integer left = 1; left <= count; left += 2 * width) {
      lua_Integer middle = left + width <= count + 1 ? left + width : count + 1;
      lua_Integer end = middle + width <= count + 1 ? middle + width : count + 1;
      budget_spend(L, (size_t)(end - left) * STEPS_OF_AN_ELEMENT / 2);
      merge(L, from, to, left, middle, end);
    }
    int sorted = to;
    to = from;
    from = sorted;
  }
  return from;
}

/* table.sort(list, less?). A merge sort: whatever less says, it ends after n log n questions and loses nothing. An error leaves
 * the list as it was. */
static int table_sort(lua_State *L) {
  lua_Integer count = check_list(L, SORT_LIST, NEEDS_READ | NEEDS_WRITE);
  if (count < 2) return 0;
  luaL_argcheck(L, count < INT_MAX, 1, "array too big");
  if (!lua_isnoneornil(L, SORT_LESS)) luaL_checktype(L, SORT_LESS, LUA_TFUNCTION);
  lua_settop(L, SORT_LESS);
  lua_createtable(L, (int)count, 0);
  lua_createtable(L, (int)count, 0);
  for (lua_Integer i = 1; i <= count; i++) copy_element(L, SORT_LIST, i, SORT_FROM, i);
  int sorted = sort_runs(L, count);
  for (lua_Integer i = 1; i <= count; i++) copy_element(L, sorted, i, SORT_LIST, i);
  return 0;
}

void budget_open_table(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"insert", table_insert}, {"remove", table_remove}, {"move", table_move}, {"concat", table_concat},
      {"unpack", table_unpack}, {"sort", table_sort},     {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
