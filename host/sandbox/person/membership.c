/* Who comes and goes in a group: people by themselves, and what an owner does with people and bots. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/invite_link.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"
#include "sandbox/model/rights.h"
#include "sandbox/person/action.h"

static bool find_subject(const struct action *action, struct member_change *change, const char *name, struct error *error) {
  change->chat = action_chat(action, error);
  if (!change->chat) return false;
  change->subject = person_find(action->model, action_number(action, name, 0));
  if (change->chat->person) return error_set(error, ERROR_INPUT, "\"chat_id\" must not be a private chat's");
  if (!change->subject) return error_set(error, ERROR_INPUT, "\"%s\" must name a person or a bot", name);
  change->before = member_now(change->chat, change->subject, model_now(action->model));
  return true;
}

static void answer(const struct action *action, const struct member_change *change) {
  struct member member = member_now(change->chat, change->subject, model_now(action->model));
  member_write(&member, change->subject, action->answer);
}

/* ---- what an owner does ---- */

static void apply(const struct action *action, struct member *member, enum member_status status) {
  const json_t *rights = json_object_get(action->input, "rights");
  enum rights_kind kind = status == MEMBER_RESTRICTED ? RIGHTS_PERMISSIONS : RIGHTS_ADMINISTRATOR;
  member->status = status;
  member->is_away = false;
  member->until = action_number(action, "until_date", 0);
  member->rights = rights ? rights_read(kind, rights) : status == MEMBER_RESTRICTED ? 0 : rights_all(RIGHTS_ADMINISTRATOR);
  if (action_text(action, "custom_title")) member_set_title(member->title, action_text(action, "custom_title"));
}

bool membership_set(struct action *action, struct error *error) {
  struct member_change change = {0};
  enum member_status status;
  const char *name = action_text(action, "status");
  if (!find_subject(action, &change, "user_id", error)) return false;
  if (!name || !member_status_find(name, &status)) {
    return error_set(error, ERROR_INPUT, "\"status\" must be creator, administrator, member, restricted, left or kicked");
  }
  struct person *actor = person_find(action->model, action_number(action, "from_id", 0));
  change.actor = actor ? actor : change.subject;
  apply(action, member_entry(change.chat, change.subject), status);
  member_update_send(action->model, &change);
  answer(action, &change);
  return true;
}

/* ---- what people do ---- */

/* Only those bots hear of it that may let people in. */
static void tell_request(struct model *model, const struct chat *chat, const json_t *request) {
  uint32_t may_invite = rights_bit(RIGHTS_ADMINISTRATOR, "can_invite_users");
  char *text = json_write_dump(request);
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    struct member member = member_now(chat, bot->person, model_now(model));
    if (!member_has_right(&member, may_invite)) continue;
    bot_queue_update(model, bot, "chat_join_request", text, strlen(text), model_now(model) + QUEUE_LIFE);
  }
  free(text);
}

static void ask_to_join(const struct action *action, const struct member_change *change, json_t *link) {
  json_t *request = json_pack("{s:o,s:o,s:I,s:I,s:O}", "chat", json_loads(change->chat->json, 0, NULL), "from",
                              json_loads(change->subject->json, 0, NULL), "user_chat_id", (json_int_t)change->subject->id,
                              "date", (json_int_t)model_now(action->model), "invite_link", link);
  const char *bio = action_text(action, "bio");
  if (bio) json_object_set_new(request, "bio", json_string(bio));
  json_object_del(json_object_get(request, "invite_link"), "member_count");
  tell_request(action->model, change->chat, request);
  invite_link_add_request(change->chat, change->subject->id, request);
}

/* The chat of the link, if the input names one. False: it can't be used. */
static bool find_link(struct action *action, json_t **link, struct error *error) {
  const char *text = action_text(action, "invite_link");
  if (!text) return true;
  const struct chat *chat = invite_link_chat(action->model, text);
  *link = chat ? invite_link_find(chat, text) : NULL;
  if (!*link || !invite_link_is_open(*link, model_now(action->model)))
    return error_set(error, ERROR_INPUT, "the \"invite_link\" is unknown, revoked, expired or used up");
  json_object_set_new(action->input, "chat_id", json_integer(chat->id));
  return true;
}

bool membership_join(struct action *action, struct error *error) {
  struct member_change change = {0};
  json_t *link = NULL;
  if (!find_link(action, &link, error) || !find_subject(action, &change, "from_id", error)) return false;
  if (change.before.status == MEMBER_KICKED) return error_set(error, ERROR_INPUT, "this person is banned from the chat");
  if (member_is_in(&change.before)) return error_set(error, ERROR_INPUT, "this person is in the chat already");
  change.actor = change.subject;
  if (json_is_true(json_object_get(link, "creates_join_request"))) {
    ask_to_join(action, &change, link);
    return true;
  }
  char *more = link ? json_write_content("invite_link", json_incref(link)) : NULL;
  change.more = more;
  member_add(change.chat, change.subject->id);
  if (link) invite_link_count_member(link);
  member_update_send(action->model, &change);
  free(more);
  answer(action, &change);
  return true;
}

bool membership_leave(struct action *action, struct error *error) {
  struct member_change change = {0};
  if (!find_subject(action, &change, "from_id", error)) return false;
  if (!member_is_in(&change.before)) return error_set(error, ERROR_INPUT, "this person is not in the chat");
  change.actor = change.subject;
  member_entry(change.chat, change.subject)->status = MEMBER_LEFT;
  member_update_send(action->model, &change);
  answer(action, &change);
  return true;
}
