/* libuv's loop with its signals, watches of files and work on threads. libuv frees a handle's memory only after its close
 * callback, so handles are freed there, and loop_close() turns the loop until the last of them is closed. Work that a worker
 * thread has begun can't be taken back: loop_close() waits for it, too. */
#include "common/loop.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <uv.h>

#include "common/error.h"
#include "common/memory.h"

enum { WORKERS_WANT = 512 << 20 }; /* bytes of address space; with less there is one worker */

struct loop {
  uv_loop_t uv;
  size_t work_count;
};

struct loop_signal {
  uv_signal_t uv; /* first: closing frees the handle, and with it this */
  loop_signal_caught caught;
  void *data;
};

struct loop_watch {
  uv_fs_event_t uv; /* first, as above */
  loop_watch_changed changed;
  void *data;
};

struct loop_wake {
  uv_async_t uv; /* first, as above */
  loop_woken woken;
  void *data;
};

struct work {
  uv_work_t uv;
  struct loop *loop;
  loop_worker worker;
  loop_worked worked;
  void *data;
};

/* libuv starts all its workers with the first work, each with a stack of 8 MB, and aborts where one can't be started. */
void loop_set_up(void) {
  struct rlimit memory;
  if (getrlimit(RLIMIT_AS, &memory) || memory.rlim_cur >= WORKERS_WANT) return;
  (void)setenv("UV_THREADPOOL_SIZE", "1", 0); /* libuv's only way to say it; fails only without memory */
}

struct loop *loop_open(struct error *error) {
  struct loop *loop = memory_new(sizeof *loop);
  int status = uv_loop_init(&loop->uv);
  if (status) {
    error_set(error, ERROR_SYSTEM, "can't make an event loop: %s", uv_strerror(status));
    free(loop);
    return NULL;
  }
  return loop;
}

bool loop_close(struct loop *loop) {
  (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
  if (uv_loop_close(&loop->uv)) return false;
  free(loop);
  return true;
}

void loop_run(struct loop *loop) { (void)uv_run(&loop->uv, UV_RUN_DEFAULT); }
void loop_stop(struct loop *loop) { uv_stop(&loop->uv); }
void loop_turn(struct loop *loop, bool wait) { (void)uv_run(&loop->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT); }
struct uv_loop_s *loop_uv(struct loop *loop) { return &loop->uv; }

static void free_handle(uv_handle_t *handle) { free(handle); }

static void on_signal(uv_signal_t *uv, int number) {
  struct loop_signal *signal = (struct loop_signal *)uv;
  signal->caught(number, signal->data);
}

struct loop_signal *loop_signal_open(struct loop *loop, int number, loop_signal_caught caught, void *data,
                                     struct error *error) {
  struct loop_signal *signal = memory_new(sizeof *signal);
  signal->caught = caught;
  signal->data = data;
  (void)uv_signal_init(&loop->uv, &signal->uv);
  int status = uv_signal_start(&signal->uv, on_signal, number);
  if (status) {
    error_set(error, ERROR_SYSTEM, "can't catch signal %d: %s", number, uv_strerror(status));
    uv_close((uv_handle_t *)&signal->uv, free_handle);
    return NULL;
  }
  uv_unref((uv_handle_t *)&signal->uv);
  return signal;
}

void loop_signal_close(struct loop_signal *signal) {
  if (signal) uv_close((uv_handle_t *)&signal->uv, free_handle);
}

static void on_change(uv_fs_event_t *uv, const char *name, int events, int status) {
  (void)events;
  struct loop_watch *watch = (struct loop_watch *)uv;
  if (status == 0) watch->changed(name, watch->data);
}

struct loop_watch *loop_watch_open(struct loop *loop, const char *path, loop_watch_changed changed, void *data,
                                   struct error *error) {
  struct loop_watch *watch = memory_new(sizeof *watch);
  watch->changed = changed;
  watch->data = data;
  (void)uv_fs_event_init(&loop->uv, &watch->uv);
  int status = uv_fs_event_start(&watch->uv, on_change, path, 0);
  if (status) {
    error_set(error, ERROR_SYSTEM, "can't watch %s: %s", path, uv_strerror(status));
    uv_close((uv_handle_t *)&watch->uv, free_handle);
    return NULL;
  }
  uv_unref((uv_handle_t *)&watch->uv);
  return watch;
}

void loop_watch_close(struct loop_watch *watch) {
  if (watch) uv_close((uv_handle_t *)&watch->uv, free_handle);
}

static void on_wake(uv_async_t *uv) {
  struct loop_wake *wake = (struct loop_wake *)uv;
  wake->woken(wake->data);
}

struct loop_wake *loop_wake_open(struct loop *loop, loop_woken woken, void *data, struct error *error) {
  struct loop_wake *wake = memory_new(sizeof *wake);
  wake->woken = woken;
  wake->data = data;
  int status = uv_async_init(&loop->uv, &wake->uv, on_wake);
  if (status) {
    error_set(error, ERROR_SYSTEM, "can't be called by another thread: %s", uv_strerror(status));
    free(wake);
    return NULL;
  }
  uv_unref((uv_handle_t *)&wake->uv);
  return wake;
}

void loop_wake_send(struct loop_wake *wake) { (void)uv_async_send(&wake->uv); } /* fails only on a closed handle */

void loop_wake_close(struct loop_wake *wake) {
  if (wake) uv_close((uv_handle_t *)&wake->uv, free_handle);
}

static void on_worker(uv_work_t *uv) {
  struct work *work = uv->data;
  work->worker(work->data);
}

static void on_worked(uv_work_t *uv, int status) {
  (void)status; /* tells of a cancelled request, and none is ever cancelled */
  struct work *work = uv->data;
  loop_worked worked = work->worked;
  void *data = work->data;
  work->loop->work_count--;
  free(work);
  worked(data);
}

bool loop_work(struct loop *loop, loop_worker worker, loop_worked worked, void *data, struct error *error) {
  struct work *work = memory_new(sizeof *work);
  *work = (struct work){.loop = loop, .worker = worker, .worked = worked, .data = data};
  work->uv.data = work;
  int status = uv_queue_work(&loop->uv, &work->uv, on_worker, on_worked);
  if (status == 0) {
    loop->work_count++;
    return true;
  }
  free(work);
  return error_set(error, ERROR_SYSTEM, "can't start a worker: %s", uv_strerror(status));
}

size_t loop_work_count(const struct loop *loop) { return loop->work_count; }
void loop_count_work(struct loop *loop, int more) { loop->work_count += (size_t)more; }
