/* string: the functions whose single call could take long, with Lua 5.4's meaning and errors; the others are Lua's own. */
#define _GNU_SOURCE /* memmem */
#include <ctype.h>
#include <lauxlib.h>
#include <stdint.h>
#include <string.h>

#include "script/budget.h"
#include "script/pattern.h"

/* ---- arguments ---- */

/* Where a search begins, from 0; beyond the end: nothing can be found. */
static size_t check_start(lua_State *L, int argument, size_t size) {
  lua_Integer start = luaL_optinteger(L, argument, 1);
  if (start > 0) return (size_t)start - 1;
  if (start == 0 || start < -(lua_Integer)size) return 0;
  return size - (size_t)-start;
}

static void prepare(struct pattern *pattern, lua_State *L, const char *subject, size_t size, const char *text,
                    size_t text_size) {
  pattern->L = L;
  pattern->subject = subject;
  pattern->end = subject + size;
  pattern->text = text;
  pattern->text_end = text + text_size;
  pattern->steps = 0;
}

static bool skip_anchor(struct pattern *pattern) {
  bool is_anchored = *pattern->text == '^';
  if (is_anchored) pattern->text++;
  return is_anchored;
}

/* ---- find, match ---- */

static int find_plain(lua_State *L, const char *subject, size_t size, const char *text, size_t text_size, size_t start) {
  budget_spend(L, (size - start) / 4 + 1);
  const char *found = memmem(subject + start, size - start, text, text_size); /* linear, whatever the two are */
  if (!found) {
    luaL_pushfail(L);
    return 1;
  }
  lua_pushinteger(L, found - subject + 1);
  lua_pushinteger(L, found - subject + (ptrdiff_t)text_size);
  return 2;
}

static int search(lua_State *L, bool is_find) {
  size_t size, text_size;
  const char *subject = luaL_checklstring(L, 1, &size), *text = luaL_checklstring(L, 2, &text_size);
  size_t start = check_start(L, 3, size);
  if (start > size) {
    luaL_pushfail(L);
    return 1;
  }
  if (is_find && (lua_toboolean(L, 4) || pattern_is_plain(text, text_size))) {
    return find_plain(L, subject, size, text, text_size, start);
  }
  struct pattern pattern;
  prepare(&pattern, L, subject, size, text, text_size);
  bool is_anchored = skip_anchor(&pattern);
  const char *at = subject + start, *end;
  do {
    end = pattern_match(&pattern, at);
  } while (!end && at++ < pattern.end && !is_anchored);
  budget_spend(L, pattern.steps);
  if (!end) {
    luaL_pushfail(L);
    return 1;
  }
  if (!is_find) return pattern_push_captures(&pattern, at, end);
  lua_pushinteger(L, at - subject + 1);
  lua_pushinteger(L, end - subject);
  return pattern_push_captures(&pattern, NULL, NULL) + 2;
}

/* string.find(text, pattern, start?, plain?) -> first, last, captures... | nil */
static int string_find(lua_State *L) { return search(L, true); }

/* string.match(text, pattern, start?) -> captures... | nil */
static int string_match(lua_State *L) { return search(L, false); }

/* ---- gmatch ---- */

struct walk {
  struct pattern pattern;
  const char *at, *last_end; /* an empty match where the last one ended does not count */
};

static int walk_on(lua_State *L) {
  struct walk *walk = lua_touserdata(L, lua_upvalueindex(3));
  walk->pattern.L = L;
  for (; walk->at <= walk->pattern.end; walk->at++) {
    const char *end = pattern_match(&walk->pattern, walk->at);
    if (!end || end == walk->last_end) continue;
    budget_spend(L, walk->pattern.steps);
    walk->pattern.steps = 0;
    const char *start = walk->at;
    walk->at = walk->last_end = end;
    return pattern_push_captures(&walk->pattern, start, end);
  }
  return 0;
}

/* string.gmatch(text, pattern, start?) -> iterator over captures */
static int string_gmatch(lua_State *L) {
  size_t size, text_size;
  const char *subject = luaL_checklstring(L, 1, &size), *text = luaL_checklstring(L, 2, &text_size);
  size_t start = check_start(L, 3, size);
  lua_settop(L, 2);
  struct walk *walk = lua_newuserdatauv(L, sizeof *walk, 0);
  prepare(&walk->pattern, L, subject, size, text, text_size);
  walk->at = subject + (start > size ? size + 1 : start);
  walk->last_end = NULL;
  lua_pushcclosure(L, walk_on, 3); /* with both strings, which must live as long */
  return 1;
}

/* ---- gsub ---- */

enum { GSUB_TEXT = 1, GSUB_PATTERN, GSUB_REPLACEMENT, GSUB_LIMIT };

