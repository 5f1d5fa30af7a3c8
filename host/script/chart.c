/* Lays out and draws a bar chart. The scale goes from zero to the highest of bars and line; from there on everything is a
 * matter of pixels. Bars, then the line, then the numbers, each on a white ground of its own, so that none is crossed out. */
#include "script/chart.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "common/buffer.h"
#include "common/error.h"
#include "script/canvas.h"

enum { GRID_LINES = 5 };
#define VALUE_LEAST \
  1e-6 /* of the highest value: a scale of still smaller steps would need more digits than there is room for */

/* Texts of ASCII are drawn in cairo's own font: it needs none on the machine, and a search for one costs 17 ms and 3 MB. */
static const char OWN_FONT[] = "@cairo:", FOUND_FONT[] = "sans-serif";

struct colour {
  double red, green, blue;
};
static const struct colour WHITE = {1, 1, 1}, GREY = {0.87, 0.87, 0.87}, DARK = {0.25, 0.25, 0.25}, BLUE = {0.26, 0.55, 0.79},
                           RED = {0.87, 0.42, 0.33}, LINE = {0.75, 0.2, 0.2};

struct drawing {
  const struct chart *chart;
  const struct canvas *to;
  cairo_t *pen; /* ours, like the next */
  cairo_surface_t *surface;
  double font;                     /* height of the letters, pixels like all below */
  double left, top, width, height; /* the frame that the bars stand in */
  double slot;                     /* of its width, what each bar has */
  double most;                     /* the value at its upper edge */
};

/* ---- primitives ---- */

static double y_of(const struct drawing *d, double value) { return d->top + d->height * (1 - value / d->most); }
static double middle_of(const struct drawing *d, int bar) { return d->left + d->slot * (bar + 0.5); }

static void take_colour(const struct drawing *d, struct colour colour) {
  d->to->set_source_rgb(d->pen, colour.red, colour.green, colour.blue);
}

static void fill_box(const struct drawing *d, struct colour colour, double x, double y, double width, double height) {
  take_colour(d, colour);
  d->to->rectangle(d->pen, x, y, width, height);
  d->to->fill(d->pen);
}

static void draw_across(const struct drawing *d, double y) {
  d->to->move_to(d->pen, d->left, y);
  d->to->line_to(d->pen, d->left + d->width, y);
  d->to->stroke(d->pen);
}

static double width_of(const struct drawing *d, const char *text) {
  cairo_text_extents_t extents = {0};
  if (text) d->to->text_extents(d->pen, text, &extents);
  return extents.x_advance;
}

/* y: of the line that the letters stand on; share: of the text's width, what is left of x. */
static void draw_text(const struct drawing *d, const char *text, double x, double y, double share) {
  take_colour(d, DARK);
  d->to->move_to(d->pen, x - width_of(d, text) * share, y);
  d->to->show_text(d->pen, text);
}

struct number {
  char text[32];
};

static struct number number_of(double value) {
  struct number number;
  (void)snprintf(number.text, sizeof number.text, "%.6g", value);
  return number;
}

/* ---- the parts of the picture, from back to front ---- */

static bool is_ascii(const char *text) {
  for (; text && *text; text++) {
    if ((unsigned char)*text > 127) return false;
  }
  return true;
}

