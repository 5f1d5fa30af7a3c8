/* core.question_row: the end of the row of a question that is being answered. The row goes with the first thing that the
 * handler keeps, or else at the handler's end. So an answer counts once, and while nothing of it has been kept, a failure or a
 * crash leaves the question as it was. Which table the row is in is known to dialogue.lua alone. */
#include <lauxlib.h>
#include <stdlib.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

struct question_row { /* of a run */
  int64_t id;         /* 0: none is being answered */
};

struct question_table { /* of a VM */
  char *delete_sql;     /* with the row's id as its parameter */
};

static bool delete_row(struct vm *vm, struct run *run, void *of_run, enum segment_end how, struct error *error);
static void release(struct vm *vm);

static const struct participant question_rows = {.vm_size = sizeof(struct question_table),
                                                 .run_size = sizeof(struct question_row),
                                                 .on_segment_end = delete_row,
                                                 .on_close = release};

/* Before a wait only if the segment has written something: otherwise nothing of the answer has been kept yet. A middleware may
 * catch the error of the handler, and the run go on: the question stays open all the same. A branch that fails is told to its
 * handler, which goes on with the answer. */
static bool delete_row(struct vm *vm, struct run *run, void *of_run, enum segment_end how, struct error *error) {
  struct database *database = vm->options.database;
  struct question_row *row = of_run;
  if (row && how == SEGMENT_FAILS && run->root == run) row->id = 0;
  if (!row || !row->id || how == SEGMENT_FAILS || (how == SEGMENT_WAITS && !database_has_written(database))) return true;
  struct value id = value_integer(row->id);
  const struct question_table *table = vm_data(vm, &question_rows);
  row->id = 0; /* once: if the statement fails, the handler does, and its row stays by the rollback */
  return database_begin(database, error) && database_run(database, table->delete_sql, &id, 1, error);
}

static void release(struct vm *vm) {
  struct question_table *table = vm_data(vm, &question_rows);
  free(table->delete_sql);
}

/* set_delete(sql): what takes a row away, by its id */
static int set_delete(lua_State *L) {
  struct question_table *table = vm_data(vm_of(L), &question_rows);
  const char *sql = luaL_checkstring(L, 1);
  free(table->delete_sql);
  table->delete_sql = memory_copy_text(sql);
  return 0;
}

/* ends(id): the handler that is running answers that row. Where it has put another row in its place, this id is gone already.
 */
static int ends(lua_State *L) {
  struct run *run = vm_of(L)->current;
  int64_t id = luaL_checkinteger(L, 1);
  if (run) ((struct question_row *)run_data(run, &question_rows))->id = id;
  return 0;
}

int api_open_question_row(lua_State *L) {
  static const luaL_Reg functions[] = {{"set_delete", set_delete}, {"ends", ends}, {NULL, NULL}};
  participants_add(&vm_of(L)->participants, &question_rows);
  luaL_newlib(L, functions);
  return 1;
}
