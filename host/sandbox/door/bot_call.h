/* A call of a bot from its arrival to its answer: it may be delayed, it may have to wait for updates, and a fault may spoil it.
 * How it arrives and how its answer leaves is up to whoever makes it: http_requests.c over HTTP, in_process.c within the
 * process. For the loop's thread only. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "net/parameter.h"
#include "sandbox/door/faults.h"
#include "sandbox/methods/call.h"
#include "sandbox/model/queue.h"

struct bot_call;
struct door;

/* The call is answered: call.status and call.answer, to be sent as `fault` says. The bot call is freed afterwards, or goes on
 * without its maker. */
typedef void (*bot_call_ended)(struct bot_call *bot_call, void *data);

struct bot_call {
  struct call call;     /* its maker fills in where the parameters are, and in the end takes the answer */
  struct fault fault;   /* drop, truncate, garbage and empty are left to the maker */
  const char *path;     /* not a method is called but this file is fetched; kept. NULL: a method */
  bot_call_ended ended; /* called once, perhaps from within bot_call_start(); NULL: the maker is gone */
  void *data;
  /* The rest is its own. */
  struct door *door;
  struct parameter_list own;     /* the query's parameters and those of a JSON body; empty: the maker's are used */
  char *method_copy, *path_copy; /* once the maker is gone; else NULL */
  char *note;                    /* for the request log; ours */
  bool is_held;                  /* until bot_call_release_held() */
  struct queue_poll poll;
  struct clock_timer timer;
  int64_t started_at;
  struct bot_call *prev, *next;
};

/* A call of the bot with that token (borrowed), not begun yet. Owned by the door. NULL: the token does not have the form of
 * one. */
struct bot_call *bot_call_new(struct door *door, const char *token, bot_call_ended ended, void *data);

/* What Telegram answers to a call whose token makes no bot. *description is static. */
int bot_call_refusal(const char *token, const char **description);

/* The members of a JSON object as parameters, after those that the call has. Anything else than an object has none. */
void bot_call_read_json(struct bot_call *bot_call, const char *body, size_t size);

void bot_call_start(struct bot_call *bot_call);
void bot_call_free(struct bot_call *bot_call); /* without an answer; what it has done stays done */

/* Whoever made the call is gone: `ended` is not called any more. A call that has not had its effect has it nevertheless, when
 * its delay is over; any other is freed. */
void bot_call_abandon(struct bot_call *bot_call);

/* Lets all calls go on that a FAULT_HOLD holds: they have their effect, or their connections end without one. */
void bot_call_release_held(struct door *door, bool has_effect);

extern const char bot_call_garbage[]; /* what FAULT_GARBAGE puts in the place of an answer: a proxy's error page */
