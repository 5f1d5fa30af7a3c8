/* Faults that a test has arranged for the calls of bots. Of several that fit a call, the oldest is used. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct call;
struct error;
struct faults;
struct json_t;

enum fault_kind {
  FAULT_NONE,
  FAULT_ERROR, /* an answer of `code` instead of the effect */
  FAULT_DELAY, /* the effect, but the answer after `ms` */
  FAULT_DROP_BEFORE,
  FAULT_DROP_AFTER,
  FAULT_TRUNCATE,
  FAULT_GARBAGE, /* an HTML page */
  FAULT_EMPTY,   /* `code` without a body; 200 has had the effect */
};

struct fault {
  enum fault_kind kind;
  int code, retry_after;
  int64_t ms;
};

struct faults *faults_new(void);
void faults_free(struct faults *faults); /* NULL does no harm */
void faults_clear(struct faults *faults);

/* {"method", "kind", "times", "retry_after", "ms", "chat_id", "after"}; false: ERROR_INPUT says what is wrong with it. */
bool faults_add(struct faults *faults, const struct json_t *json, struct error *error);

/* Takes the fault of a call, whose chat_id is 0 where it has none. FAULT_NONE: there is none for it. */
struct fault faults_take(struct faults *faults, const char *method, int64_t chat_id);
