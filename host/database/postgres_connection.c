/* The pipeline of a connection. A request is its commands and one synchronisation behind them, so an error in one ends that
 * request and no other. What is sent before the connection stands waits in the same list. Where it breaks, every request is
 * answered with ERROR_NETWORK, and so is what is sent afterwards, always from the loop. One on which nothing comes while
 * something is asked is broken, too: a network that has lost its way tells nobody.
 *
 * A command that is prepared with its first use is two messages, and so are the answers. Until the first of them has come, the
 * same command goes out as it stands, so that what fails in one request makes no other one fail. */
#include "database/postgres_connection.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/postgres_library.h"
#include "database/prepared_statement.h"

#define NO_SLOT " 53300: " /* in a text of libpq, which tells no SQLSTATE of a connection in another way */

#ifndef POSTGRES_SILENCE_MS
#define POSTGRES_SILENCE_MS 35000 /* longer than the server lets a statement work (postgres.c), so it has lost its way */
#endif

struct postgres_connection {
  struct loop *loop;
  const struct postgres_library *libpq;
  PGconn *pq;
  uv_timer_t late;  /* for answers that are known when a request is sent, and for the end of patience */
  int64_t heard_us; /* when something came, or was asked after all was answered; by clock_measure_us() */
  uv_poll_t *poll;  /* of the socket; on the heap, since libpq may take another socket while it connects */
  int socket;       /* that it watches */
  int events;       /* for which */
  bool is_connected, is_broken, is_closing, has_no_slot;
  void (*heard)(const char *payload, void *data); /* NULL: nobody listens */
  void *heard_data;
  struct error error;                             /* why it broke */
  struct postgres_request *first, **end, *unsent; /* in order; those before `unsent` are out */
  struct prepared_statements prepared;
};

enum { PREPARED_NAME_SIZE = 64, PREPARED_WORDS = 40 };
static_assert(sizeof(Oid) == sizeof(unsigned), "the types of what is prepared");

/* ---- requests ---- */

struct postgres_request *postgres_request_new(void (*done)(struct postgres_request *request, void *data), void *data) {
  struct postgres_request *request = memory_new(sizeof *request);
  request->done = done;
  request->data = data;
  return request;
}

void postgres_request_add(struct postgres_request *request, const char *command, bool is_repeated) {
  assert(request->count < POSTGRES_COMMANDS);
  request->commands[request->count++] = (struct postgres_command){.text = command, .is_repeated = is_repeated};
}

void postgres_request_free(struct postgres_request *request) {
  if (!request) return;
  if (request->result) postgres_library_open(NULL)->PQclear(request->result);
  free(request->parameters);
  free(request->text);
  free(request->clock_text);
  free(request);
}

/* ---- answers ---- */

/* The first of the list is answered. It may be freed, and others may be sent, while it is told. */
static void answer_first(struct postgres_connection *connection) {
  struct postgres_request *request = connection->first;
  connection->first = request->next;
  if (!connection->first) connection->end = &connection->first;
  if (connection->unsent == request) connection->unsent = request->next;
  loop_count_work(connection->loop, -1);
  if (request->done)
    request->done(request, request->data);
  else
    postgres_request_free(request);
}

static void fail_all(struct postgres_connection *connection) {
  while (connection->first) {
    struct postgres_request *request = connection->first;
    request->error = connection->error;
    request->has_no_slot = connection->has_no_slot;
    answer_first(connection);
  }
}

static void on_late(uv_timer_t *timer);

static void fail_later(struct postgres_connection *connection) {
  if (!connection->is_closing) (void)uv_timer_start(&connection->late, on_late, 0, 0);
}

static void stop_polling(struct postgres_connection *connection) {
  if (connection->poll) (void)uv_poll_stop(connection->poll);
  connection->events = 0;
}

static void on_poll_closed(uv_handle_t *handle) { free(handle); }

