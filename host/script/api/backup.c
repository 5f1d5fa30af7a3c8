/* backup: asks for a backup, and tells how the last one went. */
#include <lauxlib.h>

#include "backup/backup.h"
#include "script/api/api.h"
#include "script/vm.h"

/* backup.now(): asks for a backup soon. Several requests are one backup. */
static int backup_now(lua_State *L) {
  struct backup *backup = vm_of(L)->options.backup;
  if (backup) backup_request(backup);
  return 0;
}

/* backup.status() -> { saved_at, message_id, unsaved, image_size, archive_size, failures, error }; nil where nothing is saved
 * at all */
static int backup_get_status(lua_State *L) {
  struct backup *backup = vm_of(L)->options.backup;
  struct backup_status status;
  if (!backup) return 0;
  backup_status(backup, &status);
  const struct {
    const char *name;
    int64_t value;
  } fields[] = {
      {"saved_at", status.saved_at / 1000},           {"message_id", status.message_id},
      {"unsaved", (int64_t)status.unsaved},           {"image_size", (int64_t)status.image_size},
      {"archive_size", (int64_t)status.archive_size}, {"failures", status.failures},
  };
  lua_createtable(L, 0, 7);
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    lua_pushinteger(L, fields[i].value);
    lua_setfield(L, -2, fields[i].name);
  }
  if (status.last_error[0]) {
    lua_pushstring(L, status.last_error);
    lua_setfield(L, -2, "error");
  }
  return 1;
}

int api_open_backup(lua_State *L) {
  static const luaL_Reg functions[] = {{"now", backup_now}, {"status", backup_get_status}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
