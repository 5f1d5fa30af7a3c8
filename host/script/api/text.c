/* core.text: letters of all languages, and lengths as Telegram counts them: in UTF-16 units, of which an emoji has two.
 * text.lua has the rest of the module text. */
#include <lauxlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/error.h"
#include "common/text_case.h"
#include "script/api/api.h"
#include "script/budget.h"
#include "telegram/telegram.h"

enum { TEXT_MOST = 1 << 20 }; /* bytes of what is changed in case: GLib ends the process where it finds no memory */

static const char *check_text(lua_State *L, int index, size_t *size) {
  const char *text = luaL_checklstring(L, index, size);
  budget_spend(L, *size);
  if (character_valid_size(text, *size) < *size) luaL_argerror(L, index, "a text in UTF-8 expected");
  return text;
}

static int convert(lua_State *L, enum text_case form) {
  size_t size;
  struct error error = {0};
  const char *text = check_text(L, 1, &size);
  luaL_argcheck(L, size <= TEXT_MOST && !memchr(text, '\0', size), 1, "a text of up to 1 MiB without zero bytes expected");
  lua_settop(L, 1);
  struct buffer *to = api_new_buffer(L, (size_t)TEXT_MOST * 4);
  budget_spend(L, size * 8);
  if (!text_case_add(form, text, size, to, &error)) return luaL_error(L, "%s", error.text);
  lua_pushlstring(L, to->data ? to->data : "", to->size);
  return 1;
}

static int text_lower(lua_State *L) { return convert(L, TEXT_CASE_LOWER); }
static int text_upper(lua_State *L) { return convert(L, TEXT_CASE_UPPER); }
static int text_fold(lua_State *L) { return convert(L, TEXT_CASE_FOLDED); }

/* length(text) -> UTF-16 units */
static int text_length(lua_State *L) {
  size_t size;
  const char *text = check_text(L, 1, &size);
  lua_Integer units = 0;
  for (size_t i = 0; i < size; i++) units += character_units(text[i]);
  lua_pushinteger(L, units);
  return 1;
}

/* cut(text, units) -> the beginning that has so many at most, cut where a reader would */
static int text_cut(lua_State *L) {
  size_t size, skip;
  const char *text = check_text(L, 1, &size);
  lua_Integer most = luaL_checkinteger(L, 2), units = 0;
  luaL_argcheck(L, most >= 0, 2, "a length expected");
  size_t characters = 0, at = 0;
  for (; at < size; at++) {
    int more = character_units(text[at]);
    if (units + more > most) break;
    units += more;
    characters += more > 0;
  }
  if (at < size) at = characters ? text_split(text, size, characters, &skip) : 0;
  lua_pushlstring(L, text, at);
  return 1;
}

int api_open_text(lua_State *L) {
  static const luaL_Reg functions[] = {{"lower", text_lower},   {"upper", text_upper}, {"fold", text_fold},
                                       {"length", text_length}, {"cut", text_cut},     {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
