/* Transactions and the connections that they take. BEGIN goes out with the first statement, and COMMIT waits for nothing but
 * its own answer, so a segment of one statement takes two trips. The first statement needs no savepoint: where it fails, there
 * is nothing else to keep, and the transaction begins anew with the next one. An error that was caught by a script therefore
 * leaves the segment as it was, as in SQLite.
 *
 * Where the server has no connection left, those that there are serve all, and a segment that has got none waits for one. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/connection.h"
#include "database/postgres.h"
#include "database/postgres_library.h"

enum {
  COMMAND_SIZE = 160,
  FULL_PAUSE_US = 1000000, /* before the server is asked for one more connection */
  FULL_TOLD_US = 60000000, /* between two lines of the log */
};

static const char begin_strictly[] = "BEGIN ISOLATION LEVEL SERIALIZABLE",
                  begin_relaxed[] = "BEGIN ISOLATION LEVEL READ COMMITTED";
static const char savepoint[] = "SAVEPOINT lunokhod", release[] = "RELEASE SAVEPOINT lunokhod";

struct sent { /* beside each request of a segment, until its answer */
  struct segment *segment;
  void (*done)(struct postgres_request *request, void *data); /* of whoever asked; NULL: nobody does */
  void *data;
  bool is_statement, has_savepoint, is_end;
};

/* ---- connections of the pool ---- */

/* Where one connection has lost its way, those that nobody uses may have, too. Only a request that waits in vain would tell. */
static void drop_idle(struct postgres *postgres) {
  for (int i = 0; i < POSTGRES_CONNECTIONS; i++) {
    if (!postgres->pool[i] || postgres->users[i]) continue;
    postgres_connection_close(postgres->pool[i]);
    postgres->pool[i] = NULL;
  }
}

static int count_connected(const struct postgres *postgres) {
  int count = postgres_connection_is_connected(postgres->host);
  for (int i = 0; i < POSTGRES_CONNECTIONS; i++)
    count += postgres->pool[i] && postgres_connection_is_connected(postgres->pool[i]);
  return count;
}

/* The host's own connection may need what is idle in the pool. */
static void note_full(struct postgres *postgres, const struct error *error) {
  if (postgres->is_closing) return;
  postgres->full_us = clock_measure_us();
  drop_idle(postgres);
  if (postgres->told_us && postgres->full_us - postgres->told_us < FULL_TOLD_US) return;
  postgres->told_us = postgres->full_us;
  log_warn("this host has fewer connections to the database than it can use; connections=%d wanted=%d error=%s",
           count_connected(postgres), POSTGRES_CONNECTIONS + 1, error->text);
}

static void on_set_up(struct postgres_request *request, void *data) {
  if (request->has_no_slot)
    note_full(data, &request->error);
  else if (request->error.kind)
    log_warn("a connection to the database could not be set up; error=%s", request->error.text);
  postgres_request_free(request);
}

/* command: borrowed until the answer. */
static void set_up(struct postgres *postgres, struct postgres_connection *connection, const char *command) {
  struct postgres_request *request = postgres_request_new(on_set_up, postgres);
  postgres_request_add(request, command, false);
  postgres_connection_send(connection, request);
}

static struct postgres_request *make_command(const char *format, uint64_t number, bool is_repeated) {
  struct postgres_request *request = postgres_request_new(NULL, NULL);
  request->text = memory_new(COMMAND_SIZE);
  (void)snprintf(request->text, COMMAND_SIZE, format, number);
  postgres_request_add(request, request->text, is_repeated);
  return request;
}

static void name_session(struct postgres *postgres, struct postgres_connection *connection) {
  static const char format[] = "SELECT set_config('application_name', " POSTGRES_SESSION " || %" PRIu64 ", false)";
  struct postgres_request *request = make_command(format, (uint64_t)postgres->fence, false);
  request->done = on_set_up;
  request->data = postgres;
  postgres_connection_send(connection, request);
}

static struct postgres_connection *open_connection(struct postgres *postgres, struct error *error) {
  struct postgres_connection *connection = postgres_connection_open(postgres->loop, postgres->url, error);
  if (!connection) return NULL;
  set_up(postgres, connection, postgres->setup);
  if (postgres->fence) name_session(postgres, connection);
  return connection;
}

static bool is_good(const struct postgres *postgres, int place) {
  return postgres->pool[place] && !postgres_connection_is_broken(postgres->pool[place]);
}

