/* Methods by which a bot describes itself: its names, its menu button, the rights that it asks for. Telegram keeps each by
 * language or by chat, and so do the bot's settings. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/person.h"
#include "sandbox/model/rights.h"
#include "sandbox/model/settings.h"

/* ---- texts ---- */

struct text {
  const char *name; /* of the parameter, and of the member of the answer */
  size_t most;      /* characters */
  const char *refusal;
};

static const struct text name = {"name", 64, "BOT_TITLE_INVALID"};
static const struct text description = {"description", 512, "BOT_DESCRIPTION_TOO_LONG"};
static const struct text short_description = {"short_description", 120, "BOT_ABOUT_TOO_LONG"};

static void write_slot(const struct call *call, const char *what, bool is_default, char *slot, size_t size) {
  const char *language = is_default ? NULL : call_text(call, "language_code");
  (void)snprintf(slot, size, "%s|%.8s", what, language ? language : "");
}

/* An empty text takes the one of the language back. */
static bool set_text(struct call *call, const struct text *text) {
  const char *value = call_text(call, text->name);
  char slot[64];
  size_t length = 0;
  for (const char *at = value ? value : ""; *at; at++) length += (*at & 0xC0) != 0x80;
  if (length > text->most) return call_fail(call, 400, "Bad Request: %s", text->refusal);
  write_slot(call, text->name, false, slot, sizeof slot);
  settings_set(call->bot->settings, slot, value);
  return call_true(call);
}

/* Where the language has none, that of all languages counts. */
static bool get_text(struct call *call, const struct text *text, const char *absent) {
  char slot[64];
  write_slot(call, text->name, false, slot, sizeof slot);
  const char *value = settings_get(call->bot->settings, slot);
  write_slot(call, text->name, true, slot, sizeof slot);
  if (!value) value = settings_get(call->bot->settings, slot);
  if (!value) value = absent;
  (void)buffer_format(&call->answer, NULL, "{\"%s\":", text->name);
  json_write_string(&call->answer, value, strlen(value));
  json_write_text(&call->answer, "}");
  return true;
}

static bool set_my_name(struct call *call) {
  if (!set_text(call, &name)) return false;
  if (!call_text(call, "language_code")) person_rename_bot(call->bot->person, call_text(call, "name"), NULL);
  return true;
}

static bool get_my_name(struct call *call) { return get_text(call, &name, call->bot->person->first_name); }
static bool set_my_description(struct call *call) { return set_text(call, &description); }
static bool get_my_description(struct call *call) { return get_text(call, &description, ""); }
static bool set_my_short_description(struct call *call) { return set_text(call, &short_description); }
static bool get_my_short_description(struct call *call) { return get_text(call, &short_description, ""); }

/* ---- the menu button ---- */

static const char default_button[] = "{\"type\":\"default\"}";

/* The settings' slot of the chat; without one, of all chats. False: the call is failed. */
static bool find_button_slot(struct call *call, char *slot, size_t size) {
  const struct chat *chat = call_text(call, "chat_id") ? call_chat(call, "chat_id", CALL_READ) : NULL;
  if (call_text(call, "chat_id") && !chat) return false;
  if (chat && chat->type != CHAT_PRIVATE)
    return call_fail(call, 400, "Bad Request: menu button can be set for private chats only");
  (void)snprintf(slot, size, "menu_button|%lld", chat ? (long long)chat->id : 0);
  return true;
}

static const char *why_not_button(const json_t *button) {
  const char *type = json_string_value(json_object_get(button, "type"));
  if (!json_is_object(button)) return "can't parse menu button: MenuButton must be an Object";
  if (!type) return "can't parse menu button: Can't find field \"type\"";
  if (strcmp(type, "default") == 0 || strcmp(type, "commands") == 0) return NULL;
  if (strcmp(type, "web_app") != 0) return "can't parse menu button: MenuButton has unsupported type";
  const char *url = json_string_value(json_object_get(json_object_get(button, "web_app"), "url"));
  if (!json_string_length(json_object_get(button, "text"))) return "can't parse menu button: Can't find field \"text\"";
  if (!url) return "can't parse menu button: Can't find field \"web_app\"";
  return strncmp(url, "https://", 8) == 0 ? NULL : "menu button Web App URL is invalid: Only HTTPS links are allowed";
}

static bool set_chat_menu_button(struct call *call) {
  char slot[64];
  bool is_bad;
  if (!find_button_slot(call, slot, sizeof slot)) return false;
  json_t *button = call_json(call, "menu_button", &is_bad);
  const char *why = is_bad ? "can't parse menu button JSON object" : button ? why_not_button(button) : NULL;
  char *text = button && !why ? json_write_dump(button) : NULL;
  if (!why) settings_set(call->bot->settings, slot, text ? text : default_button);
  free(text);
  json_decref(button);
  return why ? call_fail(call, 400, "Bad Request: %s", why) : call_true(call);
}

static bool get_chat_menu_button(struct call *call) {
  char slot[64];
  if (!find_button_slot(call, slot, sizeof slot)) return false;
  const char *button = settings_get(call->bot->settings, slot);
  if (!button) button = settings_get(call->bot->settings, "menu_button|0");
  json_write_text(&call->answer, button ? button : default_button);
  return true;
}

/* ---- the rights that it asks for ---- */

static const char *rights_slot(const struct call *call) {
  return call_flag(call, "for_channels") ? "rights|channels" : "rights|groups";
}

static bool set_default_rights(struct call *call) {
  bool is_bad;
  char text[24];
  json_t *rights = call_json(call, "rights", &is_bad);
  bool ok = !is_bad || call_fail(call, 400, "Bad Request: can't parse ChatAdministratorRights JSON object");
  if (ok && rights && !json_is_object(rights))
    ok = call_fail(call, 400, "Bad Request: object expected as administrator rights");
  (void)snprintf(text, sizeof text, "%u", (unsigned)rights_read(RIGHTS_ADMINISTRATOR, rights));
  if (ok) settings_set(call->bot->settings, rights_slot(call), text);
  json_decref(rights);
  return ok && call_true(call);
}

static bool get_default_rights(struct call *call) {
  const char *text = settings_get(call->bot->settings, rights_slot(call));
  json_write_text(&call->answer, "{");
  rights_write(RIGHTS_ADMINISTRATOR, text ? (uint32_t)strtoul(text, NULL, 10) : 0, &call->answer);
  json_write_text(&call->answer, "}");
  return true;
}

const struct method method_profile[] = {{"setmyname", set_my_name},
                                        {"getmyname", get_my_name},
                                        {"setmydescription", set_my_description},
                                        {"getmydescription", get_my_description},
                                        {"setmyshortdescription", set_my_short_description},
                                        {"getmyshortdescription", get_my_short_description},
                                        {"setchatmenubutton", set_chat_menu_button},
                                        {"getchatmenubutton", get_chat_menu_button},
                                        {"setmydefaultadministratorrights", set_default_rights},
                                        {"getmydefaultadministratorrights", get_default_rights},
                                        {0}};
