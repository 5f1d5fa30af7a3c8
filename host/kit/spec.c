/* Runs one spec file. The words of a spec are Lua (kit/lua); they reach the world of their `it` through the functions of the
 * module kit.core, which are here: the host and its clock (test_host.h), the person's side of Telegram (sandbox.h), other
 * services (fake_http.h), the log. What fails raises. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/buffer.h"
#include "common/embed.h"
#include "common/error.h"
#include "common/log.h"
#include "common/time_zone.h"
#include "kit/fake_http.h"
#include "kit/kit.h"
#include "kit/spec.h"
#include "kit/test_host.h"
#include "net/http.h"
#include "sandbox/sandbox.h"
#include "script/script.h"

enum {
  ANSWER_CEILING = 64 << 20,
  LOG_CEILING = 1 << 20, /* of one `it`; what is more is lost */
  PATHS_MAX = 100,
};

struct spec {               /* what a Lua state of the kit works on */
  struct test_host *world;  /* of the `it` that runs; NULL before its first word */
  struct buffer log;        /* since the world was made */
  struct buffer answer;     /* of the last ask() */
  const char *database_url; /* of PostgreSQL; NULL: the data is in memory */
};

struct file { /* a spec that is run */
  const struct spec_options *options;
  const char *path;
  struct spec_result *result;
};

static const char SPEC = 0; /* registry, by address: struct spec */

static struct spec *spec_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &SPEC);
  struct spec *spec = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return spec;
}

struct test_host *spec_world(lua_State *L) { return spec_of(L)->world; }
static struct test_host *world_of(lua_State *L) { return spec_world(L); }

static int raise(lua_State *L, const struct error *error) {
  lua_pushstring(L, error->text);
  return lua_error(L);
}

/* ---- kit.core, function by function ---- */

/* clear(): another `it` begins */
static int core_clear(lua_State *L) {
  struct spec *spec = spec_of(L);
  struct error error;
  test_host_close(spec->world);
  buffer_clear(&spec->log);
  spec->world = test_host_open(spec->database_url, &error);
  return spec->world ? 0 : raise(L, &error);
}

/* ask(method, path, json, field?, name?, bytes?) -> text: of the sandbox's control API */
static int core_ask(lua_State *L) {
  struct spec *spec = spec_of(L);
  struct http_part file = {.name = luaL_optstring(L, 4, NULL), .file_name = luaL_optstring(L, 5, "file")};
  file.data = luaL_optlstring(L, 6, "", &file.size);
  struct sandbox_question question = {.method = luaL_checkstring(L, 1),
                                      .path = luaL_checkstring(L, 2),
                                      .json = luaL_optstring(L, 3, NULL),
                                      .file = file.name ? &file : NULL};
  struct error error;
  buffer_clear(&spec->answer);
  if (!sandbox_control(test_host_sandbox(spec->world), &question, &spec->answer, &error)) return raise(L, &error);
  lua_pushlstring(L, spec->answer.data ? spec->answer.data : "", spec->answer.size);
  return 1;
}

/* start({path, ...}, admin_id) */
static int core_start(lua_State *L) {
  const char *paths[PATHS_MAX];
  lua_Integer count = luaL_len(L, 1);
  luaL_argcheck(L, count <= PATHS_MAX, 1, "more scripts than a spec can start");
  luaL_checkstack(L, (int)count, NULL);
  for (int i = 0; i < count; i++) {
    lua_rawgeti(L, 1, i + 1);
    paths[i] = luaL_checkstring(L, -1);
  }
  struct error error;
  return test_host_start(world_of(L), paths, (size_t)count, luaL_optinteger(L, 2, 0), &error) ? 0 : raise(L, &error);
}

static int core_kill(lua_State *L) {
  struct error error;
  return test_host_kill(world_of(L), &error) ? 0 : raise(L, &error);
}

static int core_reload(lua_State *L) {
  struct error error;
  return test_host_reload(world_of(L), &error) ? 0 : raise(L, &error);
}

