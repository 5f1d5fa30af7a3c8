/* json_patch() of SQLite, for values that it can merge in a moment: it compares each name of the one object with each name of
 * the other, and nothing can stop it within one call. SQLite's own does the work, on a connection where it is not replaced. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

#include "database/connection.h"

/* Of the one text times those of both: some tenths of a second. 100 kB and 100 kB are fine, and so are 1 kB and 20 MB. */
#define WORK_MOST 20e9

enum { JSON_SUBTYPE = 'J' }; /* what SQLite's other functions take for JSON and not for a text */

struct helper { /* opened with the first call */
  sqlite3 *sqlite;
  sqlite3_stmt *statement;
};

static void close_helper(void *data) {
  struct helper *helper = data;
  (void)sqlite3_finalize(helper->statement);
  (void)sqlite3_close(helper->sqlite);
  sqlite3_free(helper);
}

static bool open_helper(struct helper *helper) {
  if (helper->statement) return true;
  if (!helper->sqlite && sqlite3_open(":memory:", &helper->sqlite) != SQLITE_OK) {
    (void)sqlite3_close(helper->sqlite);
    helper->sqlite = NULL;
    return false;
  }
  return sqlite3_prepare_v2(helper->sqlite, "SELECT json_patch(?, ?)", -1, &helper->statement, NULL) == SQLITE_OK;
}

static void merge(sqlite3_context *context, const struct helper *helper, sqlite3_value **values) {
  sqlite3_stmt *statement = helper->statement;
  int status = sqlite3_bind_value(statement, 1, values[0]);
  if (status == SQLITE_OK) status = sqlite3_bind_value(statement, 2, values[1]);
  if (status == SQLITE_OK) status = sqlite3_step(statement);
  if (status == SQLITE_ROW) {
    sqlite3_result_value(context, sqlite3_column_value(statement, 0));
    if (sqlite3_column_type(statement, 0) != SQLITE_NULL) sqlite3_result_subtype(context, JSON_SUBTYPE);
  } else if (status == SQLITE_NOMEM) {
    sqlite3_result_error_nomem(context);
  } else {
    sqlite3_result_error(context, sqlite3_errmsg(helper->sqlite), -1);
  }
  (void)sqlite3_reset(statement);
  (void)sqlite3_clear_bindings(statement);
}

static void json_patch(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  double old = sqlite3_value_bytes(values[0]), patch = sqlite3_value_bytes(values[1]);
  if (patch * (old + patch) > WORK_MOST) {
    sqlite3_result_error(context, "json_patch() of values as long as these takes too long", -1);
    return;
  }
  struct helper *helper = sqlite3_user_data(context);
  if (open_helper(helper)) {
    merge(context, helper, values);
  } else {
    sqlite3_result_error_nomem(context);
  }
}

bool patch_function_install(sqlite3 *sqlite) {
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  struct helper *helper = sqlite3_malloc(sizeof *helper);
  if (!helper) return false;
  *helper = (struct helper){0};
#ifdef SQLITE_RESULT_SUBTYPE /* newer ones ask to be told */
  flags |= SQLITE_RESULT_SUBTYPE;
#endif
  /* where it fails, SQLite calls close_helper(), too */
  return sqlite3_create_function_v2(sqlite, "json_patch", 2, flags, helper, json_patch, NULL, NULL, close_helper) == SQLITE_OK;
}
