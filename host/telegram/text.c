/* Splits a long text. Where a text is cut: best where a reader would pause, but not so early that a part stays nearly empty.
 * So only cuts in the last half of the allowed length count. */
#include "telegram/text.h"

#include <stdbool.h>
#include <string.h>

#include "common/character.h"

enum { GRAPHEME_MAX = 16 }; /* characters; real graphemes are shorter, only jokes are longer */

static bool is_blank(char byte) { return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r'; }

enum cut { CUT_WORD, CUT_SENTENCE, CUT_LINE, CUT_PARAGRAPH, CUTS };

/* The best cut that may be made before the blank at `at`. */
static enum cut cut_at(const char *text, size_t size, size_t at) {
  if (text[at] == '\n') return at + 1 < size && text[at + 1] == '\n' ? CUT_PARAGRAPH : CUT_LINE;
  return at && strchr(".!?", text[at - 1]) && text[at - 1] ? CUT_SENTENCE : CUT_WORD;
}

/* The size without the blanks at the end, which Telegram would trim (telegram/FACTS.md, Sending). */
static size_t trimmed(const char *text, size_t size) {
  while (size && is_blank(text[size - 1])) size--;
  return size;
}

/* What is not UTF-8 counts byte by byte. */
static const char *read_code(const char *at, const char *end, uint32_t *code) {
  if (character_size(at, end)) return character_next(at, code);
  *code = (unsigned char)*at;
  return at + 1;
}

static uint32_t code_at(const char *text, size_t size, size_t at) {
  uint32_t code = 0;
  if (at < size) (void)read_code(text + at, text + size, &code);
  return code;
}

enum { JOINER = 0x200D, KEYCAP = 0x20E3 };

/* Does this character belong to the one before it? The common ones: accents, joiners, variants, skin tones, tags of flags. */
static bool is_mark(uint32_t code) {
  return (code >= 0x0300 && code <= 0x036F) || (code >= 0xFE00 && code <= 0xFE0F) || (code >= 0x1F3FB && code <= 0x1F3FF) ||
         (code >= 0xE0020 && code <= 0xE007F) || code == JOINER || code == KEYCAP;
}

static size_t character_before(const char *text, size_t at) {
  size_t start = at - 1;
  while (start && at - start < 4 && ((unsigned char)text[start] & 0xC0) == 0x80) start--;
  return start;
}

/* A cut inside a word must not separate a letter from its accent, nor the parts of one emoji. */
static size_t whole_grapheme(const char *text, size_t size, size_t at) {
  size_t cut = at;
  for (int i = 0; cut && i < GRAPHEME_MAX; i++) {
    size_t before = character_before(text, cut);
    bool is_torn = is_mark(code_at(text, size, cut)) || code_at(text, size, before) == JOINER;
    if (!is_torn) return cut;
    cut = before;
  }
  return at;
}

size_t text_split(const char *text, size_t size, size_t length, size_t *skip) {
  size_t cuts[CUTS] = {0}; /* the last of each sort in the last half; 0: none */
  size_t at = 0;
  for (size_t characters = 0; at < size; characters++) {
    if (characters * 2 >= length && is_blank(text[at])) cuts[cut_at(text, size, at)] = at;
    if (characters == length) break;
    uint32_t code;
    at = (size_t)(read_code(text + at, text + size, &code) - text);
  }
  size_t end = at;
  for (int cut = CUT_PARAGRAPH; at < size && cut >= CUT_WORD; cut--) {
    if (!cuts[cut]) continue;
    end = cuts[cut];
    break;
  }
  if (end == at && at < size) end = whole_grapheme(text, size, at);
  size_t part = trimmed(text, end);
  if (!part) part = end; /* nothing but blanks: they are the part, so that a caller's loop ends */
  *skip = 0;
  while (part + *skip < size && is_blank(text[part + *skip])) ++*skip;
  return part;
}
