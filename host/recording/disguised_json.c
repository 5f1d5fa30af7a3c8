/* One rule for each name of a member, in one table; a name that is not in it follows whoever speaks: a text of the bot's, or a
 * name. Coordinates are cut to whole degrees, a country and not a house. */
#include "recording/disguised_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "recording/disguise.h"

enum { TEXT_CEILING = 64 << 20, DEPTH_MOST = 64 };

enum rule {
  RULE_SPEAKER, /* none is known: as it is with whoever speaks */
  RULE_KEEP,    /* a kind, or an id that Telegram has made */
  RULE_DATA,
  RULE_WRITTEN, /* by a person, or said by the bot */
  RULE_QUERY,   /* written, whoever it is shown to */
  RULE_SAID,
  RULE_ERROR,
  RULE_FILE,   /* an id, or an address */
  RULE_SECRET, /* of an account */
  RULE_DEGREES,
};

static const struct {
  const char *name;
  enum rule rule;
} rules[] = {
    /* in the order of the names: bsearch() */
    {"action", RULE_KEEP},
    {"allowed_updates", RULE_KEEP},
    {"animation", RULE_FILE},
    {"audio", RULE_FILE},
    {"big_file_id", RULE_KEEP},
    {"business_connection_id", RULE_KEEP},
    {"button_text", RULE_WRITTEN},
    {"callback_data", RULE_DATA},
    {"callback_query_id", RULE_KEEP},
    {"caption", RULE_WRITTEN},
    {"certificate", RULE_SECRET},
    {"chat_id", RULE_SAID},
    {"chat_instance", RULE_KEEP},
    {"color", RULE_KEEP},
    {"command", RULE_KEEP},
    {"currency", RULE_KEEP},
    {"custom_emoji_id", RULE_KEEP},
    {"data", RULE_DATA},
    {"description", RULE_ERROR},
    {"document", RULE_FILE},
    {"emoji", RULE_KEEP},
    {"file_id", RULE_KEEP},
    {"file_path", RULE_KEEP},
    {"file_unique_id", RULE_KEEP},
    {"format", RULE_KEEP},
    {"from_chat_id", RULE_SAID},
    {"game_short_name", RULE_DATA},
    {"id", RULE_KEEP},
    {"inline_message_id", RULE_KEEP},
    {"inline_query_id", RULE_KEEP},
    {"invoice_payload", RULE_DATA},
    {"language_code", RULE_KEEP},
    {"latitude", RULE_DEGREES},
    {"longitude", RULE_DEGREES},
    {"media", RULE_FILE},
    {"media_group_id", RULE_KEEP},
    {"message_effect_id", RULE_KEEP},
    {"mime_type", RULE_KEEP},
    {"parse_mode", RULE_KEEP},
    {"payload", RULE_DATA},
    {"photo", RULE_FILE},
    {"poll_id", RULE_KEEP},
    {"pre_checkout_query_id", RULE_KEEP},
    {"prices", RULE_SAID},
    {"provider_token", RULE_SECRET},
    {"query", RULE_QUERY},
    {"result_id", RULE_DATA},
    {"secret_token", RULE_SECRET},
    {"shipping_option_id", RULE_DATA},
    {"shipping_query_id", RULE_KEEP},
    {"small_file_id", RULE_KEEP},
    {"source", RULE_KEEP},
    {"start_parameter", RULE_DATA},
    {"status", RULE_KEEP},
    {"sticker", RULE_FILE},
    {"telegram_payment_charge_id", RULE_DATA},
    {"text", RULE_WRITTEN},
    {"thumbnail", RULE_FILE},
    {"type", RULE_KEEP},
    {"url", RULE_DATA},
    {"video", RULE_FILE},
    {"video_note", RULE_FILE},
    {"voice", RULE_FILE},
    {"web_app_query_id", RULE_KEEP},
};

struct walk {
  struct disguise *disguise;
  bool is_of_bot; /* who speaks */
  bool is_button; /* its text is a label */
  bool is_other;  /* neither an update nor a call */
  int depth;
};

static int compare_names(const void *name, const void *row) { return strcmp(name, *(const char *const *)row); }

