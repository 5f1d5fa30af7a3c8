/* Methods that send what is not a file. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/error.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/call.h"
#include "sandbox/entity.h"
#include "sandbox/message.h"
#include "sandbox/methods.h"
#include "sandbox/model.h"
#include "sandbox/outgoing.h"
#include "sandbox/poll.h"
#include "sandbox/write.h"

#define TEXT_MAX 4096        /* characters after the markup is taken out */
#define TEXT_BYTES_MAX 32768 /* before */
#define CAPTION_MAX 1024

bool call_read_text(struct call *call, const char *name, const char *entities_name, struct entity_text *text) {
  const struct server_parameter *found = call_find(call, name);
  struct error error = {0};
  bool is_bad;
  *text = (struct entity_text){0};
  if (found && found->size > TEXT_BYTES_MAX) return call_fail(call, 400, "Bad Request: text is too long");
  json_t *entities = call_json(call, entities_name, &is_bad);
  if (is_bad) return call_fail(call, 400, "Bad Request: can't parse entities JSON object");
  bool ok =
      entity_read(found ? found->value : "", found ? found->size : 0, call_text(call, "parse_mode"), entities, text, &error);
  json_decref(entities);
  return ok || call_fail(call, 400, "Bad Request: %s", error.text);
}

bool call_read_message_text(struct call *call, struct entity_text *text) {
  *text = (struct entity_text){0};
  if (!call_text(call, "text")) return call_fail(call, 400, "Bad Request: message text is empty");
  if (!call_read_text(call, "text", "entities", text)) return false;
  return text->size || call_fail(call, 400, "Bad Request: text must be non-empty");
}

static bool send_message(struct call *call) {
  struct outgoing outgoing = {0};
  struct entity_text text;
  bool ok = call_read_message_text(call, &text) && outgoing_read(call, &outgoing);
  if (ok && text.length > TEXT_MAX) ok = call_fail(call, 400, "Bad Request: message is too long");
  if (ok) {
    struct message *message = outgoing_add(call, &outgoing);
    message->text = text.text;
    message->entities = text.entities;
    text = (struct entity_text){0};
    outgoing_finish(call, message);
  }
  outgoing_release(&outgoing);
  entity_release(&text);
  return ok;
}

static bool send_chat_action(struct call *call) {
  static const char *const actions[] = {"typing",        "upload_photo",      "record_video",    "upload_video",
                                        "record_voice",  "upload_voice",      "upload_document", "choose_sticker",
                                        "find_location", "record_video_note", "cancel",          "record_audio",
                                        "upload_audio",  "upload_video_note", "pick_up_location"};
  const char *action = call_text(call, "action");
  bool ok = false;
  for (size_t i = 0; action && i < sizeof actions / sizeof *actions; i++) ok = ok || strcasecmp(action, actions[i]) == 0;
  if (!ok) return call_fail(call, 400, "Bad Request: wrong parameter action in request");
  return call_chat(call, "chat_id", CALL_WRITE) && call_true(call);
}

/* Sends a message without a text; content (given: taken) are its members. */
static bool send_fixed(struct call *call, char *content) {
  struct outgoing outgoing = {0};
  bool ok = outgoing_read(call, &outgoing);
  if (ok) {
    struct message *message = outgoing_add(call, &outgoing);
    message->kind = MESSAGE_FIXED;
    message->content = content;
    content = NULL;
    outgoing_finish(call, message);
  }
  free(content);
  outgoing_release(&outgoing);
  return ok;
}

static bool send_dice(struct call *call) {
  static const struct {
    const char *emoji;
    int faces;
  } dice[] = {{"🎲", 6}, {"🎯", 6}, {"🎳", 6}, {"🏀", 5}, {"⚽", 5}, {"🎰", 64}};
  const char *emoji = call_text(call, "emoji");
  for (size_t i = 0; i < sizeof dice / sizeof *dice; i++) {
    if (emoji && strcmp(emoji, dice[i].emoji) != 0) continue;
    struct buffer content;
    buffer_init(&content, WRITE_CEILING);
    (void)buffer_format(&content, NULL, "\"dice\":{\"emoji\":\"%s\",\"value\":%ld}", dice[i].emoji,
                        1 + random() % dice[i].faces);
    return send_fixed(call, buffer_take(&content, NULL));
  }
  return call_fail(call, 400, "Bad Request: wrong dice emoji specified");
}

