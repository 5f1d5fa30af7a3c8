/* The Bot API against the model: a call goes in, its answer comes out. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct call;

/* Answers the call: call->status and call->answer. Status 0: getUpdates has found nothing and may wait call->timeout_s. The
 * answer is initialised and released by the caller. */
void methods_run(struct call *call);

/* Writes the answer of a getUpdates that has waited. */
void methods_answer_poll(struct call *call, bool is_conflict);

/* ---- the tables of the rooms method_*.c ---- */
struct method {
  const char *name; /* in lower case; the table ends with NULL */
  bool (*run)(struct call *call);
};
extern const struct method method_bot[], method_send[], method_media[], method_edit[], method_chat[];
