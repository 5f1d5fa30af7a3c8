/* Methods about sets of stickers. Sending one is in method_media.c. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/media.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/sticker_set.h"

#define NEW_MAX 50  /* stickers of createNewStickerSet */
#define SET_MAX 120 /* of any set */
#define EMOJI_MAX 20
#define TITLE_MAX 64 /* bytes */
#define IDS_MAX 200  /* of getCustomEmojiStickers */

static const char *text_of(const json_t *json, const char *name) { return json_string_value(json_object_get(json, name)); }

static bool is_one_of(const char *text, const char *const *all, size_t count) {
  for (size_t i = 0; text && i < count; i++) {
    if (strcmp(text, all[i]) == 0) return true;
  }
  return false;
}

/* ---- what a call gives ---- */

static const char *why_not_sticker(const json_t *json) {
  static const char *const formats[] = {"static", "animated", "video"};
  if (!json_is_object(json)) return "expected an Object as InputSticker";
  if (!text_of(json, "sticker")) return "can't find field \"sticker\"";
  if (!is_one_of(text_of(json, "format"), formats, 3)) return "invalid sticker format specified";
  size_t count = json_array_size(json_object_get(json, "emoji_list"));
  return count && count <= EMOJI_MAX ? NULL : "STICKER_EMOJI_INVALID";
}

/* The file of an InputSticker. False: the call is failed. */
static bool find_sticker_file(struct call *call, const json_t *json, struct media *media) {
  const char *why = why_not_sticker(json);
  *media = (struct media){.kind = FILE_STICKER};
  if (why) return call_fail(call, 400, "Bad Request: %s", why);
  return media_find(call, media, text_of(json, "sticker"), "there is no sticker in the request");
}

static json_t *take_sticker(struct call *call, const json_t *json, const struct media *media) {
  static const char *const kept[] = {"format", "emoji_list", "keywords", "mask_position"};
  json_t *sticker = json_pack("{s:s}", "file_id", media_take(call, media)->id);
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) json_object_set(sticker, kept[i], json_object_get(json, kept[i]));
  return sticker;
}

static json_t *find_set(struct call *call) {
  const char *name = call_text(call, "name");
  json_t *set = name ? sticker_set_find(call->model, name) : NULL;
  if (!set) call_fail(call, 400, "Bad Request: STICKERSET_INVALID");
  return set;
}

/* The set of the file that `sticker` names, and its place there. */
static json_t *find_set_of(struct call *call, const char *parameter, size_t *place) {
  const char *id = call_text(call, parameter);
  json_t *set = id ? sticker_set_of(call->model, id, place) : NULL;
  if (!set) call_fail(call, 400, "Bad Request: STICKER_INVALID");
  return set;
}

/* ---- sets ---- */

static bool get_sticker_set(struct call *call) {
  const json_t *set = find_set(call);
  if (set) sticker_set_write(call->model, set, &call->answer);
  return set != NULL;
}

/* Telegram wants a bot's sets to tell by their names whose they are. */
static const char *why_not_name(const struct call *call, const char *name) {
  const char *username = call->bot->person->username;
  size_t size = strlen(name), end = strlen(username) + 4;
  bool is_own =
      size > end && strncasecmp(name + size - end, "_by_", 4) == 0 && strcasecmp(name + size - end + 4, username) == 0;
  if (!is_own || size > TITLE_MAX) return "invalid sticker set name is specified";
  return sticker_set_find(call->model, name) ? "sticker set name is already occupied" : NULL;
}

static bool find_all(struct call *call, const json_t *stickers, struct media *media) {
  json_t *sticker;
  size_t i;
  json_array_foreach((json_t *)stickers, i, sticker) {
    if (!find_sticker_file(call, sticker, &media[i])) return false;
  }
  return true;
}

static void add_set(struct call *call, const char *type, const json_t *stickers, const struct media *media) {
  json_t *taken = json_array(), *sticker;
  size_t i;
  json_array_foreach((json_t *)stickers, i, sticker) json_array_append_new(taken, take_sticker(call, sticker, &media[i]));
  json_t *set = json_pack("{s:s,s:s,s:s,s:I,s:b,s:o}", "name", call_text(call, "name"), "title", call_text(call, "title"),
                          "sticker_type", type, "owner", (json_int_t)call_integer(call, "user_id", 0), "needs_repainting",
                          (int)call_flag(call, "needs_repainting"), "stickers", taken);
  json_array_foreach(taken, i, sticker) sticker_set_describe(call->model, set, sticker);
  sticker_set_add(call->model, set);
}

