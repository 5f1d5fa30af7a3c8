/* How long one request takes: a click of a user among so many, committed, on `:memory:` and on a PostgreSQL server over its
 * socket, in turns. Prints one line of `name value` pairs for tests/bench/backup.lua.
 *
 *   storage CONNECTION USERS REQUESTS   (CONNECTION: libpq's, as "host=/tmp/x user=postgres dbname=postgres") */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/error.h"
#include "database/database.h"

static double microseconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void give_up(const char *what, const char *why) {
  (void)fprintf(stderr, "storage bench: %s: %s\n", what, why);
  exit(1);
}

static int by_size(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return difference < 0 ? -1 : difference > 0;
}

static double median(double *times, int count) {
  qsort(times, (size_t)count, sizeof *times, by_size);
  return times[count / 2];
}

/* ---- :memory: ---- */

static const char click_sql[] = "UPDATE users SET click = click + 1 WHERE chatid = ? RETURNING click";

static void run_sql(struct database *database, const char *sql, int64_t value) {
  struct error error = {0};
  struct statement *statement = statement_prepare(database, STATEMENT_HOST, sql, strlen(sql), NULL, &error);
  bool row = true, ok = statement && database_begin(database, &error);
  if (ok && statement_parameter_count(statement)) {
    ok = statement_bind(statement, 1, &(struct value){.type = VALUE_INTEGER, .integer = value}, &error);
  }
  while (ok && row) ok = statement_step(statement, &row, &error);
  statement_release(statement);
  if (!ok || !database_commit(database, &error)) give_up(sql, error.text);
}

static struct database *open_memory(int64_t users) {
  struct error error = {0};
  struct database *database = database_open(&error);
  if (!database) give_up("open", error.text);
  run_sql(database, "CREATE TABLE users(chatid INTEGER PRIMARY KEY, name TEXT, click INTEGER, state INTEGER)", 0);
  run_sql(database,
          "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ?)"
          " INSERT INTO users SELECT i, 'Имя ' || i, 0, 0 FROM n",
          users);
  return database;
}

/* ---- PostgreSQL ---- */

static PGresult *expect(PGconn *connection, PGresult *result, const char *what) {
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) give_up(what, PQerrorMessage(connection));
  return result;
}

static void execute(PGconn *connection, const char *sql) { PQclear(expect(connection, PQexec(connection, sql), sql)); }

static PGconn *open_postgresql(const char *address, int64_t users) {
  char sql[200];
  PGconn *connection = PQconnectdb(address);
  if (PQstatus(connection) != CONNECTION_OK) give_up("connect", PQerrorMessage(connection));
  execute(connection, "SET client_min_messages = warning");
  execute(connection, "DROP TABLE IF EXISTS users");
  execute(connection, "CREATE TABLE users(chatid BIGINT PRIMARY KEY, name TEXT, click BIGINT, state BIGINT)");
  (void)snprintf(sql, sizeof sql, "INSERT INTO users SELECT i, 'Имя ' || i, 0, 0 FROM generate_series(0, %" PRId64 ") i",
                 users - 1);
  execute(connection, sql);
  execute(connection, "VACUUM ANALYZE users");
  PQclear(
      expect(connection,
             PQprepare(connection, "click", "UPDATE users SET click = click + 1 WHERE chatid = $1 RETURNING click", 1, NULL),
             "prepare"));
  return connection;
}

static void click_postgresql(PGconn *connection, int64_t user) {
  char id[24];
  const char *values[] = {id};
  (void)snprintf(id, sizeof id, "%" PRId64, user);
  PQclear(expect(connection, PQexecPrepared(connection, "click", 1, values, NULL, NULL, 0), "click"));
}

int main(int count, char **arguments) {
  if (count != 4) {
    (void)fprintf(stderr, "usage: storage CONNECTION USERS REQUESTS\n");
    return 2;
  }
  int64_t users = strtoll(arguments[2], NULL, 10);
  int requests = (int)strtol(arguments[3], NULL, 10);
  double *times[3] = {0};
  for (int i = 0; i < 3; i++) times[i] = calloc((size_t)requests, sizeof **times);
  if (!times[0] || !times[1] || !times[2]) give_up("start", "no memory");
  struct database *database = open_memory(users);
  PGconn *connection = open_postgresql(arguments[1], users);
  for (int i = 0; i < requests; i++) {
    int64_t user = random() % users;
    double began = microseconds();
    run_sql(database, click_sql, user);
    times[0][i] = microseconds() - began;
    execute(connection, "SET synchronous_commit = on");
    began = microseconds();
    click_postgresql(connection, user);
    times[1][i] = microseconds() - began;
    execute(connection, "SET synchronous_commit = off"); /* as careless as a memory without a backup */
    began = microseconds();
    click_postgresql(connection, user);
    times[2][i] = microseconds() - began;
  }
  printf("users %" PRId64 " memory_us %.2f postgresql_us %.2f postgresql_async_us %.2f\n", users, median(times[0], requests),
         median(times[1], requests), median(times[2], requests));
  for (int i = 0; i < 3; i++) free(times[i]);
  PQfinish(connection);
  database_close(database);
  return 0;
}
