/* Faults that a test has arranged for the calls of bots. Of several that fit a call, the oldest is used. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct call;
struct error;
struct faults;
struct json_t;

enum fault_kind {
  FAULT_NONE,
  FAULT_ERROR,       /* an answer of `code` instead of the effect */
  FAULT_DELAY,       /* effect and answer, but only after `ms` */
  FAULT_DROP_BEFORE, /* no effect, and the connection ends without an answer */
  FAULT_DROP_AFTER,  /* the effect, and the connection ends without an answer */
  FAULT_TRUNCATE,    /* the effect, and the connection ends in the middle of the answer */
  FAULT_GARBAGE,     /* an HTML page of a proxy instead of the effect, with `code` */
  FAULT_EMPTY,       /* `code` without a body; only a call answered with 200 has its effect */
  FAULT_LATE,        /* the connection ends at once, without an answer; the effect comes after `ms` */
  FAULT_HOLD,        /* neither effect nor answer until bot_call_release_held() */
};

struct fault {
  enum fault_kind kind;
  int code, retry_after;
  int64_t ms; /* so long passes first, whatever the kind */
};

struct faults *faults_new(void);
void faults_free(struct faults *faults); /* NULL does no harm */
void faults_clear(struct faults *faults);

/* Adds the fault that the JSON object describes: {"kind", "method"?, "chat_id"?, "times"?, "after"?, "retry_after"?, "ms"?,
 * "status"?}. The kind "never" is a connection that hangs for `ms` and then ends, without any effect. False: ERROR_INPUT says
 * what is wrong with it. */
bool faults_add(struct faults *faults, const struct json_t *json, struct error *error);

/* {"faults":[...]}: those that are still to come, as they were described. */
void faults_write(const struct faults *faults, struct buffer *json);

/* Takes the fault of a call, whose chat_id is 0 where it has none. FAULT_NONE: there is none for it. */
struct fault faults_take(struct faults *faults, const char *method, int64_t chat_id);
