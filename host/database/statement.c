/* The face of statements: the engine that has made one does what they say. And our own statements, in one call. */
#include <string.h>

#include "common/error.h"
#include "database/connection.h"
#include "database/database.h"
#include "database/engine.h"

struct statement *statement_prepare(struct database *database, enum statement_origin origin, const char *sql, size_t size,
                                    const char **rest, struct error *error) {
  return database->engine->prepare(database, origin, sql, size, rest, error);
}

void statement_release(struct statement *statement) {
  if (statement) statement->engine->release(statement);
}

int statement_parameter_count(const struct statement *statement) { return statement->engine->parameter_count(statement); }

const char *statement_parameter_name(const struct statement *statement, int index) {
  return statement->engine->parameter_name(statement, index);
}

bool statement_bind(struct statement *statement, int index, const struct value *value, struct error *error) {
  return statement->engine->bind(statement, index, value, error);
}

bool statement_step(struct statement *statement, bool *row, struct error *error) {
  return statement->engine->step(statement, row, error);
}

bool statement_is_reader(const struct statement *statement) { return statement->engine->is_reader(statement); }
int statement_column_count(const struct statement *statement) { return statement->engine->column_count(statement); }

const char *statement_column_name(const struct statement *statement, int column) {
  return statement->engine->column_name(statement, column);
}

void statement_column(struct statement *statement, int column, struct value *value) {
  statement->engine->column(statement, column, value);
}

int64_t statement_changes(const struct statement *statement) { return statement->engine->changes(statement); }

/* ---- a database that answers later ---- */

bool statement_must_wait(const struct statement *statement) {
  return statement->engine->must_wait && statement->engine->must_wait(statement);
}

bool statement_ask(struct statement *statement, void (*answered)(void *data), void *data, struct error *error) {
  return statement->engine->ask(statement, answered, data, error);
}

/* ---- our own ---- */

struct statement *database_prepare(struct database *database, const char *sql, const struct value *values, int count,
                                   struct error *error) {
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, sql, strlen(sql), NULL, error);
  bool ok = statement != NULL;
  for (int i = 0; ok && i < count; i++) ok = statement_bind(statement, i + 1, &values[i], error);
  if (ok) return statement;
  statement_release(statement);
  return NULL;
}

bool database_run(struct database *database, const char *sql, const struct value *values, int count, struct error *error) {
  const struct engine *engine = database->engine;
  if (engine->waiting && engine->is_in_segment(database)) return engine->waiting->run(database, sql, values, count, error);
  struct statement *statement = database_prepare(database, sql, values, count, error);
  bool row, ok = statement && statement_step(statement, &row, error);
  statement_release(statement);
  return ok;
}

bool database_read_integer(struct database *database, const char *sql, const struct value *values, int count, int64_t otherwise,
                           int64_t *result, struct error *error) {
  struct statement *statement = database_prepare(database, sql, values, count, error);
  struct value value = {.type = VALUE_NULL};
  bool row = false, ok = statement && statement_step(statement, &row, error);
  if (ok && row) statement_column(statement, 0, &value);
  *result = value.type == VALUE_INTEGER ? value.integer : otherwise;
  statement_release(statement);
  return ok;
}
