/* Votes in polls. The poll itself counts them. Beside it, unseen by bots, the message keeps what each person has chosen. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdio.h>

#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/poll_closing.h"
#include "sandbox/model/poll_content.h"
#include "sandbox/model/queue.h"
#include "sandbox/person/action.h"

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

/* Why the poll does not take the vote; NULL: it does. */
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

static void count_vote(struct message *message, json_t *poll, const struct person *person, const json_t *options) {
  char id[24];
  (void)snprintf(id, sizeof id, "%lld", (long long)person->id);
  json_t *votes = message->hidden ? json_loads(message->hidden, 0, NULL) : json_object();
  add_votes(poll, json_object_get(votes, id), -1);
  add_votes(poll, options, 1);
  json_object_set(votes, id, (json_t *)options);
  message_set(&message->hidden, json_write_dump(votes));
  json_decref(votes);
  poll_content_write(message, poll);
}

static json_t *read_persistent_ids(const json_t *poll, const json_t *options) {
  json_t *ids = json_array(), *item;
  size_t i;
  json_array_foreach((json_t *)options, i, item) {
    const json_t *option = json_array_get(json_object_get(poll, "options"), (size_t)json_integer_value(item));
    json_t *id = json_object_get(option, "persistent_id");
    if (id) json_array_append(ids, id);
  }
  return ids;
}

static void tell_vote(struct model *model, const struct message *message, const json_t *poll, const struct person *person,
                      const json_t *options) {
  poll_closing_tell(model, message, poll);
  if (json_is_true(json_object_get(poll, "is_anonymous"))) return;
  json_t *answer =
      json_pack("{s:O,s:o,s:O,s:o}", "poll_id", json_object_get(poll, "id"), "user", json_loads(person->json, 0, NULL),
                "option_ids", options, "option_persistent_ids", read_persistent_ids(poll, options));
  char *text = json_write_dump(answer);
  struct bot *bot = message->from ? bot_find(model, message->from->id) : NULL; /* others do not hear of its polls */
  if (bot) bot_queue_update(model, bot, "poll_answer", text, strlen(text), model_now(model) + QUEUE_LIFE);
  free(text);
  json_decref(answer);
}

static bool has_voted(const struct message *message, const struct person *person) {
  char id[24];
  (void)snprintf(id, sizeof id, "%lld", (long long)person->id);
  json_t *votes = message->hidden ? json_loads(message->hidden, 0, NULL) : NULL;
  bool has = json_array_size(json_object_get(votes, id)) > 0;
  json_decref(votes);
  return has;
}

bool vote_cast(struct action *action, struct error *error) {
  struct model *model = action->model;
  const struct person *person = person_find(model, action_number(action, "from_id", 0));
  struct chat *chat = action_chat(action, error);
  struct message *message = chat ? message_find(chat, (int)action_number(action, "message_id", 0)) : NULL;
  const json_t *options = json_object_get(action->input, "options");
  json_t *poll = message ? poll_content_read(message) : NULL;
  if (poll) poll_closing_check(model, message, poll);
  bool is_final = poll && json_is_false(json_object_get(poll, "allows_revoting")) && person && has_voted(message, person);
  const char *why = !person                   ? "\"from_id\" must name the person who votes"
                    : !poll                   ? "\"chat_id\" and \"message_id\" must name a poll"
                    : is_final                ? "this poll lets nobody change a vote"
                    : !json_is_array(options) ? "\"options\" must be a list of numbers from 0"
                                              : why_not_vote(poll, options);
  if (!why) {
    count_vote(message, poll, person, options);
    message_changed(model, message);
    tell_vote(model, message, poll, person, options);
  }
  json_decref(poll);
  return !why || error_set(error, ERROR_INPUT, "%s", why);
}
