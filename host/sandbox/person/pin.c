/* Pins of people, and a pin that Telegram no longer shows to bots. */
#include "sandbox/person/actions.h"

#include "sandbox/model/chat.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/person.h"
#include "sandbox/person/action.h"

bool pin_set(struct action *action, struct error *error) {
  struct message *message = action_message(action, error);
  if (!message) return false;
  bool is_pinned = action_flag(action, "pinned", true), is_new = is_pinned && !message->is_pinned;
  message->is_pinned = is_pinned;
  message_changed(action->model, message);
  struct person *person = person_find(action->model, action_number(action, "from_id", 0));
  if (is_new) message_update_send_pin(action->model, message, person ? person : message->chat->person);
  return true;
}

bool pin_hide(struct action *action, struct error *error) {
  struct chat *chat = action_chat(action, error);
  if (!chat) return false;
  chat->hides_pin = action_flag(action, "hidden", true);
  return true;
}
