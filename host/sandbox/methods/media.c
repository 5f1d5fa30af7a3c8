#include "sandbox/methods/media.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/link.h"
#include "sandbox/model/message.h"

#define PHOTO_MAX (10 * 1024 * 1024)
#define SIDE 320 /* pixels, where the bot does not say how wide and high: nothing here reads pictures */

void media_release(struct media *media) {
  json_decref(media->options);
  entity_release(&media->caption);
  *media = (struct media){0};
}

/* ---- finding ---- */

static const char attach[] = "attach://";

/* The index of an uploaded file, from 1; 0: there is none. */
static size_t find_upload(const struct call *call, const char *name) {
  for (size_t i = 0; i < call->count; i++) {
    if (call->parameters[i].file_name && strcmp(call->parameters[i].name, name) == 0) return i + 1;
  }
  return 0;
}

static bool find_part(struct call *call, struct media *media, const char *name, const char *missing) {
  size_t found = find_upload(call, name);
  if (!found) return call_fail(call, 400, "Bad Request: %s", missing);
  const struct server_parameter *part = &call->parameters[media->part = found - 1];
  if (!part->size) return call_fail(call, 400, "Bad Request: file must be non-empty");
  if (part->size > FILE_MAX_UP) return call_fail(call, 413, "Request Entity Too Large");
  if (media->kind != FILE_PHOTO || part->size <= PHOTO_MAX) return true;
  return call_fail(call, 400, "Bad Request: file of size %zu bytes is too big for a photo; the maximum size is %d bytes",
                   part->size, PHOTO_MAX);
}

/* ---- URLs ---- */

/* Whether the host can be one that Telegram reaches: neither this machine, nor a name that is reserved for what is nowhere. */
static bool is_reachable(const char *url) {
  static const char *const reserved[] = {".invalid", ".test", ".example", ".localhost", ".local"};
  const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
  size_t size = strcspn(host, ":/?#");
  bool is_web = !scheme || strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
  if (!is_web || !size || !memchr(host, '.', size) || strspn(host, "0123456789.") == size) return false;
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
    size_t length = strlen(reserved[i]);
    if (size > length && strncasecmp(host + size - length, reserved[i], length) == 0) return false;
  }
  return true;
}

/* The last part of the path, without what follows a question mark. Given: free(). */
static char *name_of_url(const char *url) {
  const char *scheme = strstr(url, "://"), *path = strchr(scheme ? scheme + 3 : url, '/');
  size_t size = path ? strcspn(path, "?#") : 0;
  while (size && path[size - 1] == '/') size--;
  const char *end = path ? path + size : NULL, *begin = end;
  while (begin && begin > path && begin[-1] != '/') begin--;
  char *name = memory_new((size_t)(end - begin) + 1);
  if (begin) memcpy(name, begin, (size_t)(end - begin));
  return name;
}

static bool check_url(struct call *call, const char *url) {
  struct error error = {0};
  struct buffer checked;
  buffer_init(&checked, JSON_WRITE_CEILING);
  bool ok = link_check(url, strlen(url), false, &checked, &error);
  buffer_release(&checked);
  return ok || call_fail(call, 400, "Bad Request: invalid file HTTP URL specified: %s", error.text);
}

/* Of documents, Telegram fetches three sorts only; of round videos none. */
static bool use_url(struct call *call, struct media *media, const char *url) {
  static const char *const sorts[] = {".gif", ".pdf", ".zip"};
  bool is_taken = media->kind != FILE_DOCUMENT && media->kind != FILE_VIDEO_NOTE;
  if (!check_url(call, url)) return false;
  if (!is_reachable(url)) return call_fail(call, 400, "Bad Request: failed to get HTTP URL content");
  char *name = name_of_url(url);
  size_t size = strlen(name);
  for (size_t i = 0; media->kind == FILE_DOCUMENT && size > 4 && i < 3; i++) {
    is_taken = is_taken || strcasecmp(name + size - 4, sorts[i]) == 0;
  }
  free(name);
  media->url = url;
  return is_taken || call_fail(call, 400, "Bad Request: wrong type of the web page content");
}

/* An identifier is base64; Telegram says what it finds wrong with it. */
static bool fail_unknown(struct call *call, const char *id) {
  static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  static const char wrong[] = "Bad Request: wrong remote file identifier specified";
  if (strlen(id) % 4 == 1) return call_fail(call, 400, "%s: Wrong string length", wrong);
  if (id[strspn(id, base64)]) return call_fail(call, 400, "%s: Wrong character in the string", wrong);
  return call_fail(call, 400, "%s: can't unserialize it. Wrong last symbol", wrong);
}

static bool use_known(struct call *call, struct media *media, const char *id) {
  const struct file *file = file_find(call->model, id);
  if (!file && strchr(id, '.')) return use_url(call, media, id);
  if (!file) return fail_unknown(call, id);
  bool is_document = file->kind != FILE_PHOTO && file->kind != FILE_THUMBNAIL;
  if (media->kind == FILE_DOCUMENT && is_document) media->kind = file->kind; /* it stays what it is */
  if (file->kind != media->kind) {
    return call_fail(call, 400, "Bad Request: can't use file of type %s as %s", file_kind_name(file->kind),
                     file_kind_name(media->kind));
  }
  media->known = file;
  return true;
}

