/* Loads the drawing library cairo. The functions are found by name once, and the library is never unloaded: cairo keeps
 * fonts for the life of the process. */
#include "script/canvas.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "common/error.h"

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

/* C forbids to convert a pointer to data into one to a function. POSIX promises that their bytes are the same, so these are
 * copied. */
static bool find(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static bool load(struct canvas *canvas, struct error *error) {
  void *library = dlopen(CANVAS_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  if (!library) return error_set(error, ERROR_SYSTEM, "pictures need the library cairo (Debian's libcairo2): %s", dlerror());
  bool is_whole = true;
#define CANVAS_FIND(name) is_whole = find(library, "cairo_" #name, &canvas->name) && is_whole;
  CANVAS_FUNCTIONS(CANVAS_FIND)
  return is_whole || error_set(error, ERROR_SYSTEM, "pictures need a newer library cairo than this machine has");
}

const struct canvas *canvas_load(struct error *error) {
  static struct canvas canvas;
  static bool is_loaded;
  /* Asked again after a failure: what is missing can be installed while the bots run. */
  if (!is_loaded) is_loaded = load(&canvas, error);
  return is_loaded ? &canvas : NULL;
}
