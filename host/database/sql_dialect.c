/* One pass over the tokens of a statement. Most are copied as they are. A word that PostgreSQL has another word for is replaced
 * by table; what depends on its place (the type of a column, the end of an INSERT) has a function of its own, which looks a
 * few tokens ahead or back. */
#include "database/sql_dialect.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/sql_token_list.h"

enum { TEXT_CEILING = 16 << 20 };

struct work {
  const struct sql_table *table;
  struct sql_translation *translation;
  struct error *error;
  struct sql_token_list list; /* of the statement */
  size_t at;
  int depth; /* of parentheses */
  bool is_script, is_ignoring, is_replacing;
  bool is_table;      /* CREATE TABLE, and its columns are being read */
  bool begins_column; /* the next token is a column's name, or a constraint of the table */
  bool is_setting;    /* behind DO UPDATE SET: names may mean the new row or the old one */
  size_t into;        /* index of the table's name behind INSERT INTO; 0: none */
  int set_depth;
};

/* ---- looking around ---- */

static const struct sql_token *token_at(const struct work *work, size_t index) { return sql_token_list_at(&work->list, index); }
static bool is_at(const struct work *work, size_t index, const char *text) {
  return sql_token_list_is(&work->list, index, text);
}

static bool is_name(const struct sql_token *token) { return token->kind == SQL_WORD || token->kind == SQL_QUOTED; }

static bool has_comma_inside(const struct work *work, size_t open) {
  size_t close = sql_token_list_close(&work->list, open);
  int depth = 0;
  bool is_found = false;
  for (size_t at = open; at < close && !is_found; at++) {
    if (is_at(work, at, "(")) depth++;
    if (is_at(work, at, ")")) depth--;
    is_found = depth == 1 && is_at(work, at, ",");
  }
  return is_found;
}

static bool refuse(struct work *work, const char *why) {
  return error_set(work->error, ERROR_MISUSE, "does not run on PostgreSQL: %s", why);
}

/* ---- writing ---- */

static bool put(struct work *work, const char *text) { return buffer_add_text(&work->translation->text, text, work->error); }

static bool put_bytes(struct work *work, const char *bytes, size_t size) {
  return buffer_add(&work->translation->text, bytes, size, work->error);
}

static bool put_space(struct work *work, size_t index) { return !work->list.has_space[index] || put(work, " "); }

/* Names that are nothing to SQLite and something else than a name to PostgreSQL. */
static const char *const reserved[] = {
    "user",     "session_user", "current_user", "current_role", "system_user", "authorization", "both",      "leading",
    "trailing", "binary",       "concurrently", "freeze",       "grant",       "lateral",       "localtime", "localtimestamp",
    "only",     "placing",      "similar",      "some",         "symmetric",   "asymmetric",    "variadic",  "verbose",
    "any",      "array",        "tablesample",  "fetch",        "initially",   "analyse",       NULL};

