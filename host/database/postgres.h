/* What the rooms of the database on PostgreSQL share. A run's segment is a transaction on a connection of the pool; what the
 * host does for itself, and what scripts do while they load, is done on a connection of its own, and waited for. Internal to
 * the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "database/engine.h"
#include "database/postgres_connection.h"
#include "database/sql_dialect.h"
#include "database/waiting_segment.h"

struct loop;
struct postgres_plan;
struct postgres_library;
struct postgres_table;

#ifndef POSTGRES_CONNECTIONS
#define POSTGRES_CONNECTIONS 8 /* for segments at once; others wait. A server has 100 by default, and other hosts want some */
#endif

struct segment {
  struct postgres *postgres;
  struct segment *next;                   /* of those that wait for a connection */
  struct postgres_connection *connection; /* NULL: it waits */
  struct postgres_request *first, **end;  /* what waits with it */
  unsigned pending;                       /* requests without an answer */
  uint64_t number;
  bool is_host;    /* on the host's connection */
  bool is_relaxed; /* database_relax() */
  bool is_begun;   /* BEGIN was sent, and not taken back */
  bool is_over;    /* its end was sent; it is freed with the last answer */
  bool has_written, has_changed_schema, is_conflict;
  struct error failure; /* it can't commit any more */
  database_told told;   /* of its end; NULL: nobody asks */
  void *told_data;
};

struct postgres {
  struct database *database;
  struct loop *loop;
  const struct postgres_library *libpq;
  char *url, *setup; /* ours; setup is what each connection begins with */
  struct postgres_connection *host;
  struct postgres_connection *pool[POSTGRES_CONNECTIONS];
  struct segment *users[POSTGRES_CONNECTIONS]; /* of each connection; NULL: none */
  struct segment *waiting, **waiting_end;
  struct segment *current;      /* in force, of a run */
  struct segment *host_segment; /* open on the host's connection */
  bool is_entered, is_closing;
  int64_t full_us;                             /* when the server had no connection left; 0: never */
  int64_t told_us;                             /* when that was in the log */
  bool is_host_doubtful;                       /* another connection has broken since something came on the host's */
  bool is_shared;                              /* other hosts may be there, */
  int64_t fence;                               /* and take this one, of that number, for dead. 0: they do not know it */
  uint64_t session_count;                      /* how often the host's connection was made */
  void (*heard)(const char *word, void *data); /* NULL: nobody listens */
  void *heard_data;
  uint64_t segments, savepoints;
  struct postgres_plan *plans;
  struct postgres_table *tables;
};

/* Where the segment in force is: that of the run that goes on right now, or else the host's own. NULL there: none is open. */
static inline struct segment **postgres_in_force(struct postgres *postgres) {
  return postgres->is_entered ? &postgres->current : &postgres->host_segment;
}

#define POSTGRES_SESSION "'lunokhod ' || left(CAST(current_schema() AS text), 30) || ' '" /* its number follows */
#define POSTGRES_FENCED "LU001" /* SQLSTATE of lunokhod.prove(): the others took this host for dead */
#define POSTGRES_CHANNEL "'lunokhod' || " DATABASE_SCHEMA_KEY /* by which hosts wake each other */

/* ---- postgres_segment.c ---- */
struct segment *segment_new(struct postgres *postgres);

/* What of a request concerns its segment. Sends it; the first one begins the transaction. done is called with its answer, after
 * the segment has seen it. */
void segment_send(struct segment *segment, struct postgres_request *request);

/* A statement: an error of it is taken back alone, so that the segment can go on. */
void segment_send_statement(struct segment *segment, struct postgres_request *request);
void segment_send_command(struct segment *segment, const char *format, uint64_t number); /* nobody asks for its answer */
void segment_end(struct segment *segment, bool commits);                                 /* told comes with the answer */
void segment_close_pool(struct postgres *postgres);
void segment_schema_has_changed(struct postgres *postgres); /* with a statement, and again with its commit */

bool segment_host_is_lost(const struct postgres *postgres);
bool segment_open_host(struct postgres *postgres, struct error *error); /* the host's connection, anew */
void segment_name_sessions(struct postgres *postgres);                  /* after the fence, so that the others can end them */
void segment_hear_hosts(struct postgres *postgres);                     /* on that connection, and on each later one */

/* ---- postgres_statement.c ---- */
struct statement *postgres_statement_prepare(struct database *database, enum statement_origin origin, const char *sql,
                                             size_t size, const char **rest, struct error *error);
/* Behind what was asked for in the segment in force, which there is; an error comes with its commit. False: ERROR_MEMORY. */
bool postgres_statement_send(struct postgres *postgres, const char *sql, const struct value *values, int count,
                             struct error *error);
void postgres_statement_free_plans(struct postgres *postgres);