static void close_poll(struct postgres_connection *connection) {
  if (connection->poll) uv_close((uv_handle_t *)connection->poll, on_poll_closed);
  connection->poll = NULL;
}

/* libpq may have closed the socket just now. Its number is free, so the poll goes at once: to close it later would stop the
 * watching of whoever has that number by then. */
static void break_because(struct postgres_connection *connection, const char *why) {
  size_t size = strcspn(why, "\n");
  if (connection->is_broken) return;
  connection->is_broken = true;
  connection->has_no_slot = strstr(why, NO_SLOT) != NULL;
  error_set(&connection->error, ERROR_NETWORK, "the database can't be reached: %.*s%s", (int)size, why,
            connection->has_no_slot ? "; give it more: max_connections of the server, or CONNECTION LIMIT of the user" : "");
  close_poll(connection);
  fail_later(connection);
}

static void break_off(struct postgres_connection *connection) {
  break_because(connection, connection->libpq->PQerrorMessage(connection->pq));
}

/* ---- silence ---- */

static int64_t silent_ms(const struct postgres_connection *connection) {
  return (clock_measure_us() - connection->heard_us) / 1000;
}

/* True: the socket has something, or wants_to_write and takes something. */
static bool wait_for_socket(struct postgres_connection *connection, bool wants_to_write, int timeout_ms) {
  struct pollfd watched = {.fd = connection->libpq->PQsocket(connection->pq), .events = POLLIN};
  if (wants_to_write) watched.events |= POLLOUT;
  (void)poll(&watched, 1, timeout_ms);
  if (watched.revents & POLLIN) connection->heard_us = clock_measure_us();
  return watched.revents != 0;
}

/* Where this process itself stood still, what has come meanwhile is not read yet. */
static void look_at_silence(struct postgres_connection *connection) {
  char why[60];
  if (silent_ms(connection) < POSTGRES_SILENCE_MS || wait_for_socket(connection, false, 0)) return;
  (void)snprintf(why, sizeof why, "no answer for %d s", POSTGRES_SILENCE_MS / 1000);
  break_because(connection, why);
}

static void begin_patience(struct postgres_connection *connection) {
  int64_t left = POSTGRES_SILENCE_MS - silent_ms(connection);
  if (connection->is_closing || connection->is_broken || !connection->first) return;
  (void)uv_timer_start(&connection->late, on_late, left > 0 ? (uint64_t)left : 0, 0);
}

static void on_late(uv_timer_t *timer) {
  struct postgres_connection *connection = timer->data;
  if (!connection->is_broken && connection->first) look_at_silence(connection);
  if (connection->is_broken)
    fail_all(connection);
  else
    begin_patience(connection);
}

/* ---- answers of the server ---- */

/* A wrong type, a table that has changed, or a name that the server has forgotten. */
static bool may_be_outdated(const char *state) {
  return strncmp(state, "42", 2) == 0 || strncmp(state, "22", 2) == 0 || strcmp(state, "0A000") == 0 ||
         strcmp(state, "26000") == 0;
}

static void drop_outdated(struct postgres_connection *connection, struct postgres_request *request) {
  const struct postgres_command *command = &request->commands[request->answered];
  request->is_outdated = command->is_prepared && may_be_outdated(request->state);
  if (request->is_outdated) prepared_statement_settle(&connection->prepared, command->prepared, false);
}

static void note_error(struct postgres_connection *connection, struct postgres_request *request, const PGresult *result) {
  const struct postgres_library *libpq = connection->libpq;
  const char *state = libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char *message = libpq->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char *detail = libpq->PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  const char *schema = libpq->PQresultErrorField(result, PG_DIAG_SCHEMA_NAME);
  if (request->error.kind) return; /* what follows an error is not done */
  /* Two that make the same table at once meet in the catalog. */
  bool is_race = schema && strcmp(schema, "pg_catalog") == 0 && state && strcmp(state, "23505") == 0;
  if (state) memcpy(request->state, is_race ? "40001" : state, 5);
  error_set(&request->error, ERROR_MISUSE, "%s%s%s", message ? message : "it failed", detail ? ": " : "", detail ? detail : "");
  drop_outdated(connection, request);
}

