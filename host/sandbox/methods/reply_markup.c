#include "sandbox/methods/reply_markup.h"

#include <jansson.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/model/json_write.h"

#define CALLBACK_DATA_MAX 64 /* bytes */
#define MARKUP_MAX 10240     /* bytes of JSON; Telegram's own bound is about this */

static const char *const inline_kinds[] = {"url",
                                           "callback_data",
                                           "callback_game",
                                           "pay",
                                           "switch_inline_query",
                                           "switch_inline_query_chosen_chat",
                                           "switch_inline_query_current_chat",
                                           "login_url",
                                           "web_app",
                                           "copy_text"};

static const char *kind_of(const json_t *button) {
  for (size_t i = 0; i < sizeof inline_kinds / sizeof *inline_kinds; i++) {
    const json_t *value = json_object_get(button, inline_kinds[i]);
    bool is_empty = i < 2 && json_is_string(value) && !json_string_length(value);
    if (value && !is_empty) return inline_kinds[i];
  }
  return NULL;
}

static bool check_inline_button(struct call *call, const json_t *button) {
  static const char prefix[] = "Bad Request: can't parse inline keyboard button";
  if (!json_is_object(button)) return call_fail(call, 400, "%s: InlineKeyboardButton must be an Object", prefix);
  const json_t *text = json_object_get(button, "text");
  if (!text) return call_fail(call, 400, "%s: Can't find field \"text\"", prefix);
  if (!json_is_string(text) && !json_is_number(text)) {
    return call_fail(call, 400, "%s: Field \"text\" must be of type String", prefix);
  }
  const char *kind = kind_of(button);
  if (!kind) return call_fail(call, 400, "%s: Text buttons are unallowed in the inline keyboard", prefix);
  const json_t *value = json_object_get(button, kind);
  bool is_text = kind == inline_kinds[0] || kind == inline_kinds[1];
  if (is_text && !json_is_string(value)) return call_fail(call, 400, "%s: Field \"%s\" must be of type String", prefix, kind);
  if (kind == inline_kinds[1] && json_string_length(value) > CALLBACK_DATA_MAX) {
    return call_fail(call, 400, "Bad Request: BUTTON_DATA_INVALID");
  }
  if (kind == inline_kinds[0] && (strchr(json_string_value(value), ' ') || !strpbrk(json_string_value(value), ".:"))) {
    return call_fail(call, 400, "Bad Request: inline keyboard button URL '%s' is invalid: Wrong HTTP URL",
                     json_string_value(value));
  }
  return true;
}

static bool check_button(struct call *call, const json_t *button) {
  static const char prefix[] = "Bad Request: can't parse keyboard button";
  if (json_is_string(button)) return true;
  if (!json_is_object(button)) return call_fail(call, 400, "%s: KeyboardButton must be a String or an Object", prefix);
  const json_t *text = json_object_get(button, "text");
  if (!text) return call_fail(call, 400, "%s: Can't find field \"text\"", prefix);
  if (!json_is_string(text) && !json_is_number(text)) {
    return call_fail(call, 400, "%s: Field \"text\" must be of type String", prefix);
  }
  return true;
}

static bool is_without_text(const json_t *button) {
  const json_t *text = json_is_string(button) ? button : json_object_get(button, "text");
  return json_is_string(text) && !json_string_length(text);
}

/* Checks rows of buttons. Buttons without a text are dropped, and rows that are empty then. */
static bool check_rows(struct call *call, json_t *rows, const char *field, const char *type,
                       bool (*check)(struct call *call, const json_t *button)) {
  static const char message[] = "Bad Request: Field \"%s\" of the %s must be an Array%s";
  if (!json_is_array(rows)) return call_fail(call, 400, message, field, type, "");
  for (size_t r = 0; r < json_array_size(rows); r++) {
    json_t *row = json_array_get(rows, r);
    if (!json_is_array(row)) return call_fail(call, 400, message, field, type, " of Arrays");
    for (size_t b = 0; b < json_array_size(row); b++) {
      json_t *button = json_array_get(row, b);
      if (!check(call, button)) return false;
      if (is_without_text(button)) json_array_remove(row, b--);
    }
    if (!json_array_size(row)) json_array_remove(rows, r--);
  }
  return true;
}

static bool check(struct call *call, json_t *json, bool *is_inline, bool *is_any) {
  if (!json_is_object(json)) return call_fail(call, 400, "Bad Request: object expected as reply markup");
  json_t *keyboard = json_object_get(json, "keyboard"), *buttons = json_object_get(json, "inline_keyboard");
  *is_inline = !keyboard && buttons;
  *is_any = true;
  if (keyboard) return check_rows(call, keyboard, "keyboard", "ReplyKeyboardMarkup", check_button);
  if (buttons) {
    bool ok = check_rows(call, buttons, "inline_keyboard", "InlineKeyboardMarkup", check_inline_button);
    *is_any = ok && json_array_size(buttons) > 0;
    return ok;
  }
  *is_any = json_is_true(json_object_get(json, "remove_keyboard")) || json_is_true(json_object_get(json, "force_reply"));
  return true;
}

bool reply_markup_read(struct call *call, struct reply_markup *markup) {
  *markup = (struct reply_markup){0};
  bool is_bad, is_any = false;
  json_t *json = call_json(call, "reply_markup", &is_bad);
  if (is_bad) return call_fail(call, 400, "Bad Request: can't parse reply keyboard markup JSON object");
  if (!json) return true;
  bool ok = check(call, json, &markup->is_inline, &is_any);
  if (ok && is_any) markup->json = json_write_dump(json);
  json_decref(json);
  if (ok && markup->json && strlen(markup->json) > MARKUP_MAX * 2)
    ok = call_fail(call, 400, "Bad Request: reply markup is too long");
  return ok;
}
