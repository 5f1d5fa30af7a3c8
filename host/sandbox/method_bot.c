/* Methods about the bot itself: who it is, its updates, its menus, its answers to buttons. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/server.h"
#include "sandbox/call.h"
#include "sandbox/command_list.h"
#include "sandbox/methods.h"
#include "sandbox/model.h"
#include "sandbox/queue.h"
#include "sandbox/write.h"

#define POLL_MAX_S 50
#define POLL_LIMIT 100
#define COMMANDS_MAX 100
#define INLINE_RESULTS_MAX 50
#define ANSWER_TEXT_MAX 200 /* characters */

static bool get_me(struct call *call) {
  const struct person *person = call->bot->person;
  (void)buffer_add(&call->answer, person->json, strlen(person->json) - 1, NULL);
  write_text(&call->answer,
             ",\"can_join_groups\":true,\"can_read_all_group_messages\":true,\"supports_guest_queries\":false,"
             "\"supports_inline_queries\":true,\"can_connect_to_business\":false,\"has_main_web_app\":false,"
             "\"has_topics_enabled\":false,\"allows_users_to_create_topics\":false,\"can_manage_bots\":false}");
  return true;
}

static bool get_updates(struct call *call) {
  struct queue *queue = call->bot->queue;
  int64_t now = model_now(call->model);
  bool is_bad;
  json_t *allowed = call_json(call, "allowed_updates", &is_bad);
  queue_allow(queue, allowed);
  json_decref(allowed);
  queue_confirm(queue, call_range(call, "offset", 0, INT32_MIN, INT32_MAX), now);
  call->limit = (unsigned)call_range(call, "limit", POLL_LIMIT, 1, POLL_LIMIT);
  call->timeout_s = (unsigned)call_range(call, "timeout", 0, 0, POLL_MAX_S);
  if (queue_read(queue, call->limit, now, &call->answer) || !call->timeout_s) return true;
  call->status = 0;
  return false;
}

/* ---- webhooks: the sandbox has none, so a URL is refused and all else is as if there were none ---- */

static bool set_webhook(struct call *call) {
  if (call_text(call, "url"))
    return call_fail(call, 400, "Bad Request: bad webhook: the sandbox has no webhooks; use getUpdates");
  call->description = "Webhook is already deleted";
  return call_true(call);
}

static bool delete_webhook(struct call *call) {
  if (call_flag(call, "drop_pending_updates")) queue_clear(call->bot->queue);
  call->description = "Webhook is already deleted";
  return call_true(call);
}

static bool get_webhook_info(struct call *call) {
  unsigned pending = queue_pending(call->bot->queue, model_now(call->model));
  (void)buffer_format(&call->answer, NULL, "{\"url\":\"\",\"has_custom_certificate\":false,\"pending_update_count\":%u",
                      pending);
  write_raw(&call->answer, "allowed_updates", queue_allowed(call->bot->queue));
  write_text(&call->answer, "}");
  return true;
}

/* ---- menus ---- */

static bool read_scope(struct call *call, char *slot, size_t size) {
  static const char *const plain[] = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"};
  static const char *const of_chat[] = {"chat", "chat_administrators", "chat_member"};
  bool is_bad, ok = false;
  json_t *scope = call_json(call, "scope", &is_bad);
  const char *language = call_text(call, "language_code");
  const char *type = scope ? json_string_value(json_object_get(scope, "type")) : "default";
  const json_t *chat = json_object_get(scope, "chat_id"), *user = json_object_get(scope, "user_id");
  long long user_id = json_is_string(user) ? strtoll(json_string_value(user), NULL, 10) : json_integer_value(user);
  long long chat_id = json_is_string(chat) ? strtoll(json_string_value(chat), NULL, 10) : json_integer_value(chat);
  if (!language) language = "";
  if (is_bad) {
    call_fail(call, 400, "Bad Request: can't parse BotCommandScope JSON object");
    return false;
  }
  if (!type) ok = call_fail(call, 400, "Bad Request: can't parse BotCommandScope: Can't find field \"type\"");
  for (size_t i = 0; type && !ok && i < 4; i++) {
    if (strcmp(type, plain[i]) != 0) continue;
    (void)snprintf(slot, size, "%s|%s", type, language);
    ok = true;
  }
  for (size_t i = 0; type && !ok && i < 3; i++) {
    if (strcmp(type, of_chat[i]) != 0) continue;
    if (!chat) {
      json_decref(scope);
      return call_fail(call, 400, "Bad Request: can't parse BotCommandScope: Empty chat_id specified");
    }
    if (!model_find_chat(call->model, chat_id)) {
      json_decref(scope);
      return call_fail(call, 400, "Bad Request: chat not found");
    }
    (void)snprintf(slot, size, "%s|%s|%lld|%lld", type, language, chat_id, i == 2 ? user_id : 0);
    ok = true;
  }
  if (type && !ok) call_fail(call, 400, "Bad Request: can't parse BotCommandScope: Unsupported type specified");
  json_decref(scope);
  return ok;
}

static const char *why_not_command(const char *name, const char *description) {
  if (!*name) return "command must be non-empty";
  if (strlen(name) > 32) return "command length must not exceed 32";
  if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name)) return "BOT_COMMAND_INVALID";
  if (!description[strspn(description, " \n")]) return "command description must be non-empty";
  size_t length = 0;
  for (const char *at = description; *at; at++) length += (*at & 0xC0) != 0x80;
  return length > 256 ? "command description length must not exceed 256" : NULL;
}

