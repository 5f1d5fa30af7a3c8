#include "sandbox/person/attachment.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/person/action.h"

/* Each kind with the content that it has where the input gives none. */
static const struct {
  const char *name, *content;
} kinds[] = {
    {"location", "{\"latitude\":38.23,\"longitude\":-35.01}"},
    {"contact", "{\"phone_number\":\"+70000000000\",\"first_name\":\"Contact\"}"},
    {"dice", "{\"emoji\":\"\\ud83c\\udfb2\",\"value\":6}"},
    {"venue", "{\"location\":{\"latitude\":38.23,\"longitude\":-35.01},\"title\":\"Mare Imbrium\",\"address\":\"The Moon\"}"},
    {"poll",
     "{\"id\":\"1\",\"question\":\"?\",\"options\":[],\"total_voter_count\":0,\"is_closed\":false,\"is_anonymous\":true,"
     "\"type\":\"regular\",\"allows_multiple_answers\":false}"},
    {"new_chat_title", "\"A new title\""},
};

/* What a file of each kind is described by where the input gives nothing. */
static const char *const details[FILE_KINDS] = {
    [FILE_VIDEO] = "\"duration\":1,\"width\":90,\"height\":90",
    [FILE_AUDIO] = "\"duration\":1",
    [FILE_VOICE] = "\"duration\":1",
    [FILE_VIDEO_NOTE] = "\"duration\":1,\"length\":90",
    [FILE_ANIMATION] = "\"duration\":1,\"width\":90,\"height\":90",
    [FILE_STICKER] =
        "\"width\":512,\"height\":512,\"is_animated\":false,\"is_video\":false,\"type\":\"regular\","
        "\"emoji\":\"\\ud83c\\udfc6\"",
};

static const char stand_in[] = "these bytes stand for a file";

static char *show_file(struct action *action, enum file_kind kind, const char *name, char *data, size_t size) {
  struct buffer content;
  char *details_of_kind = details[kind] ? memory_copy_text(details[kind]) : NULL;
  buffer_init(&content, JSON_WRITE_CEILING);
  file_describe(file_add(action->model, kind, name, details_of_kind, data, size), &content);
  return buffer_take(&content, NULL);
}

/* The input is {"sticker":...}, {"kind":"sticker"} or {"kind":{"sticker":...}}. *given: the content; NULL: it gives none. */
static bool is_asked(const struct action *action, const char *name, const json_t **given) {
  const json_t *kind = json_object_get(action->input, "kind");
  const json_t *value = json_object_get(json_is_object(kind) ? kind : action->input, name);
  bool has_content = json_object_size(value) || json_array_size(value) || json_is_string(value);
  *given = has_content ? value : NULL;
  return value || (json_is_string(kind) && strcmp(json_string_value(kind), name) == 0);
}

static char *copy_content(const char *name, const json_t *given, const char *content) {
  char *dump = given ? json_write_dump(given) : NULL;
  struct buffer copy;
  buffer_init(&copy, JSON_WRITE_CEILING);
  (void)buffer_format(&copy, NULL, "\"%s\":%s", name, dump ? dump : content);
  free(dump);
  return buffer_take(&copy, NULL);
}

/* NULL: the input names no kind. */
static char *read_kind(struct action *action) {
  const json_t *given;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (is_asked(action, kinds[i].name, &given)) return copy_content(kinds[i].name, given, kinds[i].content);
  }
  for (enum file_kind kind = 0; kind < FILE_KINDS; kind++) {
    const char *name = file_kind_member(kind);
    if (!name || !is_asked(action, name, &given)) continue;
    if (given) return copy_content(name, given, NULL);
    return show_file(action, kind, name, memory_copy_text(stand_in), sizeof stand_in - 1);
  }
  return NULL;
}

static char *take_file(struct action *action) {
  struct action_file *file = &action->file;
  enum file_kind kind = FILE_DOCUMENT;
  char *data = file->data;
  if (!data) return NULL;
  (void)file_kind_find(file->parameter, &kind);
  file->data = NULL;
  return show_file(action, kind, file->name, data, file->size);
}

char *attachment_read(struct action *action, bool *is_file) {
  char *content = read_kind(action);
  if (!content) content = take_file(action);
  *is_file = false;
  for (enum file_kind kind = 0; content && kind < FILE_KINDS; kind++) {
    const char *name = file_kind_member(kind);
    size_t size = name ? strlen(name) : 0;
    bool is_shown = name && strncmp(content + 1, name, size) == 0 && content[size + 1] == '"';
    if (is_shown) *is_file = kind != FILE_STICKER && kind != FILE_VIDEO_NOTE;
  }
  return content;
}
