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
} types[] = {{"txt", "text/plain"},     {"json", "application/json"}, {"pdf", "application/pdf"}, {"zip", "application/zip"},
             {"html", "text/html"},     {"png", "image/png"},         {"jpg", "image/jpeg"},      {"jpeg", "image/jpeg"},
             {"gif", "image/gif"},      {"csv", "text/csv"},          {"mp4", "video/mp4"},       {"mp3", "audio/mpeg"},
             {"gz", "application/gzip"}};

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

static const char *type_of(const char *name) {
  const char *extension = extension_of(name);
  for (size_t i = 0; extension && i < sizeof types / sizeof *types; i++) {
    if (strcasecmp(extension, types[i].extension) == 0) return types[i].type;
  }
  return "application/octet-stream";
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

static void drop(struct model *model, struct file *file) {
  HASH_DEL(model->files, file);
  HASH_DELETE(hh_path, model->files_by_path, file);
  model->file_bytes -= file->size;
  free(file->name);
  free(file->data);
  free(file);
}

struct file *file_restore(struct model *model, uint64_t number, const char *name, bool is_photo, char *data, size_t size) {
  struct file *file = memory_new(sizeof *file);
  file->number = number;
  file->is_photo = is_photo;
  file->name = clean_name(name);
  file->type = (char *)type_of(file->name);
  file->data = data;
  file->size = size;
  unsigned long long a = mix(number, 1), b = mix(number, 2), c = mix(number, 3);
  (void)snprintf(file->id, sizeof file->id, "%s%016llx%012llx", is_photo ? "AgACAgI" : "BQACAgI", a, b & 0xFFFFFFFFFFFFu);
  (void)snprintf(file->unique_id, sizeof file->unique_id, "%s%012llx", is_photo ? "AQAD" : "AgAD", c & 0xFFFFFFFFFFFFu);
  const char *extension = is_photo ? "jpg" : extension_of(file->name);
  (void)snprintf(file->path, sizeof file->path, "%s/file_%llu%s%s", is_photo ? "photos" : "documents",
                 (unsigned long long)number, extension ? "." : "", extension ? extension : "");
  if (number >= model->next_file) model->next_file = number + 1;
  model->file_bytes += size;
  HASH_ADD_STR(model->files, id, file);
  HASH_ADD_KEYPTR(hh_path, model->files_by_path, file->path, strlen(file->path), file);
  while (model->file_bytes > FILE_MAX_TOTAL && model->files != file) drop(model, model->files);
  return file;
}

struct file *file_add(struct model *model, const char *name, bool is_photo, char *data, size_t size) {
  return file_restore(model, model->next_file, name, is_photo, data, size);
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

void file_describe(const struct file *file, struct buffer *buffer) {
  if (file->is_photo) {
    (void)buffer_format(
        buffer, NULL,
        "\"photo\":[{\"file_id\":\"%s\",\"file_unique_id\":\"%s\",\"file_size\":%zu,\"width\":320,\"height\":320}]", file->id,
        file->unique_id, file->size);
    return;
  }
  json_write_text(buffer, "\"document\":{\"file_name\":");
  json_write_string(buffer, file->name, strlen(file->name));
  json_write_member(buffer, "mime_type", file->type);
  (void)buffer_format(buffer, NULL, ",\"file_id\":\"%s\",\"file_unique_id\":\"%s\",\"file_size\":%zu}", file->id,
                      file->unique_id, file->size);
}
