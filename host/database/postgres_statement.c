/* A statement on PostgreSQL: its translation, which is remembered by its text, its values, and then its answer with all rows.
 * What a translation must know of a table is asked of the catalog in the same segment, since the table may have been made
 * there. Where PostgreSQL can't find out the type of a value, the statement is sent once more with the types that the values
 * have; and where it was prepared and failed in a way that a change of its table would explain, once more as a new one. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/memory.h"
#include "database/connection.h"
#include "database/postgres.h"
#include "database/postgres_library.h"
#include "database/postgres_value.h"

#ifndef POSTGRES_PLANS
#define POSTGRES_PLANS 500 /* as many as statements of SQLite */
#endif

struct postgres_plan {
  UT_hash_handle hh; /* by the SQL, while it is cached */
  struct sql_translation translation;
  size_t rest;        /* offset of what follows the statement */
  unsigned use_count; /* by statements, and by the cache */
  bool is_typed;      /* PostgreSQL must be told the types of the values */
  enum statement_origin origin;
  size_t size;
  char sql[];
};

struct postgres_table {
  UT_hash_handle hh;
  char name[128];
  char *columns, *keys;
};

struct postgres_statement {
  struct statement head;
  struct postgres *postgres;
  struct segment *segment; /* that it was sent in; NULL: in none. Only to be compared */
  struct postgres_plan *plan;
  struct value values[SQL_PARAMETERS_MAX];
  struct postgres_request *request; /* the last one; ours once it is answered */
  struct error error;
  bool is_asked, is_answered, is_typed;
  bool is_orphan; /* let go while it was under way */
  int row;
  void (*answered)(void *data);
  void *data;
};

static const struct statement_engine statement_engine;

/* ---- plans ---- */

static void plan_release(struct postgres_plan *plan) {
  if (!plan || --plan->use_count) return;
  sql_translation_release(&plan->translation);
  free(plan);
}

static void drop_cached(struct postgres *postgres, struct postgres_plan *plan) {
  HASH_DEL(postgres->plans, plan);
  plan_release(plan);
}

/* The oldest goes. */
static void cache(struct postgres *postgres, struct postgres_plan *plan) {
  if (HASH_COUNT(postgres->plans) >= POSTGRES_PLANS) drop_cached(postgres, postgres->plans);
  HASH_ADD_KEYPTR(hh, postgres->plans, plan->sql, plan->size, plan);
  plan->use_count++;
}

/* table: what the catalog knows of the statement's; NULL: nothing yet. */
static struct postgres_plan *make_plan(enum statement_origin origin, const char *sql, size_t size,
                                       const struct sql_table *table, struct error *error) {
  struct postgres_plan *plan = memory_try_resize(NULL, sizeof *plan + size + 1);
  if (!plan) {
    error_set(error, ERROR_MEMORY, "out of memory for a statement of %zu bytes", size);
    return NULL;
  }
  memset(plan, 0, sizeof *plan);
  plan->use_count = 1;
  plan->origin = origin;
  plan->size = size;
  memcpy(plan->sql, sql, size);
  bool ok = sql_dialect_translate(plan->sql, size, origin == STATEMENT_SCRIPT, table, &plan->translation, error);
  plan->rest = (size_t)(plan->translation.rest - plan->sql);
  if (ok) return plan;
  plan_release(plan);
  return NULL;
}

/* A text that is cached for the other origin is translated anew each time: hosts and scripts share hardly any. */
static struct postgres_plan *find_plan(struct postgres *postgres, enum statement_origin origin, const char *sql, size_t size,
                                       struct error *error) {
  struct postgres_plan *found = NULL;
  HASH_FIND(hh, postgres->plans, sql, size, found);
  if (found && found->origin == origin) {
    found->use_count++;
    return found;
  }
  struct postgres_plan *plan = make_plan(origin, sql, size, NULL, error);
  bool is_whole = plan && plan->rest == size && !plan->translation.table[0] && plan->translation.kind != SQL_NOTHING;
  if (is_whole && !found) cache(postgres, plan);
  return plan;
}

/* ---- tables, for upserts ---- */

/* One row: the columns, and the unique keys. */
static const char table_query[] =
    "SELECT (SELECT ',' || string_agg(attname, ',' ORDER BY attnum) || ',' FROM pg_catalog.pg_attribute"
    "          WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),"
    "       (SELECT string_agg(names, E'\\n' ORDER BY is_first DESC) FROM ("
    "          SELECT ',' || string_agg(a.attname, ',' ORDER BY k.place) || ',' AS names, i.indisprimary AS is_first"
    "            FROM pg_catalog.pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS k(number, place), pg_catalog.pg_attribute "
    "AS a"
    "            WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND a.attrelid = c.oid AND a.attnum = "
    "k.number"
    "            GROUP BY i.indexrelid, i.indisprimary) AS t)"
    "  FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass(quote_ident($1))";

