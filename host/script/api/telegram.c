/* core.telegram: one call of the Bot API. A call waits, and so ends the segment. telegram.lua adds the names
 * of the methods, message.lua the methods of messages. */
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/error.h"
#include "net/http.h"
#include "script/api/api.h"
#include "script/api/input_file.h"
#include "script/run.h"
#include "script/vm.h"
#include "telegram/telegram.h"

enum {
  BODY_CEILING = 2 << 20,      /* Telegram takes 1 MiB of parameters (telegram/FACTS.md, Requests) and says so itself */
  PARTS_MAX = 50,              /* files in a request: telegram/FACTS.md, Requests */
  DOWNLOAD_CEILING = 20 << 20, /* what a bot can fetch: telegram/FACTS.md, Files */
  TIMEOUT_MAX_S = 3600,
  PATIENT_CHECK_MS = 30000, /* how often the deadline of a handler with a patient call comes, and is moved */
};

#ifndef TELEGRAM_KEPT_BODY_SIZE
#define TELEGRAM_KEPT_BODY_SIZE 1024 /* bytes that a call keeps for the next one; few texts need more */
#endif

static const char CALL[] = "lunokhod.call"; /* the metatable */

/* ---- one call ---- */

/* A userdata. Of an upload, its user value 1 keeps alive what the parts point to. Others are used again, since a finalizer
 * keeps memory for two rounds of the collector, and a thousand of them were two megabytes: while a call is spare, the value is
 * the next spare one. */
struct call {
  struct run *run;
  struct telegram_call *telegram_call;      /* while it is under way */
  struct telegram_download *download;       /* or this */
  const struct telegram_answer *answer;     /* borrowed, while the run is being woken */
  const struct download_answer *downloaded; /* or this */
  struct telegram_request request;          /* what will be asked for, once the segment is committed */
  int64_t (*pause)(void *data);             /* of the wait for it */
  unsigned timeout_ms;                      /* of a download; 0: none of its own */
  struct buffer body;
  struct clock *clock;   /* of an upload or a download; else NULL */
  int64_t counted_ticks; /* likewise: up to here its time was told to the run */
  bool is_quiet;         /* nobody needs to look at its error */
  bool has_file;         /* among the parameters; then it is an upload */
  size_t part_room, part_count;
  int keep, kept; /* while the parts are filled in: where the table is that keeps alive what they point to, and its length */
  struct http_part parts[]; /* as many as there is room for, see new_call() */
};

static void end_call(struct call *call) {
  if (call->telegram_call) telegram_call_cancel(call->telegram_call);
  if (call->download) download_cancel(call->download);
  call->telegram_call = NULL;
  call->download = NULL;
}

/* When the collector takes it, or the VM is closed. */
static int collect_call(lua_State *L) {
  struct call *call = lua_touserdata(L, 1);
  end_call(call);
  buffer_release(&call->body);
  return 0;
}

/* Upvalue 1 of our functions and of close_call() is a list of one: the first of the calls that are not in use, or false. */
static int get_spare(lua_State *L) { return lua_rawgeti(L, lua_upvalueindex(1), 1); }
static void set_spare(lua_State *L) { lua_rawseti(L, lua_upvalueindex(1), 1); }

/* Called when the handler has its answer, fails, or is ended from outside: a call that is still under way is cancelled. By Lua
 * alone, as scripts have no call and no metatable of one: so its type is not asked for. Takes no memory: the slots are there.
 */
static int close_call(lua_State *L) {
  struct call *call = lua_touserdata(L, 1);
  if (call->part_room || call->body.capacity > TELEGRAM_KEPT_BODY_SIZE) return collect_call(L);
  end_call(call);
  (void)get_spare(L);
  lua_setiuservalue(L, 1, 1);
  lua_pushvalue(L, 1);
  set_spare(L);
  return 0;
}

