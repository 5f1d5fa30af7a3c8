/* The steps of reading a text, in order: clean it, take the markup out, trim it, find what Telegram finds by itself. Only then
 * are byte offsets counted into UTF-16 units. */
#include "sandbox/model/entity.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/entity_detect.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/markup.h"

/* ---- cleaning ---- */

/* The size of the UTF-8 character at `at`; 0: it is broken. */
static size_t character_size(const unsigned char *at, const unsigned char *end) {
  if (at[0] < 0x80) return 1;
  size_t size = at[0] >= 0xF5 ? 0 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC2 ? 2 : 0;
  if (!size || (size_t)(end - at) < size) return 0;
  for (size_t i = 1; i < size; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  bool is_surrogate = at[0] == 0xED && at[1] >= 0xA0;
  bool is_long = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] >= 0x90);
  return is_surrogate || is_long ? 0 : size;
}

/* Characters that Telegram removes: carriage returns, and U+2028 to U+202E, which turn the direction of writing. */
static bool is_dropped(const unsigned char *at, size_t size) {
  return (size == 1 && *at == '\r') || (size == 3 && at[0] == 0xE2 && at[1] == 0x80 && at[2] >= 0xA8 && at[2] <= 0xAE);
}

static bool clean(const char *text, size_t size, struct buffer *cleaned, struct error *error) {
  if (!buffer_reserve(cleaned, size, error)) return false;
  const unsigned char *at = (const unsigned char *)text, *end = at + size;
  char *to = cleaned->data;
  while (at < end) {
    size_t step = character_size(at, end);
    if (!step) return error_set(error, ERROR_INPUT, "strings must be encoded in UTF-8");
    if (step == 1 && *at < 0x20 && *at != '\n' && *at != '\r') {
      *to++ = ' ';
    } else if (!is_dropped(at, step)) {
      memcpy(to, at, step);
      to += step;
    }
    at += step;
  }
  cleaned->size = (size_t)(to - cleaned->data);
  *to = '\0';
  return true;
}

static bool is_space(char c) { return c == ' ' || c == '\n'; }

/* Entities move with the text. Those that lie wholly in a trimmed part become empty, and are not shown. */
static void trim(struct buffer *text, struct entity_list *list) {
  size_t end = text->size, begin = 0;
  while (end > 0 && is_space(text->data[end - 1])) end--;
  while (begin < end && is_space(text->data[begin])) begin++;
  if (begin) memmove(text->data, text->data + begin, end - begin);
  text->size = end - begin;
  if (text->data) text->data[text->size] = '\0';
  for (size_t i = 0; i < list->count; i++) {
    struct entity *entity = &list->items[i];
    entity->begin = entity->begin < begin ? 0 : entity->begin > end ? end - begin : entity->begin - begin;
    entity->end = entity->end < begin ? 0 : entity->end > end ? end - begin : entity->end - begin;
  }
}

/* ---- all of it ---- */

static bool read_markup(const struct buffer *cleaned, const char *mode, struct buffer *plain, struct entity_list *list,
                        struct error *error) {
  const char *data = cleaned->data ? cleaned->data : "";
  if (strcasecmp(mode, "markdown") == 0) return markup_read_markdown(data, cleaned->size, plain, list, error);
  if (strcasecmp(mode, "markdownv2") == 0) return markup_read_markdown2(data, cleaned->size, plain, list, error);
  if (strcasecmp(mode, "html") == 0) return markup_read_html(data, cleaned->size, plain, list, error);
  return error_set(error, ERROR_INPUT, "unsupported parse_mode");
}

bool entity_read(const char *text, size_t size, const char *mode, const struct json_t *entities, struct entity_text *result,
                 struct error *error) {
  bool ok, has_mode = mode && *mode && strcasecmp(mode, "none") != 0;
  struct entity_list list = {0};
  struct buffer cleaned, plain;
  buffer_init(&cleaned, JSON_WRITE_CEILING);
  buffer_init(&plain, JSON_WRITE_CEILING);
  ok = clean(text, size, &cleaned, error);
  if (ok && has_mode) ok = read_markup(&cleaned, mode, &plain, &list, error);
  struct buffer *final = has_mode ? &plain : &cleaned;
  if (ok && !has_mode) ok = entity_list_add_given(&list, entities, &cleaned, error);
  if (ok) ok = buffer_reserve(final, 0, error);
  if (!ok) goto done;
  trim(final, &list);
  entity_detect(final, &list);
  result->entities = entity_list_dump(&list, final->data);
  result->length = 0;
  for (size_t k = 0; k < final->size; k++) result->length += (final->data[k] & 0xC0) != 0x80;
  result->text = buffer_take(final, &result->size);
done:
  entity_list_release(&list);
  buffer_release(&cleaned);
  buffer_release(&plain);
  return ok;
}

void entity_release(struct entity_text *text) {
  free(text->text);
  free(text->entities);
  *text = (struct entity_text){0};
}
