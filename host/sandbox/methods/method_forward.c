/* Methods that forward and copy messages. */
#include <stdio.h>
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
#include "sandbox/model/model.h"
#include "sandbox/model/origin.h"
#include "sandbox/model/person.h"

#define MESSAGES_MAX 100 /* of one call */

/* Why Telegram does not let the message go on; NULL: it does. */
static const char *why_not(const struct message *source, bool is_copy) {
  if (source->kind == MESSAGE_SERVICE) return is_copy ? "the message can't be copied" : "the message can't be forwarded";
  return source->is_protected && !is_copy ? "message has protected content and can't be forwarded" : NULL;
}

static struct message *find_source(struct call *call, bool is_copy) {
  struct chat *chat = call_chat(call, "from_chat_id", CALL_READ);
  struct message *message = chat ? call_message(call, chat, is_copy ? "message to copy" : "message to forward") : NULL;
  const char *why = message ? why_not(message, is_copy) : NULL;
  if (why) call_fail(call, 400, "Bad Request: %s", why);
  return why ? NULL : message;
}

static void copy_content(struct message *to, const struct message *from) {
  to->kind = from->kind;
  to->text = message_copy_text(from->text);
  to->entities = message_copy_text(from->entities);
  to->content = message_copy_text(from->content);
}

/* Buttons do not go along, unless the call brings some. */
static struct message *forward_one(struct call *call, struct sending *sending, const struct message *source) {
  struct message *message = sending_add(call, sending);
  copy_content(message, source);
  message->origin = origin_of_forward(source);
  message->is_forwarded = true;
  return message;
}

static bool forward_message(struct call *call) {
  struct sending sending = {0};
  const struct message *source = find_source(call, false);
  bool ok = source && sending_read(call, &sending);
  if (ok) sending_finish(call, forward_one(call, &sending, source));
  sending_release(&sending);
  return ok;
}

static void write_id(struct call *call, struct message *message) {
  message_changed(call->model, message);
  (void)buffer_format(&call->answer, NULL, "{\"message_id\":%d}", message->id);
}

static bool copy_message(struct call *call) {
  struct sending sending = {0};
  struct entity_text caption;
  bool has_caption = call_find(call, "caption") != NULL;
  if (!formatted_text_read(call, "caption", "caption_entities", &caption)) return false;
  const struct message *source = find_source(call, true);
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
    write_id(call, message);
  }
  sending_release(&sending);
  entity_release(&caption);
  return ok;
}

/* ---- many at once: those that are missing or may not go on are skipped ---- */

/* The messages of an album are one again: under a new id. */
static void join_album(struct call *call, struct message *message, const struct message *source, const struct message *before) {
  char group[24];
  if (!source->group) return;
  bool is_first = !before || !before->group || strcmp(before->group, source->group) != 0;
  if (is_first) call->model->next_query_id++;
  (void)snprintf(group, sizeof group, "%lld", (long long)call->model->next_query_id);
  message->group = memory_copy_text(group);
}

static void send_one(struct call *call, struct sending *sending, const struct message *source, const struct message *before,
                     bool is_copy) {
  struct message *message;
  if (is_copy) {
    message = sending_add(call, sending);
    copy_content(message, source);
  } else {
    message = forward_one(call, sending, source);
  }
  join_album(call, message, source, before);
  if (is_copy && message->kind == MESSAGE_MEDIA && call_flag(call, "remove_caption")) {
    message_set(&message->text, NULL);
    message_set(&message->entities, NULL);
  }
  write_id(call, message);
}

static bool send_many(struct call *call, bool is_copy) {
  int ids[MESSAGES_MAX];
  size_t count = 0, sent = 0;
  struct sending sending = {0};
  if (!call_message_ids(call, ids, MESSAGES_MAX, &count)) return false;
  for (size_t i = 1; i < count; i++) {
    if (ids[i] <= ids[i - 1])
      return call_fail(call, 400, "Bad Request: message identifiers must be in a strictly increasing order");
  }
  const struct chat *from = call_chat(call, "from_chat_id", CALL_READ);
  bool ok = from && sending_read(call, &sending);
  const struct message *before = NULL;
  size_t start = call->answer.size;
  if (ok) json_write_text(&call->answer, "[");
  for (size_t i = 0; ok && i < count; i++) {
    const struct message *source = message_find(from, ids[i]);
    if (!source || source->is_forgotten || why_not(source, is_copy)) continue;
    if (sent++) json_write_text(&call->answer, ",");
    send_one(call, &sending, source, before, is_copy);
    before = source;
  }
  call->model->next_query_id++;
  sending_release(&sending);
  if (!ok) return false;
  if (sent) json_write_text(&call->answer, "]");
  if (sent) return true;
  buffer_cut(&call->answer, start);
  return call_fail(call, 400, "Bad Request: there are no messages to %s", is_copy ? "copy" : "forward");
}

static bool forward_messages(struct call *call) { return send_many(call, false); }
static bool copy_messages(struct call *call) { return send_many(call, true); }

const struct method method_forward[] = {{"forwardmessage", forward_message},
                                        {"copymessage", copy_message},
                                        {"forwardmessages", forward_messages},
                                        {"copymessages", copy_messages},
                                        {0}};
