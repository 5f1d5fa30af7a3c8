/* The Bot API against the model: runs a call and writes its answer. Methods are in the rooms method_*.c, one for each of
 * Telegram's subjects, and each of these ends with the table of its methods. A new subject is a new room and a line in
 * methods.c. A method of Telegram that has no room is refused with words of our own, so that nobody takes it for a misspelt
 * name. */
#pragma once
#include <stdbool.h>

struct call;

/* Answers the call: call->status and call->answer. Status 0: getUpdates has found nothing and may wait call->timeout_s. The
 * answer is initialised and released by the caller. */
void methods_run(struct call *call);

/* Writes the answer of a getUpdates that has waited. */
void methods_answer_poll(struct call *call, bool is_conflict);

/* ---- the tables of the rooms method_*.c ---- */

struct method {
  const char *name;               /* in lower case; the table ends with NULL */
  bool (*run)(struct call *call); /* writes the result; false: the call is failed, or has to wait */
};
extern const struct method method_update[], method_bot[], method_command[], method_send[], method_media[], method_poll[],
    method_forward[], method_edit[], method_delete[], method_chat[], method_member[], method_pin[], method_reaction[],
    method_query[], method_invite[], method_payment[], method_profile[], method_topic[], method_sticker[], method_webhook[],
    method_business[], method_checklist[], method_location[];
