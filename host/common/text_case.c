/* GLib's memory is not the buffer's, so what it gives is copied and freed before anything else happens. */
#include "common/text_case.h"

#include "common/buffer.h"
#include "common/error.h"
#include "common/glib_library.h"

static char *fold(const struct glib_library *glib, const char *text, size_t size) {
  char *folded = glib->utf8_casefold(text, (gssize)size);
  char *normal = glib->utf8_normalize(folded, -1, G_NORMALIZE_DEFAULT_COMPOSE);
  glib->free(folded);
  return normal;
}

static char *convert(const struct glib_library *glib, enum text_case form, const char *text, size_t size) {
  switch (form) {
    case TEXT_CASE_LOWER: return glib->utf8_strdown(text, (gssize)size);
    case TEXT_CASE_UPPER: return glib->utf8_strup(text, (gssize)size);
    case TEXT_CASE_FOLDED: return fold(glib, text, size);
  }
  return NULL;
}

bool text_case_add(enum text_case form, const char *text, size_t size, struct buffer *to, struct error *error) {
  const struct glib_library *glib = glib_library_open("letters of all languages", error);
  if (!glib) return false;
  char *result = convert(glib, form, text, size);
  bool ok = result ? buffer_add_text(to, result, error) : error_set(error, ERROR_MEMORY, "out of memory for a text");
  glib->free(result);
  return ok;
}
