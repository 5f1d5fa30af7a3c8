/* What the info of a group or channel tells in Telegram's apps: who is in it, by which links others come, who asks to come,
 * which topics it has. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/invite_link.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/rights.h"
#include "sandbox/model/topic.h"
#include "sandbox/person/action.h"

static void write_member(const struct model *model, const struct chat *chat, const struct person *person, struct buffer *json,
                         unsigned *written) {
  struct member member = member_now(chat, person, model_now(model));
  if (member.status == MEMBER_LEFT) return;
  if ((*written)++) json_write_text(json, ",");
  member_write(&member, person, json);
}

/* A bot without an entry is in every group. */
static void write_members(const struct model *model, const struct chat *chat, struct buffer *json) {
  unsigned written = 0;
  json_write_text(json, ",\"members\":[");
  for (const struct bot *bot = model->bots; bot; bot = bot->hh.next) write_member(model, chat, bot->person, json, &written);
  for (const struct member *member = chat->members; member; member = member->hh.next) {
    const struct person *person = person_find(model, member->user_id);
    if (person && !person->is_bot) write_member(model, chat, person, json, &written);
  }
  json_write_text(json, "]");
}

/* The values of an object as an array. */
static void write_values(const char *name, const json_t *object, struct buffer *json) {
  const char *key;
  json_t *value;
  unsigned written = 0;
  (void)buffer_format(json, NULL, ",\"%s\":[", name);
  json_object_foreach((json_t *)object, key, value) {
    char *text = json_write_dump(value);
    if (written++) json_write_text(json, ",");
    json_write_text(json, text);
    free(text);
  }
  json_write_text(json, "]");
}

static struct chat *find_chat(const struct action *action, struct error *error) {
  const char *link = action_text(action, "invite_link");
  if (!link) return action_chat(action, error);
  struct chat *chat = invite_link_chat(action->model, link);
  if (!chat) error_set(error, ERROR_INPUT, "no chat has this \"invite_link\"");
  return chat;
}

bool group_details_show(struct action *action, struct error *error) {
  struct chat *chat = find_chat(action, error);
  struct buffer *json = action->answer;
  if (!chat) return false;
  if (chat->type == CHAT_PRIVATE) return error_set(error, ERROR_INPUT, "\"chat_id\" must not be a private chat's");
  (void)buffer_add(json, chat->json, strlen(chat->json) - 1, NULL);
  json_write_member(json, "description", chat->description);
  json_write_text(json, ",\"permissions\":{");
  rights_write(RIGHTS_PERMISSIONS, chat->permissions, json);
  json_write_text(json, "}");
  write_members(action->model, chat, json);
  write_values("invite_links", chat->invite_links, json);
  write_values("join_requests", chat->join_requests, json);
  if (chat->is_forum) (void)topic_find(chat, TOPIC_GENERAL); /* which is made when it is looked for */
  write_values("topics", chat->topics, json);
  json_write_text(json, "}");
  return true;
}
