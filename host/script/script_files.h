/* The script files: finds them in the paths that the operator gave, and runs their top levels in a VM. Internal to the floor.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct lua_State;
struct vm;

/* Loads each file, and each directory's files in the order of their names; require() will search the same directories. False:
 * ERROR_INPUT with file and line (or no script at all), ERROR_SYSTEM where a path can't be read. The VM is then of no more use.
 */
bool script_files_load(struct vm *vm, const char *const *paths, size_t count, struct error *error);

/* Lets require find files as this room loads them. Raises; while the VM is being opened. */
void script_files_open(struct lua_State *L);
