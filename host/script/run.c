/* Between two waits nothing else can run, so what a handler reads and writes there is one transaction: a segment. It is opened
 * by the first SQL, committed here before every wait and at the end, and rolled back when the handler fails. Nothing is ever
 * pushed on a coroutine from the loop: what has come is turned into Lua values by the continuation, inside the coroutine, where
 * a want of memory is this handler's error and not the end of the host. */
#include "script/run.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/idle.h"
#include "common/memory.h"
#include "database/database.h"
#include "script/api/api.h"
#include "script/script.h"
#include "script/vm.h"

/* ---- life ---- */

static void link_run(struct run *run, struct run **list) {
  run->next = *list;
  run->link = list;
  if (run->next) run->next->link = &run->next;
  *list = run;
}

static void unlink_run(struct run *run) {
  *run->link = run->next;
  if (run->next) run->next->link = run->link;
}

static int make_coroutine(lua_State *L) {
  struct run *run = lua_touserdata(L, 1);
  run->L = lua_newthread(L);
  run->ref = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

struct run *run_new(struct vm *vm, const struct script_watcher *watcher, void *data, struct error *error) {
  struct run *run = vm->idle;
  if (run) {
    unlink_run(run);
  } else {
    run = memory_new(sizeof *run);
    lua_pushcfunction(vm->L, make_coroutine);
    lua_pushlightuserdata(vm->L, run);
    if (lua_pcall(vm->L, 1, 0, 0) != LUA_OK) {
      lua_pop(vm->L, 1);
      free(run);
      error_set(error, ERROR_MEMORY, "the VM's memory is used up (%zu bytes): no room for another handler", vm->memory);
      return NULL;
    }
    run->vm = vm;
    vm_arm(vm, run->L);
  }
  run->watcher = watcher;
  run->data = data;
  run->unanswered[0] = '\0';
  run->excused_ms = 0;
  run->step_id = 0;
  link_run(run, &vm->runs);
  vm->run_count++;
  return run;
}

void run_free_idle(struct vm *vm) {
  while (vm->idle) {
    struct run *run = vm->idle;
    unlink_run(run);
    free(run); /* its coroutine goes with the VM */
  }
}

/* A coroutine that has ended well is empty and used again; after an error it may hold anything, and is left to the collector.
 */
static void retire_run(struct run *run, bool is_reusable, struct script_result *result) {
  struct vm *vm = run->vm;
  memcpy(result->unanswered, run->unanswered, sizeof result->unanswered);
  clock_stop(vm->options.clock, &run->deadline);
  unlink_run(run);
  vm->run_count--;
  idle_check(vm->all_runs);
  if (is_reusable && !vm->is_retired) {
    lua_settop(run->L, 0);
    link_run(run, &vm->idle);
  } else {
    luaL_unref(vm->L, LUA_REGISTRYINDEX, run->ref);
    free(run);
  }
}

/* ---- the end ---- */

struct failure { /* for describe(): what it reads and writes */
  lua_State *L;
  struct error *error;
  const char **traceback;
};

/* On the main thread, protected: the error value on top of the coroutine becomes texts. They stay on the main stack. */
static int describe(lua_State *L) {
  struct failure *failure = lua_touserdata(L, 1);
  lua_State *from = failure->L;
  luaL_checkstack(from, 2, NULL);
  lua_pushvalue(from, -1);
  lua_xmove(from, L, 1);
  const char *message = lua_isnil(L, -1) ? NULL : luaL_tolstring(L, -1, NULL); /* nil: run_end() has the words */
  luaL_traceback(L, from, message, 0);
  *failure->traceback = lua_tostring(L, -1);
  error_set(failure->error, ERROR_INPUT, "%s", message ? message : "nil");
  return 1;
}

/* The texts live in the registry slot API_TRACEBACK until the next failure. */
static void describe_failure(struct run *run, struct script_result *result) {
  lua_State *L = run->vm->L;
  struct failure failure = {run->L, &result->error, &result->traceback};
  lua_pushcfunction(L, describe);
  lua_pushlightuserdata(L, &failure);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
    lua_rawsetp(L, LUA_REGISTRYINDEX, &API_TRACEBACK); /* the slot exists: no memory is asked for */
  } else {
    lua_pop(L, 1);
    result->traceback = "";
    error_set(&result->error, ERROR_MEMORY, "not enough memory (the limit of a VM is %zu MB)",
              run->vm->options.memory_ceiling >> 20);
  }
}

/* The coroutine has returned: the last segment is still to be committed, together with what the watcher adds. */
static void commit_last(struct run *run, struct script_result *result) {
  struct database *database = run->vm->options.database;
  api_close_cursors(run->vm);
  bool ok = api_end_step(run, true, &result->error);
  if (ok && run->watcher && run->watcher->segment_ends) ok = run->watcher->segment_ends(true, run->data, &result->error);
  if (ok) ok = database_commit(database, &result->error);
  if (!ok) database_rollback(database);
}

