/* core.undo: what a function writes is taken back if it fails, though its caller catches the error. For bot.use, whose
 * middlewares may catch the error of a handler to apologise. */
#include <lauxlib.h>

#include "common/error.h"
#include "database/database.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

static const char MARK[] = "lunokhod.mark"; /* the metatable */

/* Called with the error, after a message handler has seen the stack, or with nil. It is C, so a limit that was passed does not
 * keep it from its work. */
static int on_closed(lua_State *L) {
  const struct database_mark *mark = luaL_checkudata(L, 1, MARK);
  if (lua_isnoneornil(L, 2)) {
    database_end_mark(vm_of(L)->options.database, mark);
  } else {
    run_return_to(L, mark);
  }
  return 0;
}

/* on_error(): local _ <close> = undo.on_error() */
static int undo_on_error(lua_State *L) {
  struct error error = {0};
  struct database_mark mark;
  struct database_mark *kept = lua_newuserdatauv(L, sizeof *kept, 0);
  if (!database_set_mark(vm_of(L)->options.database, &mark, &error)) return luaL_error(L, "%s", error.text);
  *kept = mark;
  luaL_setmetatable(L, MARK);
  return 1;
}

int api_open_undo(lua_State *L) {
  luaL_newmetatable(L, MARK);
  lua_pushcfunction(L, on_closed);
  lua_setfield(L, -2, "__close");
  api_lock_metatable(L);
  lua_pop(L, 1);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, undo_on_error);
  lua_setfield(L, -2, "on_error");
  return 1;
}
