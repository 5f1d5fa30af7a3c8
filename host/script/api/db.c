/* db: SQL inside the open segment. SQL errors are Lua errors with SQLite's words.
 *
 * Anything here may raise for lack of memory, so a statement in use always belongs to the VM: either as loose, for the length
 * of one call, or by a cursor of db.rows. The end of the segment releases what an error left behind. */
#include <lauxlib.h>
#include <string.h>

#include "common/character.h"
#include "common/error.h"
#include "database/database.h"
#include "script/api/api.h"
#include "script/budget.h"
#include "script/run.h"
#include "script/vm.h"

static const char CURSOR[] = "lunokhod.cursor", BLOB[] = "lunokhod.blob",
                  HANDLE[] = "lunokhod.statement"; /* metatables; user value 1 of a blob is its bytes */

/* A query whose rows are read one by one; a userdata. While it has a statement it is in the VM's list, and in the registry
 * under its address. User value 1 is the list of rows that were fetched before a wait, 2 the bound values, kept alive. */
struct cursor {
  struct statement *statement;
  struct cursor *next, **link;
  lua_Integer next_row, row_count; /* of that list */
  bool was_cut;                    /* its segment ended in an error, or its handler is over */
};

struct queries {               /* of a VM */
  struct cursor *cursors;      /* of the open segment, with rows left */
  struct statement *loose[16]; /* of calls that have not returned; more than one only while finalizers run */
  unsigned loose_count;
};

static bool end_queries(struct vm *vm, struct run *run, void *of_run, enum segment_end how, struct error *error);

static const struct participant queries = {.vm_size = sizeof(struct queries), .on_segment_end = end_queries};

static struct queries *queries_of(lua_State *L) { return vm_data(vm_of(L), &queries); }

/* ---- Lua values to SQL values ---- */

/* What SQLite's text can't hold is a blob: it must be UTF-8, and its functions end it at a NUL. */
static void text_or_blob(lua_State *L, int index, struct value *value) {
  value->bytes = lua_tolstring(L, index, &value->size);
  bool is_text = !memchr(value->bytes, 0, value->size) && character_valid_size(value->bytes, value->size) == value->size;
  value->type = is_text ? VALUE_TEXT : VALUE_BLOB;
}

/* db.blob(bytes) -> a value that is a blob in SQL, though it may be text */
static int db_blob(lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 1);
  (void)lua_newuserdatauv(L, 0, 1);
  lua_insert(L, 1);
  lua_setiuservalue(L, 1, 1);
  luaL_setmetatable(L, BLOB);
  return 1;
}

static void to_value(lua_State *L, int index, struct value *value) {
  *value = (struct value){.type = VALUE_NULL};
  switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TNONE: return;
    case LUA_TBOOLEAN:
      value->type = VALUE_INTEGER;
      value->integer = lua_toboolean(L, index);
      return;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        value->type = VALUE_INTEGER;
        value->integer = lua_tointeger(L, index);
      } else {
        value->type = VALUE_REAL;
        value->real = lua_tonumber(L, index);
      }
      return;
    case LUA_TSTRING: text_or_blob(L, index, value); return;
    case LUA_TUSERDATA:
      if (!luaL_testudata(L, index, BLOB)) luaL_error(L, "a userdata can't be an SQL value");
      lua_getiuservalue(L, index, 1);
      value->type = VALUE_BLOB;
      value->bytes = lua_tolstring(L, -1, &value->size);
      lua_pop(L, 1); /* the blob keeps them */
      return;
    case LUA_TLIGHTUSERDATA:
      if (!lua_touserdata(L, index)) return; /* json.null */
      /* fall through */
    default: luaL_error(L, "a %s can't be an SQL value", luaL_typename(L, index));
  }
}

/* ---- loose statements ---- */

/* The functions exist twice: for scripts, and for our Lua halves, which keep their notes in lunokhod_ tables. */
static enum statement_origin origin_of(lua_State *L) {
  return lua_toboolean(L, lua_upvalueindex(1)) ? STATEMENT_HOST : STATEMENT_SCRIPT;
}

