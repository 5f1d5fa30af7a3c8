#include "sandbox/methods/send_right.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "sandbox/methods/call.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/member.h"
#include "sandbox/model/model.h"
#include "sandbox/model/rights.h"

struct content {
  const char *method, *permission, *words; /* Telegram's, of its refusal */
};

/* The first stands for every method that is not here. */
static const struct content contents[] = {{"sendMessage", "can_send_messages", "text messages"},
                                          {"sendPhoto", "can_send_photos", "photos"},
                                          {"sendVideo", "can_send_videos", "videos"},
                                          {"sendAudio", "can_send_audios", "music"},
                                          {"sendDocument", "can_send_documents", "documents"},
                                          {"sendVoice", "can_send_voice_notes", "voice notes"},
                                          {"sendVideoNote", "can_send_video_notes", "video notes"},
                                          {"sendAnimation", "can_send_other_messages", "animations"},
                                          {"sendSticker", "can_send_other_messages", "stickers"},
                                          {"sendDice", "can_send_other_messages", "dice"},
                                          {"sendPoll", "can_send_polls", "polls"},
                                          {"sendLocation", "can_send_messages", "locations"},
                                          {"sendVenue", "can_send_messages", "venues"},
                                          {"sendContact", "can_send_messages", "contacts"},
                                          {"sendInvoice", "can_send_messages", "invoices"}};

static const struct content *find(const char *beginning, const char *rest) {
  size_t size = strlen(beginning);
  for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
    const char *method = contents[i].method;
    if (strncasecmp(method, beginning, size) == 0 && strcasecmp(method + size, rest) == 0) return &contents[i];
  }
  return &contents[0];
}

/* An album is of one kind, but for photos and videos, which are permitted together. */
static const struct content *content_of(const struct call *call) {
  bool is_bad;
  if (strcasecmp(call->method, "sendMediaGroup") != 0) return find("", call->method);
  json_t *media = call_json(call, "media", &is_bad);
  const char *type = json_string_value(json_object_get(json_array_get(media, 0), "type"));
  const struct content *content = find("send", type ? type : "");
  json_decref(media);
  return content;
}

bool send_right_check(struct call *call, const struct chat *chat) {
  if (chat->type == CHAT_PRIVATE) return true;
  struct member member = member_now(chat, call->bot->person, model_now(call->model));
  if (chat->type == CHAT_CHANNEL) {
    return member_has_right(&member, rights_bit(RIGHTS_ADMINISTRATOR, "can_post_messages")) ||
           call_fail(call, 400, "Bad Request: need administrator rights in the channel chat");
  }
  const struct content *content = content_of(call);
  uint32_t permitted = chat->permissions & (member.status == MEMBER_RESTRICTED ? member.rights : UINT32_MAX);
  return member_is_administrator(&member) || permitted & rights_bit(RIGHTS_PERMISSIONS, content->permission) ||
         call_fail(call, 400, "Bad Request: not enough rights to send %s to the chat", content->words);
}
