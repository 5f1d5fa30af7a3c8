/* Methods about polls, with the limits that Telegram sets to them. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/reply_markup.h"
#include "sandbox/methods/sending.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/poll_closing.h"
#include "sandbox/model/poll_content.h"

#define OPTIONS_MAX 12
#define QUESTION_MAX 300 /* characters */
#define OPTION_MAX 100
#define EXPLANATION_MAX 200
#define PERIOD_MAX 2628000 /* seconds */

/* ---- texts ---- */

/* Of all formatting, questions and options keep only custom emoji. Given: json_decref(); NULL: none. */
static json_t *keep_emoji(const char *entities) {
  json_t *all = entities ? json_loads(entities, 0, NULL) : NULL, *kept = json_array(), *entity;
  size_t i;
  json_array_foreach(all, i, entity) {
    const char *type = json_string_value(json_object_get(entity, "type"));
    if (type && strcmp(type, "custom_emoji") == 0) json_array_append(kept, entity);
  }
  json_decref(all);
  if (json_array_size(kept)) return kept;
  json_decref(kept);
  return NULL;
}

static void set_text(json_t *to, const char *name, const char *entities_name, const struct entity_text *text, bool is_plain) {
  json_t *entities = is_plain ? keep_emoji(text->entities) : text->entities ? json_loads(text->entities, 0, NULL) : NULL;
  json_object_set_new(to, name, json_string(text->text));
  if (entities) json_object_set_new(to, entities_name, entities);
}

static bool read_question(struct call *call, json_t *poll) {
  struct entity_text text;
  if (!formatted_text_read_mode(call, "question", "question_entities", "question_parse_mode", &text)) return false;
  bool ok = text.size || call_fail(call, 400, "Bad Request: text must be non-empty");
  if (ok && text.length > QUESTION_MAX)
    ok = call_fail(call, 400, "Bad Request: poll question length must not exceed %d", QUESTION_MAX);
  if (ok) set_text(poll, "question", "question_entities", &text, true);
  entity_release(&text);
  return ok;
}

static bool read_explanation(struct call *call, json_t *poll) {
  struct entity_text text;
  if (!call_text(call, "explanation")) return true;
  if (!formatted_text_read_mode(call, "explanation", "explanation_entities", "explanation_parse_mode", &text)) return false;
  bool ok = text.length <= EXPLANATION_MAX || call_fail(call, 400, "Bad Request: poll explanation is too long");
  if (ok) set_text(poll, "explanation", "explanation_entities", &text, false);
  entity_release(&text);
  return ok;
}

/* ---- options ---- */

static bool read_option(struct call *call, const json_t *given, size_t number, json_t *options) {
  struct error error = {0};
  struct entity_text text;
  char id[24];
  const json_t *words = json_is_object(given) ? json_object_get(given, "text") : given;
  const char *mode = json_string_value(json_object_get(given, "text_parse_mode"));
  if (!json_is_string(given) && !json_is_object(given))
    return call_fail(call, 400, "Bad Request: expected an option to be of type String");
  if (!json_is_string(words)) return call_fail(call, 400, "Bad Request: can't find field \"text\"");
  if (!entity_read(call->model, json_string_value(words), json_string_length(words), mode,
                   json_object_get(given, "text_entities"), &text, &error))
    return call_fail(call, 400, "Bad Request: %s", error.text);
  bool ok = text.size || call_fail(call, 400, "Bad Request: poll options must be non-empty");
  if (ok && text.length > OPTION_MAX)
    ok = call_fail(call, 400, "Bad Request: poll options length must not exceed %d", OPTION_MAX);
  if (ok) {
    json_t *option = json_object();
    (void)snprintf(id, sizeof id, "%zu", number);
    json_object_set_new(option, "persistent_id", json_string(id));
    set_text(option, "text", "text_entities", &text, true);
    json_object_set_new(option, "voter_count", json_integer(0));
    json_array_append_new(options, option);
  }
  entity_release(&text);
  return ok;
}

static bool read_options(struct call *call, json_t *poll) {
  bool is_bad, ok = true;
  json_t *given = call_json(call, "options", &is_bad), *options = json_array(), *option;
  size_t i;
  if (is_bad)
    ok = call_fail(call, 400, "Bad Request: can't parse options JSON object");
  else if (!json_is_array(given))
    ok = call_fail(call, 400, "Bad Request: expected an Array of String as options");
  else if (!json_array_size(given))
    ok = call_fail(call, 400, "Bad Request: poll must have at least one answer option");
  else if (json_array_size(given) > OPTIONS_MAX)
    ok = call_fail(call, 400, "Bad Request: poll can't have more than %d options", OPTIONS_MAX);
  json_array_foreach(given, i, option) ok = ok && read_option(call, option, i, options);
  json_object_set_new(poll, "options", options);
  json_object_set_new(poll, "total_voter_count", json_integer(0));
  json_decref(given);
  return ok;
}

/* ---- kinds ---- */

static bool flag(const struct call *call, const char *name, bool absent) {
  return call_text(call, name) ? call_flag(call, name) : absent;
}

