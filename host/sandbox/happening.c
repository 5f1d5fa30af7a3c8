#include "sandbox/happening.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "sandbox/control.h"
#include "sandbox/message.h"
#include "sandbox/model.h"
#include "sandbox/poll.h"
#include "sandbox/queue.h"
#include "sandbox/site.h"
#include "sandbox/write.h"

#define SUPERGROUP_BASE 1000000000000 /* a supergroup's id is this and its own number, below zero */

/* ---- a group becomes a supergroup ---- */

static void tell_new_id(struct model *model, struct chat *chat, struct person *from, const char *member, int64_t id) {
  struct message *message = message_add(model, chat, from);
  struct buffer content;
  buffer_init(&content, WRITE_CEILING);
  (void)buffer_format(&content, NULL, "\"%s\":%lld", member, (long long)id);
  message->kind = MESSAGE_SERVICE;
  message->content = buffer_take(&content, NULL);
  message_changed(model, message);
  message_send_update(model, message);
}

/* The old chat stays as a shell that refuses every call; people go on in the new one. Telegram tells the bot in both. */
bool happening_migrate(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  struct chat *old = model_find_chat(model, control_number(control, "chat_id", 0));
  if (!old || old->type != CHAT_GROUP) return error_set(error, ERROR_INPUT, "\"chat_id\" must be a group's");
  if (old->migrated_to) return error_set(error, ERROR_INPUT, "the group is a supergroup already");
  int64_t id = old->id - SUPERGROUP_BASE;
  struct chat *new = model_add_chat(model, id, CHAT_SUPERGROUP, old->title);
  for (unsigned i = 0; i < old->member_count; i++) model_add_member(new, old->members[i]);
  struct person *from = old->member_count ? model_find_person(model, old->members[0]) : NULL;
  tell_new_id(model, old, from, "migrate_to_chat_id", id);
  tell_new_id(model, new, from, "migrate_from_chat_id", old->id);
  old->migrated_to = id;
  write_text(control->answer, new->json);
  return true;
}

/* ---- polls ---- */

static void send_json(struct model *model, const char *type, const json_t *json) {
  char *text = write_dump(json);
  model_send_update(model, type, text, strlen(text), model_now(model) + QUEUE_LIFE);
  free(text);
}

static void add_votes(json_t *poll, const json_t *options, int by) {
  json_t *all = json_object_get(poll, "options"), *item;
  size_t i;
  json_array_foreach((json_t *)options, i, item) {
    json_t *option = json_array_get(all, (size_t)json_integer_value(item));
    json_object_set_new(option, "voter_count", json_integer(json_integer_value(json_object_get(option, "voter_count")) + by));
  }
  if (json_array_size(options) == 0) return;
  json_object_set_new(poll, "total_voter_count",
                      json_integer(json_integer_value(json_object_get(poll, "total_voter_count")) + by));
}

/* Telegram lets nobody choose what there is not, nor more than one where only one is to be chosen. */
static const char *why_not_vote(const json_t *poll, const json_t *options) {
  size_t i, count = json_array_size(json_object_get(poll, "options"));
  const json_t *item;
  if (json_is_true(json_object_get(poll, "is_closed"))) return "the poll is closed";
  if (json_array_size(options) > 1 && !json_is_true(json_object_get(poll, "allows_multiple_answers")))
    return "only one option can be chosen";
  json_array_foreach((json_t *)options, i, item) {
    if (!json_is_integer(item) || json_integer_value(item) < 0 || (size_t)json_integer_value(item) >= count)
      return "no such option";
  }
  return NULL;
}

/* The votes of each person stand beside the poll, where the bot does not see them. */
static void count_vote(struct message *message, json_t *poll, const struct person *person, const json_t *options) {
  char id[24];
  (void)snprintf(id, sizeof id, "%lld", (long long)person->id);
  json_t *votes = message->votes ? json_loads(message->votes, 0, NULL) : json_object();
  add_votes(poll, json_object_get(votes, id), -1);
  add_votes(poll, options, 1);
  json_object_set(votes, id, (json_t *)options);
  message_set(&message->votes, write_dump(votes));
  json_decref(votes);
  poll_write(message, poll);
}

static void tell_vote(struct model *model, const json_t *poll, const struct person *person, const json_t *options) {
  send_json(model, "poll", poll);
  if (json_is_true(json_object_get(poll, "is_anonymous"))) return;
  json_t *answer = json_pack("{s:O,s:o,s:O}", "poll_id", json_object_get(poll, "id"), "user", json_loads(person->json, 0, NULL),
                             "option_ids", options);
  send_json(model, "poll_answer", answer);
  json_decref(answer);
}

bool happening_vote(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  const struct person *person = model_find_person(model, control_number(control, "from_id", 0));
  struct chat *chat = model_find_chat(model, control_number(control, "chat_id", 0));
  struct message *message = chat ? message_find(chat, (int)control_number(control, "message_id", 0)) : NULL;
  const json_t *options = json_object_get(control->input, "options");
  json_t *poll = message ? poll_read(message) : NULL;
  const char *why = !person                   ? "\"from_id\" must name the person who votes"
                    : !poll                   ? "\"chat_id\" and \"message_id\" must name a poll"
                    : !json_is_array(options) ? "\"options\" must be a list of numbers from 0"
                                              : why_not_vote(poll, options);
  if (!why) {
    count_vote(message, poll, person, options);
    message_changed(model, message);
    tell_vote(model, poll, person, options);
  }
  json_decref(poll);
  return !why || error_set(error, ERROR_INPUT, "%s", why);
}

/* ---- inline results ---- */

static const json_t *find_result(const json_t *results, const char *id) {
  size_t i;
  const json_t *result;
  json_array_foreach((json_t *)results, i, result) {
    const char *other = json_string_value(json_object_get(result, "id"));
    if (other && id && strcmp(other, id) == 0) return result;
  }
  return NULL;
}

/* Only what is a text is written as it would be; of others the title. */
static void write_result(struct control *control, struct chat *chat, struct person *person, const json_t *result) {
  struct message *message = message_add(control->site->model, chat, person);
  const char *text = json_string_value(json_object_get(json_object_get(result, "input_message_content"), "message_text"));
  const char *title = json_string_value(json_object_get(result, "title"));
  const json_t *markup = json_object_get(result, "reply_markup");
  message->text = memory_copy_text(text ? text : title ? title : "");
  if (markup) message->markup = write_dump(markup);
  message_changed(control->site->model, message);
}

bool happening_choose(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  const struct query *query = model_find_query(model, control_number(control, "id", 0));
  struct person *person = model_find_person(model, control_number(control, "from_id", 0));
  struct chat *chat = model_find_chat(model, control_number(control, "chat_id", 0));
  json_t *answer = query && query->is_inline && query->answer ? json_loads(query->answer, 0, NULL) : NULL;
  const json_t *result = find_result(json_object_get(answer, "results"), control_text(control, "result_id"));
  if (result && person) {
    json_t *chosen = json_pack("{s:s,s:o,s:s}", "result_id", control_text(control, "result_id"), "from",
                               json_loads(person->json, 0, NULL), "query", query->text);
    if (chat) write_result(control, chat, person, result);
    send_json(model, "chosen_inline_result", chosen);
    json_decref(chosen);
  }
  json_decref(answer);
  if (!person) return error_set(error, ERROR_INPUT, "\"from_id\" must name the person who chooses");
  return result ||
         error_set(error, ERROR_INPUT, "\"id\" must be an answered inline query, and \"result_id\" one of its results");
}
