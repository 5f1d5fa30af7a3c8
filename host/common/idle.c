/* Tells waiters that nothing is under way any more. The waiters are told from a timer that is due at once, because what has
 * just ended may still be in use by whoever ended it. Each is told only if nothing has begun since, so a waiter may begin
 * something: those behind it then wait on. */
#include "common/idle.h"

#include <stddef.h>

void idle_init(struct idle *idle, struct clock *clock, bool (*is_busy)(const void *owner), const void *owner) {
  *idle = (struct idle){.clock = clock, .is_busy = is_busy, .owner = owner};
}

void idle_release(struct idle *idle) {
  clock_stop(idle->clock, &idle->timer);
  while (idle->first) idle_leave(idle->first);
}

void idle_leave(struct idle_waiter *waiter) {
  if (!waiter->link) return;
  *waiter->link = waiter->next;
  if (waiter->next) waiter->next->link = waiter->link;
  *waiter = (struct idle_waiter){0};
}

static void on_idle(void *data) {
  struct idle *idle = data;
  while (idle->first && !idle->is_busy(idle->owner)) {
    struct idle_waiter told = *idle->first;
    idle_leave(idle->first);
    told.idle(told.data); /* may wait again, but not free the owner */
  }
}

void idle_check(struct idle *idle) {
  if (idle->first && !idle->is_busy(idle->owner)) clock_start(idle->clock, &idle->timer, 0, on_idle, idle);
}

void idle_wait(struct idle *idle, struct idle_waiter *waiter, void (*told)(void *data), void *data) {
  struct idle_waiter **link = &idle->first;
  idle_leave(waiter);
  while (*link) link = &(*link)->next;
  *waiter = (struct idle_waiter){.idle = told, .data = data, .link = link};
  *link = waiter;
  idle_check(idle);
}