static enum rule rule_of(const char *name) {
  const void *row = bsearch(name, rules, sizeof rules / sizeof *rules, sizeof *rules, compare_names);
  return row ? rules[(size_t)((const char *)row - (const char *)rules) / sizeof *rules].rule : RULE_SPEAKER;
}

static json_t *disguise_value(struct walk walk, const char *name, const json_t *value);

/* ---- texts ---- */

/* What was written, as a JSON text; NULL where that failed. The buffer is released. */
static json_t *take_text(struct buffer *shown, bool is_written) {
  json_t *made = is_written ? json_stringn(shown->data ? shown->data : "", shown->size) : NULL;
  buffer_release(shown);
  return made;
}

static json_t *disguise_as(struct walk walk, enum disguise_kind kind, const char *text, size_t size) {
  struct buffer shown;
  buffer_init(&shown, TEXT_CEILING);
  return take_text(&shown, disguise_add(walk.disguise, kind, text, size, &shown));
}

/* Whoever presses it sends its text, which gets the same disguise. */
static json_t *disguise_label(struct walk walk, const char *text, size_t size) {
  json_t *made = disguise_as(walk, DISGUISE_SAID, text, size);
  if (made) disguise_add_label(walk.disguise, text, size, json_string_value(made), json_string_length(made));
  return made;
}

/* A JSON value in a text, as a parameter of an upload is. NULL: it is none. */
static json_t *read_inner(const char *text, size_t size) {
  bool may_be = size && (text[0] == '{' || text[0] == '[');
  return may_be ? json_loadb(text, size, 0, NULL) : NULL;
}

static json_t *disguise_inner(struct walk walk, const char *name, const json_t *inner) {
  json_t *made = disguise_value(walk, name, inner);
  char *text = made ? json_dumps(made, JSON_COMPACT) : NULL;
  json_t *string = text ? json_string(text) : NULL;
  free(text);
  json_decref(made);
  return string;
}

static bool is_address(const char *text) {
  return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0 || strncmp(text, "tg://", 5) == 0;
}

/* Its scheme stays, which a script may look for. */
static json_t *disguise_address(struct walk walk, const char *text, size_t size) {
  size_t scheme = strcspn(text, ":");
  struct buffer shown;
  buffer_init(&shown, TEXT_CEILING);
  return take_text(&shown, buffer_add(&shown, text, scheme, NULL) &&
                               disguise_add(walk.disguise, DISGUISE_DATA, text + scheme, size - scheme, &shown));
}

/* A name with its ending, by which scripts know the kind of a file. */
static json_t *disguise_file_name(struct walk walk, const char *text, size_t size) {
  const char *ending = strrchr(text, '.');
  size_t begin = ending ? (size_t)(ending - text) : size;
  struct buffer shown;
  buffer_init(&shown, TEXT_CEILING);
  return take_text(&shown, disguise_add(walk.disguise, DISGUISE_NAME, text, begin, &shown) &&
                               buffer_add(&shown, text + begin, size - begin, NULL));
}

static json_t *disguise_speech(struct walk walk, const char *text, size_t size, enum disguise_kind of_person) {
  if (walk.is_other) return disguise_as(walk, DISGUISE_DATA, text, size);
  return disguise_as(walk, walk.is_of_bot ? DISGUISE_SAID : of_person, text, size);
}

static json_t *disguise_string(struct walk walk, const char *name, const json_t *value) {
  const char *text = json_string_value(value);
  size_t size = json_string_length(value);
  enum rule rule = rule_of(name);
  json_t *inner = rule == RULE_KEEP ? NULL : read_inner(text, size);
  json_t *made = NULL;
  if (inner && rule != RULE_DATA) {
    made = disguise_inner(walk, name, inner);
  } else if (rule == RULE_KEEP && !walk.is_other) {
    made = json_stringn(text, size);
  } else if (rule == RULE_SECRET) {
    made = json_string("<hidden>");
  } else if (walk.is_button && rule == RULE_WRITTEN) {
    made = disguise_label(walk, text, size);
  } else if (is_address(text)) {
    made = disguise_address(walk, text, size);
  } else if (rule == RULE_FILE) {
    made = json_stringn(text, size);
  } else if (strcmp(name, "file_name") == 0) {
    made = disguise_file_name(walk, text, size);
  } else if (rule == RULE_DATA || rule == RULE_SAID || rule == RULE_ERROR) {
    made = disguise_as(walk,
                       rule == RULE_DATA   ? DISGUISE_DATA
                       : rule == RULE_SAID ? DISGUISE_SAID
                                           : DISGUISE_ERROR,
                       text, size);
  } else if (rule == RULE_QUERY) {
    made = disguise_as(walk, DISGUISE_WRITTEN, text, size);
  } else {
    made = disguise_speech(walk, text, size, rule == RULE_WRITTEN ? DISGUISE_WRITTEN : DISGUISE_NAME);
  }
  json_decref(inner);
  return made;
}

