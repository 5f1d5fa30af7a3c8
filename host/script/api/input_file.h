/* Values that a script makes of files to upload, and where a script's paths begin. Everything here runs inside a protected call
 * and may raise. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdbool.h>

struct http_part;

void api_open_input_file(lua_State *L);
int api_file(lua_State *L);  /* path, name? -> file */
int api_bytes(lua_State *L); /* data, name -> file */
bool api_is_file(lua_State *L, int index);

/* Pushes a value: what the part points to lives as long as that. name: borrowed by the part. */
void api_read_file(lua_State *L, int index, const char *name, struct http_part *part);

/* Pushes the path: beside the script that calls, if there is such a file, or else as it is. */
void api_push_beside(lua_State *L, const char *path);
