/* The handler of the timer's signal runs on the watched thread itself, between any two of its machine instructions. It touches
 * only what is volatile here, and lua_sethook(), which Lua allows in a signal.
 *
 * A hook is set on one coroutine, so it follows control: watchdog_enter() sets it on whatever executes next in the same
 * stretch. A coroutine that still has its hook in a later stretch loses it when the hook finds that stretch not armed. */
#define _GNU_SOURCE /* SIGEV_THREAD_ID */
#include "script/watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"

#ifndef WATCHDOG_TICK_MS
#define WATCHDOG_TICK_MS 10 /* what a stretch may take before it costs more than its own work */
#endif

enum {
  PATIENCE = 10, /* times the limit: nothing of ours takes as long after the hook was set */
  PLACE_SIZE = 200,
  EXIT_STUCK = 1,
};

struct watchdog {
  lua_State *volatile executing;
  volatile sig_atomic_t ticks; /* of this stretch; the first may come at once */
  volatile sig_atomic_t is_armed, is_over;
  volatile sig_atomic_t limit; /* in ticks */
  lua_Hook hook;
  int count;
  timer_t timer;
  unsigned user_count;
  pthread_t guard;
  sem_t stuck; /* posted when the process is to end, and by watchdog_close() */
  volatile sig_atomic_t is_stuck;
  char place[PLACE_SIZE]; /* of the script */
};

static _Thread_local struct watchdog watchdog;

static int tick_signal(void) { return SIGRTMIN + 5; }

/* ---- the tick ---- */

/* The stack is stable: the thread is inside this handler. */
static void note_place(struct watchdog *self, lua_State *L) {
  lua_Debug frame;
  for (int level = 0; lua_getstack(L, level, &frame); level++) {
    (void)lua_getinfo(L, "Sl", &frame);
    if (frame.currentline <= 0) continue;
    (void)snprintf(self->place, sizeof self->place, "%s:%d", frame.short_src, frame.currentline);
    return;
  }
}

static void look(struct watchdog *self, lua_State *L) {
  if (++self->ticks >= self->limit) {
    if (!self->is_over) lua_sethook(L, self->hook, LUA_MASKCOUNT, 1);
    self->is_over = self->is_armed = true;
  } else if (self->ticks > 0 && !self->is_armed) {
    lua_sethook(L, self->hook, LUA_MASKCOUNT, self->count);
    self->is_armed = true;
  }
  if (self->ticks < self->limit * PATIENCE || self->is_stuck) return;
  self->is_stuck = true;
  note_place(self, L);
  (void)sem_post(&self->stuck);
}

static void on_tick(int number) {
  int kept = errno;
  lua_State *L = watchdog.executing;
  (void)number;
  if (L) look(&watchdog, L);
  errno = kept;
}

/* A thread that only waits. The watched one may be inside malloc() or hold a lock, so it can't log by itself. */
static void *guard(void *data) {
  struct watchdog *self = data;
  while (sem_wait(&self->stuck)) continue;
  if (!self->is_stuck) return NULL;
  log_divert(NULL, NULL); /* whoever would look at the line is not there any more */
  log_error("a script does not end and can't be stopped: the host ends; source=%s", self->place[0] ? self->place : "?");
  _exit(EXIT_STUCK);
}

/* ---- life ---- */

/* Processor time where the system has a timer for it; otherwise the usual time, which ticks while the thread sleeps, too. */
static bool start_timer(struct error *error) {
  struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = tick_signal()};
  event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
  const struct timespec tick = {.tv_nsec = WATCHDOG_TICK_MS * 1000000L};
  const struct itimerspec interval = {tick, tick};
  bool ok = !sigaction(tick_signal(), &action, NULL) && (!timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &watchdog.timer) ||
                                                         !timer_create(CLOCK_MONOTONIC, &event, &watchdog.timer));
  if (ok && timer_settime(watchdog.timer, 0, &interval, NULL)) {
    (void)timer_delete(watchdog.timer);
    ok = false;
  }
  return ok || error_set(error, ERROR_SYSTEM, "can't start the timer that limits scripts: %s", strerror(errno));
}

/* It blocks all signals: those of the process belong to the loop. */
static bool start_guard(struct error *error) {
  sigset_t all, before;
  (void)sigfillset(&all);
  (void)sem_init(&watchdog.stuck, 0, 0);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  int status = pthread_create(&watchdog.guard, NULL, guard, &watchdog);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!status) return true;
  (void)sem_destroy(&watchdog.stuck);
  return error_set(error, ERROR_SYSTEM, "can't start the thread that guards scripts: %s", strerror(status));
}

static void stop_guard(void) {
  (void)sem_post(&watchdog.stuck);
  (void)pthread_join(watchdog.guard, NULL);
  (void)sem_destroy(&watchdog.stuck);
}

bool watchdog_open(lua_Hook hook, int count, struct error *error) {
  if (watchdog.user_count++) return true;
  watchdog.hook = hook;
  watchdog.count = count;
  bool has_guard = start_guard(error);
  if (has_guard && start_timer(error)) return true;
  if (has_guard) stop_guard();
  watchdog = (struct watchdog){0};
  return false;
}

void watchdog_close(void) {
  if (--watchdog.user_count) return;
  (void)timer_delete(watchdog.timer);
  stop_guard();
  watchdog = (struct watchdog){0};
}

/* ---- the stretch ---- */

/* The ticks first: a tick that comes in between must not find the last stretch's number, and end this one. */
void watchdog_begin(unsigned limit_ms) {
  watchdog.ticks = -1;
  watchdog.limit = (sig_atomic_t)(limit_ms / WATCHDOG_TICK_MS) + 1;
  watchdog.is_over = watchdog.is_armed = false;
}

bool watchdog_is_armed(void) { return watchdog.is_armed; }
bool watchdog_is_over(void) { return watchdog.is_over; }

lua_State *watchdog_enter(lua_State *L) {
  lua_State *before = watchdog.executing;
  watchdog.executing = L;
  if (L && watchdog.is_armed) lua_sethook(L, watchdog.hook, LUA_MASKCOUNT, watchdog.is_over ? 1 : watchdog.count);
  return before;
}

void watchdog_end_at_once(lua_State *L) { lua_sethook(L, watchdog.hook, LUA_MASKCOUNT, 1); }
