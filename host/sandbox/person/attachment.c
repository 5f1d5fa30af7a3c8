#include "sandbox/person/attachment.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/person/action.h"

/* Each kind with the content that it has where the input gives none. */
static const struct {
  const char *name, *content;
} kinds[] = {
    {"sticker",
     "{\"width\":512,\"height\":512,\"is_animated\":false,\"is_video\":false,\"type\":\"regular\",\"emoji\":\"\\ud83c\\udfc6\","
     "\"file_id\":\"CAACAgIAAxkBAAIsandboxsticker\",\"file_unique_id\":\"AgADsticker\",\"file_size\":1000}"},
    {"photo",
     "[{\"file_id\":\"AgACAgIAAxkBAAIsandboxphoto\",\"file_unique_id\":\"AQADphoto\",\"file_size\":1000,\"width\":90,"
     "\"height\":90}]"},
    {"location", "{\"latitude\":38.23,\"longitude\":-35.01}"},
    {"contact", "{\"phone_number\":\"+70000000000\",\"first_name\":\"Contact\"}"},
    {"dice", "{\"emoji\":\"\\ud83c\\udfb2\",\"value\":6}"},
    {"voice",
     "{\"duration\":1,\"mime_type\":\"audio/"
     "ogg\",\"file_id\":\"AwACAgIAAxkBAAIsandboxvoice\",\"file_unique_id\":\"AgADvoice\",\"file_size\":1000}"},
    {"audio",
     "{\"duration\":1,\"mime_type\":\"audio/"
     "mpeg\",\"file_id\":\"CQACAgIAAxkBAAIsandboxaudio\",\"file_unique_id\":\"AgADaudio\",\"file_size\":1000}"},
    {"video",
     "{\"duration\":1,\"width\":90,\"height\":90,\"file_id\":\"BAACAgIAAxkBAAIsandboxvideo\",\"file_unique_id\":\"AgADvideo\","
     "\"file_size\":1000}"},
    {"video_note",
     "{\"duration\":1,\"length\":90,\"file_id\":\"DQACAgIAAxkBAAIsandboxnote\",\"file_unique_id\":\"AgADnote\",\"file_size\":"
     "1000}"},
    {"animation",
     "{\"duration\":1,\"width\":90,\"height\":90,\"file_id\":\"CgACAgIAAxkBAAIsandboxanim\",\"file_unique_id\":\"AgADanim\","
     "\"file_size\":1000}"},
    {"venue", "{\"location\":{\"latitude\":38.23,\"longitude\":-35.01},\"title\":\"Mare Imbrium\",\"address\":\"The Moon\"}"},
    {"poll",
     "{\"id\":\"1\",\"question\":\"?\",\"options\":[],\"total_voter_count\":0,\"is_closed\":false,\"is_anonymous\":true,"
     "\"type\":\"regular\",\"allows_multiple_answers\":false}"},
    {"new_chat_title", "\"A new title\""},
};

/* The input is {"sticker":...}, {"kind":"sticker"} or {"kind":{"sticker":...}}. NULL: it names no kind. */
static char *read_kind(const struct action *action) {
  const json_t *kind = json_object_get(action->input, "kind");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    const json_t *given = json_object_get(json_is_object(kind) ? kind : action->input, kinds[i].name);
    bool is_named = json_is_string(kind) && strcmp(json_string_value(kind), kinds[i].name) == 0;
    if (!given && !is_named) continue;
    bool has_content = json_object_size(given) || json_array_size(given) || json_is_string(given);
    char *dump = has_content ? json_write_dump(given) : NULL;
    struct buffer content;
    buffer_init(&content, JSON_WRITE_CEILING);
    (void)buffer_format(&content, NULL, "\"%s\":%s", kinds[i].name, dump ? dump : kinds[i].content);
    free(dump);
    return buffer_take(&content, NULL);
  }
  return NULL;
}

static char *take_file(struct action *action) {
  struct action_file *file = &action->file;
  struct buffer content;
  if (!file->data) return NULL;
  buffer_init(&content, JSON_WRITE_CEILING);
  file_describe(file_add(action->model, file->name, strcmp(file->parameter, "photo") == 0, file->data, file->size), &content);
  file->data = NULL;
  return buffer_take(&content, NULL);
}

char *attachment_read(struct action *action, bool *is_file) {
  char *content = read_kind(action);
  *is_file = !content || strncmp(content, "\"photo\"", 7) == 0;
  return content ? content : take_file(action);
}
