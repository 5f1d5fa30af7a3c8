/* Opens a Lua state and holds it to its limits. There are three. Memory: the allocator refuses. Instructions and CPU time of a
 * segment: one budget for a run and all coroutines that it resumes. The watchdog finds out that a segment lasts and sets a
 * count hook; until then Lua runs without any. Once a limit is passed the hook comes at every instruction, so that the script's
 * own pcall can't swallow the stop. SQL: the database asks vm_may_go_on() while it works.
 *
 * Lua switches its hooks off inside a hook, inside a finalizer, and in a coroutine that a hook has ended. So no code of a
 * script may run there: see api/global.c and api/coroutine.c. The low bits of a thread's pointer to its VM say what it is.
 *
 * A VM lives while it is live, or held: by runs, by functions that are due once, by default answers, and for a moment by
 * callers that read a result out of it. */
#include "script/vm.h"

#include <assert.h>
#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/idle.h"
#include "common/memory.h"
#include "script/place.h"
#include "script/watchdog.h"

#ifndef VM_HOOK_INSTRUCTIONS
#define VM_HOOK_INSTRUCTIONS 10000 /* between two checks of the limits: about 50 us */
#endif

const char VM_TRACEBACK = 0;

/* ---- the mark of a thread ---- */

enum { MARK_OWN = 1, MARK_STOPPED = 2, MARKS = MARK_OWN | MARK_STOPPED };

static uintptr_t *thread_word(lua_State *L) { return lua_getextraspace(L); }

struct vm *vm_of(lua_State *L) { return (struct vm *)(*thread_word(L) & ~(uintptr_t)MARKS); }
void vm_mark_own(lua_State *L) { *thread_word(L) |= MARK_OWN; }
bool vm_is_own(lua_State *L) { return vm_of(L)->L == L || (*thread_word(L) & MARK_OWN); }
bool vm_is_stopped(lua_State *L) { return *thread_word(L) & MARK_STOPPED; }

void *vm_data(const struct vm *vm, const struct participant *participant) {
  return participants_vm_data(&vm->participants, participant);
}

/* ---- limits ---- */

/* A sanitizer finds mistakes with blocks of the C library only. */
#ifdef __SANITIZE_ADDRESS__
static const bool has_own_blocks = false;
#else
static const bool has_own_blocks = true;
#endif

static void *resize(struct vm *vm, void *memory, size_t old_size, size_t new_size) {
  if (has_own_blocks) return small_blocks_resize(&vm->blocks, memory, old_size, new_size);
  if (new_size) return memory_try_resize(memory, new_size);
  free(memory);
  return NULL;
}

/* Lua's allocator, which counts. At the ceiling it answers as if the machine had no memory left: Lua then collects garbage,
 * tries again, and raises an error that only this script notices. */
static void *allocate(void *data, void *memory, size_t old_size, size_t new_size) {
  struct vm *vm = data;
  if (!memory && new_size == 0) return NULL; /* most tables are no list, and Lua makes and frees their empty array, too */
  size_t old = memory ? old_size : 0;        /* of a new object, old_size is its type */
  if (new_size == 0) {
    vm->memory -= old;
    if (has_own_blocks && old && old <= SMALL_BLOCKS_LARGEST) return small_blocks_give(&vm->blocks, memory, old), NULL;
    return resize(vm, memory, old, 0);
  }
  /* Lua relies on shrinking never to fail, so only growth is refused. */
  if (new_size > old && !vm->has_no_ceiling && vm->memory + (new_size - old) > vm->options.memory_ceiling) return NULL;
  bool is_new_and_small = has_own_blocks && !old && new_size <= SMALL_BLOCKS_LARGEST;
  void *resized = is_new_and_small ? small_blocks_take(&vm->blocks, new_size) : NULL;
  if (!resized) resized = resize(vm, memory, old, new_size);
  if (resized) vm->memory += new_size - old;
  return resized;
}

