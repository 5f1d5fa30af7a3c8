/* Methods that delete messages. */
#include <jansson.h>
#include <stdlib.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"

#define DELETE_MAX_S (48 * 3600)
#define DELETE_MAX 100 /* messages of one call */

/* Telegram's rule of 48 hours is for private chats and basic groups only. */
static bool may_delete(struct call *call, const struct chat *chat, const struct message *message) {
  bool is_aging = chat->type == CHAT_PRIVATE || chat->type == CHAT_GROUP;
  if (!is_aging || model_now(call->model) - message->date <= DELETE_MAX_S) return true;
  return call_fail(call, 400, "Bad Request: message can't be deleted for everyone");
}

static bool delete_message(struct call *call) {
  if (!call_text(call, "chat_id")) return call_fail(call, 400, "Bad Request: chat identifier is not specified");
  if (call_integer(call, "message_id", 0) <= 0) return call_fail(call, 400, "Bad Request: message identifier is not specified");
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  struct message *message = chat ? call_message(call, chat, "message to delete") : NULL;
  if (!message || !may_delete(call, chat, message)) return false;
  message_delete(call->model, message);
  return call_true(call);
}

static bool read_ids(struct call *call, const json_t *json, int *ids, size_t *count) {
  json_t *item;
  size_t i;
  if (!json_is_array(json)) return call_fail(call, 400, "Bad Request: expected an Array of message identifiers");
  if (json_array_size(json) > DELETE_MAX) return call_fail(call, 400, "Bad Request: too many message identifiers specified");
  json_array_foreach((json_t *)json, i, item) {
    long long id = json_is_string(item) ? strtoll(json_string_value(item), NULL, 10) : json_integer_value(item);
    if (id <= 0 || id > INT32_MAX) return call_fail(call, 400, "Bad Request: invalid message identifier specified");
    ids[(*count)++] = (int)id;
  }
  return *count || call_fail(call, 400, "Bad Request: message identifiers are not specified");
}

/* Deletes all of them or none; those that do not exist are skipped. */
static bool delete_messages(struct call *call) {
  int ids[DELETE_MAX];
  size_t count = 0;
  bool is_bad, ok = true;
  json_t *json = call_json(call, "message_ids", &is_bad);
  if (is_bad)
    ok = call_fail(call, 400, "Bad Request: can't parse message_ids JSON object");
  else if (!json)
    ok = call_fail(call, 400, "Bad Request: message identifiers are not specified");
  if (ok) ok = read_ids(call, json, ids, &count);
  json_decref(json);
  struct chat *chat = ok ? call_chat(call, "chat_id", CALL_WRITE) : NULL;
  if (!chat) return false;
  for (size_t i = 0; i < count; i++) {
    const struct message *message = message_find(chat, ids[i]);
    if (message && !may_delete(call, chat, message)) return false;
  }
  for (size_t i = 0; i < count; i++) {
    struct message *message = message_find(chat, ids[i]);
    if (message) message_delete(call->model, message);
  }
  return call_true(call);
}

const struct method method_delete[] = {{"deletemessage", delete_message}, {"deletemessages", delete_messages}, {0}};
