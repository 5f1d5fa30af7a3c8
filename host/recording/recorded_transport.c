/* The transport in front of the true one: passes everything on, and tells the recorder what a script has asked and what came
 * back. What the host asks for itself (updates, backups) is passed on silently. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "net/http.h"
#include "recording/recorder.h"
#include "recording/recording.h"
#include "telegram/telegram.h"

struct recorded_transport {
  struct transport inner; /* ours */
  struct recorder *recorder;
};

struct recorded_call { /* from its start to its answer, or until it is cancelled */
  struct recorded_transport *transport;
  void *inner;
  uint64_t number; /* 0: it is not recorded */
  bool is_download;
  void (*progress)(size_t sent, size_t received, void *data);
  transport_done done;
  void *data;
};

/* A file by its name and its size. */
static json_t *describe_part(const struct http_part *part) {
  if (!part->file_name) return json_stringn(part->data, part->size);
  json_t *file = json_object();
  (void)json_object_set_new(file, "file_name", json_string(part->file_name));
  if (!part->path) (void)json_object_set_new(file, "bytes", json_integer((json_int_t)part->size));
  return file;
}

static json_t *describe_parameters(const struct transport_request *request) {
  if (!request->part_count)
    return request->body ? json_loadb(request->body, request->size, JSON_ALLOW_NUL, NULL) : json_object();
  json_t *parameters = json_object();
  for (size_t i = 0; i < request->part_count; i++)
    (void)json_object_set_new(parameters, request->parts[i].name, describe_part(&request->parts[i]));
  return parameters;
}

bool recorder_wants(const struct transport_request *request) { return request->asker != NULL; }

static void note_call(struct recorded_call *call, const struct transport_request *request) {
  struct recorder *recorder = call->transport->recorder;
  json_t *line = recorder_wants(request) ? recorder_new_line(recorder) : NULL;
  if (!line) return;
  call->number = recorder_next_call(recorder);
  call->is_download = request->path != NULL;
  (void)json_object_set_new(line, "call", json_integer((json_int_t)call->number));
  recorder_add_cause(recorder, line, request->asker);
  (void)json_object_set_new(line, "method", json_string(request->path ? "download" : request->method));
  json_t *parameters = request->path ? json_pack("{ss}", "file_path", request->path) : describe_parameters(request);
  recorder_add(recorder, line, "parameters", RECORDED_CALL, parameters);
  recorder_write(recorder, line);
}

static void note_answer(const struct recorded_call *call, const struct http_answer *answer) {
  struct recorder *recorder = call->transport->recorder;
  json_t *line = call->number ? recorder_new_line(recorder) : NULL;
  if (!line) return;
  (void)json_object_set_new(line, "answer", json_integer((json_int_t)call->number));
  if (answer->error.kind) {
    (void)json_object_set_new(line, "kind", json_string(error_kind_name(answer->error.kind)));
    recorder_add_error(recorder, line, answer->error.text);
  } else {
    json_t *body = call->is_download ? NULL : json_loadb(answer->body, answer->size, JSON_ALLOW_NUL, NULL);
    (void)json_object_set_new(line, "status", json_integer(answer->status));
    if (!body) (void)json_object_set_new(line, "bytes", json_integer((json_int_t)answer->size));
    recorder_add(recorder, line, "body", RECORDED_UPDATE, body);
  }
  recorder_write(recorder, line);
}

static void on_done(const struct http_answer *answer, void *data) {
  struct recorded_call *call = data;
  note_answer(call, answer);
  call->done(answer, call->data);
  free(call);
}

static void on_progress(size_t sent, size_t received, void *data) {
  const struct recorded_call *call = data;
  call->progress(sent, received, call->data);
}

static void *start(void *self, const struct transport_request *request, transport_done done, void *data, struct error *error) {
  struct recorded_transport *transport = self;
  struct recorded_call *call = memory_new(sizeof *call);
  *call = (struct recorded_call){.transport = transport, .progress = request->progress, .done = done, .data = data};
  struct transport_request passed = *request;
  if (request->progress) passed.progress = on_progress;
  note_call(call, request);
  call->inner = transport->inner.start(transport->inner.self, &passed, on_done, call, error);
  if (call->inner) return call;
  free(call);
  return NULL;
}

static void cancel(void *self, void *started) {
  struct recorded_transport *transport = self;
  struct recorded_call *call = started;
  transport->inner.cancel(transport->inner.self, call->inner);
  free(call);
}

static void refresh(void *self) {
  struct recorded_transport *transport = self;
  transport->inner.refresh(transport->inner.self);
}

static void close_transport(void *self) {
  struct recorded_transport *transport = self;
  transport->inner.close(transport->inner.self);
  free(transport);
}

void recorder_wrap(struct recorder *recorder, struct transport *transport) {
  if (!recorder) return;
  struct recorded_transport *wrapped = memory_new(sizeof *wrapped);
  *wrapped = (struct recorded_transport){.inner = *transport, .recorder = recorder};
  *transport = (struct transport){.start = start,
                                  .cancel = cancel,
                                  .refresh = refresh,
                                  .close = close_transport,
                                  .self = wrapped,
                                  .server_files = transport->server_files};
}
