/* Methods that forward and copy messages. */
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "net/server.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/sending.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/origin.h"
#include "sandbox/model/person.h"

static struct message *find_source(struct call *call, const char *what) {
  struct chat *chat = call_chat(call, "from_chat_id", CALL_READ);
  struct message *message = chat ? call_message(call, chat, what) : NULL;
  if (message && message->kind == MESSAGE_SERVICE) {
    const char *verb = strcmp(what, "message to copy") == 0 ? "copied" : "forwarded";
    call_fail(call, 400, "Bad Request: the message can't be %s", verb);
    return NULL;
  }
  return message;
}

static void copy_content(struct message *to, const struct message *from) {
  to->kind = from->kind;
  to->text = message_copy_text(from->text);
  to->entities = message_copy_text(from->entities);
  to->content = message_copy_text(from->content);
}

static bool forward_message(struct call *call) {
  struct sending sending = {0};
  const struct message *source = find_source(call, "message to forward");
  bool ok = source && sending_read(call, &sending);
  if (ok) {
    struct message *message = sending_add(call, &sending);
    copy_content(message, source);
    message->origin = origin_of_forward(source);
    message->is_forwarded = true;
    sending_finish(call, message);
  }
  sending_release(&sending);
  return ok;
}

static bool copy_message(struct call *call) {
  struct sending sending = {0};
  struct entity_text caption;
  bool has_caption = call_find(call, "caption") != NULL;
  if (!formatted_text_read(call, "caption", "caption_entities", &caption)) return false;
  const struct message *source = find_source(call, "message to copy");
  bool ok = source && sending_read(call, &sending);
  if (ok && caption.length > FORMATTED_TEXT_CAPTION_MAX) ok = call_fail(call, 400, "Bad Request: message caption is too long");
  if (ok) {
    struct message *message = sending_add(call, &sending);
    copy_content(message, source);
    if (has_caption && message->kind == MESSAGE_MEDIA) {
      message_set(&message->text, caption.size ? caption.text : NULL);
      message_set(&message->entities, caption.entities);
      if (!caption.size) free(caption.text);
      caption = (struct entity_text){0};
    }
    message_changed(call->model, message);
    (void)buffer_format(&call->answer, NULL, "{\"message_id\":%d}", message->id);
  }
  sending_release(&sending);
  entity_release(&caption);
  return ok;
}

const struct method method_forward[] = {{"forwardmessage", forward_message}, {"copymessage", copy_message}, {0}};
