/* Inline queries: a person asks, and chooses one of the results that a bot has answered. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/inline_result.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/query.h"
#include "sandbox/model/queue.h"
#include "sandbox/model/topic.h"
#include "sandbox/person/action.h"

/* ---- the question ---- */

/* By the id, or as people write it: by the name. */
static struct bot *find_bot(const struct action *action, const char *username) {
  struct bot *bot = username ? action->model->bots : bot_find(action->model, action_number(action, "bot_id", 0));
  while (username && bot && strcasecmp(bot->person->username, username) != 0) bot = bot->hh.next;
  return bot;
}

/* What the bot is told of the chat in which it is asked; "sender" is its own with this person. */
static const char *chat_word(const struct action *action, const struct bot *bot) {
  int64_t chat_id = action_number(action, "chat_id", 0);
  struct bot *of_chat = bot_find(action->model, action_number(action, "bot_id", 0));
  const struct chat *chat = chat_id ? chat_find_for(action->model, of_chat, chat_id) : NULL;
  if (!chat || (chat->person && (!bot || chat_is_private_with(action->model, chat, bot)))) return "sender";
  return chat_type_name(chat->type);
}

/* Telegram remembers an answer for as long as the bot says, for everyone or for who asked. */
static bool is_remembered(const struct model *model, const struct query *query, int64_t from_id) {
  json_t *answer = query->answer ? json_loads(query->answer, 0, NULL) : NULL;
  bool is_fresh = model_now(model) - query->asked_at < json_integer_value(json_object_get(answer, "cache_time"));
  bool is_for_us = query->from_id == from_id || !json_is_true(json_object_get(answer, "is_personal"));
  json_decref(answer);
  return is_fresh && is_for_us;
}

static const struct query *find_remembered(const struct model *model, const struct query *wanted) {
  const struct query *query;
  for (query = model->queries; query; query = query->hh.next) {
    bool is_same = query->kind == QUERY_INLINE && query->is_answered && query->bot_id == wanted->asked_id &&
                   strcmp(query->text, wanted->text) == 0 && strcmp(query->offset, wanted->offset) == 0;
    if (is_same && is_remembered(model, query, wanted->from_id)) return query;
  }
  return NULL;
}

static void send_query(struct action *action, const struct query *query, const struct person *person, struct bot *bot) {
  struct buffer json;
  int64_t expires_at = query->asked_at + QUEUE_LIFE_INLINE;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"id\":\"%lld\",\"from\":%s,\"chat_type\":\"%s\"", (long long)query->id, person->json,
                      chat_word(action, bot));
  json_write_member(&json, "query", query->text);
  json_write_member(&json, "offset", query->offset);
  json_write_text(&json, "}");
  if (bot)
    bot_queue_update(action->model, bot, "inline_query", json.data, json.size, expires_at);
  else
    bot_send_update(action->model, "inline_query", json.data, json.size, expires_at);
  buffer_release(&json);
}

bool inline_query_ask(struct action *action, struct error *error) {
  const struct person *person = person_find(action->model, action_number(action, "from_id", 0));
  const char *text = action_text(action, "query"), *offset = action_text(action, "offset");
  const char *username = action_text(action, "username");
  struct bot *bot = find_bot(action, username);
  if (!person) return error_set(error, ERROR_INPUT, "\"from_id\" must name the person who asks");
  if (username && !bot) {
    json_write_text(action->answer, "{\"id\":null}");
    return true;
  }
  struct query wanted = {.text = (char *)(uintptr_t)(text ? text : ""),
                         .offset = (char *)(uintptr_t)(offset ? offset : ""),
                         .from_id = person->id,
                         .asked_id = bot ? bot->person->id : 0};
  bool may_remember = bot && action_flag(action, "cached", false);
  const struct query *known = may_remember ? find_remembered(action->model, &wanted) : NULL;
  if (!known) {
    struct query *query = query_add(action->model, QUERY_INLINE, wanted.text);
    query->offset = memory_copy_text(wanted.offset);
    query->from_id = wanted.from_id;
    query->asked_id = wanted.asked_id;
    send_query(action, query, person, bot);
    known = query;
  }
  (void)buffer_format(action->answer, NULL, "{\"id\":\"%lld\"}", (long long)known->id);
  return true;
}

/* ---- the chosen result ---- */

static const json_t *find_result(const json_t *results, const char *id) {
  size_t i;
  const json_t *result;
  json_array_foreach((json_t *)results, i, result) {
    const char *other = json_string_value(json_object_get(result, "id"));
    if (other && id && strcmp(other, id) == 0) return result;
  }
  return NULL;
}

static void choose(struct action *action, const struct query *query, struct person *person, struct message *message) {
  char id[64] = "";
  json_t *chosen = json_pack("{s:s,s:o,s:s}", "result_id", action_text(action, "result_id"), "from",
                             json_loads(person->json, 0, NULL), "query", query->text);
  int thread_id = (int)action_number(action, "message_thread_id", 0);
  if (message && message->chat->is_forum && topic_find(message->chat, thread_id)) message->thread_id = thread_id;
  if (message) inline_result_write_id(message, id, sizeof id);
  if (*id) json_object_set_new(chosen, "inline_message_id", json_string(id));
  if (message) message_update_send(action->model, message);
  char *text = json_write_dump(chosen);
  bot_queue_update(action->model, bot_find(action->model, query->bot_id), "chosen_inline_result", text, strlen(text),
                   model_now(action->model) + QUEUE_LIFE_CHOSEN);
  free(text);
  json_decref(chosen);
  if (message) message_json_write(message, MESSAGE_FOR_PERSON, action->answer);
}

bool inline_query_choose(struct action *action, struct error *error) {
  struct model *model = action->model;
  const struct query *query = query_find(model, action_number(action, "id", 0));
  struct person *person = person_find(model, action_number(action, "from_id", 0));
  int64_t bot_id = action_number(action, "bot_id", query ? query->bot_id : 0);
  struct chat *chat = chat_find_for(model, bot_find(model, bot_id), action_number(action, "chat_id", 0));
  json_t *answer = query && query->kind == QUERY_INLINE && query->answer ? json_loads(query->answer, 0, NULL) : NULL;
  const json_t *result = find_result(json_object_get(answer, "results"), action_text(action, "result_id"));
  struct person *via = query ? person_find(model, query->bot_id) : NULL;
  struct message *message = NULL;
  bool ok = true;
  if (!person)
    ok = error_set(error, ERROR_INPUT, "\"from_id\" must name the person who chooses");
  else if (!result)
    ok = error_set(error, ERROR_INPUT, "\"id\" must be an answered inline query, and \"result_id\" one of its results");
  if (ok && chat) ok = (message = inline_result_send(model, chat, person, via, result, error)) != NULL;
  if (ok) choose(action, query, person, message);
  json_decref(answer);
  return ok;
}
