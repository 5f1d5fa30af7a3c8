/* People who let a bot take part in their own chats, and the checklists in these. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/business.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"
#include "sandbox/person/action.h"

bool business_account_connect(struct action *action, struct error *error) {
  struct model *model = action->model;
  const struct person *owner = person_find(model, action_number(action, "user_id", 0));
  const char *given = action_text(action, "id");
  int64_t bot_id = action_number(action, "bot_id", 0);
  struct bot *bot = bot_id ? bot_find(model, bot_id) : model->bots;
  char id[40];
  if (!owner) return error_set(error, ERROR_INPUT, "\"user_id\" must name the person whose account it is");
  if (!bot) return error_set(error, ERROR_INPUT, "no bot has called yet, or none of this \"bot_id\"");
  (void)snprintf(id, sizeof id, "bc%lld", (long long)owner->id);
  const json_t *connection = business_set(model, given ? given : id, owner, bot, action_flag(action, "is_enabled", true),
                                          json_object_get(action->input, "rights"));
  business_write(connection, action->answer);
  bot_queue_update(model, bot, "business_connection", action->answer->data, action->answer->size,
                   model_now(model) + QUEUE_LIFE);
  return true;
}

bool business_account_chat(struct action *action, struct error *error) {
  const char *id = action_text(action, "business_connection_id");
  const json_t *connection = id ? business_find(action->model, id) : NULL;
  struct person *person = person_find(action->model, action_number(action, "user_id", 0));
  if (!connection) return error_set(error, ERROR_INPUT, "there is no such \"business_connection_id\"");
  if (!person) return error_set(error, ERROR_INPUT, "\"user_id\" must name the person with whom the owner chats");
  (void)buffer_format(action->answer, NULL, "{\"chat_id\":%lld}",
                      (long long)business_chat(action->model, connection, person)->id);
  return true;
}

/* ---- checklists ---- */

static json_t *read_checklist(const struct message *message) {
  struct buffer text;
  buffer_init(&text, JSON_WRITE_CEILING);
  (void)buffer_format(&text, NULL, "{%s}", message->content ? message->content : "");
  json_t *content = json_loadb(text.data, text.size, 0, NULL), *checklist = json_incref(json_object_get(content, "checklist"));
  json_decref(content);
  buffer_release(&text);
  return checklist;
}

static void mark(const struct action *action, const json_t *checklist, const struct person *person, const char *list,
                 bool is_done) {
  json_t *id, *task;
  size_t i, k;
  json_array_foreach(json_object_get(action->input, list), i, id) {
    json_array_foreach(json_object_get(checklist, "tasks"), k, task) {
      if (json_integer_value(json_object_get(task, "id")) != json_integer_value(id)) continue;
      json_object_del(task, "completed_by_user");
      json_object_del(task, "completion_date");
      if (!is_done) continue;
      json_object_set_new(task, "completed_by_user", json_loads(person->json, 0, NULL));
      json_object_set_new(task, "completion_date", json_integer(model_now(action->model)));
    }
  }
}

static void tell(const struct action *action, struct message *message, struct person *person) {
  static const char *const lists[][2] = {{"done", "marked_as_done_task_ids"}, {"not_done", "marked_as_not_done_task_ids"}};
  struct buffer text;
  buffer_init(&text, JSON_WRITE_CEILING);
  message_json_write(message, MESSAGE_NESTED, &text);
  json_t *told = json_pack("{s:o}", "checklist_message", json_loadb(text.data, text.size, 0, NULL));
  for (size_t i = 0; i < 2; i++) {
    json_t *ids = json_object_get(action->input, lists[i][0]);
    if (json_array_size(ids)) json_object_set(told, lists[i][1], ids);
  }
  (void)message_update_send_service(action->model, message->chat, person, json_write_content("checklist_tasks_done", told));
  buffer_release(&text);
}

bool business_account_mark(struct action *action, struct error *error) {
  struct message *message = action_message(action, error);
  if (!message) return false;
  struct person *person = person_find(action->model, action_number(action, "from_id", 0));
  json_t *checklist = read_checklist(message);
  bool ok = checklist && person;
  if (ok) {
    mark(action, checklist, person, "done", true);
    mark(action, checklist, person, "not_done", false);
    message_set(&message->content, json_write_content("checklist", json_incref(checklist)));
    message_changed(action->model, message);
    tell(action, message, person);
  }
  json_decref(checklist);
  return ok || error_set(error, ERROR_INPUT, "the message must be a checklist, and \"from_id\" name the person who marks");
}
