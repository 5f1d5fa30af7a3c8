/* What a script sees: the list of modules, and what their C halves share. Everything here runs inside a protected call and may
 * raise. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;
struct run;
struct vm;

#define API_ENVIRONMENT "lunokhod.environment" /* registry: function(path) -> the globals of one file */
#define API_ME "lunokhod.me"                   /* registry: getMe's result, decoded */
extern const char API_TRACEBACK;               /* registry, by address: the last traceback, kept alive */

/* broadcast.lua: what its VM had put aside and not begun to send. */
#define API_RELEASE_JOBS "UPDATE lunokhod_broadcast_chats SET state = 0, holder = NULL WHERE state = 1"

#define API_CANCEL_JOBS                                                                                        \
  "UPDATE lunokhod_broadcasts SET canceled = canceled + (SELECT count(*) FROM lunokhod_broadcast_chats WHERE " \
  "broadcast = id) WHERE done_at IS NULL; DELETE FROM lunokhod_broadcast_chats"

void api_open(lua_State *L); /* puts all modules into package.preload, and what C needs of them into the VM */

/* One opener a module; each leaves its table on the stack. */
int api_open_db(lua_State *L);
int api_open_own_db(lua_State *L);   /* as "core.db": may write lunokhod_ tables; only while the VM is being opened */
int api_open_job(lua_State *L);      /* as "core.job" */
int api_open_telegram(lua_State *L); /* as "core.telegram" */
int api_open_json(lua_State *L);
int api_open_log(lua_State *L);
int api_open_backup(lua_State *L);
int api_open_http(lua_State *L);
int api_open_chart(lua_State *L);
int api_open_script(lua_State *L);   /* as "core.script" */
int api_open_schedule(lua_State *L); /* as "core.schedule" */

int api_open_step(lua_State *L); /* as "core.step" */

int api_migrate(lua_State *L); /* a function of core.script */

/* ---- json.c ---- */

/* bytes -> the decoded value on the stack, integers as integers. Raises with cjson's words. */
void api_decode(lua_State *L, const char *text, size_t size);

struct encoder {
  struct buffer *buffer; /* borrowed; owned by a userdata, because encoding may raise */
  bool empty_is_array;   /* a plain empty table: [] for Telegram, {} for json.encode */
  /* A userdata in the value: writes what stands for it. NULL: userdata can't be encoded. */
  void (*userdata)(lua_State *L, int index, struct encoder *encoder);
  void *data;
};
void api_encode(lua_State *L, int index, struct encoder *encoder);

/* A buffer on the stack that is freed by the collector, or by `close`. */
struct buffer *api_new_buffer(lua_State *L, size_t ceiling);

/* ---- result.c ---- */
#define API_DRESS "lunokhod.dress" /* registry: function(table), gives a message its methods */
#define API_READ "__read"          /* metafield of a result that is still text: function(table) */
void api_open_result(lua_State *L);

/* Pushes `result` of a success. An object is decoded when it is first touched. */
void api_push_result(lua_State *L, const char *body, size_t size);
void api_read_result(lua_State *L, int index); /* the table at index (absolute), if it is still text, is decoded now */

/* ---- telegram.c ---- */

/* nil, err: what failed outside. err has kind, description, and for Telegram's refusals code and retry_after; tostring(err) is
 * the text. */
int api_push_error(lua_State *L, const struct error *error, int code, const char *description, int retry_after);

/* ---- db.c: open queries. Before a wait their rows are fetched, because afterwards they would show other handlers' writes ----
 */
void api_keep_cursors(lua_State *L);
void api_close_cursors(struct vm *vm);

/* ---- step.c: a segment is about to be committed. False: the row of the question could not go with it ---- */
bool api_end_step(struct run *run, bool is_last, struct error *error);

/* ---- schedule.c: what a reload, or the end of the VM, takes away ---- */
void api_drop_schedules(struct vm *vm, bool only_recurring);
void api_resume_schedules(struct vm *vm); /* the pause is over: what fell due meanwhile runs now */
