/* Methods that send a message that is neither a file nor a poll. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/sending.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"

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
  bool ok = false;
  for (size_t i = 0; action && i < sizeof actions / sizeof *actions; i++) ok = ok || strcasecmp(action, actions[i]) == 0;
  if (!ok) return call_fail(call, 400, "Bad Request: wrong parameter action in request");
  return call_chat(call, "chat_id", CALL_WRITE) && call_true(call);
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

/* ---- places ---- */

static bool read_location(struct call *call, struct buffer *content) {
  const char *latitude = call_text(call, "latitude"), *longitude = call_text(call, "longitude");
  if (!latitude) return call_fail(call, 400, "Bad Request: latitude is empty");
  if (!longitude) return call_fail(call, 400, "Bad Request: longitude is empty");
  double north = strtod(latitude, NULL), east = strtod(longitude, NULL);
  if (!(fabs(north) <= 90 && fabs(east) <= 180))
    return call_fail(call, 400, "Bad Request: wrong latitude or longitude specified");
  (void)buffer_format(content, NULL, "\"location\":{\"latitude\":%f,\"longitude\":%f", north, east);
  static const char *const options[] = {"live_period", "heading", "proximity_alert_radius"};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    int64_t value = call_integer(call, options[i], 0);
    if (value) (void)buffer_format(content, NULL, ",\"%s\":%lld", options[i], (long long)value);
  }
  if (call_text(call, "horizontal_accuracy"))
    (void)buffer_format(content, NULL, ",\"horizontal_accuracy\":%f", strtod(call_text(call, "horizontal_accuracy"), NULL));
  json_write_text(content, "}");
  return true;
}

static bool send_location(struct call *call) {
  struct buffer content;
  buffer_init(&content, JSON_WRITE_CEILING);
  bool ok = read_location(call, &content);
  char *text = buffer_take(&content, NULL);
  if (ok) return sending_send_fixed(call, text);
  free(text);
  return false;
}

/* The message has its place twice: alone, and in the venue. */
static bool send_venue(struct call *call) {
  static const char *const options[] = {"foursquare_id", "foursquare_type", "google_place_id", "google_place_type"};
  const char *title = call_text(call, "title"), *address = call_text(call, "address");
  struct buffer location, content;
  buffer_init(&location, JSON_WRITE_CEILING);
  buffer_init(&content, JSON_WRITE_CEILING);
  bool ok = read_location(call, &location);
  if (ok && !title) ok = call_fail(call, 400, "Bad Request: venue title is empty");
  if (ok && !address) ok = call_fail(call, 400, "Bad Request: venue address is empty");
  if (ok) (void)buffer_format(&content, NULL, "%s,\"venue\":{%s", location.data, location.data);
  if (ok) json_write_member(&content, "title", title), json_write_member(&content, "address", address);
  for (size_t i = 0; ok && i < sizeof options / sizeof *options; i++) {
    json_write_member(&content, options[i], call_text(call, options[i]));
  }
  json_write_text(&content, "}");
  char *text = buffer_take(&content, NULL);
  buffer_release(&location);
  if (ok) return sending_send_fixed(call, text);
  free(text);
  return false;
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
                                     {"sendlocation", send_location},
                                     {"sendcontact", send_contact},
                                     {"sendvenue", send_venue},
                                     {0}};
