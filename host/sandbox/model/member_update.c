#include "sandbox/model/member_update.h"

#include <string.h>

#include "common/buffer.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"

static void write_update(const struct model *model, const struct member_change *change, const struct member *after,
                         struct buffer *json) {
  (void)buffer_format(json, NULL, "{\"chat\":%s,\"from\":%s,\"date\":%lld,\"old_chat_member\":", change->chat->json,
                      change->actor->json, (long long)model_now(model));
  member_write(&change->before, change->subject, json);
  json_write_text(json, ",\"new_chat_member\":");
  member_write(after, change->subject, json);
  if (change->more) {
    json_write_text(json, ",");
    json_write_text(json, change->more);
  }
  json_write_text(json, "}");
}

/* Telegram writes no such message into channels and private chats. */
static void tell_chat(struct model *model, const struct member_change *change, bool is_in) {
  struct buffer content;
  const char *person = change->subject->json;
  if (change->chat->type != CHAT_GROUP && change->chat->type != CHAT_SUPERGROUP) return;
  buffer_init(&content, JSON_WRITE_CEILING);
  if (is_in) {
    (void)buffer_format(&content, NULL, "\"new_chat_participant\":%s,\"new_chat_member\":%s,\"new_chat_members\":[%s]", person,
                        person, person);
  } else {
    (void)buffer_format(&content, NULL, "\"left_chat_participant\":%s,\"left_chat_member\":%s", person, person);
  }
  message_update_send_service(model, change->chat, change->actor, buffer_take(&content, NULL));
}

void member_update_send(struct model *model, const struct member_change *change) {
  int64_t now = model_now(model);
  struct member after = member_now(change->chat, change->subject, now);
  bool was_in = member_is_in(&change->before), is_in = member_is_in(&after);
  struct buffer old, new, json;
  buffer_init(&old, JSON_WRITE_CEILING), buffer_init(&new, JSON_WRITE_CEILING), buffer_init(&json, JSON_WRITE_CEILING);
  member_write(&change->before, change->subject, &old);
  member_write(&after, change->subject, &new);
  bool is_same = strcmp(old.data, new.data) == 0;
  if (!is_same) write_update(model, change, &after, &json);
  for (struct bot *bot = model->bots; bot && !is_same; bot = bot->hh.next) {
    bool is_own = bot->person == change->subject;
    struct member member = member_now(change->chat, bot->person, now);
    if (is_own)
      bot_queue_update(model, bot, "my_chat_member", json.data, json.size, now + QUEUE_LIFE);
    else if (member_is_administrator(&member))
      bot_queue_update(model, bot, "chat_member", json.data, json.size, now + QUEUE_LIFE);
  }
  buffer_release(&old), buffer_release(&new), buffer_release(&json);
  if (was_in != is_in) tell_chat(model, change, is_in);
}