static char *copy_field(struct postgres *postgres, const PGresult *result, int column) {
  bool is_there = postgres->libpq->PQntuples(result) == 1 && !postgres->libpq->PQgetisnull(result, 0, column);
  return memory_copy_text(is_there ? postgres->libpq->PQgetvalue(result, 0, column) : "");
}

static void table_free(struct postgres *postgres, struct postgres_table *table) {
  HASH_DEL(postgres->tables, table);
  free(table->columns);
  free(table->keys);
  free(table);
}

static bool keep_table(struct postgres *postgres, const char *name, const PGresult *result, struct error *error) {
  struct postgres_table *table;
  HASH_FIND_STR(postgres->tables, name, table);
  if (table) table_free(postgres, table); /* another statement has asked, too */
  table = memory_new(sizeof *table);
  (void)snprintf(table->name, sizeof table->name, "%s", name);
  table->columns = copy_field(postgres, result, 0);
  table->keys = copy_field(postgres, result, 1);
  HASH_ADD_STR(postgres->tables, name, table);
  if (table->columns[0]) return true;
  table_free(postgres, table);
  return error_set(error, ERROR_MISUSE, "no such table: %s", name);
}

static void forget_tables(struct postgres *postgres) {
  struct postgres_table *table, *next;
  HASH_ITER(hh, postgres->tables, table, next) table_free(postgres, table);
}

void postgres_statement_free_plans(struct postgres *postgres) {
  struct postgres_plan *plan, *next;
  HASH_ITER(hh, postgres->plans, plan, next) drop_cached(postgres, plan);
  forget_tables(postgres);
}

/* A plan of its own, which is not cached: what is known of the table may change. */
static bool plan_with_table(struct postgres_statement *statement, const struct postgres_table *table, struct error *error) {
  const struct postgres_plan *before = statement->plan;
  struct sql_table known = {table->columns, table->keys};
  struct postgres_plan *plan = make_plan(before->origin, before->sql, before->size, &known, error);
  if (!plan) return false;
  plan_release(statement->plan);
  statement->plan = plan;
  return true;
}

/* ---- asking, step by step ---- */
static bool send_next(struct postgres_statement *statement, struct error *error);
static void on_table_known(struct postgres_request *request, void *data);
static void on_rows(struct postgres_request *request, void *data);

static void answer(struct postgres_statement *statement) {
  statement->is_answered = true;
  if (statement->answered) statement->answered(statement->data);
}

static void fail(struct postgres_statement *statement, const struct error *error) {
  statement->error = *error;
  answer(statement);
}

/* Within a segment, or by itself where none is open. */
static void send_request(struct postgres_statement *statement, struct postgres_request *request) {
  struct postgres *postgres = statement->postgres;
  struct segment *segment = *postgres_in_force(postgres);
  if (statement->request) segment = statement->segment;
  statement->segment = segment;
  statement->request = request;
  if (segment)
    segment_send_statement(segment, request);
  else
    postgres_connection_send(postgres->host, request);
}

static bool ask_for_table(struct postgres_statement *statement, struct error *error) {
  struct value name = value_text(statement->plan->translation.table, strlen(statement->plan->translation.table));
  struct postgres_request *request = postgres_request_new(on_table_known, statement);
  request->parameters = postgres_value_copy(&name, 1, true, error);
  postgres_request_add(request, table_query, true);
  if (request->parameters)
    send_request(statement, request);
  else
    postgres_request_free(request);
  return request->parameters != NULL;
}

/* parameters: taken. */
static struct postgres_request *make_request(const struct postgres_plan *plan, struct postgres_parameters *parameters,
                                             void (*done)(struct postgres_request *request, void *data), void *data) {
  struct postgres_request *request = postgres_request_new(done, data);
  const char *text = plan->translation.text.data;
  request->parameters = parameters;
  request->text = memory_copy_text(text ? text : "");
  postgres_request_add(request, request->text, plan->translation.kind != SQL_SCHEMA);
  return request;
}

static bool send_statement(struct postgres_statement *statement, struct error *error) {
  const struct sql_translation *translation = &statement->plan->translation;
  struct postgres_parameters *parameters =
      postgres_value_copy(statement->values, (int)translation->parameter_count, statement->is_typed, error);
  if (!parameters) return false;
  send_request(statement, make_request(statement->plan, parameters, on_rows, statement));
  return true;
}

