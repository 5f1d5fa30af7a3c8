/* From PostgreSQL into SQLite: one snapshot there, one transaction here. Foreign keys are checked at its end, so the order of
 * the tables does not matter. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/error.h"
#include "database/database.h"
#include "database/postgres_catalog.h"
#include "database/postgres_session.h"
#include "database/transfer_compare.h"
#include "database/transfer_row.h"
#include "database/transfer_table.h"

enum { SQL_CEILING = 4 << 20 };

struct back { /* all is ours, but for the database */
  struct database *to;
  struct postgres_session *session;
  const struct transfer_watch *watch;
  struct transfer_table *tables;
};

/* ---- rows ---- */

static bool put_insert(struct buffer *sql, const struct transfer_table *table, struct error *error) {
  const struct transfer_column *column;
  const char *mark = "(";
  int count = 0;
  bool ok = buffer_add_text(sql, "INSERT INTO ", error) && transfer_put_name(sql, table->name, error);
  LL_FOREACH(table->columns, column) {
    if (!ok || column->is_generated) continue;
    ok = buffer_add_text(sql, mark, error) && transfer_put_name(sql, column->name, error);
    mark = ", ";
    count++;
  }
  for (int i = 0; ok && i < count; i++) ok = buffer_add_text(sql, i ? ", ?" : ") VALUES (?", error);
  return ok && buffer_add_text(sql, ")", error);
}

static bool insert_row(struct back *back, const struct transfer_table *table, const char *sql, char *line,
                       struct error *error) {
  const struct transfer_column *column;
  struct statement *statement = database_prepare(back->to, sql, NULL, 0, error);
  int number = 0;
  bool row, ok = statement != NULL;
  LL_FOREACH(table->columns, column) {
    struct value value;
    if (!ok || column->is_generated) continue;
    ok = transfer_row_read(column, &line, &value, error);
    if (ok) transfer_row_restore_number(column, &value);
    ok = ok && statement_bind(statement, ++number, &value, error);
  }
  ok = ok && statement_step(statement, &row, error);
  statement_release(statement);
  return ok;
}

static bool fill(struct back *back, struct transfer_table *table, struct error *error) {
  struct buffer reading, insert;
  char *line;
  size_t size;
  buffer_init(&reading, SQL_CEILING);
  buffer_init(&insert, SQL_CEILING);
  bool ok = transfer_put_reading(&reading, table, error) && put_insert(&insert, table, error) &&
            postgres_session_begin_reading(back->session, reading.data, error);
  while (ok && (ok = postgres_session_read(back->session, &line, &size, error)) && line) {
    ok = insert_row(back, table, insert.data, line, error);
    if (!ok && error->kind == ERROR_MISUSE) error->kind = ERROR_INPUT;
    if (table->rows++ % TRANSFER_STEP == 0) transfer_tell(back->watch, "copying", table, table->rows);
  }
  buffer_release(&reading);
  buffer_release(&insert);
  return ok || error_prefix(error, "table %.100s, row %" PRId64, table->name, table->rows);
}

/* ---- what makes it ---- */

static bool make_table(struct back *back, const struct transfer_table *table, struct error *error) {
  if (database_execute(back->to, table->sql, error)) return true;
  error->kind = error->kind == ERROR_MEMORY ? ERROR_MEMORY : ERROR_INPUT;
  return error_prefix(error, "table %.100s can't be brought over", table->name);
}

/* What a view says is looked at when it is read. */
static bool make_other(const char *type, const char *name, const char *sql, void *data, struct error *error) {
  struct back *back = data;
  struct buffer look;
  buffer_init(&look, SQL_CEILING);
  bool ok = database_execute(back->to, sql, error);
  if (ok && strcmp(type, "view") == 0) {
    ok = buffer_add_text(&look, "SELECT 1 FROM ", error) && transfer_put_name(&look, name, error);
    struct statement *statement = ok ? database_prepare(back->to, look.data, NULL, 0, error) : NULL;
    ok = statement != NULL;
    statement_release(statement);
  }
  if (!ok && error->kind == ERROR_MISUSE) error->kind = ERROR_INPUT;
  buffer_release(&look);
  return ok;
}

static bool set_last_id(struct back *back, const struct transfer_table *table, struct error *error) {
  struct value values[] = {value_text(table->name, strlen(table->name)), value_integer(table->last_id)};
  if (!table->last_id) return true;
  return database_run(back->to, "DELETE FROM sqlite_sequence WHERE name = ?", values, 1, error) &&
         database_run(back->to, "INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)", values, 2, error);
}

/* ---- all of it ---- */

static bool copy_all(struct back *back, struct error *error) {
  struct transfer_table *table;
  bool ok = database_begin(back->to, error) && database_execute(back->to, "PRAGMA defer_foreign_keys = ON", error);
  LL_FOREACH(back->tables, table) ok = ok && make_table(back, table, error);
  LL_FOREACH(back->tables, table) ok = ok && fill(back, table, error) && set_last_id(back, table, error);
  ok = ok && postgres_catalog_each_other(back->session, make_other, back, error);
  LL_FOREACH(back->tables, table) ok = ok && transfer_compare(back->to, back->session, table, back->watch, error);
  ok = ok && database_commit(back->to, error);
  database_rollback(back->to);
  return ok;
}

bool transfer_from_postgres(const char *url, bool is_alone, struct database *to, const struct transfer_watch *watch,
                            struct transfer_result *result, struct error *error) {
  static const char begin[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  struct back back = {.to = to, .watch = watch};
  struct transfer_table *table;
  *result = (struct transfer_result){0};
  bool ok = (back.session = postgres_session_open(url, error)) != NULL &&
            (!is_alone || postgres_session_become_alone(back.session, error)) &&
            postgres_session_run(back.session, begin, error) && postgres_catalog_read_all(back.session, &back.tables, error) &&
            copy_all(&back, error);
  LL_FOREACH(back.tables, table) {
    result->tables++;
    result->rows += table->rows;
  }
  postgres_session_close(back.session);
  transfer_table_free_all(back.tables);
  return ok;
}
