/* The event loop's life, and what comes to it from the system: signals, changed files, jobs that a worker did, and the end of a
 * turn. One thread, except where a worker is named. Timers are in common/clock.h, sockets in net/. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct loop;
struct uv_loop_s;

/* Given: close with loop_close(). NULL: ERROR_SYSTEM. */
struct loop *loop_open(struct error *error);

/* Everything that was opened on the loop must have been closed before. Turns the loop until the last handle is gone and frees
 * it. False: a handle is left, which is a mistake of ours (the memory then leaks, so that a sanitizer tells where). */
bool loop_close(struct loop *loop);

void loop_run(struct loop *loop);  /* until loop_stop(), or nothing is left to wait for */
void loop_stop(struct loop *loop); /* loop_run() returns after this turn */

/* Turns once, without waiting if nothing is due, or until the next event if `wait`. For tests and for closing. */
void loop_turn(struct loop *loop, bool wait);

struct uv_loop_s *loop_uv(struct loop *loop); /* borrowed; for common/ and net/ only */

/* `hook` is called at the end of every turn in which something happened. At most one. NULL takes it off. */
void loop_at_turn_end(struct loop *loop, void (*hook)(void *data), void *data);

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
 * NULL: ERROR_SYSTEM. Editors that replace a file make a watched *file* fall silent: watch its directory. */
struct loop_watch *loop_watch_open(struct loop *loop, const char *path, loop_watch_changed changed, void *data,
                                   struct error *error);
void loop_watch_close(struct loop_watch *watch); /* NULL does no harm */

/* ---- jobs ---- */
typedef void (*loop_job_work)(void *data); /* on a worker thread: `data` is all that it may touch */
typedef void (*loop_job_done)(void *data); /* on the loop */

/* Runs `work` on a worker, then `done` on the loop, exactly once; a job that has started can't be taken back, so the
 * owner of `data` waits for `done` before it frees. False: ERROR_SYSTEM, neither is called. */
bool loop_run_job(struct loop *loop, loop_job_work work, loop_job_done done, void *data, struct error *error);
size_t loop_job_count(const struct loop *loop); /* whose `done` has not been called yet */
