/* The sandbox without a socket: requests from within this process. Whatever a fault does to an answer over HTTP is imitated
 * here by the rules of net/http.h, so that a host can't tell the difference (tests/c/contract/transport_test.c runs the same
 * cases over both). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "common/whole_file.h"
#include "net/http.h"
#include "net/server.h"
#include "sandbox/door/bot_call.h"
#include "sandbox/door/control.h"
#include "sandbox/door/door.h"
#include "sandbox/model/file.h"
#include "sandbox/sandbox.h"

struct sandbox_call {
  struct door *door;
  struct bot_call *bot_call;           /* NULL: it has ended, and the answer is on its way */
  char *label;                         /* the method's name, for errors */
  struct server_parameter *parameters; /* of a multipart call; value and file are copies */
  size_t count, answer_ceiling;
  struct clock_timer timer; /* the timeout; afterwards the delivery, because `done` must not come from within sandbox_start() */
  struct http_answer answer;
  struct buffer body;
  sandbox_done done;
  void *data;
};

static void on_ended(struct bot_call *bot_call, void *call);
static void on_timeout(void *call);
static void deliver(void *call);

static void free_call(struct sandbox_call *call) {
  clock_stop(call->door->clock, &call->timer);
  if (call->bot_call) bot_call_abandon(call->bot_call);
  for (size_t i = 0; i < call->count; i++) free((char *)call->parameters[i].value);
  free(call->parameters);
  buffer_release(&call->body);
  free(call->label);
  free(call);
}

/* ---- the call ---- */

/* The whole file. NULL: it can't be read. */
static char *read_file(const char *path, size_t *size) {
  struct buffer bytes;
  buffer_init(&bytes, FILE_MAX_UP);
  bool ok = buffer_reserve(&bytes, 1, NULL) && whole_file_read(path, &bytes, NULL);
  char *data = ok ? buffer_take(&bytes, size) : NULL;
  buffer_release(&bytes);
  return data;
}

static char *copy_bytes(const char *data, size_t size) {
  char *copy = memory_try_resize(NULL, size + 1);
  if (!copy) return NULL;
  if (size) memcpy(copy, data, size);
  copy[size] = '\0';
  return copy;
}

static bool copy_parts(struct sandbox_call *call, const struct sandbox_request *request, struct error *error) {
  call->parameters = memory_new((request->part_count + 1) * sizeof *call->parameters);
  for (; call->count < request->part_count; call->count++) {
    const struct http_part *part = &request->parts[call->count];
    size_t size = part->size;
    char *value = part->path ? read_file(part->path, &size) : copy_bytes(part->data, size);
    if (!value && part->path) return error_set(error, ERROR_MISUSE, "%s: can't read the file %s", call->label, part->path);
    if (!value) return error_set(error, ERROR_MEMORY, "%s: out of memory for an upload", call->label);
    call->parameters[call->count] =
        (struct server_parameter){.name = part->name, .value = value, .size = size, .file_name = part->file_name};
  }
  return true;
}

static void refuse_token(struct sandbox_call *call, const struct sandbox_request *request) {
  struct call failed = {0};
  const char *description = "Not Found";
  int status = request->path ? 404 : bot_call_refusal(request->token, &description);
  buffer_init(&failed.answer, FILE_MAX_UP);
  call_fail(&failed, status, "%s", description);
  call->body = failed.answer;
  call->answer.status = failed.status;
}

struct sandbox_call *sandbox_start(struct sandbox *sandbox, const struct sandbox_request *request, sandbox_done done,
                                   void *data, struct error *error) {
  struct door *door = sandbox_door(sandbox);
  struct sandbox_call *call = memory_new(sizeof *call);
  *call = (struct sandbox_call){.door = door, .answer_ceiling = request->answer_ceiling, .done = done, .data = data};
  call->label = memory_copy_text(request->path ? "download" : request->method);
  if (!copy_parts(call, request, error)) {
    free_call(call);
    return NULL;
  }
  struct bot_call *bot_call = call->bot_call = bot_call_new(door, request->token, on_ended, call);
  if (!bot_call) {
    refuse_token(call, request);
    clock_start(door->clock, &call->timer, 0, deliver, call);
    return call;
  }
  bot_call->call.method = call->label;
  bot_call->call.parameters = call->parameters;
  bot_call->call.count = call->count;
  bot_call->path = request->path;
  if (request->body) bot_call_read_json(bot_call, request->body, request->size);
  if (request->timeout_ms) clock_start(door->clock, &call->timer, request->timeout_ms, on_timeout, call);
  bot_call_start(bot_call);
  return call;
}

void sandbox_call_cancel(struct sandbox_call *call) { free_call(call); }

/* ---- its answer ---- */

static void on_timeout(void *data) {
  struct sandbox_call *call = data;
  error_set(&call->answer.error, ERROR_UNCERTAIN, "%s: Timeout was reached; what was asked may have been done", call->label);
  deliver(call);
}

static void spoil(struct sandbox_call *call, const struct fault *fault) {
  struct http_answer *answer = &call->answer;
  switch (fault->kind) {
    case FAULT_DROP_BEFORE:
    case FAULT_DROP_AFTER:
    case FAULT_LATE:
    case FAULT_TRUNCATE:
      error_set(&answer->error, ERROR_UNCERTAIN,
                "%s: the connection ended before the answer; what was asked may have been done", call->label);
      break;
    case FAULT_GARBAGE:
      buffer_clear(&call->body);
      (void)buffer_add_text(&call->body, bot_call_garbage, NULL);
      break;
    case FAULT_EMPTY: buffer_clear(&call->body); break;
    default: break;
  }
}

static void on_ended(struct bot_call *bot_call, void *data) {
  struct sandbox_call *call = data;
  struct http_answer *answer = &call->answer;
  call->bot_call = NULL;
  answer->status = bot_call->call.status;
  answer->retry_after = bot_call->call.retry_after;
  call->body = bot_call->call.answer;
  bot_call->call.answer = (struct buffer){0};
  if (call->answer_ceiling && call->body.size > call->answer_ceiling) {
    error_set(&answer->error, ERROR_FULL, "%s: the answer has more than the %zu bytes that are allowed here", call->label,
              call->answer_ceiling);
  }
  spoil(call, &bot_call->fault);
  clock_start(call->door->clock, &call->timer, 0, deliver, call);
}

static void deliver(void *data) {
  struct sandbox_call *call = data;
  struct http_answer *answer = &call->answer;
  bool has_failed = answer->error.kind != ERROR_NONE;
  if (has_failed) answer->status = 0;
  answer->body = has_failed || !call->body.data ? "" : call->body.data;
  answer->size = has_failed ? 0 : call->body.size;
  answer->content_type = "";
  call->done(answer, call->data);
  free_call(call);
}

/* ---- the control API ---- */

bool sandbox_control(struct sandbox *sandbox, const struct sandbox_question *question, struct buffer *answer,
                     struct error *error) {
  return control_run(sandbox_door(sandbox), question, answer, error);
}
