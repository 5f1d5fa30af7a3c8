/* The Lua states of the kit, with the module kit.core and the kit's own modules. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct error;
struct test_host;

/* Calls run(data), protected, in a new Lua state with all of Lua's libraries; the log goes to core.log() meanwhile. False:
 * ERROR_INPUT with what was raised, ERROR_MEMORY. */
bool spec_run_lua(lua_CFunction run, void *data, struct error *error);

struct test_host *spec_world(lua_State *L); /* the one that core.clear() has made, NULL before */
void spec_push_module(lua_State *L, const char *name);
void spec_push_paths(lua_State *L, const char *const *paths, size_t count); /* as a list */
