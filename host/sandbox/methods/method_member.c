/* Methods about the members of a chat: who is in it, who may write, who is an administrator. */
#include <jansson.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/right.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/member_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/rights.h"

#define CUSTOM_TITLE_MAX 16 /* characters */

/* ---- asking ---- */

static bool get_chat_member(struct call *call) {
  if (call_integer(call, "user_id", 0) <= 0) return call_fail(call, 400, "Bad Request: invalid user_id specified");
  struct chat *chat = call_chat(call, "chat_id", CALL_READ);
  const struct person *person = chat ? call_person(call) : NULL;
  if (!person) return false;
  bool is_stranger = chat->person && person != chat->person && person != call->bot->person;
  if (is_stranger) return call_fail(call, 400, "Bad Request: member not found");
  struct member member = member_now(chat, person, model_now(call->model));
  member_write(&member, person, &call->answer);
  return true;
}

static void write_administrator(struct call *call, const struct chat *chat, const struct person *person, unsigned *written) {
  struct member member = member_now(chat, person, model_now(call->model));
  if (!member_is_administrator(&member)) return;
  if ((*written)++) json_write_text(&call->answer, ",");
  member_write(&member, person, &call->answer);
}

/* Other bots are left out, unless they are asked for. */
static bool get_chat_administrators(struct call *call) {
  struct chat *chat = call_group(call, "there are no administrators in the private chat");
  bool with_bots = call_flag(call, "return_bots");
  unsigned written = 0;
  if (!chat) return false;
  json_write_text(&call->answer, "[");
  for (const struct member *member = chat->members; member; member = member->hh.next) {
    const struct person *person = person_find(call->model, member->user_id);
    if (person && !person->is_bot) write_administrator(call, chat, person, &written);
  }
  for (const struct bot *bot = call->model->bots; bot; bot = bot->hh.next) {
    if (with_bots || bot == call->bot) write_administrator(call, chat, bot->person, &written);
  }
  json_write_text(&call->answer, "]");
  return true;
}

static bool get_chat_member_count(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  if (!chat) return false;
  unsigned count = chat->person ? 2 : 0;
  for (const struct member *member = chat->members; member; member = member->hh.next) {
    const struct person *person = person_find(call->model, member->user_id);
    count += person && !person->is_bot && member_is_in(member);
  }
  for (const struct bot *bot = call->model->bots; bot && !chat->person; bot = bot->hh.next) {
    struct member member = member_now(chat, bot->person, model_now(call->model));
    count += member_is_in(&member);
  }
  json_write_number(&call->answer, count);
  return true;
}

/* ---- changing ---- */

/* A change of one member by this bot. False: the call is failed. */
static bool begin_change(struct call *call, struct member_change *change, const char *in_private, uint32_t right,
                         const char *refusal) {
  *change = (struct member_change){.actor = call->bot->person};
  change->chat = call_group(call, in_private);
  change->subject = change->chat ? call_person(call) : NULL;
  if (!change->subject || !right_check(call, change->chat, right, refusal)) return false;
  change->before = member_now(change->chat, change->subject, model_now(call->model));
  if (change->subject == call->bot->person) return call_fail(call, 400, "Bad Request: can't restrict self");
  if (change->before.status == MEMBER_CREATOR) return call_fail(call, 400, "Bad Request: can't remove chat owner");
  return true;
}

static bool end_change(struct call *call, const struct member_change *change) {
  member_update_send(call->model, change);
  return call_true(call);
}

/* A time less than 30 seconds or more than 366 days ahead means for good. */
static int64_t read_until(const struct call *call) {
  int64_t now = model_now(call->model), until = call_integer(call, "until_date", 0);
  return until < now + 30 || until > now + 366 * INT64_C(86400) ? 0 : until;
}

static const char restrict_refusal[] = "not enough rights to restrict/unrestrict chat member";

static bool ban_chat_member(struct call *call) {
  struct member_change change;
  if (!begin_change(call, &change, "can't ban members in private chats", RIGHTS_RESTRICT, restrict_refusal)) return false;
  if (member_is_administrator(&change.before)) return call_fail(call, 400, "Bad Request: user is an administrator of the chat");
  struct member *member = member_entry(change.chat, change.subject);
  member->status =
      change.chat->type == CHAT_GROUP ? MEMBER_LEFT : MEMBER_KICKED; /* a basic group keeps no list of the banned */
  member->until = read_until(call);
  return end_change(call, &change);
}

/* In supergroups and channels this removes a member, too, unless the bot asks for those only who are banned. */
static bool unban_chat_member(struct call *call) {
  struct member_change change;
  if (!begin_change(call, &change, "can't unban members in private chats", RIGHTS_RESTRICT, restrict_refusal)) return false;
  if (change.chat->type == CHAT_GROUP)
    return call_fail(call, 400, "Bad Request: method is available for supergroup and channel chats only");
  bool is_banned = change.before.status == MEMBER_KICKED;
  if (member_is_administrator(&change.before)) return call_fail(call, 400, "Bad Request: user is an administrator of the chat");
  if (is_banned || !call_flag(call, "only_if_banned")) member_entry(change.chat, change.subject)->status = MEMBER_LEFT;
  return end_change(call, &change);
}

