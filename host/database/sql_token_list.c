#include "database/sql_token_list.h"

#include <stdlib.h>

#include "common/error.h"
#include "common/memory.h"

enum { FIRST_CAPACITY = 128, SHOWN_MOST = 60 };

/* One more token, and SQL_END behind it. */
static bool make_room(struct sql_token_list *list, size_t *capacity) {
  if (list->count + 2 <= *capacity) return true;
  *capacity = *capacity ? 2 * *capacity : FIRST_CAPACITY;
  struct sql_token *tokens = memory_try_resize(list->tokens, *capacity * sizeof *tokens);
  if (tokens) list->tokens = tokens;
  bool *spaces = memory_try_resize(list->has_space, *capacity * sizeof *spaces);
  if (spaces) list->has_space = spaces;
  return tokens && spaces;
}

bool sql_token_list_read(struct sql_token_list *list, const char *sql, size_t size, const char **rest, struct error *error) {
  const char *end = sql + size, *at = sql;
  size_t capacity = 0;
  bool has_space = false, is_end = false;
  *list = (struct sql_token_list){0};
  while (!is_end) {
    struct sql_token token = sql_token_read(at, end);
    if (!make_room(list, &capacity)) return error_set(error, ERROR_MEMORY, "out of memory for SQL of %zu bytes", size);
    at = token.at + token.size;
    if (token.kind == SQL_BROKEN) {
      return error_set(error, ERROR_MISUSE, "SQL that can't be read: %.*s",
                       (int)(token.size > SHOWN_MOST ? SHOWN_MOST : token.size), token.at);
    }
    is_end = token.kind == SQL_END || sql_token_is(&token, ";");
    if (token.kind != SQL_SPACE) {
      list->tokens[list->count] = is_end ? (struct sql_token){SQL_END, token.at, 0} : token;
      list->has_space[list->count] = has_space;
      list->count += !is_end;
    }
    has_space = token.kind == SQL_SPACE;
  }
  *rest = at;
  return true;
}

void sql_token_list_release(struct sql_token_list *list) {
  free(list->tokens);
  free(list->has_space);
  *list = (struct sql_token_list){0};
}

size_t sql_token_list_close(const struct sql_token_list *list, size_t open) {
  int depth = 0;
  size_t at = open;
  for (; at < list->count; at++) {
    if (sql_token_list_is(list, at, "(")) depth++;
    if (sql_token_list_is(list, at, ")") && --depth == 0) break;
  }
  return at;
}

bool sql_token_list_is_called(const struct sql_token_list *list, size_t index) {
  static const char *const before_tables[] = {".", "TABLE", "EXISTS", "INTO", "UPDATE", "ON", "REFERENCES", "INDEX", NULL};
  if (!sql_token_list_is(list, index + 1, "(")) return false;
  return !index || !sql_token_is_any(sql_token_list_at(list, index - 1), before_tables);
}
