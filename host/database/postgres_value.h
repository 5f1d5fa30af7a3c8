/* Values on their way to PostgreSQL and back. Pure functions but for libpq's. Internal to the floor. */
#pragma once
#include <libpq-fe.h>
#include <stdbool.h>

#include "database/database.h"

struct postgres_library;
struct postgres_parameters;

/* A copy of the values in one piece of memory. is_typed: numbers and texts say what they are, where PostgreSQL can't find out.
 * Given: free(). NULL: ERROR_MEMORY. */
struct postgres_parameters *postgres_value_copy(const struct value *values, int count, bool is_typed, struct error *error);

/* As SQLite would give it; bytes belong to the result, which is changed where they are a blob. */
void postgres_value_read(const struct postgres_library *libpq, PGresult *result, int row, int column, struct value *value);
