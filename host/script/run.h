/* One handler: a coroutine, its segments, its waits, its deadline. This room alone resumes Lua and ends segments, so that no
 * binding can forget to. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/error.h"
#include "script/run_wait.h"
#include "script/script.h"

struct database_mark;
struct participant;
struct telegram_request;
struct vm;

struct run {
  struct vm *vm;
  lua_State *L;
  int ref;                              /* anchors L in the registry */
  struct run *root;                     /* the handler that it is a branch of; itself: it is none */
  unsigned depth;                       /* of branches of branches; 0: a handler */
  unsigned branch_count;                /* of a handler: how many have not ended */
  struct run *next, **link;             /* in vm->runs, or vm->idle */
  const struct script_run_owner *owner; /* kept; NULL: nobody asks */
  void *owner_data;
  enum script_order order;           /* who waits for it; it may only be loosened */
  enum script_order order_told;      /* to the owner */
  struct log_cause cause;            /* what the log says of whatever it does */
  const char *waits_for;             /* NULL while it executes */
  int64_t (*pause)(void *data);      /* of the wait: ms that do not count for the deadline and were not told before; or NULL */
  void *pause_data;                  /* its argument */
  struct clock_timer deadline;       /* started at the first wait */
  int64_t deadline_ms;               /* how long that is */
  int64_t excused_ms;                /* pauses of waits that have ended, by which the deadline has not moved yet */
  int64_t branches_excused_ms;       /* the longest of those of its branches that have ended */
  struct segment *segment;           /* open, while it waits for the database itself; NULL: none */
  struct segment *committing;        /* that it waits to be committed */
  int64_t commit_counted_at;         /* up to then, in ticks, the deadline has been moved by that wait */
  struct error *commit_error;        /* how that ended, if it failed; else NULL */
  bool has_left;                     /* see struct script_result */
  bool has_conflict, is_lost;        /* a segment of it met with another one; or lost its connection */
  _Alignas(max_align_t) char data[]; /* the participants', see run_data() */
};

/* Makes the VM ready for runs, while it is being opened. */
void run_join(struct vm *vm);

/* A run that has not begun, which holds the VM until it ends: the caller pushes a function and its arguments on run->L, then
 * calls run_go(). NULL: ERROR_MEMORY. */
struct run *run_new(struct vm *vm, const struct script_run_owner *owner, void *owner_data, struct error *error);

/* Resumes for the first time. True: ended, *result is filled in. False: it waits. The run is no more the caller's either way.
 * A caller whose VM may be retired holds it, until the result is read. */
bool run_go(struct run *run, int argument_count, struct script_result *result);

/* Ends it from outside, while it waits, or the handler that it is a branch of: what that waits for is cancelled, its `close`
 * values are closed, its owner is told. */
void run_end(struct run *run, enum error_kind kind, const char *why);

bool run_is_handler(const struct vm *vm, const lua_State *L); /* is it the coroutine of a run that has not ended? */

/* Ends the segment of a load: commits it if is_good, rolls it back otherwise. False: *error (of a commit) says why; it was
 * rolled back. */
bool run_end_load(struct vm *vm, bool is_good, struct error *error);

/* ---- for bindings ---- */

void *run_data(struct run *run, const struct participant *participant); /* the memory that the participant has in this run */

/* Opens a segment for SQL. Raises outside of a handler and of a script's top level. */
void run_begin_segment(lua_State *L);

/* Takes back what the open segment has written since the mark (database/mark.h). Raises where that fails. */
void run_return_to(lua_State *L, const struct database_mark *mark);

/* Offers a call whose result the script does not read to the owner, before the first wait of a handler. True: it is made, and
 * the segment has ended. Raises as run_end_segment(). */
bool run_offer_reply(lua_State *L, const struct telegram_request *request);

int64_t run_time_left(const struct run *run); /* ms until its deadline, without pauses that are not told yet */
const void *run_asker(const struct run *run); /* for struct telegram_request: its owner's data, or itself */

/* The wait that ends now was prolonged by Telegram, not by the handler: its deadline moves by so many ms. */
void run_excuse(struct run *run, int64_t ms);

/* Called by the loop, once, when what a run waits for has come. */
void run_wake(struct run *run);
void run_set_deadline(struct run *run, int64_t ms); /* of the handler, from now on */

/* ---- branches: what a handler does at the same time, while it waits for all of them (api/parallel.c) ---- */

/* Likewise run_new(), called from the loop while the parent waits. It ends each of its segments itself, the last one too, and
 * its result is an error only where the handler must end: then run_fail(). */
struct run *run_new_branch(struct run *parent, const struct script_run_owner *owner, void *owner_data, struct error *error);
void run_fail_segment(struct run *run);                             /* in its coroutine: takes back the open one */
void run_fail(struct run *run, const struct script_result *result); /* its whole handler ends so */
void run_drop_branch(struct run *run);                              /* it waits; its owner is not told */
