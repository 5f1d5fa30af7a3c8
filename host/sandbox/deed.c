/* What people do in the sandbox: they write, press, ask, pin, forget. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "net/http.h"
#include "net/server.h"
#include "sandbox/control.h"
#include "sandbox/entity.h"
#include "sandbox/file.h"
#include "sandbox/message.h"
#include "sandbox/model.h"
#include "sandbox/queue.h"
#include "sandbox/restriction.h"
#include "sandbox/site.h"
#include "sandbox/write.h"

#define FLOOD_MAX 100000

/* Kinds of message that have no text, each with what it holds where the request doesn't say. */
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

/* The members of a message of a kind: from {"sticker":...}, {"kind":"sticker"} or {"kind":{"sticker":...}}. NULL: it has a
 * text. */
static char *read_kind(const struct control *control) {
  const json_t *kind = json_object_get(control->input, "kind");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    const json_t *given = json_object_get(json_is_object(kind) ? kind : control->input, kinds[i].name);
    bool is_named = json_is_string(kind) && strcmp(json_string_value(kind), kinds[i].name) == 0;
    if (!given && !is_named) continue;
    bool has_content = json_object_size(given) || json_array_size(given) || json_is_string(given);
    char *dump = has_content ? write_dump(given) : NULL;
    struct buffer content;
    buffer_init(&content, WRITE_CEILING);
    (void)buffer_format(&content, NULL, "\"%s\":%s", kinds[i].name, dump ? dump : kinds[i].content);
    free(dump);
    return buffer_take(&content, NULL);
  }
  return NULL;
}

static char *add_file(struct control *control, const char *parameter, const char *name, char *data, size_t size) {
  struct buffer content;
  bool is_photo = strcmp(parameter, "photo") == 0;
  buffer_init(&content, WRITE_CEILING);
  file_describe(file_add(control->site->model, name, is_photo, data, size), &content);
  return buffer_take(&content, NULL);
}

/* A file that was sent with the request: its content members, or NULL. */
static char *take_file(struct control *control) {
  const struct http_part *file = control->file;
  if (file) {
    char *copy = memory_new(file->size + 1);
    memcpy(copy, file->data, file->size);
    return add_file(control, file->name, file->file_name, copy, file->size);
  }
  const struct server_parameter *parameters;
  size_t count = control->request ? server_parameters(control->request, &parameters) : 0, size;
  for (size_t i = 0; i < count; i++) {
    if (!parameters[i].file_name) continue;
    char *name = memory_copy_text(parameters[i].file_name), *data = server_take_file(control->request, i, &size);
    char *content = add_file(control, parameters[i].name, name, data, size);
    free(name);
    return content;
  }
  return NULL;
}

static struct chat *find_chat(const struct control *control, struct error *error) {
  struct chat *chat = model_find_chat(control->site->model, control_number(control, "chat_id", 0));
  if (!chat) error_set(error, ERROR_INPUT, "there is no chat of this \"chat_id\"; POST /sandbox/users creates one");
  return chat;
}

static struct message *find_message(const struct control *control, struct error *error) {
  const struct chat *chat = find_chat(control, error);
  struct message *message = chat ? message_find(chat, (int)control_number(control, "message_id", 0)) : NULL;
  if (chat && !message) error_set(error, ERROR_INPUT, "there is no message of this \"message_id\" in the chat");
  return message;
}

/* Who writes: in a private chat its person, in a channel nobody. */
static bool find_writer(const struct control *control, struct chat *chat, struct person **person, struct error *error) {
  int64_t from_id = control_number(control, "from_id", 0);
  *person = from_id ? model_find_person(control->site->model, from_id) : chat->person;
  if (*person && restriction_holds(chat, (*person)->id, model_now(control->site->model))) {
    return error_set(error, ERROR_INPUT, "this person may not write here: a bot has restricted them");
  }
  if (*person && !chat->person) model_add_member(chat, (*person)->id);
  if (*person || (chat->type == CHAT_CHANNEL && !from_id)) return true;
  return error_set(error, ERROR_INPUT, "in a group, \"from_id\" must name a person who writes");
}

/* ---- writing ---- */

static bool read_text(const struct control *control, const char *name, struct entity_text *text, struct error *error) {
  const char *given = control_text(control, name);
  const json_t *entities = json_object_get(control->input, "entities");
  return entity_read(given ? given : "", given ? strlen(given) : 0, NULL, entities, text, error);
}

static bool edit_own(struct control *control, struct entity_text *text, struct error *error) {
  struct message *message = find_message(control, error);
  if (!message) return false;
  if (message->from && message->from->is_bot)
    return error_set(error, ERROR_INPUT, "the message is the bot's: a person can't edit it");
  message_set(&message->text, text->text);
  message_set(&message->entities, text->entities);
  *text = (struct entity_text){0};
  message->edit_date = model_now(control->site->model);
  message_changed(control->site->model, message);
  message_send_update(control->site->model, message);
  message_write(message, MESSAGE_FOR_PERSON, control->answer);
  return true;
}

static void fill(struct message *message, struct entity_text *text, char *content, bool is_file) {
  message->kind = is_file ? MESSAGE_MEDIA : content ? MESSAGE_FIXED : MESSAGE_TEXT;
  message->content = content;
  message->text = text->size ? text->text : NULL;
  message->entities = text->entities;
  if (!text->size) free(text->text);
  *text = (struct entity_text){0};
}

