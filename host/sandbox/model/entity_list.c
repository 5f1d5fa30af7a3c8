#include "sandbox/model/entity_list.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "sandbox/model/json_write.h"

#define ENTITY_MAX 100 /* of a message; more are not shown */

void entity_list_add(struct entity_list *list, const char *type, size_t begin, size_t end, char *extra) {
  if (list->count == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 8;
    struct entity *items = memory_try_resize(list->items, capacity * sizeof *items);
    if (!items) {
      free(extra);
      return;
    }
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->count] = (struct entity){begin, end, type, extra, (unsigned)list->count};
  list->count++;
}

void entity_list_release(struct entity_list *list) {
  for (size_t i = 0; i < list->count; i++) free(list->items[i].extra);
  free(list->items);
  *list = (struct entity_list){0};
}

/* ---- entities that the bot has counted itself ---- */

static size_t byte_of_unit(const char *text, size_t size, int64_t unit) {
  size_t at = 0;
  for (int64_t units = 0; at < size && units < unit; at++) {
    units += ((unsigned char)text[at] & 0xC0) != 0x80 ? 1 + ((unsigned char)text[at] >= 0xF0) : 0;
    while (at + 1 < size && ((unsigned char)text[at + 1] & 0xC0) == 0x80) at++;
  }
  return at;
}

static bool add_one(const json_t *given, const struct buffer *text, struct entity_list *list, struct error *error) {
  static const char *const types[] = {
      "bold", "italic", "underline", "strikethrough", "spoiler",     "blockquote", "expandable_blockquote",
      "code", "pre",    "text_link", "text_mention",  "custom_emoji"};
  const json_t *type = json_object_get(given, "type"), *offset = json_object_get(given, "offset"),
               *length = json_object_get(given, "length");
  if (!json_is_object(given)) return error_set(error, ERROR_INPUT, "can't parse MessageEntity: expected an Object");
  if (!type) return error_set(error, ERROR_INPUT, "can't parse MessageEntity: Can't find field \"type\"");
  if (!json_is_string(type))
    return error_set(error, ERROR_INPUT, "can't parse MessageEntity: Field \"type\" must be of type String");
  if (!offset || !length) {
    return error_set(error, ERROR_INPUT, "can't parse MessageEntity: Can't find field \"%s\"", offset ? "length" : "offset");
  }
  if (!json_is_integer(offset) || !json_is_integer(length)) {
    return error_set(error, ERROR_INPUT, "can't parse MessageEntity: Field \"%s\" must be a Number",
                     json_is_integer(offset) ? "length" : "offset");
  }
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (strcmp(json_string_value(type), types[i]) != 0) continue;
    json_t *extra = json_copy((json_t *)given);
    json_object_del(extra, "type"), json_object_del(extra, "offset"), json_object_del(extra, "length");
    char *members = json_object_size(extra) ? json_dumps(extra, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    if (members) members[0] = ',', members[strlen(members) - 1] = '\0';
    size_t begin = byte_of_unit(text->data, text->size, json_integer_value(offset));
    size_t end = byte_of_unit(text->data, text->size, json_integer_value(offset) + json_integer_value(length));
    entity_list_add(list, types[i], begin, end, members);
    json_decref(extra);
  }
  return true;
}

bool entity_list_add_given(struct entity_list *list, const json_t *given, const struct buffer *text, struct error *error) {
  size_t i;
  const json_t *item;
  json_array_foreach((json_t *)given, i, item) {
    if (!add_one(item, text, list, error)) return false;
  }
  return true;
}

/* ---- into JSON ---- */

static int compare(const void *left, const void *right) {
  const struct entity *a = left, *b = right;
  if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
  if (a->end != b->end) return a->end > b->end ? -1 : 1;
  return a->order > b->order ? -1 : a->order < b->order; /* the one that was closed later is the outer one */
}

static size_t units_between(const char *text, size_t from, size_t to) {
  size_t units = 0;
  for (size_t i = from; i < to; i++) {
    unsigned char c = (unsigned char)text[i];
    units += (c & 0xC0) != 0x80;
    units += c >= 0xF0;
  }
  return units;
}

char *entity_list_dump(struct entity_list *list, const char *text) {
  if (!list->count) return NULL;
  qsort(list->items, list->count, sizeof *list->items, compare);
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  size_t at = 0, offset = 0, written = 0;
  for (size_t i = 0; i < list->count && written < ENTITY_MAX; i++) {
    const struct entity *entity = &list->items[i];
    if (entity->begin >= entity->end) continue;
    offset += units_between(text, at, entity->begin);
    at = entity->begin;
    (void)buffer_format(&json, NULL, "%s{\"offset\":%zu,\"length\":%zu,\"type\":\"%s\"%s}", written++ ? "," : "[", offset,
                        units_between(text, entity->begin, entity->end), entity->type, entity->extra ? entity->extra : "");
  }
  if (written) json_write_text(&json, "]");
  return buffer_take(&json, NULL);
}
