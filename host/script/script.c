/* The live VM and those that a reload has replaced, which close with their last hold (vm.h). */
#include "script/script.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/idle.h"
#include "common/memory.h"
#include "database/database.h"
#include "script/api/api.h"
#include "script/budget.h"
#include "script/participant.h"
#include "script/run.h"
#include "script/script_files.h"
#include "script/script_state.h"
#include "script/update_lane.h"
#include "script/vm.h"

/* Defaults, see script.h. */
#ifndef SCRIPT_MEMORY_CEILING
#define SCRIPT_MEMORY_CEILING ((size_t)128 << 20)
#endif
#define SCRIPT_INSTRUCTIONS 20000000
#define SCRIPT_SEGMENT_MS 800 /* others wait for as long */
#define SCRIPT_DEADLINE_MS 30000

enum {
  WANTED_CEILING = 4096,
  LOADS_MOST = 10, /* tries, where each has met with other hosts */
};

/* ---- life ---- */

static bool is_busy(const void *owner) {
  bool is_any = false;
  for (struct vm *vm = ((const struct script *)owner)->vms; vm; vm = vm->next) {
    is_any = is_any || vm->runs || participants_are_busy(vm);
  }
  return is_any;
}

struct script *script_open(const struct script_options *options) {
  struct script *script = memory_new(sizeof *script);
  script->options = *options;
  struct script_options *filled = &script->options;
  if (!filled->memory_ceiling) filled->memory_ceiling = SCRIPT_MEMORY_CEILING;
  if (!filled->instructions) filled->instructions = SCRIPT_INSTRUCTIONS;
  if (!filled->segment_ms) filled->segment_ms = SCRIPT_SEGMENT_MS;
  if (!filled->deadline_ms) filled->deadline_ms = SCRIPT_DEADLINE_MS;
  script->lanes = update_lanes_new();
  buffer_init(&script->wanted, WANTED_CEILING);
  idle_init(&script->idle, filled->clock, is_busy, script);
  return script;
}

/* A VM that is retired may close with its last run, so each is held while its runs end. */
void script_end_runs(struct script *script) {
  for (struct vm *vm = script->vms, *next; vm; vm = next) {
    next = vm->next;
    vm_hold(vm);
    participants_stop(vm, VM_ENDS_NOW);
    while (vm->runs) run_end(vm->runs, ERROR_CANCELED, "stopped: the host is stopping");
    vm_release(vm);
  }
}

void script_on_idle(struct script *script, struct idle_waiter *waiter, void (*idle)(void *data), void *data) {
  idle_wait(&script->idle, waiter, idle, data);
}

int script_open_json(struct lua_State *L) { return api_open_json(L); }

void script_close(struct script *script) {
  if (!script) return;
  script_end_runs(script);
  while (script->vms) vm_close(script->vms);
  update_lanes_free(script->lanes);
  idle_release(&script->idle);
  shrink_close(script->shrinking);
  buffer_release(&script->wanted);
  free(script->me);
  free(script);
}

size_t script_file_count(const struct script *script) { return script->vm ? script->vm->file_count : 0; }
size_t script_memory(const struct script *script) { return script->vm ? script->vm->memory : 0; }
/* Protected: finalizers run in it. */
static int collect(lua_State *L) {
  (void)lua_gc(L, LUA_GCCOLLECT);
  return 0;
}

bool script_is_full(struct script *script) {
  struct vm *vm = script->vm;
  lua_pushcfunction(vm->L, collect);
  (void)vm_call(vm, 0, 0, NULL);
  return vm->memory > vm->options.memory_ceiling - vm->options.memory_ceiling / 8;
}

bool script_wants_albums(const struct script *script) { return script->wants_albums; }
const char *script_wanted_updates(const struct script *script) { return script->wanted.data ? script->wanted.data : "[]"; }

size_t script_run_count(const struct script *script) {
  size_t count = 0;
  for (const struct vm *vm = script->vms; vm; vm = vm->next) {
    for (const struct run *run = vm->runs; run; run = run->next) count += run->root == run;
  }
  return count;
}

/* ---- loading ---- */

/* What every VM has besides Lua's own libraries. The core in vm.c knows none of it. */
static int set_up(lua_State *L) {
  budget_open(L);
  script_files_open(L);
  run_join(vm_of(L));
  api_open(L);
  return 0;
}

/* Protected, like all Lua that is called from here: JSON of the wrong kind raises. */
static int decode_me(lua_State *L) {
  const struct script *script = lua_touserdata(L, 1);
  api_decode_telegram(L, script->me, script->me_size);
  lua_setfield(L, LUA_REGISTRYINDEX, API_ME);
  return 0;
}

/* Each VM decodes getMe's result anew, because values can't pass from one Lua state to another. */
static bool tell_me(struct script *script, struct vm *vm, struct error *error) {
  if (!script->me) return true;
  lua_pushcfunction(vm->L, decode_me);
  lua_pushlightuserdata(vm->L, script);
  return vm_call(vm, 1, 0, error);
}

/* The result of routes.wanted() as JSON into script->wanted, which changes only at the end; and whether a handler wants whole
 * albums. */
static int encode_wanted(lua_State *L) {
  struct script *script = lua_touserdata(L, 2);
  struct buffer *wanted = &script->wanted;
  struct buffer *fresh = api_new_buffer(L, WANTED_CEILING);
  struct encoder encoder = {.buffer = fresh, .empty_is_array = true};
  lua_rawgeti(L, LUA_REGISTRYINDEX, lua_tointeger(L, 1));
  lua_call(L, 0, 2);
  api_encode(L, -2, &encoder);
  script->wants_albums = lua_toboolean(L, -1);
  struct buffer old = *wanted;
  *wanted = *fresh;
  *fresh = old; /* the collector frees it */
  return 0;
}

