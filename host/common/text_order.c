#include "common/text_order.h"

#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifndef TEXT_ORDER_LIBRARY
#define TEXT_ORDER_LIBRARY "libglib-2.0.so.0" /* the ABI of every GLib 2 */
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static __typeof__(g_unichar_tolower) *lower_of;
static __typeof__(g_unichar_decompose) *decompose;
static __typeof__(g_unichar_combining_class) *combining_class;

static void load(void) {
  void *library = dlopen(TEXT_ORDER_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  if (!library) return;
  void *lower = dlsym(library, "g_unichar_tolower"), *parts = dlsym(library, "g_unichar_decompose");
  void *class = dlsym(library, "g_unichar_combining_class");
  if (!lower || !parts || !class) return;
  memcpy(&lower_of, &lower, sizeof lower); /* bytes, since C lets no pointer to data become one to a function */
  memcpy(&decompose, &parts, sizeof parts);
  memcpy(&combining_class, &class, sizeof class);
}

enum {
  NO_TEXT = 0x110000, /* and the byte: what is not UTF-8 */
  YO = 0x451,         /* ё: counts as е, unlike й, ї and other letters of Cyrillic that are written with a mark */
  IE = 0x435,
  CYRILLIC = 0x400,
  CYRILLIC_END = 0x530,
};

struct reader {
  const unsigned char *at, *end;
};

struct letter {
  uint32_t base; /* in lower case, without accents; 0: the text is over */
  uint32_t full; /* in lower case */
};

/* Of a text that is UTF-8 as far as its lengths go; the rest is told byte by byte. */
static uint32_t next_code(struct reader *reader) {
  const unsigned char *at = reader->at;
  unsigned size = at[0] < 0x80 ? 1 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC2 ? 2 : 0;
  bool is_whole = size && at[0] < 0xF5 && (size_t)(reader->end - at) >= size;
  for (unsigned i = 1; is_whole && i < size; i++) is_whole = (at[i] & 0xC0) == 0x80;
  reader->at += is_whole ? size : 1;
  if (!is_whole) return NO_TEXT + at[0];
  uint32_t code = size == 1 ? at[0] : at[0] & (0x7Fu >> size);
  for (unsigned i = 1; i < size; i++) code = code << 6 | (at[i] & 0x3Fu);
  return code;
}

static uint32_t base_of(uint32_t code) {
  if (code == YO) return IE;
  bool is_apart = code >= CYRILLIC && code < CYRILLIC_END;
  gunichar first = code, mark;
  while (!is_apart && decompose(first, &first, &mark) && mark && combining_class(mark)) continue;
  return first;
}

/* Accents that stand on their own are left out. */
static struct letter next_letter(struct reader *reader) {
  while (reader->at < reader->end) {
    uint32_t code = next_code(reader);
    if (code < 0x80) {
      uint32_t lower = code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
      return (struct letter){lower + 1, lower}; /* a NUL is no end */
    }
    if (code >= NO_TEXT || !lower_of) return (struct letter){code + 1, code};
    uint32_t lower = lower_of(code);
    if (!combining_class(lower)) return (struct letter){base_of(lower) + 1, lower};
  }
  return (struct letter){0};
}

int text_order_compare(const char *one, size_t one_size, const char *other, size_t other_size) {
  struct reader readers[2] = {{(const unsigned char *)one, (const unsigned char *)one + one_size},
                              {(const unsigned char *)other, (const unsigned char *)other + other_size}};
  int by_accent = 0;
  struct letter first, second;
  (void)pthread_once(&once, load);
  do {
    first = next_letter(&readers[0]);
    second = next_letter(&readers[1]);
    if (!by_accent) by_accent = (first.full > second.full) - (first.full < second.full);
  } while (first.base && first.base == second.base);
  return first.base == second.base ? by_accent : first.base < second.base ? -1 : 1;
}
