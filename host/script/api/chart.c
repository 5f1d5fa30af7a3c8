/* chart.bars(): a bar chart as a PNG. cairo draws it, and is loaded when the first chart is drawn: linked, it and what it needs would
 * cost every host 2.3 MB of memory. Letters are of cairo's own built-in font, which has ASCII only, so no machine needs fonts. */
#include <cairo.h>
#include <dlfcn.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "script/api/api.h"

enum {
  BARS_MAX = 400,
  SIDE_LEAST = 100, SIDE_MOST = 4000, /* pixels; Telegram takes photos whose sides sum up to 10,000 */
  WIDTH = 800, HEIGHT = 450,
  PNG_CEILING = 10 << 20,             /* the largest photo that a bot can send */
  GRID_LINES = 5,
};

/* Every function of cairo that is used here. */
#define FUNCTIONS(each)                                                                                                          \
  each(image_surface_create) each(surface_status) each(surface_destroy) each(surface_write_to_png_stream) each(create)           \
  each(destroy) each(status) each(set_source_rgb) each(paint) each(rectangle) each(fill) each(move_to) each(line_to)             \
  each(set_line_width) each(set_dash) each(stroke) each(select_font_face) each(set_font_size) each(text_extents) each(show_text)

struct cairo {
#define DECLARE(name) __typeof__(cairo_##name) *name;
  FUNCTIONS(DECLARE)
};