/* Pushes a spare one. NULL, and nothing is pushed: there is none. */
static struct call *take_spare(lua_State *L) {
  if (get_spare(L) != LUA_TUSERDATA) {
    lua_pop(L, 1);
    return NULL;
  }
  lua_getiuservalue(L, -1, 1);
  set_spare(L);
  lua_pushnil(L);
  lua_setiuservalue(L, -2, 1);
  return lua_touserdata(L, -1);
}

/* Parts of an upload are in the same block, so that they go with the call, however it ends. */
static struct call *new_call(lua_State *L, size_t part_room) {
  struct call *call = part_room ? NULL : take_spare(L);
  if (call) {
    struct buffer body = call->body;
    *call = (struct call){.body = body};
    buffer_clear(&call->body);
    return call;
  }
  call = lua_newuserdatauv(L, sizeof *call + part_room * sizeof call->parts[0], 1);
  memset(call, 0, sizeof *call);
  call->part_room = part_room;
  buffer_init(&call->body, BODY_CEILING);
  luaL_setmetatable(L, CALL);
  return call;
}

/* The value on top, until the call ends. What it came from may be changed meanwhile, by other handlers. */
static void keep_value(lua_State *L, struct call *call) {
  lua_pushvalue(L, -1);
  lua_rawseti(L, call->keep, ++call->kept);
}

static void add_file_part(lua_State *L, struct call *call, const char *name, int index) {
  api_read_file(L, index, name, &call->parts[call->part_count++]);
  keep_value(L, call);
  lua_pop(L, 1);
}

/* Inside a nested table (media of an album) a file becomes a part of its own, and its place says which. */
static void attach_nested(lua_State *L, int index, struct encoder *encoder) {
  static const char *const names[] = {"file0",  "file1",  "file2",  "file3",  "file4",  "file5",  "file6",
                                      "file7",  "file8",  "file9",  "file10", "file11", "file12", "file13",
                                      "file14", "file15", "file16", "file17", "file18", "file19"};
  struct call *call = encoder->data;
  if (!api_is_file(L, index)) luaL_error(L, "a %s can't be sent to Telegram", luaL_typename(L, index));
  if (call->part_count >= sizeof names / sizeof names[0]) luaL_error(L, "too many files in one call");
  const char *name = names[call->part_count];
  char text[40];
  int size = snprintf(text, sizeof text, "\"attach://%s\"", name);
  struct error error;
  add_file_part(L, call, name, index);
  if (!buffer_add(encoder->buffer, text, (size_t)size, &error)) luaL_error(L, "%s", error.text);
}

/* In a body there is no room for a file: whoever encodes begins again, with parts. What is not valid JSON is thrown away. */
static void note_file(lua_State *L, int index, struct encoder *encoder) {
  struct call *call = encoder->data;
  if (!api_is_file(L, index)) luaL_error(L, "a %s can't be sent to Telegram", luaL_typename(L, index));
  call->has_file = true;
}

/* An empty table is what Telegram wants under that name. name: of the parameter, as a part; NULL: all of them, as the body. */
static struct encoder encoder_of(struct call *call, const char *name) {
  return (struct encoder){.buffer = &call->body,
                          .empty_is_array = true,
                          .takes_bytes = true,
                          .name = name,
                          .is_object = object_field_is,
                          .userdata = name ? attach_nested : note_file,
                          .data = call};
}

/* Multipart: each parameter becomes a part, text as it is, other values as JSON. The parts only point to their bytes, so a
 * table on top of the stack keeps these alive; it becomes user value 1 of the call. */
static void fill_parts(lua_State *L, struct call *call, int parameters) {
  call->keep = lua_gettop(L) + 1;
  lua_newtable(L);
  for (lua_pushnil(L); lua_next(L, parameters); lua_pop(L, 1)) { /* keep key value */
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "a parameter's name must be a string");
    const char *name = lua_tostring(L, -2);
    lua_pushvalue(L, -2);
    keep_value(L, call);
    lua_pop(L, 1);
    if (call->part_count >= PARTS_MAX) luaL_error(L, "too many parameters for an upload");
    if (api_is_file(L, -1)) {
      add_file_part(L, call, name, lua_gettop(L));
      continue;
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
      buffer_clear(&call->body);
      struct encoder encoder = encoder_of(call, name);
      api_encode(L, -1, &encoder);
      lua_pushlstring(L, call->body.data, call->body.size);
      lua_replace(L, -2);
    }
    struct http_part *part = &call->parts[call->part_count++];
    *part = (struct http_part){.name = name};
    part->data = lua_tolstring(L, -1, &part->size);
    keep_value(L, call);
  }
}

