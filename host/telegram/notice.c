/* A list of calls under way. Each frees itself when its answer has come, since no caller holds a handle of it. */
#include "telegram/notice.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/memory.h"
#include "telegram/telegram.h"

enum { NOTICE_CEILING = 16384 };

struct notice {
  struct telegram_call *call;
  struct buffer body;
  struct notice *next, **link;
};

struct notices {
  struct telegram *telegram;
  struct notice *list; /* under way */
};

struct notices *notices_open(struct telegram *telegram) {
  struct notices *notices = memory_new(sizeof *notices);
  notices->telegram = telegram;
  return notices;
}

static void notice_free(struct notice *notice) {
  *notice->link = notice->next;
  if (notice->next) notice->next->link = notice->link;
  buffer_release(&notice->body);
  free(notice);
}

void notices_close(struct notices *notices) {
  if (!notices) return;
  while (notices->list) {
    telegram_call_cancel(notices->list->call);
    notice_free(notices->list);
  }
  free(notices);
}

static void on_sent(const struct telegram_answer *answer, void *data) {
  if (answer->error.kind) log_warn("can't send a notice of the host; error=%s", answer->error.text);
  notice_free(data);
}

static struct notice *notice_new(struct notices *notices) {
  struct notice *notice = memory_new(sizeof *notice);
  buffer_init(&notice->body, NOTICE_CEILING);
  notice->next = notices->list;
  notice->link = &notices->list;
  if (notice->next) notice->next->link = &notice->next;
  notices->list = notice;
  return notice;
}

/* Out of order: a notice must not wait behind a thousand messages of a bot, nor hold them up. */
static void start(struct notices *notices, struct notice *notice, const char *method, int64_t chat_id, bool is_whole) {
  if (!is_whole) {
    log_warn("can't send a notice of the host; error=%s", "it is too long, or there is no memory");
    notice_free(notice);
    return;
  }
  struct telegram_request request = {
      .method = method, .body = notice->body.data, .size = notice->body.size, .chat_id = chat_id, .out_of_order = true};
  notice->call = telegram_start(notices->telegram, &request, on_sent, notice);
}

void notices_send(struct notices *notices, int64_t chat_id, const char *text, const char *reply_markup) {
  struct notice *notice = notice_new(notices);
  struct buffer *body = &notice->body;
  bool ok = buffer_format(body, NULL, "{\"chat_id\":%lld,\"text\":", (long long)chat_id) &&
            buffer_add_json_string(body, text, strlen(text), NULL) &&
            (!reply_markup || buffer_format(body, NULL, ",\"reply_markup\":%s", reply_markup)) &&
            buffer_add_text(body, "}", NULL);
  start(notices, notice, "sendMessage", chat_id, ok);
}

void notices_answer_press(struct notices *notices, const char *callback_query_id, const char *text) {
  struct notice *notice = notice_new(notices);
  struct buffer *body = &notice->body;
  bool ok = buffer_add_text(body, "{\"callback_query_id\":", NULL) &&
            buffer_add_json_string(body, callback_query_id, strlen(callback_query_id), NULL) &&
            (!text || (buffer_add_text(body, ",\"text\":", NULL) && buffer_add_json_string(body, text, strlen(text), NULL))) &&
            buffer_add_text(body, "}", NULL);
  start(notices, notice, "answerCallbackQuery", 0, ok);
}
