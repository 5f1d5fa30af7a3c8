#include "sandbox/model/reaction.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"

static json_t *load(const struct message *message) {
  return message->reactions ? json_loads(message->reactions, 0, NULL) : json_object();
}

static void store(struct model *model, struct message *message, const json_t *all) {
  message_set(&message->reactions, json_object_size(all) ? json_write_dump(all) : NULL);
  message_changed(model, message);
}

/* ---- counts ---- */

static void count(json_t *counts, const json_t *type) {
  json_t *entry;
  size_t i;
  json_array_foreach(counts, i, entry) {
    if (!json_equal(json_object_get(entry, "type"), (json_t *)type)) continue;
    json_object_set_new(entry, "total_count", json_integer(json_integer_value(json_object_get(entry, "total_count")) + 1));
    return;
  }
  json_array_append_new(counts, json_pack("{s:O,s:i}", "type", type, "total_count", 1));
}

static json_t *count_all(const struct message *message) {
  json_t *all = load(message), *counts = json_array(), *reactions, *type;
  const char *who;
  size_t i;
  json_object_foreach(all, who, reactions) { json_array_foreach(reactions, i, type) count(counts, type); }
  json_decref(all);
  return counts;
}

void reaction_write(const struct message *message, struct buffer *buffer) {
  json_t *counts = count_all(message);
  char *text = json_write_dump(counts);
  json_write_text(buffer, text);
  free(text);
  json_decref(counts);
}

/* ---- what the bots are told ---- */

static void tell(struct model *model, const struct message *message, const char *type, json_t *update) {
  char *text = json_write_dump(update);
  int64_t now = model_now(model);
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    struct member member = member_now(message->chat, bot->person, now);
    bool hears = chat_is_private_with(model, message->chat, bot) || member_is_administrator(&member);
    if (hears) bot_queue_update(model, bot, type, text, strlen(text), now + QUEUE_LIFE);
  }
  free(text);
  json_decref(update);
}

static void tell_reaction(struct model *model, const struct message *message, const struct person *person, const json_t *old,
                          const json_t *new) {
  json_t *update = json_pack("{s:o,s:i,s:I}", "chat", json_loads(message->chat->json, 0, NULL), "message_id", message->id,
                             "date", (json_int_t)model_now(model));
  if (message->chat->type == CHAT_CHANNEL) {
    json_object_set_new(update, "reactions", count_all(message));
    tell(model, message, "message_reaction_count", update);
    return;
  }
  json_object_set_new(update, "user", json_loads(person->json, 0, NULL));
  json_object_set_new(update, "old_reaction", old ? json_incref((json_t *)old) : json_array());
  json_object_set_new(update, "new_reaction", json_incref((json_t *)new));
  tell(model, message, "message_reaction", update);
}

void reaction_set(struct model *model, struct message *message, const struct person *person, const struct json_t *reactions) {
  char id[24];
  (void)snprintf(id, sizeof id, "%lld", (long long)person->id);
  json_t *all = load(message), *old = json_incref(json_object_get(all, id));
  if (json_array_size(reactions))
    json_object_set(all, id, (json_t *)reactions);
  else
    json_object_del(all, id);
  store(model, message, all);
  if (!person->is_bot) tell_reaction(model, message, person, old, reactions);
  json_decref(old);
  json_decref(all);
}

void reaction_remove(struct model *model, struct message *message, const struct person *person) {
  char id[24];
  json_t *all = load(message);
  (void)snprintf(id, sizeof id, "%lld", person ? (long long)person->id : 0);
  if (person)
    json_object_del(all, id);
  else
    json_object_clear(all);
  store(model, message, all);
  json_decref(all);
}
