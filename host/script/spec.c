/* The Lua half, in the directory spec, is the kit; this is the little that it can't do itself. Each function of the world fails
 * by raising. */
#include "script/spec.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/embed.h"
#include "common/error.h"
#include "script/api/api.h"

enum { ANSWER_CEILING = 64 << 20, PATHS_MAX = 100 };

static const char OPTIONS = 0; /* registry, by address: struct spec_options */

static const struct spec_options *options_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &OPTIONS);
  const struct spec_options *options = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return options;
}

static const struct spec_world *world_of(lua_State *L) { return options_of(L)->world; }

/* ---- the world, function by function ---- */

static int raise(lua_State *L, const struct error *error) {
  lua_pushstring(L, error->text);
  return lua_error(L);
}

static int spec_clear(lua_State *L) {
  const struct spec_world *world = world_of(L);
  struct error error;
  return world->clear(world->data, &error) ? 0 : raise(L, &error);
}

/* ask(method, path, json, field?, name?, bytes?) -> text */
static int spec_ask(lua_State *L) {
  const struct spec_world *world = world_of(L);
  struct spec_question question = {
      .method = luaL_checkstring(L, 1), .path = luaL_checkstring(L, 2), .json = luaL_optstring(L, 3, NULL)};
  question.file_field = luaL_optstring(L, 4, NULL);
  question.file_name = luaL_optstring(L, 5, "file");
  question.file = luaL_optlstring(L, 6, "", &question.file_size);
  struct buffer *answer = api_new_buffer(L, ANSWER_CEILING);
  struct error error;
  if (!world->ask(&question, answer, world->data, &error)) return raise(L, &error);
  lua_pushlstring(L, answer->data ? answer->data : "", answer->size);
  return 1;
}

/* start({path, ...}, admin_id) */
static int spec_start(lua_State *L) {
  const struct spec_world *world = world_of(L);
  const char *paths[PATHS_MAX];
  lua_Integer count = luaL_len(L, 1);
  luaL_argcheck(L, count <= PATHS_MAX, 1, "more scripts than a spec can start");
  luaL_checkstack(L, (int)count, NULL);
  for (int i = 0; i < count; i++) {
    lua_rawgeti(L, 1, i + 1);
    paths[i] = luaL_checkstring(L, -1);
  }
  struct error error;
  return world->start(paths, (size_t)count, luaL_optinteger(L, 2, 0), world->data, &error) ? 0 : raise(L, &error);
}

static int spec_stop(lua_State *L) {
  const struct spec_world *world = world_of(L);
  struct error error;
  return world->stop(world->data, &error) ? 0 : raise(L, &error);
}

static int spec_reload(lua_State *L) {
  const struct spec_world *world = world_of(L);
  struct error error;
  return world->reload(world->data, &error) ? 0 : raise(L, &error);
}

/* work(ms) */
static int spec_work(lua_State *L) {
  const struct spec_world *world = world_of(L);
  struct error error;
  return world->work(luaL_checkinteger(L, 1), world->data, &error) ? 0 : raise(L, &error);
}

/* jump(ms) */
static int spec_jump(lua_State *L) {
  const struct spec_world *world = world_of(L);
  world->jump(luaL_checkinteger(L, 1), world->data);
  return 0;
}

static int spec_now(lua_State *L) {
  const struct spec_world *world = world_of(L);
  lua_pushinteger(L, world->now(world->data));
  return 1;
}

static int spec_unfinished(lua_State *L) {
  const struct spec_world *world = world_of(L);
  lua_pushinteger(L, (lua_Integer)world->unfinished(world->data));
  return 1;
}

/* answer_http(prefix, status, content_type, body) */
static int spec_answer_http(lua_State *L) {
  const struct spec_world *world = world_of(L);
  struct spec_service service = {
      .prefix = luaL_checkstring(L, 1), .status = (int)luaL_checkinteger(L, 2), .content_type = luaL_checkstring(L, 3)};
  service.body = luaL_checklstring(L, 4, &service.size);
  world->answer_http(&service, world->data);
  return 0;
}

