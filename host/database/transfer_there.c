/* From SQLite into PostgreSQL. The tables are made by the SQL that made them in SQLite, in the dialect's translation: so they
 * are what a script would have made there. A table waits for those that its foreign keys name; one whose turn never comes has
 * keys in a circle. Rows, then the next ids, indices and views, then the comparison, in one transaction. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"
#include "database/postgres_session.h"
#include "database/sql_dialect.h"
#include "database/sql_token.h"
#include "database/transfer_compare.h"
#include "database/transfer_row.h"
#include "database/transfer_table.h"

enum {
  SQL_CEILING = 4 << 20,
  LINES_CEILING = 256 << 20, /* a value of 64 MB, as the largest of SQLite, is twice as long in hexadecimal digits */
  LINES_SENT_AT = 1 << 16,
  NUMBER_SIZE = 24,
};

struct there { /* all is ours, but for the database */
  struct database *from;
  struct postgres_session *session;
  const struct transfer_watch *watch;
  struct transfer_table *tables, *ready; /* ready: those that are made, in that order */
  struct buffer sql;
};

/* ---- in order ---- */
static bool refuse_rows(struct there *there, struct error *error);    /* there may be none */
static bool make_tables(struct there *there, struct error *error);    /* their columns are known from here on */
static bool fill_tables(struct there *there, struct error *error);    /* with the next ids */
static bool make_others(struct there *there, struct error *error);    /* indices, views */
static bool compare_tables(struct there *there, struct error *error); /* then all may be committed */

/* ---- what is there ---- */

static bool run(struct there *there, struct error *error) {
  return postgres_session_run(there->session, there->sql.data, error);
}

/* "DROP TABLE " and the like before a name, and what follows it. */
static bool run_about(struct there *there, const char *before, const char *name, const char *after, struct error *error) {
  buffer_clear(&there->sql);
  return buffer_add_text(&there->sql, before, error) && transfer_put_name(&there->sql, name, error) &&
         buffer_add_text(&there->sql, after, error) && run(there, error);
}

static bool has_rows(struct there *there, const char *table, bool *result, struct error *error) {
  struct postgres_rows rows = {0};
  buffer_clear(&there->sql);
  bool ok = buffer_add_text(&there->sql, "SELECT 1 FROM ", error) && transfer_put_name(&there->sql, table, error) &&
            buffer_add_text(&there->sql, " LIMIT 1", error) &&
            postgres_session_ask(there->session, there->sql.data, NULL, NULL, &rows, error);
  *result = ok && rows.count > 0;
  postgres_rows_release(&rows);
  return ok;
}

static bool refuse_rows(struct there *there, struct error *error) {
  static const char sql[] =
      "SELECT relname FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'f', 'm') AND " TRANSFER_NOT_SHARED
      " "
      "AND relnamespace = current_schema()::regnamespace ORDER BY relname";
  struct postgres_rows rows;
  bool ok = postgres_session_ask(there->session, sql, NULL, NULL, &rows, error);
  for (int i = 0; ok && i < rows.count; i++) {
    const char *table = postgres_rows_text(&rows, i, 0);
    bool is_full = false;
    ok = has_rows(there, table, &is_full, error);
    if (ok && is_full)
      ok = error_set(error, ERROR_REFUSED, "the database has data: table %.100s has rows; take another database or schema",
                     table);
  }
  postgres_rows_release(&rows);
  return ok;
}

/* ---- tables ---- */

