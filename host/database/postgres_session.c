/* Whatever libpq says of an address that it can't read is dropped: it repeats the address, and with it the password. */
#include "database/postgres_session.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/postgres_library.h"
#include "database/shared_database.h"
#include "database/sql_dialect.h"

enum { LOCK_TRIES = 50, LOCK_PAUSE_MS = 100 };

struct postgres_session {
  const struct postgres_library *libpq;
  PGconn *pq;
  char *line; /* libpq's, of the last reading */
  char state[6];
};

/* ---- life ---- */

/* As a host's connections are set up; and without limits of time, since a large table takes long. */
static const char setup[] =
    "SELECT set_config('search_path', " POSTGRES_USUAL_PATH " || ', lunokhod', false), " POSTGRES_SETTINGS
    ", set_config('extra_float_digits', '1', false), set_config('DateStyle', 'ISO', false),"
    " set_config('statement_timeout', '0', false), set_config('idle_in_transaction_session_timeout', '0', false)";

static bool fail_to_connect(const struct postgres_session *session, struct error *error) {
  const char *why = session->libpq->PQerrorMessage(session->pq);
  return error_set(error, ERROR_NETWORK, "the database can't be reached: %.*s", (int)strcspn(why, "\n"), why);
}

struct postgres_session *postgres_session_open(const char *url, struct error *error) {
  const struct postgres_library *libpq = postgres_library_open(error);
  if (!libpq || !postgres_library_reads(url, error)) return NULL;
  struct postgres_session *session = memory_new(sizeof *session);
  session->libpq = libpq;
  struct postgres_address address = postgres_library_address(url);
  session->pq = libpq->PQconnectdbParams(address.names, address.values, 1);
  bool ok = libpq->PQstatus(session->pq) == CONNECTION_OK || fail_to_connect(session, error);
  if (ok) postgres_library_drop_notices(session->pq);
  if (ok && postgres_session_run(session, setup, error)) return session;
  postgres_session_close(session);
  return NULL;
}

void postgres_session_close(struct postgres_session *session) {
  if (!session) return;
  session->libpq->PQfreemem(session->line);
  session->libpq->PQfinish(session->pq);
  free(session);
}

/* ---- answers ---- */

static bool is_lost(const struct postgres_session *session) { return session->libpq->PQstatus(session->pq) == CONNECTION_BAD; }

static bool fail(struct postgres_session *session, const PGresult *result, struct error *error) {
  const struct postgres_library *libpq = session->libpq;
  if (is_lost(session)) return error_set(error, ERROR_NETWORK, "the connection to the database is lost");
  const char *state = libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *message = libpq->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char *detail = libpq->PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  if (state) memcpy(session->state, state, 5);
  return error_set(error, ERROR_REFUSED, "%s%s%s", message ? message : "it failed", detail ? ": " : "", detail ? detail : "");
}

bool postgres_session_lacks_table(const struct postgres_session *session) { return strcmp(session->state, "42P01") == 0; }

bool postgres_session_lacks_type(const struct postgres_session *session) {
  static const char *const states[] = {"42P18", "42725", "42883", "42804", NULL};
  int i = 0;
  while (states[i] && strcmp(states[i], session->state) != 0) i++;
  return states[i] != NULL;
}

bool postgres_session_try(struct postgres_session *session, const char *sql, int count, unsigned type, struct error *error) {
  Oid types[SQL_PARAMETERS_MAX];
  for (int i = 0; i < count; i++) types[i] = type;
  PGresult *result = session->libpq->PQprepare(session->pq, "", sql, count, types);
  bool ok = session->libpq->PQresultStatus(result) == PGRES_COMMAND_OK || fail(session, result, error);
  session->libpq->PQclear(result);
  return ok;
}

bool postgres_session_run(struct postgres_session *session, const char *sql, struct error *error) {
  const struct postgres_library *libpq = session->libpq;
  PGresult *result = libpq->PQexec(session->pq, sql);
  ExecStatusType status = libpq->PQresultStatus(result);
  bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || fail(session, result, error);
  libpq->PQclear(result);
  return ok;
}

