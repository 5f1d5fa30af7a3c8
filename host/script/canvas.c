/* The library is never unloaded: cairo keeps fonts for the life of the process. */
#include "script/canvas.h"

#include <stdbool.h>
#include <stddef.h>

#include "common/late_library.h"

#ifndef CANVAS_LIBRARY
#define CANVAS_LIBRARY "libcairo.so.2" /* the ABI of every cairo since 2005 */
#endif

#ifdef __SANITIZE_ADDRESS__
/* fontconfig keeps 700 bytes for the life of the process in a place that leak checkers do not search. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libfontconfig"; }
const char *__lsan_default_options(void);
const char *__lsan_default_options(void) { return "print_suppressions=0"; }
#endif

static struct canvas canvas;

const struct canvas *canvas_load(struct error *error) {
  static bool is_loaded;
  static const struct late_library library = {CANVAS_LIBRARY, "cairo", "libcairo2"};
#define CANVAS_ROW(name) {"cairo_" #name, &canvas.name},
  static const struct late_function functions[] = {CANVAS_FUNCTIONS(CANVAS_ROW){NULL, NULL}};
  if (!is_loaded) is_loaded = late_library_open(&library, functions, "pictures", error);
  return is_loaded ? &canvas : NULL;
}
