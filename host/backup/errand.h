/* One call to the Bot API with JSON in and JSON out, for what may be done twice without harm: an uncertain end is tried again.
 * Embedded in the operation whose step it is. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>

#include <jansson.h>

#include "common/clock.h"
#include "common/error.h"

struct telegram;
struct telegram_answer;
struct telegram_call;

struct errand_answer {
  struct error error;   /* kinds as of telegram_answer; ERROR_UNCERTAIN also where the answer is not JSON */
  int code;             /* as of telegram_answer */
  const json_t *result; /* borrowed until done returns; NULL on error */
};
typedef void (*errand_done)(const struct errand_answer *answer, void *data);

struct errand {              /* all zero: idle */
  struct telegram *telegram; /* kept until done or cancelled, like clock */
  struct clock *clock;
  const char *method;
  int64_t chat_id;
  char *body;                 /* ours */
  struct telegram_call *call; /* while it is under way */
  struct clock_timer timer;   /* between two tries; also tells of a want of memory, from the loop */
  unsigned tries, tries_max;
  errand_done done;
  void *data;
};

enum { ERRAND_TRIES = 5, ERRAND_BACK_OFF_MS = 1000 }; /* doubled each time: 15 s in all */

/* Starts it: obeys the pauses of chat_id, not its order. method is kept; parameters are taken. tries: of uncertain ends, 1:
 * none is tried again. done comes once, from the loop; the errand may be started again from within it. */
void errand_start(struct errand *errand, int64_t chat_id, const char *method, json_t *parameters, unsigned tries,
                  errand_done done, void *data);
void errand_cancel(struct errand *errand); /* no callback after this. An idle one takes no harm */

/* Was it answered, and with a value of that type? False: *error is the answer's own, or says that it is not one
 * (ERROR_UNCERTAIN). */
bool errand_has_answered(const struct errand_answer *answer, json_type type, struct error *error);

/* Did Telegram refuse in these words? `words`: a part of its description. */
bool errand_was_refused(const struct error *error, const char *words);
