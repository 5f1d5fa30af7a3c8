/* The chunks of the host's own Lua are named "=lunokhod/...", which is how their frames are known. */
#include "script/place.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "telegram/telegram.h"

enum { FIELDS_MAX = 10 }; /* of an error value, that are shown */

static const char OURS[] = "lunokhod/";

static bool is_ours(const lua_Debug *frame) {
  return frame->source[0] == '=' && strncmp(frame->source + 1, OURS, sizeof OURS - 1) == 0;
}

static bool is_of_script(const lua_Debug *frame) { return *frame->what != 'C' && !is_ours(frame); }

/* ---- the line ---- */

static bool find_line(lua_State *from, lua_Debug *frame) {
  for (int level = 0; lua_getstack(from, level, frame); level++) {
    (void)lua_getinfo(from, "Sl", frame);
    if (is_of_script(frame)) return true;
  }
  return false;
}

/* Is a local variable of this frame the script's handler? Then *frame tells about that function. */
static bool take_handler(lua_State *from, lua_Debug *frame) {
  const char *name;
  for (int i = 1; (name = lua_getlocal(from, frame, i)) != NULL; i++) {
    if (strcmp(name, "handler") != 0 || !lua_isfunction(from, -1)) {
      lua_pop(from, 1);
      continue;
    }
    (void)lua_getinfo(from, ">S", frame); /* takes the function off the stack */
    frame->currentline = frame->linedefined;
    return is_of_script(frame);
  }
  return false;
}

static bool find_handler(lua_State *from, lua_Debug *frame) {
  for (int level = 0; lua_getstack(from, level, frame); level++) {
    (void)lua_getinfo(from, "S", frame);
    if (is_ours(frame) && take_handler(from, frame)) return true;
  }
  return false;
}

void place_push(lua_State *L, lua_State *from) {
  lua_Debug frame;
  bool is_found = lua_checkstack(from, 2) && (find_line(from, &frame) || find_handler(from, &frame));
  if (is_found) {
    lua_pushfstring(L, "%s:%d", frame.short_src, frame.currentline);
  } else {
    lua_pushnil(L);
  }
}

void place_push_directory(lua_State *L, lua_State *from) {
  lua_Debug frame;
  bool is_found = lua_checkstack(from, 2) && (find_line(from, &frame) || find_handler(from, &frame));
  const char *last = is_found && frame.source[0] == '@' ? strrchr(frame.source, '/') : NULL;
  if (last) {
    lua_pushlstring(L, frame.source + 1, (size_t)(last - frame.source - 1));
  } else if (is_found && frame.source[0] == '@') {
    lua_pushliteral(L, ".");
  } else {
    lua_pushnil(L);
  }
}

/* ---- the error ---- */

/* Behind "lunokhod/routes.lua:73: ", or NULL where the text does not begin so. */
static const char *skip_own_place(const char *text) {
  if (strncmp(text, OURS, sizeof OURS - 1) != 0) return NULL;
  const char *at = text + strcspn(text, ": ");
  if (*at++ != ':') return NULL;
  while (isdigit((unsigned char)*at)) at++;
  return strncmp(at, ": ", 2) == 0 ? at + 2 : NULL;
}

/* Has a function in C raised this text without any place, called by the host's own Lua? level: its frame. */
static bool is_without_place(lua_State *from, int level, const char *text, const char *place) {
  lua_Debug frame;
  if (strncmp(text, place, strlen(place)) == 0 || !lua_getstack(from, level, &frame)) return false;
  (void)lua_getinfo(from, "S", &frame);
  if (*frame.what != 'C' || !lua_getstack(from, level + 1, &frame)) return false;
  (void)lua_getinfo(from, "S", &frame);
  return is_ours(&frame);
}

/* Lua's own text for a lack of memory, which it has made beforehand, without a place. */
static bool is_of_memory(const char *text) { return strcmp(text, "not enough memory") == 0; }

/* Puts a text into the sorted list at index `list`, which has `count` of them. */
static void insert_sorted(lua_State *L, int list, int count) {
  int at = count + 1;
  for (; at > 1; at--) {
    lua_rawgeti(L, list, at - 1);
    if (!lua_compare(L, -2, -1, LUA_OPLT)) break;
    lua_rawseti(L, list, at);
  }
  if (at > 1) lua_pop(L, 1);
  lua_rawseti(L, list, at);
}

/* Pushes `code = 42`: the field whose value is on top, with its key below. Both stay. */
static void push_field(lua_State *L) {
  lua_pushvalue(L, -2); /* because lua_tolstring() would change the key, which lua_next() needs */
  const char *key = luaL_tolstring(L, -1, NULL);
  const char *value = luaL_tolstring(L, -3, NULL);
  lua_pushfstring(L, lua_type(L, -4) == LUA_TSTRING ? "%s = \"%s\"" : "%s = %s", key, value);
  lua_replace(L, -4);
  lua_pop(L, 2);
}

/* Replaces the table on top by its fields. */
static void show_table(lua_State *L) {
  int table = lua_gettop(L), list = table + 1, count = 0;
  luaL_checkstack(L, 10, NULL);
  lua_newtable(L);
  for (lua_pushnil(L); count < FIELDS_MAX && lua_next(L, table); lua_pop(L, 1), count++) {
    push_field(L);
    insert_sorted(L, list, count);
  }
  lua_settop(L, list);
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  luaL_addchar(&text, '{');
  for (int i = 1; i <= count; i++) {
    if (i > 1) luaL_addstring(&text, ", ");
    lua_rawgeti(L, list, i);
    luaL_addvalue(&text);
  }
  luaL_addchar(&text, '}');
  luaL_pushresult(&text);
  lua_replace(L, table);
  lua_settop(L, table);
}

