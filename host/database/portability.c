/* The rules come first, since they know what to write instead. The server is asked behind a savepoint, so that one refusal is
 * no harm for the next question. The tables there are made by what made them here, as a migration would make them. */
#include "database/portability.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <utlist.h>

#include "common/embed.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"
#include "database/portability_rule.h"
#include "database/postgres_session.h"
#include "database/sql_dialect.h"
#include "database/sql_token.h"
#include "database/transfer_table.h"

enum { TYPE_INTEGER = 20, TYPE_TEXT = 25 /* of PostgreSQL's catalog */, LIST_CEILING = 1 << 20, SQL_SIZE = 200 };

struct object { /* a table, an index or a view of the database */
  struct object *next;
  char *type, *name, *sql;
  struct error error; /* why the server has not taken it; ERROR_NONE: it has */
  bool is_made, is_told;
};

struct portability {
  struct database *database;
  struct postgres_session *session; /* in a transaction that is never committed; NULL: none is asked */
  struct object *objects;
};

/* ---- the schema ---- */

static bool run_behind_savepoint(struct portability *portability, const char *sql, struct error *error) {
  struct postgres_session *session = portability->session;
  if (!postgres_session_run(session, "SAVEPOINT one", error)) return false;
  bool ok = postgres_session_run(session, sql, error);
  if (ok) return postgres_session_run(session, "RELEASE SAVEPOINT one", error);
  (void)postgres_session_run(session, "ROLLBACK TO SAVEPOINT one", NULL);
  return false;
}

static bool make(struct portability *portability, struct object *object) {
  struct sql_translation translation = {0};
  object->error = (struct error){0};
  object->is_made = sql_dialect_translate(object->sql, strlen(object->sql), !transfer_table_is_own(object->name), NULL,
                                          &translation, &object->error) &&
                    run_behind_savepoint(portability, translation.text.data, &object->error);
  sql_translation_release(&translation);
  return object->is_made;
}

/* A foreign key may name a table that comes later: so in rounds, as long as one makes anything. */
static void make_all(struct portability *portability) {
  struct object *object;
  bool has_made = true;
  while (has_made) {
    has_made = false;
    LL_FOREACH(portability->objects, object) has_made = (!object->is_made && make(portability, object)) || has_made;
  }
}

static char *copy(struct statement *statement, int column) {
  struct value value;
  statement_column(statement, column, &value);
  char *text = memory_new(value.size + 1);
  if (value.size) memcpy(text, value.bytes, value.size);
  return text;
}

static bool read_objects(struct portability *portability, struct error *error) {
  static const char sql[] =
      "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'trigger' "
      "AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND sql NOT LIKE 'CREATE VIRTUAL %' "
      "ORDER BY type <> 'table', rowid";
  struct statement *statement = database_prepare(portability->database, sql, NULL, 0, error);
  bool row, ok = statement != NULL;
  while (ok && (ok = statement_step(statement, &row, error)) && row) {
    struct object *object = memory_new(sizeof *object);
    object->type = copy(statement, 0);
    object->name = copy(statement, 1);
    object->sql = copy(statement, 2);
    LL_APPEND(portability->objects, object);
  }
  statement_release(statement);
  return ok;
}

/* SQLite's functions, of bridge.sql; where a host has installed them, those are taken. */
static bool make_functions(struct portability *portability, struct error *error) {
  static const char is_there[] = "SELECT to_regnamespace('lunokhod') IS NOT NULL";
  const struct embed_file *file = embed_find("database/bridge.sql");
  struct postgres_rows rows;
  if (!file) return error_set(error, ERROR_SYSTEM, "database/bridge.sql is missing in this build");
  char *sql = memory_new(file->size + 1);
  memcpy(sql, file->data, file->size);
  bool ok = postgres_session_ask(portability->session, is_there, NULL, NULL, &rows, error);
  if (ok && !postgres_rows_is(&rows, 0, 0)) ok = postgres_session_run(portability->session, sql, error);
  postgres_rows_release(&rows);
  free(sql);
  return ok;
}

