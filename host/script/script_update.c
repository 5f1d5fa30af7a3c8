/* Decodes updates and hands them to the scripts. A decoded update stays in the registry of the VM that decoded it, until its
 * turn comes. A reload in between makes that VM the wrong one, so the update is decoded again from its JSON. */
#include "script/script_update.h"

#include <lauxlib.h>

#include "common/log.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/script_state.h"
#include "script/update_lane.h"
#include "script/vm.h"

/* ---- decoding ---- */

struct decoding { /* what decode() reads and writes */
  struct script *script;
  struct script_update *update;
  int64_t *update_id, *lane;
};

/* On the main thread, protected: the update goes into the registry, where the run will find it. */
static int decode(lua_State *L) {
  struct decoding *decoding = lua_touserdata(L, 1);
  struct script_update *update = decoding->update;
  size_t size = update->size;
  if (update->has_more) {
    size = api_decode_next(L, update->json, size);
  } else {
    api_decode_telegram(L, update->json, size);
  }
  if (!lua_istable(L, 2)) return luaL_error(L, "not a JSON object");
  lua_getfield(L, 2, "update_id");
  if (!lua_isinteger(L, -1)) return luaL_error(L, "it has no update_id");
  *decoding->update_id = lua_tointeger(L, -1);
  lua_pop(L, 1);
  struct update_origin origin;
  update_lanes_find(decoding->script->lanes, L, 2, &origin);
  *decoding->lane = origin.lane;
  update->album = origin.album;
  update->person = origin.person;
  update->ref = luaL_ref(L, LUA_REGISTRYINDEX);
  update->size = size;
  update->has_more = false;
  return 0;
}

bool script_update_decode(struct script *script, struct script_update *update, int64_t *update_id, int64_t *lane,
                          struct error *error) {
  struct vm *vm = script->vm;
  struct decoding decoding = {script, update, update_id, lane};
  update->ref = 0;
  lua_pushcfunction(vm->L, decode);
  lua_pushlightuserdata(vm->L, &decoding);
  if (!vm_call(vm, 1, 0, error)) return error_prefix(error, "can't read an update");
  update->generation = vm->generation;
  update->id = *update_id;
  return true;
}

/* A VM that was replaced takes its decoded updates with it. */
void script_update_forget(struct script *script, struct script_update *update) {
  if (update->ref && script->vm && update->generation == script->vm->generation) {
    luaL_unref(script->vm->L, LUA_REGISTRYINDEX, update->ref);
  }
  update->ref = 0;
}

/* True: the update is in the live VM, and not in one that a reload has replaced. */
static bool decode_again(struct script *script, struct script_update *update, struct error *error) {
  int64_t update_id, lane;
  bool is_here = update->ref && update->generation == script->vm->generation;
  return is_here || script_update_decode(script, update, &update_id, &lane, error);
}

/* ---- handling ---- */

bool script_update_handle(struct script *script, struct script_update *update, const struct script_run_owner *owner, void *data,
                          struct script_result *result) {
  struct vm *vm = script->vm;
  *result = (struct script_result){.traceback = ""};
  bool ok = true;
  int count = 0;
  for (struct script_update *each = update; ok && each; each = each->album_next, count++)
    ok = decode_again(script, each, &result->error);
  struct run *run = ok ? run_new(vm, owner, data, &result->error) : NULL;
  result->is_unbegun = !run && result->error.kind == ERROR_MEMORY;
  if (!run) return true;
  run->cause.update = update->id;
  lua_rawgeti(run->L, LUA_REGISTRYINDEX, update->album_next ? vm->dispatch_album_ref : vm->dispatch_ref);
  /* An album has ten messages at most, and a fresh coroutine has room for twenty values. */
  for (struct script_update *each = update; each; each = each->album_next) {
    lua_rawgeti(run->L, LUA_REGISTRYINDEX, each->ref);
    script_update_forget(script, each);
  }
  return run_go(run, count, result);
}

/* ---- failing ---- */

struct failing { /* what fail() reads */
  const struct script_update *update;
  const struct script_result *result;
  int ref;
};

static int fail(lua_State *L) {
  const struct failing *failing = lua_touserdata(L, 1);
  int count = 2;
  lua_rawgeti(L, LUA_REGISTRYINDEX, failing->ref);
  lua_pushstring(L, failing->result->error.text);
  lua_pushstring(L, failing->result->traceback);
  for (const struct script_update *each = failing->update; each; each = each->album_next, count++) {
    luaL_checkstack(L, 2, NULL);
    api_decode_telegram(L, each->json, each->size);
  }
  lua_call(L, count, 0);
  return 0;
}

/* The live VM decodes the update anew: the handler may have changed its own, and may have run in a VM that a reload has
 * replaced. */
void script_update_fail(struct script *script, const struct script_update *update, const struct script_result *result) {
  struct failing failing = {update, result, script->vm->fail_ref};
  struct error error = {0};
  lua_pushcfunction(script->vm->L, fail);
  lua_pushlightuserdata(script->vm->L, &failing);
  if (!vm_call(script->vm, 1, 0, &error)) log_error("bot.failed can't be told; error=%s", error.text);
}