static bool send_location(struct call *call) {
  const char *latitude = call_text(call, "latitude"), *longitude = call_text(call, "longitude");
  if (!latitude || !longitude) return call_fail(call, 400, "Bad Request: latitude is empty");
  struct buffer content;
  buffer_init(&content, WRITE_CEILING);
  (void)buffer_format(&content, NULL, "\"location\":{\"latitude\":%f,\"longitude\":%f}", strtod(latitude, NULL),
                      strtod(longitude, NULL));
  return send_fixed(call, buffer_take(&content, NULL));
}

static bool send_contact(struct call *call) {
  const char *phone = call_text(call, "phone_number"), *name = call_text(call, "first_name");
  if (!phone) return call_fail(call, 400, "Bad Request: phone number is empty");
  if (!name) return call_fail(call, 400, "Bad Request: first name is empty");
  json_t *contact = json_pack("{s:s,s:s}", "phone_number", phone, "first_name", name);
  char *json = write_dump(contact);
  struct buffer content;
  buffer_init(&content, WRITE_CEILING);
  (void)buffer_format(&content, NULL, "\"contact\":%s", json);
  free(json);
  json_decref(contact);
  return send_fixed(call, buffer_take(&content, NULL));
}

/* ---- polls ---- */

static bool add_poll_option(struct call *call, const json_t *option, json_t *options) {
  const json_t *text = json_is_object(option) ? json_object_get(option, "text") : option;
  if (!json_is_string(text)) return call_fail(call, 400, "Bad Request: can't parse poll options: Can't find field \"text\"");
  if (!json_string_length(text)) return call_fail(call, 400, "Bad Request: poll options must be non-empty");
  json_array_append_new(options, json_pack("{s:s,s:i}", "text", json_string_value(text), "voter_count", 0));
  return true;
}

/* The texts of its other limits are not known from the facts that we have. */
static json_t *make_poll(struct call *call, const char *question, const char *type, json_t *options) {
  char id[24];
  (void)snprintf(id, sizeof id, "%lld", (long long)call->model->next_query_id++);
  bool is_anonymous = !call_text(call, "is_anonymous") || call_flag(call, "is_anonymous");
  return json_pack("{s:s,s:s,s:O,s:i,s:b,s:b,s:s,s:b}", "id", id, "question", question, "options", options, "total_voter_count",
                   0, "is_closed", (int)call_flag(call, "is_closed"), "is_anonymous", (int)is_anonymous, "type",
                   type ? type : "regular", "allows_multiple_answers", (int)call_flag(call, "allows_multiple_answers"));
}

static bool send_poll(struct call *call) {
  const char *question = call_text(call, "question"), *type = call_text(call, "type");
  bool is_bad, ok = true;
  if (!question) return call_fail(call, 400, "Bad Request: poll question is empty");
  json_t *given = call_json(call, "options", &is_bad), *options = json_array(), *option;
  size_t i;
  if (is_bad || !json_is_array(given))
    ok = call_fail(call, 400, "Bad Request: can't parse options JSON object");
  else if (!json_array_size(given))
    ok = call_fail(call, 400, "Bad Request: poll must have at least 1 option");
  else if (json_array_size(given) > 12)
    ok = call_fail(call, 400, "Bad Request: poll can't have more than 12 options");
  json_array_foreach(given, i, option) ok = ok && add_poll_option(call, option, options);
  if (ok && type && strcmp(type, "quiz") != 0 && strcmp(type, "regular") != 0) {
    ok = call_fail(call, 400, "Bad Request: unsupported poll type specified");
  }
  if (ok) {
    json_t *poll = make_poll(call, question, type, options);
    char *json = write_dump(poll);
    struct buffer content;
    buffer_init(&content, WRITE_CEILING);
    write_text(&content, "\"poll\":");
    write_text(&content, json ? json : "{}");
    free(json);
    json_decref(poll);
    ok = send_fixed(call, buffer_take(&content, NULL));
  }
  json_decref(given);
  json_decref(options);
  return ok;
}

