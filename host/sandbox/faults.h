/* What is to go wrong, on purpose: kept in the order of arrival; the first that fits a call is used up first. Pure. */
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

/* Takes the fault that this call is to suffer; chat_id is 0 where it has none. kind is FAULT_NONE for most. */
struct fault faults_take(struct faults *faults, const char *method, int64_t chat_id);
