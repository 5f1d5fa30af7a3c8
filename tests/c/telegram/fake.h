/* A transport whose answers the test gives: requests are kept in order until the test answers them. With a loop and a manual
 * clock. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"
#include "net/http.h"
#include "telegram/telegram.h"

enum { FAKE_REQUESTS = 2048 };

struct fake_request {
  char method[64], path[64], body[8192]; /* of a multipart body: name=value, a line each */
  size_t parts_size;                     /* bytes of it that come from a multipart body */
  size_t answer_ceiling;
  unsigned timeout_ms;
  transport_done done;
  void (*progress)(size_t sent, size_t received, void *data);
  void *data;
  bool is_open;
};

struct fake {
  struct loop *loop;
  struct clock *clock;
  struct telegram *telegram;
  struct fake_request requests[FAKE_REQUESTS];
  unsigned count;                     /* requests that were sent */
  const struct http_part *last_parts; /* of the newest request, while it is under way */
  unsigned cancelled, refreshed;
  bool refuses_start;
};

/* Bytes as they are: a document may hold zeros. */
static inline size_t fake_write_parts(const struct transport_request *request, char *body, size_t room) {
  size_t used = 0;
  for (size_t i = 0; i < request->part_count; i++) {
    const struct http_part *part = &request->parts[i];
    used += (size_t)snprintf(body + used, room - used, "%s=%s%s", part->name, part->file_name ? part->file_name : "",
                             part->file_name ? ":" : "");
    assert_true(used + part->size + 2 < room);
    if (part->size) memcpy(body + used, part->data, part->size);
    used += part->size;
    body[used++] = '\n';
    body[used] = '\0';
  }
  return used;
}

static inline void *fake_start(void *self, const struct transport_request *request, transport_done done, void *data,
                               struct error *error) {
  struct fake *fake = self;
  if (fake->refuses_start) {
    error_set(error, ERROR_MISUSE, "no");
    return NULL;
  }
  assert_true(fake->count < FAKE_REQUESTS);
  struct fake_request *sent = &fake->requests[fake->count++];
  *sent = (struct fake_request){.answer_ceiling = request->answer_ceiling,
                                .timeout_ms = request->timeout_ms,
                                .done = done,
                                .progress = request->progress,
                                .data = data,
                                .is_open = true};
  if (request->method) strncpy(sent->method, request->method, sizeof sent->method - 1);
  if (request->path) strncpy(sent->path, request->path, sizeof sent->path - 1);
  assert_true(request->size < sizeof sent->body);
  if (request->body) memcpy(sent->body, request->body, request->size);
  sent->parts_size = fake_write_parts(request, sent->body, sizeof sent->body);
  fake->last_parts = request->parts;
  return sent;
}

static inline void fake_cancel(void *self, void *call) {
  struct fake *fake = self;
  struct fake_request *sent = call;
  assert_true(sent->is_open);
  sent->is_open = false;
  fake->cancelled++;
}

static inline void fake_refresh(void *self) { ((struct fake *)self)->refreshed++; }
static inline void fake_close(void *self) { (void)self; }

static inline void fake_end(struct fake *fake, unsigned number, const struct http_answer *answer) {
  assert_true(number < fake->count);
  struct fake_request *sent = &fake->requests[number];
  assert_true(sent->is_open);
  sent->is_open = false;
  sent->done(answer, sent->data);
}

static inline void fake_answer(struct fake *fake, unsigned number, int status, const char *body) {
  struct http_answer answer = {.status = status, .body = body, .size = strlen(body), .content_type = ""};
  fake_end(fake, number, &answer);
}

static inline void fake_fail(struct fake *fake, unsigned number, enum error_kind kind) {
  struct http_answer answer = {.body = "", .content_type = ""};
  error_set(&answer.error, kind, "%s: failed", fake->requests[number].method);
  fake_end(fake, number, &answer);
}

static inline struct fake *fake_open(void) {
  struct fake *fake = memory_new(sizeof *fake);
  struct error error;
  fake->loop = loop_open(&error);
  fake->clock = clock_open_manual(fake->loop, 1000000);
  struct transport transport = {
      .start = fake_start, .cancel = fake_cancel, .refresh = fake_refresh, .close = fake_close, .self = fake};
  fake->telegram = telegram_open(transport, fake->clock);
  return fake;
}

static inline int fake_free(struct fake *fake) {
  telegram_close(fake->telegram);
  clock_close(fake->clock);
  bool closed = loop_close(fake->loop);
  free(fake);
  return closed ? 0 : -1;
}
