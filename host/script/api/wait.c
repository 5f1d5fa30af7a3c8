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
  const char *label;
  int64_t ms;
  bool is_checked; /* a deadline that comes before is told at once */
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

/* Seconds from the argument at that place, in milliseconds. */
static int64_t check_pause(lua_State *L, int argument) {
  lua_Number seconds = luaL_checknumber(L, argument);
  luaL_argcheck(L, seconds >= 0 && seconds <= DEADLINE_MAX_S, argument, "seconds, from 0 to 3600, expected");
  return (int64_t)(seconds * 1000);
}

/* The segment has ended; the pause is on top of the stack. */
static int wait_out(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  struct pause *pause = lua_touserdata(L, -1);
  pause->run = run_current(L);
  int64_t left = run_time_left(pause->run);
  if (pause->is_checked && pause->ms >= left) {
    return luaL_error(L,
                      "bot.sleep: the handler's deadline comes before, in %d s: call bot.deadline(seconds) for a later one, or "
                      "plan the rest with bot.after",
                      (int)((left > 0 ? left : 0) / 1000));
  }
  clock_start(vm_of(L)->options.clock, &pause->timer, pause->ms, on_over, pause);
  return run_wait(L, pause->run, pause->label, NULL, NULL, on_woken);
}

/* Pushes the pause, which is closed with the function that has begun it. The label is on the stack. */
static int begin_pause(lua_State *L, const char *label, int64_t ms, bool is_checked) {
  struct pause *pause = lua_newuserdatauv(L, sizeof *pause, 0);
  *pause = (struct pause){.label = label, .ms = ms, .is_checked = is_checked};
  luaL_setmetatable(L, PAUSE);
  lua_toclose(L, -1);
  return run_end_segment(L, label, wait_out);
}

/* sleep(seconds): others go on meanwhile, except in the same chat */
static int wait_sleep(lua_State *L) { return begin_pause(L, "bot.sleep", check_pause(L, 1), true); }

/* pause(label, seconds): likewise, for our own modules; where the deadline comes before, it ends the handler */
static int wait_pause(lua_State *L) {
  const char *label = luaL_checkstring(L, 1);
  return begin_pause(L, label, check_pause(L, 2), false);
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
  static const luaL_Reg functions[] = {{"sleep", wait_sleep},
                                       {"pause", wait_pause},
                                       {"deadline", wait_deadline},
                                       {"is_deadline", wait_is_deadline},
                                       {NULL, NULL}};
  api_make_closing_metatable(L, PAUSE, close_pause);
  luaL_newlib(L, functions);
  return 1;
}