static bool make_schema(struct portability *portability, struct error *error) {
  char sql[SQL_SIZE];
  long number = (long)getpid();
  (void)snprintf(sql, sizeof sql, "CREATE SCHEMA lunokhod_check_%ld; SET LOCAL search_path = lunokhod_check_%ld, lunokhod",
                 number, number);
  bool ok = postgres_session_run(portability->session, "BEGIN", error) && make_functions(portability, error) &&
            postgres_session_run(portability->session, sql, error) && read_objects(portability, error);
  if (ok) make_all(portability);
  return ok;
}

struct portability *portability_open(struct database *database, const char *url, struct error *error) {
  struct portability *portability = memory_new(sizeof *portability);
  portability->database = database;
  bool ok = !url || ((portability->session = postgres_session_open(url, error)) != NULL && make_schema(portability, error));
  if (ok) return portability;
  portability_close(portability);
  return NULL;
}

void portability_close(struct portability *portability) {
  if (!portability) return;
  struct object *object, *next;
  LL_FOREACH_SAFE(portability->objects, object, next) {
    free(object->type);
    free(object->name);
    free(object->sql);
    free(object);
  }
  postgres_session_close(portability->session);
  free(portability);
}

/* ---- translating ---- */

/* What an upsert must know of its table, in two columns: ",a,b," and its unique keys, a line each. */
static const char table_query[] =
    "SELECT ',' || group_concat(lower(name)) || ',', "
    "  (SELECT group_concat(names, char(10)) FROM ("
    "     SELECT ',' || group_concat(lower(name)) || ',' AS names FROM (SELECT name FROM pragma_table_info(?1) WHERE pk > 0 "
    "       ORDER BY pk) HAVING count(*) > 0 "
    "     UNION SELECT (SELECT ',' || group_concat(lower(name)) || ',' FROM (SELECT name FROM pragma_index_info(i.name) "
    "       ORDER BY seqno)) FROM pragma_index_list(?1) AS i WHERE i.\"unique\" AND NOT i.partial) WHERE names IS NOT NULL) "
    "FROM pragma_table_info(?1)";

static bool translate_with_table(struct portability *portability, const char *sql, size_t size,
                                 struct sql_translation *translation, struct error *error) {
  struct value name = value_text(translation->table, strlen(translation->table));
  struct statement *statement = database_prepare(portability->database, table_query, &name, 1, error);
  bool row = false, ok = statement && statement_step(statement, &row, error);
  char *columns = ok && row ? copy(statement, 0) : NULL, *keys = columns ? copy(statement, 1) : NULL;
  statement_release(statement);
  if (columns) {
    struct sql_table table = {columns, keys};
    sql_translation_release(translation);
    ok = sql_dialect_translate(sql, size, true, &table, translation, error);
  }
  free(columns);
  free(keys);
  return ok;
}

/* ---- asking ---- */

static bool try_once(struct portability *portability, const struct sql_translation *translation, unsigned type,
                     struct error *error) {
  struct postgres_session *session = portability->session;
  if (!postgres_session_run(session, "SAVEPOINT one", error)) return false;
  bool ok = postgres_session_try(session, translation->text.data, (int)translation->parameter_count, type, error);
  (void)postgres_session_run(session, "ROLLBACK TO SAVEPOINT one", NULL);
  return ok;
}

/* A value's type is known only when it runs: where it could be one that fits, nothing is said. A table that could not be made
 * is told where it is made. */
static bool ask(struct portability *portability, const struct sql_translation *translation, struct error *error) {
  struct postgres_session *session = portability->session;
  if (try_once(portability, translation, 0, error) || postgres_session_lacks_table(session)) return true;
  if (translation->parameter_count && postgres_session_lacks_type(session)) {
    bool is_function = strncmp(error->text, "function ", 9) == 0;
    if (!is_function || try_once(portability, translation, TYPE_TEXT, NULL) ||
        try_once(portability, translation, TYPE_INTEGER, NULL))
      return true;
  }
  return error_prefix(error, "does not run on PostgreSQL");
}

