/* core.schedule: a function that runs later, as a handler of its own: with segments, waits and limits like any other. */
#include <lauxlib.h>
#include <stdlib.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

enum { SECONDS_MAX = 400 * 24 * 3600 }; /* more is a mistake, such as milliseconds */

struct schedule { /* ours until it is due, or its VM closes */
  struct vm *vm;
  struct clock_timer timer;
  int function_ref;
  bool is_recurring; /* a reload ends it: the new scripts begin their own */
  bool is_held;      /* it fell due during a pause */
  struct schedule *prev, *next;
};

static void schedule_free(struct schedule *schedule) {
  clock_stop(schedule->vm->options.clock, &schedule->timer);
  luaL_unref(schedule->vm->L, LUA_REGISTRYINDEX, schedule->function_ref);
  DL_DELETE(schedule->vm->schedules, schedule);
  free(schedule);
}

static void report(const struct script_result *result) {
  if (!result->error.kind) return;
  log_error("a scheduled function failed; error=%s traceback=%s", result->error.text,
            result->traceback[0] ? result->traceback : NULL);
}

static void on_ended(const struct script_result *result, void *data) {
  (void)data;
  report(result);
}

static void on_due(void *data) {
  static const struct script_watcher watcher = {.done = on_ended};
  struct schedule *schedule = data;
  struct vm *vm = schedule->vm;
  if (vm->are_jobs_paused) { /* the data is not there yet, or about to be changed for other data */
    schedule->is_held = true;
    return;
  }
  struct script_result result = {.traceback = ""};
  struct run *run = run_new(vm, &watcher, NULL, &result.error);
  if (run) lua_rawgeti(run->L, LUA_REGISTRYINDEX, schedule->function_ref);
  vm->run_count++;                              /* a retired VM stays until the result is told */
  if (!schedule->is_recurring) vm->run_count--; /* what had kept it until now */
  schedule_free(schedule);
  if (!run || run_go(run, 0, &result)) report(&result);
  vm->run_count--;
  vm_close_if_done(vm);
}

/* after(seconds, function, is_recurring) */
static int schedule_after(lua_State *L) {
  struct vm *vm = vm_of(L);
  lua_Number seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds <= SECONDS_MAX, 1, "seconds, from 0 to 400 days, expected");
  luaL_checktype(L, 2, LUA_TFUNCTION);
  if (vm->are_jobs_stopped && lua_toboolean(L, 3)) return 0; /* it is for the next host */
  lua_pushvalue(L, 2);
  int ref = luaL_ref(L, LUA_REGISTRYINDEX);
  struct schedule *schedule = memory_new(sizeof *schedule);
  *schedule = (struct schedule){.vm = vm, .function_ref = ref, .is_recurring = lua_toboolean(L, 3)};
  DL_APPEND(vm->schedules, schedule);
  if (!schedule->is_recurring) vm->run_count++; /* it was promised: a reload does not break it */
  clock_start(vm->options.clock, &schedule->timer, (int64_t)(seconds * 1000), on_due, schedule);
  return 0;
}

void api_drop_schedules(struct vm *vm, bool only_recurring) {
  struct schedule *schedule, *next;
  DL_FOREACH_SAFE(vm->schedules, schedule, next) {
    if (only_recurring && !schedule->is_recurring) continue;
    if (!schedule->is_recurring) vm->run_count--;
    schedule_free(schedule);
  }
}

void api_resume_schedules(struct vm *vm) {
  struct schedule *schedule;
  DL_FOREACH(vm->schedules, schedule) {
    if (schedule->is_held) clock_start(vm->options.clock, &schedule->timer, 0, on_due, schedule);
    schedule->is_held = false;
  }
}

int api_open_schedule(lua_State *L) {
  static const luaL_Reg functions[] = {{"after", schedule_after}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
