/* Methods that send files of every kind, one or an album; and getFile. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/memory.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/methods/media.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/sending.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"

#define ALBUM_MAX 10

/* ---- one file ---- */

/* The kind that was asked for names the parameter; a document may turn out to be of another kind. */
static bool send_media(struct call *call, enum file_kind kind) {
  struct sending sending = {0};
  struct media media = {.kind = kind};
  bool ok = media_find_parameter(call, &media, file_kind_member(kind));
  if (ok) ok = formatted_text_read(call, "caption", "caption_entities", &media.caption) && sending_read(call, &sending);
  if (ok && media.caption.length > FORMATTED_TEXT_CAPTION_MAX)
    ok = call_fail(call, 400, "Bad Request: message caption is too long");
  if (ok) {
    struct message *message = sending_add(call, &sending);
    media_fill(call, message, &media);
    sending_finish(call, message);
  }
  sending_release(&sending);
  media_release(&media);
  return ok;
}

static bool send_document(struct call *call) { return send_media(call, FILE_DOCUMENT); }
static bool send_photo(struct call *call) { return send_media(call, FILE_PHOTO); }
static bool send_video(struct call *call) { return send_media(call, FILE_VIDEO); }
static bool send_audio(struct call *call) { return send_media(call, FILE_AUDIO); }
static bool send_voice(struct call *call) { return send_media(call, FILE_VOICE); }
static bool send_video_note(struct call *call) { return send_media(call, FILE_VIDEO_NOTE); }
static bool send_animation(struct call *call) { return send_media(call, FILE_ANIMATION); }
static bool send_sticker(struct call *call) { return send_media(call, FILE_STICKER); }

/* ---- albums ---- */

static bool text_is(const json_t *media, const char *type) {
  const char *text = json_string_value(json_object_get(media, "type"));
  return text && strcmp(text, type) == 0;
}

static bool read_album(struct call *call, const json_t *json, struct media *album, size_t *count) {
  json_t *item;
  size_t i;
  if (!json_is_array(json)) return call_fail(call, 400, "Bad Request: expected an Array of InputMedia");
  json_array_foreach((json_t *)json, i, item) {
    if (i >= ALBUM_MAX) return call_fail(call, 400, "Bad Request: too many messages to send as an album");
    *count = i + 1;
    if (!media_read_input(call, item, &album[i])) return false;
    if (album[i].kind == FILE_ANIMATION && text_is(item, "animation")) {
      return call_fail(call, 400, "Bad Request: can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup");
    }
    if (media_is_same_sort(album[0].kind, album[i].kind)) continue;
    bool is_document = album[0].kind == FILE_DOCUMENT || album[i].kind == FILE_DOCUMENT;
    return call_fail(call, 400, "Bad Request: %s can't be mixed with other media types", is_document ? "document" : "audio");
  }
  return *count || call_fail(call, 400, "Bad Request: there are no messages to send");
}

static void send_album(struct call *call, struct sending *sending, struct media *album, size_t count) {
  char group[24];
  (void)snprintf(group, sizeof group, "%lld", (long long)call->model->next_query_id++);
  for (size_t i = 0; i < count; i++) {
    struct message *message = sending_add(call, sending);
    if (count > 1) message->group = memory_copy_text(group);
    media_fill(call, message, &album[i]);
    json_write_text(&call->answer, i ? "," : "[");
    sending_finish(call, message);
  }
  json_write_text(&call->answer, "]");
}

static bool send_media_group(struct call *call) {
  struct sending sending = {0};
  struct media album[ALBUM_MAX] = {{0}};
  size_t count = 0;
  bool is_bad;
  json_t *json = call_json(call, "media", &is_bad);
  bool ok = !is_bad || call_fail(call, 400, "Bad Request: can't parse media JSON object");
  if (ok) ok = read_album(call, json, album, &count) && sending_read(call, &sending);
  if (ok) send_album(call, &sending, album, count);
  for (size_t i = 0; i < count; i++) media_release(&album[i]);
  sending_release(&sending);
  json_decref(json);
  return ok;
}

/* ---- downloads ---- */

static bool get_file(struct call *call) {
  const char *id = call_text(call, "file_id");
  if (!id) return call_fail(call, 400, "Bad Request: file_id not specified");
  const struct file *file = file_find(call->model, id);
  if (!file) return call_fail(call, 400, "Bad Request: invalid file_id");
  if (file->size > FILE_MAX_DOWN) return call_fail(call, 400, "Bad Request: file is too big");
  (void)buffer_format(&call->answer, NULL, "{\"file_id\":\"%s\",\"file_unique_id\":\"%s\",\"file_size\":%zu", file->id,
                      file->unique_id, file->size);
  json_write_member(&call->answer, "file_path", file->path);
  json_write_text(&call->answer, "}");
  return true;
}

const struct method method_media[] = {{"senddocument", send_document},
                                      {"sendphoto", send_photo},
                                      {"sendvideo", send_video},
                                      {"sendaudio", send_audio},
                                      {"sendvoice", send_voice},
                                      {"sendvideonote", send_video_note},
                                      {"sendanimation", send_animation},
                                      {"sendsticker", send_sticker},
                                      {"sendmediagroup", send_media_group},
                                      {"getfile", get_file},
                                      {0}};
