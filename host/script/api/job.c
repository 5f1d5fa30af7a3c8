/* core.job: what work that outlives its handler needs to know: who else may be doing it, and what a crash would leave of it. */
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

/* holder() -> "PROCESS:GENERATION", which no other VM has, of this host or one before */
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

/* positions() -> how many commits there are, how many of them a backup has (nil where no backup is made) */
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

/* is_alone() -> is no VM left that this one has replaced? */
static int is_alone(lua_State *L) {
  lua_pushboolean(L, vm_of(L)->next == NULL); /* new ones come first in the list */
  return 1;
}

/* may_begin() -> does the host let jobs begin something now? */
static int may_begin(lua_State *L) {
  lua_pushboolean(L, !vm_of(L)->are_jobs_paused);
  return 1;
}

/* is_loading() -> is a top level running, not a handler? */
static int is_loading(lua_State *L) {
  lua_pushboolean(L, vm_of(L)->is_loading && !vm_of(L)->current);
  return 1;
}

/* is_running(thread) -> is it a handler that has begun and not ended? One that has failed says so in no other way. */
static int is_running(lua_State *L) {
  const lua_State *thread = lua_tothread(L, 1);
  bool is_found = false;
  for (const struct run *run = vm_of(L)->runs; run; run = run->next) is_found |= run->L == thread;
  lua_pushboolean(L, is_found);
  return 1;
}

int api_open_job(lua_State *L) {
  static const luaL_Reg functions[] = {{"holder", holder},
                                       {"positions", positions},
                                       {"is_alone", is_alone},
                                       {"is_running", is_running},
                                       {"may_begin", may_begin},
                                       {"is_loading", is_loading},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
