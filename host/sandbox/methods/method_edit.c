/* Methods that edit a message: its text, caption, file or buttons. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/editing.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/methods/media.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/message.h"

static bool edit_message_text(struct call *call) {
  struct editing editing = {0};
  struct entity_text text;
  bool ok = formatted_text_read_message(call, &text) && editing_read_markup(call, &editing) &&
            editing_find(call, &editing, "message can't be edited");
  if (ok && editing.message->kind == MESSAGE_FIXED) ok = call_fail(call, 400, "Bad Request: message can't be edited");
  if (ok && editing.message->kind == MESSAGE_MEDIA)
    ok = call_fail(call, 400, "Bad Request: there is no text in the message to edit");
  if (ok && text.length > FORMATTED_TEXT_MAX) ok = call_fail(call, 400, "Bad Request: MESSAGE_TOO_LONG");
  if (ok) ok = editing_apply(call, &editing, MESSAGE_TEXT, &text, NULL);
  editing_release(&editing);
  entity_release(&text);
  return ok;
}

static bool edit_message_caption(struct call *call) {
  struct editing editing = {0};
  struct entity_text caption = {0};
  bool ok = editing_read_markup(call, &editing) && formatted_text_read(call, "caption", "caption_entities", &caption) &&
            editing_find(call, &editing, "message can't be edited");
  if (ok && editing.message->kind != MESSAGE_MEDIA)
    ok = call_fail(call, 400, "Bad Request: there is no caption in the message to edit");
  if (ok && caption.length > FORMATTED_TEXT_CAPTION_MAX) ok = call_fail(call, 400, "Bad Request: MEDIA_CAPTION_TOO_LONG");
  if (ok) {
    if (!caption.size) free(caption.text), caption.text = NULL;
    ok = editing_apply(call, &editing, MESSAGE_MEDIA, &caption, message_copy_text(editing.message->content));
  }
  editing_release(&editing);
  entity_release(&caption);
  return ok;
}

static bool edit_message_media(struct call *call) {
  struct editing editing = {0};
  struct media media = {0};
  bool is_bad;
  json_t *json = call_json(call, "media", &is_bad);
  bool ok = editing_read_markup(call, &editing);
  if (ok && is_bad)
    ok = call_fail(call, 400, "Bad Request: can't parse input media JSON object");
  else if (ok && !json)
    ok = call_fail(call, 400, "Bad Request: parameter \"media\" is required");
  if (ok) ok = media_read_input(call, json, &media) && editing_find(call, &editing, "message media can't be edited");
  const struct message *message = editing.message;
  if (ok && message->kind == MESSAGE_FIXED) ok = call_fail(call, 400, "Bad Request: message media can't be edited");
  bool was_photo = ok && message->content && strncmp(message->content, "\"photo\"", 7) == 0;
  if (ok && message->group && was_photo != media.is_photo)
    ok = call_fail(call, 400, "Bad Request: can't change media type in the album");
  if (ok) {
    char *content = media_take(call, &media);
    if (!media.caption.size) free(media.caption.text), media.caption.text = NULL;
    ok = editing_apply(call, &editing, MESSAGE_MEDIA, &media.caption, content);
  }
  editing_release(&editing);
  entity_release(&media.caption);
  json_decref(json);
  return ok;
}

static bool edit_message_reply_markup(struct call *call) {
  struct editing editing = {0};
  bool ok = editing_read_markup(call, &editing) && editing_find(call, &editing, "message can't be edited");
  if (ok) {
    const struct message *message = editing.message;
    struct entity_text text = {.text = message_copy_text(message->text), .entities = message_copy_text(message->entities)};
    ok = editing_apply(call, &editing, message->kind, &text, message_copy_text(message->content));
    entity_release(&text);
  }
  editing_release(&editing);
  return ok;
}

const struct method method_edit[] = {{"editmessagetext", edit_message_text},
                                     {"editmessagecaption", edit_message_caption},
                                     {"editmessagemedia", edit_message_media},
                                     {"editmessagereplymarkup", edit_message_reply_markup},
                                     {0}};
