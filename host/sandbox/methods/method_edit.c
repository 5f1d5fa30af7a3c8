/* Methods that edit a message: its text, caption, file or buttons. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/editing.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/methods/link_preview.h"
#include "sandbox/methods/media.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/message.h"

static bool edit_message_text(struct call *call) {
  struct editing editing = {0};
  struct entity_text text;
  bool ok = formatted_text_read_message(call, &text) && editing_read_markup(call, &editing) &&
            link_preview_read(call, &editing.preview) && editing_find(call, &editing, "message can't be edited");
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

/* The kind of file that the message shows. False: none, or one that Telegram never exchanges. */
static bool find_kind(const struct message *message, enum file_kind *kind) {
  static const enum file_kind kinds[] = {FILE_ANIMATION, FILE_PHOTO, FILE_VIDEO, FILE_AUDIO, FILE_DOCUMENT};
  for (size_t i = 0; message->content && i < sizeof kinds / sizeof *kinds; i++) {
    const char *member = file_kind_member(kinds[i]);
    size_t size = strlen(member);
    *kind = kinds[i];
    if (strncmp(message->content + 1, member, size) == 0 && message->content[size + 1] == '"') return true;
  }
  return false;
}

static bool may_get_media(struct call *call, const struct message *message, const struct media *media) {
  enum file_kind kind = FILE_DOCUMENT;
  bool is_file = find_kind(message, &kind);
  if (message->kind != MESSAGE_TEXT && !is_file) return call_fail(call, 400, "Bad Request: message media can't be edited");
  if (!message->group || media_is_same_sort(kind, media->kind)) return true;
  return call_fail(call, 400, "Bad Request: can't change media type in the album");
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
  if (ok) ok = may_get_media(call, editing.message, &media);
  if (ok) {
    char *content = media_take_content(call, &media);
    if (!media.caption.size) free(media.caption.text), media.caption.text = NULL;
    ok = editing_apply(call, &editing, MESSAGE_MEDIA, &media.caption, content);
  }
  editing_release(&editing);
  media_release(&media);
  json_decref(json);
  return ok;
}

static bool edit_message_reply_markup(struct call *call) {
  struct editing editing = {0};
  bool ok = editing_read_markup(call, &editing) && editing_find(call, &editing, "message can't be edited");
  if (ok) {
    const struct message *message = editing.message;
    struct entity_text text = {.text = message_copy_text(message->text), .entities = message_copy_text(message->entities)};
    editing.preview = message_copy_text(message->preview);
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