static bool send_next(struct postgres_statement *statement, struct error *error) {
  const char *name = statement->plan->translation.table;
  struct postgres_table *table = NULL;
  if (name[0]) HASH_FIND_STR(statement->postgres->tables, name, table);
  if (name[0] && !table) return ask_for_table(statement, error);
  if (table && !plan_with_table(statement, table, error)) return false;
  return send_statement(statement, error);
}

static void statement_free(struct postgres_statement *statement) {
  postgres_request_free(statement->request);
  plan_release(statement->plan);
  free(statement);
}

/* Whoever is told may let go of the statement. */
static void on_table_known(struct postgres_request *request, void *data) {
  struct postgres_statement *statement = data;
  struct error error = request->error;
  if (statement->is_orphan) {
    statement_free(statement);
    return;
  }
  bool ok = !error.kind && keep_table(statement->postgres, statement->plan->translation.table, request->result, &error) &&
            send_next(statement, &error);
  postgres_request_free(request);
  if (ok) return;
  statement->request = NULL;
  fail(statement, &error);
}

/* It could not find out a type, or took a wrong one. */
static bool is_of_types(const char *state) {
  static const char *const states[] = {"42P18", "42725", "42883", "42804", NULL};
  int i = 0;
  while (states[i] && strcmp(states[i], state) != 0) i++;
  return states[i] != NULL;
}

/* What was prepared and does not fit any more comes first: it knows the types without being told. */
static bool is_worth_another_try(struct postgres_statement *statement, const struct postgres_request *request) {
  if (!request->error.kind || request->is_outdated) return request->is_outdated;
  bool is_untyped = !statement->is_typed && statement->plan->translation.parameter_count > 0;
  if (!is_untyped || !is_of_types(request->state)) return false;
  statement->is_typed = true;
  return true;
}

static void try_again(struct postgres_statement *statement, struct postgres_request *request) {
  struct error first = request->error;
  bool ok = send_statement(statement, NULL);
  postgres_request_free(request);
  if (ok) return;
  statement->request = NULL;
  fail(statement, &first);
}

static void note_changes(struct postgres_statement *statement, const struct postgres_request *request) {
  struct postgres *postgres = statement->postgres;
  struct segment *segment = statement->segment;
  enum sql_kind kind = statement->plan->translation.kind;
  bool is_done = !request->error.kind;
  bool has_changed = request->result && strcmp(postgres->libpq->PQcmdTuples(request->result), "0") != 0;
  bool is_of_schema = is_done && kind == SQL_SCHEMA;
  if (is_done && statement->is_typed) statement->plan->is_typed = true;
  if (is_of_schema) segment_schema_has_changed(postgres);
  /* After an error another host may have changed them. */
  if (is_of_schema || strncmp(request->state, "42", 2) == 0) forget_tables(postgres);
  if (!segment) return;
  if (is_of_schema) segment->has_changed_schema = true;
  if (has_changed && kind != SQL_READ) segment->has_written = true;
}

static void on_rows(struct postgres_request *request, void *data) {
  struct postgres_statement *statement = data;
  struct error error = request->error;
  if (statement->is_orphan) {
    statement_free(statement);
    return;
  }
  if (is_worth_another_try(statement, request)) {
    try_again(statement, request);
    return;
  }
  note_changes(statement, request);
  if (error.kind)
    fail(statement, &error);
  else
    answer(statement);
}

/* ---- the host's notes ---- */

bool postgres_statement_send(struct postgres *postgres, const char *sql, const struct value *values, int count,
                             struct error *error) {
  struct segment *segment = *postgres_in_force(postgres);
  struct postgres_plan *plan = find_plan(postgres, STATEMENT_HOST, sql, strlen(sql), error);
  assert(!plan || (plan->translation.kind != SQL_NOTHING && plan->translation.text.data)); /* ours: it needs no catalog */
  struct postgres_parameters *parameters = plan ? postgres_value_copy(values, count, true, error) : NULL;
  if (parameters) {
    segment_send(segment, make_request(plan, parameters, NULL, NULL));
    segment->has_written = true;
  }
  plan_release(plan);
  return parameters != NULL;
}

/* ---- the functions of the face ---- */

