/* The catalog writes casts and lists in its own way: 'x'::text, a = ANY (ARRAY[1, 2]). A cast stands behind what it is about,
 * so the place where the last value began is kept, for each parenthesis that is open. */
#include "database/sqlite_dialect.h"

#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/error.h"
#include "database/postgres_type.h"
#include "database/sql_token.h"

enum { DEPTH_MOST = 100, TYPE_SIZE = 80, CAST_SIZE = 5 };

struct work {
  struct buffer *to;
  struct error *error;
  const char *at, *end;
  struct sql_token last;     /* the token before, without blanks */
  size_t value;              /* where the last value begins in the buffer */
  size_t opened[DEPTH_MOST]; /* where what is in parentheses began, with the name of the function before it */
  int depth;
};

static bool put(struct work *work, const char *text) { return buffer_add_text(work->to, text, work->error); }

static bool put_bytes(struct work *work, const char *bytes, size_t size) {
  return buffer_add(work->to, bytes, size, work->error);
}

static bool begins_with(const struct work *work, const char *text) {
  size_t size = strlen(text);
  return (size_t)(work->end - work->at) >= size && memcmp(work->at, text, size) == 0;
}

/* With the blanks before it. */
static bool skip(struct work *work, const char *text) {
  const char *before = work->at;
  while (work->at < work->end && *work->at == ' ') work->at++;
  bool is_there = begins_with(work, text);
  work->at = is_there ? work->at + strlen(text) : before;
  return is_there;
}

/* ---- casts ---- */

/* Reads a type, as "character varying(10)[]", and returns SQLite's; NULL: it has none. */
static const char *read_type(struct work *work, bool *is_list) {
  (void)skip(work, "");
  const struct postgres_type *found = postgres_type_find(work->at, (size_t)(work->end - work->at));
  const char *type = found ? found->cast : NULL;
  if (type) work->at += strlen(found->name);
  if (type && begins_with(work, "(")) {
    const char *close = memchr(work->at, ')', (size_t)(work->end - work->at));
    work->at = close ? close + 1 : work->end;
  }
  *is_list = type && skip(work, "[]");
  return type;
}

/* '\x00ff'::bytea */
static bool put_blob(struct work *work) {
  const char *text = work->to->data + work->value;
  bool is_hex = strncmp(text, "'\\x", 3) == 0;
  if (!is_hex) return error_set(work->error, ERROR_INPUT, "bytes that SQLite has no word for");
  memmove(work->to->data + work->value, text + 1, work->to->size - work->value - 1);
  memcpy(work->to->data + work->value, "x'", 2);
  buffer_cut(work->to, work->to->size - 1);
  return true;
}

/* "(0)", as the catalog writes a number that is cast. */
static bool is_number_in_parentheses(const struct work *work) {
  const char *text = work->to->data + work->value;
  size_t size = work->to->size - work->value;
  return size > 2 && text[0] == '(' && strspn(text + 1, "0123456789") == size - 2 && text[size - 1] == ')';
}

/* A literal needs no cast into its own type. */
static bool is_needless(const struct work *work, const char *type) {
  bool is_null = sql_token_is(&work->last, "NULL");
  bool is_text = work->last.kind == SQL_STRING && strcmp(type, "TEXT") == 0;
  bool is_whole = (work->last.kind == SQL_NUMBER && !memchr(work->last.at, '.', work->last.size)) ||
                  (sql_token_is(&work->last, ")") && is_number_in_parentheses(work));
  return is_null || is_text || (is_whole && strcmp(type, "INTEGER") == 0);
}

static bool put_cast(struct work *work) {
  bool is_list;
  work->at += 2;
  const char *type = read_type(work, &is_list);
  if (!type) return error_set(work->error, ERROR_INPUT, "a type that SQLite has not: %.40s", work->at);
  if (is_list || is_needless(work, type)) return true;
  if (work->last.kind == SQL_STRING && strcmp(type, "BLOB") == 0) return put_blob(work);
  size_t size = work->to->size - work->value;
  if (!put(work, "CAST(")) return false;
  memmove(work->to->data + work->value + CAST_SIZE, work->to->data + work->value, size);
  memcpy(work->to->data + work->value, "CAST(", CAST_SIZE);
  work->last = (struct sql_token){.kind = SQL_SIGN, .at = ")", .size = 1};
  return put(work, " AS ") && put(work, type) && put(work, ")");
}

/* ---- lists ---- */

