#include "sandbox/journal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/memory.h"
#include "net/server.h"
#include "sandbox/call.h"
#include "sandbox/write.h"

struct journal {
  char **records; /* record `id` is at id modulo capacity, as JSON */
  unsigned capacity;
  uint64_t last; /* the newest id; the first is 1 */
};

struct journal *journal_new(unsigned capacity) {
  struct journal *journal = memory_new(sizeof *journal);
  journal->capacity = capacity;
  if (capacity) journal->records = memory_new(capacity * sizeof(char *));
  return journal;
}

void journal_clear(struct journal *journal) {
  for (unsigned i = 0; i < journal->capacity; i++) {
    free(journal->records[i]);
    journal->records[i] = NULL;
  }
}

void journal_free(struct journal *journal) {
  if (!journal) return;
  journal_clear(journal);
  free(journal->records);
  free(journal);
}

static void write_parameters(const struct call *call, struct buffer *json) {
  unsigned files = 0, plain = 0;
  write_text(json, ",\"parameters\":{");
  for (size_t i = 0; i < call->count; i++) {
    const struct server_parameter *parameter = &call->parameters[i];
    if (parameter->file_name) {
      files++;
      continue;
    }
    if (plain++) write_text(json, ",");
    write_string(json, parameter->name, strlen(parameter->name));
    write_text(json, ":");
    write_string(json, parameter->value, parameter->size);
  }
  write_text(json, "}");
  for (size_t i = 0, written = 0; files && i < call->count; i++) {
    const struct server_parameter *parameter = &call->parameters[i];
    if (!parameter->file_name) continue;
    write_text(json, written++ ? ",{\"name\":" : ",\"files\":[{\"name\":");
    write_string(json, parameter->name, strlen(parameter->name));
    write_member(json, "file_name", parameter->file_name);
    (void)buffer_format(json, NULL, ",\"size\":%zu}", parameter->size);
  }
  if (files) write_text(json, "]");
}

static bool is_empty_poll(const struct call *call) {
  static const char empty[] = "{\"ok\":true,\"result\":[]}";
  return call->answer.size == sizeof empty - 1 && strcasecmp(call->method, "getUpdates") == 0 &&
         memcmp(call->answer.data, empty, sizeof empty - 1) == 0;
}

void journal_add(struct journal *journal, const struct call *call, int64_t started_at, int64_t ended_at) {
  if (!journal->capacity || is_empty_poll(call)) return;
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  uint64_t id = ++journal->last;
  (void)buffer_format(&json, NULL, "{\"id\":%llu,\"method\":", (unsigned long long)id);
  write_string(&json, call->method, strlen(call->method));
  write_parameters(call, &json);
  write_text(&json, ",\"answer\":");
  bool is_json = call->answer.size && call->answer.data[0] == '{';
  if (is_json)
    (void)buffer_add(&json, call->answer.data, call->answer.size, NULL);
  else
    write_text(&json, "null");
  (void)buffer_format(&json, NULL, ",\"status\":%d,\"started_at\":%lld,\"ended_at\":%lld}", call->status, (long long)started_at,
                      (long long)ended_at);
  char **record = &journal->records[id % journal->capacity];
  free(*record);
  *record = buffer_take(&json, NULL);
}

void journal_write(const struct journal *journal, uint64_t after, struct buffer *buffer) {
  uint64_t oldest = journal->last > journal->capacity ? journal->last - journal->capacity : 0;
  unsigned written = 0;
  write_text(buffer, "{\"requests\":[");
  for (uint64_t id = (after > oldest ? after : oldest) + 1; journal->capacity && id <= journal->last; id++) {
    const char *record = journal->records[id % journal->capacity];
    if (!record) continue;
    if (written++) write_text(buffer, ",");
    write_text(buffer, record);
  }
  (void)buffer_format(buffer, NULL, "],\"last\":%llu}", (unsigned long long)journal->last);
}
