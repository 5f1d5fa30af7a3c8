#include "sandbox/model/file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"

#define FILE_MAX_TOTAL ((size_t)1024 * 1024 * 1024)
#define FILE_STEM 64
#define FILE_EXTENSION 16

static const struct {
  const char *extension, *type;
} types[] = {{"txt", "text/plain"},
             {"json", "application/json"},
             {"pdf", "application/pdf"},
             {"zip", "application/zip"},
             {"html", "text/html"},
             {"png", "image/png"},
             {"jpg", "image/jpeg"},
             {"jpeg", "image/jpeg"},
             {"gif", "image/gif"},
             {"csv", "text/csv"},
             {"mp4", "video/mp4"},
             {"mp3", "audio/mpeg"},
             {"m4a", "audio/mp4"},
             {"ogg", "audio/ogg"},
             {"oga", "audio/ogg"},
             {"webp", "image/webp"},
             {"webm", "video/webm"},
             {"mov", "video/quicktime"},
             {"gz", "application/gzip"},
             {"xml", "application/xml"},
             {"wav", "audio/x-wav"},
             {"js", "text/javascript"},
             {"md", "text/markdown"},
             {"css", "text/css"},
             {"tgs", "application/x-tgsticker"}};

/* What distinguishes the kinds. `type` and `extension` are for files whose name tells none. */
static const struct {
  const char *member, *name, *id, *unique_id, *folder, *type, *extension;
  bool has_name, has_type; /* Telegram shows them */
} kinds[FILE_KINDS] = {
    [FILE_DOCUMENT] = {"document", "Document", "BQACAgI", "AgAD", "documents", "application/octet-stream", NULL, true, true},
    [FILE_PHOTO] = {"photo", "Photo", "AgACAgI", "AQAD", "photos", "image/jpeg", "jpg", false, false},
    [FILE_VIDEO] = {"video", "Video", "BAACAgI", "AgAD", "videos", "video/mp4", "mp4", true, true},
    [FILE_AUDIO] = {"audio", "Audio", "CQACAgI", "AgAD", "music", "audio/mpeg", "mp3", true, true},
    [FILE_VOICE] = {"voice", "VoiceNote", "AwACAgI", "AgAD", "voice", "audio/ogg", "oga", false, true},
    [FILE_VIDEO_NOTE] = {"video_note", "VideoNote", "DQACAgI", "AgAD", "video_notes", "video/mp4", "mp4", false, false},
    [FILE_ANIMATION] = {"animation", "Animation", "CgACAgI", "AgAD", "animations", "video/mp4", "mp4", true, true},
    [FILE_STICKER] = {"sticker", "Sticker", "CAACAgI", "AgAD", "stickers", "image/webp", "webp", false, false},
    [FILE_THUMBNAIL] = {NULL, "Thumbnail", "AAMCAgI", "AQAD", "thumbnails", "image/jpeg", "jpg", false, false},
};

/* Ids are mixed numbers. Each kind of id has a salt of its own, so that a program that takes one for the other fails here. */
static uint64_t mix(uint64_t number, uint64_t salt) {
  uint64_t x = (number + salt) * 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  return x ^ x >> 27;
}

static const char *extension_of(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot && dot[1] && strlen(dot + 1) <= FILE_EXTENSION ? dot + 1 : NULL;
}

static const char *type_of(enum file_kind kind, const char *name) {
  const char *extension = kind == FILE_PHOTO ? NULL : extension_of(name);
  for (size_t i = 0; extension && i < sizeof types / sizeof *types; i++) {
    if (strcasecmp(extension, types[i].extension) == 0) return types[i].type;
  }
  return kinds[kind].type;
}

/* Telegram's rules for a document's name: no folders, no characters that file systems forbid, a limited length. */
static char *clean_name(const char *name) {
  const char *slash = name ? strrchr(name, '/') : NULL;
  char *clean = memory_copy_text(slash ? slash + 1 : name ? name : "");
  for (char *at = clean; *at; at++) {
    if ((unsigned char)*at < 0x20 || strchr("<>:\"\\|?*&`'", *at)) *at = ' ';
  }
  size_t lead = strspn(clean, ". ");
  memmove(clean, clean + lead, strlen(clean + lead) + 1);
  const char *extension = extension_of(clean);
  size_t stem = extension ? (size_t)(extension - 1 - clean) : strlen(clean);
  if (stem > FILE_STEM) {
    size_t cut = FILE_STEM;
    while (cut && (clean[cut] & 0xC0) == 0x80) cut--; /* not within a character */
    memmove(clean + cut, clean + stem, strlen(clean + stem) + 1);
  }
  if (*clean) return clean;
  free(clean);
  return memory_copy_text("file");
}

/* ---- kinds ---- */

const char *file_kind_member(enum file_kind kind) { return kinds[kind].member; }
const char *file_kind_name(enum file_kind kind) { return kinds[kind].name; }

