/* coroutine: resume, wrap and close as Lua has them, within the limits. Control that goes into a coroutine takes the run's
 * budget along, and a stop in it stops whoever resumed it.
 *
 * The host's own coroutines are refused: the host alone resumes them, with what they wait for in its hand. */
#include <lauxlib.h>
#include <stdbool.h>

#include "script/budget.h"
#include "script/vm.h"
#include "script/watchdog.h"

enum {
  CLOSE_DEPTH = 8, /* each level may use the C stack as deep as Lua allows, because lua_resetthread() counts anew */
  FAILED = -1,
};

static lua_State *check_thread(lua_State *L) {
  lua_State *thread = lua_tothread(L, 1);
  luaL_argexpected(L, thread, 1, "coroutine");
  return thread;
}

/* ---- resume, wrap ---- */

/* The arguments on top of L go to the thread. Returns how many results are on L then, or FAILED: an error value is. */
static int resume(lua_State *L, lua_State *thread, int argument_count) {
  if (vm_is_own(thread)) {
    lua_pushliteral(L, "cannot resume a coroutine of the host");
    return FAILED;
  }
  if (!lua_checkstack(thread, argument_count)) {
    lua_pushliteral(L, "too many arguments to resume");
    return FAILED;
  }
  int count = 0;
  lua_xmove(L, thread, argument_count);
  lua_State *before = watchdog_enter(thread);
  int status = lua_resume(thread, L, argument_count, &count);
  (void)watchdog_enter(before);
  if (vm_of(L)->is_killed) vm_stop(L);
  bool ok = status == LUA_OK || status == LUA_YIELD;
  if (ok && !lua_checkstack(L, count + 1)) {
    lua_pop(thread, count);
    lua_pushliteral(L, "too many results to resume");
    return FAILED;
  }
  lua_xmove(thread, L, ok ? count : 1);
  return ok ? count : FAILED;
}

/* coroutine.resume(thread, ...) -> true, values... | false, error */
static int coroutine_resume(lua_State *L) {
  lua_State *thread = check_thread(L);
  int count = resume(L, thread, lua_gettop(L) - 1);
  bool ok = count != FAILED;
  lua_pushboolean(L, ok);
  lua_insert(L, ok ? -(count + 1) : -2);
  return ok ? count + 1 : 2;
}

/* What lua_resetthread() does, or nothing where Lua would run each __close without a limit. False: an error value is on top of
 * the thread. */
static bool end_thread(lua_State *L, lua_State *thread) {
  struct vm *vm = vm_of(L);
  if (vm->close_depth >= CLOSE_DEPTH) luaL_error(L, "too many coroutines are being closed inside each other");
  vm->close_depth++;
  lua_State *before = watchdog_enter(thread);
  int status = lua_resetthread(thread);
  (void)watchdog_enter(before);
  vm->close_depth--;
  if (vm->is_killed) vm_stop(L);
  return status == LUA_OK;
}

/* The function that wrap() has made; upvalue 1 is the coroutine. */
static int run_wrapped(lua_State *L) {
  lua_State *thread = lua_tothread(L, lua_upvalueindex(1));
  int count = resume(L, thread, lua_gettop(L));
  if (count != FAILED) return count;
  int status = lua_status(thread);
  if (status != LUA_OK && status != LUA_YIELD && !vm_is_stopped(thread)) {
    lua_pushvalue(L, -1);
    lua_xmove(L, thread, 1); /* the error, which a __close may replace */
    (void)end_thread(L, thread);
    lua_xmove(thread, L, 1);
  }
  if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

/* coroutine.wrap(function) -> function */
static int coroutine_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *thread = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, thread, 1);
  lua_pushcclosure(L, run_wrapped, 1);
  return 1;
}

/* ---- close ---- */

/* coroutine.close(thread) -> true | false, error */
static int coroutine_close(lua_State *L) {
  lua_State *thread = check_thread(L);
  lua_Debug frame;
  if (vm_is_own(thread)) return luaL_error(L, "cannot close a coroutine of the host");
  if (thread == L || (lua_status(thread) == LUA_OK && lua_getstack(thread, 0, &frame))) {
    return luaL_error(L, "cannot close a running coroutine");
  }
  if (vm_is_stopped(thread)) {
    lua_pushboolean(L, false);
    lua_pushliteral(L, "it was stopped by the limits");
    return 2;
  }
  bool ok = end_thread(L, thread);
  lua_pushboolean(L, ok);
  if (ok) return 1;
  lua_xmove(thread, L, 1);
  return 2;
}

void budget_open_coroutine(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"resume", coroutine_resume}, {"wrap", coroutine_wrap}, {"close", coroutine_close}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
