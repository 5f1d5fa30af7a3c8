/* One Lua state: its libraries, its limits, the globals of each file. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "script/script.h"

struct cursor;
struct run;
struct schedule;
struct statement;

struct vm {
  lua_State *L;                  /* the main thread: only top levels run on it, everything else in coroutines */
  struct script_options options; /* with the defaults filled in */
  struct vm *next, **link;       /* in the list of all VMs that live */
  unsigned generation;
  unsigned run_count; /* runs that have begun and not ended, or are promised: a retired VM is closed after the last one */
  bool is_retired;
  bool are_jobs_paused;
  bool is_loading;
  struct run *current;         /* whose Lua code is executing right now; NULL: a top level's, or nobody's */
  struct run *runs;            /* all that have begun, linked */
  struct run *idle;            /* ended ones, whose coroutines are used again */
  struct cursor *cursors;      /* queries of the open segment that have rows left */
  struct statement *loose[16]; /* statements of calls that have not returned; more than one only while finalizers run */
  unsigned loose_count;
  struct schedule *schedules; /* functions that run later */
  size_t memory;
  uint64_t instructions;   /* left in this segment */
  size_t steps;            /* of library functions in C since the last look at the clock */
  int64_t segment_cpu_end; /* thread CPU nanoseconds */
  bool is_killed;          /* a limit was passed: every instruction raises until the run ends */
  int dispatch_ref, wanted_ref, describe_ref, inspect_ref, traceback_ref; /* functions in the registry */
  unsigned file_count;
};

/* A VM with its libraries, and nothing loaded, put into *list. Given: vm_close(). NULL: ERROR_MEMORY, or a mistake in our own
 * Lua. */
struct vm *vm_open(struct vm **list, const struct script_options *options, unsigned generation, struct error *error);
void vm_close(struct vm *vm); /* no run may be left. NULL does no harm */

/* No run begins here any more; closed when the last one has ended, which may be now. */
void vm_retire(struct vm *vm);
void vm_close_if_done(struct vm *vm);

struct vm *vm_of(lua_State *L);                   /* works in every coroutine */
struct vm *vm_first(const struct script *script); /* of all that live, the newest; NULL before the first load */

/* Loads one file and runs its top level. False: ERROR_INPUT with file and line, ERROR_SYSTEM when it can't be read. */
bool vm_load_file(struct vm *vm, const char *path, struct error *error);

/* Adds dir to where require looks. */
bool vm_add_directory(struct vm *vm, const char *dir, struct error *error);

/* Calls the function on the main stack below its arguments, protected, with limits; results are left on the stack. False:
 * ERROR_INPUT with the message, and nothing is left. */
bool vm_call(struct vm *vm, int argument_count, int result_count, struct error *error);

/* Fresh limits for the stretch that begins now. */
void vm_begin_budget(struct vm *vm);
bool vm_may_go_on(void *vm); /* for database_limit() */

/* Raises what stops a run that has passed a limit, and goes on to raise it at every instruction. */
void vm_stop(lua_State *L);

/* Arms the limits on a coroutine. */
void vm_arm(struct vm *vm, lua_State *L);