/* Adds the replacement text, with what stands for its %0, %1 and %%. */
static void add_text(struct pattern *pattern, luaL_Buffer *buffer, const char *start, const char *end) {
  lua_State *L = pattern->L;
  size_t size;
  const char *at = lua_tolstring(L, GSUB_REPLACEMENT, &size), *stop = at + size, *escape;
  for (; (escape = memchr(at, '%', (size_t)(stop - at))) != NULL; at = escape + 2) {
    luaL_addlstring(buffer, at, (size_t)(escape - at));
    char what = escape[1];
    budget_spend(L, 10);
    if (what == '%') {
      luaL_addchar(buffer, '%');
    } else if (what == '0') {
      luaL_addlstring(buffer, start, (size_t)(end - start));
    } else if (isdigit((unsigned char)what)) {
      pattern_push_capture(pattern, (unsigned)(what - '1'), start, end);
      luaL_addvalue(buffer);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
  }
  luaL_addlstring(buffer, at, (size_t)(stop - at));
}

/* Adds what is to stand for the match. False: the match itself, as it was. */
static bool add_replacement(struct pattern *pattern, luaL_Buffer *buffer, const char *start, const char *end, int type) {
  lua_State *L = pattern->L;
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(L, GSUB_REPLACEMENT);
    int count = pattern_push_captures(pattern, start, end);
    lua_call(L, count, 1);
  } else if (type == LUA_TTABLE) {
    pattern_push_capture(pattern, 0, start, end);
    lua_gettable(L, GSUB_REPLACEMENT);
  } else {
    add_text(pattern, buffer, start, end);
    return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(buffer, start, (size_t)(end - start));
    return false;
  }
  if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(buffer);
  return true;
}

/* string.gsub(text, pattern, replacement, limit?) -> text, count */
static int string_gsub(lua_State *L) {
  size_t size, text_size;
  const char *subject = luaL_checklstring(L, GSUB_TEXT, &size), *text = luaL_checklstring(L, GSUB_PATTERN, &text_size);
  int type = lua_type(L, GSUB_REPLACEMENT);
  lua_Integer limit = luaL_optinteger(L, GSUB_LIMIT, (lua_Integer)size + 1), count = 0;
  luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE,
                   GSUB_REPLACEMENT, "string/function/table");
  struct pattern pattern;
  prepare(&pattern, L, subject, size, text, text_size);
  bool is_anchored = skip_anchor(&pattern), has_changed = false;
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  const char *at = subject, *last_end = NULL;
  while (count < limit) {
    const char *end = pattern_match(&pattern, at);
    if (end && end != last_end) {
      count++;
      if (add_replacement(&pattern, &buffer, at, end, type)) has_changed = true;
      at = last_end = end;
    } else if (at < pattern.end) {
      luaL_addchar(&buffer, *at++);
    } else {
      break;
    }
    if (is_anchored) break;
  }
  budget_spend(L, pattern.steps);
  if (has_changed) {
    luaL_addlstring(&buffer, at, (size_t)(pattern.end - at));
    luaL_pushresult(&buffer);
  } else {
    lua_pushvalue(L, GSUB_TEXT);
  }
  lua_pushinteger(L, count);
  return 2;
}

/* ---- rep ---- */

/* string.rep(text, count, separator?) -> text. Lua's own repeats nothing as often as anything else. */
static int string_rep(lua_State *L) {
  size_t size, separator_size;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_Integer count = luaL_checkinteger(L, 2);
  const char *separator = luaL_optlstring(L, 3, "", &separator_size);
  size_t unit = size + separator_size;
  if (count <= 0 || unit == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  size_t most = sizeof(size_t) < sizeof(lua_Integer) ? SIZE_MAX : (size_t)LUA_MAXINTEGER;
  if (unit < size || unit > most / (size_t)count) return luaL_error(L, "resulting string too large");
  size_t whole = unit * (size_t)count - separator_size;
  luaL_Buffer buffer;
  char *bytes = luaL_buffinitsize(L, &buffer, whole);
  budget_spend(L, whole / 8 + 1);
  memcpy(bytes, text, size);
  if (count > 1) {
    memcpy(bytes + size, separator, separator_size);
    /* What is there is copied behind itself: a few copies, each twice as long as the one before. */
    for (size_t done = unit; done < whole;) {
      size_t piece = done < whole - done ? done : whole - done;
      memcpy(bytes + done, bytes, piece);
      done += piece;
    }
  }
  luaL_pushresultsize(&buffer, whole);
  return 1;
}

void budget_open_string(lua_State *L) {
  static const luaL_Reg functions[] = {{"find", string_find}, {"match", string_match}, {"gmatch", string_gmatch},
                                       {"gsub", string_gsub}, {"rep", string_rep},     {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
