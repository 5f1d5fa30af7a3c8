/* Whether an answer has arrived nobody tells. Telegram sends the next update of a chat when it has read the answer to the one
 * before, and an update whose answer it did not read once more. So an answered reply keeps its turn in its chat until something
 * of that chat arrives, at most for READ_MS; and the newest REMEMBERED answers are kept, to be given again. */
#include "updates/webhook_reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "net/server.h"
#include "telegram/telegram.h"

enum {
  READ_MS = 1000,
  REMEMBERED = 200, /* answers: twice what Telegram has under way at once */
};

struct webhook_reply {
  struct webhook_replies *replies;
  struct telegram_call *call; /* holds the turn, or is under way; NULL: neither */
  struct clock_timer read;    /* until when it was read for certain */
  int64_t chat_id;            /* 0: none */
  int64_t update_id;          /* of the update that it has answered */
  bool is_answered;
  size_t size; /* of body, a JSON object */
  struct webhook_reply *prev, *next;
  const char *method; /* behind the body */
  char body[];
};

struct webhook_replies {
  struct telegram *telegram;
  struct clock *clock;
  struct webhook_reply *open;     /* held, or under way */
  struct webhook_reply *answered; /* the oldest first */
  size_t answered_count;
  uint64_t count;
  bool is_stopped;
};

struct webhook_replies *webhook_replies_new(struct telegram *telegram, struct clock *clock) {
  struct webhook_replies *replies = memory_new(sizeof *replies);
  replies->telegram = telegram;
  replies->clock = clock;
  return replies;
}

static void give_up_turn(struct webhook_reply *reply) {
  clock_stop(reply->replies->clock, &reply->read);
  if (reply->call) telegram_call_cancel(reply->call);
  reply->call = NULL;
}

static void reply_free(struct webhook_reply *reply) {
  struct webhook_replies *replies = reply->replies;
  give_up_turn(reply);
  if (reply->is_answered) {
    DL_DELETE(replies->answered, reply);
    replies->answered_count--;
  } else {
    DL_DELETE(replies->open, reply);
  }
  free(reply);
}

void webhook_replies_free(struct webhook_replies *replies) {
  if (!replies) return;
  while (replies->open) reply_free(replies->open);
  while (replies->answered) reply_free(replies->answered);
  free(replies);
}

/* What asks has no use without its result, and Telegram takes none of these as an answer. */
static bool may_travel(const char *method) {
  static const char *const own[] = {"setWebhook", "deleteWebhook", "close", "logOut", NULL};
  for (int i = 0; own[i]; i++) {
    if (strcasecmp(method, own[i]) == 0) return false;
  }
  return strncasecmp(method, "get", 3) != 0;
}

static void on_sent(const struct telegram_answer *answer, void *data) {
  struct webhook_reply *reply = data;
  reply->call = NULL;
  if (answer->error.kind == ERROR_REFUSED) {
    log_warn("a call to Telegram failed, and nobody looked at its error; method=%s chat=%lld error=%s", reply->method,
             (long long)reply->chat_id, answer->description);
  }
  reply_free(reply);
}

struct webhook_reply *webhook_replies_hold(struct webhook_replies *replies, const struct telegram_request *request) {
  if (!may_travel(request->method)) return NULL;
  size_t method_size = strlen(request->method) + 1;
  struct webhook_reply *reply = memory_new(sizeof *reply + request->size + method_size);
  memcpy(reply->body, request->body, request->size);
  memcpy(reply->body + request->size, request->method, method_size);
  reply->method = reply->body + request->size;
  reply->size = request->size;
  reply->replies = replies;
  reply->chat_id = request->chat_id;
  struct telegram_request held = *request;
  held.body = reply->body;
  held.is_held = true;
  held.time_left = NULL;
  DL_APPEND(replies->open, reply);
  reply->call = telegram_start(replies->telegram, &held, on_sent, reply);
  if (telegram_call_has_turn(reply->call)) return reply;
  reply_free(reply);
  return NULL;
}

bool webhook_reply_is_of_chat(const struct webhook_reply *reply) { return reply->chat_id != 0; }

void webhook_reply_send(struct webhook_reply *reply) { telegram_call_release(reply->call); }

/* {"method":"sendMessage","chat_id":1}: the body with a member before its first. */
static void give(const struct webhook_reply *reply, struct server_request *request) {
  static const char begin[] = "{\"method\":\"";
  bool is_empty = reply->size <= 2;
  size_t method_size = strlen(reply->method), at = sizeof begin - 1;
  char *text = memory_new(at + method_size + reply->size + 2);
  memcpy(text, begin, at);
  memcpy(text + at, reply->method, method_size);
  at += method_size;
  text[at++] = '"';
  if (!is_empty) text[at++] = ',';
  memcpy(text + at, reply->body + 1, reply->size - 1);
  server_reply(request, 200, "application/json", text, at + reply->size - 1, NULL);
}

static void on_read(void *data) { give_up_turn(data); }

void webhook_reply_answer(struct webhook_reply *reply, int64_t update_id, struct server_request *request) {
  struct webhook_replies *replies = reply->replies;
  give(reply, request);
  reply->update_id = update_id;
  reply->is_answered = true;
  DL_DELETE(replies->open, reply);
  DL_APPEND(replies->answered, reply);
  replies->count++;
  if (reply->chat_id && !replies->is_stopped)
    clock_start(replies->clock, &reply->read, READ_MS, on_read, reply);
  else
    give_up_turn(reply);
  if (++replies->answered_count > REMEMBERED) reply_free(replies->answered);
}

bool webhook_replies_repeat(struct webhook_replies *replies, int64_t update_id, struct server_request *request) {
  struct webhook_reply *reply;
  DL_FOREACH(replies->answered, reply) {
    if (reply->update_id != update_id) continue;
    give(reply, request);
    return true;
  }
  return false;
}

void webhook_replies_arrived(struct webhook_replies *replies, int64_t chat_id) {
  struct webhook_reply *reply;
  DL_FOREACH(replies->answered, reply) {
    if (reply->call && reply->chat_id == chat_id) give_up_turn(reply);
  }
}

void webhook_replies_stop(struct webhook_replies *replies) {
  struct webhook_reply *reply;
  replies->is_stopped = true;
  DL_FOREACH(replies->answered, reply) give_up_turn(reply);
}

uint64_t webhook_replies_count(const struct webhook_replies *replies) { return replies->count; }
