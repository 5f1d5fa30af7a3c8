/* core.http: requests to other services; http.lua gives them to scripts. A request waits, and so ends the segment, like a call
 * of Telegram. But it is never repeated here, because only the script knows whether that would do harm.
 *
 * A user may have typed the address. Services inside the machine or its network (a database, a router, the cloud's metadata)
 * trust whoever can reach them. So such addresses are refused, at every connection of every redirect, unless the operator
 * allows them.
 *
 * A stream is a request whose answer is read piece by piece, while it comes. It ends with its handler at the latest: what a
 * stream wakes is that run. */
#include "net/http.h"

#include <lauxlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "script/api/api.h"
#include "script/api/input_file.h"
#include "script/run.h"
#include "script/vm.h"

enum {
  TIMEOUT_MS = 10000,         /* a third of a handler's deadline: there is time left to say what went wrong */
  STREAM_TIMEOUT_MS = 120000, /* reading a stream does not count for the deadline */
  TIMEOUT_MAX_MS = 3600000,
  ANSWER_CEILING = 1 << 20, /* what a handler can use without hurting others */
  ANSWER_MOST = 64 << 20,   /* half of a VM's memory */
  HEADERS_MAX = 32,
  PARTS_MAX = 50,
  HELD_SIZE = 64 << 10, /* unread bytes of a stream, from which on the service has to wait */
  PAUSE_LEAST_MS = 1000,
};

static const char FETCH[] = "lunokhod.fetch"; /* the metatable */

/* A userdata; the arguments stay below it on the stack, and so alive. */
struct fetch {
  struct run *run;                  /* NULL: a stream that is over */
  struct http_transfer *call;       /* while it is under way */
  const struct http_answer *answer; /* borrowed, while the run is being woken */
  struct http_request request;
  const char *headers[HEADERS_MAX + 1]; /* used while the request is being started */
  bool is_quiet;                        /* a failure that nobody looks at is no warning */
  /* of a stream */
  struct fetch *next, **link; /* in the run's list */
  struct buffer pieces;       /* each with its size before it */
  size_t read_size;           /* of the pieces, how much has been read */
  size_t total, limit;        /* bytes of the body */
  bool is_awaited, has_ended;
  int64_t waits_since; /* ticks */
  struct error error;
  struct buffer heard; /* its body so far, where somebody observes the scripts */
  size_t part_count;
  struct http_part parts[];
};

enum { LABEL = 1, URL, METHOD, BODY, OPTIONS, HANDLE }; /* where they are on the stack */

/* ---- streams of a run ---- */

static void close_fetch(struct fetch *fetch) {
  if (fetch->call) http_cancel(fetch->call);
  fetch->call = NULL;
  buffer_release(&fetch->pieces);
  buffer_release(&fetch->heard);
  if (fetch->link) {
    *fetch->link = fetch->next;
    if (fetch->next) fetch->next->link = fetch->link;
  }
  fetch->link = NULL;
  fetch->run = NULL;
}

struct streams { /* in each run */
  struct fetch *first;
};

static void on_run_end(struct run *run, void *of_run);
static const struct participant streams_of_run = {.run_size = sizeof(struct streams), .on_run_end = on_run_end};

static void on_run_end(struct run *run, void *of_run) {
  struct streams *streams = of_run;
  (void)run;
  while (streams->first) close_fetch(streams->first);
}

static void join_run(struct fetch *fetch) {
  struct streams *streams = run_data(fetch->run, &streams_of_run);
  fetch->next = streams->first;
  fetch->link = &streams->first;
  if (fetch->next) fetch->next->link = &fetch->next;
  streams->first = fetch;
}

static int on_fetch_closed(lua_State *L) {
  close_fetch(luaL_checkudata(L, 1, FETCH));
  return 0;
}

static struct fetch *new_fetch(lua_State *L, size_t part_room) {
  struct fetch *fetch = lua_newuserdatauv(L, sizeof *fetch + part_room * sizeof fetch->parts[0], 1);
  memset(fetch, 0, sizeof *fetch);
  buffer_init(&fetch->pieces, ANSWER_MOST + HELD_SIZE);
  buffer_init(&fetch->heard, ANSWER_MOST);
  luaL_setmetatable(L, FETCH);
  return fetch;
}

/* ---- the options, which http.lua has checked by name ---- */

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