/* Does somebody else have a connection, and give it back later? */
static bool is_one_in_use(const struct postgres *postgres, const struct segment *segment) {
  int i = 0;
  while (i < POSTGRES_CONNECTIONS && (!postgres->users[i] || postgres->users[i] == segment || !is_good(postgres, i) ||
                                      !postgres_connection_is_connected(postgres->pool[i])))
    i++;
  return i < POSTGRES_CONNECTIONS;
}

/* -1: it is better to wait. */
static int find_place(const struct postgres *postgres) {
  int place = -1;
  for (int i = 0; i < POSTGRES_CONNECTIONS; i++) {
    bool is_better = place < 0 || (is_good(postgres, i) && !is_good(postgres, place));
    if (!postgres->users[i] && is_better) place = i;
  }
  if (place < 0 || is_good(postgres, place)) return place;
  bool is_full = postgres->full_us && clock_measure_us() - postgres->full_us < FULL_PAUSE_US;
  return is_full && is_one_in_use(postgres, NULL) ? -1 : place;
}

/* A broken one is replaced. False: all are in use. */
static bool take_connection(struct postgres *postgres, struct segment *segment) {
  int place = find_place(postgres);
  if (place < 0) return false;
  struct postgres_connection **connection = &postgres->pool[place];
  if (*connection && postgres_connection_is_broken(*connection)) {
    postgres_connection_close(*connection);
    *connection = NULL;
  }
  if (!*connection) *connection = open_connection(postgres, &segment->failure);
  segment->connection = *connection;
  if (segment->connection) {
    postgres->users[place] = segment;
    postgres_connection_tidy(segment->connection);
  }
  return true;
}

static void send_waiting(struct segment *segment) {
  while (segment->first) {
    struct postgres_request *request = segment->first;
    segment->first = request->next;
    postgres_connection_send(segment->connection, request);
  }
  segment->end = &segment->first;
}

static void wait_for_connection(struct segment *segment) {
  *segment->postgres->waiting_end = segment;
  segment->postgres->waiting_end = &segment->next;
}

static void let_next_begin(struct postgres *postgres) {
  struct segment *segment;
  while ((segment = postgres->waiting) && !postgres->is_closing && take_connection(postgres, segment)) {
    postgres->waiting = segment->next;
    if (!postgres->waiting) postgres->waiting_end = &postgres->waiting;
    segment->next = NULL;
    if (segment->connection) send_waiting(segment);
  }
}

static void leave_waiting(struct segment *segment) {
  struct postgres *postgres = segment->postgres;
  struct segment **link = &postgres->waiting;
  while (*link && *link != segment) link = &(*link)->next;
  if (*link) *link = segment->next;
  while (*link) link = &(*link)->next;
  postgres->waiting_end = link;
}

void segment_schema_has_changed(struct postgres *postgres) {
  for (int i = 0; i < POSTGRES_CONNECTIONS; i++) postgres_connection_distrust(postgres->pool[i]);
  postgres_connection_distrust(postgres->host);
}

void segment_close_pool(struct postgres *postgres) {
  postgres->is_closing = true;
  for (int i = 0; i < POSTGRES_CONNECTIONS; i++) postgres_connection_close(postgres->pool[i]);
  postgres_connection_close(postgres->host);
}

/* ---- life ---- */

struct segment *segment_new(struct postgres *postgres) {
  struct segment *segment = memory_new(sizeof *segment);
  segment->postgres = postgres;
  segment->end = &segment->first;
  segment->number = ++postgres->segments;
  segment->is_host = segment->is_relaxed = !postgres->is_entered;
  if (segment->is_host) {
    segment->connection = postgres->host;
    postgres_connection_tidy(postgres->host);
  } else if (postgres->waiting || !take_connection(postgres, segment)) {
    wait_for_connection(segment);
  }
  return segment;
}

static void give_back_connection(struct segment *segment) {
  for (int i = 0; i < POSTGRES_CONNECTIONS; i++) {
    if (segment->postgres->users[i] == segment) segment->postgres->users[i] = NULL;
  }
  segment->connection = NULL;
}

static void segment_free(struct segment *segment) {
  struct postgres *postgres = segment->postgres;
  give_back_connection(segment);
  free(segment);
  let_next_begin(postgres);
}

/* ---- answers ---- */

