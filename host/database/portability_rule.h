/* Rules by which SQL of the built-in database does not run on PostgreSQL, though its words can be translated: functions and
 * types that are not there, a number as a condition, names with capital letters. By tokens, as sql_dialect.h. Pure functions,
 * any thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;

/* The first statement of sql, which SQLite has accepted. False: ERROR_MISUSE says what does not run there, ERROR_MEMORY. */
bool portability_rule_check(const char *sql, size_t size, struct error *error);
