/* Messages that disappear. */
#include "sandbox/person/actions.h"

#include "sandbox/model/message.h"
#include "sandbox/person/action.h"

bool deletion_forget(struct action *action, struct error *error) {
  struct message *message = action_message(action, error);
  if (!message) return false;
  if (action_flag(action, "delete", false))
    message_delete(action->model, message);
  else
    message->is_forgotten = true;
  return true;
}
