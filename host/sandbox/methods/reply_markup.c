#include "sandbox/methods/reply_markup.h"

#include <jansson.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/inline_button.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/link.h"

#define ROW_MAX 12 /* buttons */
#define BUTTONS_MAX 300
#define MARKUP_MAX 10240 /* bytes of JSON; Telegram's own bound is about this */

/* Buttons that ask a person for something, which they can do in a chat of their own only. */
static const struct {
  const char *member, *refusal;
} private_buttons[] = {{"request_contact", "phone number can be requested in private chats only"},
                       {"request_location", "location can be requested in private chats only"},
                       {"request_poll", "poll can be requested in private chats only"},
                       {"web_app", "Web App buttons can be used in private chats only"},
                       {"request_users", "users can be requested in private chats only"},
                       {"request_chat", "chats can be requested in private chats only"}};

static const char *why_private(const json_t *button) {
  for (size_t i = 0; i < sizeof private_buttons / sizeof *private_buttons; i++) {
    const json_t *value = json_object_get(button, private_buttons[i].member);
    if (value && !json_is_false(value)) return private_buttons[i].refusal;
  }
  return NULL;
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
  const json_t *web_app = json_object_get(button, "web_app");
  const char *url = json_string_value(json_object_get(web_app, "url"));
  struct error error;
  struct buffer checked;
  if (!url) return !web_app || call_fail(call, 400, "%s: Can't find field \"url\"", prefix);
  buffer_init(&checked, JSON_WRITE_CEILING);
  bool ok = link_check(url, strlen(url), true, &checked, &error) ||
            call_fail(call, 400, "Bad Request: keyboard button Web App URL '%s' is invalid: %s", url, error.text);
  buffer_release(&checked);
  return ok;
}

static bool is_without_text(const json_t *button) {
  const json_t *text = json_is_string(button) ? button : json_object_get(button, "text");
  return json_is_string(text) && !json_string_length(text);
}

static bool read_keyboard_button(struct call *call, json_t *row, size_t at, struct reply_markup *markup) {
  const json_t *button = json_array_get(row, at);
  if (!check_button(call, button)) return false;
  if (!markup->private_only) markup->private_only = why_private(button);
  return true;
}

static bool read_inline_button(struct call *call, json_t *row, size_t at, struct reply_markup *markup) {
  if (json_object_get(json_array_get(row, at), "web_app")) markup->private_only = "BUTTON_TYPE_INVALID";
  json_t *read = inline_button_read(call, json_array_get(row, at));
  return read && json_array_set_new(row, at, read) == 0;
}

static void cut_row(json_t *row, size_t *left) {
  size_t most = *left < ROW_MAX ? *left : ROW_MAX;
  while (json_array_size(row) > most) json_array_remove(row, json_array_size(row) - 1);
  *left -= json_array_size(row);
}

/* Reads rows of buttons, and cuts off what is over the limits. Buttons without a text are dropped, and rows that are empty
 * then. `what` is "" or the type that Telegram names. */
static bool read_rows(struct call *call, json_t *json, const char *field, const char *what, struct reply_markup *markup,
                      bool (*read)(struct call *call, json_t *row, size_t at, struct reply_markup *markup)) {
  json_t *rows = json_object_get(json, field);
  size_t left = BUTTONS_MAX;
  if (!json_is_array(rows)) return call_fail(call, 400, "Bad Request: field \"%s\" must be of type Array", field);
  for (size_t r = 0; r < json_array_size(rows); r++) {
    json_t *row = json_array_get(rows, r);
    if (!json_is_array(row)) return call_fail(call, 400, "Bad Request: field \"%s\"%s must be an Array of Arrays", field, what);
    for (size_t b = 0; b < json_array_size(row); b++) {
      if (!read(call, row, b, markup)) return false;
      if (is_without_text(json_array_get(row, b))) json_array_remove(row, b--);
    }
    cut_row(row, &left);
    if (!json_array_size(row)) json_array_remove(rows, r--);
  }
  return true;
}

static bool is_set(const json_t *json, const char *name) { return json_is_true(json_object_get(json, name)); }

/* What is read into `shown`: of several kinds of markup in one object, the first that is not empty. */
static bool read_any(struct call *call, json_t *json, struct reply_markup *markup, json_t **shown) {
  static const char of_type[] = " of the InlineKeyboardMarkup";
  if (!json_is_object(json)) return call_fail(call, 400, "Bad Request: object expected as reply markup");
  json_t *keyboard = json_object_get(json, "keyboard"), *buttons = json_object_get(json, "inline_keyboard");
  if (keyboard && !read_rows(call, json, "keyboard", "", markup, read_keyboard_button)) return false;
  if (buttons && !read_rows(call, json, "inline_keyboard", of_type, markup, read_inline_button)) return false;
  bool has_keyboard = json_array_size(keyboard) > 0;
  markup->is_inline = !has_keyboard && json_array_size(buttons) > 0;
  if (markup->is_inline)
    *shown = json_pack("{s:O}", "inline_keyboard", buttons);
  else if (has_keyboard || is_set(json, "remove_keyboard") || is_set(json, "force_reply"))
    *shown = json_incref(json);
  return true;
}

bool reply_markup_read(struct call *call, struct reply_markup *markup) {
  *markup = (struct reply_markup){0};
  bool is_bad;
  json_t *json = call_json(call, "reply_markup", &is_bad), *shown = NULL;
  if (is_bad) return call_fail(call, 400, "Bad Request: can't parse reply keyboard markup JSON object");
  if (!json) return true;
  bool ok = read_any(call, json, markup, &shown);
  if (ok) markup->json = json_write_dump(shown);
  json_decref(shown);
  json_decref(json);
  if (ok && markup->json && strlen(markup->json) > MARKUP_MAX * 2)
    ok = call_fail(call, 400, "Bad Request: reply markup is too long");
  return ok;
}