/* False: it is the answer to the command itself. */
static bool take_preparation(struct postgres_connection *connection, struct postgres_request *request, PGresult *result) {
  const struct postgres_library *libpq = connection->libpq;
  struct postgres_command *command = &request->commands[request->answered];
  if (request->answered >= request->count || !command->is_preparing) return false;
  ExecStatusType status = libpq->PQresultStatus(result);
  command->is_preparing = false;
  prepared_statement_settle(&connection->prepared, command->prepared, status == PGRES_COMMAND_OK);
  if (status == PGRES_FATAL_ERROR) note_error(connection, request, result);
  libpq->PQclear(result);
  return true;
}

/* One result of the first request. */
static void take_result(struct postgres_connection *connection, PGresult *result) {
  const struct postgres_library *libpq = connection->libpq;
  struct postgres_request *request = connection->first;
  if (take_preparation(connection, request, result)) return;
  switch (libpq->PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
      libpq->PQclear(result);
      answer_first(connection);
      return;
    case PGRES_FATAL_ERROR: note_error(connection, request, result); break;
    case PGRES_PIPELINE_ABORTED: break;
    default:
      if (request->answered == request->statement) {
        request->result = result;
        result = NULL;
      }
  }
  request->answered++;
  if (result) libpq->PQclear(result);
}

static void take_notifications(struct postgres_connection *connection) {
  const struct postgres_library *libpq = connection->libpq;
  for (PGnotify *notification; (notification = libpq->PQnotifies(connection->pq)) != NULL; libpq->PQfreemem(notification)) {
    if (connection->heard) connection->heard(notification->extra, connection->heard_data);
  }
}

/* NULL from PQgetResult() stands between two commands, and says that there is nothing more only where PQisBusy() would wait. */
static void read_answers(struct postgres_connection *connection) {
  const struct postgres_library *libpq = connection->libpq;
  if (!libpq->PQconsumeInput(connection->pq)) {
    break_off(connection);
    return;
  }
  while (connection->first && connection->first != connection->unsent && !connection->is_broken &&
         !libpq->PQisBusy(connection->pq)) {
    PGresult *result = libpq->PQgetResult(connection->pq);
    if (result) take_result(connection, result);
    if (libpq->PQstatus(connection->pq) == CONNECTION_BAD) break_off(connection);
  }
  take_notifications(connection);
}

/* ---- sending ---- */

static bool send_plain(struct postgres_connection *connection, const char *text, const struct postgres_parameters *given) {
  return connection->libpq->PQsendQueryParams(connection->pq, text, given->count, given->types, given->values, given->sizes,
                                              given->formats, 0) == 1;
}

/* False: nothing that is prepared serves it now. */
static bool prepare(struct postgres_connection *connection, struct postgres_command *command,
                    const struct postgres_parameters *given) {
  struct prepared_statements *list = &connection->prepared;
  struct prepared_statement *prepared = prepared_statement_find(list, command->text, given->types, (size_t)given->count);
  command->is_prepared = prepared && prepared_statement_is_there(prepared);
  if (prepared && !command->is_prepared) return false;
  if (!prepared) prepared = prepared_statement_add(list, command->text, given->types, (size_t)given->count);
  if (!prepared) return false;
  command->prepared = prepared_statement_number(prepared);
  command->is_preparing = !command->is_prepared;
  return true;
}

/* In the server's log it stands instead of the statement, so it says which one that is. */
static void write_name(const struct postgres_command *command, char name[static PREPARED_NAME_SIZE]) {
  int count = 0;
  while (count < PREPARED_WORDS && command->text[count] >= ' ' && command->text[count] <= '~') count++;
  (void)snprintf(name, PREPARED_NAME_SIZE, "%" PRIu64 " %.*s", command->prepared, count, command->text);
}

