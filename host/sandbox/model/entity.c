/* The steps of reading a text, in order: take the markup out, clean the text, put the entities in order, trim, find what
 * Telegram finds by itself. The markup is read first, since a carriage return, which is cleaned away, parts two marks of
 * MarkdownV2. */
#include "sandbox/model/entity.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/error.h"
#include "sandbox/model/entity_clean.h"
#include "sandbox/model/entity_detect.h"
#include "sandbox/model/entity_fix.h"
#include "sandbox/model/entity_given.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/markup.h"
#include "sandbox/model/person.h"

static bool is_blank(char c) { return c == ' ' || c == '\n'; }

static int units_of(const char *text, size_t size) {
  int units = 0;
  for (size_t i = 0; i < size; i++) units += character_units(text[i]);
  return units;
}

/* An entity ends with the text. It does not lose blanks at its beginning: those belong to what the bot has marked. */
static void trim(struct buffer *text, struct entity_list *list) {
  while (text->size && is_blank(text->data[text->size - 1])) text->size--;
  int units = units_of(text->data, text->size);
  for (size_t i = 0; i < list->count; i++) {
    struct entity *entity = &list->items[i];
    if (entity->offset + entity->length > units) entity->length = units - entity->offset;
  }
  entity_list_sort(list);
  while (list->count && list->items[list->count - 1].offset >= units) entity_list_cut(list, list->count - 1);
  size_t begin = 0, end = list->count ? (size_t)list->items[0].offset : text->size;
  while (begin < end && is_blank(text->data[begin])) begin++;
  if (begin) memmove(text->data, text->data + begin, text->size - begin);
  text->size -= begin;
  text->data[text->size] = '\0';
  for (size_t i = 0; i < list->count; i++) list->items[i].offset -= (int)begin;
}

static bool has_only_blanks(const struct buffer *text) {
  size_t at = 0;
  while (at < text->size && is_blank(text->data[at])) at++;
  return at == text->size;
}

bool entity_settle(struct buffer *text, struct entity_list *list, unsigned rules, struct error *error) {
  struct buffer cleaned;
  struct entity_list found = {0};
  buffer_init(&cleaned, text->ceiling);
  entity_fix(list);
  if (!entity_clean(text->data ? text->data : "", text->size, list, &cleaned, error)) {
    buffer_release(&cleaned);
    return false;
  }
  buffer_release(text);
  *text = cleaned;
  if (has_only_blanks(text)) {
    buffer_clear(text);
    text->data[0] = '\0';
    entity_list_cut(list, 0);
    return true;
  }
  entity_fix(list); /* some may have lost their text, and others touch each other now */
  if (!(rules & ENTITY_KEEPS_BLANKS)) trim(text, list);
  if (rules & ENTITY_FINDS_NOTHING) return true;
  entity_detect(text->data, text->size, &found);
  entity_fix_add_found(list, &found);
  return true;
}

/* ---- all of it ---- */

static bool read_markup(const char *text, size_t size, const char *mode, struct buffer *plain, struct entity_list *list,
                        struct error *error) {
  bool ok;
  if (strcasecmp(mode, "markdown") != 0 && strcasecmp(mode, "markdownv2") != 0 && strcasecmp(mode, "html") != 0)
    return error_set(error, ERROR_INPUT, "unsupported parse_mode");
  if (character_valid_size(text, size) < size) return error_set(error, ERROR_INPUT, "text must be encoded in UTF-8");
  if (strcasecmp(mode, "markdown") == 0)
    ok = markup_read_markdown(text, size, plain, list, error);
  else if (strcasecmp(mode, "html") == 0)
    ok = markup_read_html(text, size, plain, list, error);
  else
    ok = markup_read_markdown2(text, size, plain, list, error);
  return ok || (error->kind == ERROR_INPUT ? error_prefix(error, "can't parse entities") : false);
}

/* A mention of somebody whom the bot can't know is plain text. */
static void name_people(const struct model *model, struct entity_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    struct entity *entity = &list->items[i];
    if (entity->type != ENTITY_TEXT_MENTION) continue;
    const struct person *person = model ? person_find(model, entity->user_id) : NULL;
    struct buffer extra;
    buffer_init(&extra, JSON_WRITE_CEILING);
    if (person) json_write_raw(&extra, "user", person->json);
    free(entity->extra);
    entity->extra = buffer_take(&extra, NULL);
    if (!person) entity->length = 0;
  }
}

bool entity_read(const struct model *model, const char *text, size_t size, const char *mode, const struct json_t *entities,
                 struct entity_text *result, struct error *error) {
  bool ok, has_mode = size && mode && *mode && strcasecmp(mode, "none") != 0;
  struct entity_list list = {0};
  struct buffer plain;
  buffer_init(&plain, JSON_WRITE_CEILING);
  ok = buffer_reserve(&plain, size, error);
  if (ok && has_mode) ok = read_markup(text, size, mode, &plain, &list, error);
  if (ok && !has_mode) ok = buffer_add(&plain, text, size, error) && entity_given_read(entities, &list, error);
  if (ok) name_people(model, &list);
  if (ok) ok = entity_settle(&plain, &list, 0, error);
  if (!ok) goto done;
  result->entities = entity_list_dump(&list);
  result->length = 0;
  for (size_t i = 0; i < plain.size; i++) result->length += (plain.data[i] & 0xC0) != 0x80;
  result->is_blank = entity_clean_is_blank(plain.data, plain.size);
  result->text = buffer_take(&plain, &result->size);
done:
  entity_list_release(&list);
  buffer_release(&plain);
  return ok;
}

void entity_release(struct entity_text *text) {
  free(text->text);
  free(text->entities);
  *text = (struct entity_text){0};
}
