#include "common/letter_case.h"

#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"

#ifndef LETTER_CASE_LIBRARY
#define LETTER_CASE_LIBRARY "libglib-2.0.so.0" /* the ABI of every GLib 2 */
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static __typeof__(g_utf8_casefold) *casefold;
static __typeof__(g_utf8_validate) *validate;
static __typeof__(g_free) *free_text;

static void load(void) {
  void *library = dlopen(LETTER_CASE_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  if (!library) return;
  void *fold = dlsym(library, "g_utf8_casefold"), *valid = dlsym(library, "g_utf8_validate"), *freed = dlsym(library, "g_free");
  memcpy(&casefold, &fold, sizeof fold); /* bytes, since C lets no pointer to data become one to a function */
  memcpy(&validate, &valid, sizeof valid);
  memcpy(&free_text, &freed, sizeof freed);
}

static bool is_ascii(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if ((unsigned char)text[i] >= 0x80) return false;
  }
  return true;
}

static bool fold_ascii(const char *text, size_t size, struct buffer *folded, struct error *error) {
  size_t before = folded->size;
  if (!buffer_add(folded, text, size, error)) return false;
  for (char *at = folded->data + before; size--; at++) {
    if (*at >= 'A' && *at <= 'Z') *at = (char)(*at + ('a' - 'A'));
  }
  return true;
}

bool letter_case_fold(const char *text, size_t size, struct buffer *folded, struct error *error) {
  if (!size) return true;
  if (is_ascii(text, size)) return fold_ascii(text, size, folded, error);
  (void)pthread_once(&once, load);
  if (!casefold || !validate || !free_text)
    return error_set(error, ERROR_SYSTEM, "letters of this alphabet need the library GLib (Debian's libglib2.0-0)");
  if (!validate(text, (gssize)size, NULL)) return fold_ascii(text, size, folded, error);
  char *result = casefold(text, (gssize)size);
  bool ok = buffer_add(folded, result, strlen(result), error);
  free_text(result);
  return ok;
}
