/* Plays a recording. What is compared, and which answer a call gets, is decided in Lua (kit/lua/replay.lua); here are the
 * functions of the module kit.player, by which it reaches the host, and the questions of the host that it answers. */
#include <lauxlib.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "assembly/assembly.h"
#include "common/error.h"
#include "common/memory.h"
#include "kit/kit.h"
#include "kit/replay_transport.h"
#include "kit/spec.h"
#include "kit/test_host.h"
#include "net/http.h"
#include "recording/recording.h"
#include "sandbox/sandbox.h"
#include "telegram/telegram.h"

/* What the table has that begin() is given: functions, called with what is in the brackets. */
enum callback {
  ON_CALL,  /* (method, is_of_script) -> status, body, ms | nil, text, ms, kind | nothing */
  ON_CHECK, /* (method, status, body) -> body | nothing */
  ON_HTTP,  /* (method, url) -> status, body, content_type | nil, text, kind */
  ON_LINE,  /* (line) */
  CALLBACK_COUNT
};
static const char *const callback_names[CALLBACK_COUNT] = {"on_call", "on_check", "on_http", "on_line"};

struct replay {
  const struct replay_options *options;
  struct replay_result *result;
  lua_State *L;
  int callbacks[CALLBACK_COUNT]; /* references; 0 before begin() */
  struct test_host_replay host;
  struct replay_owner owner;
  struct recorder *recorder;
  struct replay_transport *transport; /* of the host that runs */
  unsigned char *image;
  struct error error; /* the first of a callback */
};

static const char REPLAY = 0; /* registry, by address */

static struct replay *replay_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &REPLAY);
  struct replay *replay = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return replay;
}

/* ---- what the host asks ---- */

static void push_callback(struct replay *replay, enum callback callback) {
  luaL_checkstack(replay->L, 20, NULL);
  lua_rawgeti(replay->L, LUA_REGISTRYINDEX, replay->callbacks[callback]);
}

/* False: it has raised, and nothing is left on the stack. */
static bool call(struct replay *replay, int arguments, int results) {
  lua_State *L = replay->L;
  if (lua_pcall(L, arguments, results, 0) == LUA_OK) return true;
  const char *text = lua_tostring(L, -1);
  if (!replay->error.kind) error_set(&replay->error, ERROR_INPUT, "%s", text ? text : "an error without a message");
  lua_pop(L, 1);
  return false;
}

static enum error_kind kind_of(const char *name) {
  for (int kind = ERROR_NETWORK; kind <= ERROR_CANCELED; kind++)
    if (strcmp(error_kind_name((enum error_kind)kind), name) == 0) return (enum error_kind)kind;
  return ERROR_UNCERTAIN;
}

/* The texts stay in the registry until the next answer. */
static const char *keep_text(lua_State *L, int index, const char *key, size_t *size) {
  lua_pushvalue(L, index);
  const char *text = luaL_tolstring(L, -1, size);
  lua_setfield(L, LUA_REGISTRYINDEX, key);
  lua_pop(L, 1);
  return text;
}

static bool on_asked(const struct transport_request *request, struct replay_reply *reply, void *data) {
  struct replay *replay = data;
  lua_State *L = replay->L;
  push_callback(replay, ON_CALL);
  lua_pushstring(L, request->path ? "download" : request->method);
  lua_pushboolean(L, recorder_wants(request));
  if (!call(replay, 2, 4)) return false;
  bool is_answered = !lua_isnil(L, -3);
  if (is_answered) {
    reply->status = (int)lua_tointeger(L, -4);
    reply->body = keep_text(L, -3, "kit.body", &reply->size);
    reply->after_ms = lua_tointeger(L, -2);
    if (lua_isstring(L, -1)) reply->kind = kind_of(lua_tostring(L, -1));
  }
  lua_pop(L, 4);
  return is_answered;
}

static bool on_checked(const char *method, const struct http_answer *answer, struct replay_reply *reply, void *data) {
  struct replay *replay = data;
  lua_State *L = replay->L;
  if (answer->error.kind) return false;
  push_callback(replay, ON_CHECK);
  lua_pushstring(L, method);
  lua_pushinteger(L, answer->status);
  lua_pushlstring(L, answer->body, answer->size);
  if (!call(replay, 3, 1)) return false;
  bool is_other = lua_isstring(L, -1);
  if (is_other) *reply = (struct replay_reply){.status = 200, .body = keep_text(L, -1, "kit.body", &reply->size)};
  if (is_other) reply->size = strlen(reply->body);
  lua_pop(L, 1);
  return is_other;
}

/* The recorder tells of it only with its answer. */
static void push_request(lua_State *L, const struct http_request *request) {
  lua_pushstring(L, recorder_http_method(request));
  lua_pushstring(L, request->url);
}

