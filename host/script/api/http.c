/* http: get and post to other services. Both wait, and so end the segment, like a call of Telegram. But a request is never
 * repeated, because only the script knows whether that would do harm.
 *
 * A user may have typed the address. Services inside the machine or its network (a database, a router, the cloud's metadata)
 * trust whoever can reach them. So such addresses are refused, at every connection of every redirect, unless the operator
 * allows them.
 */
#include "net/http.h"

#include <lauxlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

enum {
  TIMEOUT_MS = 10000, /* a third of a handler's deadline: there is time left to say what went wrong */
  TIMEOUT_MAX_MS = 3600000,
  ANSWER_CEILING = 1 << 20, /* what a handler can use without hurting others */
  ANSWER_MOST = 64 << 20,   /* half of a VM's memory */
  BODY_CEILING = 64 << 20,
  HEADERS_MAX = 32,
};

static const char FETCH[] = "lunokhod.fetch";

/* A userdata; the arguments stay below it on the stack, and so alive. */
struct fetch {
  struct run *run;
  struct http_transfer *call;       /* while it is under way */
  const struct http_answer *answer; /* borrowed, while the run is being woken */
  struct buffer body;               /* of a table that became JSON */
  struct http_request request;
  const char *headers[HEADERS_MAX + 1]; /* used while the request is being started */
  bool is_quiet;                        /* a failure that nobody looks at is no warning */
};

enum { URL = 1, BODY, OPTIONS, HANDLE }; /* where they are on the stack */

static int close_fetch(lua_State *L) {
  struct fetch *fetch = luaL_checkudata(L, 1, FETCH);
  if (fetch->call) http_cancel(fetch->call);
  fetch->call = NULL;
  buffer_release(&fetch->body);
  return 0;
}

static struct fetch *new_fetch(lua_State *L) {
  struct fetch *fetch = lua_newuserdatauv(L, sizeof *fetch, 0);
  memset(fetch, 0, sizeof *fetch);
  buffer_init(&fetch->body, BODY_CEILING);
  luaL_setmetatable(L, FETCH);
  return fetch;
}

/* ---- the options ---- */

/* The option of that name, a number from `least` to `most`; without it: `usual`. */
static lua_Number option(lua_State *L, const char *name, lua_Number least, lua_Number most, lua_Number usual) {
  lua_getfield(L, OPTIONS, name);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return usual;
  }
  lua_Number value = lua_tonumber(L, -1);
  if (lua_type(L, -1) != LUA_TNUMBER || !(value >= least && value <= most)) {
    luaL_error(L, "%s: a number from %f to %f expected", name, least, most);
  }
  lua_pop(L, 1);
  return value;
}

static void check_known(lua_State *L) {
  static const char *const known[] = {"headers", "timeout", "limit", "content_type", "quiet", NULL};
  for (lua_pushnil(L); lua_next(L, OPTIONS); lua_pop(L, 1)) {
    bool is_known = false;
    for (int i = 0; known[i]; i++) is_known |= lua_type(L, -2) == LUA_TSTRING && strcmp(lua_tostring(L, -2), known[i]) == 0;
    if (!is_known)
      luaL_error(L, "there is no option %s: headers, timeout, limit, content_type, quiet", luaL_tolstring(L, -2, NULL));
  }
}

/* A line break in a header would be a second header, perhaps of a user's making. */
static const char *check_line(lua_State *L, const char *line, size_t size) {
  if (strlen(line) != size || strpbrk(line, "\r\n")) luaL_error(L, "a header can't hold a line break");
  return line;
}

/* The lines stay on the stack until the request has begun. */
static void read_headers(lua_State *L, struct fetch *fetch) {
  int count = 0;
  if (lua_getfield(L, OPTIONS, "headers") == LUA_TNIL) return;
  luaL_argexpected(L, lua_istable(L, -1), OPTIONS, "headers, a table of name = value,");
  int headers = lua_gettop(L);
  luaL_checkstack(L, HEADERS_MAX + 8, NULL);
  for (lua_pushnil(L); lua_next(L, headers);) { /* headers line... key value */
    if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1)) luaL_error(L, "headers: a table of name = value expected");
    if (count == HEADERS_MAX) luaL_error(L, "more than %d headers", HEADERS_MAX);
    size_t size;
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
    const char *line = lua_tolstring(L, -1, &size);
    fetch->headers[count++] = check_line(L, line, size);
    lua_replace(L, -2); /* headers line... key line */
    lua_insert(L, -2);
  }
  fetch->request.headers = fetch->headers;
}