static void fail_segment(struct segment *segment, const struct postgres_request *request) {
  if (segment->failure.kind) return;
  segment->failure = request->error;
  if (request->error.kind == ERROR_NETWORK && !request->has_no_slot && !segment->postgres->is_closing) {
    drop_idle(segment->postgres);
    segment->postgres->is_host_doubtful = true;
  }
  segment->is_conflict = strcmp(request->state, "40001") == 0 || strcmp(request->state, "40P01") == 0 || request->is_outdated;
  if (strcmp(request->state, POSTGRES_FENCED) == 0) segment->failure.kind = ERROR_NETWORK;
  if (segment->is_conflict) error_prefix(&segment->failure, "another handler has changed the same data at the same time");
}

/* Takes back what has failed. */
static void recover(struct segment *segment, const struct postgres_request *request, const struct sent *sent) {
  bool is_gone = request->error.kind == ERROR_NETWORK || strncmp(request->state, "40", 2) == 0;
  if (is_gone || !sent->is_statement || segment->is_over) {
    fail_segment(segment, request);
  } else if (sent->has_savepoint) {
    segment_send_command(segment, "ROLLBACK TO SAVEPOINT lunokhod", 0);
    segment_send_command(segment, "RELEASE SAVEPOINT lunokhod", 0);
  } else {
    segment_send_command(segment, "ROLLBACK", 0);
    segment->is_begun = false;
  }
}

/* COMMIT of a transaction that had an error is answered as if all were well, but for its name. */
static void tell_outcome(struct segment *segment, const struct postgres_request *request) {
  struct postgres *postgres = segment->postgres;
  bool is_kept = request->result && strcmp(postgres->libpq->PQcmdStatus(request->result), "ROLLBACK") != 0;
  if (request->error.kind) fail_segment(segment, request);
  if (!is_kept && !segment->failure.kind) error_set(&segment->failure, ERROR_MISUSE, "nothing of this segment was kept");
  if (!segment->failure.kind && segment->has_written) postgres->database->committed++;
  if (segment->has_changed_schema) segment_schema_has_changed(postgres);
  struct database_outcome outcome = {&segment->failure, segment->is_conflict, segment->failure.kind == ERROR_NETWORK};
  database_told told = segment->told;
  segment->told = NULL;
  if (told) told(&outcome, segment->told_data);
}

static void put_in_line(struct segment *segment, struct postgres_request *request) {
  request->next = NULL;
  *segment->end = request;
  segment->end = &request->next;
}

/* Nothing of the segment was sent, since its connection never stood. All of its requests come here, one after the other. */
static bool waits_for_another(struct segment *segment, struct postgres_request *request) {
  bool is_waiting = !segment->is_host && !segment->connection;
  bool may_wait = request->has_no_slot && !segment->is_host && !segment->postgres->is_closing;
  if (!may_wait || (!is_waiting && !is_one_in_use(segment->postgres, segment))) return false;
  if (!is_waiting) {
    give_back_connection(segment);
    wait_for_connection(segment);
  }
  request->error = (struct error){0};
  request->has_no_slot = false;
  put_in_line(segment, request);
  return true;
}

static void on_answered(struct postgres_request *request, void *data) {
  struct sent *sent = data;
  struct segment *segment = sent->segment;
  if (waits_for_another(segment, request)) return;
  segment->pending--;
  if (request->error.kind && !sent->is_end) recover(segment, request, sent);
  if (sent->is_end) tell_outcome(segment, request);
  if (sent->done)
    sent->done(request, sent->data);
  else
    postgres_request_free(request);
  free(sent);
  if (segment->is_over && !segment->pending) segment_free(segment);
}

/* ---- sending ---- */

static struct sent *send(struct segment *segment, struct postgres_request *request) {
  struct sent *sent = memory_new(sizeof *sent);
  *sent = (struct sent){.segment = segment, .done = request->done, .data = request->data};
  request->done = on_answered;
  request->data = sent;
  segment->pending++;
  if (segment->connection) {
    postgres_connection_send(segment->connection, request);
  } else {
    put_in_line(segment, request);
  }
  return sent;
}

/* Puts commands before those that the request has. */
static void put_before(struct postgres_request *request, const struct postgres_command *commands, unsigned count) {
  assert(request->count + count <= POSTGRES_COMMANDS);
  memmove(request->commands + count, request->commands, request->count * sizeof *request->commands);
  memcpy(request->commands, commands, count * sizeof *commands);
  request->count += count;
  request->statement += count;
}

