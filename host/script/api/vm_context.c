/* core.vm_context: what our Lua halves must know of the VM they run in, when their work outlives a handler: who else may be
 * doing it, and what a crash would leave of it. */
#include <lauxlib.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "backup/backup.h"
#include "database/database.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

/* holder() -> "PROCESS:GENERATION", which no other VM ever has, neither of this host nor of an earlier one */
static int holder(lua_State *L) {
  static long long process; /* pids come again, but not in the same nanosecond */
  if (!process) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    process = ((long long)now.tv_sec * 1000000000 + now.tv_nsec) ^ ((long long)getpid() << 40);
  }
  lua_pushfstring(L, "%I:%d", (LUAI_UACINT)process, (int)vm_of(L)->generation);
  return 1;
}

/* positions() -> the number of commits so far, and how many of them the last backup holds (nil where no backup is made) */
static int positions(lua_State *L) {
  const struct script_options *options = &vm_of(L)->options;
  uint64_t committed = database_committed(options->database);
  struct backup_status status = {0};
  if (options->backup) backup_status(options->backup, &status);
  lua_pushinteger(L, (lua_Integer)committed);
  if (!status.message_id) return 1;
  lua_pushinteger(L, (lua_Integer)(committed - status.unsaved));
  return 2;
}

/* is_alone() -> are all VMs closed that this one has replaced? */
static int is_alone(lua_State *L) {
  lua_pushboolean(L, vm_of(L)->next == NULL); /* new ones come first in the list */
  return 1;
}

/* is_shared() -> may other hosts change the data, too? */
static int is_shared(lua_State *L) {
  lua_pushboolean(L, database_is_shared(vm_of(L)->options.database));
  return 1;
}

/* host() -> the number of this host among those of the database; nil: it is not known to them yet, or there can be none */
static int host(lua_State *L) {
  int64_t number = database_fence(vm_of(L)->options.database);
  if (!number) return 0;
  lua_pushinteger(L, (lua_Integer)number);
  return 1;
}

/* relax(): opens a segment of statements that are right one by one, see database_relax() */
static int relax(lua_State *L) {
  struct database *database = vm_of(L)->options.database;
  if (!database_waits(database)) return 0;
  run_begin_segment(L);
  database_relax(database);
  return 0;
}

/* is_loading() -> is a top level running, not a handler? */
static int is_loading(lua_State *L) {
  lua_pushboolean(L, vm_of(L)->is_loading && !vm_of(L)->current);
  return 1;
}

/* is_running(thread) -> is it a handler that has begun and not ended? A handler that failed tells its Lua half in no other way.
 */
static int is_running(lua_State *L) {
  lua_pushboolean(L, run_is_handler(vm_of(L), lua_tothread(L, 1)));
  return 1;
}

int api_open_vm_context(lua_State *L) {
  static const luaL_Reg functions[] = {{"holder", holder},
                                       {"positions", positions},
                                       {"is_alone", is_alone},
                                       {"is_running", is_running},
                                       {"is_loading", is_loading},
                                       {"is_shared", is_shared},
                                       {"host", host},
                                       {"relax", relax},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
