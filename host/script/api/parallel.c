/* core.parallel: several functions of one handler at once, each a branch of its run (run.h). While one waits for Telegram, the
 * others go on; the handler goes on when all have ended.
 *
 * Each branch has segments of its own: what a function has written is committed when it waits or returns, and taken back when
 * it fails. A function that fails costs nothing but its own result. Limits and the deadline are the handler's: a branch that
 * passes one ends all of them. */
#include <lauxlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "script/api/api.h"
#include "script/place.h"
#include "script/run.h"
#include "script/vm.h"

enum {
  BRANCHES_MAX = 100,
  DEPTH_MAX = 4, /* each level may use the C stack when all are closed inside each other */
};

static const char PARALLEL[] = "lunokhod.parallel"; /* the metatable */

struct branch {
  struct parallel *parallel;
  struct run *run; /* NULL: not begun, or ended */
};

/* A userdata. The registry has the bodies of its branches under its address. */
struct parallel {
  struct run *run; /* which waits for all */
  struct clock_timer timer;
  unsigned count, left;
  struct branch branches[];
};

enum { FUNCTIONS = 1, RESULTS, ERRORS, BODIES, HANDLE }; /* where they are on the stack of parallel() */

/* ---- the body of a branch, in its coroutine; upvalues: function, results, errors, index ---- */

/* A message handler: any value -> an error value, which the log tells of, since a script may not look at it. */
static int describe(lua_State *L) {
  struct error error = {0};
  lua_settop(L, 1);
  if (vm_of(L)->is_killed) return 1;
  lua_pushvalue(L, 1);
  place_describe_error(L, L); /* value text */
  place_push_traceback(L, L, lua_tostring(L, 2));
  log_warn("a function of bot.parallel failed; error=%s traceback=%s", lua_tostring(L, 2), lua_tostring(L, 3));
  error_set(&error, ERROR_INPUT, "%s", lua_tostring(L, 2));
  (void)api_push_error(L, &error, 0, NULL, 0); /* value text traceback nil err */
  lua_pushliteral(L, "script");
  lua_setfield(L, 5, "kind");
  lua_pushvalue(L, 3);
  lua_setfield(L, 5, "traceback");
  lua_pushvalue(L, 1);
  lua_setfield(L, 5, "value");
  return 1;
}

static int return_all(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  return lua_gettop(L);
}

static int end_function(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  return run_end_segment(L, "bot.parallel", return_all);
}

static int call_function(lua_State *L) {
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, end_function);
  return end_function(L, LUA_OK, 0);
}

/* What the script gets for this branch. The list of errors has the second value of what a call returns that failed. */
static void keep(lua_State *L, int result, int error) {
  lua_Integer index = lua_tointeger(L, lua_upvalueindex(4));
  lua_pushvalue(L, result);
  lua_rawseti(L, lua_upvalueindex(2), index);
  lua_pushvalue(L, error);
  lua_rawseti(L, lua_upvalueindex(3), index);
}

/* The stack: the message handler, then the results, or what describe() has made of the error. */
static int end_body(lua_State *L, int status, lua_KContext context) {
  (void)context;
  bool is_good = status == LUA_OK || status == LUA_YIELD;
  if (!is_good && vm_of(L)->is_killed) return lua_error(L); /* a limit: it ends the handler */
  if (!is_good) {
    run_fail_segment(vm_of(L)->current);
    lua_settop(L, 2);
    if (lua_type(L, 2) == LUA_TSTRING) { /* there was no memory to describe it */
      struct error error = {0};
      error_set(&error, ERROR_MEMORY, "%s", lua_tostring(L, 2));
      (void)api_push_error(L, &error, 0, NULL, 0);
      lua_replace(L, 2);
      lua_settop(L, 2);
    }
    lua_pushnil(L);
    keep(L, 3, 2);
    return 0;
  }
  lua_settop(L, 3);
  if (!lua_isnil(L, 2)) {
    lua_pushnil(L);
    lua_replace(L, 3);
  }
  keep(L, 2, 3);
  return 0;
}

static int body(lua_State *L) {
  lua_settop(L, 0);
  lua_pushcfunction(L, describe);
  lua_pushcfunction(L, call_function);
  lua_pushvalue(L, lua_upvalueindex(1));
  return end_body(L, lua_pcallk(L, 1, LUA_MULTRET, 1, 0, end_body), 0);
}

/* ---- from the loop ---- */

static void on_branch_done(const struct script_result *result, void *data);

/* False: the handler must end so. */
static bool begin(struct parallel *parallel, unsigned index, struct script_result *result) {
  static const struct script_run_owner owner = {.done = on_branch_done};
  struct branch *branch = &parallel->branches[index];
  struct run *run = run_new_branch(parallel->run, &owner, branch, &result->error);
  if (!run) return false;
  branch->run = run;
  lua_rawgetp(run->L, LUA_REGISTRYINDEX, parallel);
  lua_rawgeti(run->L, -1, index + 1);
  lua_remove(run->L, -2);
  if (!run_go(run, 0, result)) return true;
  branch->run = NULL;
  parallel->left--;
  return !result->error.kind;
}