static bool restrict_chat_member(struct call *call) {
  struct member_change change;
  bool is_bad;
  if (!begin_change(call, &change, "can't restrict members in private chats", RIGHTS_RESTRICT, restrict_refusal)) return false;
  if (change.chat->type != CHAT_SUPERGROUP)
    return call_fail(call, 400, "Bad Request: method is available only for supergroups");
  if (member_is_administrator(&change.before)) return call_fail(call, 400, "Bad Request: user is an administrator of the chat");
  json_t *permissions = call_json(call, "permissions", &is_bad);
  bool ok = json_is_object(permissions) || call_fail(call, 400, "Bad Request: can't parse permissions JSON object");
  if (ok) {
    struct member *member = member_entry(change.chat, change.subject);
    uint32_t rights = rights_read(RIGHTS_PERMISSIONS, permissions);
    bool is_free = (rights | ~change.chat->permissions) == UINT32_MAX || rights == rights_all(RIGHTS_PERMISSIONS);
    bool was_in = member_is_in(&change.before);
    member->is_away = !is_free && !was_in;
    member->status = !is_free ? MEMBER_RESTRICTED : was_in ? MEMBER_PLAIN : MEMBER_LEFT;
    member->rights = rights;
    member->until = read_until(call);
  }
  json_decref(permissions);
  return ok && end_change(call, &change);
}

/* Without any right the administrator becomes a member again. */
static bool promote_chat_member(struct call *call) {
  struct member_change change;
  uint32_t rights = 0;
  if (!begin_change(call, &change, "can't promote members in private chats", RIGHTS_PROMOTE, "not enough rights")) return false;
  if (change.chat->type == CHAT_GROUP)
    return call_fail(call, 400, "Bad Request: method is available for supergroup and channel chats only");
  if (!member_is_in(&change.before) && change.chat->type != CHAT_CHANNEL)
    return call_fail(call, 400, "Bad Request: USER_NOT_PARTICIPANT");
  for (unsigned i = 0; rights_name(RIGHTS_ADMINISTRATOR, i); i++) {
    if (call_flag(call, rights_name(RIGHTS_ADMINISTRATOR, i))) rights |= UINT32_C(1) << i;
  }
  uint32_t manages = rights_bit(RIGHTS_ADMINISTRATOR, "can_manage_chat");
  struct member *member = member_entry(change.chat, change.subject);
  member->status = rights ? MEMBER_ADMINISTRATOR : MEMBER_PLAIN;
  member->rights = rights ? rights | manages : 0; /* any right brings this one along */
  if (!rights) member_set_title(member->title, NULL);
  return end_change(call, &change);
}

/* ---- names beside the name ---- */

static size_t count_characters(const char *text) {
  size_t count = 0;
  for (const char *at = text; *at; at++) count += (*at & 0xC0) != 0x80;
  return count;
}

static bool set_administrator_title(struct call *call) {
  struct member_change change;
  const char *title = call_text(call, "custom_title");
  if (!begin_change(call, &change, "can't set custom title in private chats", RIGHTS_PROMOTE,
                    "not enough rights to change custom title of the user"))
    return false;
  if (change.chat->type != CHAT_SUPERGROUP)
    return call_fail(call, 400, "Bad Request: method is available only for supergroups");
  if (!member_is_administrator(&change.before)) return call_fail(call, 400, "Bad Request: user is not an administrator");
  if (title && count_characters(title) > CUSTOM_TITLE_MAX) return call_fail(call, 400, "Bad Request: ADMIN_RANK_INVALID");
  member_set_title(member_entry(change.chat, change.subject)->title, title);
  return call_true(call);
}

static bool set_chat_member_tag(struct call *call) {
  struct member_change change;
  const char *tag = call_text(call, "tag");
  if (!begin_change(call, &change, "can't set member tag in private chats", rights_bit(RIGHTS_ADMINISTRATOR, "can_manage_tags"),
                    "not enough rights to change tag of the user"))
    return false;
  if (!member_is_in(&change.before)) return call_fail(call, 400, "Bad Request: USER_NOT_PARTICIPANT");
  if (tag && count_characters(tag) > CUSTOM_TITLE_MAX) return call_fail(call, 400, "Bad Request: ADMIN_RANK_INVALID");
  member_set_title(member_entry(change.chat, change.subject)->tag, tag);
  return call_true(call);
}

/* Nobody in the sandbox writes in the name of a channel, so there is nothing to stop. */
static bool ban_sender_chat(struct call *call) {
  struct chat *chat = call_group(call, "can't ban members in private chats");
  if (!chat || !right_check(call, chat, RIGHTS_RESTRICT, restrict_refusal)) return false;
  if (call_integer(call, "sender_chat_id", 0) > 0) return call_fail(call, 400, "Bad Request: can't remove chat owner");
  return call_chat(call, "sender_chat_id", CALL_READ) && call_true(call);
}

const struct method method_member[] = {{"getchatmember", get_chat_member},
                                       {"getchatadministrators", get_chat_administrators},
                                       {"getchatmembercount", get_chat_member_count},
                                       {"getchatmemberscount", get_chat_member_count},
                                       {"banchatmember", ban_chat_member},
                                       {"kickchatmember", ban_chat_member},
                                       {"unbanchatmember", unban_chat_member},
                                       {"restrictchatmember", restrict_chat_member},
                                       {"promotechatmember", promote_chat_member},
                                       {"setchatadministratorcustomtitle", set_administrator_title},
                                       {"setchatmembertag", set_chat_member_tag},
                                       {"banchatsenderchat", ban_sender_chat},
                                       {"unbanchatsenderchat", ban_sender_chat},
                                       {0}};
