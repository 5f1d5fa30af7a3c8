#include "sandbox/methods/call.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/server.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/business.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"

bool call_fail(struct call *call, int code, const char *format, ...) {
  char description[512];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(description, sizeof description, format, arguments);
  va_end(arguments);
  buffer_clear(&call->answer);
  (void)buffer_format(&call->answer, NULL, "{\"ok\":false,\"error_code\":%d,\"description\":", code);
  json_write_string(&call->answer, description, strlen(description));
  if (call->retry_after) {
    (void)buffer_format(&call->answer, NULL, ",\"parameters\":{\"retry_after\":%d}", call->retry_after);
  }
  if (call->migrate_to_chat_id) {
    (void)buffer_format(&call->answer, NULL, ",\"parameters\":{\"migrate_to_chat_id\":%lld}",
                        (long long)call->migrate_to_chat_id);
  }
  json_write_text(&call->answer, "}");
  call->status = code;
  return false;
}

bool call_true(struct call *call) {
  json_write_text(&call->answer, "true");
  return true;
}

/* ---- parameters ---- */

const struct server_parameter *call_find(const struct call *call, const char *name) {
  for (size_t i = 0; i < call->count; i++) {
    if (strcmp(call->parameters[i].name, name) == 0) return &call->parameters[i];
  }
  return NULL;
}

const char *call_text(const struct call *call, const char *name) {
  const struct server_parameter *found = call_find(call, name);
  return found && found->size && !found->file_name ? found->value : NULL;
}

/* The number at the beginning of the text; whatever follows the digits is ignored, as at Telegram. */
static int64_t to_integer(const char *text) {
  return *text == '-' || (*text >= '0' && *text <= '9') ? strtoll(text, NULL, 10) : 0;
}

int64_t call_integer(const struct call *call, const char *name, int64_t absent) {
  const char *text = call_text(call, name);
  return text ? to_integer(text) : absent;
}

int64_t call_range(const struct call *call, const char *name, int64_t absent, int64_t least, int64_t most) {
  int64_t value = call_integer(call, name, absent);
  return value < least ? least : value > most ? most : value;
}

bool call_flag(const struct call *call, const char *name) {
  const char *text = call_text(call, name);
  if (!text) return false;
  text += strspn(text, " \t\r\n");
  size_t size = strcspn(text, " \t\r\n");
  return (size == 4 && strncasecmp(text, "true", 4) == 0) || (size == 3 && strncasecmp(text, "yes", 3) == 0) ||
         (size == 1 && *text == '1');
}