static void on_serve(const struct http_request *request, struct http_answer *answer, void *data) {
  struct replay *replay = data;
  lua_State *L = replay->L;
  *answer = (struct http_answer){.body = "", .content_type = "", .headers = ""};
  push_callback(replay, ON_HTTP);
  push_request(L, request);
  if (!call(replay, 2, 3)) {
    error_set(&answer->error, ERROR_NETWORK, "%s: the replay failed", request->label);
    return;
  }
  const char *text = keep_text(L, -2, "kit.answer", &answer->size);
  const char *last = lua_isstring(L, -1) ? lua_tostring(L, -1) : "";
  if (lua_isnil(L, -3)) {
    error_set(&answer->error, kind_of(last), "%s", text);
    answer->size = 0;
  } else {
    answer->status = (int)lua_tointeger(L, -3);
    answer->body = text;
    size_t unused;
    answer->content_type = keep_text(L, -1, "kit.content_type", &unused);
  }
  lua_pop(L, 3);
}

static bool on_line(const char *line, size_t size, void *data) {
  struct replay *replay = data;
  push_callback(replay, ON_LINE);
  lua_pushlstring(replay->L, line, size);
  (void)call(replay, 1, 0);
  return true;
}

static void on_wrap(struct transport *transport, struct clock *clock, void *data) {
  struct replay *replay = data;
  replay->transport = replay_transport_open(transport, clock, &replay->owner);
}

/* ---- kit.player, function by function ---- */

static void read_image(lua_State *L, struct replay *replay, const char *text, size_t size) {
  size_t room = size / 4 * 3 + 3;
  free(replay->image);
  replay->image = memory_try_resize(NULL, room);
  replay->host.image_size = 0;
  if (!replay->image) luaL_error(L, "out of memory for the data of the recording");
  if (sodium_base642bin(replay->image, room, text, size, NULL, &replay->host.image_size, NULL, sodium_base64_VARIANT_ORIGINAL))
    luaL_error(L, "the data of the recording is damaged");
  replay->host.image = replay->image;
}

/* begin{ on_call =, ..., seed =, admin =, deadline =, database = }: how the next host is */
static int player_begin(lua_State *L) {
  struct replay *replay = replay_of(L);
  struct test_host_replay *host = &replay->host;
  luaL_checktype(L, 1, LUA_TTABLE);
  for (int i = 0; i < CALLBACK_COUNT; i++) {
    lua_getfield(L, 1, callback_names[i]);
    if (replay->callbacks[i]) luaL_unref(L, LUA_REGISTRYINDEX, replay->callbacks[i]);
    replay->callbacks[i] = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_getfield(L, 1, "seed");
  lua_getfield(L, 1, "admin");
  lua_getfield(L, 1, "deadline");
  lua_getfield(L, 1, "database");
  host->random_seed = (uint64_t)luaL_optinteger(L, -4, 0);
  host->admin_id = luaL_optinteger(L, -3, 0);
  host->deadline_ms = (unsigned)luaL_optinteger(L, -2, 0);
  host->image = NULL;
  size_t size;
  const char *image = lua_tolstring(L, -1, &size);
  if (image) read_image(L, replay, image, size);
  test_host_set_replay(spec_world(L), host);
  return 0;
}

/* push(json): an update arrives */
static int player_push(lua_State *L) {
  struct replay *replay = replay_of(L);
  size_t size;
  const char *update = luaL_checklstring(L, 1, &size);
  struct error error;
  if (test_host_is_running(spec_world(L)) && !replay_transport_push(replay->transport, update, size, &error))
    return luaL_error(L, "%s", error.text);
  return 0;
}

/* problem() -> what a function given to begin() has raised | nil */
static int player_problem(lua_State *L) {
  const struct error *error = &replay_of(L)->error;
  lua_pushstring(L, error->kind ? error->text : NULL);
  return 1;
}

static void open_player(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"begin", player_begin}, {"push", player_push}, {"problem", player_problem}, {NULL, NULL}};
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  luaL_newlib(L, functions);
  lua_setfield(L, -2, "kit.player");
  lua_pop(L, 1);
}

/* ---- the run ---- */

/* replay(path, scripts, is_step) -> differences */
static int run(lua_State *L) {
  struct replay *replay = lua_touserdata(L, 1);
  const struct replay_options *options = replay->options;
  replay->L = L;
  lua_pushlightuserdata(L, replay);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &REPLAY);
  open_player(L);
  spec_push_module(L, options->is_spec_wanted ? "kit.spec_writer" : "kit.replay");
  lua_pushstring(L, options->recording);
  spec_push_paths(L, options->scripts, options->script_count);
  lua_pushboolean(L, options->is_step);
  lua_call(L, 3, 1);
  replay->result->differences = (size_t)lua_tointeger(L, -1);
  return 0;
}

bool replay_run(const struct replay_options *options, struct replay_result *result, struct error *error) {
  struct replay replay = {.options = options, .result = result};
  struct recorder_options recorder = {.write = on_line, .data = &replay, .has_texts = true};
  replay.recorder = recorder_open(&recorder);
  replay.owner = (struct replay_owner){on_asked, on_checked, &replay};
  replay.host = (struct test_host_replay){.wrap = on_wrap, .serve = on_serve, .recorder = replay.recorder, .data = &replay};
  bool ok = spec_run_lua(run, &replay, error);
  recorder_close(replay.recorder);
  free(replay.image);
  return ok;
}
