/* The database behind the segment on PostgreSQL. Whose segment is meant is decided by what is in force: that of the run that
 * goes on right now, or else the host's own. A run never waits here: its statements are asked for, its host's notes go out
 * behind them, and their errors come with the commit. The host's own work, which is short and rare, is waited for. */
#include "database/postgres.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/embed.h"
#include "common/memory.h"
#include "database/connection.h"
#include "database/postgres_library.h"
#include "database/postgres_value.h"

enum { SETUP_SIZE = 1200, COMMENT_SIZE = 40 };

static struct postgres *of(const struct database *database) { return database->remote; }

/* ---- segments ---- */

static bool begin(struct database *database, struct error *error) {
  struct postgres *postgres = of(database);
  struct segment **segment = postgres_in_force(postgres);
  bool is_lost = !postgres->is_entered && segment_host_is_lost(postgres);
  if (is_lost && !*segment && !segment_open_host(postgres, error)) return false;
  if (!*segment) *segment = segment_new(postgres);
  return true;
}

static bool is_in_segment(const struct database *database) { return *postgres_in_force(of(database)) != NULL; }

static bool has_written(const struct database *database) {
  const struct segment *segment = *postgres_in_force(of(database));
  return segment && segment->has_written;
}

static bool has_conflict(const struct database *database) {
  const struct segment *segment = *postgres_in_force(of(database));
  return segment && segment->is_conflict;
}

static bool is_lost(const struct database *database) {
  const struct segment *segment = *postgres_in_force(of(database));
  return segment && segment->failure.kind == ERROR_NETWORK;
}

static bool is_there(struct database *database) {
  struct postgres *postgres = of(database);
  if (segment_host_is_lost(postgres) && !postgres->host_segment) (void)segment_open_host(postgres, NULL);
  return postgres_connection_is_connected(postgres->host);
}

static struct segment *take(struct postgres *postgres) {
  struct segment *segment = *postgres_in_force(postgres);
  *postgres_in_force(postgres) = NULL;
  return segment;
}

struct waited { /* for the outcome of the host's own commit */
  bool is_told;
  struct error error;
};

static void on_host_committed(const struct database_outcome *outcome, void *data) {
  struct waited *waited = data;
  waited->error = *outcome->error;
  waited->is_told = true;
}

static void on_raw_done(struct postgres_request *request, void *data) {
  struct waited *waited = data;
  waited->error = request->error;
  waited->is_told = true;
  postgres_request_free(request);
}

/* The host's: a run's is started. */
static bool commit(struct database *database, struct error *error) {
  struct postgres *postgres = of(database);
  struct segment *segment = take(postgres);
  struct waited waited = {0};
  if (!segment) return true;
  assert(segment->is_host);
  segment->told = on_host_committed;
  segment->told_data = &waited;
  segment_end(segment, true);
  postgres_connection_wait(postgres->host, &waited.is_told);
  return !waited.error.kind || error_set(error, waited.error.kind, "can't commit: %s", waited.error.text);
}

static void rollback(struct database *database) {
  struct segment *segment = take(of(database));
  if (segment) segment_end(segment, false);
}

static void enter(struct database *database, struct segment *segment) {
  struct postgres *postgres = of(database);
  assert(!postgres->is_entered);
  postgres->is_entered = true;
  postgres->current = segment;
}

static struct segment *leave(struct database *database) {
  struct postgres *postgres = of(database);
  struct segment *segment = postgres->current;
  assert(postgres->is_entered);
  postgres->current = NULL;
  postgres->is_entered = false;
  return segment;
}

static struct segment *start_commit(struct database *database, database_told told, void *data) {
  struct segment *segment = take(of(database));
  segment->told = told;
  segment->told_data = data;
  segment_end(segment, true);
  return segment;
}

static void forget_commit(struct segment *segment) { segment->told = NULL; }

/* ---- marks ---- */