static void choose_font(const struct drawing *d) {
  const struct chart *chart = d->chart;
  bool is_plain = is_ascii(chart->title);
  for (int i = 0; chart->labels && i < chart->count; i++) is_plain = is_plain && is_ascii(chart->labels[i]);
  d->to->select_font_face(d->pen, is_plain ? OWN_FONT : FOUND_FONT, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  d->to->set_font_size(d->pen, d->font);
}

static void lay_out(struct drawing *d) {
  const struct chart *chart = d->chart;
  d->font = fmin(chart->height / 26.0, chart->width / 40.0);
  d->left = d->font * 4.5;
  d->top = d->font * (chart->title ? 4 : 2);
  d->width = chart->width - d->left - d->font;
  d->height = chart->height - d->top - d->font * 2.5;
  d->slot = d->width / chart->count;
  d->most = chart->line;
  for (int i = 0; i < chart->count; i++) d->most = fmax(d->most, chart->values[i]);
  if (d->most < VALUE_LEAST) d->most = 1;
}

/* The distance of the grid's lines: 1, 2 or 5 times a power of ten, which people read easily. */
static double step_of(double most) {
  static const double nice[] = {1, 2, 5, 10};
  double power = pow(10, floor(log10(most / GRID_LINES)));
  int i = 0;
  while (i < 3 && power * nice[i] * GRID_LINES < most) i++;
  return power * nice[i];
}

static void draw_grid(const struct drawing *d) {
  double step = step_of(d->most);
  d->to->set_line_width(d->pen, 1);
  for (int i = 0; i <= GRID_LINES && i * step <= d->most * (1 + VALUE_LEAST); i++) {
    double y = y_of(d, i * step);
    take_colour(d, GREY);
    draw_across(d, floor(y) + 0.5); /* between two pixels it would be smeared over both */
    draw_text(d, number_of(i * step).text, d->left - d->font / 2, y + d->font / 3, 1);
  }
}

static void draw_title(const struct drawing *d) {
  if (!d->chart->title) return;
  d->to->set_font_size(d->pen, d->font * 1.3);
  draw_text(d, d->chart->title, d->chart->width / 2.0, d->font * 1.9, 0.5);
  d->to->set_font_size(d->pen, d->font);
}

static void draw_bars(const struct drawing *d) {
  double gap = d->slot / 6;
  for (int i = 0; i < d->chart->count; i++) {
    double value = d->chart->values[i], y = y_of(d, value);
    bool is_over = d->chart->line > 0 && value > d->chart->line;
    fill_box(d, is_over ? RED : BLUE, d->left + d->slot * i + gap, y, d->slot - 2 * gap, d->top + d->height - y);
  }
}

static void draw_line(const struct drawing *d) {
  static const double dashes[] = {8, 5};
  if (d->chart->line <= 0) return;
  take_colour(d, LINE);
  d->to->set_line_width(d->pen, 2);
  d->to->set_dash(d->pen, dashes, 2, 0);
  draw_across(d, y_of(d, d->chart->line));
}

static void draw_numbers(const struct drawing *d) {
  double widest = 0;
  for (int i = 0; i < d->chart->count; i++) widest = fmax(widest, width_of(d, number_of(d->chart->values[i]).text));
  if (widest + d->font / 2 > d->slot) return;
  for (int i = 0; i < d->chart->count; i++) {
    if (d->chart->values[i] <= 0) continue;
    struct number number = number_of(d->chart->values[i]);
    double x = middle_of(d, i), width = width_of(d, number.text), foot = y_of(d, d->chart->values[i]) - d->font / 2;
    fill_box(d, WHITE, x - width / 2 - 2, foot - d->font, width + 4, d->font * 1.25);
    draw_text(d, number.text, x, foot, 0.5);
  }
}

/* Where not all labels have room, only every second, every third, … is drawn. */
static void draw_labels(const struct drawing *d) {
  if (!d->chart->labels) return;
  double widest = 0;
  for (int i = 0; i < d->chart->count; i++) widest = fmax(widest, width_of(d, d->chart->labels[i]));
  int stride = (int)ceil(fmax(1, fmin((widest + d->font / 2) / d->slot, CHART_BARS_MAX)));
  for (int i = 0; i < d->chart->count; i += stride) {
    if (d->chart->labels[i]) draw_text(d, d->chart->labels[i], middle_of(d, i), d->top + d->height + d->font * 1.5, 0.5);
  }
}

static void draw_all(struct drawing *d) {
  take_colour(d, WHITE);
  d->to->paint(d->pen);
  lay_out(d);
  choose_font(d);
  draw_title(d);
  draw_grid(d);
  draw_bars(d);
  draw_line(d);
  draw_numbers(d);
  draw_labels(d);
}

/* ---- the bytes ---- */

struct sink {
  struct buffer *png;
  struct error *error;
};

static cairo_status_t add_bytes(void *data, const unsigned char *bytes, unsigned size) {
  struct sink *sink = data;
  return buffer_add(sink->png, bytes, size, sink->error) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* cairo remembers its first error and draws nothing from then on, so it is asked once, at the end. */
static bool explain(cairo_status_t status, struct error *error) {
  if (status == CAIRO_STATUS_SUCCESS) return true;
  if (status == CAIRO_STATUS_WRITE_ERROR) return false; /* add_bytes() has said why */
  if (status == CAIRO_STATUS_NO_MEMORY) return error_set(error, ERROR_MEMORY, "out of memory for a picture");
  if (status == CAIRO_STATUS_INVALID_STRING) return error_set(error, ERROR_MISUSE, "a chart's texts must be UTF-8");
  return error_set(error, ERROR_SYSTEM, "cairo can't draw the chart; status=%d", (int)status);
}

bool chart_draw(const struct chart *chart, struct buffer *png, struct error *error) {
  const struct canvas *canvas = canvas_load(error);
  if (!canvas) return false;
  assert(chart->count >= 1 && chart->count <= CHART_BARS_MAX);
  size_t size = png->size;
  struct drawing drawing = {.chart = chart, .to = canvas};
  struct sink sink = {png, error};
  drawing.surface = canvas->image_surface_create(CAIRO_FORMAT_RGB24, chart->width, chart->height);
  drawing.pen = canvas->create(drawing.surface);
  draw_all(&drawing);
  cairo_status_t status = canvas->status(drawing.pen);
  if (status == CAIRO_STATUS_SUCCESS) status = canvas->surface_write_to_png_stream(drawing.surface, add_bytes, &sink);
  canvas->destroy(drawing.pen);
  canvas->surface_destroy(drawing.surface);
  bool ok = explain(status, error);
  if (!ok) buffer_cut(png, size);
  return ok;
}
