/* One call is a struct that either waits for its time, with a copy of its answer, or is with the inner transport. getUpdates
 * waits for what is pushed. */
#include "kit/replay_transport.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/memory.h"
#include "net/http.h"
#include "telegram/telegram.h"

enum { UPDATES_CEILING = 64 << 20 };

static const char no_updates[] = "{\"ok\":true,\"result\":[";

struct replay_transport {
  struct transport inner; /* ours */
  struct clock *clock;
  const struct replay_owner *owner;
  struct call *poll;     /* the getUpdates that waits; NULL: none does */
  struct buffer updates; /* that it will bring, without the last brackets; empty: none */
};

struct call {
  struct replay_transport *replay;
  void *inner;       /* of the inner transport; NULL: it is answered here */
  const char *label; /* ours */
  struct clock_timer timer;
  struct http_answer answer;
  char *body; /* of it; ours */
  transport_done done;
  void *data;
};

static void free_call(struct call *call) {
  if (call->replay->poll == call) call->replay->poll = NULL;
  clock_stop(call->replay->clock, &call->timer);
  free((char *)call->label);
  free(call->body);
  free(call);
}

static void deliver(void *data) {
  struct call *call = data;
  call->done(&call->answer, call->data);
  free_call(call);
}

/* False: there is no memory for a copy, and the call fails with that. */
static void take_reply(struct call *call, const struct replay_reply *reply) {
  struct http_answer *answer = &call->answer;
  *answer = (struct http_answer){.status = reply->status, .body = "", .content_type = "", .headers = ""};
  if (reply->kind) {
    error_set(&answer->error, reply->kind, "%.*s", (int)reply->size, reply->body);
    answer->status = 0;
    return;
  }
  call->body = memory_try_resize(NULL, reply->size + 1);
  if (!call->body) {
    error_set(&answer->error, ERROR_MEMORY, "out of memory for an answer");
    answer->status = 0;
    return;
  }
  if (reply->size) memcpy(call->body, reply->body, reply->size);
  call->body[reply->size] = '\0';
  answer->body = call->body;
  answer->size = reply->size;
}

/* ---- updates ---- */

static void bring_updates(struct call *call) {
  struct replay_transport *replay = call->replay;
  struct buffer *updates = &replay->updates;
  bool ok = updates->size || buffer_add_text(updates, no_updates, NULL);
  ok = ok && buffer_add_text(updates, "]}", NULL);
  struct replay_reply reply = {.status = 200, .body = ok ? updates->data : "", .size = ok ? updates->size : 0};
  take_reply(call, &reply);
  buffer_clear(updates);
  replay->poll = NULL;
  clock_start(replay->clock, &call->timer, 0, deliver, call);
}

static void on_poll_over(void *data) { bring_updates(data); }

static void begin_poll(struct call *call, const struct transport_request *request) {
  struct replay_transport *replay = call->replay;
  if (replay->updates.size) {
    bring_updates(call);
    return;
  }
  replay->poll = call;
  clock_start(replay->clock, &call->timer, request->timeout_ms / 2, on_poll_over, call); /* no host shall think it is dead */
}

bool replay_transport_push(struct replay_transport *replay, const char *update, size_t size, struct error *error) {
  struct buffer *updates = &replay->updates;
  bool ok = buffer_add_text(updates, updates->size ? "," : no_updates, error) && buffer_add(updates, update, size, error);
  if (ok && replay->poll) bring_updates(replay->poll);
  return ok;
}

/* ---- calls ---- */

static void on_inner_done(const struct http_answer *answer, void *data) {
  struct call *call = data;
  struct replay_transport *replay = call->replay;
  struct replay_reply reply = {0};
  call->inner = NULL;
  bool is_other = call->label && replay->owner->checked(call->label, answer, &reply, replay->owner->data);
  if (is_other) take_reply(call, &reply);
  call->done(is_other ? &call->answer : answer, call->data);
  free_call(call);
}

static void *start(void *self, const struct transport_request *request, transport_done done, void *data, struct error *error) {
  struct replay_transport *replay = self;
  struct call *call = memory_new(sizeof *call);
  *call = (struct call){.replay = replay, .done = done, .data = data};
  call->label = request->method ? memory_copy_text(request->method) : NULL;
  struct replay_reply reply = {0};
  if (request->method && strcmp(request->method, "getUpdates") == 0) {
    begin_poll(call, request);
    return call;
  }
  if (replay->owner->asked(request, &reply, replay->owner->data)) {
    take_reply(call, &reply);
    clock_start(replay->clock, &call->timer, reply.after_ms, deliver, call);
    return call;
  }
  call->inner = replay->inner.start(replay->inner.self, request, on_inner_done, call, error);
  if (call->inner) return call;
  free_call(call);
  return NULL;
}

static void cancel(void *self, void *data) {
  struct replay_transport *replay = self;
  struct call *call = data;
  if (call->inner) replay->inner.cancel(replay->inner.self, call->inner);
  free_call(call);
}

static void refresh(void *self) {
  struct replay_transport *replay = self;
  replay->inner.refresh(replay->inner.self);
}

static void close_transport(void *self) {
  struct replay_transport *replay = self;
  replay->inner.close(replay->inner.self);
  buffer_release(&replay->updates);
  free(replay);
}

struct replay_transport *replay_transport_open(struct transport *transport, struct clock *clock,
                                               const struct replay_owner *owner) {
  struct replay_transport *replay = memory_new(sizeof *replay);
  *replay = (struct replay_transport){.inner = *transport, .clock = clock, .owner = owner};
  buffer_init(&replay->updates, UPDATES_CEILING);
  *transport =
      (struct transport){.start = start, .cancel = cancel, .refresh = refresh, .close = close_transport, .self = replay};
  return replay;
}
