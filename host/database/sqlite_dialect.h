/* Expressions as PostgreSQL's catalog tells them (of CHECK, DEFAULT, indices, views), put into SQLite's words: the way back of
 * sql_dialect.h. Token by token; what it does not know stays as it is, and SQLite then refuses it. Pure functions, any thread.
 * Internal to the floor. */
#pragma once
#include <stdbool.h>

struct buffer;
struct error;

/* Adds the translation. False: ERROR_INPUT (it can't be read, or has a type that SQLite has not), ERROR_MEMORY, ERROR_FULL. */
bool sqlite_dialect_translate(const char *sql, struct buffer *to, struct error *error);
