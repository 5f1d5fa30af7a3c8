#include "sandbox/model/sticker_set.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"

static const char *text_of(const json_t *json, const char *name) { return json_string_value(json_object_get(json, name)); }

struct json_t *sticker_set_find(const struct model *model, const char *name) {
  return json_object_get(model->sticker_sets, name);
}

void sticker_set_add(struct model *model, struct json_t *set) {
  if (!model->sticker_sets) model->sticker_sets = json_object();
  json_object_set_new(model->sticker_sets, text_of(set, "name"), set);
}

void sticker_set_delete(struct model *model, const char *name) { json_object_del(model->sticker_sets, name); }

struct json_t *sticker_set_of(const struct model *model, const char *file_id, size_t *place) {
  const char *name;
  json_t *set, *sticker;
  size_t i;
  json_object_foreach(model->sticker_sets, name, set) {
    json_array_foreach(json_object_get(set, "stickers"), i, sticker) {
      *place = i;
      if (strcmp(text_of(sticker, "file_id"), file_id) == 0) return set;
    }
  }
  return NULL;
}

static bool is_format(const json_t *sticker, const char *format) {
  const char *text = text_of(sticker, "format");
  return text && strcmp(text, format) == 0;
}

void sticker_set_describe(struct model *model, const struct json_t *set, const struct json_t *sticker) {
  struct file *file = file_find(model, text_of(sticker, "file_id"));
  const char *type = text_of(set, "sticker_type");
  struct buffer details;
  if (!file) return;
  buffer_init(&details, JSON_WRITE_CEILING);
  (void)buffer_format(&details, NULL, "\"width\":512,\"height\":512,\"is_animated\":%s,\"is_video\":%s,\"type\":\"%s\"",
                      is_format(sticker, "animated") ? "true" : "false", is_format(sticker, "video") ? "true" : "false", type);
  json_write_member(&details, "emoji", json_string_value(json_array_get(json_object_get(sticker, "emoji_list"), 0)));
  json_write_member(&details, "set_name", text_of(set, "name"));
  char *position = json_write_dump(json_object_get(sticker, "mask_position"));
  json_write_raw(&details, "mask_position", position);
  free(position);
  if (strcmp(type, "custom_emoji") == 0) {
    (void)buffer_format(&details, NULL, ",\"custom_emoji_id\":\"%llu\"", 5000000000000000000ull + file->number);
    if (json_is_true(json_object_get(set, "needs_repainting"))) json_write_text(&details, ",\"needs_repainting\":true");
  }
  file_set_details(file, buffer_take(&details, NULL));
}

void sticker_set_write(const struct model *model, const struct json_t *set, struct buffer *buffer) {
  const struct file *thumbnail = text_of(set, "thumbnail") ? file_find(model, text_of(set, "thumbnail")) : NULL;
  unsigned written = 0;
  size_t i;
  json_t *sticker;
  json_write_text(buffer, "{\"name\":");
  json_write_string(buffer, text_of(set, "name"), strlen(text_of(set, "name")));
  json_write_member(buffer, "title", text_of(set, "title"));
  json_write_member(buffer, "sticker_type", text_of(set, "sticker_type"));
  json_write_text(buffer, ",\"stickers\":[");
  json_array_foreach(json_object_get(set, "stickers"), i, sticker) {
    const struct file *file = file_find(model, text_of(sticker, "file_id"));
    if (!file) continue;
    if (written++) json_write_text(buffer, ",");
    file_describe_object(file, buffer);
  }
  json_write_text(buffer, "]");
  if (thumbnail) {
    json_write_text(buffer, ",\"thumbnail\":");
    file_describe_object(thumbnail, buffer);
  }
  json_write_text(buffer, "}");
}

void sticker_set_drop_all(struct model *model) {
  json_decref(model->sticker_sets);
  model->sticker_sets = NULL;
}
