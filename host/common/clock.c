/* Both clocks use one heap of timers, so the manual clock calls in exactly the order of the real one. The loop's clock keeps
 * one uv timer at the earliest timer of the heap. */
#include "common/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#include "common/loop.h"
#include "common/memory.h"

struct clock {
  uv_timer_t uv;
  uv_idle_t again; /* for timers that wait for the next turn: libuv would call a uv timer of 0 ms in the same turn */
  struct loop *loop;
  struct clock_timer **heap; /* from 1; the earliest is heap[1] */
  unsigned count, capacity;
  uint64_t started; /* timers so far */
  bool is_manual;
  bool is_calling;         /* then work() arms the uv timer at its end */
  int64_t manual_start_at; /* wall time at manual_ticks 0 */
  int64_t manual_ticks;
  int64_t ahead; /* of the machine's clock; see clock_set_ahead() */
};

static int64_t wall_now(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool clock_is_manual(const struct clock *clock) { return clock->is_manual; }

int64_t clock_now(const struct clock *clock) {
  return clock->is_manual ? clock->manual_start_at + clock->manual_ticks : wall_now() + clock->ahead;
}

bool clock_write_date(int64_t at, char text[static CLOCK_DATE_SIZE]) {
  time_t seconds = (time_t)(at / 1000);
  struct tm parts;
  bool ok = gmtime_r(&seconds, &parts) && strftime(text, CLOCK_DATE_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
  if (!ok) text[0] = '\0';
  return ok;
}

int64_t clock_ticks(const struct clock *clock) {
  return clock->is_manual ? clock->manual_ticks : (int64_t)uv_now(loop_uv(clock->loop));
}

int64_t clock_measure_us(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the heap ---- */

static void put(struct clock *clock, unsigned place, struct clock_timer *timer) {
  clock->heap[place] = timer;
  timer->place = place;
}

/* Of two timers for the same time, the one that was started first comes first. */
static bool is_before(const struct clock_timer *one, const struct clock_timer *other) {
  return one->at != other->at ? one->at < other->at : one->order < other->order;
}

static void sift_up(struct clock *clock, unsigned place) {
  struct clock_timer *timer = clock->heap[place];
  for (; place > 1 && is_before(timer, clock->heap[place / 2]); place /= 2) put(clock, place, clock->heap[place / 2]);
  put(clock, place, timer);
}

static void sift_down(struct clock *clock, unsigned place) {
  struct clock_timer *timer = clock->heap[place];
  for (unsigned child; (child = place * 2) <= clock->count; place = child) {
    if (child < clock->count && is_before(clock->heap[child + 1], clock->heap[child])) child++;
    if (!is_before(clock->heap[child], timer)) break;
    put(clock, place, clock->heap[child]);
  }
  put(clock, place, timer);
}

static void heap_add(struct clock *clock, struct clock_timer *timer) {
  if (clock->count + 1 >= clock->capacity) {
    clock->capacity = clock->capacity ? clock->capacity * 2 : 64;
    clock->heap = memory_try_resize(clock->heap, clock->capacity * sizeof *clock->heap);
    if (!clock->heap) abort(); /* as memory_new(): the number of timers is ours to choose */
  }
  put(clock, ++clock->count, timer);
  sift_up(clock, timer->place);
}

static void heap_remove(struct clock *clock, struct clock_timer *timer) {
  unsigned place = timer->place;
  struct clock_timer *last = clock->heap[clock->count--];
  timer->place = 0;
  if (last == timer) return;
  put(clock, place, last);
  sift_up(clock, place);
  sift_down(clock, last->place);
}

/* ---- calling ---- */

static void arm(struct clock *clock);

/* A timer that a callback starts waits for the next call, even with 0 ms: otherwise a timer that starts itself would starve the
 * loop's I/O. */
static void call_due(struct clock *clock) {
  int64_t now = clock_ticks(clock);
  uint64_t last = clock->started;
  while (clock->count && clock->heap[1]->at <= now && clock->heap[1]->order <= last) {
    struct clock_timer *timer = clock->heap[1];
    heap_remove(clock, timer);
    timer->due(timer->data); /* may start and stop any timer, and free this one */
  }
}

static void on_again(uv_idle_t *again);

static void work(struct clock *clock) {
  clock->is_calling = true;
  call_due(clock);
  clock->is_calling = false;
  bool is_due = clock->count && clock->heap[1]->at <= clock_ticks(clock);
  if (is_due)
    (void)uv_idle_start(&clock->again, on_again);
  else
    arm(clock);
}

static void on_uv_timer(uv_timer_t *uv) { work(uv->data); }

static void on_again(uv_idle_t *again) {
  (void)uv_idle_stop(again);
  work(again->data);
}

/* The uv timer may be too early, which costs one turn, but never too late: stopping a timer leaves it alone, since that is
 * frequent. */
static void arm(struct clock *clock) {
  if (clock->is_manual || !clock->count) return;
  int64_t wait = clock->heap[1]->at - clock_ticks(clock);
  (void)uv_timer_start(&clock->uv, on_uv_timer, wait > 0 ? (uint64_t)wait : 0, 0);
}

void clock_start(struct clock *clock, struct clock_timer *timer, int64_t ms, void (*due)(void *data), void *data) {
  clock_stop(clock, timer);
  timer->due = due;
  timer->data = data;
  timer->at = clock_ticks(clock) + (ms > 0 ? ms : 0);
  timer->order = ++clock->started;
  heap_add(clock, timer);
  if (clock->is_manual || clock->is_calling) return;
  bool armed_in_time =
      uv_is_active((uv_handle_t *)&clock->uv) && (int64_t)uv_timer_get_due_in(&clock->uv) + clock_ticks(clock) <= timer->at;
  if (!armed_in_time) arm(clock);
}

void clock_stop(struct clock *clock, struct clock_timer *timer) {
  if (!timer->place) return;
  heap_remove(clock, timer);
  if (clock->count || clock->is_manual) return;
  (void)uv_timer_stop(&clock->uv); /* without a timer the clock must not keep the loop running */
  (void)uv_idle_stop(&clock->again);
}

bool clock_is_started(const struct clock_timer *timer) { return timer->place != 0; }

bool clock_step(struct clock *clock, int64_t most) {
  assert(clock->is_manual);
  int64_t end = clock->manual_ticks + most;
  bool is_due = clock->count && clock->heap[1]->at <= end;
  int64_t at = is_due ? clock->heap[1]->at : end;
  if (at > clock->manual_ticks) clock->manual_ticks = at;
  if (is_due) call_due(clock);
  return is_due;
}

void clock_advance(struct clock *clock, int64_t ms) {
  int64_t end = clock->manual_ticks + ms;
  while (clock_step(clock, end - clock->manual_ticks)) continue;
}

int64_t clock_wait_ms(const struct clock *clock) {
  assert(clock->is_manual);
  if (!clock->count) return -1;
  int64_t wait = clock->heap[1]->at - clock->manual_ticks;
  return wait > 0 ? wait : 0;
}

void clock_stall(struct clock *clock, int64_t ms) {
  assert(clock->is_manual);
  clock->manual_ticks += ms;
}

void clock_jump(struct clock *clock, int64_t ms) {
  assert(clock->is_manual);
  clock->manual_start_at += ms;
}

int64_t clock_set_ahead(struct clock *clock, int64_t ms) {
  assert(!clock->is_manual);
  int64_t forward = ms - clock->ahead;
  clock->ahead = ms;
  return forward;
}

/* ---- life ---- */

static struct clock *clock_new(struct loop *loop) {
  struct clock *clock = memory_new(sizeof *clock);
  clock->loop = loop;
  (void)uv_timer_init(loop_uv(loop), &clock->uv); /* can't fail */
  (void)uv_idle_init(loop_uv(loop), &clock->again);
  clock->uv.data = clock->again.data = clock;
  return clock;
}

struct clock *clock_open(struct loop *loop) { return clock_new(loop); }

struct clock *clock_open_manual(struct loop *loop, int64_t now_at) {
  struct clock *clock = clock_new(loop);
  clock->is_manual = true;
  clock->manual_start_at = now_at;
  return clock;
}

/* The handles are closed one after the other: in what order libuv ends them in one turn is not promised, and both are in here.
 */
static void on_again_closed(uv_handle_t *handle) {
  struct clock *clock = handle->data;
  free(clock->heap);
  free(clock);
}

static void on_timer_closed(uv_handle_t *handle) {
  struct clock *clock = handle->data;
  uv_close((uv_handle_t *)&clock->again, on_again_closed);
}

void clock_close(struct clock *clock) {
  if (!clock) return;
  (void)uv_idle_stop(&clock->again);
  uv_close((uv_handle_t *)&clock->uv, on_timer_closed);
}
