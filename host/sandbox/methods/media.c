#include "sandbox/methods/media.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"

#define PHOTO_MAX (10 * 1024 * 1024)

/* ---- finding ---- */

static bool check_part(struct call *call, const struct server_parameter *part, bool is_photo) {
  if (!part->size) return call_fail(call, 400, "Bad Request: file must be non-empty");
  if (part->size > FILE_MAX_UP) return call_fail(call, 413, "Request Entity Too Large");
  if (!is_photo || part->size <= PHOTO_MAX) return true;
  return call_fail(call, 400, "Bad Request: file of size %zu bytes is too big for a photo; the maximum size is %d bytes",
                   part->size, PHOTO_MAX);
}

bool media_find_part(struct call *call, struct media *media, const char *name, const char *missing) {
  for (size_t i = 0; i < call->count; i++) {
    if (!call->parameters[i].file_name || strcmp(call->parameters[i].name, name) != 0) continue;
    media->part = i;
    return check_part(call, &call->parameters[i], media->is_photo);
  }
  return call_fail(call, 400, "Bad Request: %s", missing);
}

static bool use_known(struct call *call, struct media *media, const char *id) {
  const struct file *file = file_find(call->model, id);
  if (!file && strchr(id, '.')) return call_fail(call, 400, "Bad Request: failed to get HTTP URL content");
  if (!file) return call_fail(call, 400, "Bad Request: wrong file identifier/HTTP URL specified");
  if (file->is_photo != media->is_photo) {
    const char *from = file->is_photo ? "Photo" : "Document", *to = media->is_photo ? "Photo" : "Document";
    return call_fail(call, 400, "Bad Request: can't use file of type %s as %s", from, to);
  }
  media->known = file;
  return true;
}

bool media_find(struct call *call, struct media *media, const char *value, const char *missing) {
  static const char attach[] = "attach://";
  if (strncmp(value, attach, sizeof attach - 1) == 0) return media_find_part(call, media, value + sizeof attach - 1, missing);
  return use_known(call, media, value);
}

static const char *text_of(const json_t *json, const char *name) { return json_string_value(json_object_get(json, name)); }

bool media_read_input(struct call *call, const json_t *json, struct media *media) {
  static const char prefix[] = "Bad Request: can't parse InputMedia";
  struct error error = {0};
  *media = (struct media){0};
  if (!json_is_object(json)) return call_fail(call, 400, "%s: expected an Object", prefix);
  const char *type = text_of(json, "type"), *value = text_of(json, "media"), *caption = text_of(json, "caption");
  if (!type) return call_fail(call, 400, "%s: Can't find field \"type\"", prefix);
  media->is_photo = strcmp(type, "photo") == 0;
  if (!media->is_photo && strcmp(type, "document") != 0)
    return call_fail(call, 400, "%s: type \"%s\" is unsupported", prefix, type);
  if (!value) return call_fail(call, 400, "%s: Can't find field \"media\"", prefix);
  if (!media_find(call, media, value, "can't parse InputMedia: media not found")) return false;
  bool ok = entity_read(call->model, caption ? caption : "", caption ? strlen(caption) : 0, text_of(json, "parse_mode"),
                        json_object_get(json, "caption_entities"), &media->caption, &error);
  if (!ok) return call_fail(call, 400, "Bad Request: %s", error.text);
  return media->caption.length <= FORMATTED_TEXT_CAPTION_MAX ||
         call_fail(call, 400, "Bad Request: message caption is too long");
}

/* ---- taking ---- */

static const struct file *take(struct call *call, const struct media *media) {
  if (media->known) return media->known;
  const struct server_parameter *part = &call->parameters[media->part];
  char *name = memory_copy_text(part->file_name), *data;
  size_t size = part->size;
  if (call->take_file) {
    data = call->take_file(call->source, media->part, &size);
  } else {
    data = memory_new(size + 1);
    memcpy(data, part->value, size);
  }
  const struct file *file = file_add(call->model, name, media->is_photo, data, size);
  free(name);
  return file;
}

char *media_take(struct call *call, const struct media *media) {
  struct buffer content;
  buffer_init(&content, JSON_WRITE_CEILING);
  file_describe(take(call, media), &content);
  return buffer_take(&content, NULL);
}

void media_fill(struct call *call, struct message *message, struct media *media) {
  message->kind = MESSAGE_MEDIA;
  message->content = media_take(call, media);
  message->entities = media->caption.entities;
  if (media->caption.size)
    message->text = media->caption.text;
  else
    free(media->caption.text);
  media->caption = (struct entity_text){0};
}
