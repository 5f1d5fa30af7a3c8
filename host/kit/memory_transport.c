#include "kit/memory_transport.h"

#include <stdlib.h>

#include "common/memory.h"
#include "sandbox/sandbox.h"
#include "telegram/telegram.h"

struct memory_transport {
  struct sandbox *sandbox;
  char *token;
};

static void *start(void *self, const struct transport_request *request, transport_done done, void *data, struct error *error) {
  const struct memory_transport *memory = self;
  struct sandbox_request call = {
      .token = memory->token,
      .method = request->method,
      .body = request->body,
      .size = request->size,
      .parts = request->parts,
      .part_count = request->part_count,
      .path = request->path,
      .timeout_ms = request->answer_timeout_ms ? request->answer_timeout_ms : request->timeout_ms,
      .answer_ceiling = request->answer_ceiling,
  };
  return sandbox_start(memory->sandbox, &call, done, data, error);
}

static void cancel(void *self, void *call) {
  (void)self;
  sandbox_call_cancel(call);
}

static void refresh(void *self) { (void)self; } /* there is no connection that could be stale */

static void close_transport(void *self) {
  struct memory_transport *memory = self;
  free(memory->token);
  free(memory);
}

void memory_transport_open(struct transport *transport, struct sandbox *sandbox, const char *token) {
  struct memory_transport *memory = memory_new(sizeof *memory);
  *memory = (struct memory_transport){.sandbox = sandbox, .token = memory_copy_text(token)};
  *transport =
      (struct transport){.start = start, .cancel = cancel, .refresh = refresh, .close = close_transport, .self = memory};
}
