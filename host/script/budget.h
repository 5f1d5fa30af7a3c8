/* What keeps library functions within the limits. The count hook of vm.c looks between two instructions of Lua; a function in C
 * that loops is one instruction, so it tells here how far it has come. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stddef.h>

/* The calling C function has done so many steps of some nanoseconds each, or is about to. Raises the stop of the limits, which
 * a script can't catch, when the segment's time is over. Cheap enough for every call. */
void budget_spend(lua_State *L, size_t steps);

/* Puts functions of ours over those of Lua whose single call could last (string, table, load), or which lead round the limits.
 * Called once, when the standard libraries are open and no script has seen them. */
void budget_open(lua_State *L);

void budget_open_string(lua_State *L);    /* string.c: the library's table is on top */
void budget_open_table(lua_State *L);     /* table.c: likewise */
void budget_open_coroutine(lua_State *L); /* coroutine.c: likewise */
void budget_open_globals(lua_State *L);   /* global.c */
