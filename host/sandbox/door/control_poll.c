#include "sandbox/door/control_poll.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/door/control.h"
#include "sandbox/door/door.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_json.h"
#include "sandbox/model/model.h"
#include "sandbox/model/query.h"
#include "sandbox/model/reading.h"

#define WAIT_MAX_S 60
#define ACTION_MS 5000 /* so long Telegram shows "typing" */

struct control_question {
  int64_t chat_id; /* about messages; 0: about a query */
  int64_t query_id;
  int after;        /* messages above this id ... */
  bool has_version; /* ... or changes above this version, deletions included */
  uint64_t after_version;
  bool has_action; /* what the bot is doing is news, too ... */
  bool has_read;   /* ... and how far it has read */
  int after_read;
};

struct control_poll {
  struct door *door;
  struct server_request *request;
  struct control_question question;
  struct clock_timer timer;
  struct control_poll *prev, *next;
};

/* ---- what there is to tell; each returns whether it is news ---- */

static bool is_news(const struct control_question *question, const struct message *message) {
  if (question->has_version) return message->version > question->after_version;
  return message->id > question->after && !message->is_deleted;
}

/* Whether it is news. */
static bool write_action(const struct door *door, const struct control_question *question, const struct chat *chat,
                         struct buffer *json) {
  if (!question->has_action || !chat->action || chat->action_version <= question->after_version) return false;
  int64_t left = chat->action_at + ACTION_MS - clock_now(door->clock);
  if (left <= 0) return false;
  json_write_member(json, "action", chat->action);
  (void)buffer_format(json, NULL, ",\"action_ms\":%lld", (long long)left);
  return true;
}

/* The same. */
static bool write_read(const struct door *door, const struct control_question *question, const struct chat *chat,
                       struct buffer *json) {
  if (!question->has_read) return false;
  int read = reading_last_id(door->model, chat);
  (void)buffer_format(json, NULL, ",\"read\":%d", read);
  return read != question->after_read;
}

static bool write_messages(const struct door *door, const struct control_question *question, struct buffer *json) {
  const struct chat *chat = chat_find(door->model, question->chat_id);
  unsigned written = 0;
  json_write_text(json, "{\"messages\":[");
  for (unsigned i = 0; chat && i < chat->count; i++) {
    if (!is_news(question, chat->messages[i])) continue;
    if (written++) json_write_text(json, ",");
    message_json_write(chat->messages[i], MESSAGE_FOR_PERSON, json);
  }
  (void)buffer_format(json, NULL, "],\"version\":%llu", (unsigned long long)door->model->version);
  json_write_raw(json, "keyboard", chat ? chat->keyboard : NULL);
  bool is_acting = chat && write_action(door, question, chat, json);
  bool is_read = chat && write_read(door, question, chat, json);
  json_write_text(json, "}");
  return written > 0 || is_acting || is_read || !chat;
}

static bool write_answer(const struct door *door, const struct control_question *question, struct buffer *json) {
  const struct query *query = query_find(door->model, question->query_id);
  bool is_answered = query && query->is_answered;
  (void)buffer_format(json, NULL, "{\"id\":\"%lld\",\"answered\":%s", (long long)question->query_id,
                      is_answered ? "true" : "false");
  if (is_answered && query->answer && strlen(query->answer) > 2) { /* its members, without its braces */
    json_write_text(json, ",");
    json_write_text(json, query->answer + 1);
  } else {
    json_write_text(json, "}");
  }
  return is_answered || !query;
}

static bool write_news(const struct door *door, const struct control_question *question, struct buffer *json) {
  return question->chat_id ? write_messages(door, question, json) : write_answer(door, question, json);
}

static void reply(struct server_request *request, struct buffer *json) {
  size_t size;
  char *body = buffer_take(json, &size);
  server_reply(request, 200, "application/json", body, size, NULL);
}

/* ---- waiting ---- */

static void poll_free(struct control_poll *poll) {
  clock_stop(poll->door->clock, &poll->timer);
  DL_DELETE(poll->door->control_polls, poll);
  free(poll);
}

static void poll_answer(struct control_poll *poll, struct buffer *json) {
  struct server_request *request = poll->request;
  poll_free(poll);
  reply(request, json);
}

static void on_timeout(void *data) {
  struct control_poll *poll = data;
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)write_news(poll->door, &poll->question, &json);
  poll_answer(poll, &json);
}

static void on_gone(void *poll) { poll_free(poll); }

static void reply_or_wait(struct door *door, struct server_request *request, const struct control_question *question,
                          int64_t wait_s) {
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  if (write_news(door, question, &json) || wait_s <= 0) {
    reply(request, &json);
    return;
  }
  buffer_release(&json);
  struct control_poll *poll = memory_new(sizeof *poll);
  *poll = (struct control_poll){.door = door, .request = request, .question = *question};
  DL_APPEND(door->control_polls, poll);
  clock_start(door->clock, &poll->timer, wait_s * 1000, on_timeout, poll);
  server_on_gone(request, on_gone, poll);
}

void control_poll_wake_all(struct door *door) {
  for (struct control_poll *poll = door->control_polls, *next; poll; poll = next) {
    next = poll->next;
    struct buffer json;
    buffer_init(&json, JSON_WRITE_CEILING);
    if (write_news(door, &poll->question, &json))
      poll_answer(poll, &json);
    else
      buffer_release(&json);
  }
}

void control_poll_close_all(struct door *door) {
  for (struct control_poll *poll = door->control_polls, *next; poll; poll = next) {
    next = poll->next;
    server_on_gone(poll->request, NULL, NULL);
    poll_free(poll);
  }
}

/* ---- the questions ---- */

static bool ask(struct control *control, const struct control_question *question) {
  int64_t wait_s = action_number(&control->action, "wait", 0);
  if (control->request)
    reply_or_wait(control->door, control->request, question, wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S);
  else
    (void)write_news(control->door, question, control->action.answer);
  control->request = NULL;
  return true;
}

bool control_poll_messages(struct control *control, struct error *error) {
  const struct action *action = &control->action;
  const struct chat *chat = action_chat(action, error);
  if (!chat) return false;
  struct control_question question = {.chat_id = chat->id,
                                      .after = (int)action_number(action, "after", 0),
                                      .has_version = json_object_get(action->input, "after_version") != NULL,
                                      .after_version = (uint64_t)action_number(action, "after_version", 0),
                                      .has_action = action_flag(action, "with_action", false),
                                      .has_read = json_object_get(action->input, "after_read") != NULL,
                                      .after_read = (int)action_number(action, "after_read", 0)};
  return ask(control, &question);
}

bool control_poll_answers(struct control *control, struct error *error) {
  struct control_question question = {.query_id = action_number(&control->action, "id", 0)};
  bool is_known = query_find(control->action.model, question.query_id) != NULL;
  return is_known ? ask(control, &question) : error_set(error, ERROR_INPUT, "there is no query of this id");
}