/* The chat whose order the call obeys. "@name" gets a number of its own, which no chat has. */
static int64_t chat_of(lua_State *L, int parameters) {
  int64_t chat_id = 0;
  lua_pushliteral(L, "chat_id");
  lua_rawget(L, parameters);
  int is_integer = 0;
  chat_id = lua_tointegerx(L, -1, &is_integer);
  if (!is_integer && lua_type(L, -1) == LUA_TSTRING) {
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (const char *byte = lua_tostring(L, -1); *byte; byte++) hash = (hash ^ (unsigned char)*byte) * 1099511628211u;
    chat_id = (int64_t)(hash | (uint64_t)1 << 63); /* real ids have 52 bits */
  }
  lua_pop(L, 1);
  return chat_id;
}

/* A transfer ends by itself, when no byte has moved for long enough: so its time is none of the handler's. */
static int64_t time_of_transfer(void *data) {
  struct call *call = data;
  int64_t now = clock_ticks(call->clock), since = now - call->counted_ticks;
  call->counted_ticks = now;
  return since;
}

static void begin_transfer(struct call *call, struct clock *clock) {
  call->clock = clock;
  call->counted_ticks = clock_ticks(clock);
}

static void on_answered(const struct telegram_answer *answer, void *data) {
  struct call *call = data;
  call->telegram_call = NULL;
  call->answer = answer;
  run_excuse(call->run, call->clock ? time_of_transfer(call) : answer->paused_ms);
  run_wake(call->run); /* call may be gone afterwards */
}

/* In the coroutine again: call is at 3. */
static int on_call_woken(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  struct call *call = lua_touserdata(L, 3);
  const struct telegram_answer *answer = call->answer;
  call->answer = NULL;
  if (answer->error.kind) {
    int count = api_push_error(L, &answer->error, answer->code, answer->description, answer->retry_after);
    if (answer->migrate_to_chat_id) {
      lua_pushinteger(L, answer->migrate_to_chat_id);
      lua_setfield(L, -2, "migrate_to_chat_id");
    }
    if (!call->is_quiet) api_mark_unseen(L, call->run, lua_tostring(L, 1), 2);
    return count;
  }
  bool is_read = api_push_result(L, answer->body, answer->size);
  if (is_read || strcmp(lua_tostring(L, 1), "copyMessage") == 0) api_dress_result(L, 1, 2);
  return 1;
}

/* How long Telegram has asked this call to wait: time that does not count for the handler's deadline. */
static int64_t pause_of_call(void *data) {
  const struct call *call = data;
  return call->telegram_call ? telegram_call_take_pause(call->telegram_call) : 0;
}

static int64_t time_left_of_call(void *data) { return run_time_left(((const struct call *)data)->run); }

/* For a call that the host makes on behalf of the scripts, such as a message of a broadcast. It ends by itself, and a deadline
 * would leave its outcome unknown. */
static int64_t pause_of_patient(void *data) {
  (void)data;
  return PATIENT_CHECK_MS;
}

/* The option timeout at index, in seconds, as ms. 0: there is none. */
static unsigned timeout_of(lua_State *L, int index) {
  if (lua_isnoneornil(L, index)) return 0;
  lua_Number seconds = luaL_checknumber(L, index);
  luaL_argcheck(L, seconds >= 1 && seconds <= TIMEOUT_MAX_S, index, "timeout must be from 1 to 3600 seconds");
  return (unsigned)(seconds * 1000);
}

/* The parameters at 2, as JSON, into the call at 3. Where there is a file among them, the call is replaced by one with parts.
 */