bool deed_write(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  struct entity_text text = {0};
  struct person *person;
  char *content = NULL;
  struct chat *chat = find_chat(control, error);
  bool ok = chat && find_writer(control, chat, &person, error);
  const char *name = control_text(control, "text") ? "text" : "caption";
  if (ok) ok = read_text(control, name, &text, error);
  if (ok && json_object_get(control->input, "message_id")) {
    ok = edit_own(control, &text, error);
    goto done;
  }
  char *kind = ok ? read_kind(control) : NULL, *file = ok && !kind ? take_file(control) : NULL;
  content = kind ? kind : file;
  if (ok && !content && !text.size) ok = error_set(error, ERROR_INPUT, "a message needs a \"text\", a \"kind\" or a file");
  if (ok) {
    struct message *message = message_add(model, chat, person);
    fill(message, &text, content, file != NULL || (kind && strncmp(kind, "\"photo\"", 7) == 0));
    content = NULL;
    const char *group = control_text(control, "media_group_id");
    if (group) message->group = memory_copy_text(group);
    message->reply_to = (int)control_number(control, "reply_to_message_id", 0);
    message_changed(model, message);
    if (!chat->is_left) message_send_update(model, message);
    message_write(message, MESSAGE_FOR_PERSON, control->answer);
  }
done:
  free(content);
  entity_release(&text);
  return ok;
}

/* ---- pressing and asking ---- */

static struct person *find_presser(const struct control *control, const struct chat *chat, struct error *error) {
  int64_t from_id = control_number(control, "from_id", 0);
  struct person *person = from_id ? model_find_person(control->site->model, from_id) : chat->person;
  if (!person && chat->member_count) person = model_find_person(control->site->model, chat->members[0]);
  if (!person) error_set(error, ERROR_INPUT, "\"from_id\" must name the person who presses");
  return person;
}

bool deed_press(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  const char *data = control_text(control, "data");
  struct message *message = find_message(control, error);
  struct person *person = message ? find_presser(control, message->chat, error) : NULL;
  if (!person) return false;
  if (!data) return error_set(error, ERROR_INPUT, "\"data\" is missing");
  const struct query *query = model_add_query(model, false, "");
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"id\":\"%lld\",\"from\":%s,\"message\":", (long long)query->id, person->json);
  if (message->is_forgotten)
    (void)buffer_format(&json, NULL, "{\"message_id\":%d,\"chat\":%s,\"date\":0}", message->id, message->chat->json);
  else
    message_write(message, MESSAGE_FOR_BOT, &json);
  (void)buffer_format(&json, NULL, ",\"chat_instance\":\"%lld\"", (long long)((uint64_t)message->chat->id * 2654435761u));
  write_member(&json, "data", data);
  write_text(&json, "}");
  model_send_update(model, "callback_query", json.data, json.size, query->asked_at + QUEUE_LIFE_CALLBACK);
  buffer_release(&json);
  (void)buffer_format(control->answer, NULL, "{\"id\":\"%lld\"}", (long long)query->id);
  return true;
}

bool deed_ask(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  const struct person *person = model_find_person(model, control_number(control, "from_id", 0));
  const char *text = control_text(control, "query"), *offset = control_text(control, "offset");
  if (!person) return error_set(error, ERROR_INPUT, "\"from_id\" must name the person who asks");
  const struct query *query = model_add_query(model, true, text ? text : "");
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"id\":\"%lld\",\"from\":%s,\"chat_type\":\"sender\"", (long long)query->id, person->json);
  write_member(&json, "query", text ? text : "");
  write_member(&json, "offset", offset ? offset : "");
  write_text(&json, "}");
  model_send_update(model, "inline_query", json.data, json.size, query->asked_at + QUEUE_LIFE_INLINE);
  buffer_release(&json);
  (void)buffer_format(control->answer, NULL, "{\"id\":\"%lld\"}", (long long)query->id);
  return true;
}

/* ---- pinning and forgetting ---- */

bool deed_pin(struct control *control, struct error *error) {
  struct message *message = find_message(control, error);
  if (!message) return false;
  bool is_pinned = control_flag(control, "pinned", true), is_new = is_pinned && !message->is_pinned;
  message->is_pinned = is_pinned;
  message_changed(control->site->model, message);
  if (is_new) message_add_pin(control->site->model, message, message->chat->person);
  return true;
}

bool deed_forget(struct control *control, struct error *error) {
  struct message *message = find_message(control, error);
  if (!message) return false;
  if (control_flag(control, "delete", false))
    message_delete(control->site->model, message);
  else
    message->is_forgotten = true;
  return true;
}

/* ---- many messages at once ---- */

static void flood_one(struct model *model, struct chat *chat, const struct entity_text *text) {
  struct message *message = message_add(model, chat, chat->person);
  message->text = memory_copy_text(text->text);
  if (text->entities) message->entities = memory_copy_text(text->entities);
  message_changed(model, message);
  message_send_update(model, message);
}

bool deed_flood(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  int64_t users = control_number(control, "users", 1), each = control_number(control, "messages_each", 1);
  int64_t first_id = control_number(control, "first_id", 1);
  struct entity_text text = {0};
  if (users < 1 || each < 0 || first_id < 1 || users > FLOOD_MAX || each * users > FLOOD_MAX * 10) {
    return error_set(error, ERROR_INPUT,
                     "a flood has at most %d \"users\" from a \"first_id\" above 0, and ten times as many messages", FLOOD_MAX);
  }
  if (!read_text(control, "text", &text, error)) return false;
  for (int64_t id = first_id; id < first_id + users; id++) {
    char name[40];
    (void)snprintf(name, sizeof name, "User %lld", (long long)id);
    if (!model_find_person(model, id)) (void)model_add_person(model, id, name, NULL, NULL, NULL);
  }
  for (int64_t i = 0; i < each * users; i++) {
    struct chat *chat = model_find_chat(model, first_id + i % users);
    if (chat && chat->person) flood_one(model, chat, &text);
  }
  (void)buffer_format(control->answer, NULL, "{\"messages\":%lld}", (long long)(each * users));
  entity_release(&text);
  return true;
}
