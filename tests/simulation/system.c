/* A program's own functions come before those of shared libraries that have the same name. */
#define _GNU_SOURCE
#include "system.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "common/clock.h"

static struct system *simulated;
static int64_t passed_us; /* within a millisecond of the clock: to measure takes time, too */

void system_begin(struct system *system) {
  simulated = system;
  passed_us = 0;
}

void system_end(void) { simulated = NULL; }

int64_t system_real_us(void) {
  struct timespec now;
  (void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the time ---- */

int clock_gettime(clockid_t id, struct timespec *time) {
  if (!simulated) return (int)syscall(SYS_clock_gettime, id, time);
  passed_us += simulated->measure_us;
  int64_t us = id == CLOCK_REALTIME ? clock_now(simulated->clock) * 1000 : clock_ticks(simulated->clock) * 1000 + passed_us;
  if (id == CLOCK_THREAD_CPUTIME_ID) us = passed_us;
  *time = (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
  return 0;
}

time_t time(time_t *copy) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (copy) *copy = now.tv_sec;
  return now.tv_sec;
}

/* ---- random numbers ---- */

ssize_t getrandom(void *bytes, size_t size, unsigned flags) {
  if (!simulated) return syscall(SYS_getrandom, bytes, size, flags);
  for (size_t i = 0; i < size; i++) ((unsigned char *)bytes)[i] = (unsigned char)dice_roll(&simulated->dice);
  return (ssize_t)size;
}

long random(void) {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) abort();
  return (long)(number >> 33);
}

/* ---- workers ---- */

struct work {
  uv_work_t *uv;
  uv_work_cb worker;
  uv_after_work_cb worked;
};

static void do_work(void *data) {
  struct work *work = data;
  work->worker(work->uv);
}

static void end_work(void *data) {
  struct work *work = data;
  uv_work_t *uv = work->uv;
  uv_after_work_cb worked = work->worked;
  free(work);
  worked(uv, 0);
}

int uv_queue_work(uv_loop_t *loop, uv_work_t *uv, uv_work_cb worker, uv_after_work_cb worked) {
  struct work *work = malloc(sizeof *work);
  if (!work) abort();
  *work = (struct work){uv, worker, worked};
  uv->loop = loop;
  simulated->work(loop, do_work, end_work, work);
  return 0;
}
