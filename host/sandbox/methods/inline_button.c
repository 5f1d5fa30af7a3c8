/* Checks a button of an inline keyboard. Of the members that say what a button does, the first of the list counts; the
 * others, and those that Telegram does not know, are not echoed. */
#include "sandbox/methods/inline_button.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/methods/call.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/link.h"

#define CALLBACK_DATA_MAX 64 /* bytes */

static const char prefix[] = "Bad Request: can't parse inline keyboard button";

static bool fail_type(struct call *call, const char *name, const char *type) {
  return call_fail(call, 400, "%s: Field \"%s\" must be of type %s", prefix, name, type);
}

/* A text, which may be written as a number. */
static bool read_text(struct call *call, const json_t *object, const char *name, json_t *to) {
  const json_t *value = json_object_get(object, name);
  if (!value) return call_fail(call, 400, "%s: Can't find field \"%s\"", prefix, name);
  if (!json_is_string(value) && !json_is_number(value)) return fail_type(call, name, "String");
  char *number = json_is_number(value) ? json_write_dump(value) : NULL;
  json_object_set_new(to, name, json_string(number ? number : json_string_value(value)));
  free(number);
  return true;
}

/* A link in its checked form. `what` is Telegram's word for the button, in errors. */
static bool read_link(struct call *call, const json_t *object, const char *what, bool https_only, json_t *to) {
  struct error error = {0};
  struct buffer checked;
  if (!read_text(call, object, "url", to)) return false;
  const char *url = json_string_value(json_object_get(to, "url"));
  buffer_init(&checked, JSON_WRITE_CEILING);
  bool is_user = link_user_id(url, strlen(url)) != 0;
  bool ok =
      !is_user || !https_only || call_fail(call, 400, "Bad Request: link to a user can't be used in %s URL buttons", what);
  if (ok && !is_user && !link_check(url, strlen(url), https_only, &checked, &error)) {
    ok = call_fail(call, 400, "Bad Request: inline keyboard button %s%sURL '%s' is invalid: %s", what, *what ? " " : "", url,
                   error.text);
  }
  if (ok && !is_user) json_object_set_new(to, "url", json_stringn(checked.data, checked.size));
  buffer_release(&checked);
  return ok;
}

static bool read_object(struct call *call, const json_t *button, const char *name) {
  return json_is_object(json_object_get(button, name)) || fail_type(call, name, "Object");
}

static bool read_web_app(struct call *call, const json_t *button, json_t *to) {
  if (!read_object(call, button, "web_app")) return false;
  json_t *web_app = json_object();
  json_object_set_new(to, "web_app", web_app);
  return read_link(call, json_object_get(button, "web_app"), "Web App", true, web_app);
}

static bool read_login(struct call *call, const json_t *button, json_t *to) {
  return read_object(call, button, "login_url") && read_link(call, json_object_get(button, "login_url"), "login", true, to);
}

static bool read_copied(struct call *call, const json_t *button, json_t *to) {
  if (!read_object(call, button, "copy_text")) return false;
  json_t *copied = json_object();
  json_object_set_new(to, "copy_text", copied);
  return read_text(call, json_object_get(button, "copy_text"), "text", copied);
}

static bool read_chosen_chat(struct call *call, const json_t *button, json_t *to) {
  static const char *const flags[] = {"allow_user_chats", "allow_bot_chats", "allow_group_chats", "allow_channel_chats"};
  if (!read_object(call, button, "switch_inline_query_chosen_chat")) return false;
  const json_t *given = json_object_get(button, "switch_inline_query_chosen_chat");
  const char *query = json_string_value(json_object_get(given, "query"));
  json_t *chosen = json_object();
  bool is_any = false;
  json_object_set_new(chosen, "query", json_string(query ? query : ""));
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    bool is_set = json_is_true(json_object_get(given, flags[i]));
    json_object_set_new(chosen, flags[i], json_boolean(is_set));
    is_any = is_any || is_set;
  }
  json_object_set_new(to, "switch_inline_query_chosen_chat", chosen);
  return is_any || call_fail(call, 400, "Bad Request: at least one chat type must be allowed");
}

static bool has_words(const json_t *button, const char *name) {
  const json_t *value = json_object_get(button, name);
  return value && !(json_is_string(value) && !json_string_length(value));
}

/* What the button does. */
static bool read_action(struct call *call, const json_t *button, json_t *to) {
  if (has_words(button, "url")) return read_link(call, button, "", false, to);
  if (has_words(button, "callback_data")) {
    if (!read_text(call, button, "callback_data", to)) return false;
    return json_string_length(json_object_get(to, "callback_data")) <= CALLBACK_DATA_MAX ||
           call_fail(call, 400, "Bad Request: BUTTON_DATA_INVALID");
  }
  if (json_object_get(button, "callback_game")) return json_object_set_new(to, "callback_game", json_object()) == 0;
  if (json_object_get(button, "pay")) return json_object_set_new(to, "pay", json_true()) == 0;
  if (json_object_get(button, "switch_inline_query")) return read_text(call, button, "switch_inline_query", to);
  if (json_object_get(button, "switch_inline_query_chosen_chat")) return read_chosen_chat(call, button, to);
  if (json_object_get(button, "switch_inline_query_current_chat"))
    return read_text(call, button, "switch_inline_query_current_chat", to);
  if (json_object_get(button, "login_url")) return read_login(call, button, to);
  if (json_object_get(button, "web_app")) return read_web_app(call, button, to);
  if (json_object_get(button, "copy_text")) return read_copied(call, button, to);
  return call_fail(call, 400, "%s: Text buttons are unallowed in the inline keyboard", prefix);
}

static bool read_style(struct call *call, const json_t *button, json_t *to) {
  const json_t *style = json_object_get(button, "style"), *icon = json_object_get(button, "icon_custom_emoji_id");
  const char *name = json_string_value(style);
  if (style && !name) return fail_type(call, "style", "String");
  if (json_is_string(icon)) json_object_set(to, "icon_custom_emoji_id", (json_t *)icon);
  if (!name || !*name) return true;
  if (strcmp(name, "primary") != 0 && strcmp(name, "danger") != 0 && strcmp(name, "success") != 0)
    return call_fail(call, 400, "%s: invalid button style specified", prefix);
  json_object_set(to, "style", (json_t *)style);
  return true;
}

struct json_t *inline_button_read(struct call *call, const json_t *button) {
  if (!json_is_object(button)) {
    call_fail(call, 400, "%s: InlineKeyboardButton must be an Object", prefix);
    return NULL;
  }
  json_t *to = json_object();
  if (read_text(call, button, "text", to) && read_style(call, button, to) && read_action(call, button, to)) return to;
  json_decref(to);
  return NULL;
}
