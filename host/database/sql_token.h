/* The tokens of SQL as SQLite reads it: words, quoted names, strings, numbers, parameters, comments. Knows no grammar and no
 * connection. Pure functions, any thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum sql_token_kind {
  SQL_END,    /* of the text */
  SQL_SPACE,  /* blanks and comments */
  SQL_WORD,   /* a name or a keyword */
  SQL_QUOTED, /* "name", `name`, [name] */
  SQL_STRING, /* 'text' */
  SQL_BYTES,  /* x'00ff' */
  SQL_NUMBER,
  SQL_PARAMETER, /* ?, ?1, :name, @name, $name */
  SQL_SIGN,      /* an operator, or one of ( ) , ; . */
  SQL_BROKEN,    /* a quote that is never closed, or a byte that begins nothing */
};

struct sql_token {
  enum sql_token_kind kind;
  const char *at; /* borrowed from the text */
  size_t size;
};

/* The token at that place, which must not be behind end. */
struct sql_token sql_token_read(const char *at, const char *end);

/* Is it that word, in letters of either case, or that sign? */
bool sql_token_is(const struct sql_token *token, const char *text);
bool sql_token_is_any(const struct sql_token *token, const char *const *texts); /* NULL behind the last one */

/* Is it a name with that beginning, quoted or not? */
bool sql_token_names(const struct sql_token *token, const char *beginning);