/* The name behind CREATE TABLE IF NOT EXISTS and the like, with its quotes. */
static struct sql_token find_name(const char *sql, size_t size) {
  static const char *const before[] = {"CREATE", "UNIQUE", "TABLE", "INDEX", "VIEW", "IF", "NOT", "EXISTS", NULL};
  const char *end = sql + size;
  for (;;) {
    struct sql_token token = sql_token_read(sql, end);
    int i = 0;
    while (before[i] && !sql_token_is(&token, before[i])) i++;
    bool is_main = sql_token_is(&token, "main") && token.at + token.size < end && token.at[token.size] == '.';
    if (token.kind != SQL_SPACE && !before[i] && !is_main && !sql_token_is(&token, ".")) return token;
    sql = token.at + token.size;
  }
}

static bool is_named(const struct object *object, const struct sql_token *name) {
  size_t quote = name->kind == SQL_QUOTED, size = strlen(object->name);
  return name->size == size + 2 * quote && strncasecmp(name->at + quote, object->name, size) == 0;
}

/* Was it taken when the schema was made? */
static bool look_up(struct portability *portability, const char *sql, size_t size, struct error *error) {
  struct sql_token name = find_name(sql, size);
  struct object *object;
  LL_FOREACH(portability->objects, object) {
    if (object->is_made || !is_named(object, &name)) continue;
    object->is_told = true;
    return error_set(error, ERROR_MISUSE, "does not run on PostgreSQL: %s %s: %s", object->type, object->name,
                     object->error.text);
  }
  return true;
}

/* ---- a statement ---- */

static bool is_schema(const char *sql, size_t size) {
  struct sql_token token = sql_token_read(sql, sql + size);
  while (token.kind == SQL_SPACE || sql_token_is(&token, ";")) token = sql_token_read(token.at + token.size, sql + size);
  return sql_token_is(&token, "CREATE") || sql_token_is(&token, "ALTER") || sql_token_is(&token, "DROP");
}

/* What makes a table is no error for being there already, as it is when the scripts have been loaded. */
static bool runs_here(struct portability *portability, const char *sql, size_t size) {
  const char *rest;
  struct error error = {0};
  struct statement *statement = statement_prepare(portability->database, STATEMENT_SCRIPT, sql, size, &rest, &error);
  statement_release(statement);
  return !error.kind || is_schema(sql, size);
}

bool portability_check(struct portability *portability, const char *sql, size_t size, const char **rest, struct error *error) {
  struct sql_translation translation = {0};
  *rest = sql + size;
  if (!runs_here(portability, sql, size)) return true;
  bool ok = sql_dialect_translate(sql, size, true, NULL, &translation, error);
  *rest = translation.rest;
  if (ok && translation.table[0]) ok = translate_with_table(portability, sql, size, &translation, error);
  bool is_there = ok && translation.kind != SQL_NOTHING;
  if (is_there) ok = portability_rule_check(sql, size, error);
  if (is_schema(sql, size)) {
    ok = look_up(portability, sql, size, ok ? error : NULL) && ok;
  } else if (ok && is_there && portability->session && translation.text.size) {
    ok = ask(portability, &translation, error);
  }
  sql_translation_release(&translation);
  return ok;
}

void portability_tell_rest(struct portability *portability, void (*tell)(const char *text, void *data), void *data) {
  struct object *object;
  LL_FOREACH(portability->objects, object) {
    char text[sizeof object->error.text + SQL_SIZE];
    if (object->is_made || object->is_told) continue;
    (void)snprintf(text, sizeof text, "%s %.100s does not run on PostgreSQL: %s", object->type, object->name,
                   object->error.text);
    tell(text, data);
  }
}