/* All outcomes of a resume. True: the run has ended, *result says how, and run is gone. */
static bool run_settle(struct run *run, int status, int value_count, struct script_result *result) {
  struct vm *vm = run->vm;
  vm->current = NULL;
  database_limit(vm->options.database, NULL, NULL);
  if (status == LUA_YIELD && run->waits_for) {
    assert(!database_is_in_segment(vm->options.database));
    return false;
  }
  *result = (struct script_result){.traceback = ""};
  bool is_reusable = status == LUA_OK;
  if (status == LUA_OK) {
    lua_pop(run->L, value_count);
    commit_last(run, result);
  } else {
    if (status == LUA_YIELD) { /* coroutine.yield in the handler itself would leave nobody to resume it */
      lua_settop(run->L, 0);
      lua_pushliteral(run->L, "coroutine.yield outside of a coroutine that the script made");
    }
    describe_failure(run, result);
    api_close_cursors(vm);
    database_rollback(vm->options.database);
    vm->is_killed = vm->is_killed || status == LUA_YIELD;
    (void)lua_resetthread(run->L);           /* closes what is to be closed: nothing that it waited for is left */
    database_rollback(vm->options.database); /* a script's own __close may have used SQL */
  }
  vm_begin_budget(vm);
  retire_run(run, is_reusable, result);
  return true;
}

/* ---- going ---- */

static bool resume(struct run *run, int argument_count, struct script_result *result) {
  struct vm *vm = run->vm;
  assert(!database_is_in_segment(vm->options.database));
  assert(!vm->current);
  vm->current = run;
  run->waits_for = NULL;
  vm_begin_budget(vm);
  database_limit(vm->options.database, vm_may_go_on, vm);
  int value_count = 0;
  int status = lua_resume(run->L, vm->L, argument_count, &value_count);
  return run_settle(run, status, value_count, result);
}

bool run_go(struct run *run, int argument_count, struct script_result *result) { return resume(run, argument_count, result); }

static void tell(struct vm *vm, const struct script_watcher *watcher, void *data, const struct script_result *result) {
  if (watcher && watcher->done) watcher->done(result, data);
  vm_close_if_done(vm); /* after done: the traceback lives in the VM */
}

void run_wake(struct run *run) {
  struct vm *vm = run->vm;
  const struct script_watcher *watcher = run->watcher;
  void *data = run->data;
  struct script_result result;
  vm->run_count++; /* a retired VM must outlive its result */
  bool has_ended = resume(run, 0, &result);
  vm->run_count--;
  if (has_ended) tell(vm, watcher, data, &result);
}

void run_end(struct run *run, enum error_kind kind, const char *why) {
  struct vm *vm = run->vm;
  const struct script_watcher *watcher = run->watcher;
  void *data = run->data;
  assert(run->waits_for && !vm->current);
  struct script_result result = {.traceback = ""};
  if (lua_checkstack(run->L, 1)) {
    lua_pushnil(run->L); /* describe() wants a value; the text is ours */
    describe_failure(run, &result);
  }
  error_set(&result.error, kind, "%s (it waited for %s)", why, run->waits_for);
  vm_begin_budget(vm);
  vm->is_killed = true; /* a script's own __close gets no time */
  (void)lua_resetthread(run->L);
  database_rollback(vm->options.database);
  vm_begin_budget(vm);
  vm->run_count++;
  retire_run(run, false, &result);
  vm->run_count--;
  tell(vm, watcher, data, &result);
}

/* A pause that Telegram asked for is not the handler's fault: the deadline moves by it. */
static void on_deadline(void *data) {
  struct run *run = data;
  struct vm *vm = run->vm;
  int64_t pause = run->excused_ms + (run->pause ? run->pause(run->pause_data) : 0);
  run->excused_ms = 0;
  if (pause > 0) {
    clock_start(vm->options.clock, &run->deadline, pause, on_deadline, run);
    return;
  }
  char why[100];
  (void)snprintf(why, sizeof why, "stopped: the handler took longer than %u s", vm->options.deadline_ms / 1000);
  run_end(run, ERROR_CANCELED, why);
}

/* ---- for bindings ---- */

void run_begin_segment(lua_State *L) {
  struct vm *vm = vm_of(L);
  if (!vm->current && !vm->is_loading)
    luaL_error(L, "SQL is only for handlers and for a script's top level, not for finalizers");
  struct error error;
  if (!database_begin(vm->options.database, &error)) luaL_error(L, "%s", error.text);
}

struct run *run_end_segment(lua_State *L, const char *what) {
  struct vm *vm = vm_of(L);
  struct run *run = vm->current;
  if (!run) luaL_error(L, "%s can't be called while a script loads: call it in a handler", what);
  if (run->L != L) luaL_error(L, "%s can't wait inside a coroutine that the script made: call it in the handler itself", what);
  if (!lua_isyieldable(L))
    luaL_error(L, "%s can't wait inside a function that table.sort, string.gsub or a metamethod calls", what);
  api_keep_cursors(L);
  struct database *database = vm->options.database;
  struct error error = {0};
  bool ok = !database_is_in_segment(database) || api_end_step(run, false, &error);
  if (ok && database_is_in_segment(database) && run->watcher && run->watcher->segment_ends) {
    ok = run->watcher->segment_ends(false, run->data, &error);
  }
  if (ok) ok = database_commit(database, &error);
  if (!ok) {
    database_rollback(database);
    luaL_error(L, "%s", error.text);
  }
  return run;
}

int run_wait(lua_State *L, struct run *run, const char *what, int64_t (*pause)(void *data), void *data,
             lua_KFunction on_woken) {
  run->waits_for = what;
  run->pause = pause;
  run->pause_data = data;
  struct vm *vm = run->vm;
  if (!clock_is_started(&run->deadline)) {
    clock_start(vm->options.clock, &run->deadline, vm->options.deadline_ms, on_deadline, run);
  }
  return lua_yieldk(L, 0, 0, on_woken);
}
