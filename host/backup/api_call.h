/* One call of the Bot API with JSON in and JSON out, for methods that may be called twice without harm: an uncertain end is
 * tried again. Embedded in the operation whose step it is. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/clock.h"
#include "common/error.h"

struct telegram;
struct telegram_answer;
struct telegram_call;

struct api_call_answer {
  struct error error;   /* kinds as of telegram_answer; ERROR_UNCERTAIN also where the answer is not JSON */
  int code;             /* as of telegram_answer */
  const json_t *result; /* borrowed until done returns; NULL on error */
};
typedef void (*api_call_done)(const struct api_call_answer *answer, void *data);

struct api_call {            /* all zero: idle */
  struct telegram *telegram; /* kept until done or cancelled, like clock */
  struct clock *clock;
  const char *method;
  int64_t chat_id;
  bool own_connection;             /* set before the start: net/http.h */
  char *body;                      /* ours */
  struct telegram_call *under_way; /* the current try; NULL: none */
  struct clock_timer timer;        /* between two tries; also reports lack of memory from the loop */
  unsigned tries, tries_max;
  api_call_done done;
  void *data;
};

enum { API_CALL_TRIES = 5 };
int64_t api_call_back_off_ms(unsigned tries); /* how long to wait after so many tries: doubled each time, 15 s in all */

/* Obeys the pauses of chat_id, but not its order. method is kept; parameters are taken. tries: how often it is sent where ends
 * are uncertain; 1: once. done comes once, from the loop; the struct may be started again from within it. */
void api_call_start(struct api_call *call, int64_t chat_id, const char *method, json_t *parameters, unsigned tries,
                    api_call_done done, void *data);
void api_call_cancel(struct api_call *call); /* no callback after this. Does no harm to an idle one */

/* Is the result of that JSON type? False: *error is the answer's own, or ERROR_UNCERTAIN for a result of another type. */
bool api_call_has_answered(const struct api_call_answer *answer, json_type type, struct error *error);

/* Is it ERROR_REFUSED, with these words in Telegram's description? */
bool api_call_was_refused(const struct error *error, const char *words);
