/* What PostgreSQL tells of a table is put together as one CREATE TABLE. A single key that is an integer becomes SQLite's rowid,
 * by AUTOINCREMENT where PostgreSQL has given ids itself, since it gives none twice. */
#include "database/postgres_catalog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/postgres_session.h"
#include "database/sqlite_dialect.h"
#include "database/transfer_table.h"

enum { SQL_CEILING = 4 << 20 };

/* ---- columns ---- */

/* Columns of the host that hold numbers and texts in SQLite, and in PostgreSQL texts only. */
static bool is_mixed(const struct transfer_table *table, const char *column) {
  static const char *const rows[][2] = {{"lunokhod_timetable", "zone"}, {"lunokhod_broadcast_chats", "chat"}, {NULL, NULL}};
  int i = 0;
  while (rows[i][0] && (strcmp(rows[i][0], table->name) != 0 || strcmp(rows[i][1], column) != 0)) i++;
  return rows[i][0] != NULL;
}

/* And those by which hosts that share a database share out its updates; TRANSFER_NOT_SHARED has the tables. */
static bool is_shared(const struct transfer_table *table, const char *column) {
  bool is_inbox = strcmp(table->name, "lunokhod_inbox") == 0;
  return is_inbox && (strcmp(column, "lane") == 0 || strcmp(column, "place") == 0);
}

static bool translate(const char *sql, char **translated, struct error *error) {
  struct buffer text;
  size_t size;
  buffer_init(&text, SQL_CEILING);
  bool ok = sqlite_dialect_translate(sql, &text, error);
  if (ok) *translated = buffer_take(&text, &size);
  buffer_release(&text);
  return ok;
}

static bool read_collation(struct transfer_column *column, const char *name, struct error *error) {
  if (!name || strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0) return true;
  if (strcmp(name, "nocase") != 0 && strcmp(name, "unicode") != 0)
    return error_set(error, ERROR_INPUT, "SQLite has no collation %.60s", name);
  column->collate = memory_copy_text(name);
  return true;
}

/* 4: identity, 5: computed, 6: the expression of it, or of the default. A default of nextval() is what an identity is. */
static bool read_column(const struct postgres_rows *rows, int row, struct transfer_table *table, struct error *error) {
  const char *name = postgres_rows_text(rows, row, 0), *expression = postgres_rows_text(rows, row, 6);
  const char *key = postgres_rows_text(rows, row, 2);
  struct transfer_column *column = transfer_table_add(table, name);
  bool is_serial = expression && strncmp(expression, "nextval(", 8) == 0, ok = true;
  column->remote = memory_copy_text(name);
  column->type = memory_copy_text(is_mixed(table, name) ? "" : postgres_rows_text(rows, row, 1));
  column->kind = postgres_type_of_column(column->type)->kind;
  column->key = key ? (int)strtol(key, NULL, 10) : 0;
  column->is_not_null = postgres_rows_is(rows, row, 3);
  column->is_identity = postgres_rows_is(rows, row, 4) || is_serial;
  column->is_generated = postgres_rows_is(rows, row, 5);
  char **words = column->is_generated ? &column->computed : &column->initial;
  if (expression && !is_serial) ok = translate(expression, words, error);
  return (ok && read_collation(column, postgres_rows_text(rows, row, 7), error)) || error_prefix(error, "column %.100s", name);
}

static bool read_columns(struct postgres_session *session, struct transfer_table *table, struct error *error) {
  static const char sql[] =
      "SELECT a.attname, format_type(a.atttypid, a.atttypmod), (SELECT array_position(conkey, a.attnum) "
      "    FROM pg_catalog.pg_constraint WHERE conrelid = a.attrelid AND contype = 'p'), "
      "  a.attnotnull, a.attidentity <> '', a.attgenerated <> '', pg_get_expr(d.adbin, d.adrelid), "
      "  (SELECT collname FROM pg_catalog.pg_collation WHERE oid = a.attcollation AND oid <> t.typcollation) "
      "FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid "
      "LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
      "WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
  struct postgres_rows rows;
  bool ok = postgres_session_ask(session, sql, table->remote, NULL, &rows, error);
  for (int i = 0; ok && i < rows.count; i++)
    ok = is_shared(table, postgres_rows_text(&rows, i, 0)) || read_column(&rows, i, table, error);
  postgres_rows_release(&rows);
  table->rowid = transfer_table_find_rowid(table);
  return ok;
}