static bool read_command(struct call *call, const json_t *item, json_t *commands) {
  static const char prefix[] = "Bad Request: can't parse BotCommand";
  if (!json_is_object(item)) return call_fail(call, 400, "%s: expected an Object", prefix);
  const char *fields[] = {"command", "description"}, *values[2];
  for (size_t i = 0; i < 2; i++) {
    const json_t *value = json_object_get(item, fields[i]);
    if (!value) return call_fail(call, 400, "%s: Can't find field \"%s\"", prefix, fields[i]);
    if (!json_is_string(value)) return call_fail(call, 400, "%s: Field \"%s\" must be of type String", prefix, fields[i]);
    values[i] = json_string_value(value);
  }
  if (values[0][0] == '/') values[0]++;
  const char *why = why_not_command(values[0], values[1]);
  if (why) return call_fail(call, 400, "Bad Request: %s", why);
  json_array_append_new(commands, json_pack("{s:s,s:s}", "command", values[0], "description", values[1]));
  return true;
}

static bool set_my_commands(struct call *call) {
  char slot[128];
  bool is_bad, ok = true;
  json_t *given = call_json(call, "commands", &is_bad), *commands = json_array(), *item;
  if (is_bad) ok = call_fail(call, 400, "Bad Request: can't parse commands JSON object");
  if (ok && given && !json_is_array(given)) ok = call_fail(call, 400, "Bad Request: expected an Array of BotCommand");
  if (ok && json_array_size(given) > COMMANDS_MAX) ok = call_fail(call, 400, "Bad Request: BOT_COMMANDS_TOO_MUCH");
  size_t i;
  json_array_foreach(given, i, item) ok = ok && read_command(call, item, commands);
  if (ok) ok = read_scope(call, slot, sizeof slot);
  if (ok) {
    char *text = json_array_size(commands) ? write_dump(commands) : NULL;
    command_list_set(call->bot->commands, slot, text);
    free(text);
  }
  json_decref(given);
  json_decref(commands);
  return ok && call_true(call);
}

static bool get_my_commands(struct call *call) {
  char slot[128];
  if (!read_scope(call, slot, sizeof slot)) return false;
  write_text(&call->answer, command_list_get(call->bot->commands, slot));
  return true;
}

static bool delete_my_commands(struct call *call) {
  char slot[128];
  if (!read_scope(call, slot, sizeof slot)) return false;
  command_list_set(call->bot->commands, slot, NULL);
  return call_true(call);
}

/* ---- answers ---- */

static bool end_query(struct call *call, const char *parameter, bool is_inline, int64_t life, const json_t *answer) {
  const char *text = call_text(call, parameter);
  struct query *query = text ? model_find_query(call->model, strtoll(text, NULL, 10)) : NULL;
  bool ok = query && query->is_inline == is_inline && !query->is_answered && model_now(call->model) - query->asked_at < life;
  if (!ok) {
    return call_fail(call, 400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
  }
  query->is_answered = true;
  query->answer = write_dump(answer);
  model_touch(call->model);
  return call_true(call);
}

static bool answer_callback_query(struct call *call) {
  const char *text = call_text(call, "text"), *url = call_text(call, "url");
  size_t length = 0;
  for (const char *at = text; at && *at; at++) length += (*at & 0xC0) != 0x80;
  if (length > ANSWER_TEXT_MAX) return call_fail(call, 400, "Bad Request: MESSAGE_TOO_LONG");
  json_t *answer = json_pack("{s:b}", "show_alert", call_flag(call, "show_alert"));
  if (text) json_object_set_new(answer, "text", json_string(text));
  if (url) json_object_set_new(answer, "url", json_string(url));
  bool ok = end_query(call, "callback_query_id", false, QUEUE_LIFE_CALLBACK, answer);
  json_decref(answer);
  return ok;
}

static bool answer_inline_query(struct call *call) {
  bool is_bad, ok = true;
  json_t *results = call_json(call, "results", &is_bad);
  if (is_bad)
    ok = call_fail(call, 400, "Bad Request: can't parse results JSON object");
  else if (results && !json_is_array(results))
    ok = call_fail(call, 400, "Bad Request: expected an Array of inline query results");
  else if (json_array_size(results) > INLINE_RESULTS_MAX)
    ok = call_fail(call, 400, "Bad Request: too many inline query results specified");
  json_t *answer = json_object();
  json_object_set_new(answer, "results", results ? json_incref(results) : json_array());
  if (ok) ok = end_query(call, "inline_query_id", true, QUEUE_LIFE_INLINE, answer);
  json_decref(answer);
  json_decref(results);
  return ok;
}

const struct method method_bot[] = {{"getme", get_me},
                                    {"getupdates", get_updates},
                                    {"answercallbackquery", answer_callback_query},
                                    {"answerinlinequery", answer_inline_query},
                                    {"setwebhook", set_webhook},
                                    {"deletewebhook", delete_webhook},
                                    {"getwebhookinfo", get_webhook_info},
                                    {"setmycommands", set_my_commands},
                                    {"getmycommands", get_my_commands},
                                    {"deletemycommands", delete_my_commands},
                                    {0}};