void vm_begin_budget(struct vm *vm) {
  vm->instructions = vm->options.instructions;
  vm->is_killed = false;
  watchdog_begin(vm->options.segment_ms);
}

bool vm_may_go_on(void *data) {
  struct vm *vm = data;
  if (watchdog_is_over()) vm->is_killed = true;
  return !vm->is_killed;
}

void vm_kill(lua_State *L) {
  vm_of(L)->is_killed = true;
  watchdog_end_at_once(L); /* the very next instruction raises too, pcall or not */
}

void vm_stop(lua_State *L) {
  struct vm *vm = vm_of(L);
  vm_kill(L);
  *thread_word(L) |= MARK_STOPPED;
  place_push(L, L); /* luaL_error() would blame the caller of the function that does not end */
  if (lua_isstring(L, -1)) lua_pushliteral(L, ": ");
  lua_pushfstring(L, "stopped: it computed for too long without waiting (the limit is %I instructions or %d ms)",
                  (LUAI_UACINT)vm->options.instructions, (int)vm->options.segment_ms);
  if (lua_isstring(L, -2)) lua_concat(L, 3);
  (void)lua_error(L);
}

/* Lua calls this after each VM_HOOK_INSTRUCTIONS instructions of a segment that lasts, and at each one of a run that is
 * stopped. A coroutine may have kept the hook from an earlier segment. */
