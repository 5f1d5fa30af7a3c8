/* Methods that send a message that is neither a file nor a poll. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/sending.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"

static bool send_message(struct call *call) {
  struct sending sending = {0};
  struct entity_text text;
  bool ok = formatted_text_read_message(call, &text) && sending_read(call, &sending);
  if (ok && text.length > FORMATTED_TEXT_MAX) ok = call_fail(call, 400, "Bad Request: message is too long");
  if (ok) {
    struct message *message = sending_add(call, &sending);
    message->text = text.text;
    message->entities = text.entities;
    text = (struct entity_text){0};
    sending_finish(call, message);
  }
  sending_release(&sending);
  entity_release(&text);
  return ok;
}

static bool send_chat_action(struct call *call) {
  static const char *const actions[] = {"typing",        "upload_photo",      "record_video",    "upload_video",
                                        "record_voice",  "upload_voice",      "upload_document", "choose_sticker",
                                        "find_location", "record_video_note", "cancel",          "record_audio",
                                        "upload_audio",  "upload_video_note", "pick_up_location"};
  const char *action = call_text(call, "action");
  const char *known = NULL;
  for (size_t i = 0; action && i < sizeof actions / sizeof *actions; i++) {
    if (strcasecmp(action, actions[i]) == 0) known = actions[i];
  }
  if (!known) return call_fail(call, 400, "Bad Request: wrong parameter action in request");
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  if (!chat) return false;
  chat->action = known;
  chat->action_at = clock_now(call->model->clock);
  chat->action_version = ++call->model->version;
  model_touch(call->model);
  return call_true(call);
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
    buffer_init(&content, JSON_WRITE_CEILING);
    (void)buffer_format(&content, NULL, "\"dice\":{\"emoji\":\"%s\",\"value\":%ld}", dice[i].emoji,
                        1 + random() % dice[i].faces);
    return sending_send_fixed(call, buffer_take(&content, NULL));
  }
  return call_fail(call, 400, "Bad Request: wrong dice emoji specified");
}

static bool send_contact(struct call *call) {
  static const char *const fields[] = {"phone_number", "first_name", "last_name", "vcard"};
  if (!call_text(call, "phone_number")) return call_fail(call, 400, "Bad Request: phone number is empty");
  if (!call_text(call, "first_name")) return call_fail(call, 400, "Bad Request: first name is empty");
  json_t *contact = json_object();
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    if (call_text(call, fields[i])) json_object_set_new(contact, fields[i], json_string(call_text(call, fields[i])));
  }
  return sending_send_fixed(call, json_write_content("contact", contact));
}

const struct method method_send[] = {{"sendmessage", send_message},
                                     {"sendchataction", send_chat_action},
                                     {"senddice", send_dice},

                                     {"sendcontact", send_contact},

                                     {0}};