/* Stays for the life of the process. False: *error. */
static bool load(struct cairo *cairo, struct error *error) {
  void *library = dlopen("libcairo.so.2", RTLD_LAZY | RTLD_LOCAL);
  if (!library) return error_set(error, ERROR_SYSTEM, "charts need the library cairo (Debian's libcairo2): %s", dlerror());
  void *symbol;
  bool ok = true;
#define FIND(name)                                \
  symbol = dlsym(library, "cairo_" #name);        \
  memcpy(&cairo->name, &symbol, sizeof symbol);   \
  ok = ok && symbol;
  FUNCTIONS(FIND)
  return ok || error_set(error, ERROR_SYSTEM, "charts need a newer library cairo than this machine has");
}

static const struct cairo *loaded(lua_State *L) {
  static struct cairo cairo;
  static bool is_loaded;
  struct error error = {0};
  if (!is_loaded) is_loaded = load(&cairo, &error);
  if (!is_loaded) luaL_error(L, "%s", error.text);
  return &cairo;
}

struct chart {
  const struct cairo *cairo;
  cairo_surface_t *surface; /* ours, like context */
  cairo_t *context;
  int width, height, count;
  double values[BARS_MAX], top, line; /* line: 0: none */
  const char *labels[BARS_MAX];       /* borrowed from the arguments, which are on the stack */
};

static int chart_release(lua_State *L) {
  struct chart *chart = lua_touserdata(L, 1);
  if (chart->context) chart->cairo->destroy(chart->context);
  if (chart->surface) chart->cairo->surface_destroy(chart->surface);
  chart->context = NULL;
  chart->surface = NULL;
  return 0;
}

/* ---- reading the arguments ---- */

static double number_field(lua_State *L, const char *name, double least, double most, double otherwise) {
  int type = lua_getfield(L, 1, name);
  double value = type == LUA_TNIL ? otherwise : lua_tonumber(L, -1);
  if (type != LUA_TNIL && (type != LUA_TNUMBER || !(value >= least && value <= most))) {
    luaL_error(L, "chart.bars: %s must be a number from %f to %f", name, least, most);
  }
  lua_pop(L, 1);
  return value;
}

static void read_values(lua_State *L, struct chart *chart) {
  if (lua_getfield(L, 1, "values") != LUA_TTABLE) luaL_error(L, "chart.bars: values must be a list of numbers");
  lua_Unsigned count = lua_rawlen(L, -1);
  if (count < 1 || count > BARS_MAX) luaL_error(L, "chart.bars: 1 to %d values, not %d", BARS_MAX, (int)count);
  chart->count = (int)count;
  for (int i = 0; i < chart->count; i++) {
    lua_rawgeti(L, -1, i + 1);
    chart->values[i] = lua_tonumber(L, -1);
    bool is_sound = lua_type(L, -1) == LUA_TNUMBER && chart->values[i] >= 0 && isfinite(chart->values[i]);
    if (!is_sound) luaL_error(L, "chart.bars: values[%d] must be a number, 0 or more", i + 1);
    if (chart->values[i] > chart->top) chart->top = chart->values[i];
    lua_pop(L, 1);
  }
}

/* They stay on the stack with their table. */
static void read_labels(lua_State *L, struct chart *chart) {
  int type = lua_getfield(L, 1, "labels");
  if (type == LUA_TNIL) return;
  if (type != LUA_TTABLE) luaL_error(L, "chart.bars: labels must be a list of texts");
  for (int i = 0; i < chart->count; i++) {
    if (lua_rawgeti(L, -1, i + 1) == LUA_TSTRING) chart->labels[i] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
}

/* ---- drawing ---- */

struct frame { /* of the bars, within the picture; pixels */
  double left, top, width, height, font;
};

static double y_of(const struct chart *chart, const struct frame *frame, double value) {
  return frame->top + frame->height * (1 - value / chart->top);
}

static void draw_text(const struct chart *chart, const char *text, double x, double y, double align) {
  cairo_text_extents_t extents;
  chart->cairo->text_extents(chart->context, text, &extents);
  chart->cairo->move_to(chart->context, x - extents.x_advance * align, y);
  chart->cairo->show_text(chart->context, text);
}

static void draw_number(const struct chart *chart, double value, double x, double y, double align) {
  char text[32];
  (void)snprintf(text, sizeof text, "%.6g", value);
  draw_text(chart, text, x, y, align);
}

/* 1, 2 or 5 times a power of ten: what people count in. */
static double step_of(double top) {
  double power = pow(10, floor(log10(top / GRID_LINES)));
  double steps[] = {1, 2, 5, 10};
  for (int i = 0; i < 3; i++) {
    if (power * steps[i] * GRID_LINES >= top) return power * steps[i];
  }
  return power * 10;
}

static void draw_grid(const struct chart *chart, const struct frame *frame) {
  const struct cairo *cairo = chart->cairo;
  double step = step_of(chart->top);
  for (int i = 0; i * step <= chart->top; i++) {
    double y = y_of(chart, frame, i * step);
    cairo->set_source_rgb(chart->context, 0.87, 0.87, 0.87);
    cairo->set_line_width(chart->context, 1);
    cairo->move_to(chart->context, frame->left, floor(y) + 0.5);
    cairo->line_to(chart->context, frame->left + frame->width, floor(y) + 0.5);
    cairo->stroke(chart->context);
    cairo->set_source_rgb(chart->context, 0.4, 0.4, 0.4);
    draw_number(chart, i * step, frame->left - frame->font / 2, y + frame->font / 3, 1);
  }
}

static void draw_bars(const struct chart *chart, const struct frame *frame) {
  const struct cairo *cairo = chart->cairo;
  double step = frame->width / chart->count, gap = step / 6;
  for (int i = 0; i < chart->count; i++) {
    double y = y_of(chart, frame, chart->values[i]), middle = frame->left + step * (i + 0.5);
    bool is_over = chart->line > 0 && chart->values[i] > chart->line;
    cairo->set_source_rgb(chart->context, is_over ? 0.87 : 0.26, is_over ? 0.42 : 0.55, is_over ? 0.33 : 0.79);
    cairo->rectangle(chart->context, frame->left + step * i + gap, y, step - 2 * gap, frame->top + frame->height - y);
    cairo->fill(chart->context);
    cairo->set_source_rgb(chart->context, 0.2, 0.2, 0.2);
    if (chart->labels[i]) draw_text(chart, chart->labels[i], middle, frame->top + frame->height + frame->font * 1.5, 0.5);
    if (chart->values[i] > 0 && step > frame->font * 2.5) draw_number(chart, chart->values[i], middle, y - frame->font / 3, 0.5);
  }
}

static void draw_line(const struct chart *chart, const struct frame *frame) {
  const double dashes[] = {8, 5};
  double y = y_of(chart, frame, chart->line);
  chart->cairo->set_source_rgb(chart->context, 0.75, 0.2, 0.2);
  chart->cairo->set_line_width(chart->context, 2);
  chart->cairo->set_dash(chart->context, dashes, 2, 0);
  chart->cairo->move_to(chart->context, frame->left, y);
  chart->cairo->line_to(chart->context, frame->left + frame->width, y);
  chart->cairo->stroke(chart->context);
}

static void draw(struct chart *chart) {
  const struct cairo *cairo = chart->cairo;
  double font = chart->height / 26.0;
  struct frame frame = {.left = font * 4, .top = font * 2, .font = font};
  frame.width = chart->width - frame.left - font;
  frame.height = chart->height - frame.top - font * 2.5;
  if (chart->line > chart->top) chart->top = chart->line;
  chart->top = chart->top > 0 ? chart->top * 1.05 : 1;
  cairo->set_source_rgb(chart->context, 1, 1, 1);
  cairo->paint(chart->context);
  cairo->select_font_face(chart->context, "@cairo:", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo->set_font_size(chart->context, font);
  draw_grid(chart, &frame);
  draw_bars(chart, &frame);
  if (chart->line > 0) draw_line(chart, &frame);
}

static cairo_status_t add_bytes(void *buffer, const unsigned char *bytes, unsigned size) {
  return buffer_add(buffer, bytes, size, NULL) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* chart.bars{ values =, labels =, line =, width =, height = } -> the bytes of a PNG */
static int chart_bars(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  const struct cairo *cairo = loaded(L);
  struct buffer *png = api_new_buffer(L, PNG_CEILING);
  struct chart *chart = lua_newuserdatauv(L, sizeof *chart, 0);
  *chart = (struct chart){.cairo = cairo};
  if (luaL_newmetatable(L, "lunokhod.chart")) {
    lua_pushcfunction(L, chart_release);
    lua_setfield(L, -2, "__close");
    lua_pushcfunction(L, chart_release);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  lua_toclose(L, -1);
  chart->width = (int)number_field(L, "width", SIDE_LEAST, SIDE_MOST, WIDTH);
  chart->height = (int)number_field(L, "height", SIDE_LEAST, SIDE_MOST, HEIGHT);
  chart->line = number_field(L, "line", 0, 1e15, 0);
  read_values(L, chart);
  read_labels(L, chart);
  chart->surface = cairo->image_surface_create(CAIRO_FORMAT_RGB24, chart->width, chart->height);
  chart->context = cairo->create(chart->surface);
  draw(chart);
  cairo_status_t status = cairo->status(chart->context);
  if (status == CAIRO_STATUS_SUCCESS) status = cairo->surface_write_to_png_stream(chart->surface, add_bytes, png);
  if (status != CAIRO_STATUS_SUCCESS) return luaL_error(L, "chart.bars: not enough memory for the picture");
  lua_pushlstring(L, png->data, png->size);
  return 1;
}

int api_open_chart(lua_State *L) {
  static const luaL_Reg functions[] = {{"bars", chart_bars}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
