/* SQL as scripts write it for SQLite, put into PostgreSQL's words. Token by token, without a grammar: what needs one is not in
 * the subset that runs on both, and is refused with the reason. What differs in functions is bridged by the schema of
 * bridge.sql. Knows no connection. Pure functions, any thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"

struct error;

enum { SQL_PARAMETERS_MAX = 200 };

enum sql_kind {
  SQL_NOTHING, /* only blanks and comments */
  SQL_READ,    /* it changes nothing */
  SQL_WRITE,   /* rows */
  SQL_SCHEMA,  /* CREATE, ALTER, DROP */
};

/* What an upsert must know of its table, since PostgreSQL wants to be told what SQLite finds by itself. */
struct sql_table {
  const char *columns; /* each name between commas: ",id,name," */
  const char *keys;    /* the columns of each unique key, the primary one first, one a line: ",id,\n,name," */
};

struct sql_translation {
  enum sql_kind kind;
  struct buffer text; /* PostgreSQL's; released by sql_translation_release() */
  char table[128];    /* not empty: translate again, with what is known of this table */
  size_t parameter_count;
  char *names[SQL_PARAMETERS_MAX]; /* of each parameter, from index 0, with its ":"; NULL: it has none */
  const char *rest;                /* what follows the statement */
};

/* The first statement of sql. table: NULL at first; then what translation->table has asked for. is_script: the names lunokhod_*
 * and all but reading and writing are the host's. False: ERROR_MISUSE says what does not run on PostgreSQL, ERROR_MEMORY. To be
 * released either way; a translation that is all zero, too. */
bool sql_dialect_translate(const char *sql, size_t size, bool is_script, const struct sql_table *table,
                           struct sql_translation *translation, struct error *error);
void sql_translation_release(struct sql_translation *translation);

struct sql_token;
bool sql_dialect_has_function(const struct sql_token *name); /* is it SQLite's, and translated or bridged? */
bool sql_dialect_has_type(const struct sql_token *name);     /* of a column, likewise */
