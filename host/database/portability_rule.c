#include "database/portability_rule.h"

#include "common/error.h"
#include "database/sql_dialect.h"
#include "database/sql_token_list.h"

enum { SHOWN_MOST = 60 };

struct work {
  struct error *error;
  struct sql_token_list list; /* of the statement */
};

/* ---- looking around ---- */

static const struct sql_token *token_at(const struct work *work, size_t index) { return sql_token_list_at(&work->list, index); }
static bool is_at(const struct work *work, size_t index, const char *text) {
  return sql_token_list_is(&work->list, index, text);
}

static bool is_before(const struct work *work, size_t index, const char *text) { return index && is_at(work, index - 1, text); }

/* The parenthesis in which the token stands; work->list.count: in none. */
static size_t find_open(const struct work *work, size_t index) {
  int depth = 1;
  while (index > 0) {
    index--;
    if (is_at(work, index, ")")) depth++;
    if (is_at(work, index, "(") && --depth == 0) return index;
  }
  return work->list.count;
}

static bool refuse(const struct work *work, const char *what, const struct sql_token *token, const char *instead) {
  return error_set(work->error, ERROR_MISUSE, "does not run on PostgreSQL: %s%.*s%s", what,
                   (int)(token->size < SHOWN_MOST ? token->size : SHOWN_MOST), token->at, instead);
}

static bool has_capital(const struct sql_token *token) {
  bool is_found = false;
  for (size_t i = 0; i < token->size && !is_found; i++) is_found = token->at[i] >= 'A' && token->at[i] <= 'Z';
  return is_found && token->kind == SQL_WORD;
}

/* ---- functions ---- */

/* Both have them, and they do the same. */
static const char *const common[] = {
    "count",     "sum",       "avg",        "max",         "min",        "coalesce",     "nullif",     "lower",
    "upper",     "length",    "substr",     "substring",   "trim",       "ltrim",        "rtrim",      "replace",
    "abs",       "round",     "sign",       "ceil",        "ceiling",    "floor",        "sqrt",       "power",
    "pow",       "exp",       "ln",         "log",         "mod",        "pi",           "sin",        "cos",
    "tan",       "asin",      "acos",       "atan",        "atan2",      "degrees",      "radians",    "trunc",
    "concat",    "concat_ws", "row_number", "rank",        "dense_rank", "ntile",        "lag",        "lead",
    "nth_value", "cume_dist", "cast",       "first_value", "last_value", "percent_rank", "string_agg", "octet_length",
    NULL};

/* Words of SQL that may stand before a parenthesis, types among them. */
static const char *const keywords[] = {
    "IN",      "VALUES", "AND",       "OR",      "NOT",      "ON",      "AS",     "WHERE",     "SELECT",   "FROM",
    "JOIN",    "SET",    "WHEN",      "THEN",    "ELSE",     "CASE",    "BY",     "HAVING",    "UNION",    "ALL",
    "EXCEPT",  "USING",  "INTERSECT", "OVER",    "FILTER",   "CHECK",   "KEY",    "UNIQUE",    "DEFAULT",  "LIKE",
    "GLOB",    "IS",     "BETWEEN",   "EXISTS",  "DISTINCT", "LIMIT",   "OFFSET", "RETURNING", "CONFLICT", "MATERIALIZED",
    "VARCHAR", "CHAR",   "CHARACTER", "NUMERIC", "DECIMAL",  "FLOAT",   "REAL",   "DOUBLE",    "INTEGER",  "INT",
    "TEXT",    "BLOB",   "NVARCHAR",  "ESCAPE",  "ROW",      "REPLACE", NULL};

/* name(a, b) before AS ( is a part of WITH. */
static bool is_called(const struct work *work, size_t index) {
  const struct sql_token *token = token_at(work, index);
  if (token->kind != SQL_WORD || sql_token_is_any(token, keywords) || !sql_token_list_is_called(&work->list, index))
    return false;
  size_t behind = sql_token_list_close(&work->list, index + 1) + 1;
  bool is_part = is_at(work, behind, "AS") &&
                 (is_at(work, behind + 1, "(") || is_at(work, behind + 1, "NOT") || is_at(work, behind + 1, "MATERIALIZED"));
  return !is_part;
}

static bool check_functions(const struct work *work) {
  for (size_t i = 0; i < work->list.count; i++) {
    const struct sql_token *token = token_at(work, i);
    if (!is_called(work, i) || sql_token_is_any(token, common) || sql_dialect_has_function(token)) continue;
    return refuse(work, "there is no function ", token, "");
  }
  return true;
}

/* ---- columns ---- */

static bool check_type(const struct work *work, size_t index) {
  static const char *const no_types[] = {"PRIMARY", "NOT",        "NULL",       "UNIQUE",    "DEFAULT", "CHECK",
                                         "COLLATE", "REFERENCES", "CONSTRAINT", "GENERATED", "AS",      NULL};
  static const char *const there[] = {"TEXT", "BIGINT", "VARCHAR", "NUMERIC", "DECIMAL", "JSON", NULL};
  const struct sql_token *type = token_at(work, index);
  if (type->kind != SQL_WORD || sql_token_is_any(type, no_types)) return true; /* the dialect has refused it */
  bool is_known = sql_token_is_any(type, there) || sql_dialect_has_type(type) ||
                  (sql_token_is(type, "DOUBLE") && is_at(work, index + 1, "PRECISION"));
  return is_known || refuse(work, "the type ", type, ": a column is INTEGER, REAL, TEXT or BLOB");
}