static char small_letter(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* In small letters, as PostgreSQL keeps every name that has no quotes. */
static bool put_bare_name(struct work *work, const struct sql_token *token) {
  if (!sql_token_is_any(token, reserved)) return put_bytes(work, token->at, token->size);
  bool ok = put(work, "\"");
  for (size_t i = 0; ok && i < token->size; i++) {
    char c = small_letter(token->at[i]);
    ok = put_bytes(work, &c, 1);
  }
  return ok && put(work, "\"");
}

/* In double quotes, which are PostgreSQL's only ones. */
static bool put_name(struct work *work, const struct sql_token *token) {
  if (token->kind == SQL_WORD) return put_bare_name(work, token);
  if (*token->at == '"') return put_bytes(work, token->at, token->size);
  bool ok = put(work, "\"");
  for (size_t i = 1; ok && i + 1 < token->size; i++) {
    ok = put_bytes(work, &token->at[i], 1) && (token->at[i] != '"' || put(work, "\""));
    if (token->at[i] == '`') i++; /* written twice */
  }
  return ok && put(work, "\"");
}

/* ---- what upserts must know ---- */

/* The name of the table without quotes, as the catalog has it: words in small letters. */
static void note_table(struct work *work) {
  const struct sql_token *token = token_at(work, work->into);
  size_t quote = token->kind == SQL_QUOTED ? 1 : 0, size = token->size - 2 * quote;
  char *table = work->translation->table;
  if (size >= sizeof work->translation->table) size = sizeof work->translation->table - 1;
  for (size_t i = 0; i < size; i++) {
    char c = token->at[quote + i];
    table[i] = quote ? c : small_letter(c);
  }
  table[size] = '\0';
}

/* Is that name in the list ",a,b,"? */
static bool is_listed(const char *list, size_t list_size, const struct sql_token *token) {
  size_t quote = token->kind == SQL_QUOTED ? 1 : 0, size = token->size - 2 * quote;
  for (const char *at = list, *end = list + list_size; at && at + 1 < end;) {
    const char *next = memchr(at + 1, ',', (size_t)(end - at - 1));
    if (!next) return false;
    if ((size_t)(next - at - 1) == size && strncasecmp(at + 1, token->at + quote, size) == 0) return true;
    at = next;
  }
  return false;
}

/* How many columns of the key (",a,b,") does the list of the INSERT name? Without a list it has all. */
static bool covers(const struct work *work, const char *key, size_t size) {
  size_t open = work->into + 1, named = 0, wanted = 0;
  if (is_at(work, open, "AS")) open += 2;
  if (!is_at(work, open, "(")) return true;
  for (size_t at = open + 1; at < sql_token_list_close(&work->list, open); at++)
    named += is_listed(key, size, token_at(work, at));
  for (size_t i = 1; i < size; i++) wanted += key[i] == ',';
  return named == wanted;
}

/* The first unique key that the INSERT gives values for, as "(a, b)". */
static bool put_key(struct work *work) {
  const char *key = work->table->keys;
  while (*key) {
    size_t size = strcspn(key, "\n");
    if (covers(work, key, size)) {
      bool ok = put(work, " (\"");
      for (size_t i = 1; ok && i + 1 < size; i++) ok = key[i] == ',' ? put(work, "\", \"") : put_bytes(work, &key[i], 1);
      return ok && put(work, "\")");
    }
    key += size + (key[size] == '\n');
  }
  return refuse(work, "the table has no unique key for this to replace a row by, or not all of its columns are given");
}

/* Like SQLite's REPLACE, which deletes the old row: what the INSERT does not name gets its default. */
static bool put_replacement(struct work *work) {
  bool ok = put(work, " ON CONFLICT") && put_key(work) && put(work, " DO UPDATE SET ");
  const char *columns = work->table->columns, *mark = "\"";
  for (const char *at = columns; ok && at[0] && at[1];) {
    size_t size = strcspn(at + 1, ",");
    ok = put(work, mark) && put_bytes(work, at + 1, size) && put(work, "\" = excluded.\"") && put_bytes(work, at + 1, size) &&
         put(work, "\"");
    mark = ", \"";
    at += size + 1;
  }
  return ok;
}

/* Before RETURNING, or at the end of the INSERT. */
static bool end_insert(struct work *work) {
  bool is_replacing = work->is_replacing, is_ignoring = work->is_ignoring;
  work->is_replacing = work->is_ignoring = work->is_setting = false;
  if (is_replacing) return put_replacement(work);
  return !is_ignoring || put(work, " ON CONFLICT DO NOTHING");
}

/* ---- words that depend on their place; each returns false for an error, and moves work->at behind what it has read ---- */

static bool begin_insert(struct work *work) {
  size_t at = work->at + 1;
  bool is_replace = is_at(work, work->at, "REPLACE");
  if (is_at(work, at, "OR")) {
    is_replace = is_at(work, at + 1, "REPLACE");
    work->is_ignoring = is_at(work, at + 1, "IGNORE");
    at += 2;
  }
  work->is_replacing = is_replace;
  work->into = at + 1;
  if (is_at(work, work->into, "main") && is_at(work, work->into + 1, ".")) work->into += 2;
  work->at = at;
  return put(work, "INSERT");
}

/* SQLite finds the key by itself where none is named. */
static bool begin_upsert(struct work *work) {
  bool has_key = is_at(work, work->at + 2, "(");
  bool is_update = is_at(work, work->at + 2, "DO") && is_at(work, work->at + 3, "UPDATE");
  work->at += 2;
  return put(work, "ON CONFLICT") && (has_key || !is_update || put_key(work));
}

/* Behind DO UPDATE SET a column's name alone could be of either row, and PostgreSQL wants to be told that it is the old one's.
 */
static bool must_qualify(const struct work *work) {
  if (!work->table) return false;
  const struct sql_token *token = token_at(work, work->at);
  bool is_target = is_at(work, work->at - 1, "SET") ||
                   (work->depth == work->set_depth && is_at(work, work->at - 1, ",") && is_at(work, work->at + 1, "="));
  if (is_target || is_at(work, work->at - 1, ".") || is_at(work, work->at + 1, ".") || is_at(work, work->at + 1, "(")) {
    return false;
  }
  return is_listed(work->table->columns, strlen(work->table->columns), token);
}

static bool qualify(struct work *work) {
  size_t name = is_at(work, work->into + 1, "AS") ? work->into + 2 : work->into;
  return put_name(work, token_at(work, name)) && put(work, ".");
}

/* a IS b compares any two values in SQLite. */
static bool put_is(struct work *work) {
  static const char *const plain[] = {"NULL", "TRUE", "FALSE", "DISTINCT", "UNKNOWN", NULL};
  bool is_not = is_at(work, work->at + 1, "NOT");
  work->at++;
  if (sql_token_is_any(token_at(work, work->at + is_not), plain)) return put(work, "IS");
  work->at += is_not;
  return put(work, is_not ? "IS DISTINCT FROM" : "IS NOT DISTINCT FROM");
}

static bool put_limit(struct work *work) {
  bool is_all = is_at(work, work->at + 1, "-");
  size_t next = work->at + 2;
  if (!is_all && is_at(work, next, ",")) return refuse(work, "write LIMIT count OFFSET start instead of LIMIT start, count");
  work->at += is_all ? 3 : 1;
  return put(work, is_all ? "LIMIT ALL" : "LIMIT");
}

/* Does the column whose type stands here say PRIMARY KEY? */
static bool is_primary_column(const struct work *work) {
  int depth = 0;
  bool is_found = false;
  for (size_t at = work->at; at < work->list.count && !is_found; at++) {
    if (is_at(work, at, "(")) depth++;
    if (is_at(work, at, ")") && --depth < 0) break;
    if (depth == 0 && is_at(work, at, ",")) break;
    is_found = is_at(work, at, "PRIMARY") && is_at(work, at + 1, "KEY");
  }
  return is_found;
}

/* A column of CREATE TABLE: its name, and what SQLite's INTEGER PRIMARY KEY is. */
static bool put_column(struct work *work) {
  static const char *const constraints[] = {"PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT", NULL};
  static const char *const no_types[] = {"PRIMARY", "NOT",        "NULL",       "UNIQUE",    "DEFAULT", "CHECK",
                                         "COLLATE", "REFERENCES", "CONSTRAINT", "GENERATED", NULL};
  work->begins_column = false;
  if (sql_token_is_any(token_at(work, work->at), constraints)) return true;
  if (!is_name(token_at(work, work->at))) return true;
  const struct sql_token *type = token_at(work, work->at + 1);
  bool has_type = type->kind == SQL_WORD && !sql_token_is_any(type, no_types);
  if (!has_type && work->is_script) return refuse(work, "each column of a table needs a type");
  bool ok = put_space(work, work->at) && put_name(work, token_at(work, work->at));
  work->at++;
  if (ok && !has_type) ok = put(work, " TEXT");
  if (ok && is_at(work, work->at, "INTEGER") && is_primary_column(work)) {
    work->at++;
    ok = put(work, " BIGINT GENERATED BY DEFAULT AS IDENTITY");
  }
  return ok;
}

/* ---- words that are others in PostgreSQL ---- */

struct word {
  const char *sqlite, *postgres;
};

/* REAL of PostgreSQL has four bytes, and its INTEGER too. */
static const struct word types[] = {{"INTEGER", "BIGINT"},
                                    {"INT", "BIGINT"},
                                    {"TINYINT", "BIGINT"},
                                    {"SMALLINT", "BIGINT"},
                                    {"MEDIUMINT", "BIGINT"},
                                    {"BOOLEAN", "BIGINT"},
                                    {"BLOB", "BYTEA"},
                                    {"REAL", "DOUBLE PRECISION"},
                                    {"FLOAT", "DOUBLE PRECISION"},
                                    {"DATETIME", "TEXT"},
                                    {"LIKE", "ILIKE"},
                                    {"GLOB", "OPERATOR(lunokhod.~*~)"},
                                    {"AUTOINCREMENT", ""},
                                    {"CURRENT_TIMESTAMP", "lunokhod.datetime('now')"},
                                    {"CURRENT_DATE", "lunokhod.date('now')"},
                                    {"CURRENT_TIME", "lunokhod.time('now')"},
                                    {NULL, NULL}};

static const struct word functions[] = {{"ifnull", "coalesce"},
                                        {"last_insert_rowid", "lastval"},
                                        {"json_array", "json_build_array"},
                                        {"json_object", "json_build_object"},
                                        {"json_group_array", "json_agg"},
                                        {"json_group_object", "json_object_agg"},
                                        {NULL, NULL}};

/* Of bridge.sql. In any other schema PostgreSQL has a function or a type of this name that is another one. */
static const char *const bridged[] = {
    "date",      "time",       "datetime",          "strftime", "julianday",   "unixepoch",    "json",        "json_extract",
    "json_type", "json_valid", "json_array_length", "json_set", "json_insert", "json_replace", "json_remove", "json_each",
    "instr",     "random",     "randomblob",        "hex",      "quote",       "typeof",       "char",        "unicode",
    "iif",       "total",      "group_concat",      "round",    "sum",         "abs",          NULL};

static const char *find_word(const struct word *list, const struct sql_token *token) {
  for (; list->sqlite; list++) {
    if (sql_token_is(token, list->sqlite)) return list->postgres;
  }
  return NULL;
}

bool sql_dialect_has_function(const struct sql_token *name) {
  return find_word(functions, name) || sql_token_is_any(name, bridged);
}
bool sql_dialect_has_type(const struct sql_token *name) { return find_word(types, name) != NULL; }

/* What is called: max(a, b) of SQLite is no aggregate. */
static bool put_called(struct work *work) {
  const struct sql_token *token = token_at(work, work->at);
  const char *other = find_word(functions, token);
  bool is_most = sql_token_is(token, "max"), is_least = sql_token_is(token, "min");
  if ((is_most || is_least) && has_comma_inside(work, work->at + 1)) other = is_most ? "greatest" : "least";
  if (other) return put(work, other);
  return (!sql_token_is_any(token, bridged) || put(work, "lunokhod.")) && put_bytes(work, token->at, token->size);
}

static bool put_plain_word(struct work *work) {
  const struct sql_token *token = token_at(work, work->at);
  bool is_part = work->at && is_at(work, work->at - 1, ".");
  bool is_called = sql_token_list_is_called(&work->list, work->at);
  bool is_deferral = work->at && is_at(work, work->at - 1, "DEFERRABLE") && sql_token_is(token, "INITIALLY");
  const char *type = is_part || (is_called && sql_token_is_any(token, bridged)) ? NULL : find_word(types, token);
  bool ok;
  if (type) {
    ok = put(work, type);
  } else if (is_called) {
    ok = put_called(work);
  } else {
    ok = is_deferral ? put(work, "INITIALLY") : put_bare_name(work, token);
  }
  work->at++;
  return ok;
}

/* DEFAULT TRUE of a column that is a number here. */
static bool put_truth(struct work *work) {
  bool is_true = is_at(work, work->at, "TRUE");
  work->at++;
  return put(work, is_true ? "1" : "0");
}

static bool put_word(struct work *work) {
  size_t at = work->at;
  if (is_at(work, at, "main") && is_at(work, at + 1, ".")) {
    work->at += 2;
    return true;
  }
  if (is_at(work, at, "INSERT") || (is_at(work, at, "REPLACE") && is_at(work, at + 1, "INTO"))) return begin_insert(work);
  if (is_at(work, at, "UPDATE") && is_at(work, at + 1, "OR")) return refuse(work, "UPDATE OR has no counterpart");
  if (is_at(work, at, "ON") && is_at(work, at + 1, "CONFLICT") && work->into) return begin_upsert(work);
  if (is_at(work, at, "SET") && at > 2 && is_at(work, at - 1, "UPDATE") && is_at(work, at - 2, "DO")) {
    work->is_setting = true;
    work->set_depth = work->depth;
  } else if (is_at(work, at, "RETURNING") && work->depth == 0) {
    if (!end_insert(work) || !put(work, " ")) return false;
  } else if (work->is_setting && must_qualify(work) && !qualify(work)) {
    return false;
  }
  if (is_at(work, at, "IS")) return put_is(work);
  if (is_at(work, at, "LIMIT")) return put_limit(work);
  bool is_truth = is_at(work, at, "TRUE") || is_at(work, at, "FALSE");
  if (is_truth && at && is_at(work, at - 1, "DEFAULT")) return put_truth(work);
  if (is_at(work, at, "rowid") || is_at(work, at, "_rowid_")) return refuse(work, "rowid: give the table an id of its own");
  return put_plain_word(work);
}

/* ---- the other tokens ---- */

/* The text ends with no NUL, so strtoul() could read on behind it. */
static size_t read_number(const struct sql_token *token) {
  size_t number = 0;
  for (size_t i = 1; i < token->size && number <= SQL_PARAMETERS_MAX; i++) {
    if (token->at[i] < '0' || token->at[i] > '9') return 0;
    number = number * 10 + (size_t)(token->at[i] - '0');
  }
  return number;
}

static int find_parameter(struct work *work, const struct sql_token *token) {
  struct sql_translation *translation = work->translation;
  size_t number = 0;
  if (*token->at == '?') {
    number = token->size > 1 ? read_number(token) : translation->parameter_count + 1;
  } else {
    for (size_t i = 0; i < translation->parameter_count && !number; i++) {
      const char *name = translation->names[i];
      if (name && strlen(name) == token->size && memcmp(name, token->at, token->size) == 0) number = i + 1;
    }
    bool is_new = !number;
    if (is_new) number = translation->parameter_count + 1;
    if (is_new && number <= SQL_PARAMETERS_MAX) {
      translation->names[number - 1] = memory_new(token->size + 1);
      memcpy(translation->names[number - 1], token->at, token->size);
    }
  }
  if (!number || number > SQL_PARAMETERS_MAX) return 0;
  if (number > translation->parameter_count) translation->parameter_count = number;
  return (int)number;
}

static bool count_parameter(struct work *work, const struct sql_token *token, int *number) {
  *number = find_parameter(work, token);
  return *number || error_set(work->error, ERROR_MISUSE, "a statement has at most %d parameters", SQL_PARAMETERS_MAX);
}

static bool put_parameter(struct work *work, const struct sql_token *token) {
  int number;
  return count_parameter(work, token, &number) && buffer_format(&work->translation->text, work->error, "$%d", number);
}

/* A SELECT in FROM needs a name before PostgreSQL 16. Called behind its parenthesis. */
static bool put_alias(struct work *work) {
  static const char *const no_names[] = {"WHERE",  "GROUP",  "ORDER", "LIMIT", "UNION",     "EXCEPT", "INTERSECT",
                                         "JOIN",   "LEFT",   "INNER", "CROSS", "NATURAL",   "ON",     "USING",
                                         "HAVING", "WINDOW", "RIGHT", "FULL",  "RETURNING", "OFFSET", NULL};
  const struct sql_token *next = token_at(work, work->at);
  if (is_name(next) && !sql_token_is_any(next, no_names)) return true;
  return buffer_format(&work->translation->text, work->error, " AS part_%zu", work->at);
}

/* Is it the end of a SELECT in FROM? */
static bool closes_part(const struct work *work, size_t close) {
  size_t open = close;
  for (int depth = 1; open > 0 && depth > 0;) {
    open--;
    if (is_at(work, open, ")")) depth++;
    if (is_at(work, open, "(")) depth--;
  }
  bool is_query = is_at(work, open + 1, "SELECT") || is_at(work, open + 1, "VALUES") || is_at(work, open + 1, "WITH");
  return is_query && open > 0 && (is_at(work, open - 1, "FROM") || is_at(work, open - 1, "JOIN"));
}

static bool put_sign(struct work *work, const struct sql_token *token) {
  if (sql_token_is(token, "(")) work->depth++;
  if (sql_token_is(token, ")")) work->depth--;
  work->begins_column = work->is_table && work->depth == 1 && (sql_token_is(token, "(") || sql_token_is(token, ","));
  if (sql_token_is(token, "==")) return put(work, "=");
  if (!put_bytes(work, token->at, token->size)) return false;
  return !sql_token_is(token, ")") || !closes_part(work, work->at - 1) || put_alias(work);
}

static bool put_token(struct work *work) {
  const struct sql_token *token = token_at(work, work->at);
  if (work->begins_column) {
    if (!put_column(work)) return false;
    token = token_at(work, work->at);
  }
  if (!put_space(work, work->at)) return false;
  if (token->kind == SQL_WORD) return put_word(work);
  bool is_qualified = work->is_setting && token->kind == SQL_QUOTED && must_qualify(work);
  if (is_qualified && !qualify(work)) return false;
  work->at++;
  switch (token->kind) {
    case SQL_QUOTED: return put_name(work, token);
    case SQL_PARAMETER: return put_parameter(work, token);
    case SQL_SIGN: return put_sign(work, token);
    case SQL_BYTES: return put(work, "'\\x") && put_bytes(work, token->at + 2, token->size - 2) && put(work, "::bytea");
    default: return put_bytes(work, token->at, token->size);
  }
}

/* ---- a statement ---- */

static bool has_word(const struct work *work, const char *word) {
  bool is_found = false;
  for (size_t at = 0; at < work->list.count && !is_found; at++) is_found = is_at(work, at, word);
  return is_found;
}

static bool is_changing(const struct work *work) {
  return has_word(work, "INSERT") || has_word(work, "UPDATE") || has_word(work, "DELETE") || has_word(work, "REPLACE");
}

/* CREATE TABLE name(, and not CREATE TABLE name AS SELECT. */
static bool has_columns(const struct work *work) {
  size_t name = is_at(work, 2, "IF") ? 5 : 2;
  if (is_at(work, name + 1, ".")) name += 2;
  return is_at(work, 0, "CREATE") && is_at(work, 1, "TABLE") && is_at(work, name + 1, "(");
}

static bool classify(struct work *work) {
  static const char *const readers[] = {"SELECT", "VALUES", "EXPLAIN", NULL};
  static const char *const writers[] = {"INSERT", "REPLACE", "UPDATE", "DELETE", NULL};
  static const char *const builders[] = {"CREATE", "DROP", "ALTER", NULL};
  static const char *const foreign[] = {"VIRTUAL", "TRIGGER", "TEMP", "TEMPORARY", NULL};
  const struct sql_token *first = token_at(work, 0);
  enum sql_kind *kind = &work->translation->kind;
  *kind = SQL_NOTHING;
  if (!work->list.count) return true;
  if (sql_token_is(first, "WITH") || sql_token_is_any(first, readers)) {
    bool may_change = sql_token_is(first, "WITH") || sql_token_is(first, "EXPLAIN");
    *kind = may_change && is_changing(work) ? SQL_WRITE : SQL_READ;
  } else if (sql_token_is_any(first, writers)) {
    *kind = SQL_WRITE;
  } else if (sql_token_is_any(first, builders)) {
    *kind = SQL_SCHEMA;
    if (sql_token_is(first, "CREATE") && sql_token_is_any(token_at(work, 1), foreign))
      return refuse(work, "virtual or temporary tables and triggers");
  } else if (work->is_script) {
    return error_set(work->error, ERROR_MISUSE, "not allowed in a script, or not known to PostgreSQL: %.*s",
                     (int)(first->size < 60 ? first->size : 60), first->at);
  } else {
    *kind = SQL_WRITE;
  }
  work->is_table = *kind == SQL_SCHEMA && has_columns(work);
  return true;
}

/* Functions of PostgreSQL's own that reach settings, files, other sessions, or run a text as SQL. */
static bool is_dangerous(const struct work *work, size_t at) {
  static const char *const beginnings[] = {"pg_", "lo_", "set_config", "dblink", "query_to", "cursor_to", NULL};
  bool is_found = false;
  for (int i = 0; is_at(work, at + 1, "(") && beginnings[i] && !is_found; i++) {
    is_found = sql_token_names(token_at(work, at), beginnings[i]);
  }
  return is_found;
}

/* A name that is spelt by its code points: u&"..." */
static bool is_disguised(const struct work *work, size_t at) {
  return is_at(work, at, "U") && is_at(work, at + 1, "&") && !work->list.has_space[at + 1];
}

/* The names lunokhod_* may be read. */
static bool check_rights(struct work *work) {
  enum sql_kind kind = work->translation->kind;
  for (size_t at = 0; work->is_script && at < work->list.count; at++) {
    const struct sql_token *token = token_at(work, at);
    bool is_own = kind != SQL_READ && sql_token_names(token, "lunokhod");
    bool creates = kind == SQL_READ && sql_token_is(token, "INTO");
    if (!is_own && !creates && !is_dangerous(work, at) && !is_disguised(work, at)) continue;
    return error_set(work->error, ERROR_MISUSE,
                     "not allowed in a script: %.*s (the host owns transactions, settings and lunokhod_* tables)",
                     (int)(token->size < 60 ? token->size : 60), token->at);
  }
  return true;
}

/* Does it need what the catalog knows of its table? The host's own SQL says itself what an upsert means. */
static bool needs_table(const struct work *work) {
  bool is_replacing = false, is_updating = false;
  for (size_t at = 0; at < work->list.count; at++) {
    is_replacing = is_replacing || (is_at(work, at, "INSERT") && is_at(work, at + 1, "OR") && is_at(work, at + 2, "REPLACE"));
    is_replacing = is_replacing || (is_at(work, at, "REPLACE") && is_at(work, at + 1, "INTO"));
    is_updating = is_updating || (work->is_script && is_at(work, at, "DO") && is_at(work, at + 1, "UPDATE"));
  }
  return is_replacing || is_updating;
}

static bool find_table(struct work *work) {
  for (size_t at = 0; at < work->list.count && !work->into; at++) {
    if (!is_at(work, at, "INTO")) continue;
    work->into = at + 1;
    if (is_at(work, at + 1, "main") && is_at(work, at + 2, ".")) work->into += 2;
  }
  if (!work->into || !is_name(token_at(work, work->into))) return refuse(work, "an upsert without a table");
  note_table(work);
  return true;
}

static bool translate(struct work *work) {
  while (work->at < work->list.count) {
    if (!put_token(work)) return false;
    if (work->is_table && work->depth == 0 && is_at(work, work->at - 1, ")")) break; /* WITHOUT ROWID, STRICT */
  }
  return end_insert(work);
}

bool sql_dialect_translate(const char *sql, size_t size, bool is_script, const struct sql_table *table,
                           struct sql_translation *translation, struct error *error) {
  *translation = (struct sql_translation){.rest = sql + size};
  struct work work = {.table = table, .translation = translation, .error = error, .is_script = is_script};
  buffer_init(&translation->text, TEXT_CEILING);
  bool ok = sql_token_list_read(&work.list, sql, size, &translation->rest, error) && classify(&work);
  bool must_ask = ok && !table && needs_table(&work);
  if (must_ask) ok = find_table(&work);
  if (ok) ok = check_rights(&work);
  int number;
  for (size_t at = 0; ok && must_ask && at < work.list.count; at++) {
    if (work.list.tokens[at].kind == SQL_PARAMETER) ok = count_parameter(&work, &work.list.tokens[at], &number);
  }
  if (ok && !must_ask && translation->kind != SQL_NOTHING) {
    work.into = 0;
    ok = translate(&work);
  }
  sql_token_list_release(&work.list);
  return ok;
}

void sql_translation_release(struct sql_translation *translation) {
  buffer_release(&translation->text);
  for (size_t i = 0; i < translation->parameter_count; i++) free(translation->names[i]);
  *translation = (struct sql_translation){0};
}
