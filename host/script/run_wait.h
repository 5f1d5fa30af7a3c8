/* How a binding lets its handler wait: for something outside, after the segment has ended, or for the database within it. Part
 * of run.h, which includes it. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdint.h>

struct run;

/* The first half of every wait: `return run_end_segment(...)`. Commits the segment, then goes on with on_ended, the stack as it
 * is: at once, or where the database answers later when it has, in the coroutine again. Raises where a wait can't be: at a top
 * level, in a script's own coroutine, inside a function that C called (a comparison of table.sort, a replacement of
 * string.gsub). `what` is for that message. */
int run_end_segment(lua_State *L, const char *what, lua_KFunction on_ended);
struct run *run_current(lua_State *L); /* the one that executes, for on_ended */

/* The second half: `return run_wait(...)`. on_woken is the continuation, in the coroutine again. pause: see struct run. */
int run_wait(lua_State *L, struct run *run, const char *what, int64_t (*pause)(void *data), void *data, lua_KFunction on_woken);

/* A wait for the database within the open segment. The run that will wait, or raises as run_end_segment() does. */
struct run *run_check_wait(lua_State *L, const char *what);
int run_wait_inside(lua_State *L, struct run *run, const char *what, lua_KContext context, lua_KFunction on_woken);
