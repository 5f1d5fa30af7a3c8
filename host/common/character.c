/* ASCII is answered here: most texts of most bots are read without GLib. */
#include "common/character.h"

#include "common/glib_library.h"

enum character_kind character_kind(uint32_t code) {
  if (code < 0x80) {
    if (code == ' ') return CHARACTER_SPACE;
    if (code >= '0' && code <= '9') return CHARACTER_DIGIT;
    return character_is_alphanumeric((char)code) ? CHARACTER_LETTER : CHARACTER_OTHER;
  }
  const struct glib_library *glib = glib_library_find();
  if (!glib) return CHARACTER_LETTER;
  switch (glib->unichar_type(code)) {
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
  const struct glib_library *glib = glib_library_find();
  return glib ? glib->unichar_tolower(code) : code;
}

uint32_t character_upper(uint32_t code) {
  if (code < 0x80) return code >= 'a' && code <= 'z' ? code - ('a' - 'A') : code;
  const struct glib_library *glib = glib_library_find();
  return glib ? glib->unichar_toupper(code) : code;
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

size_t character_valid_size(const char *text, size_t size) {
  const char *at = text, *end = text + size;
  while (at < end) {
    size_t step = character_size(at, end);
    if (!step) break;
    at += step;
  }
  return (size_t)(at - text);
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
