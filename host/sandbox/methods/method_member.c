/* Methods about the members of a chat. Bots are administrators in every group. */
#include <jansson.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/restriction.h"

static bool get_chat_member(struct call *call) {
  if (call_integer(call, "user_id", 0) <= 0) return call_fail(call, 400, "Bad Request: invalid user_id specified");
  struct chat *chat = call_chat(call, "chat_id", CALL_READ);
  if (!chat) return false;
  const struct person *person = call_person(call);
  if (!person) return false;
  bool is_me = person == call->bot->person, is_peer = chat->person == person;
  if (chat->person && !is_me && !is_peer) return call_fail(call, 400, "Bad Request: member not found");
  const char *status = is_peer || (chat->person && is_me)  ? "member"
                       : is_me                             ? chat->is_left ? "left" : "administrator"
                       : chat_has_member(chat, person->id) ? "member"
                                                           : "left";
  (void)buffer_format(&call->answer, NULL, "{\"user\":%s,\"status\":\"%s\"}", person->json, status);
  return true;
}

static bool ban_chat_member(struct call *call) {
  struct chat *chat = call_group(call, "can't ban members in private chats");
  const struct person *person = chat ? call_person(call) : NULL;
  if (!person) return false;
  chat_remove_member(chat, person->id);
  return call_true(call);
}

static bool unban_chat_member(struct call *call) {
  return call_group(call, "can't unban members in private chats") && call_person(call) && call_true(call);
}

/* A time less than 30 seconds or more than 366 days ahead means for good. Only a person who may send no message at all is
 * restricted here. */
static bool restrict_chat_member(struct call *call) {
  bool is_bad;
  int64_t now = model_now(call->model), until = call_integer(call, "until_date", 0);
  struct chat *chat = call_group(call, "can't restrict members in private chats");
  const struct person *person = chat ? call_person(call) : NULL;
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

const struct method method_member[] = {{"getchatmember", get_chat_member},           {"banchatmember", ban_chat_member},
                                       {"kickchatmember", ban_chat_member},          {"unbanchatmember", unban_chat_member},
                                       {"restrictchatmember", restrict_chat_member}, {0}};
