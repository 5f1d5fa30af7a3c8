/* The live VM and those that are being left. A VM that has been replaced is closed when its last run ends (run.c). */
#include "script/script.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buffer.h"
#include "common/idle.h"
#include "common/memory.h"
#include "database/database.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

/* Defaults, see script.h. */
#ifndef SCRIPT_MEMORY_CEILING
#define SCRIPT_MEMORY_CEILING ((size_t)128 << 20)
#endif
#define SCRIPT_INSTRUCTIONS 20000000
#define SCRIPT_SEGMENT_MS 1000
#define SCRIPT_DEADLINE_MS 30000

enum { WANTED_CEILING = 4096 };

struct script {
  struct script_options options;
  struct vm *vm;  /* live; NULL before the first load */
  struct vm *vms; /* all that still have runs, and the live one */
  struct idle idle;
  char *me; /* JSON; NULL until script_set_me() */
  size_t me_size;
  struct buffer wanted;
  bool wants_albums;
};

/* ---- life ---- */

static bool has_runs(const void *owner) {
  bool has_any = false;
  for (const struct vm *vm = ((const struct script *)owner)->vms; vm; vm = vm->next) has_any |= vm->runs != NULL;
  return has_any;
}

struct script *script_open(const struct script_options *options) {
  struct script *script = memory_new(sizeof *script);
  script->options = *options;
  struct script_options *filled = &script->options;
  if (!filled->memory_ceiling) filled->memory_ceiling = SCRIPT_MEMORY_CEILING;
  if (!filled->instructions) filled->instructions = SCRIPT_INSTRUCTIONS;
  if (!filled->segment_ms) filled->segment_ms = SCRIPT_SEGMENT_MS;
  if (!filled->deadline_ms) filled->deadline_ms = SCRIPT_DEADLINE_MS;
  buffer_init(&script->wanted, WANTED_CEILING);
  idle_init(&script->idle, filled->clock, has_runs, script);
  return script;
}

void script_end_runs(struct script *script) {
  for (struct vm *vm = script->vms, *next; vm; vm = next) {
    next = vm->next;
    api_drop_schedules(vm, false);
    vm->run_count++; /* it must not close itself under our hands */
    while (vm->runs) run_end(vm->runs, ERROR_CANCELED, "stopped: the host is stopping");
    vm->run_count--;
    vm_close_if_done(vm);
  }
}

void script_on_idle(struct script *script, struct idle_waiter *waiter, void (*idle)(void *data), void *data) {
  idle_wait(&script->idle, waiter, idle, data);
}

int script_open_json(struct lua_State *L) { return api_open_json(L); }

struct vm *vm_first(const struct script *script) { return script->vms; }

void script_close(struct script *script) {
  if (!script) return;
  script_end_runs(script);
  while (script->vms) vm_close(script->vms);
  idle_release(&script->idle);
  buffer_release(&script->wanted);
  free(script->me);
  free(script);
}

size_t script_file_count(const struct script *script) { return script->vm ? script->vm->file_count : 0; }
size_t script_memory(const struct script *script) { return script->vm ? script->vm->memory : 0; }
bool script_wants_albums(const struct script *script) { return script->wants_albums; }
const char *script_wanted_updates(const struct script *script) { return script->wanted.data ? script->wanted.data : "[]"; }

size_t script_run_count(const struct script *script) {
  size_t count = 0;
  for (const struct vm *vm = script->vms; vm; vm = vm->next) count += vm->run_count;
  return count;
}

/* ---- loading ---- */

static bool ends_in(const char *name, const char *end) {
  size_t size = strlen(name), end_size = strlen(end);
  return size > end_size && strcmp(name + size - end_size, end) == 0;
}

/* A spec may stand beside what it tests (lunokhod test). */
static int is_lua_file(const struct dirent *entry) {
  const char *name = entry->d_name;
  return name[0] != '.' && ends_in(name, ".lua") && !ends_in(name, "_spec.lua");
}

static int by_name(const struct dirent **one, const struct dirent **other) { return strcmp((*one)->d_name, (*other)->d_name); }

