/* What the system tells a program, and what it does for it: the time, random numbers, worker threads. In the simulator these
 * functions of libc and libuv are our own (system.c), so that all of it comes from the seed, whoever asks. */
#pragma once
#include <stdint.h>

#include "dice.h"

struct clock;
struct uv_loop_s;

/* From now on the time is that of the clock, random numbers are the dice's, and work for a worker is handed to `work`, which
 * calls worker(data) and then worked(data), both once. All are kept until system_end(). */
struct system {
  struct clock *clock;
  struct dice dice;
  int64_t measure_us; /* so long it takes to ask for the time */
  void (*work)(struct uv_loop_s *loop, void (*worker)(void *data), void (*worked)(void *data), void *data);
};
void system_begin(struct system *system);
void system_end(void); /* the real system again */

int64_t system_real_us(void); /* of the real system, monotonic */
