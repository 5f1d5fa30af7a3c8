/* The error of a call to Telegram or to another service, until a script looks at it. A refusal that nobody has looked at when
 * its handler ends, or when the collector finds it, is a warning with the line of the script that made the call: otherwise
 * nothing would tell its author why nothing was sent.
 *
 * Such an error seems to be the table that it becomes with the first look. Until then it is empty but for one key, by address:
 * a userdata, which has the true error as its user value. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <utlist.h>

#include "common/error.h"
#include "common/log.h"
#include "script/api/api.h"
#include "script/place.h"
#include "script/run.h"
#include "script/vm.h"

static const char UNSEEN[] = "lunokhod.unseen"; /* the metatable of errors that nobody has looked at */
static const char REFUSAL[] = "lunokhod.refusal";
static const char KEY = 0;
static const char HTTP[] = "http."; /* how the functions of that module begin */

struct refusal { /* a userdata */
  struct refusal **list;
  struct refusal *next, *prev;
  char method[64], chat[64], source[128]; /* chat, source: "" is none */
  char words[sizeof(((struct error *)0)->text)];
};

struct refusals { /* of a run: what its handler has not looked at */
  struct refusal *list;
};

static void warn_all(struct run *run, void *of_run);
static const struct participant refusals = {.run_size = sizeof(struct refusals), .on_run_end = warn_all};

/* ---- the warning ---- */

static void settle(struct refusal *refusal) {
  if (refusal->list) DL_DELETE(*refusal->list, refusal);
  refusal->list = NULL;
}

static void warn(struct refusal *refusal) {
  const char *chat = refusal->chat[0] ? refusal->chat : NULL, *source = refusal->source[0] ? refusal->source : NULL;
  if (strncmp(refusal->method, HTTP, sizeof HTTP - 1) == 0) {
    log_warn("a request failed, and nobody looked at its error; method=%s error=%s source=%s", refusal->method, refusal->words,
             source);
  } else {
    log_warn("a call to Telegram failed, and nobody looked at its error; method=%s chat=%s error=%s source=%s", refusal->method,
             chat, refusal->words, source);
  }
  settle(refusal);
}

static void warn_all(struct run *run, void *of_run) {
  struct refusals *mine = of_run;
  (void)run;
  while (mine->list) warn(mine->list);
}

/* The script has let go of the error, so nobody will look at it. */
static int collected(lua_State *L) {
  struct refusal *refusal = luaL_checkudata(L, 1, REFUSAL);
  if (refusal->list) warn(refusal);
  return 0;
}

/* ---- looking ---- */

/* Turns the error at 1 into the plain table that it seems to be. */
static void look(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_rawgetp(L, 1, &KEY);
  struct refusal *refusal = luaL_checkudata(L, -1, REFUSAL);
  settle(refusal);
  lua_getiuservalue(L, -1, 1); /* refusal error */
  lua_pushnil(L);
  lua_rawsetp(L, 1, &KEY);
  for (lua_pushnil(L); lua_next(L, -2);) { /* refusal error key value */
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, 1);
  }
  (void)lua_getmetatable(L, -1);
  lua_setmetatable(L, 1);
  lua_pop(L, 2);
}

static int unseen_index(lua_State *L) {
  look(L);
  lua_gettable(L, 1);
  return 1;
}

static int unseen_newindex(lua_State *L) {
  look(L);
  lua_settable(L, 1);
  return 0;
}

static int unseen_tostring(lua_State *L) {
  look(L);
  (void)luaL_tolstring(L, 1, NULL);
  return 1;
}

static int unseen_pairs(lua_State *L) {
  lua_settop(L, 1);
  look(L);
  lua_getglobal(L, "next");
  lua_pushvalue(L, 1);
  return 2;
}

static int unseen_read(lua_State *L) {
  lua_settop(L, 1);
  look(L);
  return 0;
}

/* ---- from a call ---- */

/* The text of the value on top, which is taken off; "" where it has none. */
static void take_text(lua_State *L, char *text, size_t size) {
  const char *value = lua_tostring(L, -1);
  (void)snprintf(text, size, "%s", value ? value : "");
  lua_pop(L, 1);
}

void api_mark_unseen(lua_State *L, struct run *run, const char *method, int parameters) {
  struct refusal *refusal = lua_newuserdatauv(L, sizeof *refusal, 1); /* error refusal */
  *refusal = (struct refusal){.list = NULL};
  luaL_setmetatable(L, REFUSAL);
  (void)snprintf(refusal->method, sizeof refusal->method, "%s", method);
  lua_getfield(L, -2, "description");
  take_text(L, refusal->words, sizeof refusal->words);
  if (parameters) {
    lua_pushliteral(L, "chat_id");
    lua_rawget(L, parameters);
    take_text(L, refusal->chat, sizeof refusal->chat);
  }
  place_push(L, L);
  take_text(L, refusal->source, sizeof refusal->source);
  lua_insert(L, -2); /* refusal error */
  lua_setiuservalue(L, -2, 1);
  lua_createtable(L, 0, 6);
  lua_insert(L, -2); /* seeming refusal */
  lua_rawsetp(L, -2, &KEY);
  luaL_setmetatable(L, UNSEEN);
  struct refusals *mine = run_data(run, &refusals);
  refusal->list = &mine->list; /* from here on nothing raises */
  DL_APPEND(mine->list, refusal);
}

static int field_of_error(lua_State *L, const char *name) {
  lua_settop(L, 1);
  if (!lua_istable(L, 1)) { /* what `pcall` caught may be anything */
    lua_pushnil(L);
    return 1;
  }
  lua_rawgetp(L, 1, &KEY);
  if (luaL_testudata(L, -1, REFUSAL)) { /* next() shows a script the key, and rawset() takes it */
    lua_getiuservalue(L, -1, 1);
  } else {
    lua_settop(L, 1);
  }
  lua_pushstring(L, name);
  lua_rawget(L, -2);
  return 1;
}

int api_code_of_error(lua_State *L) { return field_of_error(L, "code"); }

int api_description_of_error(lua_State *L) { return field_of_error(L, "description"); }

void api_open_unseen_error(lua_State *L) {
  static const luaL_Reg functions[] = {{"__index", unseen_index},       {"__newindex", unseen_newindex},
                                       {"__tostring", unseen_tostring}, {"__pairs", unseen_pairs},
                                       {API_READ, unseen_read},         {NULL, NULL}};
  participants_add(&vm_of(L)->participants, &refusals);
  luaL_newmetatable(L, UNSEEN);
  luaL_setfuncs(L, functions, 0);
  api_lock_metatable(L);
  luaL_newmetatable(L, REFUSAL);
  lua_pushcfunction(L, collected);
  lua_setfield(L, -2, "__gc");
  api_lock_metatable(L);
  lua_pop(L, 2);
}
