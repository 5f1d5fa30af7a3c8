/* Files to upload: telegram.file() names one on the disk, telegram.bytes() holds its bytes. User value 1 of such a value is the
 * path or the bytes, 2 the name. */
#include <lauxlib.h>
#include <string.h>

#include "net/http.h"
#include "script/api/api.h"
#include "script/api/input_file.h"
#include "script/file_access.h"
#include "script/place.h"
#include "script/vm.h"

static const char FILE_VALUE[] = "lunokhod.file"; /* the metatable */

struct file {
  bool is_path;
};

static int new_file(lua_State *L, bool is_path) {
  struct file *file = lua_newuserdatauv(L, sizeof *file, 2);
  file->is_path = is_path;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, 2);
  luaL_setmetatable(L, FILE_VALUE);
  return 1;
}

void api_push_beside(lua_State *L, const char *path) {
  char resolved[PATH_MAX];
  lua_pushstring(L, path);
  if (path[0] == '/') return;
  place_push_directory(L, L);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return;
  }
  const char *beside = lua_pushfstring(L, "%s/%s", lua_tostring(L, -1), path);
  bool is_there = file_access_ask(&vm_of(L)->options, beside, resolved) != FILE_MISSING;
  if (is_there) lua_copy(L, -1, -3);
  lua_pop(L, 2);
}

int api_file(lua_State *L) {
  size_t size;
  const char *path = luaL_checklstring(L, 1, &size);
  luaL_argcheck(L, strlen(path) == size, 1, "a path without a zero byte expected");
  const char *last = strrchr(path, '/');
  luaL_optstring(L, 2, NULL);
  lua_settop(L, 2);
  if (lua_isnil(L, 2)) {
    lua_pushstring(L, last ? last + 1 : path);
    lua_replace(L, 2);
  }
  api_push_beside(L, path);
  lua_replace(L, 1);
  return new_file(L, true);
}

int api_bytes(lua_State *L) {
  luaL_checkstring(L, 1);
  luaL_checkstring(L, 2);
  lua_settop(L, 2);
  return new_file(L, false);
}

bool api_is_file(lua_State *L, int index) { return luaL_testudata(L, index, FILE_VALUE) != NULL; }

/* Replaces the path on top by that which may be read. Where there is nothing, the call fails as it would for any server. */
static void resolve_path(lua_State *L) {
  char resolved[PATH_MAX];
  const char *path = lua_tostring(L, -1);
  switch (file_access_ask(&vm_of(L)->options, path, resolved)) {
    case FILE_MISSING: return;
    case FILE_REFUSED:
      luaL_error(L, "telegram.file: %s is not a file in a directory of the scripts (run --allow-files DIR allows another)",
                 path);
      break;
    case FILE_ALLOWED: break;
  }
  lua_pushstring(L, resolved);
  lua_replace(L, -2);
}

void api_read_file(lua_State *L, int index, const char *name, struct http_part *part) {
  const struct file *file = luaL_checkudata(L, index, FILE_VALUE);
  index = lua_absindex(L, index);
  luaL_checkstack(L, 6, NULL);
  *part = (struct http_part){.name = name};
  lua_createtable(L, 2, 0); /* kept */
  lua_getiuservalue(L, index, 2);
  part->file_name = lua_tostring(L, -1);
  lua_rawseti(L, -2, 1);
  lua_getiuservalue(L, index, 1); /* kept content */
  if (file->is_path) {
    resolve_path(L);
    part->path = lua_tostring(L, -1);
  } else {
    part->data = lua_tolstring(L, -1, &part->size);
  }
  lua_rawseti(L, -2, 2);
}

void api_open_input_file(lua_State *L) {
  luaL_newmetatable(L, FILE_VALUE);
  api_lock_metatable(L);
  lua_pop(L, 1);
}
