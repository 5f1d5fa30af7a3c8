/* Characters and their classes, by GLib. GLib is loaded late, because most texts of most bots are read without it. */
#include "common/character.h"

#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>
#include <string.h>

#ifndef CHARACTER_LIBRARY
#define CHARACTER_LIBRARY "libglib-2.0.so.0" /* the ABI of every GLib 2 */
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static __typeof__(g_unichar_type) *type_of;
static __typeof__(g_unichar_tolower) *lower_of;
static __typeof__(g_unichar_toupper) *upper_of;

static void load(void) {
  void *library = dlopen(CHARACTER_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  if (!library) return;
  void *type = dlsym(library, "g_unichar_type"), *lower = dlsym(library, "g_unichar_tolower");
  void *upper = dlsym(library, "g_unichar_toupper");
  memcpy(&type_of, &type, sizeof type); /* bytes, since C lets no pointer to data become one to a function */
  memcpy(&lower_of, &lower, sizeof lower);
  memcpy(&upper_of, &upper, sizeof upper);
}

enum character_kind character_kind(uint32_t code) {
  if (code < 0x80) {
    if (code == ' ') return CHARACTER_SPACE;
    if (code >= '0' && code <= '9') return CHARACTER_DIGIT;
    return character_is_alphanumeric((char)code) ? CHARACTER_LETTER : CHARACTER_OTHER;
  }
  (void)pthread_once(&once, load);
  if (!type_of) return CHARACTER_LETTER;
  switch (type_of(code)) {
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_OTHER_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
    case G_UNICODE_UPPERCASE_LETTER: return CHARACTER_LETTER;
    case G_UNICODE_DECIMAL_NUMBER: return CHARACTER_DIGIT;
    case G_UNICODE_LETTER_NUMBER:
    case G_UNICODE_OTHER_NUMBER: return CHARACTER_NUMBER;
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SPACE_SEPARATOR: return CHARACTER_SPACE;
    default: return CHARACTER_OTHER;
  }
}

uint32_t character_lower(uint32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
  (void)pthread_once(&once, load);
  return lower_of ? lower_of(code) : code;
}

uint32_t character_upper(uint32_t code) {
  if (code < 0x80) return code >= 'a' && code <= 'z' ? code - ('a' - 'A') : code;
  (void)pthread_once(&once, load);
  return upper_of ? upper_of(code) : code;
}

size_t character_size(const char *text, const char *end) {
  const unsigned char *at = (const unsigned char *)text;
  if (at[0] < 0x80) return 1;
  size_t size = at[0] >= 0xF5 ? 0 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC2 ? 2 : 0;
  if (!size || (size_t)(end - text) < size) return 0;
  for (size_t i = 1; i < size; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  bool is_surrogate = at[0] == 0xED && at[1] >= 0xA0;
  bool is_long = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] >= 0x90);
  return is_surrogate || is_long ? 0 : size;
}

bool character_is_valid(const char *text, size_t size) {
  const char *end = text + size;
  for (size_t step; text < end; text += step) {
    step = character_size(text, end);
    if (!step) return false;
  }
  return true;
}

const char *character_next(const char *at, uint32_t *code) {
  const unsigned char *from = (const unsigned char *)at;
  unsigned size = from[0] >= 0xF0 ? 4 : from[0] >= 0xE0 ? 3 : from[0] >= 0xC0 ? 2 : 1;
  *code = size == 1 ? from[0] : from[0] & (0x7Fu >> size);
  for (unsigned i = 1; i < size; i++) *code = *code << 6 | (from[i] & 0x3Fu);
  return at + size;
}

const char *character_previous(const char *at, uint32_t *code) {
  do at--;
  while (((unsigned char)*at & 0xC0) == 0x80);
  (void)character_next(at, code);
  return at;
}

size_t character_write(char *to, uint32_t code) {
  if (code < 0x80) return (void)(to[0] = (char)code), 1;
  size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (size_t i = size; --i > 0; code >>= 6) to[i] = (char)(0x80 | (code & 0x3F));
  to[0] = (char)(first[size] | code);
  return size;
}
