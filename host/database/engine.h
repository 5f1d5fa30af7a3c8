/* The seam behind database.h: what a database does for each of its functions. The contracts are those of the face; what is not
 * here either does not differ, or is asked of SQLite alone. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "database/database.h"

struct segment;
struct waiting_engine;

struct engine {
  const struct waiting_engine *waiting; /* what a database adds that answers later; NULL: it answers at once */

  bool (*begin)(struct database *database, struct error *error);
  bool (*commit)(struct database *database, struct error *error);
  void (*rollback)(struct database *database);
  bool (*is_in_segment)(const struct database *database);
  bool (*has_written)(const struct database *database);

  bool (*set_mark)(struct database *database, struct database_mark *mark, struct error *error);
  bool (*return_to_mark)(struct database *database, const struct database_mark *mark, struct error *error);
  void (*end_mark)(struct database *database, const struct database_mark *mark);

  bool (*execute)(struct database *database, const char *sql, struct error *error);
  struct statement *(*prepare)(struct database *database, enum statement_origin origin, const char *sql, size_t size,
                               const char **rest, struct error *error);
};

struct waiting_engine {
  void (*close)(struct database *database); /* what is behind it */
  bool (*has_conflict)(const struct database *database);
  bool (*is_lost)(const struct database *database);
  bool (*is_there)(struct database *database);

  void (*enter)(struct database *database, struct segment *segment);
  struct segment *(*leave)(struct database *database);
  struct segment *(*start_commit)(struct database *database, database_told told, void *data);
  void (*forget_commit)(struct segment *segment);

  /* database_run() in an open segment: it need not wait for the answer. */
  bool (*run)(struct database *database, const char *sql, const struct value *values, int count, struct error *error);
};

/* What a statement does. */
struct statement_engine {
  void (*release)(struct statement *statement);
  int (*parameter_count)(const struct statement *statement);
  const char *(*parameter_name)(const struct statement *statement, int index);
  bool (*bind)(struct statement *statement, int index, const struct value *value, struct error *error);
  bool (*step)(struct statement *statement, bool *row, struct error *error);
  bool (*is_reader)(const struct statement *statement);
  int (*column_count)(const struct statement *statement);
  const char *(*column_name)(const struct statement *statement, int column);
  void (*column)(struct statement *statement, int column, struct value *value);
  int64_t (*changes)(const struct statement *statement);
  /* Of a database that answers later; NULL: a step never waits. */
  bool (*must_wait)(const struct statement *statement);
  bool (*ask)(struct statement *statement, void (*answered)(void *data), void *data, struct error *error);
};

struct statement { /* what the statement of each engine begins with */
  const struct statement_engine *engine;
};

extern const struct engine sqlite_engine; /* sqlite_segment.c: the built-in one */

/* sqlite_statement.c: its statements. */
struct statement *sqlite_statement_prepare(struct database *database, enum statement_origin origin, const char *sql,
                                           size_t size, const char **rest, struct error *error);
