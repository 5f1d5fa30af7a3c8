/* The order of the rows is the same on both sides: by the bytes of the primary key, or, where there is none or a type sorts in
 * its own way, in the order in which they were put in. */
#include "database/transfer_table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"

enum { NAME_MOST = 63 }; /* bytes: PostgreSQL cuts what is longer */

/* ---- life ---- */

struct transfer_table *transfer_table_new(const char *name) {
  struct transfer_table *table = memory_new(sizeof *table);
  table->name = memory_copy_text(name);
  return table;
}

struct transfer_column *transfer_table_add(struct transfer_table *table, const char *name) {
  struct transfer_column *column = memory_new(sizeof *column);
  column->name = memory_copy_text(name);
  LL_APPEND(table->columns, column);
  return column;
}

static void table_free(struct transfer_table *table) {
  struct transfer_column *column, *next;
  LL_FOREACH_SAFE(table->columns, column, next) {
    free(column->name);
    free(column->remote);
    free(column->type);
    free(column->initial);
    free(column->computed);
    free(column->collate);
    free(column);
  }
  free(table->name);
  free(table->remote);
  free(table->sql);
  free(table);
}

void transfer_table_free_all(struct transfer_table *tables) {
  struct transfer_table *table, *next;
  LL_FOREACH_SAFE(tables, table, next) table_free(table);
}

bool transfer_table_is_own(const char *name) { return strncasecmp(name, "lunokhod_", 9) == 0; }

struct transfer_column *transfer_table_rowid_column(const struct transfer_table *table) {
  struct transfer_column *found = NULL, *column;
  int count = 0;
  LL_FOREACH(table->columns, column) {
    if (!column->key) continue;
    count++;
    if (strcasecmp(column->type, "INTEGER") == 0) found = column;
  }
  return table->rowid && count == 1 ? found : NULL;
}

/* ---- the catalog ---- */

static char *copy_value(struct statement *statement, int column) {
  struct value value;
  statement_column(statement, column, &value);
  char *text = memory_new(value.size + 1);
  if (value.type == VALUE_TEXT && value.size) memcpy(text, value.bytes, value.size);
  return text;
}

static int64_t integer_value(struct statement *statement, int column) {
  struct value value;
  statement_column(statement, column, &value);
  return value.type == VALUE_INTEGER ? value.integer : 0;
}

/* PostgreSQL has no triggers of SQL, and no tables that are made by a module. */
static bool refuse_foreign(struct database *database, struct error *error) {
  static const char sql[] =
      "SELECT type, name FROM sqlite_schema WHERE type = 'trigger' "
      "UNION ALL SELECT 'virtual table', name FROM pragma_table_list WHERE type = 'virtual' AND schema = 'main'";
  struct statement *statement = database_prepare(database, sql, NULL, 0, error);
  bool row = false, ok = statement && statement_step(statement, &row, error);
  if (ok && row) {
    char *type = copy_value(statement, 0), *name = copy_value(statement, 1);
    ok = error_set(error, ERROR_INPUT, "PostgreSQL can't have the %s %.100s", type, name);
    free(type);
    free(name);
  }
  statement_release(statement);
  return ok;
}

static bool check_column(const struct transfer_table *table, const struct transfer_column *column, struct error *error) {
  if (strlen(column->name) > NAME_MOST) {
    return error_set(error, ERROR_INPUT, "table %.100s: the name of column %.100s is longer than PostgreSQL's %d bytes",
                     table->name, column->name, NAME_MOST);
  }
  if (*column->type || transfer_table_is_own(table->name)) return true;
  return error_set(error, ERROR_INPUT, "table %.100s: column %.100s has no type, and each needs one in PostgreSQL", table->name,
                   column->name);
}

static bool read_columns(struct database *database, struct transfer_table *table, struct error *error) {
  static const char sql[] = "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid";
  struct value name = value_text(table->name, strlen(table->name));
  struct statement *statement = database_prepare(database, sql, &name, 1, error);
  bool row, ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    char *column_name = copy_value(statement, 0);
    struct transfer_column *column = transfer_table_add(table, column_name);
    free(column_name);
    column->type = copy_value(statement, 1);
    column->key = (int)integer_value(statement, 2);
    column->is_generated = integer_value(statement, 3) != 0;
    ok = check_column(table, column, error);
  }
  statement_release(statement);
  return ok;
}

/* A column may have one of its names. */
const char *transfer_table_find_rowid(const struct transfer_table *table) {
  static const char *const names[] = {"rowid", "_rowid_", "oid", NULL};
  for (int i = 0; names[i]; i++) {
    const struct transfer_column *column;
    bool is_taken = false;
    LL_FOREACH(table->columns, column) is_taken = is_taken || strcasecmp(column->name, names[i]) == 0;
    if (!is_taken) return names[i];
  }
  return NULL;
}

