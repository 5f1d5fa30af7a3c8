#include "sandbox/model/entity_given.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/link.h"

enum { OFFSET_MAX = 1000000 }; /* of an entity, and of its length */

/* A number may also be written as a string. */
static bool read_number(const json_t *object, const char *name, int64_t *number, struct error *error) {
  const json_t *value = json_object_get(object, name);
  const char *text = json_string_value(value);
  char *end = (char *)text;
  *number = 0;
  if (!value) return error_set(error, ERROR_INPUT, "Can't find field \"%s\"", name);
  errno = 0;
  if (text) *number = strtoll(text, &end, 10);
  if (json_is_integer(value)) *number = json_integer_value(value);
  if (!text && !json_is_number(value)) return error_set(error, ERROR_INPUT, "Field \"%s\" must be a Number", name);
  bool is_number = json_is_integer(value) || (text && *text && !*end && !errno);
  return is_number || error_set(error, ERROR_INPUT, "Field \"%s\" must be a valid Number", name);
}

static bool read_small(const json_t *object, const char *name, int *number, struct error *error) {
  int64_t value;
  if (!read_number(object, name, &value, error)) return false;
  if (value < INT32_MIN || value > INT32_MAX) return error_set(error, ERROR_INPUT, "Field \"%s\" must be a valid Number", name);
  *number = (int)value;
  return true;
}

static bool read_text(const json_t *object, const char *name, bool is_required, const char **text, struct error *error) {
  const json_t *value = json_object_get(object, name);
  *text = "";
  if (!value && is_required) return error_set(error, ERROR_INPUT, "Can't find field \"%s\"", name);
  if (value && !json_is_string(value)) return error_set(error, ERROR_INPUT, "Field \"%s\" must be of type String", name);
  if (value) *text = json_string_value(value);
  return true;
}

/* A link of the kind tg://user?id=N is a mention. */
static bool read_link(const json_t *given, struct entity *entity, struct error *error) {
  const char *url;
  if (!read_text(given, "url", true, &url, error)) return false;
  entity->user_id = link_user_id(url, strlen(url));
  if (entity->user_id) {
    entity->type = ENTITY_TEXT_MENTION;
    return true;
  }
  struct buffer checked;
  buffer_init(&checked, JSON_WRITE_CEILING);
  bool ok = link_check(url, strlen(url), false, &checked, error);
  if (ok)
    entity->extra = entity_list_member("url", checked.data, checked.size);
  else
    error_prefix(error, "entity URL '%s' is invalid", url);
  buffer_release(&checked);
  return ok;
}

static bool read_mention(const json_t *given, struct entity *entity, struct error *error) {
  const json_t *user = json_object_get(given, "user");
  if (!user) return error_set(error, ERROR_INPUT, "Can't find field \"user\"");
  if (!json_is_object(user)) return error_set(error, ERROR_INPUT, "Field \"user\" must be of type Object");
  return read_number(user, "id", &entity->user_id, error);
}

static bool read_date(const json_t *given, struct entity *entity, struct error *error) {
  int unix_time = 0;
  const char *format;
  if (!read_small(given, "unix_time", &unix_time, error)) return false;
  if (!read_text(given, "date_time_format", false, &format, error)) return false;
  entity->extra = link_date_members(unix_time, format, strlen(format));
  if (!entity->extra) return error_set(error, ERROR_INPUT, "Invalid date-time format specified");
  return unix_time > 0 || error_set(error, ERROR_INPUT, "invalid date specified");
}

static bool read_emoji(const json_t *given, struct entity *entity, struct error *error) {
  int64_t id;
  char digits[24];
  if (!read_number(given, "custom_emoji_id", &id, error)) return false;
  if (!id) return error_set(error, ERROR_INPUT, "invalid custom emoji identifier specified");
  int size = snprintf(digits, sizeof digits, "%lld", (long long)id);
  entity->extra = entity_list_member("custom_emoji_id", digits, (size_t)size);
  return true;
}

static bool read_language(const json_t *given, struct entity *entity, struct error *error) {
  const char *language;
  if (!read_text(given, "language", false, &language, error)) return false;
  if (!*language) return true;
  entity->type = ENTITY_PRE_CODE;
  entity->extra = entity_list_member("language", language, strlen(language));
  return true;
}

static bool read_members(const json_t *given, struct entity *entity, struct error *error) {
  switch (entity->type) {
    case ENTITY_PRE: return read_language(given, entity, error);
    case ENTITY_TEXT_LINK: return read_link(given, entity, error);
    case ENTITY_TEXT_MENTION: return read_mention(given, entity, error);
    case ENTITY_CUSTOM_EMOJI: return read_emoji(given, entity, error);
    case ENTITY_DATE_TIME: return read_date(given, entity, error);
    default: return true;
  }
}

static bool read_one(const json_t *given, struct entity_list *list, struct error *error) {
  struct entity entity = {0};
  const char *type;
  if (!json_is_object(given)) return error_set(error, ERROR_INPUT, "expected an Object");
  bool ok = read_small(given, "offset", &entity.offset, error) && read_small(given, "length", &entity.length, error) &&
            read_text(given, "type", true, &type, error);
  if (!ok) return false;
  if (!*type) return error_set(error, ERROR_INPUT, "Type is not specified");
  bool is_known = entity_list_find_type(type, &entity.type);
  if (strcmp(type, "phone_number") == 0 || (is_known && entity.type < ENTITY_BOLD)) return true;
  if (!is_known) return error_set(error, ERROR_INPUT, "Unsupported type specified");
  ok = read_members(given, &entity, error);
  if (ok)
    entity_list_add(list, entity);
  else
    free(entity.extra);
  return ok;
}

static bool check_place(const struct entity *entity, struct error *error) {
  if (entity->offset < 0 || entity->offset > OFFSET_MAX)
    return error_set(error, ERROR_INPUT, "receive an entity with incorrect offset %d", entity->offset);
  return (entity->length >= 0 && entity->length <= OFFSET_MAX) ||
         error_set(error, ERROR_INPUT, "receive an entity with incorrect length %d", entity->length);
}

bool entity_given_read(const json_t *array, struct entity_list *list, struct error *error) {
  size_t i;
  const json_t *item;
  json_array_foreach((json_t *)array, i, item) {
    if (read_one(item, list, error)) continue;
    return strncmp(error->text, "entity", 6) == 0 || strncmp(error->text, "invalid", 7) == 0
               ? false
               : error_prefix(error, "can't parse MessageEntity");
  }
  for (i = 0; i < list->count; i++) {
    if (!check_place(&list->items[i], error)) return false;
  }
  return true;
}
