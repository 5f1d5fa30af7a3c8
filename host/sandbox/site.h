/* The sandbox as its visitors find it, at its port or within the process: which request goes where, and what is under way. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"

struct error;
struct exchange;
struct faults;
struct journal;
struct loop;
struct model;
struct sandbox_options;
struct server;
struct server_request;
struct waiter;

struct site { /* one; for the rooms of this floor */
  struct clock *clock;
  struct model *model;
  struct faults *faults;
  struct journal *journal;
  struct server *server;      /* NULL: no port */
  struct exchange *exchanges; /* calls without an answer yet */
  struct waiter *waiters;     /* questions of the person's side without an answer yet */
  struct clock_timer wake;    /* due once there is news, at the beginning of the next turn: all of it is told at once */
  int64_t delay_ms;
  uint64_t calls, controls; /* so many of either so far */
  bool has_limits;
  int64_t send_at; /* for the overall rate limit: when the next message may go (ms) */
};

/* model is kept, and its `changed` is used. Given: site_close(). */
struct site *site_open(struct loop *loop, struct clock *clock, struct model *model, const struct sandbox_options *options,
                       struct error *error);
void site_close(struct site *site); /* NULL does no harm */

struct sandbox;
struct site *sandbox_site(struct sandbox *sandbox); /* borrowed; for this floor's rooms, like all of this */

/* A call of a Bot API method is paced as Telegram does; false: it has been failed with 429. */
struct call;
bool limits_allow(struct site *site, struct call *call);
