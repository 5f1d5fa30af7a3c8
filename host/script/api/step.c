/* core.step: the row of a question that is being answered. It goes with the first thing that the handler keeps, or else at its
 * end: so an answer counts once, and while nothing of it has been kept, a failure or a crash leaves the question as it was. */
#include <lauxlib.h>
#include <string.h>

#include "common/error.h"
#include "database/database.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

static const char delete[] = "DELETE FROM lunokhod_steps WHERE id = ?";

bool api_end_step(struct run *run, bool is_last, struct error *error) {
  struct database *database = run->vm->options.database;
  if (!run->step_id || (!is_last && !database_has_written(database))) return true;
  struct value id = {.type = VALUE_INTEGER, .integer = run->step_id};
  run->step_id = 0;
  if (!database_begin(database, error)) return false;
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, delete, sizeof delete -1, NULL, error);
  bool row;
  bool ok = statement && statement_bind(statement, 1, &id, error) && statement_step(statement, &row, error);
  statement_release(statement);
  return ok;
}

/* ends(id): the handler that is running answers that row. Where it has put another one in its place, this id is no more. */
static int ends(lua_State *L) {
  struct run *run = vm_of(L)->current;
  if (run) run->step_id = luaL_checkinteger(L, 1);
  return 0;
}

int api_open_step(lua_State *L) {
  static const luaL_Reg functions[] = {{"ends", ends}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