static bool read_table(struct database *database, struct statement *statement, struct transfer_table **tables,
                       struct error *error) {
  char *name = copy_value(statement, 0);
  struct transfer_table *table = transfer_table_new(name);
  free(name);
  LL_APPEND(*tables, table);
  table->sql = copy_value(statement, 1);
  if (strlen(table->name) > NAME_MOST)
    return error_set(error, ERROR_INPUT, "the name of table %.100s is longer than PostgreSQL's %d bytes", table->name,
                     NAME_MOST);
  if (!read_columns(database, table, error)) return false;
  table->rowid = integer_value(statement, 2) ? NULL : transfer_table_find_rowid(table);
  return true;
}

/* lunokhod_pulled is of the file, and not of the bot: from which backup it comes. */
bool transfer_table_read_all(struct database *database, struct transfer_table **tables, struct error *error) {
  static const char sql[] =
      "SELECT name, sql, (SELECT wr FROM pragma_table_list(m.name) WHERE schema = 'main') FROM sqlite_schema AS m "
      "WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> 'lunokhod_pulled' ORDER BY rowid";
  *tables = NULL;
  if (!refuse_foreign(database, error)) return false;
  struct statement *statement = database_prepare(database, sql, NULL, 0, error);
  bool row, ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) ok = read_table(database, statement, tables, error);
  statement_release(statement);
  return ok;
}

/* ---- SQL ---- */

bool transfer_put_name(struct buffer *to, const char *name, struct error *error) {
  bool ok = buffer_add_text(to, "\"", error);
  for (const char *at = name; ok && *at; at++) {
    ok = (*at != '"' || buffer_add_text(to, "\"", error)) && buffer_add(to, at, 1, error);
  }
  return ok && buffer_add_text(to, "\"", error);
}

static bool has_order(const struct transfer_table *table) {
  const struct transfer_column *column;
  bool has_key = false, is_other = false;
  LL_FOREACH(table->columns, column) {
    has_key = has_key || column->key;
    is_other = is_other || (column->key && column->kind == POSTGRES_OTHER);
  }
  return has_key && !is_other;
}

static const struct transfer_column *key_column(const struct transfer_table *table, int place) {
  const struct transfer_column *column;
  LL_FOREACH(table->columns, column) {
    if (column->key == place) break;
  }
  return column;
}

/* Texts by their bytes; a column without a type holds numbers, too, which are texts there. */
static bool put_key_column(struct buffer *to, const struct transfer_column *column, bool is_remote, struct error *error) {
  bool is_text = column->kind == POSTGRES_TEXT, is_cast = is_text && !is_remote && !*column->type;
  return (!is_cast || buffer_add_text(to, "CAST(", error)) &&
         transfer_put_name(to, is_remote ? column->remote : column->name, error) &&
         (!is_cast || buffer_add_text(to, " AS TEXT)", error)) &&
         (!is_text || buffer_add_text(to, is_remote ? " COLLATE \"C\"" : " COLLATE BINARY", error));
}

static bool put_order(struct buffer *to, const struct transfer_table *table, bool is_remote, struct error *error) {
  const char *mark = " ORDER BY ";
  bool ok = true;
  if (!has_order(table)) {
    const char *otherwise = is_remote ? "ctid" : table->rowid ? table->rowid : "1";
    return buffer_format(to, error, " ORDER BY %s", otherwise);
  }
  const struct transfer_column *column;
  for (int place = 1; ok && (column = key_column(table, place)) != NULL; place++) {
    ok = buffer_add_text(to, mark, error) && put_key_column(to, column, is_remote, error);
    mark = ", ";
  }
  return ok;
}

/* The row is named by its rowid, or else by its key. */
bool transfer_put_select(struct buffer *to, const struct transfer_table *table, struct error *error) {
  const struct transfer_column *column;
  bool ok = buffer_add_text(to, "SELECT ", error);
  LL_FOREACH(table->columns, column) {
    if (!ok || column->is_generated) continue;
    ok = transfer_put_name(to, column->name, error) && buffer_add_text(to, ", ", error);
  }
  if (ok && table->rowid) {
    ok = buffer_add_text(to, table->rowid, error);
  } else if (ok) {
    ok = buffer_add_text(to, "''", error);
    for (int place = 1; ok && (column = key_column(table, place)) != NULL; place++)
      ok = buffer_add_text(to, place == 1 ? "||" : "||', '||", error) && transfer_put_name(to, column->name, error);
  }
  return ok && buffer_add_text(to, " FROM ", error) && transfer_put_name(to, table->name, error) &&
         put_order(to, table, false, error);
}

bool transfer_put_reading(struct buffer *to, const struct transfer_table *table, struct error *error) {
  const struct transfer_column *column;
  const char *mark = "COPY (SELECT ";
  bool ok = true;
  LL_FOREACH(table->columns, column) {
    if (!ok || column->is_generated) continue;
    bool is_truth = column->kind == POSTGRES_INTEGER && column->type && strcmp(column->type, "boolean") == 0;
    ok = buffer_add_text(to, mark, error) && transfer_put_name(to, column->remote, error) &&
         (!is_truth || buffer_add_text(to, "::integer", error));
    mark = ", ";
  }
  return ok && buffer_add_text(to, " FROM ", error) && transfer_put_name(to, table->remote, error) &&
         put_order(to, table, true, error) && buffer_add_text(to, ") TO STDOUT", error);
}