/* A clock that is turned by hand is told to PostgreSQL, whose own goes on. */
static void begin(struct segment *segment, struct postgres_request *request) {
  const struct clock *clock = segment->postgres->database->calendar.clock;
  struct postgres_command commands[2] = {{.text = segment->is_relaxed ? begin_relaxed : begin_strictly, .is_repeated = true}};
  unsigned count = 1;
  if (clock && clock_is_manual(clock)) {
    request->clock_text = memory_new(COMMAND_SIZE);
    (void)snprintf(request->clock_text, COMMAND_SIZE, "SELECT set_config('lunokhod.now', to_timestamp(%.3f)::text, true)",
                   (double)clock_now(clock) / 1000);
    commands[count++].text = request->clock_text;
  }
  put_before(request, commands, count);
  segment->is_begun = true;
}

void segment_send(struct segment *segment, struct postgres_request *request) {
  if (!segment->is_begun) begin(segment, request);
  (void)send(segment, request);
}

void segment_send_statement(struct segment *segment, struct postgres_request *request) {
  static const struct postgres_command before[] = {{.text = savepoint, .is_repeated = true}};
  bool has_savepoint = segment->is_begun;
  if (has_savepoint) {
    put_before(request, before, 1);
    postgres_request_add(request, release, true);
  } else {
    begin(segment, request);
  }
  struct sent *sent = send(segment, request);
  sent->is_statement = true;
  sent->has_savepoint = has_savepoint;
}

void segment_send_command(struct segment *segment, const char *format, uint64_t number) {
  (void)send(segment, make_command(format, number, !number));
}

/* Never begun, and still waiting for a connection: nothing is to be ended. Whoever has let go of a statement of it leaves that
 * to the answer. */
static bool drop_waiting(struct segment *segment) {
  if (segment->connection || segment->told) return false;
  leave_waiting(segment);
  while (segment->first) {
    struct postgres_request *request = segment->first;
    struct sent *sent = request->data;
    segment->first = request->next;
    error_set(&request->error, ERROR_NETWORK, "the segment has ended before there was a connection to the database");
    if (sent->done)
      sent->done(request, sent->data);
    else
      postgres_request_free(request);
    free(sent);
  }
  segment_free(segment);
  return true;
}

/* Whoever took this host for dead has waited for the proofs on their way, and every later one fails (bridge.sql). */
static bool is_proof_needed(const struct segment *segment, bool commits) {
  bool may_write = segment->has_written || segment->is_host;
  return commits && segment->postgres->fence && may_write && segment->is_begun && !segment->failure.kind;
}

void segment_end(struct segment *segment, bool commits) {
  if (!commits && drop_waiting(segment)) return;
  const char *command = commits && !segment->failure.kind ? "COMMIT" : "ROLLBACK";
  if (!segment->is_begun) command = "SELECT 1";
  if (is_proof_needed(segment, commits))
    (void)send(segment, make_command("SELECT lunokhod.prove(%" PRIu64 ")", (uint64_t)segment->postgres->fence, true));
  segment->is_over = true;
  struct sent *sent = send(segment, make_command(command, 0, true));
  sent->is_end = true;
}

/* ---- the host's own ---- */

/* Those of the pool are made anew. */
void segment_name_sessions(struct postgres *postgres) {
  drop_idle(postgres);
  name_session(postgres, postgres->host);
}

/* LISTEN takes no expression. */
void segment_hear_hosts(struct postgres *postgres) {
  postgres_connection_hear(postgres->host, postgres->heard, postgres->heard_data);
  set_up(postgres, postgres->host, "DO $$ BEGIN EXECUTE format('LISTEN %I', " POSTGRES_CHANNEL "); END $$");
}

bool segment_host_is_lost(const struct postgres *postgres) {
  return postgres->is_host_doubtful || postgres_connection_is_broken(postgres->host);
}

/* The loop stands while the host's own statements wait, for a lock too. So such a wait has an end. */
bool segment_open_host(struct postgres *postgres, struct error *error) {
  struct postgres_connection *connection = open_connection(postgres, error);
  if (!connection) return false;
  postgres_connection_close(postgres->host);
  postgres->host = connection;
  postgres->is_host_doubtful = false;
  postgres->session_count++;
  set_up(postgres, postgres->host, "SELECT set_config('lock_timeout', '10s', false)");
  if (postgres->heard) segment_hear_hosts(postgres);
  return true;
}
