/* The functions of GLib are found by name once, and the library is never unloaded. Its memory is not of the buffer's, so what
 * it gives is copied and freed before anything else happens. */
#include "script/unicode.h"

#include <dlfcn.h>
#include <glib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"

#ifndef UNICODE_LIBRARY
#define UNICODE_LIBRARY "libglib-2.0.so.0" /* the ABI of every GLib 2 */
#endif

static struct {
  __typeof__(g_utf8_strdown) *lower;
  __typeof__(g_utf8_strup) *upper;
  __typeof__(g_utf8_casefold) *fold;
  __typeof__(g_utf8_normalize) *normalize;
  __typeof__(g_free) *free;
} glib;

/* Bytes are copied, since C lets no pointer to data become one to a function. */
static bool find(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static bool load(struct error *error) {
  static bool is_loaded;
  if (is_loaded) return true;
  void *library = dlopen(UNICODE_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  is_loaded = library && find(library, "g_utf8_strdown", &glib.lower) && find(library, "g_utf8_strup", &glib.upper) &&
              find(library, "g_utf8_casefold", &glib.fold) && find(library, "g_utf8_normalize", &glib.normalize) &&
              find(library, "g_free", &glib.free);
  return is_loaded || error_set(error, ERROR_SYSTEM, "letters of all languages need the library GLib (Debian's libglib2.0-0)");
}

static char *fold(const char *text, size_t size) {
  char *folded = glib.fold(text, (gssize)size);
  char *normal = glib.normalize(folded, -1, G_NORMALIZE_DEFAULT_COMPOSE);
  glib.free(folded);
  return normal;
}

static char *convert(enum unicode_form form, const char *text, size_t size) {
  switch (form) {
    case UNICODE_LOWER: return glib.lower(text, (gssize)size);
    case UNICODE_UPPER: return glib.upper(text, (gssize)size);
    case UNICODE_FOLDED: return fold(text, size);
  }
  return NULL;
}

bool unicode_add(enum unicode_form form, const char *text, size_t size, struct buffer *to, struct error *error) {
  if (!load(error)) return false;
  char *result = convert(form, text, size);
  bool ok = result ? buffer_add_text(to, result, error) : error_set(error, ERROR_MEMORY, "out of memory for a text");
  glib.free(result);
  return ok;
}
