/* Topics that people open in a forum, rename, close and open again. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/person.h"
#include "sandbox/model/topic.h"
#include "sandbox/person/action.h"

#define TOPIC_COLOR 0x6FB9F0 /* the first of those that Telegram has */

static void rename_topic(struct action *action, struct chat *chat, struct person *person, json_t *topic, const char *name) {
  const char *old = json_string_value(json_object_get(topic, "name"));
  int id = (int)json_integer_value(json_object_get(topic, "message_thread_id"));
  if (old && strcmp(old, name) == 0) return;
  json_object_set_new(topic, "name", json_string(name));
  topic_tell(action->model, chat, person, id, json_write_content("forum_topic_edited", json_pack("{s:s}", "name", name)));
}

static void close_topic(struct action *action, struct chat *chat, struct person *person, json_t *topic, bool is_closed) {
  int id = (int)json_integer_value(json_object_get(topic, "message_thread_id"));
  if (json_is_true(json_object_get(topic, "is_closed")) == is_closed) return;
  json_object_set_new(topic, "is_closed", json_boolean(is_closed));
  topic_tell(action->model, chat, person, id,
             json_write_content(is_closed ? "forum_topic_closed" : "forum_topic_reopened", json_object()));
}

static json_t *open_topic(struct action *action, struct chat *chat, struct person *person, const char *name,
                          struct error *error) {
  if (name) return topic_add(action->model, chat, person, name, TOPIC_COLOR, NULL);
  error_set(error, ERROR_INPUT, "\"name\" is missing");
  return NULL;
}

static json_t *change_topic(struct action *action, struct chat *chat, struct person *person, const char *name,
                            struct error *error) {
  json_t *topic = topic_find(chat, (int)action_number(action, "message_thread_id", 0));
  if (!topic) {
    error_set(error, ERROR_INPUT, "there is no topic of this \"message_thread_id\"");
    return NULL;
  }
  if (name) rename_topic(action, chat, person, topic, name);
  if (json_object_get(action->input, "is_closed"))
    close_topic(action, chat, person, topic, action_flag(action, "is_closed", false));
  return topic;
}

bool forum_set_topic(struct action *action, struct error *error) {
  struct chat *chat = action_chat(action, error);
  struct person *person = person_find(action->model, action_number(action, "from_id", 0));
  const char *name = action_text(action, "name");
  if (!chat) return false;
  if (!chat->is_forum) return error_set(error, ERROR_INPUT, "\"chat_id\" must be a forum's");
  if (!person) return error_set(error, ERROR_INPUT, "\"from_id\" must name a person");
  if (name && !*name) return error_set(error, ERROR_INPUT, "\"name\" is missing");
  bool is_new = !json_object_get(action->input, "message_thread_id");
  const json_t *topic =
      is_new ? open_topic(action, chat, person, name, error) : change_topic(action, chat, person, name, error);
  if (!topic) return false;
  char *text = json_write_dump(topic);
  json_write_text(action->answer, text);
  free(text);
  return true;
}
