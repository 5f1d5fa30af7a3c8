/* What an owner does about those who want to come in: links, and decisions about requests to join. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/error.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/invite_link.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/person/action.h"

static struct person *find_owner(const struct action *action, struct chat **chat, struct error *error) {
  *chat = action_chat(action, error);
  struct person *owner = person_find(action->model, action_number(action, "from_id", 0));
  if (*chat && (*chat)->type == CHAT_PRIVATE) {
    error_set(error, ERROR_INPUT, "\"chat_id\" must not be a private chat's");
    return NULL;
  }
  if (*chat && !owner) error_set(error, ERROR_INPUT, "\"from_id\" must name a person");
  return *chat ? owner : NULL;
}

bool invitation_make_link(struct action *action, struct error *error) {
  struct chat *chat;
  const struct person *owner = find_owner(action, &chat, error);
  if (!owner) return false;
  json_t *link = invite_link_add(action->model, chat, owner, false);
  const char *name = action_text(action, "name");
  if (name) json_object_set_new(link, "name", json_string(name));
  json_object_set_new(link, "creates_join_request", json_boolean(action_flag(action, "creates_join_request", false)));
  char *text = json_write_dump(link);
  json_write_text(action->answer, text);
  free(text);
  return true;
}

bool invitation_decide(struct action *action, struct error *error) {
  struct chat *chat;
  struct person *owner = find_owner(action, &chat, error);
  struct person *asking = person_find(action->model, action_number(action, "user_id", 0));
  if (!owner) return false;
  if (!asking) return error_set(error, ERROR_INPUT, "\"user_id\" must name a person");
  json_t *request = invite_link_take_request(chat, asking->id);
  if (!request) return error_set(error, ERROR_INPUT, "this person has not asked to join");
  json_decref(request);
  struct member_change change = {.chat = chat,
                                 .actor = owner,
                                 .subject = asking,
                                 .before = member_now(chat, asking, model_now(action->model)),
                                 .more = "\"via_join_request\":true"};
  if (action_flag(action, "approved", true)) member_add(chat, asking->id);
  member_update_send(action->model, &change);
  return true;
}