bool media_find(struct call *call, struct media *media, const char *value, const char *missing) {
  bool is_upload = strncmp(value, attach, sizeof attach - 1) == 0;
  return is_upload ? find_part(call, media, value + sizeof attach - 1, missing) : use_known(call, media, value);
}

/* Telegram looks into a document, unless it is told not to, and makes of it what it is. */
static void detect_kind(const struct call *call, struct media *media) {
  bool is_asked = json_is_true(json_object_get(media->options, "disable_content_type_detection"));
  if (media->kind != FILE_DOCUMENT || media->known || is_asked) return;
  char *name = media->url ? name_of_url(media->url) : memory_copy_text(call->parameters[media->part].file_name);
  media->kind = file_kind_of_name(name);
  free(name);
}

/* A thumbnail has to be an upload; Telegram ignores all else. */
static size_t find_thumbnail(const struct call *call, const char *value, const char *name) {
  if (value && strncmp(value, attach, sizeof attach - 1) == 0) return find_upload(call, value + sizeof attach - 1);
  return name ? find_upload(call, name) : 0;
}

/* ---- a parameter ---- */

static const char *const numbers[] = {"duration", "width", "height", "length", "start_timestamp"};
static const char *const texts[] = {"performer", "title", "emoji", "thumbnail"};
static const char *const flags[] = {"has_spoiler", "show_caption_above_media", "supports_streaming",
                                    "disable_content_type_detection"};

static json_t *read_options(const struct call *call) {
  json_t *options = json_object();
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (call_text(call, numbers[i])) json_object_set_new(options, numbers[i], json_integer(call_integer(call, numbers[i], 0)));
  }
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (call_text(call, texts[i])) json_object_set_new(options, texts[i], json_string(call_text(call, texts[i])));
  }
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    if (call_flag(call, flags[i])) json_object_set_new(options, flags[i], json_true());
  }
  return options;
}

static const char *text_of(const json_t *json, const char *name) { return json_string_value(json_object_get(json, name)); }

bool media_find_parameter(struct call *call, struct media *media, const char *name) {
  char missing[64], words[32];
  const char *value = call_text(call, name);
  (void)snprintf(words, sizeof words, "%s", name);
  for (char *at = words; *at; at++) *at = *at == '_' ? ' ' : *at;
  (void)snprintf(missing, sizeof missing, "there is no %s in the request", words);
  if (!(value ? media_find(call, media, value, missing) : find_part(call, media, name, missing))) return false;
  media->options = read_options(call);
  media->thumbnail = find_thumbnail(call, text_of(media->options, "thumbnail"), "thumbnail");
  detect_kind(call, media);
  return true;
}

/* ---- an InputMedia ---- */

static bool read_kind(struct call *call, const char *type, struct media *media) {
  static const enum file_kind allowed[] = {FILE_PHOTO, FILE_VIDEO, FILE_ANIMATION, FILE_AUDIO, FILE_DOCUMENT};
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
    media->kind = allowed[i];
    if (strcmp(type, file_kind_member(allowed[i])) == 0) return true;
  }
  return call_fail(call, 400, "Bad Request: can't parse InputMedia: type \"%s\" is unsupported", type);
}

bool media_read_input(struct call *call, const json_t *json, struct media *media) {
  static const char prefix[] = "Bad Request: can't parse InputMedia";
  struct error error = {0};
  *media = (struct media){0};
  if (!json_is_object(json)) return call_fail(call, 400, "%s: expected an Object", prefix);
  const char *type = text_of(json, "type"), *value = text_of(json, "media"), *caption = text_of(json, "caption");
  if (!type) return call_fail(call, 400, "%s: Can't find field \"type\"", prefix);
  if (!read_kind(call, type, media)) return false;
  if (!value) return call_fail(call, 400, "%s: Can't find field \"media\"", prefix);
  if (!media_find(call, media, value, "can't parse InputMedia: media not found")) return false;
  media->options = json_incref((json_t *)json);
  media->thumbnail = find_thumbnail(call, text_of(json, "thumbnail"), NULL);
  detect_kind(call, media);
  bool ok = entity_read(call->model, caption ? caption : "", caption ? strlen(caption) : 0, text_of(json, "parse_mode"),
                        json_object_get(json, "caption_entities"), &media->caption, &error);
  if (!ok) return call_fail(call, 400, "Bad Request: %s", error.text);
  return media->caption.length <= FORMATTED_TEXT_CAPTION_MAX ||
         call_fail(call, 400, "Bad Request: message caption is too long");
}

bool media_is_same_sort(enum file_kind one, enum file_kind other) {
  bool is_visual = one == FILE_PHOTO || one == FILE_VIDEO || one == FILE_ANIMATION;
  return is_visual ? other == FILE_PHOTO || other == FILE_VIDEO || other == FILE_ANIMATION : one == other;
}