struct statement *postgres_statement_prepare(struct database *database, enum statement_origin origin, const char *sql,
                                             size_t size, const char **rest, struct error *error) {
  struct postgres *postgres = database->remote;
  struct postgres_plan *plan = find_plan(postgres, origin, sql, size, error);
  if (!plan) return NULL;
  size_t left = plan->rest;
  while (left < size && strchr(" \t\r\n;", sql[left])) left++;
  if (rest) *rest = sql + plan->rest;
  bool is_nothing = plan->translation.kind == SQL_NOTHING;
  if (is_nothing && error) *error = (struct error){0};
  if (!is_nothing && !rest && left < size) {
    error_set(error, ERROR_MISUSE, "one statement expected, there is more after it: %.100s", sql + left);
    is_nothing = true;
  }
  if (is_nothing) {
    plan_release(plan);
    return NULL;
  }
  struct postgres_statement *statement = memory_new(sizeof *statement);
  statement->head.engine = &statement_engine;
  statement->postgres = postgres;
  statement->plan = plan;
  statement->is_typed = plan->is_typed;
  statement->row = -1;
  return (struct statement *)statement;
}

static struct postgres_statement *of(struct statement *statement) { return (struct postgres_statement *)statement; }
static const struct postgres_statement *of_const(const struct statement *statement) {
  return (const struct postgres_statement *)statement;
}

/* One that is under way is answered to nobody. */
static void let_go(struct statement *given) {
  struct postgres_statement *statement = of(given);
  statement->is_orphan = statement->is_asked && !statement->is_answered;
  if (!statement->is_orphan) statement_free(statement);
}

static int parameter_count(const struct statement *statement) {
  return (int)of_const(statement)->plan->translation.parameter_count;
}

static const char *parameter_name(const struct statement *statement, int index) {
  return of_const(statement)->plan->translation.names[index - 1];
}

static bool bind(struct statement *statement, int index, const struct value *value, struct error *error) {
  if (index < 1 || index > parameter_count(statement)) return error_set(error, ERROR_MISUSE, "there is no parameter %d", index);
  of(statement)->values[index - 1] = *value;
  return true;
}

static bool must_wait(const struct statement *statement) { return of_const(statement)->postgres->is_entered; }

static bool ask(struct statement *given, void (*answered)(void *data), void *data, struct error *error) {
  struct postgres_statement *statement = of(given);
  struct postgres *postgres = statement->postgres;
  const struct segment *segment = *postgres_in_force(postgres);
  bool is_by_itself = !segment && postgres_connection_is_broken(postgres->host);
  if (is_by_itself && !segment_open_host(postgres, error)) return false;
  if (segment && segment->failure.kind) return error_set(error, ERROR_MISUSE, "%s", segment->failure.text);
  statement->answered = answered;
  statement->data = data;
  statement->is_asked = send_next(statement, error);
  return statement->is_asked;
}

/* Where nobody has asked before, the answer is waited for. */
static bool step(struct statement *given, bool *row, struct error *error) {
  struct postgres_statement *statement = of(given);
  *row = false;
  if (!statement->is_asked && !ask(given, NULL, NULL, error)) return false;
  while (!statement->is_answered) {
    struct postgres_connection *connection = statement->segment ? statement->segment->connection : statement->postgres->host;
    assert(connection);
    postgres_connection_wait(connection, &statement->is_answered);
  }
  if (statement->error.kind) return error_set(error, statement->error.kind, "%s", statement->error.text);
  *row = ++statement->row < statement->postgres->libpq->PQntuples(statement->request->result);
  return true;
}

static bool is_reader(const struct statement *statement) { return of_const(statement)->plan->translation.kind == SQL_READ; }

static int column_count(const struct statement *statement) {
  const struct postgres_statement *mine = of_const(statement);
  return mine->request && mine->request->result ? mine->postgres->libpq->PQnfields(mine->request->result) : 0;
}

static const char *column_name(const struct statement *statement, int column) {
  const struct postgres_statement *mine = of_const(statement);
  return mine->postgres->libpq->PQfname(mine->request->result, column);
}

static void column(struct statement *statement, int number, struct value *value) {
  const struct postgres_statement *mine = of_const(statement);
  postgres_value_read(mine->postgres->libpq, mine->request->result, mine->row, number, value);
}

static int64_t changes(const struct statement *statement) {
  const struct postgres_statement *mine = of_const(statement);
  return mine->request && mine->request->result ? strtoll(mine->postgres->libpq->PQcmdTuples(mine->request->result), NULL, 10)
                                                : 0;
}

static const struct statement_engine statement_engine = {.release = let_go,
                                                         .parameter_count = parameter_count,
                                                         .parameter_name = parameter_name,
                                                         .bind = bind,
                                                         .step = step,
                                                         .is_reader = is_reader,
                                                         .column_count = column_count,
                                                         .column_name = column_name,
                                                         .column = column,
                                                         .changes = changes,
                                                         .must_wait = must_wait,
                                                         .ask = ask};
