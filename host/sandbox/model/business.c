#include "sandbox/model/business.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"

#define CHAT_BASE INT64_C(-4000000000000000) /* their ids in the model go down from here, where Telegram has none */

struct json_t *business_set(struct model *model, const char *id, const struct person *owner, const struct bot *bot,
                            bool is_enabled, const struct json_t *rights) {
  json_t *connection = json_pack("{s:s,s:o,s:I,s:I,s:I,s:b}", "id", id, "user", json_loads(owner->json, 0, NULL),
                                 "user_chat_id", (json_int_t)owner->id, "date", (json_int_t)model_now(model), "bot",
                                 (json_int_t)bot->person->id, "is_enabled", (int)is_enabled);
  json_object_set_new(connection, "rights",
                      rights ? json_incref((json_t *)rights)
                             : json_pack("{s:b,s:b,s:b,s:b}", "can_reply", 1, "can_read_messages", 1,
                                         "can_delete_sent_messages", 1, "can_delete_all_messages", 1));
  if (!model->business) model->business = json_object();
  json_object_set_new(model->business, id, connection);
  return connection;
}

struct json_t *business_find(const struct model *model, const char *id) { return json_object_get(model->business, id); }

bool business_may(const struct json_t *connection, const char *right) {
  return json_is_true(json_object_get(connection, "is_enabled")) &&
         json_is_true(json_object_get(json_object_get(connection, "rights"), right));
}

struct bot *business_bot(const struct model *model, const struct json_t *connection) {
  return bot_find(model, json_integer_value(json_object_get(connection, "bot")));
}

struct person *business_owner(const struct model *model, const struct json_t *connection) {
  return person_find(model, json_integer_value(json_object_get(connection, "user_chat_id")));
}

struct chat *business_chat(struct model *model, const struct json_t *connection, struct person *person) {
  const char *id = json_string_value(json_object_get(connection, "id"));
  int64_t next = CHAT_BASE;
  for (struct chat *chat = model->chats; chat; chat = chat->hh.next) {
    if (!chat->business) continue;
    if (chat->person == person && strcmp(chat->business, id) == 0) return chat;
    if (chat->id <= next) next = chat->id - 1;
  }
  struct chat *chat = chat_add(model, next, CHAT_PRIVATE, NULL);
  chat->person = person;
  chat->business = memory_copy_text(id);
  chat_describe(chat);
  return chat;
}

void business_write(const struct json_t *connection, struct buffer *buffer) {
  json_t *shown = json_copy((json_t *)connection);
  json_object_del(shown, "bot");
  char *text = json_write_dump(shown);
  json_write_text(buffer, text);
  free(text);
  json_decref(shown);
}

void business_drop_all(struct model *model) {
  json_decref(model->business);
  model->business = NULL;
}