static bool ask_wanted(struct script *script, struct vm *vm, struct error *error) {
  lua_pushcfunction(vm->L, encode_wanted);
  lua_pushinteger(vm->L, vm->wanted_ref);
  lua_pushlightuserdata(vm->L, script);
  return vm_call(vm, 2, 0, error);
}

/* Hosts that load at once would meet where they make their tables. */
static bool begin_load(struct database *database, struct error *error) {
  return !database_is_shared(database) || database_begin_alone(database, error);
}

/* All top levels are one segment, so a script that fails to load takes back the tables that another one has created. They may
 * rebuild tables, see database/foreign_keys.h. */
static bool load_all(struct script *script, struct vm *vm, bool *is_conflict, struct error *error) {
  struct database *database = script->options.database;
  database_limit(database, vm_may_go_on, vm, vm->options.memory_ceiling);
  bool ok = database_suspend_foreign_keys(database, error) && begin_load(database, error) && tell_me(script, vm, error) &&
            script_files_load(vm, script->options.paths, script->options.path_count, error);
  database_limit(database, NULL, NULL, 0);
  *is_conflict = !ok && database_has_conflict(database);
  ok = run_end_load(vm, ok, error);
  database_resume_foreign_keys(database);
  return ok && ask_wanted(script, vm, error);
}

static struct vm *open_loaded(struct script *script, bool *is_conflict, struct error *error) {
  /* Of the process: what a VM has marked as its own in a table is no other's, even of a host that began later. */
  static unsigned generations;
  struct vm *vm = vm_open(&script->vms, &script->options, ++generations, set_up, error);
  *is_conflict = false;
  if (!vm) return NULL;
  if (script->options.random_seed) script->options.random_seed++; /* the next VM draws others */
  vm->all_runs = &script->idle;
  if (load_all(script, vm, is_conflict, error)) return vm;
  vm_close(vm);
  return NULL;
}

/* What the top levels change in tables that other hosts work on may meet with them. */
bool script_load(struct script *script, struct error *error) {
  bool is_conflict = true;
  struct vm *vm = NULL;
  assert(!database_is_in_segment(script->options.database));
  for (int i = 0; !vm && is_conflict && i < LOADS_MOST; i++) vm = open_loaded(script, &is_conflict, error);
  if (!vm) return false;
  if (script->is_stopped) participants_stop(vm, VM_STOPS);
  api_lead_schedules(vm, !script->is_following);
  struct vm *old = script->vm;
  script->vm = vm;
  if (!script->shrinking) script->shrinking = shrink_open(script->options.database, script->options.clock);
  if (old) {
    api_pause_schedules(vm, api_are_schedules_paused(old)); /* where the data is not there yet, no VM may begin anything */
    /* What a top level put off belongs to the data, and the new VM's has put it off again. */
    if (script->is_awaiting_data) participants_stop(old, VM_ENDS_NOW);
    vm_retire(old);
  }
  return true;
}

bool script_set_me(struct script *script, const char *json, size_t size, struct error *error) {
  char *me = memory_try_resize(NULL, size + 1);
  if (!me) return error_set(error, ERROR_MEMORY, "out of memory");
  memcpy(me, json, size);
  me[size] = '\0';
  free(script->me);
  script->me = me;
  script->me_size = size;
  return !script->vm || tell_me(script, script->vm, error);
}

/* ---- describing ---- */

struct description { /* what describe() and inspect() read */
  void (*line)(const char *text, void *data);
  void *data;
  int ref;                /* of the function that returns the lines */
  bool is_first, is_over; /* of the steps of an inspection */
};

static void tell_lines(lua_State *L, const struct description *description) {
  int list = lua_gettop(L);
  for (lua_Integer i = 1; lua_rawgeti(L, list, i) == LUA_TSTRING; i++) {
    description->line(lua_tostring(L, -1), description->data);
    lua_pop(L, 1);
  }
}

static int describe(lua_State *L) {
  struct description *description = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, description->ref);
  lua_call(L, 0, 1);
  tell_lines(L, description);
  return 0;
}

static int inspect(lua_State *L) {
  struct description *description = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, description->ref);
  lua_pushboolean(L, description->is_first);
  lua_call(L, 1, 1);
  description->is_over = lua_isnil(L, -1);
  if (!description->is_over) tell_lines(L, description);
  return 0;
}

static void tell(struct script *script, int ref, void (*line)(const char *text, void *data), void *data) {
  struct description description = {.line = line, .data = data, .ref = ref};
  lua_pushcfunction(script->vm->L, describe);
  lua_pushlightuserdata(script->vm->L, &description);
  (void)vm_call(script->vm, 1, 0, NULL); /* nothing but a lack of memory could end it */
}

void script_describe(struct script *script, void (*line)(const char *text, void *data), void *data) {
  if (script->vm) tell(script, script->vm->describe_ref, line, data);
}

void script_find_hidden_files(struct script *script, void (*line)(const char *text, void *data), void *data) {
  if (script->vm) tell(script, script->vm->hidden_ref, line, data);
}

bool script_inspect(struct script *script, bool is_first, bool *is_over, void (*line)(const char *text, void *data), void *data,
                    struct error *error) {
  struct description description = {.line = line, .data = data, .ref = script->vm->inspect_ref, .is_first = is_first};
  lua_pushcfunction(script->vm->L, inspect);
  lua_pushlightuserdata(script->vm->L, &description);
  bool ok = vm_call(script->vm, 1, 0, error);
  *is_over = !ok || description.is_over;
  return ok;
}
