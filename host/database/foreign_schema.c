/* The schema of an image that anybody may have made, before the host works on it. A trigger on a table of the host would run
 * with its rights, and a view in the place of one may never end: neither is ever there in a backup of ours.
 *
 * SQLite makes an object of the text in its schema table, whatever the other columns say. So the text is looked at, which must
 * hold a name that it is about. */
#include <sqlite3.h>
#include <stddef.h>

#include "common/error.h"
#include "database/image_check.h"

/* What speaks of the host's tables is a table or an index of it, or a view that only reads; and none has the name of a view. */
static const char query[] =
    "SELECT name FROM sqlite_schema WHERE sql LIKE '%lunokhod!_%' ESCAPE '!' AND NOT ("
    "type = 'table' AND sql LIKE 'CREATE TABLE %' OR type = 'view' AND sql LIKE 'CREATE VIEW %' OR "
    "type = 'index' AND (sql LIKE 'CREATE INDEX %' OR sql LIKE 'CREATE UNIQUE INDEX %')) "
    "UNION ALL SELECT name FROM pragma_table_list "
    "WHERE name LIKE 'lunokhod!_%' ESCAPE '!' AND type <> 'table' AND schema = 'main'";

bool foreign_schema_check(sqlite3 *sqlite, struct error *error) {
  sqlite3_stmt *statement = NULL;
  int status = sqlite3_prepare_v2(sqlite, query, -1, &statement, NULL);
  if (status == SQLITE_OK) status = sqlite3_step(statement);
  bool ok = status == SQLITE_DONE;
  if (status == SQLITE_ROW) {
    error_set(error, ERROR_INPUT, "the database image has something of its own on the host's tables: %.100s",
              (const char *)sqlite3_column_text(statement, 0));
  } else if (!ok) {
    image_check_fail(sqlite, status, error);
  }
  (void)sqlite3_finalize(statement);
  return ok;
}
