/* Pressed buttons of inline keyboards: the bot gets a callback_query. */
#include "sandbox/person/actions.h"

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/business.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/inline_result.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/person.h"
#include "sandbox/model/query.h"
#include "sandbox/model/queue.h"
#include "sandbox/person/action.h"

/* The person of "from_id"; without it, the first who is in the chat. */
static struct person *find_presser(const struct action *action, const struct chat *chat, struct error *error) {
  int64_t from_id = action_number(action, "from_id", 0);
  struct person *person = from_id ? person_find(action->model, from_id) : chat->person;
  if (!person) person = person_find(action->model, member_first(chat));
  if (!person) error_set(error, ERROR_INPUT, "\"from_id\" must name the person who presses");
  return person;
}

/* A message that was written by inline mode has only an id for the bot. */
static void write_message(const struct message *message, struct buffer *json) {
  char id[64];
  inline_result_write_id(message, id, sizeof id);
  if (*id) {
    json_write_member(json, "inline_message_id", id);
  } else if (message->is_forgotten) {
    (void)buffer_format(json, NULL, ",\"message\":{\"message_id\":%d,\"chat\":%s,\"date\":0}", message->id,
                        message->chat->json);
  } else {
    json_write_text(json, ",\"message\":");
    message_json_write(message, MESSAGE_FOR_BOT, json);
  }
}

/* The bot whose button it is. NULL: it is not known, as under a channel's post. */
static struct bot *find_owner(const struct model *model, const struct message *message) {
  if (message->chat->business) return business_bot(model, business_find(model, message->chat->business));
  const struct person *owner = message->via ? message->via : message->from;
  return owner ? bot_find(model, owner->id) : NULL;
}

static void send(struct model *model, struct bot *bot, const struct buffer *json, int64_t expires_at) {
  if (bot)
    bot_queue_update(model, bot, "callback_query", json->data, json->size, expires_at);
  else
    bot_send_update(model, "callback_query", json->data, json->size, expires_at);
}

bool button_press(struct action *action, struct error *error) {
  struct model *model = action->model;
  const char *data = action_text(action, "data");
  struct message *message = action_message(action, error);
  struct person *person = message ? find_presser(action, message->chat, error) : NULL;
  if (!person) return false;
  if (!data) return error_set(error, ERROR_INPUT, "\"data\" is missing");
  struct query *query = query_add(model, QUERY_BUTTON, "");
  struct bot *owner = find_owner(model, message);
  if (owner) query->asked_id = owner->person->id;
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"id\":\"%lld\",\"from\":%s", (long long)query->id, person->json);
  write_message(message, &json);
  (void)buffer_format(&json, NULL, ",\"chat_instance\":\"%lld\"", (long long)((uint64_t)message->chat->id * 2654435761u));
  json_write_member(&json, "data", data);
  json_write_text(&json, "}");
  send(model, owner, &json, query->asked_at + QUEUE_LIFE_CALLBACK);
  buffer_release(&json);
  (void)buffer_format(action->answer, NULL, "{\"id\":\"%lld\"}", (long long)query->id);
  return true;
}