/* work(ms) -> is a host running? */
static int core_work(lua_State *L) {
  struct error error;
  if (!test_host_work(world_of(L), luaL_checkinteger(L, 1), &error)) return raise(L, &error);
  lua_pushboolean(L, test_host_is_running(world_of(L)));
  return 1;
}

/* jump(ms) */
static int core_jump(lua_State *L) {
  test_host_jump(world_of(L), luaL_checkinteger(L, 1));
  return 0;
}

/* The machine's zone, as bots see it: POSIX counts west of Greenwich, and wants a name of three letters for each. */
static void set_zone(const char *name, const struct time_zone *zone) {
  int minutes = abs(zone->offset_s) / 60, hours = minutes / 60 % 100;
  char sign = zone->offset_s < 0 ? '-' : '+', west = zone->offset_s < 0 ? '+' : '-';
  char value[96];
  if (zone->database) {
    (void)snprintf(value, sizeof value, "%s", name);
  } else if (minutes) {
    (void)snprintf(value, sizeof value, "<%c%02d>%c%02d:%02d", sign, hours, west, hours, minutes % 60);
  } else {
    (void)snprintf(value, sizeof value, "UTC0");
  }
  (void)setenv("TZ", value, 1);
  tzset();
}

/* zone(name) -> what is wrong with it | nil */
static int core_zone(lua_State *L) {
  struct time_zone zone;
  struct error error = {0};
  const char *name = luaL_checkstring(L, 1);
  bool ok = time_zone_read(&zone, name, &error);
  if (ok) set_zone(name, &zone);
  lua_pushstring(L, ok ? NULL : error.text);
  return 1;
}

/* now() -> ms since 1970 */
static int core_now(lua_State *L) {
  lua_pushinteger(L, test_host_now(world_of(L)));
  return 1;
}

/* unfinished() -> updates that wait for time */
static int core_unfinished(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)test_host_unfinished(world_of(L)));
  return 1;
}

/* answer_http(prefix, status, content_type, body, headers, {size, ...} | nil, is_next) */
static int core_answer_http(lua_State *L) {
  struct fake_http_service service = {
      .prefix = luaL_checkstring(L, 1), .status = (int)luaL_checkinteger(L, 2), .content_type = luaL_checkstring(L, 3)};
  service.body = luaL_checklstring(L, 4, &service.size);
  service.headers = luaL_checkstring(L, 5);
  if (!lua_isnil(L, 6)) {
    service.piece_count = (size_t)luaL_len(L, 6);
    size_t *sizes = lua_newuserdatauv(L, (service.piece_count + 1) * sizeof *sizes, 0);
    for (size_t i = 0; i < service.piece_count; i++) {
      lua_rawgeti(L, 6, (lua_Integer)i + 1);
      sizes[i] = (size_t)luaL_checkinteger(L, -1);
      lua_pop(L, 1);
    }
    service.pieces = sizes;
  }
  fake_http_add(test_host_http(world_of(L)), &service, lua_toboolean(L, 7));
  return 0;
}

/* http_requests() -> JSON */
static int core_http_requests(lua_State *L) {
  lua_pushstring(L, fake_http_requests(test_host_http(world_of(L))));
  return 1;
}

/* log() -> all lines since clear() */
static int core_log(lua_State *L) {
  const struct buffer *log = &spec_of(L)->log;
  lua_pushlstring(L, log->data ? log->data : "", log->size);
  return 1;
}

/* ---- the Lua state ---- */

/* name -> module: of the kit's own files. */
static int open_module(lua_State *L) {
  const char *file_name = lua_pushfstring(L, "kit/lua/%s.lua", luaL_checkstring(L, 1) + strlen("kit."));
  const struct embed_file *file = embed_find(file_name);
  if (!file) return luaL_error(L, "%s is missing in this build", file_name);
  if (luaL_loadbufferx(L, file->data, file->size, lua_pushfstring(L, "=lunokhod/%s", file_name), "t") != LUA_OK)
    return lua_error(L);
  lua_call(L, 0, 1);
  return 1;
}

