/* Methods about invite links and requests to join. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/right.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/invite_link.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/rights.h"

#define LINK_NAME_MAX 32 /* characters */
#define MEMBERS_MAX 99999
#define SUBSCRIPTION_PERIOD 2592000 /* seconds; Telegram takes no other */
#define SUBSCRIPTION_MAX 10000      /* Stars */

static struct chat *find_chat(struct call *call) {
  struct chat *chat = call_group(call, "can't invite members to a private chat");
  return chat && right_check(call, chat, RIGHTS_INVITE, "not enough rights to manage chat invite link") ? chat : NULL;
}

/* ---- links ---- */

static bool write_link(struct call *call, const json_t *link) {
  json_t *shown = json_copy((json_t *)link);
  json_object_del(shown, "member_count"); /* our own account of it */
  char *text = json_write_dump(shown);
  json_write_text(&call->answer, text);
  free(text);
  json_decref(shown);
  return true;
}

static const char *why_not_link(const struct call *call) {
  const char *name = call_text(call, "name");
  int64_t expires_at = call_integer(call, "expire_date", 0), limit = call_integer(call, "member_limit", 0);
  size_t length = 0;
  for (const char *at = name ? name : ""; *at; at++) length += (*at & 0xC0) != 0x80;
  if (length > LINK_NAME_MAX) return "INVITE_NAME_TOO_LONG";
  if (expires_at && expires_at <= model_now(call->model)) return "EXPIRE_DATE_INVALID";
  if (limit < 0 || limit > MEMBERS_MAX) return "USAGE_LIMIT_INVALID";
  return limit && call_flag(call, "creates_join_request")
             ? "member limit can't be specified for links requiring administrator approval"
             : NULL;
}

static void describe_link(const struct call *call, json_t *link) {
  static const char *const numbers[] = {"expire_date", "member_limit"};
  const char *name = call_text(call, "name");
  json_object_del(link, "name");
  if (name) json_object_set_new(link, "name", json_string(name));
  for (size_t i = 0; i < 2; i++) {
    int64_t value = call_integer(call, numbers[i], 0);
    json_object_del(link, numbers[i]);
    if (value) json_object_set_new(link, numbers[i], json_integer(value));
  }
  json_object_set_new(link, "creates_join_request", json_boolean(call_flag(call, "creates_join_request")));
}

static bool create_invite_link(struct call *call) {
  struct chat *chat = find_chat(call);
  const char *why = chat ? why_not_link(call) : NULL;
  if (!chat || why) return chat ? call_fail(call, 400, "Bad Request: %s", why) : false;
  json_t *link = invite_link_add(call->model, chat, call->bot->person, false);
  describe_link(call, link);
  return write_link(call, link);
}

static bool create_subscription_link(struct call *call) {
  struct chat *chat = find_chat(call);
  int64_t price = call_integer(call, "subscription_price", 0);
  if (!chat) return false;
  if (chat->type != CHAT_CHANNEL) return call_fail(call, 400, "Bad Request: the chat must be a channel");
  if (call_integer(call, "subscription_period", 0) != SUBSCRIPTION_PERIOD)
    return call_fail(call, 400, "Bad Request: SUBSCRIPTION_PERIOD_INVALID");
  if (price < 1 || price > SUBSCRIPTION_MAX) return call_fail(call, 400, "Bad Request: STARS_AMOUNT_INVALID");
  json_t *link = invite_link_add(call->model, chat, call->bot->person, false);
  describe_link(call, link);
  json_object_set_new(link, "subscription_period", json_integer(SUBSCRIPTION_PERIOD));
  json_object_set_new(link, "subscription_price", json_integer(price));
  return write_link(call, link);
}

static json_t *find_link(struct call *call, struct chat *chat) {
  const char *text = call_text(call, "invite_link");
  json_t *link = text ? invite_link_find(chat, text) : NULL;
  if (!link) call_fail(call, 400, "Bad Request: INVITE_HASH_EXPIRED");
  return link;
}

static bool edit_invite_link(struct call *call) {
  struct chat *chat = find_chat(call);
  json_t *link = chat ? find_link(call, chat) : NULL;
  const char *why = link ? why_not_link(call) : NULL;
  if (!link || why) return link ? call_fail(call, 400, "Bad Request: %s", why) : false;
  if (json_is_true(json_object_get(link, "is_primary")) || json_is_true(json_object_get(link, "is_revoked")))
    return call_fail(call, 400, "Bad Request: INVITE_REVOKED_MISSING");
  describe_link(call, link);
  return write_link(call, link);
}

static bool edit_subscription_link(struct call *call) {
  struct chat *chat = find_chat(call);
  json_t *link = chat ? find_link(call, chat) : NULL;
  const char *name = call_text(call, "name");
  if (!link) return false;
  json_object_del(link, "name");
  if (name) json_object_set_new(link, "name", json_string(name));
  return write_link(call, link);
}

/* A primary link that is revoked is replaced by a new one. */
static bool revoke_invite_link(struct call *call) {
  struct chat *chat = find_chat(call);
  json_t *link = chat ? find_link(call, chat) : NULL;
  if (!link) return false;
  json_object_set_new(link, "is_revoked", json_true());
  if (json_is_true(json_object_get(link, "is_primary"))) (void)invite_link_add(call->model, chat, call->bot->person, true);
  return write_link(call, link);
}

static bool export_invite_link(struct call *call) {
  struct chat *chat = find_chat(call);
  if (!chat) return false;
  const char *old = invite_link_primary(chat, call->bot->person);
  if (old) json_object_set_new(invite_link_find(chat, old), "is_revoked", json_true());
  const char *text =
      json_string_value(json_object_get(invite_link_add(call->model, chat, call->bot->person, true), "invite_link"));
  json_write_string(&call->answer, text, strlen(text));
  return true;
}

/* ---- requests to join ---- */

static bool answer_request(struct call *call, bool is_approved) {
  struct chat *chat = find_chat(call);
  int64_t id = call_integer(call, "user_id", 0);
  if (chat && id > 0 && !person_find(call->model, id)) return call_fail(call, 400, "Bad Request: HIDE_REQUESTER_MISSING");
  struct person *person = chat ? call_person(call) : NULL;
  if (!person) return false;
  struct member_change change = {.chat = chat,
                                 .actor = person,
                                 .subject = person,
                                 .before = member_now(chat, person, model_now(call->model)),
                                 .more = "\"via_join_request\":true"};
  if (member_is_in(&change.before)) return call_fail(call, 400, "Bad Request: USER_ALREADY_PARTICIPANT");
  json_t *request = invite_link_take_request(chat, person->id);
  if (!request) return call_fail(call, 400, "Bad Request: HIDE_REQUESTER_MISSING");
  json_decref(request);
  if (is_approved) member_add(chat, person->id);
  member_update_send(call->model, &change);
  return call_true(call);
}

static bool approve_request(struct call *call) { return answer_request(call, true); }
static bool decline_request(struct call *call) { return answer_request(call, false); }

const struct method method_invite[] = {{"createchatinvitelink", create_invite_link},
                                       {"createchatsubscriptioninvitelink", create_subscription_link},
                                       {"editchatinvitelink", edit_invite_link},
                                       {"editchatsubscriptioninvitelink", edit_subscription_link},
                                       {"revokechatinvitelink", revoke_invite_link},
                                       {"exportchatinvitelink", export_invite_link},
                                       {"approvechatjoinrequest", approve_request},
                                       {"declinechatjoinrequest", decline_request},
                                       {0}};