static bool set_mark(struct database *database, struct database_mark *mark, struct error *error) {
  struct postgres *postgres = of(database);
  struct segment *segment = *postgres_in_force(postgres);
  (void)error;
  *mark = (struct database_mark){.segment = segment ? segment->number : 0};
  if (!segment || !segment->is_begun) return true;
  mark->savepoint = ++postgres->savepoints;
  segment_send_command(segment, "SAVEPOINT mark_%" PRIu64, mark->savepoint);
  return true;
}

static bool has_savepoint(const struct segment *segment, const struct database_mark *mark) {
  return segment && segment->number == mark->segment && mark->savepoint && segment->is_begun;
}

static bool return_to_mark(struct database *database, const struct database_mark *mark, struct error *error) {
  struct segment *segment = *postgres_in_force(of(database));
  (void)error;
  if (segment && segment->is_conflict) return true; /* the commit will tell */
  if (!has_savepoint(segment, mark)) {
    rollback(database);
    return true;
  }
  segment_send_command(segment, "ROLLBACK TO SAVEPOINT mark_%" PRIu64, mark->savepoint);
  segment_send_command(segment, "RELEASE SAVEPOINT mark_%" PRIu64, mark->savepoint);
  return true;
}

static void end_mark(struct database *database, const struct database_mark *mark) {
  struct segment *segment = *postgres_in_force(of(database));
  if (has_savepoint(segment, mark) && !segment->failure.kind)
    segment_send_command(segment, "RELEASE SAVEPOINT mark_%" PRIu64, mark->savepoint);
}

/* ---- the host's statements ---- */

static bool run(struct database *database, const char *sql, const struct value *values, int count, struct error *error) {
  return postgres_statement_send(of(database), sql, values, count, error);
}

static bool execute(struct database *database, const char *sql, struct error *error) {
  const char *end = sql + strlen(sql);
  bool ok = true, row;
  while (ok && sql < end) {
    struct error failure = {0};
    struct statement *statement =
        postgres_statement_prepare(database, STATEMENT_HOST, sql, (size_t)(end - sql), &sql, &failure);
    ok = statement ? statement_step(statement, &row, &failure) : !failure.kind;
    if (!ok && error) *error = failure;
    statement_release(statement);
  }
  return ok;
}

/* ---- life ---- */

static void close_postgres(struct database *database) {
  struct postgres *postgres = of(database);
  segment_close_pool(postgres);
  postgres_statement_free_plans(postgres);
  free(postgres->url);
  free(postgres->setup);
  free(postgres);
}

static const struct waiting_engine waiting = {.close = close_postgres,
                                              .has_conflict = has_conflict,
                                              .is_lost = is_lost,
                                              .is_there = is_there,
                                              .enter = enter,
                                              .leave = leave,
                                              .start_commit = start_commit,
                                              .forget_commit = forget_commit,
                                              .run = run};

static const struct engine engine = {.waiting = &waiting,
                                     .begin = begin,
                                     .commit = commit,
                                     .rollback = rollback,
                                     .is_in_segment = is_in_segment,
                                     .has_written = has_written,
                                     .set_mark = set_mark,
                                     .return_to_mark = return_to_mark,
                                     .end_mark = end_mark,
                                     .execute = execute,
                                     .prepare = postgres_statement_prepare};

/* An index is read though a table is small: SERIALIZABLE takes a scan of the table for a look at each of its rows, and so for a
 * conflict with everybody who writes there. */
static char *make_setup(const char *schema) {
  char *setup = memory_new(SETUP_SIZE);
  (void)snprintf(setup, SETUP_SIZE,
                 "SELECT set_config('search_path', %s%s%s || ', lunokhod', false), " POSTGRES_SETTINGS
                 ", set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false),"
                 " set_config('statement_timeout', '30s', false),"
                 " set_config('idle_in_transaction_session_timeout', '90s', false)",
                 schema ? "'" : POSTGRES_USUAL_PATH, schema ? schema : "", schema ? "'" : "");
  return setup;
}

/* Over the schema of functions stands which text it was made from. */
static void make_comment(const char *text, size_t size, char *comment) {
  (void)snprintf(comment, COMMENT_SIZE, "lunokhod %016" PRIx64, (uint64_t)XXH64(text, size, 0));
}