static void preload(lua_State *L) {
  static const luaL_Reg functions[] = {{"clear", core_clear},
                                       {"ask", core_ask},
                                       {"start", core_start},
                                       {"kill", core_kill},
                                       {"reload", core_reload},
                                       {"work", core_work},
                                       {"jump", core_jump},
                                       {"zone", core_zone},
                                       {"now", core_now},
                                       {"log", core_log},
                                       {"unfinished", core_unfinished},
                                       {"answer_http", core_answer_http},
                                       {"http_requests", core_http_requests},
                                       {NULL, NULL}};
  static const char *const modules[] = {"kit.runner", "kit.assert",    "kit.wording",    "kit.people",     "kit.world",
                                        "kit.replay", "kit.recording", "kit.difference", "kit.spec_writer"};
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, script_open_json);
  lua_setfield(L, -2, "json");
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
    lua_pushcfunction(L, open_module);
    lua_setfield(L, -2, modules[i]);
  }
  lua_pop(L, 1);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  luaL_newlib(L, functions);
  lua_pushinteger(L, TEST_HOST_BOT_ID);
  lua_setfield(L, -2, "bot_id");
  lua_setfield(L, -2, "kit.core");
  lua_pop(L, 1);
}

static unsigned take_count(lua_State *L, const char *name) {
  lua_getfield(L, -1, name);
  unsigned count = (unsigned)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return count;
}

void spec_push_module(lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
}

void spec_push_paths(lua_State *L, const char *const *paths, size_t count) {
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, paths[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* runner(path, scripts, filter, is_verbose) -> { successes =, ... } */
static int run_file(lua_State *L) {
  const struct file *file = lua_touserdata(L, 1);
  const struct spec_options *options = file->options;
  spec_of(L)->database_url = options->database_url;
  spec_push_module(L, "kit.runner");
  lua_pushstring(L, file->path);
  spec_push_paths(L, options->scripts, options->script_count);
  lua_pushstring(L, options->filter);
  lua_pushboolean(L, options->is_verbose);
  lua_call(L, 4, 1);
  file->result->successes += take_count(L, "successes");
  file->result->failures += take_count(L, "failures");
  file->result->errors += take_count(L, "errors");
  file->result->pending += take_count(L, "pending");
  return 0;
}

/* Protected: spec, run, data. */
static int run_in_state(lua_State *L) {
  luaL_openlibs(L);
  lua_pushvalue(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &SPEC);
  preload(L);
  lua_remove(L, 1);
  lua_call(L, 1, 0);
  return 0;
}

static bool run_protected(struct spec *spec, lua_CFunction run, void *data, struct error *error) {
  lua_State *L = luaL_newstate();
  if (!L) return error_set(error, ERROR_MEMORY, "out of memory for a Lua state");
  *(void **)lua_getextraspace(L) = NULL; /* where scripts have their VM and its limits; a spec has none */
  lua_pushcfunction(L, run_in_state);
  lua_pushlightuserdata(L, spec);
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, data);
  bool ok = lua_pcall(L, 3, 0, 0) == LUA_OK;
  if (!ok) {
    const char *message = lua_tostring(L, -1);
    error_set(error, ERROR_INPUT, "%s", message ? message : "an error without a message");
  }
  lua_close(L);
  return ok;
}

static void take_line(const char *line, size_t size, void *data) {
  (void)buffer_add(&((struct spec *)data)->log, line, size, NULL);
}

bool spec_run_lua(lua_CFunction run, void *data, struct error *error) {
  struct spec spec = {0};
  buffer_init(&spec.log, LOG_CEILING);
  buffer_init(&spec.answer, ANSWER_CEILING);
  log_divert(take_line, &spec);
  bool ok = run_protected(&spec, run, data, error);
  test_host_close(spec.world);
  log_divert(NULL, NULL);
  buffer_release(&spec.answer);
  buffer_release(&spec.log);
  return ok;
}

bool spec_run(const struct spec_options *options, const char *path, struct spec_result *result, struct error *error) {
  struct file file = {.options = options, .path = path, .result = result};
  return spec_run_lua(run_file, &file, error);
}
