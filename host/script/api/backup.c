/* backup.now(), backup.status(). */
#include <lauxlib.h>

#include "script/api/api.h"
#include "script/vm.h"

/* Until the floor below exists: nothing is saved, and scripts may ask for it without harm. */
static int backup_now(lua_State *L) {
  (void)L;
  return 0;
}

int api_open_backup(lua_State *L) {
  static const luaL_Reg functions[] = {{"now", backup_now}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
