/* Counts what library functions compute, and asks for the limits. Steps are added up over all calls of a VM, so that many
 * short calls are looked at like one long one. */
#include "script/budget.h"

#include <lauxlib.h>
#include <lualib.h>

#include "script/vm.h"

enum {
  STEPS_OF_A_LOOK = 100000, /* some tenths of a millisecond */
  LOAD_PIECE = 4096,        /* bytes of source that the compiler gets at once */
  LOAD_STEPS = 50,          /* for each of these bytes: names are searched in all functions around */
};

void budget_spend(lua_State *L, size_t steps) {
  struct vm *vm = vm_of(L);
  if (!vm) return; /* a spec's own state: it has json, and no limits */
  vm->steps += steps;
  if (vm->steps < STEPS_OF_A_LOOK && !vm->is_killed) return;
  vm->steps = 0;
  if (!vm_may_go_on(vm)) vm_stop(L);
}

/* ---- load ---- */

struct source {
  const char *text; /* what is left of a string; NULL: a function on the stack gives pieces */
  size_t size;
};

enum { LOAD_CHUNK = 1, LOAD_ENVIRONMENT = 4, LOAD_LAST_PIECE };

static const char *read_source(lua_State *L, void *data, size_t *size) {
  struct source *source = data;
  if (source->text) {
    *size = source->size < LOAD_PIECE ? source->size : LOAD_PIECE;
    const char *piece = source->text;
    source->text += *size;
    source->size -= *size;
    budget_spend(L, *size * LOAD_STEPS);
    return piece;
  }
  luaL_checkstack(L, 2, "too many nested functions");
  lua_pushvalue(L, LOAD_CHUNK);
  lua_call(L, 0, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    *size = 0;
    return NULL;
  }
  if (!lua_isstring(L, -1)) luaL_error(L, "reader function must return a string");
  lua_replace(L, LOAD_LAST_PIECE); /* it stays alive while the compiler reads it */
  const char *piece = lua_tolstring(L, LOAD_LAST_PIECE, size);
  budget_spend(L, (*size + 1) * LOAD_STEPS);
  return piece;
}

/* load() of text only: bytecode can crash the VM. */
static int load_text(lua_State *L) {
  bool has_environment = !lua_isnone(L, LOAD_ENVIRONMENT);
  struct source source = {.text = lua_tolstring(L, LOAD_CHUNK, &source.size)};
  const char *name = luaL_optstring(L, 2, source.text ? source.text : "=(load)");
  if (!source.text) luaL_checktype(L, LOAD_CHUNK, LUA_TFUNCTION);
  lua_settop(L, LOAD_LAST_PIECE);
  if (lua_load(L, read_source, &source, name, "t") != LUA_OK) {
    if (vm_of(L)->is_killed) return lua_error(L);
    luaL_pushfail(L);
    lua_insert(L, -2);
    return 2;
  }
  if (!has_environment) return 1;
  lua_pushvalue(L, LOAD_ENVIRONMENT);
  if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1); /* a chunk's first upvalue is _ENV */
  return 1;
}

void budget_open(lua_State *L) {
  lua_getglobal(L, LUA_STRLIBNAME);
  budget_open_string(L);
  lua_getglobal(L, LUA_TABLIBNAME);
  budget_open_table(L);
  lua_getglobal(L, LUA_COLIBNAME);
  budget_open_coroutine(L);
  lua_pop(L, 3);
  budget_open_globals(L);
  lua_pushcfunction(L, load_text);
  lua_setglobal(L, "load");
}