bool postgres_session_ask(struct postgres_session *session, const char *sql, const char *first, const char *second,
                          struct postgres_rows *rows, struct error *error) {
  const struct postgres_library *libpq = session->libpq;
  const char *const values[] = {first, second};
  int count = second ? 2 : first ? 1 : 0;
  *rows = (struct postgres_rows){.session = session};
  rows->result = libpq->PQexecParams(session->pq, sql, count, NULL, values, NULL, NULL, 0);
  if (libpq->PQresultStatus(rows->result) != PGRES_TUPLES_OK) return fail(session, rows->result, error);
  rows->count = libpq->PQntuples(rows->result);
  return true;
}

const char *postgres_rows_text(const struct postgres_rows *rows, int row, int column) {
  const struct postgres_library *libpq = rows->session->libpq;
  return libpq->PQgetisnull(rows->result, row, column) ? NULL : libpq->PQgetvalue(rows->result, row, column);
}

bool postgres_rows_is(const struct postgres_rows *rows, int row, int column) {
  const char *text = postgres_rows_text(rows, row, column);
  return text && text[0] == 't';
}

void postgres_rows_release(struct postgres_rows *rows) {
  if (rows->result) rows->session->libpq->PQclear(rows->result);
  *rows = (struct postgres_rows){0};
}

/* By the lock that a host takes. The server frees it when it has noticed that a host was killed. */
bool postgres_session_become_alone(struct postgres_session *session, struct error *error) {
  static const char lock[] = "SELECT pg_try_advisory_lock(" DATABASE_LEADERS_LOCK ")";
  bool ok = true, is_ours = false;
  for (int i = 0; ok && !is_ours && i < LOCK_TRIES; i++) {
    struct postgres_rows rows;
    if (i) (void)poll(NULL, 0, LOCK_PAUSE_MS);
    ok = postgres_session_ask(session, lock, NULL, NULL, &rows, error);
    is_ours = ok && postgres_rows_is(&rows, 0, 0);
    postgres_rows_release(&rows);
  }
  if (!ok || is_ours) return ok;
  return error_set(error, ERROR_REFUSED, "another host works on the data in this database: stop it first");
}

/* ---- COPY ---- */

static bool begin(struct postgres_session *session, const char *sql, ExecStatusType wanted, struct error *error) {
  PGresult *result = session->libpq->PQexec(session->pq, sql);
  bool ok = session->libpq->PQresultStatus(result) == wanted || fail(session, result, error);
  session->libpq->PQclear(result);
  return ok;
}

bool postgres_session_begin_copy(struct postgres_session *session, const char *sql, struct error *error) {
  return begin(session, sql, PGRES_COPY_IN, error);
}

bool postgres_session_add(struct postgres_session *session, const char *bytes, size_t size, struct error *error) {
  return session->libpq->PQputCopyData(session->pq, bytes, (int)size) == 1 || fail(session, NULL, error);
}

/* "COPY users, line 3, column click: ..." */
static int64_t line_of(const struct postgres_session *session, const PGresult *result) {
  const char *context = session->libpq->PQresultErrorField(result, PG_DIAG_CONTEXT);
  const char *line = context && strncmp(context, "COPY ", 5) == 0 ? strstr(context, ", line ") : NULL;
  return line ? strtoll(line + 7, NULL, 10) : 0;
}

/* The end of a COPY has a result of its own, and NULL behind it. */
static bool end(struct postgres_session *session, int64_t *line, struct error *error) {
  const struct postgres_library *libpq = session->libpq;
  bool ok = true;
  for (PGresult *result; (result = libpq->PQgetResult(session->pq)) != NULL; libpq->PQclear(result)) {
    if (libpq->PQresultStatus(result) == PGRES_COMMAND_OK || !ok) continue;
    ok = fail(session, result, error);
    if (line) *line = line_of(session, result);
  }
  return ok;
}

bool postgres_session_end_copy(struct postgres_session *session, int64_t *line, struct error *error) {
  *line = 0;
  if (session->libpq->PQputCopyEnd(session->pq, NULL) != 1) return fail(session, NULL, error);
  return end(session, line, error);
}

bool postgres_session_begin_reading(struct postgres_session *session, const char *sql, struct error *error) {
  return begin(session, sql, PGRES_COPY_OUT, error);
}

bool postgres_session_read(struct postgres_session *session, char **line, size_t *size, struct error *error) {
  session->libpq->PQfreemem(session->line);
  session->line = NULL;
  int got = session->libpq->PQgetCopyData(session->pq, &session->line, 0);
  *line = session->line;
  *size = got > 0 ? (size_t)got : 0;
  return got > 0 || end(session, NULL, error);
}
