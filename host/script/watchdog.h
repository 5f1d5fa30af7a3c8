/* The watchdog of Lua code: how much processor time the present stretch has taken, found out without a look at the clock
 * in Lua's way. A timer of the thread ticks once in WATCHDOG_TICK_MS of its processor time, and never while it sleeps. A
 * stretch that is there at two ticks gets a hook; one whose time is over gets it at its next instruction; and where even that
 * does not end it, a thread of its own logs the script's line and ends the process. Internal to the floor; each thread has its
 * own. */
#pragma once
#include <lua.h>
#include <stdbool.h>

struct error;

/* For the thread that calls; as many calls of watchdog_close() take it off. hook is what is to look at a stretch that lasts: it
 * is called once in count instructions, and at every one when the time is over. False: ERROR_SYSTEM. */
bool watchdog_open(lua_Hook hook, int count, struct error *error);
void watchdog_close(void);

void watchdog_begin(unsigned limit_ms); /* a stretch begins now */
bool watchdog_is_armed(void);           /* does the stretch last so long that it has a hook? */
bool watchdog_is_over(void);            /* has it had its time? */

/* From now on this coroutine executes; NULL: none. Returns which one did before, to be put back when control returns there. */
lua_State *watchdog_enter(lua_State *L);

/* Lets the hook come at the coroutine's very next instruction. */
void watchdog_end_at_once(lua_State *L);
