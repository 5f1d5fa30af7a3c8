/* Looks at the pictures as a reader of PNG does: cairo's own, found as the room finds it. */
#include "script/chart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/late_library.h"
#include "common/memory.h"
#include "script/canvas.h"

enum { WIDTH = 400, HEIGHT = 300, CEILING = 10 << 20 };

/* ---- reading ---- */

struct picture {
  cairo_surface_t *surface;
  const unsigned char *pixels; /* blue green red, and a byte that means nothing */
  int width, height, stride;
};

struct source {
  const struct buffer *png;
  size_t read;
};

static cairo_status_t read_bytes(void *data, unsigned char *bytes, unsigned size) {
  struct source *source = data;
  if (source->png->size - source->read < size) return CAIRO_STATUS_READ_ERROR;
  memcpy(bytes, source->png->data + source->read, size);
  source->read += size;
  return CAIRO_STATUS_SUCCESS;
}

static void *function(const char *name) {
  static const struct late_library cairo = {"libcairo.so.2", "cairo", "libcairo2"};
  void *found = NULL;
  assert_true(late_library_open(&cairo, (struct late_function[]){{name, &found}, {NULL, NULL}}, "charts", NULL));
  return found;
}

#define CALL(name) ((__typeof__(name) *)(uintptr_t)function(#name))

static struct picture picture_of(const struct buffer *png) {
  struct source source = {png, 0};
  cairo_surface_t *surface = CALL(cairo_image_surface_create_from_png_stream)(read_bytes, &source);
  struct picture picture = {surface, CALL(cairo_image_surface_get_data)(surface), CALL(cairo_image_surface_get_width)(surface),
                            CALL(cairo_image_surface_get_height)(surface), CALL(cairo_image_surface_get_stride)(surface)};
  assert_non_null(picture.pixels);
  return picture;
}

static bool is_red(const unsigned char *pixel) { return pixel[2] > 210 && pixel[0] < 100; }
static bool is_blue(const unsigned char *pixel) { return pixel[0] > pixel[2] + 60; }

/* How many pixels of that kind there are from column `from` up to `to`. */
static int count(const struct picture *picture, bool (*is_kind)(const unsigned char *pixel), int from, int to) {
  int found = 0;
  for (int y = 0; y < picture->height; y++) {
    for (int x = from; x < to; x++) found += is_kind(picture->pixels + y * picture->stride + x * 4);
  }
  return found;
}

static void draw(const struct chart *chart, struct picture *picture) {
  struct buffer png;
  struct error error = {0};
  buffer_init(&png, CEILING);
  bool ok = chart_draw(chart, &png, &error);
  assert_string_equal(error.text, "");
  assert_true(ok);
  *picture = picture_of(&png);
  assert_int_equal(picture->width, chart->width);
  assert_int_equal(picture->height, chart->height);
  buffer_release(&png);
}

static void drop(struct picture *picture) { CALL(cairo_surface_destroy)(picture->surface); }

/* ---- what is promised ---- */

static void bars_are_as_high_as_their_values(void **state) {
  (void)state;
  const double values[] = {700, 1400, 0};
  struct chart chart = {.values = values, .count = 3, .width = WIDTH, .height = HEIGHT};
  struct picture picture;
  draw(&chart, &picture);
  /* The frame begins at 45 and ends at 390: 115 for each. */
  int first = count(&picture, is_blue, 45, 160), second = count(&picture, is_blue, 160, 275),
      third = count(&picture, is_blue, 275, 390);
  assert_true(first > 5000);
  assert_in_range(second, first * 2 - first / 20, first * 2 + first / 20);
  assert_int_equal(third, 0);
  assert_int_equal(count(&picture, is_red, 0, WIDTH), 0);
  drop(&picture);
}

static void what_passes_the_line_is_red(void **state) {
  (void)state;
  const double values[] = {1999, 2000, 2001};
  struct chart chart = {.values = values, .count = 3, .line = 2000, .width = WIDTH, .height = HEIGHT};
  struct picture picture;
  draw(&chart, &picture);
  assert_int_equal(count(&picture, is_red, 45, 275), 0);
  assert_true(count(&picture, is_blue, 160, 275) > 5000);
  assert_true(count(&picture, is_red, 275, 390) > 5000);
  assert_int_equal(count(&picture, is_blue, 275, 390), 0);
  drop(&picture);
}

static void any_numbers_have_a_picture(void **state) {
  (void)state;
  static const double values[][3] = {
      {0, 0, 0},           {5e-324, 0, 0},   {1e-7, 2e-7, 0},          {1, 3, 2},
      {0.1, 0.3, 0.29999}, {999999.5, 1, 1}, {CHART_VALUE_MOST, 1, 0}, {1e-6, CHART_VALUE_MOST, 7}};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    struct chart chart = {.values = values[i], .count = 3, .width = CHART_SIDE_LEAST, .height = CHART_SIDE_LEAST};
    struct picture picture;
    draw(&chart, &picture);
    drop(&picture);
    chart.line = values[i][1];
    chart.width = CHART_SIDE_MOST;
    draw(&chart, &picture);
    drop(&picture);
  }
}