/* The name as PostgreSQL has it: small letters, unless it is quoted. NULL: there is none at the place. */
static char *remote_name(const char *sql, int place) {
  const char *end = sql + strlen(sql);
  struct sql_token token = sql_token_read(sql, end);
  while (token.kind != SQL_END && (token.kind == SQL_SPACE || place-- > 0)) token = sql_token_read(token.at + token.size, end);
  if (token.kind != SQL_WORD && token.kind != SQL_QUOTED) return NULL;
  size_t quote = token.kind == SQL_QUOTED, size = 0;
  char *name = memory_new(token.size + 1), close = *token.at == '[' ? ']' : *token.at;
  for (size_t i = quote; i + quote < token.size; i++) {
    char c = token.at[i];
    if (quote && c == close) i++; /* written twice */
    name[size++] = !quote && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  return name;
}

/* A column of truths decides by itself, since SQLite has any number in it. */
static enum postgres_kind kind_of(const char *type) {
  return strcmp(type, "boolean") == 0 ? POSTGRES_OTHER : postgres_type_of_column(type)->kind;
}

/* The columns stand in the same order on both sides. */
static bool learn_columns(struct there *there, struct transfer_table *table, struct error *error) {
  static const char sql[] =
      "SELECT attname, format_type(atttypid, atttypmod), attidentity <> '' FROM pg_catalog.pg_attribute "
      "WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
  struct postgres_rows rows;
  struct transfer_column *column = table->columns;
  bool ok = postgres_session_ask(there->session, sql, table->remote, NULL, &rows, error);
  for (int i = 0; ok && column && i < rows.count; i++, column = column->next) {
    column->remote = memory_copy_text(postgres_rows_text(&rows, i, 0));
    column->kind = kind_of(postgres_rows_text(&rows, i, 1));
    column->is_identity = postgres_rows_is(&rows, i, 2);
  }
  if (ok && (column || !table->columns || !table->columns->remote))
    ok = error_set(error, ERROR_INPUT, "table %.100s can't be brought over: its columns are others there", table->name);
  postgres_rows_release(&rows);
  return ok;
}

/* A key of the table, PRIMARY KEY(id), gives ids by itself in SQLite only. */
static bool make_identity(struct there *there, struct transfer_table *table, struct error *error) {
  struct transfer_column *column = transfer_table_rowid_column(table);
  if (!column || column->is_identity) return true;
  buffer_clear(&there->sql);
  column->is_identity = true;
  return buffer_add_text(&there->sql, "ALTER TABLE ", error) && transfer_put_name(&there->sql, table->remote, error) &&
         buffer_add_text(&there->sql, " ALTER COLUMN ", error) && transfer_put_name(&there->sql, column->remote, error) &&
         buffer_add_text(&there->sql, " ADD GENERATED BY DEFAULT AS IDENTITY", error) && run(there, error);
}

static bool blame(const char *type, const char *name, struct error *error) {
  if (error->kind != ERROR_NETWORK && error->kind != ERROR_MEMORY) error->kind = ERROR_INPUT;
  return error_prefix(error, "%s %.100s can't be brought over", type, name);
}

/* The file may be anybody's: it may do what a script may. A failure is taken back, and the rest of the transaction can go on.
 */
static bool run_translated(struct there *there, const char *table, const char *sql, struct error *error) {
  struct sql_translation translation = {0};
  bool ok = sql_dialect_translate(sql, strlen(sql), !transfer_table_is_own(table), NULL, &translation, error) &&
            postgres_session_run(there->session, "SAVEPOINT transfer", error);
  if (ok && !postgres_session_run(there->session, translation.text.data, error)) {
    (void)postgres_session_run(there->session, "ROLLBACK TO SAVEPOINT transfer", NULL);
    ok = false;
  }
  if (ok) ok = postgres_session_run(there->session, "RELEASE SAVEPOINT transfer", error);
  sql_translation_release(&translation);
  return ok;
}

/* Makes each table that can be made now. False: an error that is none of the order. */
static bool make_some(struct there *there, bool *has_made, struct error *lacking, struct error *error) {
  struct transfer_table *table, *next;
  *has_made = false;
  LL_FOREACH_SAFE(there->tables, table, next) {
    struct error failure = {0};
    if (!run_translated(there, table->name, table->sql, &failure)) {
      blame("table", table->name, &failure);
      *lacking = failure;
      if (postgres_session_lacks_table(there->session)) continue;
      *error = failure;
      return false;
    }
    LL_DELETE(there->tables, table);
    table->next = NULL;
    LL_APPEND(there->ready, table);
    *has_made = true;
    if (!learn_columns(there, table, error) || !make_identity(there, table, error)) return false;
  }
  return true;
}

/* What has no rows has nothing to lose. */
static bool make_tables(struct there *there, struct error *error) {
  struct transfer_table *table;
  bool ok = true, has_made = true;
  LL_FOREACH(there->tables, table) {
    table->remote = remote_name(table->sql, 2);
    ok = ok && table->remote && run_about(there, "DROP TABLE IF EXISTS ", table->remote, " CASCADE", error);
  }
  while (ok && there->tables && has_made) {
    struct error lacking = {0};
    ok = make_some(there, &has_made, &lacking, error);
    if (ok && !has_made) *error = lacking;
  }
  return ok && has_made;
}

/* ---- rows ---- */

static bool begin_copy(struct there *there, const struct transfer_table *table, struct error *error) {
  const struct transfer_column *column;
  const char *mark = " (";
  buffer_clear(&there->sql);
  bool ok = buffer_add_text(&there->sql, "COPY ", error) && transfer_put_name(&there->sql, table->remote, error);
  LL_FOREACH(table->columns, column) {
    if (!ok || column->is_generated) continue;
    ok = buffer_add_text(&there->sql, mark, error) && transfer_put_name(&there->sql, column->remote, error);
    mark = ", ";
  }
  return ok && buffer_add_text(&there->sql, ") FROM STDIN", error) &&
         postgres_session_begin_copy(there->session, there->sql.data, error);
}

static struct statement *select_rows(struct there *there, const struct transfer_table *table, struct error *error) {
  buffer_clear(&there->sql);
  if (!transfer_put_select(&there->sql, table, error)) return NULL;
  return database_prepare(there->from, there->sql.data, NULL, 0, error);
}

/* PostgreSQL has refused that line: which row was it? */
static bool blame_line(struct there *there, struct transfer_table *table, int64_t line, struct error *error) {
  struct error ignored;
  struct statement *statement = line ? select_rows(there, table, &ignored) : NULL;
  bool row = statement != NULL;
  for (int64_t i = 0; row && i < line; i++) row = statement_step(statement, &row, &ignored) && row;
  if (error->kind == ERROR_REFUSED) error->kind = ERROR_INPUT;
  transfer_row_blame(table, NULL, row ? statement : NULL, error);
  statement_release(statement);
  return false;
}

static bool send_rows(struct there *there, struct transfer_table *table, struct statement *statement, struct buffer *lines,
                      struct error *error) {
  bool row, ok;
  while ((ok = statement_step(statement, &row, error)) && row) {
    ok = transfer_row_write(table, statement, lines, error);
    if (ok && lines->size >= LINES_SENT_AT) {
      ok = postgres_session_add(there->session, lines->data, lines->size, error);
      buffer_clear(lines);
    }
    if (!ok) break;
    if (table->rows++ % TRANSFER_STEP == 0) transfer_tell(there->watch, "copying", table, table->rows);
  }
  return ok && (!lines->size || postgres_session_add(there->session, lines->data, lines->size, error));
}

static bool fill(struct there *there, struct transfer_table *table, struct error *error) {
  struct buffer lines;
  int64_t line;
  buffer_init(&lines, LINES_CEILING);
  struct statement *statement = select_rows(there, table, error);
  bool ok = statement && begin_copy(there, table, error) && send_rows(there, table, statement, &lines, error);
  statement_release(statement);
  buffer_release(&lines);
  if (!ok) return false; /* the connection is closed with the COPY, and so all of it is taken back */
  return postgres_session_end_copy(there->session, &line, error) || blame_line(there, table, line, error);
}

/* ---- the next ids ---- */

/* The largest id that is there; and that AUTOINCREMENT has given, *is_kept: it must never be given again. */
static bool read_last_id(struct there *there, const struct transfer_table *table, const struct transfer_column *column,
                         int64_t *last, bool *is_kept, struct error *error) {
  struct value name = value_text(table->name, strlen(table->name));
  int64_t has_sequence = 0, given = INT64_MIN;
  buffer_clear(&there->sql);
  bool ok = buffer_add_text(&there->sql, "SELECT max(", error) && transfer_put_name(&there->sql, column->name, error) &&
            buffer_add_text(&there->sql, ") FROM ", error) && transfer_put_name(&there->sql, table->name, error) &&
            database_read_integer(there->from, there->sql.data, NULL, 0, 0, last, error) &&
            database_read_integer(there->from, "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'", NULL, 0, 0,
                                  &has_sequence, error);
  if (ok && has_sequence)
    ok = database_read_integer(there->from, "SELECT seq FROM sqlite_sequence WHERE name = ?1", &name, 1, INT64_MIN, &given,
                               error);
  *is_kept = ok && given != INT64_MIN;
  if (*is_kept && given > *last) *last = given;
  return ok;
}

/* PostgreSQL remembers whether it has given the last one; transfer_back.c goes by that. */
static bool set_next_id(struct there *there, const struct transfer_table *table, struct error *error) {
  static const char sql[] = "SELECT setval(pg_get_serial_sequence(quote_ident($1), $2), %" PRId64 ", %s)";
  const struct transfer_column *column = transfer_table_rowid_column(table);
  struct postgres_rows rows = {0};
  int64_t last = 0;
  bool is_kept = false, ok = !column || read_last_id(there, table, column, &last, &is_kept, error);
  if (ok && last > 0) {
    bool is_given = is_kept || last == INT64_MAX;
    buffer_clear(&there->sql);
    ok = buffer_format(&there->sql, error, sql, is_given ? last : last + 1, is_given ? "true" : "false") &&
         postgres_session_ask(there->session, there->sql.data, table->remote, column->remote, &rows, error);
    postgres_rows_release(&rows);
  }
  return ok || transfer_row_blame(table, column, NULL, error);
}

static bool fill_tables(struct there *there, struct error *error) {
  struct transfer_table *table;
  bool ok = true;
  LL_FOREACH(there->ready, table) ok = ok && fill(there, table, error) && set_next_id(there, table, error);
  return ok;
}

/* ---- indices and views ---- */

static bool make_others(struct there *there, struct error *error) {
  static const char sql[] =
      "SELECT type, name, sql, tbl_name FROM sqlite_schema WHERE type IN ('index', 'view') AND sql IS NOT NULL "
      "AND tbl_name <> 'lunokhod_pulled' ORDER BY type, rowid";
  struct statement *statement = database_prepare(there->from, sql, NULL, 0, error);
  bool row, ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct value type, name, text, table;
    statement_column(statement, 0, &type);
    statement_column(statement, 1, &name);
    statement_column(statement, 2, &text);
    statement_column(statement, 3, &table);
    ok = run_translated(there, table.bytes, text.bytes, error) || blame(type.bytes, name.bytes, error);
  }
  statement_release(statement);
  return ok;
}

