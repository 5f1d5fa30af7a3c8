/* Where in a script something happened, for texts that its author reads: the host's own Lua between the script and the mistake
 * is passed over. Everything here runs inside a protected call and may raise. Internal to the floor. */
#pragma once
#include <lua.h>

/* Pushes "bot.lua:12" on L: the line of a script that `from` executes, or has executed when it failed. Where the script has
 * left its frame by `return f(...)`, the line where its handler begins. nil: no script is there. */
void place_push(lua_State *L, lua_State *from);

/* Pushes the directory of the script whose line place_push() tells; nil: there is none. */
void place_push_directory(lua_State *L, lua_State *from);

/* Replaces the error value on top of L by its text. A text that blames the host's own Lua blames the script's line instead, and
 * a table without a text of its own is told by its fields. */
void place_describe_error(lua_State *L, lua_State *from);

/* The same of a text only, and without advice: for an error that a script catches. Any other value stays. */
void place_blame_script(lua_State *L, lua_State *from);

/* Pushes message (NULL: none), a line end and the stack of `from` without the host's frames. */
void place_push_traceback(lua_State *L, lua_State *from, const char *message);