/* a = ANY (ARRAY[1, 2]), or ((ARRAY['a'::varchar])::text[]), is a IN (1, 2). */
static bool put_list(struct work *work, bool is_not) {
  int opened = 0;
  while (skip(work, "(")) opened++;
  if (!skip(work, "ARRAY[")) return error_set(work->error, ERROR_INPUT, "a list that SQLite has no word for");
  const char *close = memchr(work->at, ']', (size_t)(work->end - work->at));
  if (!close) return error_set(work->error, ERROR_INPUT, "a list that does not end");
  size_t size = (size_t)(close - work->at);
  bool ok = put(work, is_not ? "NOT IN (" : "IN (");
  struct buffer list, translated;
  buffer_init(&list, work->to->ceiling);
  buffer_init(&translated, work->to->ceiling);
  ok = ok && buffer_add(&list, work->at, size, work->error) && buffer_add_text(&list, "", work->error) &&
       sqlite_dialect_translate(list.data, &translated, work->error) && put_bytes(work, translated.data, translated.size) &&
       put(work, ")");
  buffer_release(&list);
  buffer_release(&translated);
  work->at = close + 1;
  while (ok && opened-- > 0) {
    bool is_list = true;
    if (skip(work, "::")) (void)read_type(work, &is_list);
    ok = skip(work, ")") || error_set(work->error, ERROR_INPUT, "a list that does not end");
  }
  return ok;
}

/* ---- operators of more than one sign ---- */

struct word {
  const char *postgres, *sqlite;
};

static const struct word operators[] = {{"OPERATOR(lunokhod.~*~)", "GLOB"},
                                        {"OPERATOR(lunokhod.->>)", "->>"},
                                        {"OPERATOR(lunokhod.->)", "->"},
                                        {"~*~", "GLOB"},
                                        {"!~~*", "NOT LIKE"},
                                        {"~~*", "LIKE"},
                                        {NULL, NULL}};

static const struct word words[] = {{"GREATEST", "max"},
                                    {"LEAST", "min"},
                                    {"json_build_array", "json_array"},
                                    {"json_build_object", "json_object"},
                                    {NULL, NULL}};

static bool put_operator(struct work *work, bool *is_one) {
  for (const struct word *row = operators; row->postgres; row++) {
    if (!begins_with(work, row->postgres)) continue;
    *is_one = true;
    work->at += strlen(row->postgres);
    work->last = (struct sql_token){.kind = SQL_SIGN, .at = "~", .size = 1};
    return put(work, row->sqlite);
  }
  bool is_any = begins_with(work, "= ANY "), is_all = begins_with(work, "<> ALL ");
  *is_one = is_any || is_all;
  if (!*is_one) return true;
  work->at += is_any ? 6 : 7;
  work->last = (struct sql_token){.kind = SQL_SIGN, .at = ")", .size = 1};
  return put_list(work, is_all);
}

/* ---- tokens ---- */

/* Words that a parenthesis behind them does not make a function. */
static bool is_function(const struct sql_token *token) {
  static const char *const keywords[] = {"AND", "OR", "NOT", "IN", "CHECK", "WHEN", "THEN", "ELSE", "AS", "ON", "WHERE", NULL};
  return (token->kind == SQL_WORD || token->kind == SQL_QUOTED) && !sql_token_is_any(token, keywords);
}

static void note_sign(struct work *work, const struct sql_token *token, size_t begin) {
  if (sql_token_is(token, "(") && work->depth < DEPTH_MOST)
    work->opened[work->depth++] = is_function(&work->last) ? work->value : begin;
  else if (sql_token_is(token, ")") && work->depth > 0)
    work->value = work->opened[--work->depth];
}

/* Our schema is no part of a name in SQLite, and its own words for bytewise collation are others. */
static bool put_word(struct work *work, const struct sql_token *token, bool is_collation) {
  bool is_ours = sql_token_is(token, "lunokhod") && work->at < work->end && *work->at == '.';
  if (is_ours) {
    work->at++;
    return true;
  }
  for (const struct word *row = words; row->postgres; row++) {
    if (sql_token_is(token, row->postgres)) return put(work, row->sqlite);
  }
  bool is_bytewise = token->size == 3 && memcmp(token->at, "\"C\"", 3) == 0 && is_collation;
  return is_bytewise ? put(work, "BINARY") : put_bytes(work, token->at, token->size);
}

static bool put_token(struct work *work) {
  bool is_operator = false;
  if (begins_with(work, "::")) return put_cast(work);
  if (!put_operator(work, &is_operator) || is_operator) return is_operator && !work->error->kind;
  struct sql_token token = sql_token_read(work->at, work->end);
  size_t begin = work->to->size;
  if (token.kind == SQL_BROKEN) return error_set(work->error, ERROR_INPUT, "SQL that can't be read: %.40s", token.at);
  work->at += token.size;
  if (token.kind == SQL_SPACE) return put(work, " ");
  bool is_part = sql_token_is(&work->last, ".") || sql_token_is(&token, ".");
  bool is_word = token.kind == SQL_WORD || token.kind == SQL_QUOTED, is_collation = sql_token_is(&work->last, "COLLATE");
  if (token.kind == SQL_SIGN)
    note_sign(work, &token, begin);
  else if (!is_part)
    work->value = begin;
  work->last = token;
  return is_word ? put_word(work, &token, is_collation) : put_bytes(work, token.at, token.size);
}

bool sqlite_dialect_translate(const char *sql, struct buffer *to, struct error *error) {
  struct error failure = {0};
  struct work work = {.to = to, .error = &failure, .at = sql, .end = sql + strlen(sql), .value = to->size};
  bool ok = true;
  while (ok && work.at < work.end) ok = put_token(&work);
  if (!ok && error) *error = failure;
  return ok;
}