static bool compare_tables(struct there *there, struct error *error) {
  const struct transfer_table *table;
  bool ok = true;
  LL_FOREACH(there->ready, table) ok = ok && transfer_compare(there->from, there->session, table, there->watch, error);
  return ok;
}

/* ---- all of it ---- */

static void count(const struct there *there, struct transfer_result *result) {
  const struct transfer_table *table;
  *result = (struct transfer_result){0};
  LL_FOREACH(there->ready, table) {
    result->tables++;
    result->rows += table->rows;
  }
}

/* As a host does. Its connection, and so its lock, is gone when the loop has turned. */
static bool install_functions(struct loop *loop, const char *url, struct error *error) {
  struct database *database = database_open_postgres(loop, url, NULL, error);
  database_close(database);
  loop_turn(loop, false);
  return database != NULL;
}

bool transfer_to_postgres(struct loop *loop, struct database *from, const char *url, const struct transfer_watch *watch,
                          struct transfer_result *result, struct error *error) {
  struct there there = {.from = from, .watch = watch};
  buffer_init(&there.sql, SQL_CEILING);
  bool ok = transfer_table_read_all(from, &there.tables, error) && install_functions(loop, url, error) &&
            (there.session = postgres_session_open(url, error)) != NULL &&
            postgres_session_become_alone(there.session, error) && postgres_session_run(there.session, "BEGIN", error) &&
            refuse_rows(&there, error) && make_tables(&there, error) && fill_tables(&there, error) &&
            make_others(&there, error) && compare_tables(&there, error) && postgres_session_run(there.session, "COMMIT", error);
  count(&there, result);
  postgres_session_close(there.session);
  transfer_table_free_all(there.tables);
  transfer_table_free_all(there.ready);
  buffer_release(&there.sql);
  return ok;
}
