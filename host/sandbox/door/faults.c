#include "sandbox/door/faults.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/error.h"
#include "common/memory.h"
#include "sandbox/model/json_write.h"

struct planned {
  char method[64]; /* "": all */
  int64_t chat_id; /* 0: all */
  int64_t times;   /* -1: without end */
  int64_t after;   /* so many calls that fit come through first */
  char *given;     /* the JSON object that describes it; times as it was */
  struct fault fault;
  struct planned *prev, *next;
};

struct faults {
  struct planned *list;
};

static const struct {
  const char *name;
  struct fault fault;
} kinds[] = {{"429", {FAULT_ERROR, 429, 1, 0}},
             {"500", {FAULT_ERROR, 500, 0, 0}},
             {"401", {FAULT_ERROR, 401, 0, 0}},
             {"403", {FAULT_ERROR, 403, 0, 0}},
             {"409", {FAULT_ERROR, 409, 0, 0}},
             {"400", {FAULT_ERROR, 400, 0, 0}},
             {"delay", {FAULT_DELAY, 0, 0, 1000}},
             {"drop_before", {FAULT_DROP_BEFORE, 0, 0, 0}},
             {"drop_after", {FAULT_DROP_AFTER, 0, 0, 0}},
             {"truncate", {FAULT_TRUNCATE, 0, 0, 0}},
             {"garbage", {FAULT_GARBAGE, 502, 0, 0}},
             {"empty", {FAULT_EMPTY, 500, 0, 0}},
             {"late", {FAULT_LATE, 0, 0, 1000}},
             {"never", {FAULT_DROP_BEFORE, 0, 0, 1000}},
             {"hold", {FAULT_HOLD, 0, 0, 0}}};

struct faults *faults_new(void) { return memory_new(sizeof(struct faults)); }

static void drop(struct faults *faults, struct planned *planned) {
  DL_DELETE(faults->list, planned);
  free(planned->given);
  free(planned);
}

void faults_clear(struct faults *faults) {
  while (faults->list) drop(faults, faults->list);
}

void faults_free(struct faults *faults) {
  if (faults) faults_clear(faults);
  free(faults);
}

#define NUMBER_MAX 9e15 /* beyond it a real number is no whole one */

static int64_t number(const json_t *json, const char *name, int64_t absent) {
  const json_t *value = json_object_get(json, name);
  double real = json_number_value(value);
  return json_is_number(value) && real > -NUMBER_MAX && real < NUMBER_MAX ? (int64_t)real : absent;
}

static bool find_kind(const json_t *json, struct fault *fault) {
  const json_t *kind = json_object_get(json, "kind");
  char code[24] = "";
  if (json_is_integer(kind)) (void)snprintf(code, sizeof code, "%lld", (long long)json_integer_value(kind));
  const char *name = json_is_string(kind) ? json_string_value(kind) : code;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strcmp(name, kinds[i].name) != 0) continue;
    *fault = kinds[i].fault;
    return true;
  }
  return false;
}

bool faults_add(struct faults *faults, const struct json_t *json, struct error *error) {
  struct fault fault;
  if (!find_kind(json, &fault)) {
    return error_set(error, ERROR_INPUT,
                     "\"kind\" must be one of 429 500 401 403 409 400 delay drop_before drop_after truncate garbage empty late "
                     "never hold");
  }
  const char *method = json_string_value(json_object_get(json, "method"));
  struct planned *planned = memory_new(sizeof *planned);
  if (method && strcmp(method, "*") != 0) (void)snprintf(planned->method, sizeof planned->method, "%s", method);
  planned->chat_id = number(json, "chat_id", 0);
  planned->times = number(json, "times", 1);
  planned->after = number(json, "after", 0);
  if (fault.retry_after) fault.retry_after = (int)number(json, "retry_after", fault.retry_after);
  fault.ms = number(json, "ms", fault.ms);
  if (fault.kind == FAULT_EMPTY || fault.kind == FAULT_GARBAGE) fault.code = (int)number(json, "status", fault.code);
  planned->fault = fault;
  planned->given = json_write_dump(json);
  DL_APPEND(faults->list, planned);
  return true;
}

void faults_write(const struct faults *faults, struct buffer *json) {
  const struct planned *planned;
  json_write_text(json, "{\"faults\":[");
  DL_FOREACH(faults->list, planned) {
    json_write_text(json, planned == faults->list ? "{\"left\":" : ",{\"left\":");
    json_write_number(json, planned->times);
    json_write_raw(json, "fault", planned->given);
    json_write_text(json, "}");
  }
  json_write_text(json, "]}");
}

struct fault faults_take(struct faults *faults, const char *method, int64_t chat_id) {
  struct planned *planned, *next;
  DL_FOREACH_SAFE(faults->list, planned, next) {
    if (planned->method[0] && strcasecmp(planned->method, method) != 0) continue;
    if (planned->chat_id && planned->chat_id != chat_id) continue;
    if (planned->after > 0) {
      planned->after--;
      continue;
    }
    struct fault fault = planned->fault;
    if (planned->times > 0 && --planned->times == 0) drop(faults, planned);
    return fault;
  }
  return (struct fault){0};
}
