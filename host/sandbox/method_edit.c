/* Methods that change or delete messages without new files. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "sandbox/call.h"
#include "sandbox/editing.h"
#include "sandbox/entity.h"
#include "sandbox/methods.h"
#include "sandbox/model.h"

#define TEXT_MAX 4096
#define CAPTION_MAX 1024
#define DELETE_MAX_S (48 * 3600)
#define DELETE_MAX 100

static char *copy_or_null(const char *text) { return text ? memory_copy_text(text) : NULL; }

static bool edit_message_text(struct call *call) {
  struct editing editing = {0};
  struct entity_text text;
  bool ok = call_read_message_text(call, &text) && editing_read_markup(call, &editing) &&
            editing_find(call, &editing, "message can't be edited");
  if (ok && editing.message->kind == MESSAGE_FIXED) ok = call_fail(call, 400, "Bad Request: message can't be edited");
  if (ok && editing.message->kind == MESSAGE_MEDIA)
    ok = call_fail(call, 400, "Bad Request: there is no text in the message to edit");
  if (ok && text.length > TEXT_MAX) ok = call_fail(call, 400, "Bad Request: MESSAGE_TOO_LONG");
  if (ok) ok = editing_apply(call, &editing, MESSAGE_TEXT, &text, NULL);
  editing_release(&editing);
  entity_release(&text);
  return ok;
}

static bool edit_message_caption(struct call *call) {
  struct editing editing = {0};
  struct entity_text caption = {0};
  bool ok = editing_read_markup(call, &editing) && call_read_text(call, "caption", "caption_entities", &caption) &&
            editing_find(call, &editing, "message can't be edited");
  if (ok && editing.message->kind != MESSAGE_MEDIA)
    ok = call_fail(call, 400, "Bad Request: there is no caption in the message to edit");
  if (ok && caption.length > CAPTION_MAX) ok = call_fail(call, 400, "Bad Request: MEDIA_CAPTION_TOO_LONG");
  if (ok) {
    if (!caption.size) free(caption.text), caption.text = NULL;
    ok = editing_apply(call, &editing, MESSAGE_MEDIA, &caption, copy_or_null(editing.message->content));
  }
  editing_release(&editing);
  entity_release(&caption);
  return ok;
}

static bool edit_message_reply_markup(struct call *call) {
  struct editing editing = {0};
  bool ok = editing_read_markup(call, &editing) && editing_find(call, &editing, "message can't be edited");
  if (ok) {
    const struct message *message = editing.message;
    struct entity_text text = {.text = copy_or_null(message->text), .entities = copy_or_null(message->entities)};
    ok = editing_apply(call, &editing, message->kind, &text, copy_or_null(message->content));
    entity_release(&text);
  }
  editing_release(&editing);
  return ok;
}

/* ---- deleting ---- */

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

/* All or nothing, but for those that are not there. */
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

const struct method method_edit[] = {{"editmessagetext", edit_message_text},
                                     {"editmessagecaption", edit_message_caption},
                                     {"editmessagereplymarkup", edit_message_reply_markup},
                                     {"deletemessage", delete_message},
                                     {"deletemessages", delete_messages},
                                     {0}};
