/* The time, and timers. There are two implementations: the loop's clock, and a manual one that stands still until it is turned.
 * Times are milliseconds. The loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct clock;
struct loop;

/* The loop's clock. loop is kept until clock_close(). Given: clock_close(). */
struct clock *clock_open(struct loop *loop);

/* A clock that stands at `now_at` (ms since 1970) until clock_advance(). loop is kept. Given: clock_close(). */
struct clock *clock_open_manual(struct loop *loop, int64_t now_at);

/* Timers that are still started are forgotten. NULL does no harm. */
void clock_close(struct clock *clock);

/* Wall time, ms since 1970, for dates and times of day. It jumps when the machine's clock is set. */
int64_t clock_now(const struct clock *clock);

/* Writes a time (ms since 1970) as people read it, "2026-11-26 14:30:00", UTC. False: no calendar has it; text is "". Any
 * thread. */
enum { CLOCK_DATE_SIZE = 40 };
bool clock_write_date(int64_t at, char text[static CLOCK_DATE_SIZE]);

/* Monotonic, for durations and deadlines. The loop's clock: as of the beginning of this turn. */
int64_t clock_ticks(const struct clock *clock);

/* Monotonic microseconds of the machine, whichever clock is in use: for measuring what is shorter than a turn. Any thread. */
int64_t clock_measure_us(void);

bool clock_is_manual(const struct clock *clock);

/* Manual clock only: goes forward in steps, from one due timer to the next, calling each at its own time. */
void clock_advance(struct clock *clock, int64_t ms);

/* Manual clock only: goes forward to the earliest timer that is due within `most` ms, and calls all that are due then, but not
 * those that they start. False: there is none, and the clock has gone forward by `most` ms. */
bool clock_step(struct clock *clock, int64_t most);

/* Manual clock only: ms until its earliest timer is due, 0 where one is overdue; -1: there is none. */
int64_t clock_wait_ms(const struct clock *clock);

/* Manual clock only: goes forward by `ms` and calls nothing: what falls due meanwhile is overdue afterwards. So a process finds
 * its clock after it was stopped for a while. */
void clock_stall(struct clock *clock, int64_t ms);

/* Manual clock only: the wall time jumps, back if ms is less than 0, as when the machine's clock is set. Timers are not
 * affected. */
void clock_jump(struct clock *clock, int64_t ms);

/* The loop's clock only, for development: its wall time is so far ahead of the machine's, or behind it if ms is less than 0.
 * Timers are not affected. Returns by how much it has gone forward. */
int64_t clock_set_ahead(struct clock *clock, int64_t ms);
#define CLOCK_AHEAD_MAX_S (100LL * 366 * 86400) /* by which people may turn a clock: a hundred years */

/* A timer is embedded in what it belongs to; all zero means stopped. Its owner stops it before the memory goes. */
struct clock_timer {
  void (*due)(void *data);
  void *data;
  int64_t at;     /* in clock_ticks() */
  uint64_t order; /* in which it was started */
  unsigned place; /* in the clock's heap, from 1; 0: stopped */
};

/* Calls due(data) once, `ms` from now (less than 0 counts as 0), from the loop, never from within this function. A timer that
 * is started already starts anew. */
void clock_start(struct clock *clock, struct clock_timer *timer, int64_t ms, void (*due)(void *data), void *data);
void clock_stop(struct clock *clock, struct clock_timer *timer); /* does no harm to a stopped one */
bool clock_is_started(const struct clock_timer *timer);