/* A loose statement: released by release(), or by the end of the segment where an error comes first. */
static struct statement *prepare(lua_State *L, enum statement_origin origin, const char *sql, size_t size, const char **rest) {
  struct queries *mine = queries_of(L);
  struct error error = {0};
  budget_spend(L, 100 + size / 8); /* the rest of the text is copied for each statement */
  if (memchr(sql, '\0', size)) luaL_error(L, "SQL can't hold a zero byte: SQLite would read no further");
  if (mine->loose_count == sizeof mine->loose / sizeof mine->loose[0]) luaL_error(L, "too much SQL is under way at once");
  struct statement *statement = statement_prepare(vm_of(L)->options.database, origin, sql, size, rest, &error);
  if (!statement && error.kind) luaL_error(L, "%s", error.text);
  if (statement) mine->loose[mine->loose_count++] = statement;
  return statement;
}

/* Takes it off the list, wherever it is: a finalizer's SQL may have come in between. */
static bool let_go(lua_State *L, struct statement *statement) {
  struct queries *mine = queries_of(L);
  for (unsigned i = mine->loose_count; i-- > 0;) {
    if (mine->loose[i] != statement) continue;
    mine->loose[i] = mine->loose[--mine->loose_count];
    return true;
  }
  return false;
}

/* One that was waited for is the handle's, which is closed with the call. */
static void release(lua_State *L, struct statement *statement) {
  if (let_go(L, statement)) statement_release(statement);
}

/* luaL_error() does not return, so the statement is released before. */
static void raise(lua_State *L, struct statement *statement, const struct error *error) {
  release(L, statement);
  luaL_error(L, "%s", error->text);
}

static bool is_named(lua_State *L) { return lua_type(L, 2) == LUA_TTABLE && lua_gettop(L) == 2; }

/* The value of the index-th parameter: by its place among the arguments, or by its name in the table at 2. */
static bool bind_one(lua_State *L, struct statement *statement, int index, struct error *error) {
  struct value value;
  if (!is_named(L)) {
    to_value(L, 1 + index, &value);
    return statement_bind(statement, index, &value, error);
  }
  const char *name = statement_parameter_name(statement, index);
  if (!name) return error_set(error, ERROR_MISUSE, "a table of values needs names in the SQL: :name instead of ?");
  lua_pushstring(L, name + 1);
  lua_rawget(L, 2); /* raw: the bytes must still be in the table when the statement runs */
  to_value(L, -1, &value);
  lua_pop(L, 1);
  return statement_bind(statement, index, &value, error);
}

/* Does the SQL have each name of the table at 2? A misspelt one would be a NULL instead of a value. */
static bool check_names(lua_State *L, const struct statement *statement, int count, struct error *error) {
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    bool is_known = false;
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
    for (int i = 1; name && !is_known && i <= count; i++) {
      const char *parameter = statement_parameter_name(statement, i);
      is_known = parameter && strcmp(parameter + 1, name) == 0;
    }
    if (is_known) continue;
    if (!name) return error_set(error, ERROR_MISUSE, "a table of values is read by its names: it can't be a list");
    return error_set(error, ERROR_MISUSE, "a value is given for :%s, which the SQL does not have", name);
  }
  return true;
}

static void bind_all(lua_State *L, struct statement *statement) {
  struct error error = {0};
  int count = statement_parameter_count(statement), given = lua_gettop(L) - 1;
  if (!is_named(L) && count != given) {
    error_set(&error, ERROR_MISUSE, "the SQL has %d parameters, but %d values were given", count, given);
    raise(L, statement, &error);
  }
  for (int i = 1; i <= count; i++) {
    if (!bind_one(L, statement, i, &error)) raise(L, statement, &error);
  }
  if (is_named(L) && !check_names(L, statement, count, &error)) raise(L, statement, &error);
}

/* Before a statement is prepared: an error that is raised while it is bound would keep it until the segment ends. */
static void check_values(lua_State *L) {
  struct value value;
  for (int i = 2; !is_named(L) && i <= lua_gettop(L); i++) to_value(L, i, &value);
  if (!is_named(L)) return;
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) to_value(L, lua_gettop(L), &value);
}

/* Before anything begins: where a handler's SQL has to wait, it must be where it can. */
static void check_place(lua_State *L) {
  const struct vm *vm = vm_of(L);
  if (vm->current && database_waits(vm->options.database)) (void)run_check_wait(L, "SQL");
}

