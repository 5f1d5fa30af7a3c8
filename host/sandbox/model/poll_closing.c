#include "sandbox/model/poll_closing.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/memory.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/poll_content.h"
#include "sandbox/model/queue.h"

struct poll_closing {
  struct model *model;
  int64_t chat_id;
  int message_id;
  int64_t close_date;
  struct clock_timer timer;
  struct poll_closing *prev, *next;
};

static void drop(struct poll_closing *closing) {
  clock_stop(closing->model->clock, &closing->timer);
  DL_DELETE(closing->model->poll_closings, closing);
  free(closing);
}

void poll_closing_tell(struct model *model, const struct message *message, const struct json_t *poll) {
  char *text = json_write_dump(poll);
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    bool is_theirs = message->from == bot->person || !message->from;
    if (is_theirs) bot_queue_update(model, bot, "poll", text, strlen(text), model_now(model) + QUEUE_LIFE);
  }
  free(text);
}

void poll_closing_close(struct model *model, struct message *message, struct json_t *poll) {
  json_object_set_new(poll, "is_closed", json_true());
  poll_content_write(message, poll);
  message_changed(model, message);
  poll_closing_tell(model, message, poll);
}

void poll_closing_check(struct model *model, struct message *message, struct json_t *poll) {
  int64_t at = json_integer_value(json_object_get(poll, "close_date"));
  if (at && at <= model_now(model) && !json_is_true(json_object_get(poll, "is_closed")))
    poll_closing_close(model, message, poll);
}

static void on_due(void *data) {
  struct poll_closing *closing = data;
  struct model *model = closing->model;
  const struct chat *chat = chat_find(model, closing->chat_id);
  struct message *message = chat ? message_find(chat, closing->message_id) : NULL;
  json_t *poll = message ? poll_content_read(message) : NULL;
  if (poll && !json_is_true(json_object_get(poll, "is_closed"))) poll_closing_close(model, message, poll);
  json_decref(poll);
  drop(closing);
}

void poll_closing_plan(struct model *model, const struct message *message, int64_t close_date) {
  struct poll_closing *closing = memory_new(sizeof *closing);
  *closing =
      (struct poll_closing){.model = model, .chat_id = message->chat->id, .message_id = message->id, .close_date = close_date};
  DL_APPEND(model->poll_closings, closing);
  clock_start(model->clock, &closing->timer, (close_date - model_now(model)) * 1000, on_due, closing);
}

void poll_closing_check_all(struct model *model) {
  struct poll_closing *closing, *next;
  DL_FOREACH_SAFE(model->poll_closings, closing, next) {
    if (closing->close_date <= model_now(model)) on_due(closing);
  }
}

void poll_closing_drop_all(struct model *model) {
  while (model->poll_closings) drop(model->poll_closings);
}
