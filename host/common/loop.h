/* The event loop: its life, and the events that the system brings (signals, changed files, work that a worker thread has done).
 * One thread, except where a worker is named. Timers are in common/clock.h, sockets in net/. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct loop;
struct uv_loop_s;

/* Once, at the program's start, before there is a second thread: fewer workers where address space is limited. */
void loop_set_up(void);

/* Given: close with loop_close(). NULL: ERROR_SYSTEM. */
struct loop *loop_open(struct error *error);

/* Everything that was opened on the loop must have been closed before. Turns the loop until the last handle is closed and the
 * last worker is back, then frees it. False: a handle was never closed, which is a mistake of ours (the memory then leaks, so
 * that a sanitizer tells where). */
bool loop_close(struct loop *loop);

void loop_run(struct loop *loop);  /* until loop_stop(), or nothing is left to wait for */
void loop_stop(struct loop *loop); /* loop_run() returns after this turn */

/* Turns once, without waiting if nothing is due, or until the next event if `wait`. For programs that wait for one thing, never
 * from within a callback of the loop. */
void loop_turn(struct loop *loop, bool wait);

struct uv_loop_s *loop_uv(struct loop *loop); /* borrowed; for common/, net/ and database/ only */

/* ---- signals ---- */
struct loop_signal;
typedef void (*loop_signal_caught)(int number, void *data);

/* Calls `caught` from the loop. Does not keep loop_run() going. Given: loop_signal_close(). NULL: ERROR_SYSTEM. */
struct loop_signal *loop_signal_open(struct loop *loop, int number, loop_signal_caught caught, void *data, struct error *error);
void loop_signal_close(struct loop_signal *signal); /* NULL does no harm */

/* ---- watched files ---- */
struct loop_watch;
typedef void (*loop_watch_changed)(const char *name, void *data); /* name: within the directory; borrowed; may be NULL */

/* Watches a directory (not its subdirectories) or a file. Does not keep loop_run() going. Given: loop_watch_close().
 * NULL: ERROR_SYSTEM. To watch a file, watch its directory: an editor that replaces the file ends a watch on the file itself.
 */
struct loop_watch *loop_watch_open(struct loop *loop, const char *path, loop_watch_changed changed, void *data,
                                   struct error *error);
void loop_watch_close(struct loop_watch *watch); /* NULL does no harm */

/* ---- a call that another thread asks for ---- */
struct loop_wake;
typedef void (*loop_woken)(void *data);

/* loop_wake_send() may be called by any thread, and `woken` is then called from the loop, once for what was sent meanwhile.
 * Does not keep loop_run() going. Given: loop_wake_close(), after which nobody may send. NULL: ERROR_SYSTEM. */
struct loop_wake *loop_wake_open(struct loop *loop, loop_woken woken, void *data, struct error *error);
void loop_wake_send(struct loop_wake *wake);
void loop_wake_close(struct loop_wake *wake); /* NULL does no harm */

/* ---- work for a worker thread ---- */
typedef void (*loop_worker)(void *data); /* on a worker thread: `data` is all that it may touch */
typedef void (*loop_worked)(void *data); /* on the loop */

/* Runs `worker` on a worker thread, then `worked` on the loop, exactly once. Work can't be cancelled: the owner leaves `data`
 * and all that the worker reads in place until `worked`. False: ERROR_SYSTEM, neither is called. */
bool loop_work(struct loop *loop, loop_worker worker, loop_worked worked, void *data, struct error *error);
size_t loop_work_count(const struct loop *loop); /* how many have not called `worked` yet */

/* Counts what comes from outside like work of a worker: it takes no time of a clock that is turned by hand. */
void loop_count_work(struct loop *loop, int more);