/* The one statement of the call, with its values bound. The segment is opened first: outside of it a write would commit at
 * once. */
static struct statement *begin(lua_State *L) {
  size_t size;
  const char *sql = luaL_checklstring(L, 1, &size);
  check_values(L);
  check_place(L);
  run_begin_segment(L);
  struct statement *statement = prepare(L, origin_of(L), sql, size, NULL);
  if (!statement) luaL_error(L, "the SQL is empty");
  bind_all(L, statement);
  return statement;
}

static bool step(lua_State *L, struct statement *statement) {
  struct error error = {0};
  bool row;
  if (!statement_step(statement, &row, &error)) raise(L, statement, &error);
  return row;
}

/* ---- where the database answers later ---- */

/* Another run's segment may end meanwhile, so the statement is not among the loose ones, but in a handle, which is closed with
 * the call. */
struct handle {
  struct statement *statement;
  struct run *run;
  size_t rest; /* of db.exec: where the next statement begins */
};

static int close_handle(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, HANDLE);
  statement_release(handle->statement);
  handle->statement = NULL;
  return 0;
}

static void on_answered(void *data) { run_wake(((struct handle *)data)->run); }

/* Pushes the handle, and asks. */
static struct handle *ask(lua_State *L, struct statement *statement) {
  struct error error = {0};
  struct run *run = run_check_wait(L, "SQL");
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  *handle = (struct handle){.run = run};
  luaL_setmetatable(L, HANDLE);
  lua_toclose(L, -1);
  (void)let_go(L, statement);
  handle->statement = statement;
  if (!statement_ask(statement, on_answered, handle, &error)) luaL_error(L, "%s", error.text);
  return handle;
}

/* Goes on with on_rows, whose context is the statement: at once, or when its answer is there. */
static int await(lua_State *L, struct statement *statement, lua_KFunction on_rows) {
  if (!statement_must_wait(statement)) return on_rows(L, LUA_OK, (lua_KContext)statement);
  const struct handle *handle = ask(L, statement);
  return run_wait_inside(L, handle->run, "the database", (lua_KContext)statement, on_rows);
}

/* ---- rows ---- */

static void push_value(lua_State *L, const struct value *value) {
  switch (value->type) {
    case VALUE_NULL: lua_pushnil(L); break;
    case VALUE_INTEGER: lua_pushinteger(L, value->integer); break;
    case VALUE_REAL: lua_pushnumber(L, value->real); break;
    case VALUE_TEXT:
    case VALUE_BLOB:
      if (!value->bytes && value->size) luaL_error(L, "not enough memory");
      lua_pushlstring(L, value->size ? value->bytes : "", value->size);
      break;
  }
}

/* A column that is NULL is absent in the table, as a field that is nil. */
static void push_row(lua_State *L, struct statement *statement) {
  int count = statement_column_count(statement);
  luaL_checkstack(L, 4, NULL);
  lua_createtable(L, 0, count);
  for (int i = 0; i < count; i++) {
    struct value value;
    statement_column(statement, i, &value);
    lua_pushstring(L, statement_column_name(statement, i));
    push_value(L, &value);
    lua_rawset(L, -3);
  }
}

static int push_one(lua_State *L, int status, lua_KContext context) {
  struct statement *statement = (struct statement *)context;
  (void)status;
  if (step(L, statement)) {
    push_row(L, statement);
    while (!statement_is_reader(statement) && step(L, statement)) continue; /* UPDATE ... RETURNING: to its end */
  } else {
    lua_pushnil(L);
  }
  release(L, statement);
  return 1;
}

/* db.one(sql, ...) -> the first row | nil */
static int db_one(lua_State *L) { return await(L, begin(L), push_one); }

static int push_all(lua_State *L, int status, lua_KContext context) {
  struct statement *statement = (struct statement *)context;
  (void)status;
  lua_newtable(L);
  for (lua_Integer i = 1; step(L, statement); i++) {
    push_row(L, statement);
    lua_rawseti(L, -2, i);
  }
  release(L, statement);
  return 1;
}

/* db.all(sql, ...) -> a list of rows */
static int db_all(lua_State *L) { return await(L, begin(L), push_all); }

