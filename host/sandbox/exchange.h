/* One call of a bot on its way through the sandbox: it may be delayed, it may have to wait for updates, a fault may spoil it.
 * How it came and how its answer leaves is the affair of its carrier: site.c over HTTP, direct.c within the process. The loop's
 * thread. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "sandbox/call.h"
#include "sandbox/faults.h"
#include "sandbox/queue.h"

struct exchange;
struct site;

/* The call is answered: call.status and call.answer, to be sent as exchange->fault says. The exchange is gone afterwards. */
typedef void (*exchange_ended)(struct exchange *exchange, void *data);

struct exchange {
  struct call call;     /* the carrier fills in where its parameters are, and in the end takes its answer */
  struct fault fault;   /* drop, truncate, garbage and empty are for the carrier to do */
  const char *path;     /* not a method is called but this file is fetched; kept. NULL: a method */
  exchange_ended ended; /* called once, perhaps from within exchange_start() */
  void *data;
  /* The rest is the exchange's own. */
  struct site *site;
  struct json_t *body;          /* a JSON body, whose strings the parameters point into */
  struct server_parameter *own; /* the parameters of a JSON body, after the query's; NULL: the carrier's */
  char **dumps;                 /* the values of `own` that are no strings */
  size_t own_count;
  struct queue_poll poll;
  struct clock_timer timer;
  int64_t started_at;
  struct exchange *prev, *next;
};

/* A call of the bot with that token (borrowed), not yet begun. Owned by the site. NULL: the token has not the form of one. */
struct exchange *exchange_new(struct site *site, const char *token, exchange_ended ended, void *data);

/* The members of a JSON object as parameters, after those that the call has. What is no JSON object has none. */
void exchange_read_json(struct exchange *exchange, const char *body, size_t size);

void exchange_start(struct exchange *exchange);
void exchange_free(struct exchange *exchange); /* without an answer; what it has done stays done */

extern const char exchange_garbage[]; /* what stands in the place of an answer with FAULT_GARBAGE: a front end's page */