struct json_t *call_json(const struct call *call, const char *name, bool *is_bad) {
  const struct server_parameter *found = call_find(call, name);
  *is_bad = false;
  if (!found || !found->size || found->file_name) return NULL;
  json_t *json = json_loadb(found->value, found->size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  *is_bad = !json;
  return json;
}

/* ---- chats, people, messages ---- */

static bool may_access(struct call *call, const struct chat *chat) {
  static const char *const kinds[] = {"private chat", "group chat", "supergroup chat", "channel chat"};
  if (chat->person && chat->person->is_blocking) return call_fail(call, 403, "Forbidden: bot was blocked by the user");
  if (chat->migrated_to) {
    call->migrate_to_chat_id = chat->migrated_to;
    return call_fail(call, 400, "Bad Request: group chat was upgraded to a supergroup chat");
  }
  struct member member = member_now(chat, call->bot->person, model_now(call->model));
  if (member.status == MEMBER_KICKED) return call_fail(call, 403, "Forbidden: bot was kicked from the %s", kinds[chat->type]);
  if (member.status != MEMBER_LEFT) return true;
  return call_fail(call, 403, "Forbidden: bot is not a member of the %s", kinds[chat->type]);
}

struct json_t *call_business(struct call *call) {
  const char *id = call_text(call, "business_connection_id");
  json_t *connection = id ? business_find(call->model, id) : NULL;
  if (connection && business_bot(call->model, connection) == call->bot) return connection;
  call_fail(call, 400, "Bad Request: business connection not found");
  return NULL;
}

static struct chat *find_business_chat(struct call *call, const char *text, enum call_access access) {
  const json_t *connection = call_business(call);
  struct person *person = connection ? person_find(call->model, to_integer(text)) : NULL;
  if (connection && !person) call_fail(call, 400, "Bad Request: chat not found");
  if (!person) return NULL;
  if (access == CALL_READ || business_may(connection, "can_reply")) return business_chat(call->model, connection, person);
  call_fail(call, 400, "Bad Request: BUSINESS_CONNECTION_NOT_ALLOWED");
  return NULL;
}

struct chat *call_chat(struct call *call, const char *name, enum call_access access) {
  const char *text = call_text(call, name);
  if (!text) {
    bool is_chat_id = strcmp(name, "chat_id") == 0;
    if (is_chat_id)
      call_fail(call, 400, "Bad Request: chat_id is empty");
    else
      call_fail(call, 400, "Bad Request: parameter \"%s\" is required", name);
    return NULL;
  }
  if (call_text(call, "business_connection_id")) return find_business_chat(call, text, access);
  struct chat *chat =
      *text == '@' ? chat_find_name(call->model, text + 1) : chat_find_for(call->model, call->bot, to_integer(text));
  if (!chat) {
    bool is_bot = person_find(call->model, to_integer(text)) != NULL;
    if (is_bot)
      call_fail(call, 403, "Forbidden: the bot can't send messages to the bot");
    else
      call_fail(call, 400, "Bad Request: chat not found");
    return NULL;
  }
  return access == CALL_READ || may_access(call, chat) ? chat : NULL;
}

struct chat *call_group(struct call *call, const char *refusal) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  if (chat && chat->type != CHAT_PRIVATE) return chat;
  if (chat) call_fail(call, 400, "Bad Request: %s", refusal);
  return NULL;
}

struct person *call_person(struct call *call) {
  int64_t id = call_integer(call, "user_id", 0);
  struct person *person = person_find(call->model, id);
  if (id <= 0)
    call_fail(call, 400, "Bad Request: invalid user_id specified");
  else if (!person)
    call_fail(call, 400, "Bad Request: user not found");
  return person;
}

struct message *call_message(struct call *call, struct chat *chat, const char *what) {
  int64_t id = call_integer(call, "message_id", 0);
  struct message *message = id > 0 && id <= INT32_MAX ? message_find(chat, (int)id) : NULL;
  if (message && !message->is_forgotten) return message;
  call_fail(call, 400, "Bad Request: %s not found", what);
  return NULL;
}

static bool read_id(struct call *call, const json_t *item, int *to) {
  const char *text = json_string_value(item);
  if (!text && !json_is_number(item)) return call_fail(call, 400, "Bad Request: message identifier must be a Number");
  if (text && !*text) return call_fail(call, 400, "Bad Request: can't parse message identifier as a Number");
  if (text && text[strspn(text, "-0123456789")])
    return call_fail(call, 400, "Bad Request: can't parse message identifier as a Number");
  long long id = text ? strtoll(text, NULL, 10) : json_integer_value(item);
  if (id <= 0 || id > INT32_MAX) return call_fail(call, 400, "Bad Request: invalid message identifier specified");
  *to = (int)id;
  return true;
}

bool call_message_ids(struct call *call, int *ids, size_t most, size_t *count) {
  bool is_bad, ok = true;
  json_t *json = call_json(call, "message_ids", &is_bad), *item;
  size_t i;
  *count = 0;
  if (is_bad)
    ok = call_fail(call, 400, "Bad Request: can't parse message identifiers JSON object");
  else if (!json || (json_is_array(json) && !json_array_size(json)))
    ok = call_fail(call, 400, "Bad Request: message identifiers are not specified");
  else if (!json_is_array(json))
    ok = call_fail(call, 400, "Bad Request: expected an Array of message identifiers");
  else if (json_array_size(json) > most)
    ok = call_fail(call, 400, "Bad Request: too many message identifiers specified");
  json_array_foreach(json, i, item) {
    if (ok) ok = read_id(call, item, &ids[*count]);
    *count += ok;
  }
  json_decref(json);
  return ok;
}
