/* core.wait: time for the handler that is running. A pause in it, and a later deadline. */
#include <lauxlib.h>

#include "common/clock.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

enum { DEADLINE_MAX_S = 3600 };

static const char PAUSE[] = "lunokhod.pause"; /* the metatable */

struct pause { /* a userdata */
  struct run *run;
  struct clock_timer timer;
};

static int close_pause(lua_State *L) {
  struct pause *pause = luaL_checkudata(L, 1, PAUSE);
  clock_stop(vm_of(L)->options.clock, &pause->timer);
  return 0;
}

static void on_over(void *data) { run_wake(((struct pause *)data)->run); }

static int on_woken(lua_State *L, int status, lua_KContext context) {
  (void)L, (void)status, (void)context;
  return 0;
}

/* sleep(seconds): others go on meanwhile, except in the same chat */
static int wait_sleep(lua_State *L) {
  struct vm *vm = vm_of(L);
  lua_Number seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds <= DEADLINE_MAX_S, 1, "seconds, from 0 to 3600, expected");
  struct pause *pause = lua_newuserdatauv(L, sizeof *pause, 0);
  *pause = (struct pause){.run = NULL};
  luaL_setmetatable(L, PAUSE);
  lua_toclose(L, -1);
  struct run *run = run_end_segment(L, "bot.sleep");
  int64_t ms = (int64_t)(seconds * 1000), left = run_time_left(run);
  if (ms >= left) {
    return luaL_error(L,
                      "bot.sleep: the handler's deadline comes before, in %d s: call bot.deadline(seconds) for a later one, or "
                      "plan the rest with bot.after",
                      (int)((left > 0 ? left : 0) / 1000));
  }
  pause->run = run;
  clock_start(vm->options.clock, &pause->timer, ms, on_over, pause);
  return run_wait(L, run, "bot.sleep", NULL, NULL, on_woken);
}

static bool is_deadline(lua_Number seconds) { return seconds >= 1 && seconds <= DEADLINE_MAX_S; }

/* is_deadline(seconds) -> may a handler have that one? */
static int wait_is_deadline(lua_State *L) {
  lua_pushboolean(L, is_deadline(luaL_checknumber(L, 1)));
  return 1;
}

/* deadline(seconds): of the handler that is running, from now on */
static int wait_deadline(lua_State *L) {
  struct run *run = vm_of(L)->current;
  lua_Number seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, is_deadline(seconds), 1, "seconds, from 1 to 3600, expected");
  if (!run) return luaL_error(L, "bot.deadline can't be called while a script loads: call it in a handler");
  run_set_deadline(run, (int64_t)(seconds * 1000));
  return 0;
}

int api_open_wait(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"sleep", wait_sleep}, {"deadline", wait_deadline}, {"is_deadline", wait_is_deadline}, {NULL, NULL}};
  static const luaL_Reg closing[] = {{"__close", close_pause}, {"__gc", close_pause}, {NULL, NULL}};
  luaL_newmetatable(L, PAUSE);
  luaL_setfuncs(L, closing, 0);
  api_lock_metatable(L);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
