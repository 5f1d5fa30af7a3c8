/* One connection to PostgreSQL, without waiting: requests go out as they come, in a pipeline, and their answers come from the
 * loop in the same order. What comes again and again is prepared. Knows nothing of transactions. The loop's thread only.
 * Internal to the floor. */
#pragma once
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct loop;
struct postgres_connection;

enum { POSTGRES_COMMANDS = 4 }; /* of a request: what goes before and after a statement */

struct postgres_parameters { /* of the statement of a request, all in one piece of memory */
  int count;
  const char **values;
  int *sizes, *formats;
  Oid *types;
};

struct postgres_command {
  const char *text;  /* kept until the answer, but for fixed texts */
  bool is_repeated;  /* worth being prepared */
  bool is_preparing; /* the answer to that comes before its own */
  bool is_prepared;  /* the server had it already when it was sent */
  uint64_t prepared; /* number of what is prepared; 0: it was sent as it stands */
};

/* Up to four commands that are answered together: after one that fails the rest is not done. On the heap, made by
 * postgres_request_new(). */
struct postgres_request {
  struct postgres_request *next;
  struct postgres_command commands[POSTGRES_COMMANDS];
  unsigned count, statement;              /* index of the one that has parameters, and whose result is wanted */
  struct postgres_parameters *parameters; /* ours; NULL: none */
  char *text, *clock_text;                /* ours: of the statement, and of the time; or NULL */
  unsigned answered;
  PGresult *result;   /* of the statement; NULL: it failed */
  struct error error; /* ERROR_NONE: all was done. ERROR_NETWORK: the connection broke */
  bool has_no_slot;   /* with ERROR_NETWORK: it was not sent, since the server has no connection left */
  char state[6];      /* PostgreSQL's SQLSTATE of the error; "" */
  bool is_outdated;   /* what was prepared may not fit any more: asked once more, it is prepared anew */
  void (*done)(struct postgres_request *request, void *data); /* from the loop, or from postgres_connection_wait() */
  void *data;
};

struct postgres_request *postgres_request_new(void (*done)(struct postgres_request *request, void *data), void *data);
void postgres_request_add(struct postgres_request *request, const char *command, bool is_repeated); /* as in the struct */
void postgres_request_free(struct postgres_request *request);                                       /* after its answer */

/* Begins to connect; requests may be sent at once. url is borrowed. Given: postgres_connection_close(). NULL: ERROR_SYSTEM. */
struct postgres_connection *postgres_connection_open(struct loop *loop, const char *url, struct error *error);

/* What is not answered yet is answered now, with ERROR_NETWORK. NULL does no harm. */
void postgres_connection_close(struct postgres_connection *connection);

/* No transaction is open, and all is answered: a good moment to let the server forget what is prepared, if it must. */
void postgres_connection_tidy(struct postgres_connection *connection);

/* A schema has changed. Nothing that is prepared is used any more before postgres_connection_tidy(). */
void postgres_connection_distrust(struct postgres_connection *connection);

/* done comes once. */
void postgres_connection_send(struct postgres_connection *connection, struct postgres_request *request);

/* heard(payload, data) comes with each notification, from the loop or from postgres_connection_wait(); payload is borrowed. */
void postgres_connection_hear(struct postgres_connection *connection, void (*heard)(const char *payload, void *data),
                              void *data);

/* Waits, without the loop, until an answer on the way has made *until true. */
void postgres_connection_wait(struct postgres_connection *connection, const bool *until);

bool postgres_connection_is_connected(const struct postgres_connection *connection);
bool postgres_connection_is_broken(const struct postgres_connection *connection);