bool file_kind_find(const char *member, enum file_kind *kind) {
  for (enum file_kind k = 0; k < FILE_KINDS; k++) {
    if (!kinds[k].member || strcmp(kinds[k].member, member) != 0) continue;
    *kind = k;
    return true;
  }
  return false;
}

enum file_kind file_kind_of_name(const char *name) {
  const char *type = type_of(FILE_DOCUMENT, name);
  if (strcmp(type, "image/gif") == 0) return FILE_ANIMATION;
  if (strcmp(type, "video/mp4") == 0) return FILE_VIDEO;
  return strcmp(type, "audio/mpeg") == 0 || strcmp(type, "audio/mp4") == 0 ? FILE_AUDIO : FILE_DOCUMENT;
}

/* ---- life ---- */

static void drop(struct model *model, struct file *file) {
  HASH_DEL(model->files, file);
  HASH_DELETE(hh_path, model->files_by_path, file);
  model->file_bytes -= file->size;
  free(file->name);
  free(file->details);
  free(file->data);
  free(file);
}

/* A file shows where it came from only by the extension. */
static void write_ids(struct file *file) {
  enum file_kind kind = file->kind;
  unsigned long long a = mix(file->number, 1), b = mix(file->number, 2), c = mix(file->number, 3);
  const char *extension = kind == FILE_PHOTO ? "jpg" : extension_of(file->name);
  if (!extension) extension = kinds[kind].extension;
  (void)snprintf(file->id, sizeof file->id, "%s%016llx%012llx", kinds[kind].id, a, b & 0xFFFFFFFFFFFFu);
  (void)snprintf(file->unique_id, sizeof file->unique_id, "%s%012llx", kinds[kind].unique_id, c & 0xFFFFFFFFFFFFu);
  (void)snprintf(file->path, sizeof file->path, "%s/file_%llu%s%s", kinds[kind].folder, (unsigned long long)file->number,
                 extension ? "." : "", extension ? extension : "");
}

struct file *file_restore(struct model *model, uint64_t number, enum file_kind kind, const char *name, char *details,
                          char *data, size_t size) {
  struct file *file = memory_new(sizeof *file);
  file->number = number;
  file->kind = kind;
  file->name = clean_name(name);
  file->type = type_of(kind, file->name);
  file->details = details;
  file->data = data;
  file->size = size;
  write_ids(file);
  if (number >= model->next_file) model->next_file = number + 1;
  model->file_bytes += size;
  HASH_ADD_STR(model->files, id, file);
  HASH_ADD_KEYPTR(hh_path, model->files_by_path, file->path, strlen(file->path), file);
  while (model->file_bytes > FILE_MAX_TOTAL && model->files != file) drop(model, model->files);
  return file;
}

struct file *file_add(struct model *model, enum file_kind kind, const char *name, char *details, char *data, size_t size) {
  return file_restore(model, model->next_file, kind, name, details, data, size);
}

void file_set_details(struct file *file, char *details) {
  free(file->details);
  file->details = details;
}

struct file *file_find(const struct model *model, const char *id) {
  struct file *file;
  HASH_FIND_STR(model->files, id, file);
  return file;
}

struct file *file_find_path(const struct model *model, const char *path) {
  struct file *file;
  HASH_FIND(hh_path, model->files_by_path, path, strlen(path), file);
  return file;
}

void file_drop_all(struct model *model) {
  while (model->files) drop(model, model->files);
}

/* ---- what messages say of it ---- */

static void write_identity(const struct file *file, struct buffer *buffer) {
  (void)buffer_format(buffer, NULL, "\"file_id\":\"%s\",\"file_unique_id\":\"%s\",\"file_size\":%zu", file->id, file->unique_id,
                      file->size);
}

void file_describe_object(const struct file *file, struct buffer *buffer) {
  json_write_text(buffer, "{");
  if (file->kind == FILE_PHOTO || file->kind == FILE_THUMBNAIL) {
    write_identity(file, buffer);
    json_write_text(buffer, ",\"width\":320,\"height\":320}");
    return;
  }
  if (file->details) {
    json_write_text(buffer, file->details);
    json_write_text(buffer, ",");
  }
  if (kinds[file->kind].has_name) {
    json_write_text(buffer, "\"file_name\":");
    json_write_string(buffer, file->name, strlen(file->name));
    json_write_text(buffer, ",");
  }
  if (kinds[file->kind].has_type) (void)buffer_format(buffer, NULL, "\"mime_type\":\"%s\",", file->type);
  write_identity(file, buffer);
  json_write_text(buffer, "}");
}

/* An animation is described twice, for bots from before there were animations. */
void file_describe(const struct file *file, struct buffer *buffer) {
  bool is_list = file->kind == FILE_PHOTO;
  (void)buffer_format(buffer, NULL, "\"%s\":%s", kinds[file->kind].member, is_list ? "[" : "");
  file_describe_object(file, buffer);
  if (is_list) json_write_text(buffer, "]");
  if (file->kind != FILE_ANIMATION) return;
  json_write_text(buffer, ",\"document\":");
  file_describe_object(file, buffer);
}
