/* Validates UTF-8. The table of well-formed byte sequences, 3-7 in section 3.9 of the Unicode standard: only the second byte
 * has a range that depends on the first. */
#include "common/utf8.h"

struct lead { /* first bytes up to `last`, from where the row above ends */
  unsigned char last, count, second_least, second_most;
};

static const struct lead leads[] = {
    {0x7F, 1, 0, 0},       {0xC1, 0, 0, 0},       {0xDF, 2, 0x80, 0xBF}, {0xE0, 3, 0xA0, 0xBF},
    {0xEC, 3, 0x80, 0xBF}, {0xED, 3, 0x80, 0x9F}, {0xEF, 3, 0x80, 0xBF}, {0xF0, 4, 0x90, 0xBF},
    {0xF3, 4, 0x80, 0xBF}, {0xF4, 4, 0x80, 0x8F}, {0xFF, 0, 0, 0},
};

/* Bytes of the character at `bytes`; 0: there is none. */
static size_t character_size(const unsigned char *bytes, size_t left) {
  const struct lead *lead = leads;
  while (bytes[0] > lead->last) lead++;
  if (lead->count < 2) return lead->count;
  if (lead->count > left || bytes[1] < lead->second_least || bytes[1] > lead->second_most) return 0;
  for (size_t i = 2; i < lead->count; i++) {
    if ((bytes[i] & 0xC0) != 0x80) return 0;
  }
  return lead->count;
}

size_t utf8_valid_size(const char *text, size_t size) {
  const unsigned char *bytes = (const unsigned char *)text;
  size_t at = 0;
  while (at < size) {
    size_t step = bytes[at] < 0x80 ? 1 : character_size(bytes + at, size - at);
    if (!step) break;
    at += step;
  }
  return at;
}
