#include "sandbox/model/entity_list.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/json_write.h"

#define ENTITY_MAX 100 /* of a message; more are not shown */

/* Of two that cover the same text, the one with the lower rank is the outer one. */
static const struct {
  const char *name;
  int rank;
} types[ENTITY_TYPES] = {
    [ENTITY_MENTION] = {"mention", 50},
    [ENTITY_HASHTAG] = {"hashtag", 50},
    [ENTITY_CASHTAG] = {"cashtag", 50},
    [ENTITY_BOT_COMMAND] = {"bot_command", 50},
    [ENTITY_URL] = {"url", 50},
    [ENTITY_EMAIL] = {"email", 50},
    [ENTITY_BANK_CARD] = {"bank_card_number", 50},
    [ENTITY_BOLD] = {"bold", 90},
    [ENTITY_ITALIC] = {"italic", 91},
    [ENTITY_UNDERLINE] = {"underline", 92},
    [ENTITY_STRIKETHROUGH] = {"strikethrough", 93},
    [ENTITY_SPOILER] = {"spoiler", 94},
    [ENTITY_BLOCKQUOTE] = {"blockquote", 0},
    [ENTITY_EXPANDABLE_BLOCKQUOTE] = {"expandable_blockquote", 0},
    [ENTITY_CODE] = {"code", 20},
    [ENTITY_PRE] = {"pre", 11},
    [ENTITY_PRE_CODE] = {"pre", 10},
    [ENTITY_DATE_TIME] = {"date_time", 30},
    [ENTITY_TEXT_LINK] = {"text_link", 49},
    [ENTITY_TEXT_MENTION] = {"text_mention", 49},
    [ENTITY_CUSTOM_EMOJI] = {"custom_emoji", 99},
};

void entity_list_add(struct entity_list *list, struct entity entity) {
  if (list->count == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 8;
    struct entity *items = memory_try_resize(list->items, capacity * sizeof *items);
    if (!items) {
      free(entity.extra);
      return;
    }
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->count++] = entity;
}

void entity_list_move(struct entity_list *to, struct entity_list *from) {
  for (size_t i = 0; i < from->count; i++) entity_list_add(to, from->items[i]);
  free(from->items);
  *from = (struct entity_list){0};
}

void entity_list_cut(struct entity_list *list, size_t count) {
  while (list->count > count) free(list->items[--list->count].extra);
}

void entity_list_release(struct entity_list *list) {
  entity_list_cut(list, 0);
  free(list->items);
  *list = (struct entity_list){0};
}

static int compare(const void *left, const void *right) {
  const struct entity *a = left, *b = right;
  if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
  if (a->length != b->length) return a->length > b->length ? -1 : 1;
  return types[a->type].rank - types[b->type].rank;
}

void entity_list_sort(struct entity_list *list) {
  if (list->count > 1) qsort(list->items, list->count, sizeof *list->items, compare);
}

bool entity_list_find_type(const char *name, enum entity_type *type) {
  for (int i = 0; i < ENTITY_TYPES; i++) {
    if (strcmp(types[i].name, name) != 0) continue;
    *type = (enum entity_type)i;
    return true;
  }
  return false;
}

char *entity_list_member(const char *name, const char *value, size_t size) {
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)buffer_format(&json, NULL, ",\"%s\":", name);
  json_write_string(&json, value, size);
  return buffer_take(&json, NULL);
}

char *entity_list_dump(const struct entity_list *list) {
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  for (size_t i = 0; i < list->count && i < ENTITY_MAX; i++) {
    const struct entity *entity = &list->items[i];
    (void)buffer_format(&json, NULL, "%s{\"offset\":%d,\"length\":%d,\"type\":\"%s\"", i ? "," : "[", entity->offset,
                        entity->length, types[entity->type].name);
    if (entity->extra) json_write_text(&json, entity->extra);
    json_write_text(&json, "}");
  }
  if (list->count) json_write_text(&json, "]");
  return buffer_take(&json, NULL);
}
