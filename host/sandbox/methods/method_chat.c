/* Methods about a chat itself. */
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"

static bool get_chat(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_READ);
  if (!chat) return false;
  const struct message *pinned = chat->hides_pin ? NULL : message_pinned(chat);
  (void)buffer_add(&call->answer, chat->json, strlen(chat->json) - 1, NULL);
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
  chat->is_left = true;
  return call_true(call);
}

const struct method method_chat[] = {{"getchat", get_chat}, {"leavechat", leave_chat}, {0}};
