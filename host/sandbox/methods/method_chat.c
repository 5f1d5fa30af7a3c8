/* Methods about a chat itself: what it is called, and what all may do in it. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/media.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/right.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/file.h"
#include "sandbox/model/invite_link.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/member_update.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/rights.h"

#define TITLE_MAX 128 /* characters */
#define DESCRIPTION_MAX 255

static void write_details(const struct call *call, const struct chat *chat, struct buffer *answer) {
  const char *link = invite_link_primary(chat, call->bot->person);
  const struct file *photo = chat->photo ? file_find(call->model, chat->photo) : NULL;
  json_write_member(answer, "description", chat->description);
  if (photo) {
    (void)buffer_format(answer, NULL,
                        ",\"photo\":{\"small_file_id\":\"%s\",\"small_file_unique_id\":\"%s\",\"big_file_id\":\"%s\","
                        "\"big_file_unique_id\":\"%s\"}",
                        photo->id, photo->unique_id, photo->id, photo->unique_id);
  }
  json_write_member(answer, "invite_link", link);
  if (chat->type != CHAT_GROUP && chat->type != CHAT_SUPERGROUP) return;
  json_write_text(answer, ",\"permissions\":{");
  rights_write(RIGHTS_PERMISSIONS, chat->permissions, answer);
  json_write_text(answer, "}");
}

static bool get_chat(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_READ);
  if (!chat) return false;
  const struct message *pinned = chat->hides_pin ? NULL : message_pinned(chat);
  (void)buffer_add(&call->answer, chat->json, strlen(chat->json) - 1, NULL);
  write_details(call, chat, &call->answer);
  json_write_text(
      &call->answer,
      ",\"accent_color_id\":0,\"max_reaction_count\":11,\"accepted_gift_types\":{\"unlimited_gifts\":true,\"limited_"
      "gifts\":true,"
      "\"unique_gifts\":true,\"premium_subscription\":true,\"gifts_from_channels\":true}");
  if (pinned && !pinned->is_forgotten) {
    json_write_text(&call->answer, ",\"pinned_message\":");
    message_json_write(pinned, MESSAGE_NESTED, &call->answer);
  }
  json_write_text(&call->answer, "}");
  return true;
}

static bool leave_chat(struct call *call) {
  struct chat *chat = call_group(call, "chat member status can't be changed in private chats");
  if (!chat) return false;
  struct person *bot = call->bot->person;
  struct member_change change = {
      .chat = chat, .actor = bot, .subject = bot, .before = member_now(chat, bot, model_now(call->model))};
  member_entry(chat, bot)->status = MEMBER_LEFT;
  member_update_send(call->model, &change);
  return call_true(call);
}

static size_t count_characters(const char *text) {
  size_t count = 0;
  for (const char *at = text; *at; at++) count += (*at & 0xC0) != 0x80;
  return count;
}

static bool set_chat_title(struct call *call) {
  const char *title = call_text(call, "title");
  struct chat *chat = call_group(call, "can't change private chat title");
  if (!chat || !right_check(call, chat, RIGHTS_CHANGE_INFO, "not enough rights to change chat title")) return false;
  if (!title || !title[strspn(title, " \n\t")]) return call_fail(call, 400, "Bad Request: title must be non-empty");
  if (count_characters(title) > TITLE_MAX) return call_fail(call, 400, "Bad Request: CHAT_TITLE_TOO_LONG");
  if (chat->title && strcmp(chat->title, title) == 0) return call_fail(call, 400, "Bad Request: chat title is not modified");
  free(chat->title);
  chat->title = memory_copy_text(title);
  chat_describe(chat);
  struct person *from = chat->type == CHAT_CHANNEL ? NULL : call->bot->person;
  (void)message_update_send_service(call->model, chat, from, json_write_content("new_chat_title", json_string(title)));
  return call_true(call);
}

/* ---- the photo ---- */

static struct chat *find_chat_for_photo(struct call *call) {
  struct chat *chat = call_group(call, "can't change private chat photo");
  return chat && right_check(call, chat, RIGHTS_CHANGE_INFO, "not enough rights to change chat photo") ? chat : NULL;
}

static bool set_chat_photo(struct call *call) {
  struct media media = {.kind = FILE_PHOTO};
  struct chat *chat = find_chat_for_photo(call);
  bool ok = chat && media_find_parameter(call, &media, "photo");
  if (ok && (media.known || media.url)) ok = call_fail(call, 400, "Bad Request: there is no photo in the request");
  if (ok) {
    const struct file *file = media_take(call, &media);
    struct buffer content;
    buffer_init(&content, JSON_WRITE_CEILING);
    json_write_text(&content, "\"new_chat_photo\":[");
    file_describe_object(file, &content);
    json_write_text(&content, "]");
    chat_set_text(&chat->photo, file->id);
    struct person *from = chat->type == CHAT_CHANNEL ? NULL : call->bot->person;
    (void)message_update_send_service(call->model, chat, from, buffer_take(&content, NULL));
  }
  media_release(&media);
  return ok && call_true(call);
}

static bool delete_chat_photo(struct call *call) {
  struct chat *chat = find_chat_for_photo(call);
  if (!chat) return false;
  if (!chat->photo) return call_fail(call, 400, "Bad Request: CHAT_NOT_MODIFIED");
  chat_set_text(&chat->photo, NULL);
  struct person *from = chat->type == CHAT_CHANNEL ? NULL : call->bot->person;
  (void)message_update_send_service(call->model, chat, from, json_write_content("delete_chat_photo", json_true()));
  return call_true(call);
}

static bool set_chat_description(struct call *call) {
  const char *description = call_text(call, "description");
  struct chat *chat = call_group(call, "can't change private chat description");
  if (!chat || !right_check(call, chat, RIGHTS_CHANGE_INFO, "not enough rights to set chat description")) return false;
  if (!description) description = "";
  if (count_characters(description) > DESCRIPTION_MAX) return call_fail(call, 400, "Bad Request: CHAT_ABOUT_TOO_LONG");
  if (strcmp(chat->description ? chat->description : "", description) == 0)
    return call_fail(call, 400, "Bad Request: chat description is not modified");
  chat_set_text(&chat->description, description);
  return call_true(call);
}

static bool set_chat_permissions(struct call *call) {
  bool is_bad;
  struct chat *chat = call_group(call, "can't change private chat permissions");
  if (!chat || !right_check(call, chat, RIGHTS_RESTRICT, "not enough rights to change chat permissions")) return false;
  if (chat->type == CHAT_CHANNEL) return call_fail(call, 400, "Bad Request: can't change channel chat permissions");
  json_t *json = call_json(call, "permissions", &is_bad);
  bool ok = json_is_object(json) || call_fail(call, 400,
                                              is_bad ? "Bad Request: can't parse permissions JSON object"
                                                     : "Bad Request: object expected as permissions");
  if (ok) chat->permissions = rights_read(RIGHTS_PERMISSIONS, json);
  json_decref(json);
  return ok && call_true(call);
}

const struct method method_chat[] = {{"getchat", get_chat},
                                     {"leavechat", leave_chat},
                                     {"setchattitle", set_chat_title},
                                     {"setchatphoto", set_chat_photo},
                                     {"deletechatphoto", delete_chat_photo},
                                     {"setchatdescription", set_chat_description},
                                     {"setchatpermissions", set_chat_permissions},
                                     {0}};