static void read_options(lua_State *L, struct fetch *fetch, unsigned timeout_ms) {
  struct http_request *request = &fetch->request;
  request->timeout_ms = (unsigned)(option(L, "timeout", 0.1, TIMEOUT_MAX_MS / 1000.0, timeout_ms / 1000.0) * 1000);
  fetch->limit = (size_t)option(L, "limit", 1, ANSWER_MOST, ANSWER_CEILING);
  request->answer_ceiling = fetch->limit;
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

/* A list of { name =, value = } is the parts of a form. Scripts may change it while the request is under way, so a table that
 * is ours takes its place, and keeps alive what the parts point to. */
static void read_parts(lua_State *L, struct fetch *fetch) {
  size_t count = lua_rawlen(L, BODY);
  lua_createtable(L, (int)count * 2, 0);
  int keep = lua_gettop(L);
  for (size_t i = 0; i < count; i++) {
    struct http_part *part = &fetch->parts[fetch->part_count];
    lua_rawgeti(L, BODY, (lua_Integer)i + 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    if (lua_getfield(L, -1, "name") != LUA_TSTRING) luaL_error(L, "a part's name must be a text");
    const char *name = lua_tostring(L, -1);
    lua_getfield(L, -2, "value");
    if (api_is_file(L, -1)) {
      api_read_file(L, lua_gettop(L), name, part);
    } else {
      if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "a part is a text or a file");
      *part = (struct http_part){.name = name};
      part->data = lua_tolstring(L, -1, &part->size);
    }
    fetch->part_count++;
    lua_rawseti(L, keep, (lua_Integer)i * 2 + 1); /* the value, or what api_read_file() has pushed */
    lua_getfield(L, keep + 1, "name");
    lua_rawseti(L, keep, (lua_Integer)i * 2 + 2);
    lua_settop(L, keep);
  }
  lua_replace(L, BODY);
  fetch->request.parts = fetch->parts;
  fetch->request.part_count = fetch->part_count;
}

static void read_body(lua_State *L, struct fetch *fetch) {
  if (lua_isnil(L, BODY)) return;
  if (lua_istable(L, BODY)) {
    read_parts(L, fetch);
  } else {
    fetch->request.body = luaL_checklstring(L, BODY, &fetch->request.body_size);
  }
}

/* ---- the life of a request ---- */

static void tell_observer(struct vm *vm, const struct fetch *fetch, const struct http_answer *answer) {
  const struct script_observer *observer = vm->options.observer;
  if (observer) observer->heard(&fetch->request, answer, observer->data);
}

static void on_answered(const struct http_answer *answer, void *data) {
  struct fetch *fetch = data;
  fetch->call = NULL;
  tell_observer(fetch->run->vm, fetch, answer);
  fetch->answer = answer;
  run_wake(fetch->run); /* fetch may be gone afterwards */
}

static int push_failure(lua_State *L, const struct fetch *fetch, const struct error *error) {
  int count = api_push_error(L, error, 0, NULL, 0);
  if (!fetch->is_quiet) api_mark_unseen(L, fetch->run, fetch->request.label, 0);
  return count;
}

/* The headers are text as it came, see http.lua. */
static int push_answer(lua_State *L, const struct fetch *fetch, const struct http_answer *answer) {
  if (answer->error.kind) return push_failure(L, fetch, &answer->error);
  lua_createtable(L, 0, 5);
  lua_pushinteger(L, answer->status);
  lua_setfield(L, -2, "status");
  lua_pushlstring(L, answer->body, answer->size);
  lua_setfield(L, -2, "body");
  lua_pushstring(L, answer->content_type);
  lua_setfield(L, -2, "content_type");
  lua_pushstring(L, answer->headers ? answer->headers : "");
  lua_setfield(L, -2, "headers");
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
static int serve(lua_State *L, struct vm *vm, const struct fetch *fetch) {
  struct http_answer answer;
  vm->options.serve(&fetch->request, &answer, vm->options.serve_data);
  tell_observer(vm, fetch, &answer);
  return push_answer(L, fetch, &answer);
}

/* The arguments of both functions: label url method body options. */
static struct fetch *read_request(lua_State *L, unsigned timeout_ms) {
  struct vm *vm = vm_of(L);
  size_t size;
  lua_settop(L, OPTIONS);
  const char *label = luaL_checkstring(L, LABEL), *url = luaL_checklstring(L, URL, &size);
  luaL_argcheck(L, strlen(url) == size, URL, "an address without zero bytes expected");
  luaL_checktype(L, OPTIONS, LUA_TTABLE);
  if (!vm->options.http && !vm->options.serve) luaL_error(L, "there is no network here for %s", label);
  size_t part_count = lua_istable(L, BODY) ? lua_rawlen(L, BODY) : 0;
  if (part_count > PARTS_MAX) luaL_error(L, "more than %d parts of a form", PARTS_MAX);
  struct fetch *fetch = new_fetch(L, part_count);
  fetch->request = (struct http_request){.url = url,
                                         .label = label,
                                         .method = luaL_optstring(L, METHOD, NULL),
                                         .follow = true,
                                         .wants_headers = true,
                                         .public_only = !vm->options.may_reach_private};
  read_options(L, fetch, timeout_ms);
  read_body(L, fetch);
  return fetch;
}

/* The segment has ended. */
static int begin_request(lua_State *L, int status, lua_KContext context) {
  struct vm *vm = vm_of(L);
  struct fetch *fetch = lua_touserdata(L, HANDLE);
  struct error error = {0};
  (void)status, (void)context;
  fetch->run = run_current(L);
  if (vm->options.serve) return serve(L, vm, fetch);
  fetch->call = http_start(vm->options.http, &fetch->request, on_answered, fetch, &error);
  if (!fetch->call) return push_failure(L, fetch, &error);
  return run_wait(L, fetch->run, fetch->request.label, NULL, NULL, on_woken);
}

/* request(label, url, method?, body?, options) -> { status, body, content_type, headers } | nil, err */
static int http_request(lua_State *L) {
  struct fetch *fetch = read_request(L, TIMEOUT_MS);
  lua_pushvalue(L, HANDLE);
  lua_toclose(L, lua_gettop(L));
  return run_end_segment(L, fetch->request.label, begin_request);
}

/* ---- streams ---- */

/* The run that waits for the stream goes on; fetch may be gone afterwards. */
static void wake(struct fetch *fetch) {
  if (!fetch->is_awaited) return;
  fetch->is_awaited = false;
  run_wake(fetch->run);
}

static bool keep_piece(struct fetch *fetch, const char *bytes, size_t size) {
  fetch->total += size;
  if (fetch->total > fetch->limit) {
    return error_set(&fetch->error, ERROR_FULL, "http.stream: the answer has more than %zu bytes", fetch->limit);
  }
  return size == 0 || (buffer_add(&fetch->pieces, &size, sizeof size, &fetch->error) &&
                       buffer_add(&fetch->pieces, bytes, size, &fetch->error));
}

static void on_chunk(const char *bytes, size_t size, void *data) {
  struct fetch *fetch = data;
  if (fetch->has_ended) return; /* in a spec the rest comes all the same */
  if (fetch->run->vm->options.observer) (void)buffer_add(&fetch->heard, bytes, size, NULL); /* what does not fit is left out */
  if (!keep_piece(fetch, bytes, size)) {
    fetch->has_ended = true;
    if (fetch->call) http_cancel(fetch->call);
    fetch->call = NULL;
  } else if (fetch->call && fetch->pieces.size - fetch->read_size > HELD_SIZE) {
    http_hold(fetch->call, true);
  }
  wake(fetch);
}

/* The answer brings what came last: the observer is told of all of it. */
static void tell_of_stream(struct fetch *fetch, const struct http_answer *answer) {
  struct http_answer whole = *answer;
  if (!fetch->run->vm->options.observer) return;
  (void)buffer_add(&fetch->heard, answer->body, answer->size, NULL);
  whole.body = fetch->heard.data ? fetch->heard.data : "";
  whole.size = fetch->heard.size;
  tell_observer(fetch->run->vm, fetch, &whole);
}

static void on_stream_ended(const struct http_answer *answer, void *data) {
  struct fetch *fetch = data;
  fetch->call = NULL;
  tell_of_stream(fetch, answer);
  if (!fetch->has_ended) {
    fetch->has_ended = true;
    if (keep_piece(fetch, answer->body, answer->size)) fetch->error = answer->error;
  }
  fetch->answer = fetch->is_awaited ? answer : NULL;
  wake(fetch);
}

static int64_t pause_of_stream(void *data) {
  struct fetch *fetch = data;
  int64_t now = clock_ticks(fetch->run->vm->options.clock), waited = now - fetch->waits_since;
  fetch->waits_since = now;
  return waited < PAUSE_LEAST_MS ? PAUSE_LEAST_MS : waited;
}

static int wait_for_stream(lua_State *L, struct fetch *fetch, lua_KFunction on_come) {
  fetch->is_awaited = true;
  fetch->waits_since = clock_ticks(fetch->run->vm->options.clock);
  return run_wait(L, fetch->run, "http.stream", pause_of_stream, fetch, on_come);
}

static void excuse(struct fetch *fetch) {
  run_excuse(fetch->run, clock_ticks(fetch->run->vm->options.clock) - fetch->waits_since);
}

/* Pushes the stream, and what its answer begins with. A failure before the first byte is the answer's. */
static int push_opened(lua_State *L, struct fetch *fetch, const struct http_answer *answer) {
  if (fetch->has_ended && fetch->error.kind && !fetch->pieces.size) {
    struct error error = fetch->error;
    int count = push_failure(L, fetch, &error);
    close_fetch(fetch);
    return count;
  }
  lua_pushvalue(L, HANDLE);
  (void)push_answer(
      L, fetch,
      &(struct http_answer){
          .status = answer->status, .body = "", .content_type = answer->content_type, .headers = answer->headers});
  return 2;
}

static int on_opened(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  struct fetch *fetch = lua_touserdata(L, HANDLE);
  struct http_answer begun = {.content_type = "", .headers = ""};
  excuse(fetch);
  if (fetch->answer) {
    begun = *fetch->answer;
  } else if (fetch->call) {
    http_peek(fetch->call, &begun);
  }
  fetch->answer = NULL;
  return push_opened(L, fetch, &begun);
}

/* The segment has ended. */
static int begin_stream(lua_State *L, int status, lua_KContext context) {
  struct vm *vm = vm_of(L);
  struct fetch *fetch = lua_touserdata(L, HANDLE);
  struct error error = {0};
  (void)status, (void)context;
  fetch->run = run_current(L);
  join_run(fetch);
  if (vm->options.serve) {
    struct http_answer answer;
    vm->options.serve(&fetch->request, &answer, vm->options.serve_data);
    on_stream_ended(&answer, fetch);
    return push_opened(L, fetch, &answer);
  }
  fetch->call = http_start(vm->options.http, &fetch->request, on_stream_ended, fetch, &error);
  if (!fetch->call) {
    int count = push_failure(L, fetch, &error);
    close_fetch(fetch);
    return count;
  }
  return wait_for_stream(L, fetch, on_opened);
}

/* open(label, url, method?, body?, options) -> stream, { status, content_type, headers } | nil, err */
static int http_open_stream(lua_State *L) {
  struct fetch *fetch = read_request(L, STREAM_TIMEOUT_MS);
  fetch->request.chunk = on_chunk;
  fetch->request.chunk_data = fetch;
  lua_createtable(L, 2, 0); /* keeps what is sent, and lives as long as the stream */
  lua_pushvalue(L, BODY);
  lua_rawseti(L, -2, 1);
  lua_pushvalue(L, URL);
  lua_rawseti(L, -2, 2);
  lua_setiuservalue(L, HANDLE, 1);
  return run_end_segment(L, fetch->request.label, begin_stream);
}

/* Pushes what there is: a piece, or the end. False: nothing has come yet. */
static int push_piece(lua_State *L, struct fetch *fetch) {
  size_t size;
  if (fetch->read_size < fetch->pieces.size) {
    memcpy(&size, fetch->pieces.data + fetch->read_size, sizeof size);
    lua_pushlstring(L, fetch->pieces.data + fetch->read_size + sizeof size, size);
    fetch->read_size += sizeof size + size;
    if (fetch->read_size == fetch->pieces.size) {
      buffer_clear(&fetch->pieces);
      fetch->read_size = 0;
      if (fetch->call) http_hold(fetch->call, false);
    }
    return 1;
  }
  if (!fetch->has_ended) return 0;
  struct error error = fetch->error;
  struct run *run = fetch->run;
  close_fetch(fetch);
  if (!error.kind) {
    lua_pushnil(L);
    return 1;
  }
  int count = api_push_error(L, &error, 0, NULL, 0);
  if (!fetch->is_quiet) api_mark_unseen(L, run, "http.stream", 0);
  return count;
}

static int on_piece_come(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  struct fetch *fetch = lua_touserdata(L, 1);
  excuse(fetch);
  fetch->answer = NULL;
  return push_piece(L, fetch);
}

/* The segment has ended. */
static int read_next(lua_State *L, int status, lua_KContext context) {
  struct fetch *fetch = lua_touserdata(L, 1);
  (void)status, (void)context;
  if (run_current(L) != fetch->run) return luaL_error(L, "a stream is only for the handler that has opened it");
  int count = push_piece(L, fetch);
  return count ? count : wait_for_stream(L, fetch, on_piece_come);
}

/* next(stream) -> piece | nil | nil, err. What has come already is given at once, but the segment ends all the same. */
static int http_next(lua_State *L) {
  const struct fetch *fetch = luaL_checkudata(L, 1, FETCH);
  lua_settop(L, 1);
  if (!fetch->run) {
    lua_pushnil(L);
    return 1;
  }
  return run_end_segment(L, "http.stream", read_next);
}

/* close(stream) */
static int http_close_stream(lua_State *L) {
  close_fetch(luaL_checkudata(L, 1, FETCH));
  return 0;
}

int api_open_http(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"request", http_request}, {"open", http_open_stream}, {"next", http_next}, {"close", http_close_stream}, {NULL, NULL}};
  participants_add(&vm_of(L)->participants, &streams_of_run);
  api_make_closing_metatable(L, FETCH, on_fetch_closed);
  luaL_newlib(L, functions);
  return 1;
}
