/* Inline queries: a person asks, and chooses one of the results that a bot has answered. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
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
#include "sandbox/person/action.h"

bool inline_query_ask(struct action *action, struct error *error) {
  struct model *model = action->model;
  const struct person *person = person_find(model, action_number(action, "from_id", 0));
  const char *text = action_text(action, "query"), *offset = action_text(action, "offset");
  if (!person) return error_set(error, ERROR_INPUT, "\"from_id\" must name the person who asks");
  struct query *query = query_add(model, QUERY_INLINE, text ? text : "");
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{\"id\":\"%lld\",\"from\":%s,\"chat_type\":\"sender\"", (long long)query->id, person->json);
  json_write_member(&json, "query", text ? text : "");
  json_write_member(&json, "offset", offset ? offset : "");
  json_write_text(&json, "}");
  struct bot *bot = bot_find(model, action_number(action, "bot_id", 0));
  if (bot) query->asked_id = bot->person->id;
  if (bot)
    bot_queue_update(model, bot, "inline_query", json.data, json.size, query->asked_at + QUEUE_LIFE_INLINE);
  else
    bot_send_update(model, "inline_query", json.data, json.size, query->asked_at + QUEUE_LIFE_INLINE);
  buffer_release(&json);
  (void)buffer_format(action->answer, NULL, "{\"id\":\"%lld\"}", (long long)query->id);
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
