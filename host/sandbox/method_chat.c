/* Methods about chats: what is known of them, pins, members, reactions. The sandbox's bots are administrators everywhere. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/call.h"
#include "sandbox/message.h"
#include "sandbox/methods.h"
#include "sandbox/model.h"
#include "sandbox/restriction.h"
#include "sandbox/write.h"

static bool get_chat(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_READ);
  if (!chat) return false;
  const struct message *pinned = chat->hides_pin ? NULL : message_pinned(chat);
  (void)buffer_add(&call->answer, chat->json, strlen(chat->json) - 1, NULL);
  write_text(&call->answer,
             ",\"accent_color_id\":0,\"max_reaction_count\":11,\"accepted_gift_types\":{\"unlimited_gifts\":true,\"limited_"
             "gifts\":true,"
             "\"unique_gifts\":true,\"premium_subscription\":true,\"gifts_from_channels\":true}");
  if (pinned && !pinned->is_forgotten) {
    write_text(&call->answer, ",\"pinned_message\":");
    message_write(pinned, MESSAGE_NESTED, &call->answer);
  }
  write_text(&call->answer, "}");
  return true;
}

/* The person of `user_id`; NULL: the call has failed. */
static struct person *read_user(struct call *call) {
  int64_t id = call_integer(call, "user_id", 0);
  struct person *person = model_find_person(call->model, id);
  if (id <= 0)
    call_fail(call, 400, "Bad Request: invalid user_id specified");
  else if (!person)
    call_fail(call, 400, "Bad Request: user not found");
  return person;
}

static bool get_chat_member(struct call *call) {
  if (call_integer(call, "user_id", 0) <= 0) return call_fail(call, 400, "Bad Request: invalid user_id specified");
  struct chat *chat = call_chat(call, "chat_id", CALL_READ);
  if (!chat) return false;
  const struct person *person = read_user(call);
  if (!person) return false;
  bool is_me = person == call->bot->person, is_peer = chat->person == person;
  if (chat->person && !is_me && !is_peer) return call_fail(call, 400, "Bad Request: member not found");
  const char *status = is_peer || (chat->person && is_me)  ? "member"
                       : is_me                             ? chat->is_left ? "left" : "administrator"
                       : model_is_member(chat, person->id) ? "member"
                                                           : "left";
  (void)buffer_format(&call->answer, NULL, "{\"user\":%s,\"status\":\"%s\"}", person->json, status);
  return true;
}

/* ---- pins ---- */

static bool pin_chat_message(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  struct message *message = chat ? call_message(call, chat, "message to pin") : NULL;
  if (!message) return false;
  if (message->kind == MESSAGE_SERVICE) return call_fail(call, 400, "Bad Request: service messages can't be pinned");
  if (message->is_pinned) return call_fail(call, 400, "Bad Request: CHAT_NOT_MODIFIED");
  message->is_pinned = true;
  message_changed(call->model, message);
  message_add_pin(call->model, message, call->bot->person); /* a bot is told of its own pins */
  return call_true(call);
}

static bool unpin_chat_message(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  if (!chat) return false;
  bool is_named = call_text(call, "message_id") != NULL;
  struct message *message = is_named ? call_message(call, chat, "message to unpin") : message_pinned(chat);
  if (!message) return is_named ? false : call_fail(call, 400, "Bad Request: message to unpin not found");
  if (!message->is_pinned) return call_fail(call, 400, "Bad Request: CHAT_NOT_MODIFIED");
  message->is_pinned = false;
  message_changed(call->model, message);
  return call_true(call);
}

static bool unpin_all_chat_messages(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  if (!chat) return false;
  for (struct message *message; (message = message_pinned(chat));) {
    message->is_pinned = false;
    message_changed(call->model, message);
  }
  return call_true(call);
}

/* ---- members ---- */

static struct chat *read_group(struct call *call, const char *refusal) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  if (chat && chat->type != CHAT_PRIVATE) return chat;
  if (chat) call_fail(call, 400, "Bad Request: %s", refusal);
  return NULL;
}

static bool leave_chat(struct call *call) {
  struct chat *chat = read_group(call, "chat member status can't be changed in private chats");
  if (!chat) return false;
  chat->is_left = true;
  return call_true(call);
}

static bool ban_chat_member(struct call *call) {
  struct chat *chat = read_group(call, "can't ban members in private chats");
  const struct person *person = chat ? read_user(call) : NULL;
  if (!person) return false;
  (void)model_remove_member(chat, person->id);
  return call_true(call);
}

static bool unban_chat_member(struct call *call) {
  return read_group(call, "can't unban members in private chats") && read_user(call) && call_true(call);
}

/* Less than 30 seconds or more than 366 days is for good. Only who may send nothing at all is silent here. */
static bool restrict_chat_member(struct call *call) {
  bool is_bad;
  int64_t now = model_now(call->model), until = call_integer(call, "until_date", 0);
  struct chat *chat = read_group(call, "can't restrict members in private chats");
  const struct person *person = chat ? read_user(call) : NULL;
  if (!person) return false;
  if (chat->type != CHAT_SUPERGROUP) return call_fail(call, 400, "Bad Request: method is available only for supergroups");
  json_t *permissions = call_json(call, "permissions", &is_bad);
  bool ok = json_is_object(permissions) || call_fail(call, 400, "Bad Request: can't parse permissions JSON object");
  bool is_for_good = until < now + 30 || until > now + 366 * INT64_C(86400);
  if (ok)
    restriction_set(chat, person->id, !json_is_true(json_object_get(permissions, "can_send_messages")),
                    is_for_good ? 0 : until);
  json_decref(permissions);
  return ok && call_true(call);
}

/* ---- reactions ---- */

static const char *why_not_reaction(const json_t *reaction) {
  const char *type = json_string_value(json_object_get(reaction, "type"));
  if (!type) return "can't parse ReactionType: Can't find field \"type\"";
  if (strcmp(type, "emoji") == 0) return json_string_length(json_object_get(reaction, "emoji")) ? NULL : "REACTION_INVALID";
  if (strcmp(type, "custom_emoji") == 0) return NULL;
  return "can't parse ReactionType: invalid reaction type specified";
}

static bool set_message_reaction(struct call *call) {
  bool is_bad;
  json_t *reactions = call_json(call, "reaction", &is_bad), *reaction;
  const char *why = is_bad || (reactions && !json_is_array(reactions)) ? "can't parse reaction types JSON object" : NULL;
  size_t i;
  json_array_foreach(reactions, i, reaction) {
    if (!why) why = why_not_reaction(reaction);
  }
  if (!why && json_array_size(reactions) > 1) why = "REACTIONS_TOO_MANY";
  json_decref(reactions);
  if (why) return call_fail(call, 400, "Bad Request: %s", why);
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  return chat && call_message(call, chat, "message to react") && call_true(call);
}

const struct method method_chat[] = {{"getchat", get_chat},
                                     {"getchatmember", get_chat_member},
                                     {"pinchatmessage", pin_chat_message},
                                     {"unpinchatmessage", unpin_chat_message},
                                     {"unpinallchatmessages", unpin_all_chat_messages},
                                     {"leavechat", leave_chat},
                                     {"banchatmember", ban_chat_member},
                                     {"kickchatmember", ban_chat_member},
                                     {"unbanchatmember", unban_chat_member},
                                     {"restrictchatmember", restrict_chat_member},
                                     {"setmessagereaction", set_message_reaction},
                                     {0}};
