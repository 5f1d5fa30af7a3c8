/* Methods that send places: a location, which may be live and is then moved, and a venue. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/editing.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/sending.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"

#define LIVE_FOR_EVER 0x7FFFFFFF /* seconds; the live_period that never ends */

static bool read_live(struct call *call, struct buffer *content) {
  static const struct {
    const char *name, *words;
    int64_t least, most;
  } options[] = {{"live_period", "period", 60, 86400},
                 {"heading", "heading", 1, 360},
                 {"proximity_alert_radius", "proximity alert radius", 0, 100000}};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    int64_t value = call_integer(call, options[i].name, 0);
    bool is_endless = i == 0 && value == LIVE_FOR_EVER;
    if (value && !is_endless && (value < options[i].least || value > options[i].most))
      return call_fail(call, 400, "Bad Request: wrong live location %s specified", options[i].words);
    if (value) (void)buffer_format(content, NULL, ",\"%s\":%lld", options[i].name, (long long)value);
  }
  return true;
}

static bool read_location(struct call *call, struct buffer *content) {
  const char *latitude = call_text(call, "latitude"), *longitude = call_text(call, "longitude");
  if (!latitude) return call_fail(call, 400, "Bad Request: latitude is empty");
  if (!longitude) return call_fail(call, 400, "Bad Request: longitude is empty");
  double north = strtod(latitude, NULL), east = strtod(longitude, NULL);
  if (!(fabs(north) <= 90 && fabs(east) <= 180))
    return call_fail(call, 400, "Bad Request: wrong latitude or longitude specified");
  (void)buffer_format(content, NULL, "\"location\":{\"latitude\":%f,\"longitude\":%f", north, east);
  if (!read_live(call, content)) return false;
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

/* ---- live locations ---- */

/* Only while its period lasts. Given: json_decref() the location. NULL: the call is failed. */
static json_t *find_live(struct call *call, struct editing *editing) {
  if (!editing_read_markup(call, editing) || !editing_find(call, editing, "message can't be edited")) return NULL;
  const struct message *message = editing->message;
  struct buffer text;
  buffer_init(&text, JSON_WRITE_CEILING);
  (void)buffer_format(&text, NULL, "{%s}", message->content ? message->content : "");
  json_t *content = json_loadb(text.data, text.size, 0, NULL), *location = json_incref(json_object_get(content, "location"));
  int64_t period = json_integer_value(json_object_get(location, "live_period"));
  bool is_live = period == LIVE_FOR_EVER || message->date + period > model_now(call->model);
  json_decref(content);
  buffer_release(&text);
  if (location && period && is_live) return location;
  json_decref(location);
  call_fail(call, 400, "Bad Request: message can't be edited");
  return NULL;
}

static bool edit_live_location(struct call *call) {
  struct editing editing = {0};
  struct entity_text none = {0};
  struct buffer content;
  buffer_init(&content, JSON_WRITE_CEILING);
  json_t *old = read_location(call, &content) ? find_live(call, &editing) : NULL;
  if (old && !call_text(call, "live_period")) { /* the period goes on */
    buffer_cut(&content, content.size - 1);
    (void)buffer_format(&content, NULL, ",\"live_period\":%lld}",
                        (long long)json_integer_value(json_object_get(old, "live_period")));
  }
  char *text = buffer_take(&content, NULL);
  bool ok = old && editing_apply(call, &editing, MESSAGE_FIXED, &none, text);
  if (!old) free(text);
  editing_release(&editing);
  json_decref(old);
  return ok;
}

static bool stop_live_location(struct call *call) {
  struct editing editing = {0};
  struct entity_text none = {0};
  json_t *location = find_live(call, &editing);
  if (location) json_object_del(location, "live_period");
  bool ok =
      location && editing_apply(call, &editing, MESSAGE_FIXED, &none, json_write_content("location", json_incref(location)));
  editing_release(&editing);
  json_decref(location);
  return ok;
}

const struct method method_location[] = {{"sendlocation", send_location},
                                         {"sendvenue", send_venue},
                                         {"editmessagelivelocation", edit_live_location},
                                         {"stopmessagelivelocation", stop_live_location},
                                         {0}};
