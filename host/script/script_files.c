/* Each file is compiled, as text only, and its top level runs at once. The order is that of the paths, and in a directory that
 * of the names, because routes are tried in the order in which they were registered. */
#define _GNU_SOURCE /* realpath */
#include "script/script_files.h"

#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "script/api/api.h"
#include "script/vm.h"

/* ---- one file, one directory to search ---- */

#define LUA_MODULES "lua_modules/share/lua/5.4" /* where LuaRocks installs modules, beside the scripts */

/* Sets the globals of the chunk on top. A chunk's first upvalue is _ENV. path: of a script; NULL: of shared code, which may be
 * other people's. */
static void set_globals(lua_State *L, const char *path, bool is_foreign) {
  lua_getfield(L, LUA_REGISTRYINDEX, API_ENVIRONMENT);
  lua_pushstring(L, path); /* NULL becomes nil */
  lua_pushboolean(L, is_foreign);
  lua_call(L, 2, 1);
  lua_setupvalue(L, -2, 1);
}

/* Which lines make calls whose results they do not read: API_UNREAD has a set for each chunk's source. */
static void find_unread(lua_State *L, const char *path) {
  if (!vm_of(L)->options.finds_unread) return;
  luaL_getsubtable(L, LUA_REGISTRYINDEX, API_UNREAD);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "core.unread_result");
  lua_call(L, 1, 1);
  lua_pushstring(L, path);
  lua_call(L, 1, 1);
  lua_pushfstring(L, "@%s", path);
  lua_insert(L, -2);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* A file runs once, whether it is a script, shared code or both. The table LOADED has, by the file's real path, what it has
 * returned, or its own address while the file runs. */
static const char LOADED[] = "lunokhod.loaded_files", LOADING[] = "lunokhod.loading"; /* in the registry; a metatable */

/* Where the file has not returned, an error has ended it: it may be required again. */
static int on_left(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LOADED);
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, -1);
  if (lua_rawget(L, -3) != LUA_TLIGHTUSERDATA) return 0;
  lua_pop(L, 1);
  lua_pushnil(L);
  lua_rawset(L, -3);
  return 0;
}

/* Pushes the table, and what it has of the path: nil for a file that has not begun. real: its key. */
static int push_loaded(lua_State *L, const char *path, char real[PATH_MAX]) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LOADED);
  if (!realpath(path, real)) (void)snprintf(real, PATH_MAX, "%s", path);
  return lua_getfield(L, -1, real);
}

/* Replaces the chunk and its arguments by what the chunk returns, or true. */
static void run_once(lua_State *L, const char *real, int arguments) {
  int chunk = lua_gettop(L) - arguments;
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LOADED);
  lua_pushlightuserdata(L, (void *)(uintptr_t)LOADED);
  lua_setfield(L, -2, real);
  lua_insert(L, chunk++);
  (void)lua_newuserdatauv(L, 0, 1);
  lua_pushstring(L, real);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, LOADING);
  lua_insert(L, chunk); /* loaded loading chunk arguments */
  lua_toclose(L, chunk);
  lua_call(L, arguments, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, true);
  }
  lua_pushvalue(L, -1);
  lua_setfield(L, -4, real);
  lua_replace(L, chunk - 1);
  lua_settop(L, chunk - 1); /* closes */
}

/* Runs the file with globals of its own, which environment.lua makes, unless another script has required it before. */
static int run_file(lua_State *L) {
  const char *path = lua_touserdata(L, 1);
  char real[PATH_MAX];
  if (push_loaded(L, path, real) != LUA_TNIL) return 0;
  if (luaL_loadfilex(L, path, "t") != LUA_OK) return lua_error(L);
  find_unread(L, path);
  set_globals(L, path, false);
  run_once(L, real, 0);
  return 0;
}

static bool load_file(struct vm *vm, const char *path, struct error *error) {
  lua_pushcfunction(vm->L, run_file);
  lua_pushlightuserdata(vm->L, (void *)(uintptr_t)path);
  vm->is_loading = true;
  bool ok = vm_call(vm, 1, 0, error);
  vm->is_loading = false;
  if (ok) vm->file_count++;
  return ok;
}

/* The loaders of require: of a file that has run, and of one that has not. Both are called with the name and the path. */
static int give_loaded(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  return 1;
}

static int load_required(lua_State *L) {
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  run_once(L, lua_tostring(L, lua_upvalueindex(2)), 2);
  return 1;
}

