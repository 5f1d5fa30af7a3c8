/* Methods that send and change files. A call first finds its files (media_find) and checks everything else; only then the bytes
 * become the sandbox's (media_take), so that a refused call leaves nothing behind. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/call.h"
#include "sandbox/editing.h"
#include "sandbox/entity.h"
#include "sandbox/file.h"
#include "sandbox/message.h"
#include "sandbox/methods.h"
#include "sandbox/model.h"
#include "sandbox/outgoing.h"
#include "sandbox/write.h"

#define CAPTION_MAX 1024
#define PHOTO_MAX (10 * 1024 * 1024)
#define ALBUM_MAX 10

struct media {
  bool is_photo;
  const struct file *known;   /* by its file_id; else ... */
  size_t part;                /* ... the parameter that holds the bytes */
  struct entity_text caption; /* ours: entity_release() */
};

static const char *kind_name(bool is_photo) { return is_photo ? "photo" : "document"; }

/* ---- finding ---- */

static bool check_part(struct call *call, const struct server_parameter *part, bool is_photo) {
  if (!part->size) return call_fail(call, 400, "Bad Request: file must be non-empty");
  if (part->size > FILE_MAX_UP) return call_fail(call, 413, "Request Entity Too Large");
  if (!is_photo || part->size <= PHOTO_MAX) return true;
  return call_fail(call, 400, "Bad Request: file of size %zu bytes is too big for a photo; the maximum size is %d bytes",
                   part->size, PHOTO_MAX);
}