/* ---- taking ---- */

static long long number_of(const json_t *options, const char *name, int absent) {
  const json_t *value = json_object_get(options, name);
  return json_is_integer(value)  ? json_integer_value(value)
         : json_is_string(value) ? strtoll(json_string_value(value), NULL, 10)
                                 : absent;
}

static void write_sticker(const struct media *media, const char *name, struct buffer *details) {
  const char *emoji = text_of(media->options, "emoji"), *dot = strrchr(name, '.');
  (void)buffer_format(details, NULL, "\"width\":512,\"height\":512,\"is_animated\":%s,\"is_video\":%s,\"type\":\"regular\"",
                      dot && strcmp(dot, ".tgs") == 0 ? "true" : "false", dot && strcmp(dot, ".webm") == 0 ? "true" : "false");
  json_write_member(details, "emoji", emoji);
}

/* The JSON members that Telegram would find by looking into the file. Here the bot is believed. */
static void write_details(const struct media *media, const char *name, struct buffer *details) {
  const json_t *options = media->options;
  if (media->kind == FILE_STICKER) {
    write_sticker(media, name, details);
    return;
  }
  if (media->kind == FILE_PHOTO || media->kind == FILE_DOCUMENT) return;
  (void)buffer_format(details, NULL, "\"duration\":%lld", number_of(options, "duration", 0));
  if (media->kind == FILE_VIDEO || media->kind == FILE_ANIMATION) {
    (void)buffer_format(details, NULL, ",\"width\":%lld,\"height\":%lld", number_of(options, "width", SIDE),
                        number_of(options, "height", SIDE));
  }
  if (media->kind == FILE_VIDEO_NOTE)
    (void)buffer_format(details, NULL, ",\"length\":%lld", number_of(options, "length", SIDE));
  if (media->kind != FILE_AUDIO) return;
  json_write_member(details, "title", text_of(options, "title"));
  json_write_member(details, "performer", text_of(options, "performer"));
}

static struct file *take_part(struct call *call, size_t index, enum file_kind kind, char *details) {
  const struct server_parameter *part = &call->parameters[index];
  char *name = memory_copy_text(part->file_name), *data;
  size_t size = part->size;
  if (call->take_file) {
    data = call->take_file(call->source, index, &size);
  } else {
    data = memory_new(size + 1);
    memcpy(data, part->value, size);
  }
  struct file *file = file_add(call->model, kind, name, details, data, size);
  free(name);
  return file;
}

/* Under its old name, too, as Telegram's server does. */
static void write_thumbnail(struct call *call, const struct media *media, struct buffer *details) {
  static const char *const names[] = {"thumbnail", "thumb"};
  const struct file *file = take_part(call, media->thumbnail - 1, FILE_THUMBNAIL, NULL);
  for (size_t i = 0; i < 2; i++) {
    (void)buffer_format(details, NULL, "%s\"%s\":", details->size ? "," : "", names[i]);
    file_describe_object(file, details);
  }
}

static const struct file *take_url(struct call *call, const struct media *media) {
  struct buffer details, bytes;
  size_t size;
  char *name = name_of_url(media->url);
  buffer_init(&details, JSON_WRITE_CEILING), buffer_init(&bytes, JSON_WRITE_CEILING);
  write_details(media, name, &details);
  (void)buffer_format(&bytes, NULL, "these bytes stand for %s", media->url);
  char *data = buffer_take(&bytes, &size);
  const struct file *file = file_add(call->model, media->kind, name, buffer_take(&details, NULL), data, size);
  free(name);
  return file;
}

const struct file *media_take(struct call *call, const struct media *media) {
  if (media->known) return media->known;
  if (media->url) return take_url(call, media);
  struct buffer details;
  buffer_init(&details, JSON_WRITE_CEILING);
  write_details(media, call->parameters[media->part].file_name, &details);
  if (media->thumbnail && media->kind != FILE_PHOTO) write_thumbnail(call, media, &details);
  return take_part(call, media->part, media->kind, buffer_take(&details, NULL));
}

char *media_take_content(struct call *call, const struct media *media) {
  struct buffer content;
  buffer_init(&content, JSON_WRITE_CEILING);
  file_describe(media_take(call, media), &content);
  return buffer_take(&content, NULL);
}

void media_fill(struct call *call, struct message *message, struct media *media) {
  message->kind = media->kind == FILE_STICKER || media->kind == FILE_VIDEO_NOTE ? MESSAGE_FIXED : MESSAGE_MEDIA;
  message->content = media_take_content(call, media);
  bool has_caption = media->caption.size && message->kind == MESSAGE_MEDIA;
  if (has_caption) {
    message->text = media->caption.text;
    message->entities = media->caption.entities;
    media->caption = (struct entity_text){0};
  }
  if (json_is_true(json_object_get(media->options, "show_caption_above_media")))
    message_add_extras(message, "\"show_caption_above_media\":true");
  if (json_is_true(json_object_get(media->options, "has_spoiler"))) message_add_extras(message, "\"has_media_spoiler\":true");
}