static void on_count(lua_State *L, lua_Debug *debug) {
  (void)debug;
  struct vm *vm = vm_of(L);
  if (!watchdog_is_armed() && !vm->is_killed) {
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  vm->instructions = vm->instructions > VM_HOOK_INSTRUCTIONS ? vm->instructions - VM_HOOK_INSTRUCTIONS : 0;
  if (!vm->instructions || !vm_may_go_on(vm)) vm_stop(L);
}

/* ---- libraries ---- */

/* Functions that a script must not have: programs and files would block the loop, and a collection on demand is a pause. */
static void remove_dangerous(lua_State *L) {
  static const char *const globals[] = {"dofile", "loadfile", "collectgarbage", NULL};
  static const char *const os_functions[] = {"execute", "exit", "remove", "rename", "tmpname", "setlocale", NULL};
  for (int i = 0; globals[i]; i++) {
    lua_pushnil(L);
    lua_setglobal(L, globals[i]);
  }
  lua_getglobal(L, "os");
  for (int i = 0; os_functions[i]; i++) {
    lua_pushnil(L);
    lua_setfield(L, -2, os_functions[i]);
  }
  lua_pop(L, 1);
}

/* os.exit() asks for a graceful stop, and returns: the handler goes on to its end. */
static int os_exit(lua_State *L) {
  struct vm *vm = vm_of(L);
  if (vm->options.exit) vm->options.exit(vm->options.exit_data);
  return 0;
}

/* os.time() without arguments tells the time of the host's clock, which a spec turns. With a table it only computes. */
static int os_time(lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    lua_pushinteger(L, clock_now(vm_of(L)->options.clock) / 1000);
    return 1;
  }
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

/* os.date() without a time: that of the host's clock. */
static int os_date(lua_State *L) {
  lua_settop(L, 2);
  if (lua_isnil(L, 1)) {
    lua_pushliteral(L, "%c");
    lua_replace(L, 1);
  }
  if (lua_isnil(L, 2)) {
    lua_pushinteger(L, clock_now(vm_of(L)->options.clock) / 1000);
    lua_replace(L, 2);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

/* os.getenv() of all but what holds secrets: the token, and the Bot API server, whose address may have a password in it. */
static int os_getenv(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  bool is_secret = strcmp(name, "BOT_TOKEN") == 0 || strcmp(name, "TELEGRAM_API_ROOT") == 0;
  lua_pushstring(L, is_secret ? NULL : getenv(name));
  return 1;
}

/* Replaces the function of that name in the table on top; the new one gets the old one as its upvalue. */
static void override(lua_State *L, const char *name, lua_CFunction function) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

/* debug.getinfo, by which libraries find the line of whoever calls them; upvalue 1 is Lua's own. It gives no function away
 * ("f"): one on the stack may be the host's. */
static int debug_getinfo(lua_State *L) {
  int last = lua_isthread(L, 1) ? 3 : 2;
  const char *options = luaL_optstring(L, last, "Slnrtu");
  bool is_own = last == 2 || lua_tothread(L, 1) == L;
  lua_Integer level = lua_isnumber(L, last - 1) ? lua_tointeger(L, last - 1) : -1;
  lua_settop(L, last);
  if (is_own && level >= 0 && level < INT_MAX) { /* this function stands between */
    lua_pushinteger(L, level + 1);
    lua_replace(L, last - 1);
  }
  luaL_gsub(L, options, "f", "");
  lua_replace(L, last);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, last, 1);
  return 1;
}

/* Of debug only what tells where something is: the rest could switch off the limits. */
static void open_debug(lua_State *L) {
  luaL_requiref(L, LUA_DBLIBNAME, luaopen_debug, 0);
  lua_createtable(L, 0, 2);
  lua_getfield(L, -2, "traceback");
  lua_setfield(L, -2, "traceback");
  lua_getfield(L, -2, "getinfo");
  lua_setfield(L, -2, "getinfo");
  override(L, "getinfo", debug_getinfo);
  lua_setglobal(L, "debug");
  lua_pop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getglobal(L, "debug");
  lua_setfield(L, -2, "debug");
  lua_pop(L, 1);
}

/* require finds the host's modules and Lua files beside the scripts, but no C libraries, which could do anything. */
static void restrict_package(lua_State *L) {
  lua_getglobal(L, "package");
  lua_pushliteral(L, "");
  lua_setfield(L, -2, "path");
  lua_pushliteral(L, "");
  lua_setfield(L, -2, "cpath");
  lua_pushnil(L);
  lua_setfield(L, -2, "loadlib");
  lua_getfield(L, -1, "searchers");
  lua_pushnil(L);
  lua_rawseti(L, -2, 4);
  lua_pushnil(L);
  lua_rawseti(L, -2, 3);
  lua_pop(L, 2);
}

/* For a recording: whoever replays it shall draw the same numbers. */
static void seed_random(lua_State *L) {
  const struct vm *vm = vm_of(L);
  if (!vm->options.random_seed) return;
  lua_getglobal(L, LUA_MATHLIBNAME);
  lua_getfield(L, -1, "randomseed");
  lua_pushinteger(L, (lua_Integer)vm->options.random_seed);
  lua_call(L, 1, 0);
  lua_pop(L, 1);
}

/* Neither io, which blocks the loop, nor the rest of debug, which could take off the limits. */
static void open_libraries(lua_State *L) {
  static const luaL_Reg libraries[] = {
      {LUA_GNAME, luaopen_base},       {LUA_LOADLIBNAME, luaopen_package}, {LUA_COLIBNAME, luaopen_coroutine},
      {LUA_TABLIBNAME, luaopen_table}, {LUA_OSLIBNAME, luaopen_os},        {LUA_STRLIBNAME, luaopen_string},
      {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8},    {NULL, NULL},
  };
  for (const luaL_Reg *library = libraries; library->func; library++) {
    luaL_requiref(L, library->name, library->func, 1);
    lua_pop(L, 1);
  }
  seed_random(L);
  open_debug(L);
  remove_dangerous(L);
  restrict_package(L);
  lua_getglobal(L, "os");
  override(L, "time", os_time);
  override(L, "date", os_date);
  override(L, "exit", os_exit);
  override(L, "getenv", os_getenv);
  lua_pop(L, 1);
}

/* ---- life ---- */

/* The message handler of vm_call(): turns whatever was raised into a text with a traceback. */
static int add_traceback(lua_State *L) {
  lua_settop(L, 1);
  place_describe_error(L, L);
  place_push_traceback(L, L, lua_tostring(L, 1));
  return 1;
}

/* Protected, because everything in it takes memory. The slot of the traceback exists from now on, so that filling it needs
 * none. */
static int open_protected(lua_State *L) {
  struct vm *vm = vm_of(L);
  lua_CFunction set_up = lua_tocfunction(L, 1);
  open_libraries(L);
  lua_pushliteral(L, "");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &VM_TRACEBACK);
  lua_pushcfunction(L, add_traceback);
  vm->traceback_ref = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushcfunction(L, set_up);
  lua_call(L, 0, 0);
  return 0;
}

struct vm *vm_open(struct vm **list, const struct script_options *options, unsigned generation, lua_CFunction set_up,
                   struct error *error) {
  struct vm *vm = memory_new(sizeof *vm);
  if (!watchdog_open(on_count, VM_HOOK_INSTRUCTIONS, error)) {
    free(vm);
    return NULL;
  }
  vm->options = *options;
  vm->generation = generation;
  vm->L = lua_newstate(allocate, vm);
  if (!vm->L) {
    watchdog_close();
    small_blocks_release(&vm->blocks);
    free(vm);
    error_set(error, ERROR_MEMORY, "out of memory for a Lua state");
    return NULL;
  }
  vm->next = *list;
  vm->link = list;
  if (vm->next) vm->next->link = &vm->next;
  *list = vm;
  *thread_word(vm->L) = (uintptr_t)vm; /* each new thread copies the main thread's */
  vm_begin_budget(vm);
  lua_pushcfunction(vm->L, open_protected);
  lua_pushcfunction(vm->L, set_up); /* without upvalues neither push allocates */
  if (lua_pcall(vm->L, 1, 0, 0) == LUA_OK) return vm;
  error_set(error, ERROR_SYSTEM, "can't set up Lua: %s", lua_tostring(vm->L, -1));
  vm_close(vm);
  return NULL;
}

/* Participants free what is theirs while the Lua state still lives, because some of it is in the registry. */
void vm_close(struct vm *vm) {
  if (!vm) return;
  assert(!vm->runs);
  vm->is_closing = true;
  participants_close(vm);
  lua_close(vm->L);
  assert(vm->memory == 0);
  small_blocks_release(&vm->blocks);
  participants_release(&vm->participants); /* a finalizer of ours may have asked for its data */
  watchdog_close();
  *vm->link = vm->next;
  if (vm->next) vm->next->link = vm->link;
  free(vm);
}

void vm_hold(struct vm *vm) { vm->hold_count++; }

void vm_release(struct vm *vm) {
  struct idle *all_runs = vm->all_runs;
  assert(vm->hold_count > 0);
  if (--vm->hold_count == 0 && vm->is_retired) vm_close(vm);
  idle_check(all_runs);
}

void vm_retire(struct vm *vm) {
  vm_hold(vm); /* participants give up their own holds in here */
  vm->is_retired = true;
  participants_stop(vm, VM_RETIRES);
  vm_release(vm);
}

/* ---- calling ---- */

/* For Lua that is called from outside of a handler: loading, decoding, asking for routes. */
bool vm_call(struct vm *vm, int argument_count, int result_count, struct error *error) {
  lua_State *L = vm->L;
  int function = lua_gettop(L) - argument_count;
  lua_rawgeti(L, LUA_REGISTRYINDEX, vm->traceback_ref);
  lua_insert(L, function);
  vm_begin_budget(vm);
  lua_State *before = watchdog_enter(L);
  int status = lua_pcall(L, argument_count, result_count, function);
  (void)watchdog_enter(before);
  vm->is_killed = false;
  lua_sethook(L, NULL, 0, 0);
  lua_remove(L, function);
  if (status == LUA_OK) return true;
  const char *message = lua_tostring(L, -1); /* NULL only when there was no memory even for the traceback */
  error_set(error, status == LUA_ERRMEM ? ERROR_MEMORY : ERROR_INPUT, "%s", message ? message : "an error without a message");
  lua_pop(L, 1);
  return false;
}
