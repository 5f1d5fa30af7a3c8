#include "updates/courtesy.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "common/log.h"
#include "common/memory.h"
#include "telegram/telegram.h"

enum { BODY_SIZE = 128 };

struct courtesy {
  struct telegram *telegram;
  void (*done)(void *data);
  void *data;
  struct answering *list;
  size_t count;
};

/* One answer, until Telegram has taken it. */
struct answering {
  struct courtesy *courtesy;
  struct telegram_call *call;
  struct answering *next, *prev;
  char body[BODY_SIZE];
};

struct courtesy *courtesy_new(struct telegram *telegram, void (*done)(void *data), void *data) {
  struct courtesy *courtesy = memory_new(sizeof *courtesy);
  *courtesy = (struct courtesy){.telegram = telegram, .done = done, .data = data};
  return courtesy;
}

static void forget(struct answering *answering) {
  struct courtesy *courtesy = answering->courtesy;
  DL_DELETE(courtesy->list, answering);
  courtesy->count--;
  free(answering);
}

void courtesy_free(struct courtesy *courtesy) {
  if (!courtesy) return;
  while (courtesy->list) {
    telegram_call_cancel(courtesy->list->call);
    forget(courtesy->list);
  }
  free(courtesy);
}

size_t courtesy_count(const struct courtesy *courtesy) { return courtesy->count; }

/* Too late, answered by another host, ...: the person has long pressed again, and nobody could do better. */
static void on_answered(const struct telegram_answer *answer, void *data) {
  struct answering *answering = data;
  struct courtesy *courtesy = answering->courtesy;
  if (answer->error.kind) log_debug("a button that no script answered stays so; error=%s", answer->error.text);
  forget(answering);
  courtesy->done(courtesy->data);
}

void courtesy_answer(struct courtesy *courtesy, const char *query_id) {
  struct answering *answering = memory_new(sizeof *answering);
  answering->courtesy = courtesy;
  int size = snprintf(answering->body, sizeof answering->body, "{\"callback_query_id\":\"%s\"}", query_id);
  struct telegram_request request = {.method = "answerCallbackQuery", .body = answering->body, .size = (size_t)size};
  DL_APPEND(courtesy->list, answering);
  courtesy->count++;
  answering->call = telegram_start(courtesy->telegram, &request, on_answered, answering);
}
