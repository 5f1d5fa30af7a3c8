/* The tokens of one statement, and looking around among them. Knows no grammar beyond parentheses. Pure functions, any thread.
 * Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "database/sql_token.h"

struct error;

struct sql_token_list {     /* released by sql_token_list_release(); all zero is an empty one */
  struct sql_token *tokens; /* without blanks; SQL_END last */
  bool *has_space;          /* before the token of that index */
  size_t count;             /* without SQL_END */
};

/* The first statement of sql, which is borrowed; *rest is what follows it. False: ERROR_MISUSE (a quote is never closed),
 * ERROR_MEMORY. To be released either way. */
bool sql_token_list_read(struct sql_token_list *list, const char *sql, size_t size, const char **rest, struct error *error);
void sql_token_list_release(struct sql_token_list *list);

/* The token of that index, which may be behind the end: SQL_END. */
static inline const struct sql_token *sql_token_list_at(const struct sql_token_list *list, size_t index) {
  return &list->tokens[index < list->count ? index : list->count];
}

static inline bool sql_token_list_is(const struct sql_token_list *list, size_t index, const char *text) {
  return sql_token_is(sql_token_list_at(list, index), text);
}

/* The index of the parenthesis that closes the one at `open`, or of the end. */
size_t sql_token_list_close(const struct sql_token_list *list, size_t open);

/* Does a parenthesis behind it call it? A table may have the name of a function, and its columns stand in parentheses, too. */
bool sql_token_list_is_called(const struct sql_token_list *list, size_t index);