static int64_t run_through(lua_State *L, struct statement *statement) {
  while (step(L, statement)) continue;
  int64_t changes = statement_changes(statement);
  release(L, statement);
  return changes;
}

/* Without values, the SQL may have several statements. A person's text may be among the values: it must not become a second
 * statement. */
static struct statement *prepare_next(lua_State *L, const char **sql, const char *end, bool has_values) {
  struct statement *statement = prepare(L, origin_of(L), *sql, (size_t)(end - *sql), has_values ? NULL : sql);
  if (has_values) *sql = end;
  if (statement) bind_all(L, statement);
  return statement;
}

static int on_executed(lua_State *L, int status, lua_KContext context);

/* One statement; `rest` is what follows it in the SQL at 1. */
static int exec_waiting(lua_State *L, struct statement *statement, const char *rest) {
  struct handle *handle = ask(L, statement);
  handle->rest = (size_t)(rest - lua_tostring(L, 1));
  return run_wait_inside(L, handle->run, "the database", (lua_KContext)handle, on_executed);
}

/* The handle is on top, and goes before the next statement has one. */
static int on_executed(lua_State *L, int status, lua_KContext context) {
  struct handle *handle = (struct handle *)context;
  size_t size, at = handle->rest;
  (void)status;
  int64_t changes = run_through(L, handle->statement);
  const char *sql = lua_tolstring(L, 1, &size), *rest = sql + at;
  lua_pop(L, 1); /* closes it */
  while (rest < sql + size) {
    struct statement *statement = prepare_next(L, &rest, sql + size, false);
    if (statement) return exec_waiting(L, statement, rest);
  }
  lua_pushinteger(L, changes);
  return 1;
}

/* db.exec(sql, ...) -> how many rows it changed. */
static int db_exec(lua_State *L) {
  size_t size;
  const char *sql = luaL_checklstring(L, 1, &size);
  const char *end = sql + size;
  int64_t changes = 0;
  bool has_values = lua_gettop(L) > 1;
  check_values(L);
  check_place(L);
  run_begin_segment(L);
  while (sql < end) {
    struct statement *statement = prepare_next(L, &sql, end, has_values);
    if (statement && statement_must_wait(statement)) return exec_waiting(L, statement, sql);
    if (statement) changes = run_through(L, statement);
  }
  lua_pushinteger(L, changes);
  return 1;
}

/* ---- db.rows: an iterator ---- */

/* Called after the last row, when the loop over the rows is left, and by the end of the segment; the first of them does it. */
static void cursor_close(lua_State *L, struct cursor *cursor) {
  if (!cursor->statement) return;
  statement_release(cursor->statement);
  cursor->statement = NULL;
  *cursor->link = cursor->next;
  if (cursor->next) cursor->next->link = cursor->link;
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, cursor); /* the slot exists: no memory is asked for */
}

static int on_cursor_closed(lua_State *L) {
  cursor_close(L, luaL_checkudata(L, 1, CURSOR));
  return 0;
}

/* The iterator's function. After a wait the rows come from the list that fetch_rest() has made. */
static int next_row(lua_State *L) {
  struct cursor *cursor = luaL_checkudata(L, 1, CURSOR);
  if (cursor->statement) {
    struct error error = {0};
    bool row;
    bool ok = statement_step(cursor->statement, &row, &error);
    if (ok && row) {
      push_row(L, cursor->statement);
      return 1;
    }
    cursor_close(L, cursor);
    return ok ? 0 : luaL_error(L, "%s", error.text);
  }
  if (cursor->was_cut) return luaL_error(L, "this query has ended together with the handler that began it");
  if (cursor->next_row > cursor->row_count) return 0;
  lua_getiuservalue(L, 1, 1);
  lua_rawgeti(L, -1, cursor->next_row++);
  return 1;
}

/* A list of all the values of this call: their bytes are read again at every step. */
static void push_values(lua_State *L) {
  int count = lua_gettop(L);
  lua_newtable(L);
  if (lua_type(L, 2) == LUA_TTABLE) {
    for (lua_pushnil(L); lua_next(L, 2);) lua_rawseti(L, count + 1, (lua_Integer)lua_rawlen(L, count + 1) + 1);
  } else {
    for (int i = 2; i <= count; i++) {
      lua_pushvalue(L, i);
      lua_rawseti(L, count + 1, i - 1);
    }
  }
}