/* The result is the poll as it ended, not the message. */
static bool stop_poll(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  struct message *message = chat ? call_message(call, chat, "message with poll to stop") : NULL;
  if (!message) return false;
  json_t *poll = poll_read(message);
  bool is_own = message->from && message->from->is_bot, ok = true;
  if (!poll || !is_own) ok = call_fail(call, 400, "Bad Request: poll can't be stopped");
  if (ok && json_is_true(json_object_get(poll, "is_closed")))
    ok = call_fail(call, 400, "Bad Request: poll has already been closed");
  if (ok) {
    json_object_set_new(poll, "is_closed", json_true());
    poll_write(message, poll);
    message_changed(call->model, message);
    char *json = write_dump(poll);
    write_text(&call->answer, json);
    free(json);
  }
  json_decref(poll);
  return ok;
}

/* ---- forwards and copies ---- */

static struct message *find_source(struct call *call, const char *what) {
  struct chat *chat = call_chat(call, "from_chat_id", CALL_READ);
  struct message *message = chat ? call_message(call, chat, what) : NULL;
  if (message && message->kind == MESSAGE_SERVICE) {
    const char *verb = strcmp(what, "message to copy") == 0 ? "copied" : "forwarded";
    call_fail(call, 400, "Bad Request: the message can't be %s", verb);
    return NULL;
  }
  return message;
}

static char *copy_or_null(const char *text) { return text ? memory_copy_text(text) : NULL; }

static void copy_content(struct message *to, const struct message *from) {
  to->kind = from->kind;
  to->text = copy_or_null(from->text);
  to->entities = copy_or_null(from->entities);
  to->content = copy_or_null(from->content);
}

/* A forward of a forward names the first author. */
static char *describe_origin(const struct message *source) {
  if (source->origin) return memory_copy_text(source->origin);
  struct buffer origin;
  buffer_init(&origin, WRITE_CEILING);
  bool is_user = source->from != NULL;
  const char *who = is_user ? source->from->json : source->chat->json;
  long long date = source->date;
  if (is_user) {
    (void)buffer_format(&origin, NULL,
                        "\"forward_origin\":{\"type\":\"user\",\"sender_user\":%s,\"date\":%lld},\"forward_from\":%s,"
                        "\"forward_date\":%lld",
                        who, date, who, date);
  } else {
    (void)buffer_format(&origin, NULL, "\"forward_origin\":{\"type\":\"channel\",\"chat\":%s,\"message_id\":%d,\"date\":%lld}",
                        who, source->id, date);
  }
  return buffer_take(&origin, NULL);
}

static bool forward_message(struct call *call) {
  struct outgoing outgoing = {0};
  const struct message *source = find_source(call, "message to forward");
  bool ok = source && outgoing_read(call, &outgoing);
  if (ok) {
    struct message *message = outgoing_add(call, &outgoing);
    copy_content(message, source);
    message->origin = describe_origin(source);
    message->is_forwarded = true;
    outgoing_finish(call, message);
  }
  outgoing_release(&outgoing);
  return ok;
}

static bool copy_message(struct call *call) {
  struct outgoing outgoing = {0};
  struct entity_text caption;
  bool has_caption = call_find(call, "caption") != NULL;
  if (!call_read_text(call, "caption", "caption_entities", &caption)) return false;
  const struct message *source = find_source(call, "message to copy");
  bool ok = source && outgoing_read(call, &outgoing);
  if (ok && caption.length > CAPTION_MAX) ok = call_fail(call, 400, "Bad Request: message caption is too long");
  if (ok) {
    struct message *message = outgoing_add(call, &outgoing);
    copy_content(message, source);
    if (has_caption && message->kind == MESSAGE_MEDIA) {
      message_set(&message->text, caption.size ? caption.text : NULL);
      message_set(&message->entities, caption.entities);
      if (!caption.size) free(caption.text);
      caption = (struct entity_text){0};
    }
    message_changed(call->model, message);
    (void)buffer_format(&call->answer, NULL, "{\"message_id\":%d}", message->id);
  }
  outgoing_release(&outgoing);
  entity_release(&caption);
  return ok;
}

const struct method method_send[] = {{"sendmessage", send_message},
                                     {"sendchataction", send_chat_action},
                                     {"senddice", send_dice},
                                     {"sendlocation", send_location},
                                     {"sendcontact", send_contact},
                                     {"sendpoll", send_poll},
                                     {"forwardmessage", forward_message},
                                     {"copymessage", copy_message},
                                     {"stoppoll", stop_poll},
                                     {0}};
