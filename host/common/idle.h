/* The event "nothing is under way any more". Whatever counts what it has under way (calls, handlers, updates) embeds a struct
 * idle and calls idle_check() when something has ended; whoever waits embeds a struct idle_waiter. The loop's thread only. */
#pragma once
#include <stdbool.h>

#include "common/clock.h"

struct idle_waiter { /* all zero: does not wait */
  void (*idle)(void *data);
  void *data;
  struct idle_waiter *next, **link;
};

struct idle {
  struct clock *clock;
  bool (*is_busy)(const void *owner);
  const void *owner;
  struct idle_waiter *first; /* in the order in which they came */
  struct clock_timer timer;
};

/* clock and owner are kept until idle_release(). */
void idle_init(struct idle *idle, struct clock *clock, bool (*is_busy)(const void *owner), const void *owner);
void idle_release(struct idle *idle); /* whoever still waits is never told */

/* Calls told(data) once, from the loop and never from within, at a moment when nothing is under way. Kept until then, or until
 * idle_leave(). A waiter that waits already begins anew. */
void idle_wait(struct idle *idle, struct idle_waiter *waiter, void (*told)(void *data), void *data);
void idle_leave(struct idle_waiter *waiter); /* does no harm to one that does not wait */

void idle_check(struct idle *idle); /* something has ended, perhaps the last */