static int spec_asked_http(lua_State *L) {
  const struct spec_world *world = world_of(L);
  lua_pushstring(L, world->asked_http(world->data));
  return 1;
}

static int spec_log(lua_State *L) {
  const struct spec_world *world = world_of(L);
  lua_pushstring(L, world->log(world->data));
  return 1;
}

/* ---- the state ---- */

/* name -> module: of the kit's own files. */
static int open_module(lua_State *L) {
  const char *file_name = lua_pushfstring(L, "script/spec/%s.lua", luaL_checkstring(L, 1) + strlen("spec."));
  const struct embed_file *file = embed_find(file_name);
  if (!file) return luaL_error(L, "%s is missing in this build", file_name);
  if (luaL_loadbufferx(L, file->data, file->size, lua_pushfstring(L, "=lunokhod/%s", file_name), "t") != LUA_OK)
    return lua_error(L);
  lua_call(L, 0, 1);
  return 1;
}

static void preload(lua_State *L) {
  static const luaL_Reg functions[] = {{"clear", spec_clear},
                                       {"ask", spec_ask},
                                       {"start", spec_start},
                                       {"stop", spec_stop},
                                       {"reload", spec_reload},
                                       {"work", spec_work},
                                       {"jump", spec_jump},
                                       {"now", spec_now},
                                       {"log", spec_log},
                                       {"unfinished", spec_unfinished},
                                       {"answer_http", spec_answer_http},
                                       {"asked_http", spec_asked_http},
                                       {NULL, NULL}};
  static const char *const modules[] = {"spec.runner", "spec.assert", "spec.text", "spec.people", "spec.world"};
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, api_open_json);
  lua_setfield(L, -2, "json");
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
    lua_pushcfunction(L, open_module);
    lua_setfield(L, -2, modules[i]);
  }
  lua_pop(L, 1);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "spec.core");
  lua_pop(L, 1);
}

static unsigned take_count(lua_State *L, const char *name) {
  lua_getfield(L, -1, name);
  unsigned count = (unsigned)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return count;
}

struct job { /* for run(), which is protected */
  const struct spec_options *options;
  const char *path;
  struct spec_result *result;
};

/* runner(path, scripts, filter, is_verbose) -> { successes =, ... } */
static int run(lua_State *L) {
  const struct job *job = lua_touserdata(L, 1);
  const struct spec_options *options = job->options;
  luaL_openlibs(L);
  lua_pushlightuserdata(L, (void *)(uintptr_t)options);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &OPTIONS);
  preload(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "spec.runner");
  lua_call(L, 1, 1);
  lua_pushstring(L, job->path);
  lua_createtable(L, (int)options->script_count, 0);
  for (size_t i = 0; i < options->script_count; i++) {
    lua_pushstring(L, options->scripts[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_pushstring(L, options->filter);
  lua_pushboolean(L, options->is_verbose);
  lua_call(L, 4, 1);
  job->result->successes += take_count(L, "successes");
  job->result->failures += take_count(L, "failures");
  job->result->errors += take_count(L, "errors");
  job->result->pending += take_count(L, "pending");
  return 0;
}

bool spec_run(const struct spec_options *options, const char *path, struct spec_result *result, struct error *error) {
  struct job job = {options, path, result};
  lua_State *L = luaL_newstate();
  if (!L) return error_set(error, ERROR_MEMORY, "out of memory for a Lua state");
  *(struct vm **)lua_getextraspace(L) = NULL; /* for budget_spend(): a spec has no limits */
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, &job);
  bool ok = lua_pcall(L, 1, 0, 0) == LUA_OK;
  if (!ok) {
    const char *message = lua_tostring(L, -1);
    error_set(error, ERROR_INPUT, "%s", message ? message : "an error without a message");
  }
  lua_close(L);
  return ok;
}