/* The searcher of require for files: as Lua's, but text only, and with globals of the file's own. */
static int search_file(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchpath");
  lua_pushvalue(L, 1);
  lua_getfield(L, -3, "path");
  lua_call(L, 2, 2);
  if (lua_isnil(L, -2)) return 1; /* where it has looked */
  lua_pop(L, 1);
  const char *path = lua_tostring(L, -1);
  int place = lua_gettop(L);
  char real[PATH_MAX];
  int type = push_loaded(L, path, real);
  if (type == LUA_TLIGHTUSERDATA) {
    return luaL_error(L, "module '%s': the file %s requires itself, perhaps by way of others", name, path);
  }
  if (type != LUA_TNIL) {
    lua_pushcclosure(L, give_loaded, 1);
  } else {
    if (luaL_loadfilex(L, path, "t") != LUA_OK)
      return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, path, lua_tostring(L, -1));
    find_unread(L, path);
    set_globals(L, NULL, strstr(path, "/" LUA_MODULES "/") != NULL);
    lua_pushstring(L, real);
    lua_pushcclosure(L, load_required, 2);
  }
  lua_pushvalue(L, place);
  return 2;
}

void script_files_open(lua_State *L) {
  luaL_newmetatable(L, LOADING);
  lua_pushcfunction(L, on_left);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchers");
  lua_pushcfunction(L, search_file);
  lua_rawseti(L, -2, 2);
  lua_pop(L, 2);
}

/* package.path of the VM, with the directory, its lib/ and its lua_modules/ added. */
static int add_directory(lua_State *L) {
  const char *dir = lua_touserdata(L, 1);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  const char *path = lua_tostring(L, -1);
  lua_pushfstring(L, "%s%s%s/?.lua;%s/?/init.lua;%s/lib/?.lua;%s/lib/?/init.lua;", path, path[0] ? ";" : "", dir, dir, dir,
                  dir);
  lua_pushfstring(L, "%s/" LUA_MODULES "/?.lua;%s/" LUA_MODULES "/?/init.lua", dir, dir);
  lua_concat(L, 2);
  lua_setfield(L, -3, "path");
  return 0;
}

static bool search_directory(struct vm *vm, const char *dir, struct error *error) {
  lua_pushcfunction(vm->L, add_directory);
  lua_pushlightuserdata(vm->L, (void *)(uintptr_t)dir);
  return vm_call(vm, 1, 0, error);
}

/* ---- paths ---- */

static bool ends_in(const char *name, const char *end) {
  size_t size = strlen(name), end_size = strlen(end);
  return size > end_size && strcmp(name + size - end_size, end) == 0;
}

/* A spec may stand beside the script that it tests: lunokhod test runs it, the host does not. */
static int is_lua_file(const struct dirent *entry) {
  const char *name = entry->d_name;
  return name[0] != '.' && ends_in(name, ".lua") && !ends_in(name, "_spec.lua");
}

/* By bytes, and not by the machine's language, so that the order is the same on every machine. */
static int by_name(const struct dirent **one, const struct dirent **other) { return strcmp((*one)->d_name, (*other)->d_name); }

static bool load_directory(struct vm *vm, const char *path, struct error *error) {
  struct dirent **entries = NULL;
  int count = scandir(path, &entries, is_lua_file, by_name);
  if (count < 0) return error_set(error, ERROR_SYSTEM, "can't read the directory %s: %s", path, strerror(errno));
  bool ok = search_directory(vm, path, error);
  for (int i = 0; i < count; i++) {
    char file[4096];
    int size = snprintf(file, sizeof file, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", entries[i]->d_name);
    if (ok && size >= (int)sizeof file)
      ok = error_set(error, ERROR_SYSTEM, "the path %s/%s is too long", path, entries[i]->d_name);
    if (ok) ok = load_file(vm, file, error);
    free(entries[i]);
  }
  free(entries);
  return ok;
}

/* A file that is named alone finds what it requires beside itself. */
static bool load_single_file(struct vm *vm, const char *path, struct error *error) {
  char directory[4096];
  const char *last = strrchr(path, '/');
  int size = last ? snprintf(directory, sizeof directory, "%.*s", (int)(last - path), path)
                  : snprintf(directory, sizeof directory, ".");
  if (size >= (int)sizeof directory) return error_set(error, ERROR_SYSTEM, "the path %s is too long", path);
  return search_directory(vm, directory, error) && load_file(vm, path, error);
}

static bool load_path(struct vm *vm, const char *path, struct error *error) {
  struct stat status;
  if (stat(path, &status)) return error_set(error, ERROR_SYSTEM, "can't read %s: %s", path, strerror(errno));
  return S_ISDIR(status.st_mode) ? load_directory(vm, path, error) : load_single_file(vm, path, error);
}

bool script_files_load(struct vm *vm, const char *const *paths, size_t count, struct error *error) {
  bool ok = true;
  for (size_t i = 0; ok && i < count; i++) ok = load_path(vm, paths[i], error);
  if (ok && vm->file_count == 0) ok = error_set(error, ERROR_INPUT, "there is no script in %s", paths[0]);
  return ok;
}