static void read_options(lua_State *L, struct fetch *fetch) {
  struct http_request *request = &fetch->request;
  luaL_checktype(L, OPTIONS, LUA_TTABLE);
  check_known(L);
  request->timeout_ms = (unsigned)(option(L, "timeout", 0.1, TIMEOUT_MAX_MS / 1000.0, TIMEOUT_MS / 1000.0) * 1000);
  request->answer_ceiling = (size_t)option(L, "limit", 1, ANSWER_MOST, ANSWER_CEILING);
  if (lua_getfield(L, OPTIONS, "content_type") != LUA_TNIL) {
    size_t size;
    const char *type = luaL_checklstring(L, -1, &size);
    request->content_type = check_line(L, type, size);
  }
  lua_getfield(L, OPTIONS, "quiet");
  fetch->is_quiet = lua_toboolean(L, -1);
  lua_pop(L, 1);
  read_headers(L, fetch);
}

/* A table is sent as JSON, a text as a form unless the options say otherwise. */
static void read_body(lua_State *L, struct fetch *fetch) {
  struct http_request *request = &fetch->request;
  bool is_table = lua_type(L, BODY) == LUA_TTABLE;
  if (is_table) {
    struct encoder encoder = {.buffer = &fetch->body};
    api_encode(L, BODY, &encoder);
    request->body = fetch->body.data;
    request->body_size = fetch->body.size;
  } else {
    request->body = luaL_checklstring(L, BODY, &request->body_size);
  }
  if (!request->content_type) request->content_type = is_table ? "application/json" : "application/x-www-form-urlencoded";
}

/* ---- the life of a request ---- */

static void on_answered(const struct http_answer *answer, void *data) {
  struct fetch *fetch = data;
  fetch->call = NULL;
  fetch->answer = answer;
  run_wake(fetch->run); /* fetch may be gone afterwards */
}

static int push_failure(lua_State *L, const struct fetch *fetch, const struct error *error) {
  int count = api_push_error(L, error, 0, NULL, 0);
  if (!fetch->is_quiet) api_mark_unseen(L, fetch->run, fetch->request.label, 0);
  return count;
}

static int push_answer(lua_State *L, const struct fetch *fetch, const struct http_answer *answer) {
  if (answer->error.kind) return push_failure(L, fetch, &answer->error);
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, answer->status);
  lua_setfield(L, -2, "status");
  lua_pushlstring(L, answer->body, answer->size);
  lua_setfield(L, -2, "body");
  lua_pushstring(L, answer->content_type);
  lua_setfield(L, -2, "content_type");
  return 1;
}

/* The continuation, in the coroutine again. */
static int on_woken(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  struct fetch *fetch = lua_touserdata(L, HANDLE);
  const struct http_answer *answer = fetch->answer;
  fetch->answer = NULL;
  return push_answer(L, fetch, answer);
}

/* In a spec nothing is waited for, but the segment has ended all the same, as it would in a host. */
static int serve(lua_State *L, const struct script_options *options, const struct fetch *fetch) {
  struct http_answer answer;
  options->serve(&fetch->request, &answer, options->serve_data);
  return push_answer(L, fetch, &answer);
}

/* The stack: url body options. */
static int fetch(lua_State *L, const char *label, bool has_body) {
  struct vm *vm = vm_of(L);
  size_t size;
  const char *url = luaL_checklstring(L, URL, &size);
  luaL_argcheck(L, strlen(url) == size, URL, "an address without zero bytes expected");
  if (!vm->options.http && !vm->options.serve) return luaL_error(L, "there is no network here for %s", label);
  struct fetch *fetch = new_fetch(L);
  lua_toclose(L, HANDLE);
  fetch->request =
      (struct http_request){.url = url, .label = label, .follow = true, .public_only = !vm->options.may_reach_private};
  read_options(L, fetch);
  if (has_body) read_body(L, fetch);
  struct error error = {0};
  fetch->run = run_end_segment(L, label);
  if (vm->options.serve) return serve(L, &vm->options, fetch);
  fetch->call = http_start(vm->options.http, &fetch->request, on_answered, fetch, &error);
  if (!fetch->call) return push_failure(L, fetch, &error);
  lua_settop(L, HANDLE);
  return run_wait(L, fetch->run, label, NULL, NULL, on_woken);
}

static void default_options(lua_State *L) {
  if (!lua_isnil(L, OPTIONS)) return;
  lua_newtable(L);
  lua_replace(L, OPTIONS);
}

/* http.get(url, options?) -> { status, body, content_type } | nil, err */
static int http_get(lua_State *L) {
  lua_settop(L, 2);
  lua_pushnil(L);
  lua_insert(L, BODY); /* url nil options */
  default_options(L);
  return fetch(L, "http.get", false);
}

/* http.post(url, body, options?) -> the same */
static int http_post(lua_State *L) {
  lua_settop(L, OPTIONS);
  default_options(L);
  return fetch(L, "http.post", true);
}

int api_open_http(lua_State *L) {
  static const luaL_Reg functions[] = {{"get", http_get}, {"post", http_post}, {NULL, NULL}};
  static const luaL_Reg closing[] = {{"__close", close_fetch}, {"__gc", close_fetch}, {NULL, NULL}};
  luaL_newmetatable(L, FETCH);
  luaL_setfuncs(L, closing, 0);
  api_lock_metatable(L);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
