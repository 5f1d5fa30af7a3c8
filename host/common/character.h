/* Characters of UTF-8 text: where they begin, whether they are well-formed, and what Unicode says of each. Texts as a whole
 * have their own rooms: text_case.h changes the case, text_order.h compares. The text of every function but character_size()
 * and character_valid_size() is valid UTF-8. Offsets of Telegram count UTF-16 units, of which a character beyond U+FFFF has
 * two. Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum character_kind { CHARACTER_OTHER, CHARACTER_LETTER, CHARACTER_DIGIT, CHARACTER_NUMBER, CHARACTER_SPACE };

/* What Unicode calls the character: L, Nd, Nl or No, Z; all else is OTHER. GLib knows; it is loaded with the first character
 * beyond ASCII. Where there is no GLib, all of these are letters. */
enum character_kind character_kind(uint32_t code);
uint32_t character_lower(uint32_t code); /* itself where it has no case, or there is no GLib */
uint32_t character_upper(uint32_t code);

/* The size in bytes of the character at `at`; 0: there is none as Unicode defines it. An overlong form, half of a surrogate
 * pair and a code above U+10FFFF are none. */
size_t character_size(const char *at, const char *end);
/* How many bytes from the beginning are UTF-8; `size` where all are. A NUL is a character like any other. */
size_t character_valid_size(const char *text, size_t size);

/* The character at `at`, and the place behind it. */
const char *character_next(const char *at, uint32_t *code);
/* The character that ends at `at`, and its beginning. There must be one. */
const char *character_previous(const char *at, uint32_t *code);
/* Writes the character in at most 4 bytes, and returns how many. */
size_t character_write(char *to, uint32_t code);

/* UTF-16 units that begin with this byte: 0 within a character, 2 for one beyond U+FFFF. */
static inline int character_units(char byte) {
  unsigned char c = (unsigned char)byte;
  return (c & 0xC0) != 0x80 ? 1 + (c >= 0xF0) : 0;
}

static inline bool character_is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What Telegram's readers of markup take for a blank; the end of the text is one. */
static inline bool character_is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0' || c == '\v';
}
