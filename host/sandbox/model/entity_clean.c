#include "sandbox/model/entity_clean.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/error.h"
#include "common/memory.h"
#include "sandbox/model/entity_list.h"

/* Where a UTF-16 unit of the text as it came is, and which unit it becomes. `becomes` -1: within a character. */
struct unit {
  uint32_t at; /* bytes */
  int becomes;
};

/* Removed: carriage returns, U+2028 to U+202E, which turn the direction of writing, and three marks that draw lines through the
 * lines above: U+030A, U+0333, U+033F. */
static bool is_dropped(const unsigned char *at, size_t size) {
  if (size == 1) return *at == '\r';
  if (size == 2) return at[0] == 0xCC && (at[1] == 0xB3 || at[1] == 0xBF || at[1] == 0x8A);
  return size == 3 && at[0] == 0xE2 && at[1] == 0x80 && at[2] >= 0xA8 && at[2] <= 0xAE;
}

static bool is_direction_mark(const char *at) {
  return strncmp(at, "\xE2\x80\x8E", 3) == 0 || strncmp(at, "\xE2\x80\x8F", 3) == 0;
}

/* Of several marks of direction in a row only the last one stays; the others become U+200C. */
static void thin_direction_marks(struct buffer *text) {
  for (char *at = text->data; (at = strchr(at, '\xE2')); at++) {
    if (is_direction_mark(at) && is_direction_mark(at + 3)) at[2] = '\x8C';
  }
}

/* `units` may be NULL: nobody asks. The text is valid, and `to` has room for it. */
static size_t clean(const char *text, size_t size, char *to, struct unit *units) {
  const char *start = to, *end = text + size;
  int becomes = 0;
  for (const char *at = text; at < end;) {
    size_t step = character_size(at, end);
    int count = character_units(*at);
    bool is_kept = !is_dropped((const unsigned char *)at, step);
    if (units) {
      *units++ = (struct unit){(uint32_t)(at - text), becomes};
      if (count == 2) *units++ = (struct unit){(uint32_t)(at - text), -1};
    }
    if (is_kept && step == 1 && (unsigned char)*at < 0x20 && *at != '\n')
      *to++ = ' ';
    else if (is_kept)
      memcpy(to, at, step), to += step;
    if (is_kept) becomes += count;
    at += step;
  }
  if (units) *units = (struct unit){(uint32_t)size, becomes};
  *to = '\0';
  return (size_t)(to - start);
}

static bool move(struct entity_list *list, const struct unit *units, int count, struct error *error) {
  for (size_t i = 0; i < list->count; i++) {
    struct entity *entity = &list->items[i];
    int begin = entity->offset, end = begin + entity->length;
    if (begin > count)
      return error_set(error, ERROR_INPUT, "entity begins after the end of the text at UTF-16 offset %d", begin);
    if (units[begin].becomes < 0) {
      return error_set(error, ERROR_INPUT, "entity begins in a middle of a UTF-16 symbol at byte offset %u",
                       units[begin + 1].at);
    }
    if (end > count) {
      return error_set(error, ERROR_INPUT,
                       "entity beginning at UTF-16 offset %d ends after the end of the text at UTF-16 offset %d", begin, end);
    }
    if (units[end].becomes < 0) {
      return error_set(error, ERROR_INPUT,
                       "entity beginning at UTF-16 offset %d ends in a middle of a UTF-16 symbol at byte offset %u", begin,
                       units[end + 1].at);
    }
    entity->offset = units[begin].becomes;
    entity->length = units[end].becomes - entity->offset;
  }
  return true;
}

bool entity_clean(const char *text, size_t size, struct entity_list *list, struct buffer *cleaned, struct error *error) {
  if (character_valid_size(text, size) < size) return error_set(error, ERROR_INPUT, "strings must be encoded in UTF-8");
  if (!buffer_reserve(cleaned, size, error)) return false;
  struct unit *units = NULL;
  int count = 0;
  if (list->count) {
    for (size_t i = 0; i < size; i++) count += character_units(text[i]);
    units = memory_try_resize(NULL, ((size_t)count + 1) * sizeof *units);
    if (!units) return error_set(error, ERROR_MEMORY, "not enough memory");
  }
  cleaned->size += clean(text, size, cleaned->data + cleaned->size, units);
  thin_direction_marks(cleaned);
  bool ok = !units || move(list, units, count, error);
  free(units);
  return ok;
}

/* Blanks of every width, U+3000 among them, and what has no width: joiners, marks of direction, the byte order mark. */
static bool is_invisible(uint32_t code) {
  static const uint32_t codes[] = {' ', '\n', 0xA0, 0x1680, 0x180E, 0x202E, 0x202F, 0x205F, 0x2800, 0x3000, 0xFEFF, 0xFFFC};
  if ((code >= 0x2000 && code <= 0x200F) || (code >= 0xE0000 && code <= 0xE007F)) return true;
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    if (codes[i] == code) return true;
  }
  return false;
}

bool entity_clean_is_blank(const char *text, size_t size) {
  const char *end = text + size;
  uint32_t code;
  while (text < end) {
    text = character_next(text, &code);
    if (!is_invisible(code)) return false;
  }
  return true;
}
