#include "sandbox/methods/editing.h"

#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/reply_markup.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/business.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/inline_result.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/model.h"

bool editing_read_markup(struct call *call, struct editing *editing) {
  struct reply_markup markup;
  bool ok = reply_markup_read(call, &markup);
  editing->markup = markup.json;
  editing->has_keyboard = markup.json && !markup.is_inline;
  return ok;
}

/* A message that somebody has written by this bot's inline mode. */
static bool find_inline(struct call *call, struct editing *editing, const char *id) {
  editing->message = inline_result_find(call->model, id);
  if (!editing->message || editing->message->via != call->bot->person)
    return call_fail(call, 400, "Bad Request: MESSAGE_ID_INVALID");
  editing->is_inline = true;
  return !editing->has_keyboard || call_fail(call, 400, "Bad Request: inline keyboard expected");
}

bool editing_find(struct call *call, struct editing *editing, const char *refusal) {
  const char *inline_id = call_text(call, "inline_message_id");
  if (inline_id) return find_inline(call, editing, inline_id);
  bool has_chat = call_text(call, "chat_id") != NULL;
  if (!has_chat) return call_fail(call, 400, "Bad Request: message identifier is not specified");
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  struct message *message = chat ? call_message(call, chat, "message to edit") : NULL;
  if (!message) return false;
  bool is_own = message->from ? message->from == call->bot->person : chat->type == CHAT_CHANNEL;
  if (chat->business) is_own = message->from == business_owner(call->model, business_find(call->model, chat->business));
  if (!is_own || message->is_forwarded || message->has_keyboard || message->kind == MESSAGE_SERVICE) {
    return call_fail(call, 400, "Bad Request: %s", refusal);
  }
  if (editing->has_keyboard) return call_fail(call, 400, "Bad Request: inline keyboard expected");
  editing->message = message;
  return true;
}

static bool is_same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

bool editing_apply(struct call *call, struct editing *editing, enum message_kind kind, struct entity_text *text,
                   char *content) {
  struct message *message = editing->message;
  if (is_same(message->text, text->text) && is_same(message->entities, text->entities) && is_same(message->content, content) &&
      is_same(message->markup, editing->markup) && is_same(message->preview, editing->preview)) {
    free(content);
    return call_fail(
        call, 400,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message");
  }
  message->kind = kind;
  message_set(&message->content, content);
  message_set(&message->text, text->text);
  message_set(&message->entities, text->entities);
  message_set(&message->markup, editing->markup);
  message_set(&message->preview, editing->preview);
  text->text = text->entities = editing->markup = editing->preview = NULL;
  message->edit_date = model_now(call->model);
  message_changed(call->model, message);
  if (editing->is_inline) return call_true(call);
  message_json_write(message, MESSAGE_NESTED, &call->answer);
  return true;
}

void editing_release(struct editing *editing) {
  free(editing->markup);
  free(editing->preview);
}