static void many_bars_with_long_labels_have_a_picture(void **state) {
  (void)state;
  double values[CHART_BARS_MAX];
  const char *labels[CHART_BARS_MAX];
  for (int i = 0; i < CHART_BARS_MAX; i++) {
    values[i] = i;
    labels[i] = i % 7 ? "a label that is longer than its bar is wide" : NULL;
  }
  struct chart chart = {
      .values = values, .labels = labels, .count = CHART_BARS_MAX, .width = CHART_SIDE_LEAST, .height = CHART_SIDE_MOST};
  struct picture picture;
  draw(&chart, &picture);
  assert_true(count(&picture, is_blue, 0, CHART_SIDE_LEAST) > 1000);
  drop(&picture);
}

/* Of letters; lines of the scale are paler. */
static bool is_dark(const unsigned char *pixel) { return pixel[0] < 180 && pixel[1] < 180 && pixel[2] < 180; }

static void texts_are_drawn_in_any_script(void **state) {
  (void)state;
  const double values[] = {0};
  const char *const none[] = {NULL}, *const ascii[] = {"Mon"}, *const russian[] = {"Пн"};
  struct chart chart = {.values = values, .count = 1, .width = WIDTH, .height = HEIGHT};
  struct picture without, with, title;
  chart.labels = none;
  draw(&chart, &without);
  int scale = count(&without, is_dark, 0, WIDTH);
  chart.labels = ascii;
  draw(&chart, &with);
  assert_true(count(&with, is_dark, 0, WIDTH) > scale);
  drop(&with);
  chart.labels = russian;
  draw(&chart, &with);
  int labelled = count(&with, is_dark, 0, WIDTH);
  assert_true(labelled > scale);
  drop(&with);
  chart.title = "Неделя";
  draw(&chart, &title);
  assert_true(count(&title, is_dark, 0, WIDTH) > labelled + 20);
  drop(&without);
  drop(&title);
}

static void a_text_that_is_not_utf8_is_a_mistake(void **state) {
  (void)state;
  const double values[] = {1};
  const char *const labels[] = {"\xFF\xD0"};
  struct chart chart = {.values = values, .labels = labels, .count = 1, .width = WIDTH, .height = HEIGHT};
  struct buffer png;
  struct error error = {0};
  buffer_init(&png, CEILING);
  assert_false(chart_draw(&chart, &png, &error));
  assert_int_equal(error.kind, ERROR_MISUSE);
  assert_int_equal(png.size, 0);
  chart.labels = NULL;
  assert_true(chart_draw(&chart, &png, &error)); /* the next one is not spoilt */
  buffer_release(&png);
}

static void a_picture_over_its_ceiling_leaves_nothing(void **state) {
  (void)state;
  const double values[] = {1};
  struct chart chart = {.values = values, .count = 1, .width = WIDTH, .height = HEIGHT};
  struct buffer png;
  struct error error = {0};
  buffer_init(&png, 200);
  assert_true(buffer_add_text(&png, "before", NULL));
  assert_false(chart_draw(&chart, &png, &error));
  assert_int_equal(error.kind, ERROR_FULL);
  assert_int_equal(png.size, 6);
  buffer_release(&png);
}

static void lack_of_memory_is_an_error_of_this_picture_only(void **state) {
  (void)state;
  const double values[] = {1, 2};
  struct chart chart = {.values = values, .count = 2, .width = WIDTH, .height = HEIGHT};
  bool ok = false;
  unsigned n = 0;
  while (!ok) {
    struct buffer png;
    struct error error = {0};
    buffer_init(&png, CEILING);
    memory_fail_at(++n);
    ok = chart_draw(&chart, &png, &error);
    memory_fail_at(0);
    assert_true(ok || error.kind == ERROR_MEMORY);
    assert_true(ok || png.size == 0);
    buffer_release(&png);
  }
  assert_true(n > 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bars_are_as_high_as_their_values),
      cmocka_unit_test(what_passes_the_line_is_red),
      cmocka_unit_test(any_numbers_have_a_picture),
      cmocka_unit_test(many_bars_with_long_labels_have_a_picture),
      cmocka_unit_test(texts_are_drawn_in_any_script),
      cmocka_unit_test(a_text_that_is_not_utf8_is_a_mistake),
      cmocka_unit_test(a_picture_over_its_ceiling_leaves_nothing),
      cmocka_unit_test(lack_of_memory_is_an_error_of_this_picture_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
