#include "sandbox/model/inline_result.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"

static const char id_beginning[] = "AgAAAMsandbox_";

static const char *text_of(const json_t *json, const char *name) { return json_string_value(json_object_get(json, name)); }

/* ---- ids ---- */

void inline_result_write_id(const struct message *message, char *id, size_t size) {
  *id = '\0';
  if (message->via && message->markup)
    (void)snprintf(id, size, "%s%lld_%d", id_beginning, (long long)message->chat->id, message->id);
}

struct message *inline_result_find(const struct model *model, const char *id) {
  long long chat_id;
  int message_id;
  if (strncmp(id, id_beginning, sizeof id_beginning - 1) != 0) return NULL;
  if (sscanf(id + sizeof id_beginning - 1, "%lld_%d", &chat_id, &message_id) != 2) return NULL;
  const struct chat *chat = chat_find(model, chat_id);
  struct message *message = chat ? message_find(chat, message_id) : NULL;
  return message && message->via ? message : NULL;
}

/* ---- content ---- */

/* A file that Telegram has: {"type":"photo","photo_file_id":"..."}. Given: free(); NULL: the result has none. */
static char *describe_file(const struct model *model, const json_t *result) {
  const char *type = text_of(result, "type");
  enum file_kind kind;
  char name[40];
  struct buffer content;
  if (!type) return NULL;
  if (strcmp(type, "gif") == 0 || strcmp(type, "mpeg4_gif") == 0)
    kind = FILE_ANIMATION;
  else if (!file_kind_find(type, &kind))
    return NULL;
  (void)snprintf(name, sizeof name, "%s_file_id", type);
  const struct file *file = text_of(result, name) ? file_find(model, text_of(result, name)) : NULL;
  if (!file) return NULL;
  buffer_init(&content, JSON_WRITE_CEILING);
  file_describe(file, &content);
  return buffer_take(&content, NULL);
}

static char *describe_fields(const char *member, const json_t *from, const char *const *fields) {
  json_t *json = json_object();
  for (; *fields; fields++) json_object_set(json, *fields, json_object_get(from, *fields));
  return json_write_content(member, json);
}

static char *describe_place(const json_t *from) {
  static const char *const location[] = {"latitude", "longitude", NULL}, *const venue[] = {"title", "address", NULL};
  char *place = describe_fields("location", from, location);
  if (!text_of(from, "address")) return place;
  json_t *json = json_object();
  for (size_t i = 0; venue[i]; i++) json_object_set(json, venue[i], json_object_get(from, venue[i]));
  json_object_set_new(json, "location", json_object());
  for (size_t i = 0; location[i]; i++)
    json_object_set(json_object_get(json, "location"), location[i], json_object_get(from, location[i]));
  char *named = json_write_content("venue", json);
  struct buffer both;
  buffer_init(&both, JSON_WRITE_CEILING);
  (void)buffer_format(&both, NULL, "%s,%s", place, named);
  free(place);
  free(named);
  return buffer_take(&both, NULL);
}

static char *describe_content(const struct model *model, const json_t *result, const json_t *content) {
  static const char *const contact[] = {"phone_number", "first_name", "last_name", NULL};
  const json_t *from = content ? content : result;
  if (json_object_get(from, "latitude")) return describe_place(from);
  if (text_of(from, "phone_number")) return describe_fields("contact", from, contact);
  return content ? NULL : describe_file(model, result);
}

static bool read_text(const struct model *model, const json_t *result, const json_t *content, struct entity_text *text,
                      struct error *error) {
  const char *given = text_of(content, "message_text");
  if (given) {
    return entity_read(model, given, strlen(given), text_of(content, "parse_mode"), json_object_get(content, "entities"), text,
                       error);
  }
  given = text_of(result, "caption") ? text_of(result, "caption") : "";
  return entity_read(model, given, strlen(given), text_of(result, "parse_mode"), json_object_get(result, "caption_entities"),
                     text, error);
}

struct message *inline_result_send(struct model *model, struct chat *chat, struct person *person, struct person *via,
                                   const struct json_t *result, struct error *error) {
  const json_t *content = json_object_get(result, "input_message_content"), *markup = json_object_get(result, "reply_markup");
  struct entity_text text = {0};
  if (!json_is_object(result) || !text_of(result, "type")) {
    error_set(error, ERROR_INPUT, "can't parse inline query result: Can't find field \"type\"");
    return NULL;
  }
  if (!read_text(model, result, content, &text, error)) return NULL;
  char *described = describe_content(model, result, content);
  if (!described && !text.size) { /* a file by its URL: its title stands for it */
    const char *title = text_of(result, "title") ? text_of(result, "title") : text_of(result, "type");
    entity_release(&text);
    if (!entity_read(model, title, strlen(title), NULL, NULL, &text, error)) return NULL;
  }
  struct message *message = message_add(model, chat, person);
  message->via = via;
  message->content = described;
  message->kind = !described ? MESSAGE_TEXT : strstr(described, "\"file_id\"") ? MESSAGE_MEDIA : MESSAGE_FIXED;
  if (text.size) {
    message->text = text.text;
    message->entities = text.entities;
  } else {
    entity_release(&text);
  }
  if (markup) message->markup = json_write_dump(markup);
  message_changed(model, message);
  return message;
}