static const struct transfer_column *find_id(const struct transfer_table *table) {
  const struct transfer_column *found = NULL, *column;
  int count = 0;
  LL_FOREACH(table->columns, column) {
    if (!column->key) continue;
    count++;
    if (column->kind == POSTGRES_INTEGER) found = column;
  }
  return count == 1 ? found : NULL;
}

/* Has PostgreSQL given an id by itself? Then it never gives it again, and table->last_id is the last one. */
static bool read_last_id(struct postgres_session *session, struct transfer_table *table, const struct transfer_column *column,
                         struct error *error) {
  static const char where[] = "SELECT 'SELECT last_value, is_called FROM ' || pg_get_serial_sequence(quote_ident($1), $2)";
  struct postgres_rows rows, last = {0};
  bool ok = postgres_session_ask(session, where, table->remote, column->remote, &rows, error);
  const char *sql = ok && rows.count ? postgres_rows_text(&rows, 0, 0) : NULL;
  ok = ok && (!sql || postgres_session_ask(session, sql, NULL, NULL, &last, error));
  if (ok && sql && postgres_rows_is(&last, 0, 1)) table->last_id = strtoll(postgres_rows_text(&last, 0, 0), NULL, 10);
  postgres_rows_release(&last);
  postgres_rows_release(&rows);
  return ok;
}

/* ---- CREATE TABLE ---- */

static bool put_clause(struct buffer *to, const char *before, const char *text, const char *after, struct error *error) {
  if (!text) return true;
  return buffer_add_text(to, before, error) && buffer_add_text(to, text, error) && buffer_add_text(to, after, error);
}

static bool put_column(struct buffer *to, const struct transfer_table *table, const struct transfer_column *column,
                       struct error *error) {
  bool is_id = column == find_id(table);
  const char *key = !is_id ? NULL : table->last_id ? " PRIMARY KEY AUTOINCREMENT" : " PRIMARY KEY";
  return transfer_put_name(to, column->name, error) &&
         put_clause(to, " ", *column->type ? postgres_type_of_column(column->type)->column : "", "", error) &&
         put_clause(to, key ? key : "", "", "", error) &&
         (is_id || !column->is_not_null || buffer_add_text(to, " NOT NULL", error)) &&
         put_clause(to, " DEFAULT (", column->initial, ")", error) && put_clause(to, " COLLATE ", column->collate, "", error) &&
         put_clause(to, " GENERATED ALWAYS AS (", column->computed, ") STORED", error);
}

/* The key of an id stands beside its column already. */
static bool put_constraints(struct postgres_session *session, struct buffer *to, const struct transfer_table *table,
                            struct error *error) {
  static const char sql[] =
      "SELECT contype = 'p', pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint "
      "WHERE conrelid = to_regclass(quote_ident($1)) AND contype IN ('p', 'u', 'c', 'f', 'x') ORDER BY oid";
  struct postgres_rows rows;
  bool ok = postgres_session_ask(session, sql, table->remote, NULL, &rows, error);
  for (int i = 0; ok && i < rows.count; i++) {
    if (postgres_rows_is(&rows, i, 0) && find_id(table)) continue;
    ok = buffer_add_text(to, ", ", error) && sqlite_dialect_translate(postgres_rows_text(&rows, i, 1), to, error);
  }
  postgres_rows_release(&rows);
  return ok;
}

static bool describe(struct postgres_session *session, struct transfer_table *table, struct error *error) {
  struct buffer sql;
  size_t size;
  const char *mark = "(";
  buffer_init(&sql, SQL_CEILING);
  bool ok = read_columns(session, table, error);
  const struct transfer_column *column = find_id(table);
  if (ok && column && column->is_identity) ok = read_last_id(session, table, column, error);
  ok = ok && buffer_add_text(&sql, "CREATE TABLE ", error) && transfer_put_name(&sql, table->name, error);
  LL_FOREACH(table->columns, column) {
    ok = ok && buffer_add_text(&sql, mark, error) && put_column(&sql, table, column, error);
    mark = ", ";
  }
  ok = ok && put_constraints(session, &sql, table, error) && buffer_add_text(&sql, ")", error);
  table->sql = buffer_take(&sql, &size);
  buffer_release(&sql);
  return ok || error_prefix(error, "table %.100s can't be brought over", table->name);
}

/* ---- all ---- */

