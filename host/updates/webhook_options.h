/* Updates by a webhook, in place of polls: what it is, and what whoever serves HTTP hands over. Part of the floor's face:
 * updates.h includes it. */
#pragma once
#include <stdbool.h>

struct server_refusal;
struct server_request;
struct updates;

struct webhook_options {
  const char *url;      /* where Telegram sends updates; NULL: they are polled */
  unsigned connections; /* at most so many requests of Telegram at once */
  bool replies;         /* the first call of a handler may be the answer to the request, where nobody reads its result */
  bool drops_pending;   /* what waits at Telegram when it is set first */
};

/* Before the body of a request for the webhook's path: what is not Telegram's, or can't be taken by this host, is refused. As
 * of server_options. */
void updates_admit(struct updates *updates, const struct server_request *request, struct server_refusal *refusal);

/* A request that was admitted has come: it is answered now or later, with 200 when its update is taken in (durable: when a
 * backup has it), else with a status that makes Telegram send the update again. */
void updates_receive(struct updates *updates, struct server_request *request);

/* Another host has taken over: what waits for a backup is answered so that Telegram sends it to that one, too. */
void updates_refuse_waiting(struct updates *updates);