static bool read_comment(struct database *database, const char *wanted, bool *is_there, struct error *error) {
  static const char sql[] =
      "SELECT 1 FROM pg_namespace WHERE nspname = 'lunokhod' AND obj_description(oid, 'pg_namespace') = $1";
  struct value value = value_text(wanted, strlen(wanted));
  int64_t found;
  bool ok = database_read_integer(database, sql, &value, 1, 0, &found, error);
  *is_there = found != 0;
  return ok;
}

/* As it stands, in the host's segment or by itself. */
static bool run_raw(struct postgres *postgres, const char *sql, size_t size, struct error *error) {
  struct waited waited = {0};
  struct postgres_request *request = postgres_request_new(on_raw_done, &waited);
  request->text = memory_new(size + 1);
  memcpy(request->text, sql, size);
  postgres_request_add(request, request->text, false);
  if (postgres->host_segment)
    segment_send(postgres->host_segment, request);
  else
    postgres_connection_send(postgres->host, request);
  postgres_connection_wait(postgres->host, &waited.is_told);
  return !waited.error.kind || error_set(error, waited.error.kind, "%s: %.200s", waited.error.text, sql);
}

/* A statement ends with a semicolon that is in no function's body. */
static bool run_script(struct postgres *postgres, const char *sql, size_t size, struct error *error) {
  bool ok = true, is_in_body = false;
  const char *begin_at = sql, *end = sql + size;
  for (const char *at = sql; ok && at < end; at++) {
    if (at[0] == '$' && at[1] == '$') is_in_body = !is_in_body, at++;
    if (*at != ';' || is_in_body) continue;
    ok = run_raw(postgres, begin_at, (size_t)(at - begin_at), error);
    begin_at = at + 1;
  }
  return ok;
}

/* One host at a time; those that come behind it find that all is there. */
static bool install_functions(struct database *database, struct error *error) {
  const struct embed_file *file = embed_find("database/bridge.sql");
  char comment[COMMENT_SIZE], sql[COMMENT_SIZE + 60];
  bool is_there = false;
  if (!file) return error_set(error, ERROR_SYSTEM, "database/bridge.sql is missing in this build");
  make_comment(file->data, file->size, comment);
  (void)snprintf(sql, sizeof sql, "COMMENT ON SCHEMA lunokhod IS '%s'", comment);
  if (!read_comment(database, comment, &is_there, error)) return false;
  if (is_there) return true;
  static const char lock[] = "SELECT pg_advisory_xact_lock(7310031)";
  struct postgres *postgres = of(database);
  bool ok = begin(database, error) && run_raw(postgres, lock, sizeof lock - 1, error) &&
            run_script(postgres, file->data, file->size, error) && run_raw(postgres, sql, strlen(sql), error) &&
            commit(database, error);
  rollback(database);
  return ok;
}

static bool make_schema(struct database *database, const char *schema, struct error *error) {
  char sql[200];
  if (!schema) return true;
  (void)snprintf(sql, sizeof sql, "CREATE SCHEMA IF NOT EXISTS %s", schema);
  return run_raw(of(database), sql, strlen(sql), error);
}

struct database *database_open_postgres(struct loop *loop, const char *url, const char *schema, struct error *error) {
  const struct postgres_library *libpq = postgres_library_open(error);
  struct database *database = libpq ? database_open(error) : NULL; /* what is asked of SQLite alone finds it empty */
  if (!database) return NULL;
  struct postgres *postgres = memory_new(sizeof *postgres);
  postgres->database = database;
  postgres->loop = loop;
  postgres->libpq = libpq;
  postgres->url = memory_copy_text(url);
  postgres->setup = make_setup(schema);
  postgres->waiting_end = &postgres->waiting;
  postgres->is_shared = !schema;
  database->engine = &engine;
  database->remote = postgres;
  bool ok = segment_open_host(postgres, error) && install_functions(database, error) && make_schema(database, schema, error);
  if (ok) return database;
  database_close(database);
  return NULL;
}
