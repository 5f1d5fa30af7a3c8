/* What a script sees: what the C halves of the modules share. Everything that takes a lua_State runs inside a
 * protected call and may raise. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "script/api/modules.h"

struct buffer;
struct error;
struct run;
struct vm;

#define API_ENVIRONMENT "lunokhod.environment" /* registry: function(path) -> the globals of one file */
#define API_OWN_DB "lunokhod.own_db"           /* registry: core.db, for our own modules that are loaded late */
#define API_UNREAD "lunokhod.unread"           /* registry: source -> the set of its lines that read no result of a call */
#define API_ME "lunokhod.me"                   /* registry: getMe's result, decoded */

void api_open(lua_State *L); /* puts all modules into package.preload, and what C needs of them into the VM */

/* ---- metatable.c ---- */

/* Locks the metatable on top of the stack: a script neither sees it nor takes it off. Its functions rely on that. */
void api_lock_metatable(lua_State *L);
/* Registers a locked metatable of that name. close(userdata): where a variable ends, and when the collector takes it. */
void api_make_closing_metatable(lua_State *L, const char *name, lua_CFunction close);

/* ---- json_reader.c, json.c ---- */
#define API_ARRAY "lunokhod.array" /* the metatable of a list that stays one when it is empty */

/* bytes -> the decoded value on the stack, integers as integers. Raises with the place of what is no JSON. */
void api_decode(lua_State *L, const char *text, size_t size);

/* The same for what Telegram sends: a field that is null is one that is not there, as it is for scripts. */
void api_decode_telegram(lua_State *L, const char *text, size_t size);
size_t api_decode_next(lua_State *L, const char *text, size_t size); /* likewise, where more may follow; returns its own size */

struct encoder {
  struct buffer *buffer; /* borrowed; owned by a userdata, because encoding may raise */
  bool empty_is_array;   /* a plain empty table: [] for Telegram, {} for json.encode */
  bool takes_bytes;      /* texts need not be UTF-8 */
  const char *name;      /* of the whole value, where it is a parameter; or NULL */
  /* Is an empty table under that name, in so many lists, an object? NULL: empty_is_array decides alone. */
  bool (*is_object)(const char *name, unsigned lists);
  /* A userdata in the value: writes what stands for it. NULL: userdata can't be encoded. */
  void (*userdata)(lua_State *L, int index, struct encoder *encoder);
  void *data;
};
void api_encode(lua_State *L, int index, struct encoder *encoder);

/* ---- lua_buffer.c ---- */

/* A buffer on the stack that is freed by the collector, or by `close`. */
struct buffer *api_new_buffer(lua_State *L, size_t ceiling);

/* ---- result.c ---- */
#define API_DRESS "lunokhod.dress" /* registry: function(table, method?, parameters?), gives messages their methods */
#define API_READ "__read"          /* metafield of a result that is still text: function(table) decodes it */
void api_open_result(lua_State *L);

/* Pushes `result` of a success. An object is decoded when it is first touched: then false. */
bool api_push_result(lua_State *L, const char *body, size_t size);
/* Gives what that has pushed its methods where it is a list, or no more than an id. Indices: of the call's arguments. */
void api_dress_result(lua_State *L, int method, int parameters);

/* Pushes nil and an error value: what failed outside. It has kind, description, and for Telegram's refusals code and
 * retry_after; tostring(err) is the text. Returns 2. */
int api_push_error(lua_State *L, const struct error *error, int code, const char *description, int retry_after);

/* ---- unseen_error.c ---- */
void api_open_unseen_error(lua_State *L);

/* Replaces the error value on top, which api_push_error() has pushed, by one that is a warning at the end of the run unless the
 * script looks at it. parameters: index of the call's; 0: none. */
void api_mark_unseen(lua_State *L, struct run *run, const char *method, int parameters);
int api_code_of_error(lua_State *L);        /* err -> its code | nil, which is no look at it */
int api_description_of_error(lua_State *L); /* likewise */

/* ---- call_guard.c ---- */

/* Raises where the call of a script would take away what the backup needs, or updates. parameters: index of a table. */
void api_guard_call(lua_State *L, const char *method, int parameters);

/* ---- default_answer.c ---- */

/* The run is about to call this method with the parameters at that index. If that answers the button which its handler is
 * about, the host gives no answer of its own, even if this one fails. */
void api_note_answer(lua_State *L, struct run *run, const char *method, int parameters);

/* ---- schedule.c: never raise, and take a VM from the loop ---- */
void api_pause_schedules(struct vm *vm, bool is_paused); /* what was due while paused begins afterwards */
void api_lead_schedules(struct vm *vm, bool leads);      /* likewise for what only one host does */
bool api_are_schedules_paused(const struct vm *vm);
void api_hasten_schedules(struct vm *vm, int64_t ms); /* each is due so much sooner */

enum api_job_event { API_JOBS_STOP, API_JOBS_CANCEL, API_JOB_EVENTS };
/* What the VM's Lua halves want to be run for their tables at such an event; borrowed. "": nothing. */
const char *api_job_sql(const struct vm *vm, enum api_job_event event);