/* ---- who speaks ---- */

/* Whom or what a member describes, whoever speaks of it. */
static bool is_of_others(const char *name) {
  static const char *const names[] = {"chat", "sender_chat", "user", "contact", "forward_origin", "new_chat_members", NULL};
  for (const char *const *each = names; *each; each++)
    if (strcmp(name, *each) == 0) return true;
  return false;
}

/* A message says it, and so does whoever is described. In a business account the bot writes in a person's name. */
static struct walk enter(struct walk walk, const char *name, const json_t *object) {
  const json_t *from = json_object_get(object, "from"), *itself = json_object_get(object, "is_bot");
  bool is_poll = strcmp(name, "poll") == 0 && json_object_get(object, "options");
  walk.depth++;
  if (is_of_others(name)) walk.is_of_bot = false;
  if (json_object_get(object, "message_id") && (from || json_object_get(object, "chat"))) walk.is_of_bot = false;
  if (from) walk.is_of_bot = json_is_true(json_object_get(from, "is_bot"));
  if (itself) walk.is_of_bot = json_is_true(itself);
  if (is_poll || json_object_get(object, "sender_business_bot")) walk.is_of_bot = true;
  return walk;
}

/* The bot's own buttons, wherever they are shown. A name of a bot is nobody's. */
static bool is_markup(const char *name) { return strcmp(name, "inline_keyboard") == 0 || strcmp(name, "keyboard") == 0; }

static json_t *disguise_object(struct walk walk, const char *name, const json_t *object) {
  struct walk inside = enter(walk, name, object);
  if (json_is_true(json_object_get(object, "is_bot"))) return json_deep_copy(object);
  json_t *made = json_object();
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    struct walk at = inside;
    if (is_markup(key)) {
      at.is_of_bot = true;
      at.is_button = true;
    }
    if (json_object_set_new(made, key, disguise_value(at, key, value))) {
      json_decref(made);
      return NULL;
    }
  }
  return made;
}

static json_t *disguise_array(struct walk walk, const char *name, const json_t *array) {
  json_t *made = json_array();
  walk.depth++;
  for (size_t i = 0; i < json_array_size(array); i++) {
    /* A button of the reply keyboard may be its text alone. */
    const json_t *value = json_array_get(array, i);
    const char *of_value = walk.is_button && json_is_string(value) ? "text" : name;
    if (json_array_append_new(made, disguise_value(walk, of_value, value))) {
      json_decref(made);
      return NULL;
    }
  }
  return made;
}

static json_t *disguise_value(struct walk walk, const char *name, const json_t *value) {
  if (walk.depth > DEPTH_MOST) return json_null();
  if (json_is_object(value)) return disguise_object(walk, name, value);
  if (json_is_array(value)) return disguise_array(walk, name, value);
  if (json_is_string(value)) return disguise_string(walk, name, value);
  if (json_is_number(value) && rule_of(name) == RULE_DEGREES) return json_real(trunc(json_number_value(value)));
  return json_deep_copy(value);
}

json_t *disguised_json(struct disguise *disguise, enum disguised_what what, const json_t *json) {
  struct walk walk = {.disguise = disguise, .is_of_bot = what == DISGUISED_CALL, .is_other = what == DISGUISED_OTHER};
  return disguise_value(walk, "", json);
}

/* ---- secrets ---- */

void disguised_json_drop_secrets(json_t *json) {
  const char *key;
  json_t *value;
  void *next;
  json_object_foreach_safe(json, next, key, value) {
    if (rule_of(key) == RULE_SECRET && json_is_string(value)) (void)json_object_set_new(json, key, json_string("<hidden>"));
  }
}