static bool load_directory(struct vm *vm, const char *path, struct error *error) {
  struct dirent **entries = NULL;
  int count = scandir(path, &entries, is_lua_file, by_name);
  if (count < 0) return error_set(error, ERROR_SYSTEM, "can't read the directory %s: %s", path, strerror(errno));
  bool ok = vm_add_directory(vm, path, error);
  for (int i = 0; i < count; i++) {
    char file[4096];
    int size = snprintf(file, sizeof file, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", entries[i]->d_name);
    if (ok && size >= (int)sizeof file)
      ok = error_set(error, ERROR_SYSTEM, "the path %s/%s is too long", path, entries[i]->d_name);
    if (ok) ok = vm_load_file(vm, file, error);
    free(entries[i]);
  }
  free(entries);
  return ok;
}

/* A single file finds what it requires beside itself. */
static bool load_single_file(struct vm *vm, const char *path, struct error *error) {
  char directory[4096];
  const char *last = strrchr(path, '/');
  int size = last ? snprintf(directory, sizeof directory, "%.*s", (int)(last - path), path)
                  : snprintf(directory, sizeof directory, ".");
  if (size >= (int)sizeof directory) return error_set(error, ERROR_SYSTEM, "the path %s is too long", path);
  return vm_add_directory(vm, directory, error) && vm_load_file(vm, path, error);
}

static bool load_path(struct vm *vm, const char *path, struct error *error) {
  struct stat status;
  if (stat(path, &status)) return error_set(error, ERROR_SYSTEM, "can't read %s: %s", path, strerror(errno));
  return S_ISDIR(status.st_mode) ? load_directory(vm, path, error) : load_single_file(vm, path, error);
}

static int decode_me(lua_State *L) {
  const struct script *script = lua_touserdata(L, 1);
  api_decode(L, script->me, script->me_size);
  lua_setfield(L, LUA_REGISTRYINDEX, API_ME);
  return 0;
}

static bool tell_me(struct script *script, struct vm *vm, struct error *error) {
  if (!script->me) return true;
  lua_pushcfunction(vm->L, decode_me);
  lua_pushlightuserdata(vm->L, script);
  return vm_call(vm, 1, 0, error);
}

/* routes.wanted() -> JSON into script->wanted, which changes only at the end; and whether albums are. */
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

static bool load_all(struct script *script, struct vm *vm, struct error *error) {
  const struct script_options *options = &script->options;
  bool ok = tell_me(script, vm, error);
  for (size_t i = 0; ok && i < options->path_count; i++) ok = load_path(vm, options->paths[i], error);
  if (ok && vm->file_count == 0) ok = error_set(error, ERROR_INPUT, "there is no script in %s", options->paths[0]);
  return ok;
}

bool script_load(struct script *script, struct error *error) {
  static unsigned
      generations; /* of the process: what a VM has marked as its own is no other's, even of a host that began later */
  struct database *database = script->options.database;
  assert(!database_is_in_segment(database));
  struct vm *vm = vm_open(&script->vms, &script->options, ++generations, error);
  if (!vm) return false;
  vm->all_runs = &script->idle;
  database_limit(database, vm_may_go_on, vm);
  bool ok = load_all(script, vm, error);
  database_limit(database, NULL, NULL);
  api_close_cursors(vm);
  if (ok) ok = database_commit(database, error);
  if (ok) ok = ask_wanted(script, vm, error);
  database_rollback(database); /* of a load that failed: its CREATE TABLE goes with it */
  if (!ok) {
    vm_close(vm);
    return false;
  }
  struct vm *old = script->vm;
  script->vm = vm;
  if (old) vm_retire(old);
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

struct description {
  void (*line)(const char *text, void *data);
  void *data;
  int ref; /* of the function that returns the lines */
};

static int describe(lua_State *L) {
  struct description *description = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, description->ref);
  lua_call(L, 0, 1);
  for (lua_Integer i = 1; lua_rawgeti(L, 2, i) == LUA_TSTRING; i++) {
    description->line(lua_tostring(L, -1), description->data);
    lua_pop(L, 1);
  }
  return 0;
}

static bool tell_lines(struct vm *vm, int ref, void (*line)(const char *text, void *data), void *data, struct error *error) {
  struct description description = {line, data, ref};
  lua_pushcfunction(vm->L, describe);
  lua_pushlightuserdata(vm->L, &description);
  return vm_call(vm, 1, 0, error);
}

void script_describe(struct script *script, void (*line)(const char *text, void *data), void *data) {
  if (!script->vm) return;
  (void)tell_lines(script->vm, script->vm->describe_ref, line, data, NULL); /* only a want of memory could end it */
}

bool script_inspect(struct script *script, void (*line)(const char *text, void *data), void *data, struct error *error) {
  return tell_lines(script->vm, script->vm->inspect_ref, line, data, error);
}

/* ---- one update ---- */

struct decoding { /* for decode(): what it reads and writes */
  struct script_update *update;
  int64_t *update_id, *lane;
};

static int64_t integer_field(lua_State *L, int table, const char *name) {
  lua_getfield(L, table, name);
  int64_t value = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return value;
}

/* payload.chat.id, payload.message.chat.id (a button), or the id of who did it. */
static int64_t lane_of(lua_State *L, int payload) {
  static const char *const people[] = {"from", "user", NULL};
  int64_t lane = 0;
  lua_checkstack(L, 4);
  if (lua_getfield(L, payload, "chat") == LUA_TTABLE) lane = integer_field(L, lua_gettop(L), "id");
  lua_pop(L, 1);
  if (!lane) {
    if (lua_getfield(L, payload, "message") == LUA_TTABLE) lane = lane_of(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  for (int i = 0; !lane && people[i]; i++) {
    if (lua_getfield(L, payload, people[i]) == LUA_TTABLE) lane = integer_field(L, lua_gettop(L), "id");
    lua_pop(L, 1);
  }
  return lane;
}

/* What of a message concerns others than its handler. */
static void look_into_message(lua_State *L, struct script_update *update) {
  int message = lua_gettop(L);
  int64_t from = integer_field(L, message, "migrate_from_chat_id"), to = integer_field(L, message, "migrate_to_chat_id");
  if (from || to) {
    int64_t chat = lane_of(L, message);
    update->old_chat = to ? chat : from;
    update->new_chat = to ? to : chat;
  }
  update->album = integer_field(L, message, "media_group_id"); /* a number in a string */
}

static int decode(lua_State *L) {
  struct decoding *decoding = lua_touserdata(L, 1);
  api_decode(L, decoding->update->json, decoding->update->size);
  if (!lua_istable(L, 2)) return luaL_error(L, "not a JSON object");
  lua_getfield(L, 2, "update_id");
  if (!lua_isinteger(L, -1)) return luaL_error(L, "it has no update_id");
  *decoding->update_id = lua_tointeger(L, -1);
  *decoding->lane = 0;
  lua_pop(L, 1);
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    if (!*decoding->lane && lua_istable(L, -1)) *decoding->lane = lane_of(L, lua_gettop(L));
  }
  if (lua_getfield(L, 2, "message") == LUA_TTABLE) look_into_message(L, decoding->update);
  lua_pop(L, 1);
  decoding->update->ref = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

bool script_decode(struct script *script, struct script_update *update, int64_t *update_id, int64_t *lane,
                   struct error *error) {
  struct vm *vm = script->vm;
  struct decoding decoding = {update, update_id, lane};
  update->ref = 0;
  lua_pushcfunction(vm->L, decode);
  lua_pushlightuserdata(vm->L, &decoding);
  if (!vm_call(vm, 1, 0, error)) return error_prefix(error, "can't read an update");
  update->generation = vm->generation;
  return true;
}

void script_forget(struct script *script, struct script_update *update) {
  if (update->ref && script->vm && update->generation == script->vm->generation) {
    luaL_unref(script->vm->L, LUA_REGISTRYINDEX, update->ref);
  }
  update->ref = 0;
}

/* True: the update is in the live VM, and not in one that a reload has replaced. */
static bool decode_again(struct script *script, struct script_update *update, struct error *error) {
  int64_t update_id, lane;
  bool is_here = update->ref && update->generation == script->vm->generation;
  return is_here || script_decode(script, update, &update_id, &lane, error);
}

bool script_handle(struct script *script, struct script_update *update, const struct script_watcher *watcher, void *data,
                   struct script_result *result) {
  struct vm *vm = script->vm;
  *result = (struct script_result){.traceback = ""};
  bool ok = true;
  int count = 0;
  for (struct script_update *part = update; ok && part; part = part->part, count++)
    ok = decode_again(script, part, &result->error);
  struct run *run = ok ? run_new(vm, watcher, data, &result->error) : NULL;
  if (!run) return true;
  lua_rawgeti(run->L, LUA_REGISTRYINDEX, vm->dispatch_ref);
  for (struct script_update *part = update; part;
       part = part->part) { /* at most ten: a fresh coroutine has room for twenty values */
    lua_rawgeti(run->L, LUA_REGISTRYINDEX, part->ref);
    script_forget(script, part);
  }
  return run_go(run, count, result);
}
