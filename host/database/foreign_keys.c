/* Switches foreign keys off while scripts load, and checks them afterwards. PRAGMA foreign_keys does nothing within a
 * transaction, so the keys are switched around the load's segment. A row that is broken can only have come with an image,
 * since the keys are enforced otherwise, and checked here: so what is broken is listed before a load only while an image may
 * have brought something. */
#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/connection.h"
#include "database/database.h"

struct broken_row { /* one that was broken before the load; or several, of a table without rowids */
  UT_hash_handle hh;
  int64_t count;
  char key[];
};

enum { KEY, ROWID, PARENT, COUNT, COLUMNS };
static const char CHECK[] =
    "SELECT json_array(?1, \"rowid\", parent, fkid), CAST(\"rowid\" AS TEXT), parent, count(*) "
    "FROM pragma_foreign_key_check(?1) GROUP BY 1";
static const char TABLES[] =
    "SELECT name FROM sqlite_schema AS each WHERE type = 'table' "
    "AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(each.name))";

/* What is done with each broken row of a table. False ends the walk. */
typedef bool (*row_visitor)(struct database *database, const char *table, const struct value *columns, struct error *error);

static void forget_rows(struct database *database) {
  struct broken_row *row, *next;
  HASH_ITER(hh, database->broken_rows, row, next) {
    HASH_DEL(database->broken_rows, row);
    free(row);
  }
}

static bool learn_row(struct database *database, const char *table, const struct value *columns, struct error *error) {
  (void)table;
  size_t size = columns[KEY].size;
  struct broken_row *row = memory_try_resize(NULL, sizeof *row + size + 1);
  if (!row) return error_set(error, ERROR_MEMORY, "out of memory for a list of broken rows");
  row->count = columns[COUNT].integer;
  memcpy(row->key, columns[KEY].bytes, size + 1);
  HASH_ADD(hh, database->broken_rows, key, size, row);
  return true;
}

static bool judge_row(struct database *database, const char *table, const struct value *columns, struct error *error) {
  struct broken_row *known = NULL;
  HASH_FIND(hh, database->broken_rows, columns[KEY].bytes, columns[KEY].size, known);
  if (known && known->count >= columns[COUNT].integer) return true;
  const char *rowid = columns[ROWID].type == VALUE_NULL ? "" : columns[ROWID].bytes;
  return error_set(error, ERROR_INPUT,
                   "a foreign key would be broken: a row of the table %s%s%s%s refers to a row of %s that is not there", table,
                   rowid[0] ? " (rowid " : "", rowid, rowid[0] ? ")" : "", columns[PARENT].bytes);
}

static bool walk_table(struct database *database, const char *table, row_visitor visit, struct error *error) {
  struct error mine = {0};
  struct value name = value_text(table, strlen(table)), columns[COLUMNS];
  struct statement *statement = database_prepare(database, CHECK, &name, 1, &mine);
  bool row = true, ok = statement != NULL;
  while (ok && row) {
    ok = statement_step(statement, &row, &mine);
    for (int i = 0; ok && row && i < COLUMNS; i++) statement_column(statement, i, &columns[i]);
    ok = ok && (!row || visit(database, table, columns, &mine));
  }
  statement_release(statement);
  if (ok || mine.kind == ERROR_MISUSE) return true; /* "foreign key mismatch": rows of such a table can't be written at all */
  if (error) *error = mine;
  return false;
}

/* Visits all broken rows of the database. */
static bool walk(struct database *database, row_visitor visit, struct error *error) {
  struct statement *statement = database_prepare(database, TABLES, NULL, 0, error);
  bool row = true, ok = statement != NULL;
  while (ok && row) {
    struct value name;
    ok = statement_step(statement, &row, error);
    if (!ok || !row) break;
    statement_column(statement, 0, &name);
    ok = walk_table(database, name.bytes, visit, error);
  }
  statement_release(statement);
  return ok;
}

bool database_suspend_foreign_keys(struct database *database, struct error *error) {
  assert(!database->is_in_segment);
  if (database->may_have_broken_rows) {
    forget_rows(database);
    if (!walk(database, learn_row, error)) return false;
    database->may_have_broken_rows = database->broken_rows != NULL;
  }
  database->has_suspended_keys = connection_execute(database, "PRAGMA foreign_keys = OFF", error);
  return database->has_suspended_keys;
}

/* A load that has written nothing, which is the usual one, has broken nothing. */
bool database_check_foreign_keys(struct database *database, struct error *error) {
  if (!database->has_suspended_keys || !connection_has_written(database)) return true;
  return walk(database, judge_row, error);
}

void database_resume_foreign_keys(struct database *database) {
  assert(!database->is_in_segment);
  if (!database->has_suspended_keys) return;
  bool ok = connection_execute(database, "PRAGMA foreign_keys = ON", NULL);
  assert(ok); /* the statement reads no page */
  database->has_suspended_keys = false;
}

void foreign_keys_release(struct database *database) { forget_rows(database); }
