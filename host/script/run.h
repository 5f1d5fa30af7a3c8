/* One handler: a coroutine, its segments, its waits, its deadline. The only room that resumes Lua, and the only one that ends a
 * segment; so no binding can forget it. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "script/script.h"

struct vm;

struct run {
  struct vm *vm;
  lua_State *L;
  int ref;                              /* anchors L in the registry */
  struct run *next, **link;             /* in vm->runs, or vm->idle */
  const struct script_watcher *watcher; /* kept */
  void *data;
  char unanswered[SCRIPT_QUERY_SIZE]; /* see struct script_result */
  int64_t step_id;                    /* see api/step.c; 0: none */
  const char *waits_for;              /* NULL while it executes */
  int64_t (*pause)(void *data);       /* of the wait: ms that do not count for the deadline and were not told before; or NULL */
  void *pause_data;
  struct clock_timer deadline; /* started at the first wait */
  int64_t excused_ms;          /* pauses of waits that have ended, by which the deadline has not moved yet */
};

/* A run that has not begun: the caller pushes a function and its arguments on run->L, then calls run_go(). NULL: ERROR_MEMORY.
 */
struct run *run_new(struct vm *vm, const struct script_watcher *watcher, void *data, struct error *error);

/* Resumes for the first time. True: ended, *result is filled in. False: it waits. The run is no more the caller's either way.
 */
bool run_go(struct run *run, int argument_count, struct script_result *result);

/* Ends it from outside, while it waits: what it waits for is cancelled, its `close` values are closed, done is told. */
void run_end(struct run *run, enum error_kind kind, const char *why);
void run_free_idle(struct vm *vm);

/* ---- for bindings ---- */

/* Opens a segment for SQL. Raises outside of a handler and of a script's top level. */
void run_begin_segment(lua_State *L);

/* The first half of every wait: commits the segment. Raises where a wait can't be: at a top level, in a script's own coroutine,
 * inside a function that C called (a comparison of table.sort, a replacement of string.gsub). `what` is for that message. */
struct run *run_end_segment(lua_State *L, const char *what);

/* The second half: `return run_wait(...)`. on_woken is the continuation, in the coroutine again. pause: see struct run. */
int run_wait(lua_State *L, struct run *run, const char *what, int64_t (*pause)(void *data), void *data, lua_KFunction on_woken);

/* Called by the loop, once, when what a run waits for has come. */
void run_wake(struct run *run);
