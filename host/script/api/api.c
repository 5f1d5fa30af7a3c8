/* The list of what a script can require. Modules whose names begin with core. are for our own Lua halves. core.db, which may
 * write the host's own tables, is taken away again before the first script loads. */
#include "script/api/api.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/embed.h"
#include "script/vm.h"

enum { CODE_CEILING = 1 << 20 }; /* of one module */

static const struct {
  const char *name;
  lua_CFunction open; /* NULL: the Lua file of that name in script/api/ */
} modules[] = {
    {"db", api_open_db},
    {"json", api_open_json},
    {"log", api_open_log},
    {"backup", api_open_backup},
    {"chart", api_open_chart},
    {"hash", api_open_hash},
    {"core.db", api_open_own_db},
    {"core.statement", api_open_statement},
    {"core.telegram", api_open_telegram},
    {"core.http", api_open_http},
    {"core.script", api_open_script},
    {"core.schedule", api_open_schedule},
    {"core.vm_context", api_open_vm_context},
    {"core.question_row", api_open_question_row},
    {"core.default_answer", api_open_default_answer},
    {"core.undo", api_open_undo},
    {"core.time", api_open_time},
    {"core.wait", api_open_wait},
    {"core.parallel", api_open_parallel},
    {"core.text", api_open_text},
    {"core.signature", api_open_signature},
    {"core.typing", api_open_typing},
    {"core.environment", NULL},
    {"core.hidden_file", NULL},
    {"core.routes", NULL},
    {"core.route_table", NULL},
    {"core.router", NULL},
    {"core.filter", NULL},
    {"core.chat_admin", NULL},
    {"core.defaults", NULL},
    {"core.inspect", NULL},
    {"core.inspection", NULL},
    {"core.sql_check", NULL},
    {"core.wait_check", NULL},
    {"core.annotation", NULL},
    {"core.syntax", NULL},
    {"core.unreachable", NULL},
    {"core.unread_result", NULL},
    {"core.link", NULL},
    {"core.dialogue", NULL},
    {"core.command", NULL},
    {"core.dialogue_key", NULL},
    {"core.migration", NULL},
    {"core.stable_json", NULL},
    {"core.thread", NULL},
    {"core.timetable", NULL},
    {"core.recurrence", NULL},
    {"core.later", NULL},
    {"core.command_menu", NULL},
    {"core.plural", NULL},
    {"core.pattern_check", NULL},
    {"core.case_pattern", NULL},
    {"core.spelling", NULL},
    {"core.form", NULL},
    {"core.whose", NULL},
    {"core.button_data", NULL},
    {"core.message_shortcuts", NULL},
    {"core.markup", NULL},
    {"core.live_text", NULL},
    {"core.init_data", NULL},
    {"fsm", NULL},
    {"broadcast", NULL},
    {"http", NULL},
    {"text", NULL},
    {"locale", NULL},
    {"session", NULL},
    {"limit", NULL},
    {"menu", NULL},
    {"telegram", NULL},
    {"message", NULL},
    {"keyboard", NULL},
    {"time", NULL},
    {"bot", NULL},
    {NULL, NULL},
};

/* ---- modules ---- */

/* The bytecode of our own modules, since each reload opens a VM, and each spec of lunokhod test as well. It is kept from the
 * second VM on: a host that is never reloaded does without these 200 kB, and to compile all once more takes 6 ms. Scripts can
 * load no bytecode: made elsewhere, it could crash a VM. */
static struct buffer compiled[sizeof modules / sizeof modules[0]];
static unsigned opened_vms; /* in the life of the process */

static int keep_code(lua_State *L, const void *data, size_t size, void *code) {
  (void)L;
  return !buffer_add(code, data, size, NULL);
}

static int load_code(lua_State *L, struct buffer *code, const struct embed_file *file, const char *chunk_name) {
  if (code->size) return luaL_loadbufferx(L, code->data, code->size, chunk_name, "b");
  int status = luaL_loadbufferx(L, file->data, file->size, chunk_name, "t");
  if (status != LUA_OK || opened_vms < 2) return status;
  buffer_init(code, CODE_CEILING);
  if (lua_dump(L, keep_code, code, false)) buffer_release(code); /* no memory: the next VM compiles again */
  return LUA_OK;
}

/* Loading by name is rare, so a walk through the table will do. */
static struct buffer *code_of(const char *name) {
  for (int i = 0; modules[i].name; i++) {
    if (strcmp(modules[i].name, name) == 0) return &compiled[i];
  }
  abort(); /* only names of the table are opened */
}

/* name -> module: the opener of a module that is Lua. It gets core.db as well, which nobody can require later. */
static int open_embedded(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const char *last = strrchr(name, '.');
  const char *file_name = lua_pushfstring(L, "script/api/%s.lua", last ? last + 1 : name);
  const struct embed_file *file = embed_find(file_name);
  if (!file) return luaL_error(L, "the module %s is missing in this build", name);
  const char *chunk_name = lua_pushfstring(L, "=lunokhod/%s", file_name + strlen("script/api/"));
  if (load_code(L, code_of(name), file, chunk_name) != LUA_OK) return lua_error(L);
  lua_pushvalue(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, API_OWN_DB);
  lua_call(L, 2, 1);
  return 1;
}

static void require(lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
}

/* From now on nobody can require it. */
static void withdraw(lua_State *L, const char *name) {
  static const char *const tables[] = {LUA_PRELOAD_TABLE, LUA_LOADED_TABLE};
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, tables[i]);
    lua_pushnil(L);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
  }
}

/* Called once for each VM, before any script. What must run in every VM is required here, so that no script has to. */
void api_open(lua_State *L) {
  struct vm *vm = vm_of(L);
  opened_vms++;
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  for (int i = 0; modules[i].name; i++) {
    lua_pushcfunction(L, modules[i].open ? modules[i].open : open_embedded);
    lua_setfield(L, -2, modules[i].name);
  }
  lua_pop(L, 1);
  require(L, "json"); /* to decode updates, even if no script requires it */
  lua_pop(L, 1);
  require(L, "broadcast"); /* a broadcast of an earlier host goes on, even if no script requires it */
  lua_pop(L, 1);
  /* These have tables of the host's, so they take core.db while there is one. */
  require(L, "core.db");
  lua_setfield(L, LUA_REGISTRYINDEX, API_OWN_DB);
  require(L, "session"); /* told of each group that becomes a supergroup, even before a script requires it */
  require(L, "core.button_data");
  require(L, "core.command_menu");
  lua_pop(L, 3);
  require(L, "core.timetable"); /* and so do the jobs that are due */
  lua_pop(L, 1);
  require(L, "core.http"); /* takes part in every run, which a handler could ask for too late */
  lua_pop(L, 1);
  require(L, "core.environment");
  lua_setfield(L, LUA_REGISTRYINDEX, API_ENVIRONMENT);
  require(L, "core.routes");
  lua_getfield(L, -1, "dispatch");
  vm->dispatch_ref = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_getfield(L, -1, "dispatch_album");
  vm->dispatch_album_ref = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_getfield(L, -1, "wanted");
  vm->wanted_ref = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_getfield(L, -1, "describe");
  vm->describe_ref = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_getfield(L, -1, "inspect");
  vm->inspect_ref = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_getfield(L, -1, "hidden_files");
  vm->hidden_ref = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_getfield(L, -1, "fail");
  vm->fail_ref = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pop(L, 1);
  withdraw(L, "core.db");
}