static bool create_sticker_set(struct call *call) {
  static const char *const types[] = {"regular", "mask", "custom_emoji"};
  const char *name = call_text(call, "name"), *type = call_text(call, "sticker_type");
  struct media media[NEW_MAX] = {{0}};
  bool is_bad;
  if (!call_person(call)) return false;
  json_t *stickers = call_json(call, "stickers", &is_bad);
  const char *why = !name || !call_text(call, "title") || strlen(call_text(call, "title")) > TITLE_MAX
                        ? "sticker set title is invalid"
                        : why_not_name(call, name);
  if (!why && !json_array_size(stickers)) why = "STICKERS_EMPTY";
  if (!why && json_array_size(stickers) > NEW_MAX) why = "STICKERS_TOO_MUCH";
  if (!why && type && !is_one_of(type, types, 3)) why = "unsupported sticker type specified";
  bool ok = why ? call_fail(call, 400, "Bad Request: %s", why) : find_all(call, stickers, media);
  if (ok) add_set(call, type ? type : "regular", stickers, media);
  json_decref(stickers);
  return ok && call_true(call);
}

static bool delete_sticker_set(struct call *call) {
  const json_t *set = find_set(call);
  if (!set) return false;
  sticker_set_delete(call->model, call_text(call, "name"));
  return call_true(call);
}

static bool set_title(struct call *call) {
  json_t *set = find_set(call);
  const char *title = call_text(call, "title");
  if (!set) return false;
  if (!title || strlen(title) > TITLE_MAX) return call_fail(call, 400, "Bad Request: sticker set title is invalid");
  json_object_set_new(set, "title", json_string(title));
  return call_true(call);
}

static bool set_thumbnail(struct call *call) {
  struct media media = {.kind = FILE_THUMBNAIL};
  json_t *set = find_set(call);
  if (!set || !call_person(call)) return false;
  if (!call_find(call, "thumbnail")) {
    json_object_del(set, "thumbnail");
    return call_true(call);
  }
  bool ok = media_find_parameter(call, &media, "thumbnail");
  media.thumbnail = 0; /* it is the file itself */
  if (ok) json_object_set_new(set, "thumbnail", json_string(media_take(call, &media)->id));
  media_release(&media);
  return ok && call_true(call);
}

/* Its thumbnail is one of its own emoji. */
static bool set_emoji_thumbnail(struct call *call) { return find_set(call) && call_true(call); }

/* ---- stickers of a set ---- */

static bool put_sticker(struct call *call, json_t *set, size_t place, bool is_new) {
  struct media media;
  bool is_bad;
  json_t *json = call_json(call, "sticker", &is_bad);
  bool ok = find_sticker_file(call, json, &media);
  if (ok) {
    json_t *sticker = take_sticker(call, json, &media), *stickers = json_object_get(set, "stickers");
    sticker_set_describe(call->model, set, sticker);
    if (is_new)
      json_array_append_new(stickers, sticker);
    else
      json_array_set_new(stickers, place, sticker);
  }
  json_decref(json);
  return ok && call_true(call);
}

static bool add_sticker(struct call *call) {
  json_t *set = call_person(call) ? find_set(call) : NULL;
  if (!set) return false;
  if (json_array_size(json_object_get(set, "stickers")) >= SET_MAX)
    return call_fail(call, 400, "Bad Request: STICKERS_TOO_MUCH");
  return put_sticker(call, set, 0, true);
}

static bool replace_sticker(struct call *call) {
  size_t place;
  json_t *set = call_person(call) ? find_set_of(call, "old_sticker", &place) : NULL;
  return set && put_sticker(call, set, place, false);
}

static bool delete_sticker(struct call *call) {
  size_t place;
  json_t *set = find_set_of(call, "sticker", &place);
  if (!set) return false;
  json_array_remove(json_object_get(set, "stickers"), place);
  return call_true(call);
}