static bool use_part(struct call *call, struct media *media, const char *name, const char *missing) {
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

/* value: attach://NAME or a file_id. */
static bool media_find(struct call *call, struct media *media, const char *value, const char *missing) {
  static const char attach[] = "attach://";
  if (strncmp(value, attach, sizeof attach - 1) == 0) return use_part(call, media, value + sizeof attach - 1, missing);
  return use_known(call, media, value);
}

static const struct file *media_take(struct call *call, const struct media *media) {
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

static char *describe(const struct file *file) {
  struct buffer content;
  buffer_init(&content, WRITE_CEILING);
  file_describe(file, &content);
  return buffer_take(&content, NULL);
}

static void fill(struct call *call, struct message *message, struct media *media) {
  message->kind = MESSAGE_MEDIA;
  message->content = describe(media_take(call, media));
  message->entities = media->caption.entities;
  if (media->caption.size)
    message->text = media->caption.text;
  else
    free(media->caption.text);
  media->caption = (struct entity_text){0};
}

/* ---- one file ---- */

static bool send_media(struct call *call, bool is_photo) {
  struct outgoing outgoing = {0};
  struct media media = {.is_photo = is_photo};
  char missing[64];
  const char *value = call_text(call, kind_name(is_photo));
  (void)snprintf(missing, sizeof missing, "there is no %s in the request", kind_name(is_photo));
  bool ok = value ? media_find(call, &media, value, missing) : use_part(call, &media, kind_name(is_photo), missing);
  if (ok) ok = call_read_text(call, "caption", "caption_entities", &media.caption) && outgoing_read(call, &outgoing);
  if (ok && media.caption.length > CAPTION_MAX) ok = call_fail(call, 400, "Bad Request: message caption is too long");
  if (ok) {
    struct message *message = outgoing_add(call, &outgoing);
    fill(call, message, &media);
    outgoing_finish(call, message);
  }
  outgoing_release(&outgoing);
  entity_release(&media.caption);
  return ok;
}

static bool send_document(struct call *call) { return send_media(call, false); }
static bool send_photo(struct call *call) { return send_media(call, true); }

/* ---- InputMedia ---- */

static const char *text_of(const json_t *json, const char *name) { return json_string_value(json_object_get(json, name)); }

static bool read_input(struct call *call, const json_t *json, struct media *media) {
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
  bool ok = entity_read(caption ? caption : "", caption ? strlen(caption) : 0, text_of(json, "parse_mode"),
                        json_object_get(json, "caption_entities"), &media->caption, &error);
  if (!ok) return call_fail(call, 400, "Bad Request: %s", error.text);
  return media->caption.length <= CAPTION_MAX || call_fail(call, 400, "Bad Request: message caption is too long");
}

static bool read_album(struct call *call, const json_t *json, struct media *album, size_t *count) {
  json_t *item;
  size_t i;
  if (!json_is_array(json)) return call_fail(call, 400, "Bad Request: expected an Array of InputMedia");
  json_array_foreach((json_t *)json, i, item) {
    if (i >= ALBUM_MAX) return call_fail(call, 400, "Bad Request: too many messages to send as an album");
    *count = i + 1;
    if (!read_input(call, item, &album[i])) return false;
    if (album[i].is_photo == album[0].is_photo) continue;
    return call_fail(call, 400, "Bad Request: document can't be mixed with other media types");
  }
  return *count || call_fail(call, 400, "Bad Request: there are no messages to send");
}

static void send_album(struct call *call, struct outgoing *outgoing, struct media *album, size_t count) {
  char group[24];
  (void)snprintf(group, sizeof group, "%lld", (long long)call->model->next_query_id++);
  for (size_t i = 0; i < count; i++) {
    struct message *message = outgoing_add(call, outgoing);
    if (count > 1) message->group = memory_copy_text(group);
    fill(call, message, &album[i]);
    write_text(&call->answer, i ? "," : "[");
    outgoing_finish(call, message);
  }
  write_text(&call->answer, "]");
}

static bool send_media_group(struct call *call) {
  struct outgoing outgoing = {0};
  struct media album[ALBUM_MAX] = {{0}};
  size_t count = 0;
  bool is_bad;
  json_t *json = call_json(call, "media", &is_bad);
  bool ok = !is_bad || call_fail(call, 400, "Bad Request: can't parse media JSON object");
  if (ok) ok = read_album(call, json, album, &count) && outgoing_read(call, &outgoing);
  if (ok) send_album(call, &outgoing, album, count);
  for (size_t i = 0; i < count; i++) entity_release(&album[i].caption);
  outgoing_release(&outgoing);
  json_decref(json);
  return ok;
}

static bool edit_message_media(struct call *call) {
  struct editing editing = {0};
  struct media media = {0};
  bool is_bad;
  if (!editing_read_markup(call, &editing)) return false;
  json_t *json = call_json(call, "media", &is_bad);
  bool ok = true;
  if (is_bad)
    ok = call_fail(call, 400, "Bad Request: can't parse input media JSON object");
  else if (!json)
    ok = call_fail(call, 400, "Bad Request: parameter \"media\" is required");
  if (ok) ok = read_input(call, json, &media) && editing_find(call, &editing, "message media can't be edited");
  const struct message *message = editing.message;
  if (ok && message->kind == MESSAGE_FIXED) ok = call_fail(call, 400, "Bad Request: message media can't be edited");
  bool was_photo = ok && message->content && strncmp(message->content, "\"photo\"", 7) == 0;
  if (ok && message->group && was_photo != media.is_photo)
    ok = call_fail(call, 400, "Bad Request: can't change media type in the album");
  if (ok) {
    char *content = describe(media_take(call, &media));
    if (!media.caption.size) free(media.caption.text), media.caption.text = NULL;
    ok = editing_apply(call, &editing, MESSAGE_MEDIA, &media.caption, content);
  }
  editing_release(&editing);
  entity_release(&media.caption);
  json_decref(json);
  return ok;
}

static bool get_file(struct call *call) {
  const char *id = call_text(call, "file_id");
  if (!id) return call_fail(call, 400, "Bad Request: file_id not specified");
  const struct file *file = file_find(call->model, id);
  if (!file) return call_fail(call, 400, "Bad Request: invalid file_id");
  if (file->size > FILE_MAX_DOWN) return call_fail(call, 400, "Bad Request: file is too big");
  (void)buffer_format(&call->answer, NULL, "{\"file_id\":\"%s\",\"file_unique_id\":\"%s\",\"file_size\":%zu", file->id,
                      file->unique_id, file->size);
  write_member(&call->answer, "file_path", file->path);
  write_text(&call->answer, "}");
  return true;
}

const struct method method_media[] = {
    {"senddocument", send_document},          {"sendphoto", send_photo}, {"sendmediagroup", send_media_group},
    {"editmessagemedia", edit_message_media}, {"getfile", get_file},     {0}};