static struct cursor *push_cursor(lua_State *L) {
  lua_pushcfunction(L, next_row);
  struct cursor *cursor = lua_newuserdatauv(L, sizeof *cursor, 2);
  *cursor = (struct cursor){.next_row = 1};
  luaL_setmetatable(L, CURSOR);
  return cursor;
}

/* All rows are there, and belong to no segment any more. */
static int push_fetched(lua_State *L, int status, lua_KContext context) {
  (void)push_all(L, status, context); /* rows */
  struct cursor *cursor = push_cursor(L);
  cursor->row_count = (lua_Integer)lua_rawlen(L, -3);
  lua_pushvalue(L, -3);
  lua_setiuservalue(L, -2, 1);
  lua_pushnil(L);
  lua_pushnil(L);
  return 4; /* function, state, nothing, nothing to be closed */
}

/* db.rows(sql, ...) -> for row in ... do */
static int db_rows(lua_State *L) {
  struct queries *mine = queries_of(L);
  struct statement *statement = begin(L);
  if (statement_must_wait(statement)) return await(L, statement, push_fetched);
  push_values(L);
  struct cursor *cursor = push_cursor(L); /* values function cursor */
  lua_pushvalue(L, -3);
  lua_setiuservalue(L, -2, 2);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, cursor);
  (void)let_go(L, statement);
  cursor->statement = statement;
  cursor->next = mine->cursors;
  cursor->link = &mine->cursors;
  if (cursor->next) cursor->next->link = &cursor->next;
  mine->cursors = cursor;
  lua_pushnil(L);
  lua_pushvalue(L, -2);
  return 4; /* function, state, nothing, what is closed when the loop is left */
}

/* ---- for our Lua halves ---- */

static bool has_more(lua_State *L, const char *sql, const char *end) {
  struct statement *statement = NULL;
  while (sql < end && !statement) statement = prepare(L, STATEMENT_SCRIPT, sql, (size_t)(end - sql), &sql);
  if (statement) release(L, statement);
  return statement != NULL;
}

/* core.db.query(sql) -> the one SELECT in it, without what ends it, a list of its columns' names (nil: only its answer will
 * tell them), how many parameters it has; nil: it is not one SELECT. With a script's rights, and without running it. Raises
 * SQLite's words. */
static int db_query(lua_State *L) {
  size_t size;
  const char *sql = luaL_checklstring(L, 1, &size), *rest = sql;
  const char *end = sql + size;
  struct statement *statement = prepare(L, STATEMENT_SCRIPT, sql, size, &rest);
  bool is_query = statement && statement_is_reader(statement) && !has_more(L, rest, end);
  int count = is_query ? statement_column_count(statement) : 0;
  while (rest > sql && strchr(" \t\r\n;", rest[-1]) != NULL) rest--;
  lua_pushlstring(L, sql, (size_t)(rest - sql));
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_pushstring(L, statement_column_name(statement, i));
    lua_rawseti(L, -2, i + 1);
  }
  if (database_waits(vm_of(L)->options.database)) {
    lua_pushnil(L);
    lua_replace(L, -2);
  }
  lua_pushinteger(L, is_query ? statement_parameter_count(statement) : 0);
  if (statement) release(L, statement);
  return is_query ? 3 : 0;
}

/* core.statement.examine(sql) -> a list with the name of each parameter (":name", or false) of the first statement, and what
 * follows it; nil: there is no statement. With a script's rights, and without running it. Raises SQLite's words. */
static int db_examine(lua_State *L) {
  size_t size;
  const char *sql = luaL_checklstring(L, 1, &size), *rest = sql;
  struct statement *statement = NULL;
  while (!statement && rest < sql + size) statement = prepare(L, STATEMENT_SCRIPT, rest, size - (size_t)(rest - sql), &rest);
  if (!statement) return 0;
  int count = statement_parameter_count(statement);
  lua_createtable(L, count, 0);
  for (int i = 1; i <= count; i++) {
    const char *name = statement_parameter_name(statement, i);
    if (name) {
      lua_pushstring(L, name);
    } else {
      lua_pushboolean(L, false);
    }
    lua_rawseti(L, -2, i);
  }
  lua_pushlstring(L, rest, size - (size_t)(rest - sql));
  release(L, statement);
  return 2;
}

