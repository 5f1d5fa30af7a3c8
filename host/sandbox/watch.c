#include "sandbox/watch.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/message.h"
#include "sandbox/model.h"
#include "sandbox/site.h"
#include "sandbox/write.h"

struct waiter {
  struct site *site;
  struct server_request *request;
  struct question question;
  struct clock_timer timer;
  struct waiter *prev, *next;
};

/* ---- what there is to tell; each returns whether it is more than nothing ---- */

static bool is_news(const struct question *question, const struct message *message) {
  if (question->has_version) return message->version > question->after_version;
  return message->id > question->after && !message->is_deleted;
}

static bool write_messages(const struct site *site, const struct question *question, struct buffer *json) {
  const struct chat *chat = model_find_chat(site->model, question->chat_id);
  unsigned written = 0;
  write_text(json, "{\"messages\":[");
  for (unsigned i = 0; chat && i < chat->count; i++) {
    if (!is_news(question, chat->messages[i])) continue;
    if (written++) write_text(json, ",");
    message_write(chat->messages[i], MESSAGE_FOR_PERSON, json);
  }
  (void)buffer_format(json, NULL, "],\"version\":%llu", (unsigned long long)site->model->version);
  write_raw(json, "keyboard", chat ? chat->keyboard : NULL);
  write_text(json, "}");
  return written > 0 || !chat;
}

static bool write_answer(const struct site *site, const struct question *question, struct buffer *json) {
  const struct query *query = model_find_query(site->model, question->query_id);
  bool is_answered = query && query->is_answered;
  (void)buffer_format(json, NULL, "{\"id\":\"%lld\",\"answered\":%s", (long long)question->query_id,
                      is_answered ? "true" : "false");
  if (is_answered && query->answer && strlen(query->answer) > 2) { /* its members, without its braces */
    write_text(json, ",");
    write_text(json, query->answer + 1);
  } else {
    write_text(json, "}");
  }
  return is_answered || !query;
}

static bool write_news(const struct site *site, const struct question *question, struct buffer *json) {
  return question->chat_id ? write_messages(site, question, json) : write_answer(site, question, json);
}

static void reply(struct server_request *request, struct buffer *json) {
  size_t size;
  char *body = buffer_take(json, &size);
  server_reply(request, 200, "application/json", body, size, NULL);
}

/* ---- waiting ---- */

static void waiter_free(struct waiter *waiter) {
  clock_stop(waiter->site->clock, &waiter->timer);
  DL_DELETE(waiter->site->waiters, waiter);
  free(waiter);
}

static void waiter_answer(struct waiter *waiter, struct buffer *json) {
  struct server_request *request = waiter->request;
  waiter_free(waiter);
  reply(request, json);
}

static void on_timeout(void *data) {
  struct waiter *waiter = data;
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  (void)write_news(waiter->site, &waiter->question, &json);
  waiter_answer(waiter, &json);
}

static void on_gone(void *waiter) { waiter_free(waiter); }

void watch_ask(struct site *site, struct server_request *request, const struct question *question, int64_t wait_s) {
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  if (write_news(site, question, &json) || wait_s <= 0) {
    reply(request, &json);
    return;
  }
  buffer_release(&json);
  struct waiter *waiter = memory_new(sizeof *waiter);
  *waiter = (struct waiter){.site = site, .request = request, .question = *question};
  DL_APPEND(site->waiters, waiter);
  clock_start(site->clock, &waiter->timer, wait_s * 1000, on_timeout, waiter);
  server_on_gone(request, on_gone, waiter);
}

void watch_write(struct site *site, const struct question *question, struct buffer *json) {
  (void)write_news(site, question, json);
}

void watch_wake(struct site *site) {
  for (struct waiter *waiter = site->waiters, *next; waiter; waiter = next) {
    next = waiter->next;
    struct buffer json;
    buffer_init(&json, WRITE_CEILING);
    if (write_news(site, &waiter->question, &json))
      waiter_answer(waiter, &json);
    else
      buffer_release(&json);
  }
}

void watch_close(struct site *site) {
  for (struct waiter *waiter = site->waiters, *next; waiter; waiter = next) {
    next = waiter->next;
    server_on_gone(waiter->request, NULL, NULL);
    waiter_free(waiter);
  }
}
