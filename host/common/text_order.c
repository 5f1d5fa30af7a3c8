#include "common/text_order.h"

#include <stdbool.h>
#include <stdint.h>

#include "common/character.h"
#include "common/glib_library.h"

enum {
  NO_TEXT = 0x110000, /* and the byte: what is not UTF-8 */
  YO = 0x451,         /* ё: counts as е, unlike й, ї and other letters of Cyrillic that are written with a mark */
  IE = 0x435,
  CYRILLIC = 0x400,
  CYRILLIC_END = 0x530,
};

struct reader {
  const struct glib_library *glib; /* NULL: there is none */
  const char *at, *end;
};

struct letter {
  uint32_t base; /* in lower case, without accents; 0: the text is over */
  uint32_t full; /* in lower case */
};

/* What is not UTF-8 is told byte by byte. */
static uint32_t next_code(struct reader *reader) {
  uint32_t code = NO_TEXT + (unsigned char)*reader->at;
  bool is_whole = character_size(reader->at, reader->end) > 0;
  reader->at = is_whole ? character_next(reader->at, &code) : reader->at + 1;
  return code;
}

static uint32_t base_of(const struct glib_library *glib, uint32_t code) {
  if (code == YO) return IE;
  bool is_apart = code >= CYRILLIC && code < CYRILLIC_END;
  gunichar first = code, mark;
  while (!is_apart && glib->unichar_decompose(first, &first, &mark) && mark && glib->unichar_combining_class(mark)) continue;
  return first;
}

/* Accents that stand on their own are left out. */
static struct letter next_letter(struct reader *reader) {
  const struct glib_library *glib = reader->glib;
  while (reader->at < reader->end) {
    uint32_t code = next_code(reader);
    if (code >= NO_TEXT || (code >= 0x80 && !glib)) return (struct letter){code + 1, code};
    uint32_t lower = character_lower(code);
    if (code < 0x80) return (struct letter){lower + 1, lower}; /* a NUL is no end */
    if (!glib->unichar_combining_class(lower)) return (struct letter){base_of(glib, lower) + 1, lower};
  }
  return (struct letter){0};
}

int text_order_compare(const char *one, size_t one_size, const char *other, size_t other_size) {
  const struct glib_library *glib = glib_library_find();
  struct reader readers[2] = {{glib, one, one + one_size}, {glib, other, other + other_size}};
  int by_accent = 0;
  struct letter first, second;
  do {
    first = next_letter(&readers[0]);
    second = next_letter(&readers[1]);
    if (!by_accent) by_accent = (first.full > second.full) - (first.full < second.full);
  } while (first.base && first.base == second.base);
  return first.base == second.base ? by_accent : first.base < second.base ? -1 : 1;
}