static bool check_column(const struct work *work, size_t index) {
  static const char *const constraints[] = {"PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT", NULL};
  const struct sql_token *name = token_at(work, index);
  if (sql_token_is_any(name, constraints)) return true;
  if (has_capital(name)) return refuse(work, "rows have the column ", name, " in small letters: write it so");
  return check_type(work, index + 1);
}

/* A computed column, AS (...), is kept there. */
static bool check_computed(const struct work *work, size_t index) {
  size_t behind =
      is_at(work, index, "AS") && is_at(work, index + 1, "(") ? sql_token_list_close(&work->list, index + 1) + 1 : 0;
  return !behind || is_at(work, behind, "STORED") ||
         refuse(work, "a computed column must be ", token_at(work, work->list.count), "STORED");
}

static bool check_columns(const struct work *work) {
  size_t name = is_at(work, 2, "IF") ? 5 : 2, open = name + 1;
  if (is_at(work, open, ".")) open += 2;
  bool is_table = is_at(work, 0, "CREATE") && is_at(work, 1, "TABLE") && is_at(work, open, "("), ok = true;
  int depth = 0;
  for (size_t i = open; ok && is_table && i < work->list.count; i++) {
    if (is_at(work, i, ")")) depth--;
    bool begins_column = (depth == 1 && is_at(work, i, ",")) || i == open;
    if (is_at(work, i, "(")) depth++;
    ok = (!begins_column || check_column(work, i + 1)) && (depth != 1 || check_computed(work, i));
  }
  return ok;
}

/* AS userName, which a script would read as row.userName. */
static bool check_aliases(const struct work *work) {
  for (size_t i = 1; i < work->list.count; i++) {
    const struct sql_token *token = token_at(work, i);
    if (!is_before(work, i, "AS") || !has_capital(token)) continue;
    size_t open = find_open(work, i);
    bool is_type = open < work->list.count && is_before(work, open, "CAST");
    bool is_keyword = sql_token_is_any(token, keywords) || sql_token_is(token, "MATERIALIZED");
    if (!is_type && !is_keyword) return refuse(work, "rows have ", token, " in small letters: write it so");
  }
  return true;
}

/* ---- conditions ---- */

/* The AND of BETWEEN a AND b joins no conditions. */
static bool is_of_between(const struct work *work, size_t index) {
  static const char *const ends[] = {"WHERE", "AND", "OR", "WHEN", "HAVING", "ON", "SELECT", NULL};
  int depth = 0;
  while (index > 0) {
    index--;
    if (is_at(work, index, ")")) depth++;
    if (is_at(work, index, "(") && --depth < 0) return false;
    if (depth == 0 && is_at(work, index, "BETWEEN")) return true;
    if (depth == 0 && sql_token_is_any(token_at(work, index), ends)) return false;
  }
  return false;
}

static bool begins_condition(const struct work *work, size_t index) {
  if (is_at(work, index, "AND")) return !is_of_between(work, index);
  if (is_at(work, index, "WHEN")) return is_before(work, index, "CASE"); /* CASE value WHEN other is no condition */
  return is_at(work, index, "WHERE") || is_at(work, index, "OR") || is_at(work, index, "NOT") || is_at(work, index, "HAVING");
}

static bool check_conditions(const struct work *work) {
  static const char *const no_names[] = {"NULL",       "TRUE",         "FALSE",   "EXISTS",  "NOT",
                                         "DEFERRABLE", "MATERIALIZED", "ABORT",   "FAIL",    "IGNORE",
                                         "REPLACE",    "ROLLBACK",     "NOTHING", "INDEXED", NULL};
  static const char *const ends[] = {")",     "AND",   "OR",        "THEN",   "GROUP",  "ORDER",
                                     "LIMIT", "UNION", "RETURNING", "WINDOW", "EXCEPT", NULL};
  for (size_t i = 0; i < work->list.count; i++) {
    size_t at = i + 1;
    if (!begins_condition(work, i)) continue;
    if (is_at(work, at + 1, ".")) at += 2;
    const struct sql_token *token = token_at(work, at), *next = token_at(work, at + 1);
    bool is_value = token->kind == SQL_NUMBER || token->kind == SQL_QUOTED ||
                    (token->kind == SQL_WORD && !sql_token_is_any(token, no_names));
    if (is_value && (next->kind == SQL_END || sql_token_is_any(next, ends)))
      return refuse(work, "a number is no condition: write ", token, " <> 0");
  }
  return true;
}

/* ---- a statement ---- */

bool portability_rule_check(const char *sql, size_t size, struct error *error) {
  struct error failure = {0};
  struct work work = {.error = &failure};
  const char *rest;
  bool can_be_read = sql_token_list_read(&work.list, sql, size, &rest, &failure);
  bool ok = can_be_read ? check_functions(&work) && check_columns(&work) && check_aliases(&work) && check_conditions(&work)
                        : failure.kind == ERROR_MISUSE; /* the dialect has said what it is */
  sql_token_list_release(&work.list);
  if (!ok) *error = failure;
  return ok;
}
