#include "sandbox/door/request_log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/memory.h"
#include "net/server.h"
#include "sandbox/methods/call.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/person.h"

struct request_log {
  char **records; /* record `id` is at id modulo capacity, as JSON */
  unsigned capacity;
  uint64_t last; /* the newest id; the first is 1 */
};

struct request_log *request_log_new(unsigned capacity) {
  struct request_log *log = memory_new(sizeof *log);
  log->capacity = capacity;
  if (capacity) log->records = memory_new(capacity * sizeof(char *));
  return log;
}

void request_log_clear(struct request_log *log) {
  for (unsigned i = 0; i < log->capacity; i++) {
    free(log->records[i]);
    log->records[i] = NULL;
  }
}

void request_log_free(struct request_log *log) {
  if (!log) return;
  request_log_clear(log);
  free(log->records);
  free(log);
}

static void write_parameters(const struct call *call, struct buffer *json) {
  unsigned files = 0, plain = 0;
  size_t size = 0;
  json_write_text(json, ",\"parameters\":{");
  for (size_t i = 0; i < call->count; i++) {
    const struct server_parameter *parameter = &call->parameters[i];
    size += parameter->size;
    if (parameter->file_name) {
      files++;
      continue;
    }
    if (plain++) json_write_text(json, ",");
    json_write_string(json, parameter->name, strlen(parameter->name));
    json_write_text(json, ":");
    json_write_string(json, parameter->value, parameter->size);
  }
  json_write_text(json, "}");
  for (size_t i = 0, written = 0; files && i < call->count; i++) {
    const struct server_parameter *parameter = &call->parameters[i];
    if (!parameter->file_name) continue;
    json_write_text(json, written++ ? ",{\"name\":" : ",\"files\":[{\"name\":");
    json_write_string(json, parameter->name, strlen(parameter->name));
    json_write_member(json, "file_name", parameter->file_name);
    (void)buffer_format(json, NULL, ",\"size\":%zu}", parameter->size);
  }
  if (files) json_write_text(json, "]");
  (void)buffer_format(json, NULL, ",\"size\":%zu", size);
}

char *request_log_note(const struct request_log *log, const struct call *call) {
  if (!log->capacity) return NULL;
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  write_parameters(call, &json);
  return buffer_take(&json, NULL);
}

static bool is_empty_poll(const struct call *call) {
  static const char empty[] = "{\"ok\":true,\"result\":[]}";
  return call->answer.size == sizeof empty - 1 && strcasecmp(call->method, "getUpdates") == 0 &&
         memcmp(call->answer.data, empty, sizeof empty - 1) == 0;
}

void request_log_add(struct request_log *log, const struct call *call, const char *note, int64_t started_at, int64_t ended_at) {
  if (!log->capacity || is_empty_poll(call)) return;
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  uint64_t id = ++log->last;
  (void)buffer_format(&json, NULL, "{\"id\":%llu,\"method\":", (unsigned long long)id);
  json_write_string(&json, call->method, strlen(call->method));
  json_write_text(&json, note ? note : ",\"parameters\":{}");
  (void)buffer_format(&json, NULL, ",\"bot_id\":%lld,\"answer_size\":%zu", (long long)call->bot->person->id, call->answer.size);
  json_write_text(&json, ",\"answer\":");
  bool is_json = call->answer.size && call->answer.data[0] == '{';
  if (is_json)
    (void)buffer_add(&json, call->answer.data, call->answer.size, NULL);
  else
    json_write_text(&json, "null");
  (void)buffer_format(&json, NULL, ",\"status\":%d,\"started_at\":%lld,\"ended_at\":%lld}", call->status, (long long)started_at,
                      (long long)ended_at);
  char **record = &log->records[id % log->capacity];
  free(*record);
  *record = buffer_take(&json, NULL);
}

void request_log_write(const struct request_log *log, uint64_t after, struct buffer *buffer) {
  uint64_t oldest = log->last > log->capacity ? log->last - log->capacity : 0;
  unsigned written = 0;
  json_write_text(buffer, "{\"requests\":[");
  for (uint64_t id = (after > oldest ? after : oldest) + 1; log->capacity && id <= log->last; id++) {
    const char *record = log->records[id % log->capacity];
    if (!record) continue;
    if (written++) json_write_text(buffer, ",");
    json_write_text(buffer, record);
  }
  (void)buffer_format(buffer, NULL, "],\"last\":%llu}", (unsigned long long)log->last);
}