static bool set_position(struct call *call) {
  size_t place;
  json_t *set = find_set_of(call, "sticker", &place);
  if (!set) return false;
  json_t *stickers = json_object_get(set, "stickers"), *sticker = json_incref(json_array_get(stickers, place));
  json_array_remove(stickers, place);
  size_t to = (size_t)call_range(call, "position", 0, 0, (int64_t)json_array_size(stickers));
  json_array_insert_new(stickers, to, sticker);
  return call_true(call);
}

/* Replaces what the set says of a sticker by a parameter, which is JSON. */
static bool change_sticker(struct call *call, const char *parameter, bool is_list) {
  size_t place;
  bool is_bad;
  json_t *set = find_set_of(call, "sticker", &place), *sticker = json_array_get(json_object_get(set, "stickers"), place);
  if (!set) return false;
  json_t *value = call_json(call, parameter, &is_bad);
  bool ok = !is_bad && (!value || (is_list ? json_is_array(value) : json_is_object(value)));
  if (ok && value)
    json_object_set(sticker, parameter, value);
  else if (ok)
    json_object_del(sticker, parameter);
  json_decref(value);
  if (!ok) return call_fail(call, 400, "Bad Request: can't parse %s JSON object", parameter);
  sticker_set_describe(call->model, set, sticker);
  return call_true(call);
}

static bool set_emoji_list(struct call *call) {
  bool is_bad;
  json_t *list = call_json(call, "emoji_list", &is_bad);
  size_t count = json_array_size(list);
  json_decref(list);
  if (!count || count > EMOJI_MAX) return call_fail(call, 400, "Bad Request: STICKER_EMOJI_INVALID");
  return change_sticker(call, "emoji_list", true);
}

static bool set_keywords(struct call *call) { return change_sticker(call, "keywords", true); }
static bool set_mask_position(struct call *call) { return change_sticker(call, "mask_position", false); }

/* ---- files ---- */

static bool upload_sticker(struct call *call) {
  struct media media = {.kind = FILE_STICKER};
  bool ok = call_person(call) && media_find_parameter(call, &media, "sticker");
  if (ok) {
    const struct file *file = media_take(call, &media);
    (void)buffer_format(&call->answer, NULL, "{\"file_id\":\"%s\",\"file_unique_id\":\"%s\",\"file_size\":%zu}", file->id,
                        file->unique_id, file->size);
  }
  media_release(&media);
  return ok;
}

static bool has_emoji_id(const struct file *file, const char *id) {
  const char *found = file->details ? strstr(file->details, "\"custom_emoji_id\":\"") : NULL;
  return found && strncmp(found + 19, id, strlen(id)) == 0 && found[19 + strlen(id)] == '"';
}

static bool get_custom_emoji(struct call *call) {
  bool is_bad;
  unsigned written = 0;
  json_t *ids = call_json(call, "custom_emoji_ids", &is_bad), *id;
  size_t i;
  bool ok = json_array_size(ids) <= IDS_MAX || call_fail(call, 400, "Bad Request: too many custom emoji identifiers specified");
  if (ok) json_write_text(&call->answer, "[");
  json_array_foreach(ids, i, id) {
    for (const struct file *file = call->model->files; ok && json_is_string(id) && file; file = file->hh.next) {
      if (!has_emoji_id(file, json_string_value(id))) continue;
      if (written++) json_write_text(&call->answer, ",");
      file_describe_object(file, &call->answer);
    }
  }
  if (ok) json_write_text(&call->answer, "]");
  json_decref(ids);
  return ok;
}

const struct method method_sticker[] = {{"getstickerset", get_sticker_set},
                                        {"getcustomemojistickers", get_custom_emoji},
                                        {"uploadstickerfile", upload_sticker},
                                        {"createnewstickerset", create_sticker_set},
                                        {"addstickertoset", add_sticker},
                                        {"setstickerpositioninset", set_position},
                                        {"deletestickerfromset", delete_sticker},
                                        {"replacestickerinset", replace_sticker},
                                        {"setstickeremojilist", set_emoji_list},
                                        {"setstickerkeywords", set_keywords},
                                        {"setstickermaskposition", set_mask_position},
                                        {"setstickersettitle", set_title},
                                        {"setstickersetthumbnail", set_thumbnail},
                                        {"setstickersetthumb", set_thumbnail},
                                        {"setcustomemojistickersetthumbnail", set_emoji_thumbnail},
                                        {"deletestickerset", delete_sticker_set},
                                        {0}};