static struct call *write_parameters(lua_State *L, struct call *call) {
  struct encoder encoder = encoder_of(call, NULL);
  api_encode(L, 2, &encoder);
  if (call->has_file) {
    lua_closeslot(L, 3);
    call = new_call(L, PARTS_MAX * 2);
    lua_replace(L, 3);
    lua_toclose(L, 3);
    call->has_file = true;
    fill_parts(L, call, 2);
    lua_setiuservalue(L, 3, 1);
  } else if (call->body.size && call->body.data[0] == '[') { /* no parameters: Telegram wants an empty object, not a list */
    buffer_clear(&call->body);
    (void)buffer_add_text(&call->body, "{}", NULL);
  }
  return call;
}

/* The segment has ended; the stack is method, parameters, call. */
static int begin_call(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  const char *method = lua_tostring(L, 1);
  struct vm *vm = vm_of(L);
  struct call *call = lua_touserdata(L, 3);
  call->run = run_current(L);
  call->request.asker = run_asker(call->run);
  call->request.out_of_order = call->run->order != ORDER_CHAT; /* nor need others wait for what it says */
  api_note_answer(L, call->run, method, 2);
  if (call->request.parts) begin_transfer(call, vm->options.clock);
  call->telegram_call = telegram_start(vm->options.telegram, &call->request, on_answered, call);
  return run_wait(L, call->run, method, call->pause, call, on_call_woken);
}

/* Does the script discard what the call returns? The host's own function, which has called us, has taken the place of the one
 * before by `return f(...)`, so the frame below it is the script's line. */
static bool is_unread(lua_State *L) {
  lua_Debug frame;
  if (!lua_getstack(L, 2, &frame) || !lua_getinfo(L, "Sl", &frame) || frame.source[0] != '@') return false;
  int top = lua_gettop(L);
  bool is_found = lua_getfield(L, LUA_REGISTRYINDEX, API_UNREAD) == LUA_TTABLE &&
                  lua_getfield(L, -1, frame.source) == LUA_TTABLE && lua_rawgeti(L, -1, frame.currentline) != LUA_TNIL;
  lua_settop(L, top);
  return is_found;
}

/* core.telegram.call(method, parameters, is_patient, timeout, is_quiet, is_direct) -> result | nil, err. is_direct: the result
 * goes to the script as it is. Nothing is returned where the script does not look. */
static int telegram_call(lua_State *L) {
  const char *method = luaL_checkstring(L, 1);
  bool is_patient = lua_toboolean(L, 3);
  bool is_quiet = lua_toboolean(L, 5), is_direct = lua_toboolean(L, 6);
  unsigned timeout_ms = timeout_of(L, 4);
  if (lua_isnoneornil(L, 2)) {
    lua_settop(L, 1);
    lua_newtable(L);
  }
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  struct vm *vm = vm_of(L);
  if (!vm->options.telegram) return luaL_error(L, "there is no Telegram here to call %s", method);
  api_guard_call(L, method, 2);
  struct call *call = new_call(L, 0); /* method parameters call */
  lua_toclose(L, 3);
  call = write_parameters(L, call);
  bool is_upload = call->has_file;
  call->is_quiet = is_quiet;
  call->request = (struct telegram_request){
      .method = method,
      .body = is_upload ? NULL : call->body.data,
      .size = call->body.size,
      .parts = is_upload ? call->parts : NULL,
      .part_count = call->part_count,
      .timeout_ms = timeout_ms,
      .time_left = is_patient || is_upload ? NULL : time_left_of_call,
      .chat_id = strncmp(method, "get", 3) == 0 ? 0 : chat_of(L, 2), /* a method that only reads needs no order */
  };
  if (is_direct && vm->options.finds_unread && !is_upload && is_unread(L) && run_offer_reply(L, &call->request)) {
    api_note_answer(L, vm->current, method, 2);
    return 0;
  }
  call->pause = is_patient ? pause_of_patient : is_upload ? time_of_transfer : pause_of_call;
  return run_end_segment(L, method, begin_call);
}

