/* One Lua state: its libraries, its limits, and the holds that keep it alive. A VM that a reload has replaced is retired, and
 * closes with its last hold. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "script/participant.h"
#include "script/script.h"
#include "script/small_blocks.h"

struct idle;
struct run;

extern const char VM_TRACEBACK; /* registry, by address: the slot of the last traceback, which keeps its text alive */

struct vm {
  lua_State *L;                  /* the main thread: only top levels run on it, everything else in coroutines */
  struct script_options options; /* with the defaults filled in */
  struct vm *next, **link;       /* in the list of all VMs that live */
  unsigned generation;
  unsigned hold_count; /* see vm_hold() */
  bool is_retired;
  bool is_loading;
  bool is_closing;                  /* only finalizers run now: what they begin would never end */
  struct run *current;              /* whose Lua code is executing right now; NULL: a top level's, or nobody's */
  struct run *runs;                 /* all that have begun and not ended, linked */
  struct run *idle;                 /* ended ones, whose coroutines are used again */
  struct participants participants; /* rooms that take part in segments and runs */
  struct idle *all_runs;            /* of all VMs: asked when something has ended */
  struct small_blocks blocks;
  size_t memory;
  bool has_no_ceiling;   /* while that is closed which waits, since it must not fail for lack of memory */
  uint64_t instructions; /* left in this segment, counted once it lasts */
  size_t steps;          /* of library functions in C since the last look at the limits */
  unsigned close_depth;  /* of coroutines that are being closed inside each other */
  bool is_killed;        /* a limit was passed: every instruction raises until the run ends */
  int dispatch_ref, dispatch_album_ref, fail_ref, wanted_ref; /* functions in the registry, like the next */
  int describe_ref, inspect_ref, hidden_ref, traceback_ref;
  unsigned file_count;
};

/* A VM with Lua's libraries, put first into *list. set_up is called in it, protected, and puts in what else scripts shall find.
 * Given: vm_close(). NULL: ERROR_MEMORY, or ERROR_SYSTEM where set_up raised. */
struct vm *vm_open(struct vm **list, const struct script_options *options, unsigned generation, lua_CFunction set_up,
                   struct error *error);
void vm_close(struct vm *vm); /* whatever holds it. No run may be left. NULL does no harm */

/* A hold promises that the VM is still needed: by a run, by a function that is due once, by a caller that reads a result.
 * vm_release() closes a retired VM with its last hold, so the VM may be gone when it returns. */
void vm_hold(struct vm *vm);
void vm_release(struct vm *vm);

/* No run of an update begins here any more. Closes the VM as vm_release() does, perhaps now. */
void vm_retire(struct vm *vm);

struct vm *vm_of(lua_State *L); /* works in every coroutine */

/* The host's own threads, which no script may resume or close: the main one, and those that were marked. */
void vm_mark_own(lua_State *L);
bool vm_is_own(lua_State *L);
bool vm_is_stopped(lua_State *L); /* did vm_stop() end it? Then Lua calls no hook there any more */

/* The memory that the participant has in this VM. */
void *vm_data(const struct vm *vm, const struct participant *participant);

/* Calls the function on the main stack below its arguments, protected, with limits; results are left on the stack. False:
 * ERROR_INPUT with the message, and nothing is left. */
bool vm_call(struct vm *vm, int argument_count, int result_count, struct error *error);

/* Fresh limits for the stretch that begins now. */
void vm_begin_budget(struct vm *vm);
bool vm_may_go_on(void *vm); /* for database_limit() */

/* From now on every instruction raises, in this coroutine and whatever it calls, until the next budget. */
void vm_kill(lua_State *L);
/* The same, and raises now. */
void vm_stop(lua_State *L);
