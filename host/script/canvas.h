/* The drawing library cairo, loaded on demand. With the twenty libraries that it needs it costs 2.3 MB of resident memory where
 * it is linked, and most hosts never draw; so it is loaded when something is to be drawn for the first time, and stays. The
 * loop's thread only. Internal to the floor. */
#pragma once
#include <cairo.h>

struct error;

/* Every function of cairo that is used: canvas->move_to is cairo_move_to. */
#define CANVAS_FUNCTIONS(each)                                                                                               \
  each(image_surface_create) each(surface_destroy) each(surface_write_to_png_stream) each(create) each(destroy) each(status) \
      each(set_source_rgb) each(paint) each(rectangle) each(fill) each(move_to) each(line_to) each(set_line_width)           \
          each(set_dash) each(stroke) each(select_font_face) each(set_font_size) each(text_extents) each(show_text)

struct canvas {
#define CANVAS_DECLARE(name) __typeof__(cairo_##name) *name;
  CANVAS_FUNCTIONS(CANVAS_DECLARE)
};

/* Borrowed, for the life of the process. NULL, and ERROR_SYSTEM: this machine has no cairo, or one that is too old. */
const struct canvas *canvas_load(struct error *error);