/* `correct_option_id` is what there was before a quiz could have several. */
static json_t *read_correct(struct call *call, const json_t *poll) {
  bool is_bad, is_several = json_is_true(json_object_get(poll, "allows_multiple_answers"));
  json_t *ids = call_json(call, "correct_option_ids", &is_bad), *id;
  size_t i, count = json_array_size(json_object_get(poll, "options"));
  if (!ids && call_text(call, "correct_option_id"))
    ids = json_pack("[I]", (json_int_t)call_integer(call, "correct_option_id", -1));
  bool ok = json_array_size(ids) && (is_several || json_array_size(ids) == 1);
  json_array_foreach(ids, i, id) {
    ok = ok && json_is_integer(id) && json_integer_value(id) >= 0 && (size_t)json_integer_value(id) < count;
  }
  if (ok) return ids;
  json_decref(ids);
  call_fail(call, 400, "Bad Request: wrong correct option ID specified");
  return NULL;
}

static bool read_quiz(struct call *call, json_t *poll) {
  json_t *ids = read_correct(call, poll);
  if (!ids) return false;
  if (json_array_size(ids) == 1) json_object_set(poll, "correct_option_id", json_array_get(ids, 0));
  json_object_set_new(poll, "correct_option_ids", ids);
  return read_explanation(call, poll);
}

static bool read_kind(struct call *call, json_t *poll) {
  const char *type = call_text(call, "type");
  bool is_quiz = type && strcmp(type, "quiz") == 0;
  if (type && !is_quiz && strcmp(type, "regular") != 0)
    return call_fail(call, 400, "Bad Request: unsupported poll type specified");
  json_object_set_new(poll, "is_closed", json_boolean(call_flag(call, "is_closed")));
  json_object_set_new(poll, "is_anonymous", json_boolean(flag(call, "is_anonymous", true)));
  json_object_set_new(poll, "type", json_string(is_quiz ? "quiz" : "regular"));
  json_object_set_new(poll, "allows_multiple_answers", json_boolean(call_flag(call, "allows_multiple_answers")));
  json_object_set_new(poll, "allows_revoting", json_boolean(flag(call, "allows_revoting", !is_quiz)));
  json_object_set_new(poll, "members_only", json_boolean(call_flag(call, "members_only")));
  return !is_quiz || read_quiz(call, poll);
}

/* A poll has a period or a date, and shows both. */
static void read_end(const struct call *call, json_t *poll) {
  int64_t period = call_range(call, "open_period", 0, 0, PERIOD_MAX), date = call_integer(call, "close_date", 0);
  if (period) date = model_now(call->model) + period;
  if (period) json_object_set_new(poll, "open_period", json_integer(period));
  if (date) json_object_set_new(poll, "close_date", json_integer(date));
}

/* Telegram wants the poll of a channel to be anonymous. */
static bool check_chat(struct call *call, const struct chat *chat, const json_t *poll) {
  bool is_open = chat->type == CHAT_CHANNEL && !json_is_true(json_object_get(poll, "is_anonymous"));
  return !is_open || call_fail(call, 400, "Bad Request: non-anonymous polls can't be sent to channel chats");
}

/* ---- the methods ---- */

static bool send_poll(struct call *call) {
  struct sending sending = {0};
  char id[24];
  (void)snprintf(id, sizeof id, "%lld", (long long)call->model->next_query_id++);
  json_t *poll = json_pack("{s:s}", "id", id);
  bool ok = read_question(call, poll) && read_options(call, poll) && read_kind(call, poll);
  if (ok) read_end(call, poll);
  if (ok) ok = sending_read(call, &sending) && check_chat(call, sending.chat, poll);
  if (ok) {
    struct message *message = sending_add(call, &sending);
    int64_t end = json_integer_value(json_object_get(poll, "close_date"));
    message->kind = MESSAGE_FIXED;
    poll_content_write(message, poll);
    if (end && !json_is_true(json_object_get(poll, "is_closed"))) poll_closing_plan(call->model, message, end);
    sending_finish(call, message);
  }
  sending_release(&sending);
  json_decref(poll);
  return ok;
}

/* The result is the poll with its final votes, not the message. */
static bool stop_poll(struct call *call) {
  struct reply_markup markup;
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  struct message *message = chat ? call_message(call, chat, "message with poll to stop") : NULL;
  if (!message || !reply_markup_read(call, &markup)) return false;
  json_t *poll = poll_content_read(message);
  bool is_own = message->from ? message->from == call->bot->person : chat->type == CHAT_CHANNEL, ok = true;
  if (!poll || !is_own) ok = call_fail(call, 400, "Bad Request: poll can't be stopped");
  if (ok) poll_closing_check(call->model, message, poll);
  if (ok && json_is_true(json_object_get(poll, "is_closed")))
    ok = call_fail(call, 400, "Bad Request: poll has already been closed");
  if (ok) {
    message_set(&message->markup, markup.json);
    markup.json = NULL;
    poll_closing_close(call->model, message, poll);
    char *json = json_write_dump(poll);
    json_write_text(&call->answer, json);
    free(json);
  }
  free(markup.json);
  json_decref(poll);
  return ok;
}

const struct method method_poll[] = {{"sendpoll", send_poll}, {"stoppoll", stop_poll}, {0}};