/* The handler waits, so its branches may execute. `parallel` may be gone when it ends, or goes on. */
static void on_begin(void *data) {
  struct parallel *parallel = data;
  struct vm *vm = parallel->run->vm;
  struct script_result result = {.traceback = ""};
  bool ok = true;
  vm_hold(vm); /* the result's traceback lives in it */
  for (unsigned i = 0; ok && i < parallel->count; i++) ok = begin(parallel, i, &result);
  if (!ok) {
    run_fail(parallel->run, &result);
  } else if (!parallel->left) {
    run_wake(parallel->run);
  }
  vm_release(vm);
}

static void on_branch_done(const struct script_result *result, void *data) {
  struct branch *branch = data;
  struct parallel *parallel = branch->parallel;
  branch->run = NULL;
  parallel->left--;
  if (result->error.kind) {
    run_fail(parallel->run, result);
  } else if (!parallel->left) {
    run_wake(parallel->run);
  }
}

/* ---- the handler ---- */

/* Called when all have ended, or when the handler is ended from outside. */
static int close_parallel(lua_State *L) {
  struct parallel *parallel = luaL_checkudata(L, 1, PARALLEL);
  clock_stop(vm_of(L)->options.clock, &parallel->timer);
  for (unsigned i = 0; i < parallel->count; i++) {
    if (parallel->branches[i].run) run_drop_branch(parallel->branches[i].run);
    parallel->branches[i].run = NULL;
  }
  if (parallel->count) {
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, parallel); /* the slot exists: no memory is asked for */
  }
  parallel->count = 0;
  return 0;
}

static int on_joined(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  lua_pushvalue(L, RESULTS);
  lua_pushvalue(L, ERRORS);
  return 2;
}

static void push_bodies(lua_State *L, unsigned count) {
  for (unsigned i = 1; i <= count; i++) {
    if (lua_rawgeti(L, FUNCTIONS, i) != LUA_TFUNCTION)
      luaL_error(L, "bot.parallel: a list of functions expected, and its item %d is a %s", (int)i, luaL_typename(L, -1));
    lua_pushvalue(L, RESULTS);
    lua_pushvalue(L, ERRORS);
    lua_pushinteger(L, i);
    lua_pushcclosure(L, body, 4);
    lua_rawseti(L, BODIES, i);
  }
}

static struct parallel *new_parallel(lua_State *L, unsigned count) {
  struct parallel *parallel = lua_newuserdatauv(L, sizeof *parallel + count * sizeof parallel->branches[0], 0);
  *parallel = (struct parallel){.left = count};
  for (unsigned i = 0; i < count; i++) parallel->branches[i] = (struct branch){.parallel = parallel};
  luaL_setmetatable(L, PARALLEL);
  lua_pushvalue(L, BODIES);
  lua_rawsetp(L, LUA_REGISTRYINDEX, parallel);
  parallel->count = count; /* from here on close_parallel() has something to do */
  return parallel;
}

/* The segment has ended. */
static int begin_branches(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  struct parallel *parallel = lua_touserdata(L, HANDLE);
  parallel->run = run_current(L);
  if (parallel->run->depth >= DEPTH_MAX) return luaL_error(L, "bot.parallel: too many inside each other");
  clock_start(vm_of(L)->options.clock, &parallel->timer, 0, on_begin, parallel);
  return run_wait(L, parallel->run, "bot.parallel", NULL, NULL, on_joined);
}

/* run{ function, ... } -> results, errors: two lists of so many items; results.n and errors.n say how many */
static int parallel_run(lua_State *L) {
  luaL_checktype(L, FUNCTIONS, LUA_TTABLE);
  lua_settop(L, FUNCTIONS);
  lua_Unsigned count = lua_rawlen(L, FUNCTIONS);
  luaL_argcheck(L, count > 0 && count <= BRANCHES_MAX, FUNCTIONS, "a list of 1 to 100 functions expected");
  for (int table = RESULTS; table <= ERRORS; table++) {
    lua_createtable(L, (int)count, 1);
    lua_pushinteger(L, (lua_Integer)count);
    lua_setfield(L, table, "n");
  }
  lua_createtable(L, (int)count, 0);
  push_bodies(L, (unsigned)count);
  (void)new_parallel(L, (unsigned)count);
  lua_toclose(L, HANDLE);
  return run_end_segment(L, "bot.parallel", begin_branches);
}

int api_open_parallel(lua_State *L) {
  api_make_closing_metatable(L, PARALLEL, close_parallel);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, parallel_run);
  lua_setfield(L, -2, "run");
  return 1;
}
