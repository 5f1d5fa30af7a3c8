/* Both images lie in one connection, as `main` and `old`. Rows are compared by what they hold, byte by byte: a column's own
 * collation, which may be one of a script's, is not asked. Of a table whose columns have changed, every row has. */
#include "database/difference.h"

#include <sqlite3.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "database/connection.h"

enum { SECONDS_MOST = 10 };

struct difference {
  sqlite3 *sqlite;
  struct error *error;
};

static bool fail(const struct difference *difference) {
  int status = sqlite3_errcode(difference->sqlite);
  if (status == SQLITE_INTERRUPT) return error_set(difference->error, ERROR_MISUSE, "it takes too long");
  return error_set(difference->error, status == SQLITE_NOMEM ? ERROR_MEMORY : ERROR_MISUSE, "%s",
                   sqlite3_errmsg(difference->sqlite));
}

static bool attach(const struct difference *difference, const char *schema, const void *image, size_t size) {
  sqlite3_int64 bytes = (sqlite3_int64)size;
  if (!size) return true;
  return sqlite3_deserialize(difference->sqlite, schema, (unsigned char *)(uintptr_t)image, bytes, bytes,
                             SQLITE_DESERIALIZE_READONLY) == SQLITE_OK ||
         fail(difference);
}

static bool open_both(struct difference *difference, const void *before, size_t before_size, const void *after,
                      size_t after_size) {
  if (sqlite3_open_v2(":memory:", &difference->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
    return error_set(difference->error, ERROR_MEMORY, "out of memory for a comparison");
  (void)sqlite3_db_config(difference->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_db_config(difference->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  if (sqlite3_exec(difference->sqlite, "ATTACH ':memory:' AS old", NULL, NULL, NULL) != SQLITE_OK) return fail(difference);
  return attach(difference, "main", after, after_size) && attach(difference, "old", before, before_size);
}

/* ---- one table ---- */

struct table {
  const char *name;
  bool is_old, is_new;  /* is it in the image? */
  bool is_same_columns; /* in both, by the words of the schema */
  bool has_rowid;
  const char *row; /* quote("a") || ',' || quote("b") ...: what a row holds */
};

/* The number that the statement answers. False: failed. */
static bool count(const struct difference *difference, char *sql, sqlite3_int64 *number) {
  sqlite3_stmt *statement = NULL;
  bool ok = sql && sqlite3_prepare_v2(difference->sqlite, sql, -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW;
  if (ok) *number = sqlite3_column_int64(statement, 0);
  if (!ok) fail(difference);
  (void)sqlite3_finalize(statement);
  sqlite3_free(sql);
  return ok;
}

static bool count_all(const struct difference *difference, const char *schema, const struct table *table,
                      sqlite3_int64 *number) {
  return count(difference, sqlite3_mprintf("SELECT count(*) FROM %s.\"%w\"", schema, table->name), number);
}

/* Of a table with a rowid: rows of the one image whose rowid the other has not. Of another: rows that the other has not. */
static bool count_missing(const struct difference *difference, const char *in, const char *from, const struct table *table,
                          sqlite3_int64 *number) {
  if (table->has_rowid) {
    return count(difference,
                 sqlite3_mprintf("SELECT count(*) FROM %s.\"%w\" WHERE rowid NOT IN (SELECT rowid FROM %s.\"%w\")", in,
                                 table->name, from, table->name),
                 number);
  }
  return count(difference,
               sqlite3_mprintf("SELECT count(*) FROM (SELECT %s FROM %s.\"%w\" EXCEPT SELECT %s FROM %s.\"%w\")", table->row,
                               in, table->name, table->row, from, table->name),
               number);
}

static bool count_changed(const struct difference *difference, const struct table *table, sqlite3_int64 *number) {
  *number = 0;
  if (!table->has_rowid) return true;
  if (!table->is_same_columns) {
    return count(difference,
                 sqlite3_mprintf("SELECT count(*) FROM main.\"%w\" WHERE rowid IN (SELECT rowid FROM old.\"%w\")", table->name,
                                 table->name),
                 number);
  }
  return count(
      difference,
      sqlite3_mprintf("SELECT count(*) FROM (SELECT rowid AS id, %s AS row FROM main.\"%w\") AS one "
                      "JOIN (SELECT rowid AS id, %s AS row FROM old.\"%w\") AS other USING (id) WHERE one.row <> other.row",
                      table->row, table->name, table->row, table->name),
      number);
}

static bool count_rows(const struct difference *difference, const struct table *table, sqlite3_int64 rows[3]) {
  rows[0] = rows[1] = rows[2] = 0;
  if (!table->is_old) return count_all(difference, "main", table, &rows[0]);
  if (!table->is_new) return count_all(difference, "old", table, &rows[2]);
  if (!table->has_rowid && !table->is_same_columns)
    return count_all(difference, "main", table, &rows[0]) && count_all(difference, "old", table, &rows[2]);
  return count_missing(difference, "main", "old", table, &rows[0]) && count_changed(difference, table, &rows[1]) &&
         count_missing(difference, "old", "main", table, &rows[2]);
}

static bool write_table(const struct difference *difference, const struct table *table, struct buffer *text) {
  static const char signs[] = "+~-";
  sqlite3_int64 rows[3];
  if (!count_rows(difference, table, rows)) return false;
  if (!rows[0] && !rows[1] && !rows[2]) return true;
  bool ok = buffer_format(text, difference->error, "%s%s", text->size ? ", " : "", table->name);
  for (int i = 0; ok && i < 3; i++)
    if (rows[i]) ok = buffer_format(text, difference->error, " %c%lld", signs[i], (long long)rows[i]);
  return ok;
}

/* ---- all of them ---- */

/* Virtual tables are none: their content is in tables of their own. A rowid is what no WITHOUT ROWID table has, and no table
 * with a column of that name is asked by it. */
#define TABLES "type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
static const char tables_sql[] =
    "SELECT t.name, o.name IS NOT NULL, m.name IS NOT NULL, m.sql IS o.sql, "
    "  NOT (SELECT wr FROM pragma_table_list AS l WHERE l.name = t.name AND l.schema = iif(m.name IS NULL, 'old', 'main')) "
    "    AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE lower(name) = 'rowid'), "
    "  (SELECT group_concat('quote(\"' || replace(name, '\"', '\"\"') || '\")', ' || '',''  || ') "
    "    FROM pragma_table_info(t.name)) "
    "FROM (SELECT name FROM main.sqlite_schema WHERE " TABLES " UNION SELECT name FROM old.sqlite_schema WHERE " TABLES
    ") AS t "
    "LEFT JOIN main.sqlite_schema AS m ON m.type = 'table' AND m.name = t.name "
    "LEFT JOIN old.sqlite_schema AS o ON o.type = 'table' AND o.name = t.name ORDER BY t.name";

static bool write_all(const struct difference *difference, struct buffer *text) {
  sqlite3_stmt *statement = NULL;
  int status;
  bool ok = sqlite3_prepare_v2(difference->sqlite, tables_sql, -1, &statement, NULL) == SQLITE_OK || fail(difference);
  while (ok && (status = sqlite3_step(statement)) != SQLITE_DONE) {
    struct table table = {.name = (const char *)sqlite3_column_text(statement, 0),
                          .is_old = sqlite3_column_int(statement, 1),
                          .is_new = sqlite3_column_int(statement, 2),
                          .is_same_columns = sqlite3_column_int(statement, 3),
                          .has_rowid = sqlite3_column_int(statement, 4),
                          .row = (const char *)sqlite3_column_text(statement, 5)};
    ok = (status == SQLITE_ROW && table.name && table.row) || fail(difference);
    if (ok) ok = write_table(difference, &table, text);
  }
  (void)sqlite3_finalize(statement);
  return ok;
}

bool difference_write(const void *before, size_t before_size, const void *after, size_t after_size, struct buffer *text,
                      struct error *error) {
  struct difference difference = {.error = error};
  time_t end;
  bool ok = open_both(&difference, before, before_size, after, after_size);
  if (ok) connection_end_after(difference.sqlite, SECONDS_MOST, &end);
  ok = ok && write_all(&difference, text);
  (void)sqlite3_close(difference.sqlite);
  return ok;
}