/* What no table of SQLite is, or does. */
static bool refuse_foreign(struct postgres_session *session, struct error *error) {
  static const char sql[] =
      "SELECT 'trigger', tgname FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid "
      "  WHERE NOT tgisinternal AND c.relnamespace = current_schema()::regnamespace "
      "UNION ALL SELECT CASE relkind WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table' ELSE 'materialized view' "
      "END, "
      "  relname FROM pg_catalog.pg_class WHERE relkind IN ('p', 'f', 'm') AND relnamespace = current_schema()::regnamespace";
  struct postgres_rows rows;
  bool ok = postgres_session_ask(session, sql, NULL, NULL, &rows, error);
  if (ok && rows.count) {
    ok = error_set(error, ERROR_INPUT, "a file can't have the %s %.100s", postgres_rows_text(&rows, 0, 0),
                   postgres_rows_text(&rows, 0, 1));
  }
  postgres_rows_release(&rows);
  return ok;
}

bool postgres_catalog_read_all(struct postgres_session *session, struct transfer_table **tables, struct error *error) {
  static const char sql[] = "SELECT relname FROM pg_catalog.pg_class WHERE relkind = 'r' AND " TRANSFER_NOT_SHARED
                            " "
                            "AND relnamespace = current_schema()::regnamespace ORDER BY oid";
  struct postgres_rows rows = {0};
  *tables = NULL;
  bool ok = refuse_foreign(session, error) && postgres_session_ask(session, sql, NULL, NULL, &rows, error);
  if (ok && !rows.count) ok = error_set(error, ERROR_REFUSED, "the database has no tables where a bot's are");
  for (int i = 0; ok && i < rows.count; i++) {
    struct transfer_table *table = transfer_table_new(postgres_rows_text(&rows, i, 0));
    LL_APPEND(*tables, table);
    table->remote = memory_copy_text(table->name);
    ok = describe(session, table, error);
  }
  postgres_rows_release(&rows);
  return ok;
}

/* ---- indices and views ---- */

/* definition: "CREATE INDEX i ON public.t USING btree (lower(name)) WHERE (n > 0)", of which the end counts. */
static bool put_index(struct buffer *to, const struct postgres_rows *rows, int row, struct error *error) {
  static const char method[] = " USING btree ";
  const char *rest = strstr(postgres_rows_text(rows, row, 2), method);
  if (!rest) return error_set(error, ERROR_INPUT, "SQLite has no index of this kind");
  return buffer_add_text(to, postgres_rows_is(rows, row, 4) ? "CREATE UNIQUE INDEX " : "CREATE INDEX ", error) &&
         transfer_put_name(to, postgres_rows_text(rows, row, 1), error) && buffer_add_text(to, " ON ", error) &&
         transfer_put_name(to, postgres_rows_text(rows, row, 3), error) &&
         sqlite_dialect_translate(rest + sizeof method - 2, to, error);
}

static bool put_view(struct buffer *to, const struct postgres_rows *rows, int row, struct error *error) {
  return buffer_add_text(to, "CREATE VIEW ", error) && transfer_put_name(to, postgres_rows_text(rows, row, 1), error) &&
         buffer_add_text(to, " AS ", error) && sqlite_dialect_translate(postgres_rows_text(rows, row, 2), to, error);
}

bool postgres_catalog_each_other(struct postgres_session *session, postgres_catalog_make make, void *data,
                                 struct error *error) {
  static const char sql[] =
      "SELECT 'index', c.relname, pg_get_indexdef(i.indexrelid), t.relname, i.indisunique, c.oid FROM pg_catalog.pg_index AS i "
      "  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid "
      "  WHERE t.relkind = 'r' AND t." TRANSFER_NOT_SHARED
      " AND t.relname <> 'lunokhod_inbox' AND t.relnamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 "
      "    FROM pg_catalog.pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x')) "
      "UNION ALL SELECT 'view', relname, pg_get_viewdef(oid), NULL, NULL, oid FROM pg_catalog.pg_class "
      "  WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace ORDER BY 1, 6";
  struct postgres_rows rows;
  struct buffer text;
  buffer_init(&text, SQL_CEILING);
  bool ok = postgres_session_ask(session, sql, NULL, NULL, &rows, error);
  for (int i = 0; ok && i < rows.count; i++) {
    const char *type = postgres_rows_text(&rows, i, 0), *name = postgres_rows_text(&rows, i, 1);
    buffer_clear(&text);
    ok = (*type == 'i' ? put_index : put_view)(&text, &rows, i, error) && make(type, name, text.data, data, error);
    if (!ok) error_prefix(error, "%s %.100s can't be brought over", type, name);
  }
  postgres_rows_release(&rows);
  buffer_release(&text);
  return ok;
}