/* core.statement.elsewhere(sql) -> why its first statement does not run on PostgreSQL (nil: it does), and what follows it (nil:
 * nothing). */
static int db_elsewhere(lua_State *L) {
  const struct script_options *options = &vm_of(L)->options;
  struct error error = {0};
  size_t size;
  const char *sql = luaL_checklstring(L, 1, &size), *rest = sql + size;
  bool ok = options->runs_elsewhere(sql, size, &rest, &error, options->elsewhere_data);
  lua_pushstring(L, ok ? NULL : error.text);
  size_t left = size - (size_t)(rest - sql);
  if (left == 0 || left == size) return 1;
  lua_pushlstring(L, rest, left);
  return 2;
}

/* ---- the end of the segment ---- */

/* The rest of the rows is read before a wait: afterwards the bound values may be gone, and other handlers will have written. */
static void fetch_rest(lua_State *L, struct cursor *cursor) {
  luaL_checkstack(L, 4, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, cursor);
  lua_newtable(L);
  struct error error = {0};
  bool row, ok;
  while ((ok = statement_step(cursor->statement, &row, &error)) && row) {
    push_row(L, cursor->statement);
    lua_rawseti(L, -2, ++cursor->row_count);
  }
  if (!ok) luaL_error(L, "%s", error.text);
  lua_setiuservalue(L, -2, 1);
  cursor_close(L, cursor);
  lua_pop(L, 1);
}

static void cut_all(struct vm *vm, struct queries *mine) {
  while (mine->loose_count) statement_release(mine->loose[--mine->loose_count]);
  while (mine->cursors) {
    mine->cursors->was_cut = true;
    cursor_close(vm->L, mine->cursors);
  }
}

/* At the end of a handler nobody reads on, and the rows would be those of a segment that is over. */
static bool end_queries(struct vm *vm, struct run *run, void *of_run, enum segment_end how, struct error *error) {
  struct queries *mine = vm_data(vm, &queries);
  (void)of_run, (void)error;
  if (how != SEGMENT_WAITS) cut_all(vm, mine);
  while (mine->cursors) fetch_rest(run->L, mine->cursors);
  return true;
}

static int open_with_rights(lua_State *L, bool is_host) {
  static const luaL_Reg functions[] = {{"exec", db_exec}, {"one", db_one},   {"all", db_all},
                                       {"rows", db_rows}, {"blob", db_blob}, {NULL, NULL}};
  participants_add(&vm_of(L)->participants, &queries);
  luaL_newmetatable(L, CURSOR);
  lua_pushcfunction(L, on_cursor_closed);
  lua_setfield(L, -2, "__close");
  api_lock_metatable(L);
  luaL_newmetatable(L, BLOB);
  api_lock_metatable(L);
  lua_pop(L, 2);
  api_make_closing_metatable(L, HANDLE, close_handle);
  luaL_newlibtable(L, functions);
  lua_pushboolean(L, is_host);
  luaL_setfuncs(L, functions, 1);
  if (is_host) {
    lua_pushcfunction(L, db_query);
    lua_setfield(L, -2, "query");
    lua_pushboolean(L, database_waits(vm_of(L)->options.database)); /* does a column have one type, whatever is written? */
    lua_setfield(L, -2, "has_types");
  }
  return 1;
}

int api_open_db(lua_State *L) { return open_with_rights(L, false); }
int api_open_own_db(lua_State *L) { return open_with_rights(L, true); }

/* core.statement: beside core.db, since it stays when that is taken away. */
int api_open_statement(lua_State *L) {
  lua_createtable(L, 0, 3);
  lua_pushcfunction(L, db_examine);
  lua_setfield(L, -2, "examine");
  bool is_elsewhere = vm_of(L)->options.runs_elsewhere != NULL;
  lua_pushboolean(L, is_elsewhere);
  lua_setfield(L, -2, "is_elsewhere");
  if (is_elsewhere) lua_pushcfunction(L, db_elsewhere), lua_setfield(L, -2, "elsewhere");
  return 1;
}
