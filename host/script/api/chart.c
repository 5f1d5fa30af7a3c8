/* chart: the binding of script/chart.h. A mistake of the script raises; a machine without cairo is nil, err. */
#include "script/chart.h"

#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "script/api/api.h"

enum {
  WIDTH = 800,
  HEIGHT = 450,
  PNG_CEILING = 10 << 20, /* the largest photo that a bot can send */
};

/* A misspelt option would otherwise be ignored, and the mistake go unnoticed. */
static void check_names(lua_State *L) {
  static const char *const known[] = {"values", "labels", "line", "title", "width", "height"};
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    bool is_known = false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) is_known = is_known || strcmp(name, known[i]) == 0;
    if (!is_known) luaL_error(L, "chart.bars: there is no option %s", name);
  }
}

static double take_number(lua_State *L, const char *name, double least, double most, double otherwise) {
  int type = lua_getfield(L, 1, name);
  double value = type == LUA_TNIL ? otherwise : lua_tonumber(L, -1);
  if (type != LUA_TNIL && (type != LUA_TNUMBER || !(value >= least && value <= most))) {
    luaL_error(L, "chart.bars: %s must be a number from %f to %f", name, least, most);
  }
  lua_pop(L, 1);
  return value;
}

/* This function and the next two leave the value that they point into on the stack, which keeps it alive. The labels come last:
 * a script's __index, which any of them may call, could empty their list. */
static const double *take_values(lua_State *L, int *count) {
  if (lua_getfield(L, 1, "values") != LUA_TTABLE) luaL_error(L, "chart.bars: values must be a list of numbers");
  lua_Unsigned length = lua_rawlen(L, -1);
  if (length < 1 || length > CHART_BARS_MAX) luaL_error(L, "chart.bars: 1 to %d values expected", CHART_BARS_MAX);
  double *values = lua_newuserdatauv(L, length * sizeof *values, 0);
  for (int i = 0; i < (int)length; i++) {
    bool is_number = lua_rawgeti(L, -2, i + 1) == LUA_TNUMBER;
    values[i] = lua_tonumber(L, -1);
    if (!is_number || !(values[i] >= 0 && values[i] <= CHART_VALUE_MOST)) {
      luaL_error(L, "chart.bars: values[%d] must be a number from 0 to %f", i + 1, CHART_VALUE_MOST);
    }
    lua_pop(L, 1);
  }
  *count = (int)length;
  return values;
}

static const char *const *take_labels(lua_State *L, int count) {
  int type = lua_getfield(L, 1, "labels");
  if (type == LUA_TNIL) return NULL;
  if (type != LUA_TTABLE) luaL_error(L, "chart.bars: labels must be a list of texts");
  const char **labels = lua_newuserdatauv(L, (size_t)count * sizeof *labels, 0);
  for (int i = 0; i < count; i++) {
    int kind = lua_rawgeti(L, -2, i + 1); /* the list keeps the text */
    if (kind != LUA_TSTRING && kind != LUA_TNIL) luaL_error(L, "chart.bars: labels[%d] must be a text", i + 1);
    labels[i] = kind == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1);
  }
  return labels;
}

static const char *take_title(lua_State *L) {
  int type = lua_getfield(L, 1, "title");
  if (type != LUA_TSTRING && type != LUA_TNIL) luaL_error(L, "chart.bars: title must be a text");
  return lua_tostring(L, -1);
}

/* chart.bars{ values =, labels =, line =, title =, width =, height = } -> the bytes of a PNG | nil, err */
static int chart_bars(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  check_names(L);
  struct chart chart = {
      .width = (int)take_number(L, "width", CHART_SIDE_LEAST, CHART_SIDE_MOST, WIDTH),
      .height = (int)take_number(L, "height", CHART_SIDE_LEAST, CHART_SIDE_MOST, HEIGHT),
      .line = take_number(L, "line", 0, CHART_VALUE_MOST, 0),
  };
  chart.title = take_title(L);
  chart.values = take_values(L, &chart.count);
  chart.labels = take_labels(L, chart.count);
  struct error error = {0};
  struct buffer *png = api_new_buffer(L, PNG_CEILING);
  lua_toclose(L, -1);
  bool ok = chart_draw(&chart, png, &error);
  if (error.kind == ERROR_MISUSE) return luaL_error(L, "chart.bars: %s", error.text);
  if (!ok) return api_push_error(L, &error, 0, NULL, 0);
  lua_pushlstring(L, png->data, png->size);
  return 1;
}

int api_open_chart(lua_State *L) {
  static const luaL_Reg functions[] = {{"bars", chart_bars}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