/* value -> its text. Protected, since __tostring is the script's. */
static int to_text(lua_State *L) {
  bool has_own = luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL;
  lua_settop(L, 1);
  if (lua_istable(L, 1) && !has_own) {
    show_table(L);
  } else {
    (void)luaL_tolstring(L, 1, NULL);
  }
  return 1;
}

/* Adds to the text on top what may have been meant, where a method of messages is misspelt. */
static void add_hint(lua_State *L) {
  static const char beginning[] = "attempt to call a nil value (method '";
  static const char methods[] =
      "answer reply edit delete ask again back finish stream copy forward react pin unpin typing edit_media edit_buttons "
      "answer_photo answer_document answer_video answer_voice answer_audio answer_animation answer_sticker "
      "answer_video_note answer_location";
  const char *name = strstr(lua_tostring(L, -1), beginning);
  if (!name) return;
  name += sizeof beginning - 1;
  lua_pushlstring(L, name, strcspn(name, "'"));
  size_t size;
  const char *nearest = method_nearest_word(methods, lua_tostring(L, -1), &size);
  lua_pop(L, 1);
  if (!nearest) return;
  lua_pushliteral(L, ", did you mean ");
  lua_pushlstring(L, nearest, size);
  lua_pushliteral(L, "?");
  lua_concat(L, 4);
}

/* Replaces the value on top by its text. */
static void call_to_text(lua_State *L) {
  lua_pushcfunction(L, to_text);
  lua_insert(L, -2);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) return;
  const char *why = lua_tostring(L, -1);
  lua_pushfstring(L, "an error value whose __tostring fails: %s", why ? why : "?");
  lua_remove(L, -2);
}

/* A text and the place of the script are on top of L: puts the place in front of what the text says, and pops it. The text
 * stays where it names a line of the script already. */
static void put_place(lua_State *L, lua_State *from, bool is_owed) {
  size_t size;
  const char *place = lua_tostring(L, -1), *text = lua_tolstring(L, -2, &size), *rest = skip_own_place(text);
  size -= rest ? (size_t)(rest - text) : 0; /* a zero byte may be in it */
  /* Where L is `from`, this is a message handler, whose own frame is the first. */
  if (place && (rest || is_owed || is_without_place(from, L == from, text, place))) {
    lua_pushfstring(L, "%s: ", place);
    lua_pushlstring(L, rest ? rest : text, size);
    lua_concat(L, 2);
    lua_replace(L, -3);
  } else if (rest) {
    lua_pushlstring(L, rest, size);
    lua_replace(L, -3);
  }
  lua_pop(L, 1);
}

/* What tells of the error further on is C, where a text ends with its first zero byte: in the text on top \0 stands for each.
 */
static void show_zero_bytes(lua_State *L) {
  size_t size;
  const char *text = lua_tolstring(L, -1, &size);
  if (!memchr(text, 0, size)) return;
  luaL_Buffer shown;
  luaL_buffinit(L, &shown);
  for (size_t i = 0; i < size; i++) luaL_addlstring(&shown, text[i] ? &text[i] : "\\0", text[i] ? 1 : 2);
  luaL_pushresult(&shown);
  lua_remove(L, -2);
}

void place_blame_script(lua_State *L, lua_State *from) {
  if (lua_type(L, -1) != LUA_TSTRING || !lua_checkstack(L, 5)) return;
  place_push(L, from);
  put_place(L, from, false);
}

void place_describe_error(lua_State *L, lua_State *from) {
  luaL_checkstack(L, 5, NULL);
  bool is_text = lua_type(L, -1) == LUA_TSTRING;
  if (!is_text) call_to_text(L);
  show_zero_bytes(L);
  bool is_owed = !is_text || is_of_memory(lua_tostring(L, -1));
  place_push(L, from); /* text place */
  put_place(L, from, is_owed);
  if (is_text) add_hint(L);
}

/* ---- the stack ---- */

static bool begins_with(const char *line, const char *beginning) { return strncmp(line, beginning, strlen(beginning)) == 0; }

/* A function in C is shown where a script has called it, since its name tells what failed. */
static bool is_shown(const char *line, const char *next) {
  if (begins_with(line, "\tlunokhod/") || begins_with(line, "\t[C]: in hook")) return false;
  return !begins_with(line, "\t[C]: in ") || (next && !begins_with(next, "\tlunokhod/") && !begins_with(next, "\t[C]: in "));
}

/* Of the lines behind the first, which is no frame. */
static bool has_frames(const char *stack) {
  bool is_any = false;
  for (const char *line = strchr(stack, '\n'); line && !is_any;) {
    const char *next = strchr(++line, '\n');
    is_any = is_shown(line, next ? next + 1 : NULL);
    line = next;
  }
  return is_any;
}

/* A mistake in a file's syntax has no frame, and so no stack to show. */
void place_push_traceback(lua_State *L, lua_State *from, const char *message) {
  luaL_Buffer text;
  luaL_traceback(L, from, NULL, 0);
  const char *line = has_frames(lua_tostring(L, -1)) ? lua_tostring(L, -1) : NULL;
  bool is_first = !message;
  luaL_buffinit(L, &text);
  luaL_addstring(&text, message ? message : "");
  while (line) {
    const char *end = strchr(line, '\n'), *next = end ? end + 1 : NULL;
    if (is_shown(line, next)) {
      if (!is_first) luaL_addchar(&text, '\n');
      is_first = false;
      luaL_addlstring(&text, line, end ? (size_t)(end - line) : strlen(line));
    }
    line = next;
  }
  luaL_pushresult(&text);
  lua_remove(L, -2);
}
