#include "sandbox/methods/right.h"

#include "sandbox/methods/call.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/member.h"
#include "sandbox/model/model.h"
#include "sandbox/model/rights.h"

/* What all members may do, a bot may do without being an administrator. */
static bool is_permitted(const struct chat *chat, uint32_t right) {
  static const struct {
    uint32_t right;
    const char *permission;
  } both[] = {{RIGHTS_CHANGE_INFO, "can_change_info"}, {RIGHTS_INVITE, "can_invite_users"}, {RIGHTS_PIN, "can_pin_messages"}};
  for (unsigned i = 0; i < sizeof both / sizeof *both; i++) {
    if (both[i].right != right) continue;
    return chat->type == CHAT_GROUP && chat->permissions & rights_bit(RIGHTS_PERMISSIONS, both[i].permission);
  }
  return false;
}

bool right_check(struct call *call, const struct chat *chat, uint32_t right, const char *refusal) {
  struct member member = member_now(chat, call->bot->person, model_now(call->model));
  if (chat->type == CHAT_PRIVATE || member_has_right(&member, right) || is_permitted(chat, right)) return true;
  return call_fail(call, 400, "Bad Request: %s", refusal);
}
