/* How a binding lets its handler wait: for something outside, after the segment has ended, or for the database within it. Part
 * of run.h, which includes it. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdint.h>

struct run;

/* The first half of every wait: commits the segment. Raises where a wait can't be: at a top level, in a script's own coroutine,
 * inside a function that C called (a comparison of table.sort, a replacement of string.gsub). `what` is for that message. Where
 * the database answers later, this does not return: the coroutine yields, and on_ended goes on with the stack as it is. Else
 * the caller goes on there itself. */
struct run *run_end_segment(lua_State *L, const char *what, lua_KFunction on_ended);
struct run *run_current(lua_State *L); /* the one that executes, for on_ended */

/* The second half: `return run_wait(...)`. on_woken is the continuation, in the coroutine again. pause: see struct run. */
int run_wait(lua_State *L, struct run *run, const char *what, int64_t (*pause)(void *data), void *data, lua_KFunction on_woken);

/* A wait for the database within the open segment. The run that will wait, or raises as run_end_segment() does. */
struct run *run_check_wait(lua_State *L, const char *what);
int run_wait_inside(lua_State *L, struct run *run, const char *what, lua_KContext context, lua_KFunction on_woken);