/* ---- download ---- */

static void on_downloaded(const struct download_answer *answer, void *data) {
  struct call *call = data;
  call->download = NULL;
  call->downloaded = answer;
  run_excuse(call->run, time_of_transfer(call));
  run_wake(call->run);
}

static int on_download_woken(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  struct call *call = lua_touserdata(L, 2);
  if (call->downloaded->error.kind) {
    int count = api_push_error(L, &call->downloaded->error, 0, NULL, 0);
    if (!call->is_quiet) api_mark_unseen(L, call->run, "telegram.download", 0);
    return count;
  }
  lua_pushlstring(L, call->downloaded->data, call->downloaded->size);
  return 1;
}

/* The segment has ended; the stack is file_id, call. */
static int begin_download(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  struct vm *vm = vm_of(L);
  struct call *call = lua_touserdata(L, 2);
  call->run = run_current(L);
  call->download = download_start(vm->options.telegram, run_asker(call->run), lua_tostring(L, 1), DOWNLOAD_CEILING, NULL,
                                  on_downloaded, call);
  if (call->timeout_ms) download_set_timeout(call->download, call->timeout_ms);
  begin_transfer(call, vm->options.clock);
  return run_wait(L, call->run, "telegram.download", time_of_transfer, call, on_download_woken);
}

/* core.telegram.download(file_id, timeout, is_quiet) -> bytes | nil, err */
static int telegram_download(lua_State *L) {
  (void)luaL_checkstring(L, 1);
  unsigned timeout_ms = timeout_of(L, 2);
  bool is_quiet = lua_toboolean(L, 3);
  lua_settop(L, 1);
  struct vm *vm = vm_of(L);
  if (!vm->options.telegram) return luaL_error(L, "there is no Telegram here to download from");
  struct call *call = new_call(L, 0);
  lua_toclose(L, 2);
  call->is_quiet = is_quiet;
  call->timeout_ms = timeout_ms;
  return run_end_segment(L, "telegram.download", begin_download);
}

/* telegram.split(text, length?) -> a list of texts of at most so many characters, cut where a reader would */
static int telegram_split(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  lua_Integer length = luaL_optinteger(L, 2, TEXT_MESSAGE_LENGTH);
  luaL_argcheck(L, length > 0, 2, "a positive number of characters expected");
  lua_newtable(L);
  for (lua_Integer i = 1; size > 0; i++) {
    size_t skip = 0, piece = text_split(text, size, (size_t)length, &skip);
    lua_pushlstring(L, text, piece);
    lua_rawseti(L, -2, i);
    text += piece + skip;
    size -= piece + skip;
  }
  return 1;
}

/* core.telegram.set_dress(function), once: it serves all scripts */
static int telegram_set_dress(lua_State *L) {
  lua_settop(L, 1);
  luaL_checktype(L, 1, LUA_TFUNCTION);
  if (lua_getfield(L, LUA_REGISTRYINDEX, API_DRESS) != LUA_TNIL) return luaL_error(L, "it is set already");
  lua_settop(L, 1);
  lua_setfield(L, LUA_REGISTRYINDEX, API_DRESS);
  return 0;
}

int api_open_telegram(lua_State *L) {
  static const luaL_Reg functions[] = {{"call", telegram_call},
                                       {"file", api_file},
                                       {"bytes", api_bytes},
                                       {"download", telegram_download},
                                       {"split", telegram_split},
                                       {"set_dress", telegram_set_dress},
                                       {"code_of", api_code_of_error},
                                       {"description_of", api_description_of_error},
                                       {NULL, NULL}};
  api_open_result(L);
  api_open_unseen_error(L);
  api_make_closing_metatable(L, CALL, collect_call);
  api_open_input_file(L);
  luaL_newlibtable(L, functions);
  lua_createtable(L, 1, 0);
  lua_pushboolean(L, false);
  lua_rawseti(L, -2, 1);
  luaL_getmetatable(L, CALL); /* functions spare metatable */
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, close_call, 1);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 1);
  return 1;
}