static bool send_command(struct postgres_connection *connection, struct postgres_request *request, unsigned index) {
  static const struct postgres_parameters none;
  const struct postgres_parameters *given = index == request->statement && request->parameters ? request->parameters : &none;
  const struct postgres_library *libpq = connection->libpq;
  struct postgres_command *command = &request->commands[index];
  char name[PREPARED_NAME_SIZE];
  if (!command->is_repeated || !prepare(connection, command, given)) return send_plain(connection, command->text, given);
  write_name(command, name);
  return (!command->is_preparing ||
          libpq->PQsendPrepare(connection->pq, name, command->text, given->count, given->types) == 1) &&
         libpq->PQsendQueryPrepared(connection->pq, name, given->count, given->values, given->sizes, given->formats, 0) == 1;
}

static bool send_request(struct postgres_connection *connection, struct postgres_request *request) {
  bool ok = true;
  for (unsigned i = 0; ok && i < request->count; i++) ok = send_command(connection, request, i);
  return ok && connection->libpq->PQpipelineSync(connection->pq) == 1;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch(struct postgres_connection *connection, int events) {
  if (connection->events == events || connection->is_closing || !connection->poll) return;
  connection->events = events;
  (void)uv_poll_start(connection->poll, events, on_ready);
}

static void send_all(struct postgres_connection *connection) {
  while (connection->unsent && !connection->is_broken) {
    if (!send_request(connection, connection->unsent))
      break_off(connection);
    else
      connection->unsent = connection->unsent->next;
  }
  if (connection->is_broken) return;
  int left = connection->libpq->PQflush(connection->pq);
  if (left < 0)
    break_off(connection);
  else
    watch(connection, left ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void postgres_connection_send(struct postgres_connection *connection, struct postgres_request *request) {
  if (!connection->first) connection->heard_us = clock_measure_us();
  request->next = NULL;
  *connection->end = request;
  connection->end = &request->next;
  if (!connection->unsent) connection->unsent = request;
  loop_count_work(connection->loop, 1);
  if (connection->is_broken)
    fail_later(connection);
  else if (!uv_is_active((uv_handle_t *)&connection->late))
    begin_patience(connection);
  if (connection->is_connected) send_all(connection);
}

/* ---- what is prepared ---- */

void postgres_connection_distrust(struct postgres_connection *connection) {
  if (connection) connection->prepared.is_outdated = true;
}

/* It goes out before all that uses a name again. */
void postgres_connection_tidy(struct postgres_connection *connection) {
  if (!prepared_statements_are_full(&connection->prepared) || connection->first) return;
  struct postgres_request *request = postgres_request_new(NULL, NULL);
  prepared_statements_clear(&connection->prepared);
  postgres_request_add(request, "DEALLOCATE ALL", false);
  postgres_connection_send(connection, request);
}

/* ---- connecting ---- */

/* While it connects, libpq may go on to another address, and so to another socket. */
static void poll_socket(struct postgres_connection *connection, int events) {
  int socket = connection->libpq->PQsocket(connection->pq);
  if (connection->poll && connection->socket != socket) close_poll(connection);
  if (!connection->poll) {
    uv_poll_t *poll = memory_new(sizeof *poll);
    if (uv_poll_init(loop_uv(connection->loop), poll, socket) != 0) {
      free(poll);
      break_off(connection);
      return;
    }
    poll->data = connection;
    connection->poll = poll;
    connection->socket = socket;
  }
  watch(connection, events);
}

static void connected(struct postgres_connection *connection) {
  const struct postgres_library *libpq = connection->libpq;
  if (libpq->PQsetnonblocking(connection->pq, 1) != 0 || !libpq->PQenterPipelineMode(connection->pq)) {
    break_off(connection);
    return;
  }
  connection->is_connected = true;
  send_all(connection);
}

/* Returns whether it waits to write. The old socket is not watched any more when libpq may close it. */
static bool go_on_connecting(struct postgres_connection *connection) {
  stop_polling(connection);
  PostgresPollingStatusType next = connection->libpq->PQconnectPoll(connection->pq);
  if (next == PGRES_POLLING_FAILED) {
    break_off(connection);
    return false;
  }
  poll_socket(connection, next == PGRES_POLLING_WRITING ? UV_WRITABLE : UV_READABLE);
  if (next == PGRES_POLLING_OK && !connection->is_broken) connected(connection);
  return next == PGRES_POLLING_WRITING;
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  struct postgres_connection *connection = poll->data;
  if (events & UV_READABLE) connection->heard_us = clock_measure_us();
  if (status < 0) {
    break_off(connection);
  } else if (!connection->is_connected) {
    (void)go_on_connecting(connection);
  } else {
    read_answers(connection);
    if (!connection->is_broken && !connection->is_closing) send_all(connection);
  }
}

/* ---- waiting without the loop ---- */

void postgres_connection_wait(struct postgres_connection *connection, const bool *until) {
  bool wants_to_write = true;
  while (!*until && !connection->is_broken) {
    if (!wait_for_socket(connection, wants_to_write, 1000)) {
      look_at_silence(connection);
      continue;
    }
    if (!connection->is_connected) {
      wants_to_write = go_on_connecting(connection);
      continue;
    }
    read_answers(connection);
    if (!connection->is_broken && !*until) send_all(connection);
    wants_to_write = (connection->events & UV_WRITABLE) != 0;
  }
  if (!*until) fail_all(connection);
}

/* ---- life ---- */

void postgres_connection_hear(struct postgres_connection *connection, void (*heard)(const char *payload, void *data),
                              void *data) {
  connection->heard = heard;
  connection->heard_data = data;
}

struct postgres_connection *postgres_connection_open(struct loop *loop, const char *url, struct error *error) {
  const struct postgres_library *libpq = postgres_library_open(error);
  if (!libpq || !postgres_library_reads(url, error)) return NULL;
  struct postgres_connection *connection = memory_new(sizeof *connection);
  connection->loop = loop;
  connection->libpq = libpq;
  connection->end = &connection->first;
  struct postgres_address address = postgres_library_address(url);
  connection->pq = libpq->PQconnectStartParams(address.names, address.values, 1);
  if (!connection->pq) {
    free(connection);
    error_set(error, ERROR_MEMORY, "out of memory for a connection to the database");
    return NULL;
  }
  (void)libpq->PQsetErrorVerbosity(connection->pq, PQERRORS_VERBOSE); /* with the SQLSTATE */
  postgres_library_drop_notices(connection->pq);
  (void)uv_timer_init(loop_uv(loop), &connection->late);
  connection->late.data = connection;
  if (libpq->PQstatus(connection->pq) == CONNECTION_BAD)
    break_off(connection);
  else
    poll_socket(connection, UV_WRITABLE);
  return connection;
}

static void on_closed(uv_handle_t *handle) {
  struct postgres_connection *connection = handle->data;
  connection->libpq->PQfinish(connection->pq);
  prepared_statements_clear(&connection->prepared);
  free(connection);
}

/* Whoever is told of the failures frees what belongs to its request. */
void postgres_connection_close(struct postgres_connection *connection) {
  if (!connection) return;
  connection->is_closing = connection->is_broken = true;
  error_set(&connection->error, ERROR_NETWORK, "the connection to the database is closed");
  fail_all(connection);
  close_poll(connection);
  uv_close((uv_handle_t *)&connection->late, on_closed);
}

bool postgres_connection_is_broken(const struct postgres_connection *connection) { return connection->is_broken; }

bool postgres_connection_is_connected(const struct postgres_connection *connection) {
  return connection->is_connected && !connection->is_broken;
}
