/* A connection to PostgreSQL that waits for each answer, for a command that does nothing else: COPY does not go through the
 * pipelines of postgres_connection.h. Tables are looked for where a host looks for them. Neither an error nor anything else
 * tells the address. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct pg_result;
struct postgres_session;

/* Given: postgres_session_close(). url is borrowed. NULL: ERROR_SYSTEM (no libpq), ERROR_MISUSE (it is no address),
 * ERROR_NETWORK. */
struct postgres_session *postgres_session_open(const char *url, struct error *error);
void postgres_session_close(struct postgres_session *session); /* what is not committed is not done. NULL does no harm */

/* From now on no host works on the same tables, until the session is closed. Waits some seconds for one that ends.
 * ERROR_REFUSED: there is one. */
bool postgres_session_become_alone(struct postgres_session *session, struct error *error);

/* All functions below that return bool: false: ERROR_NETWORK, or ERROR_REFUSED with PostgreSQL's words. */

bool postgres_session_run(struct postgres_session *session, const char *sql, struct error *error); /* rows are ignored */

struct postgres_rows {
  const struct postgres_session *session;
  struct pg_result *result;
  int count;
};

/* first and second ($1, $2) are texts, or NULL where there is none; *rows must be released either way. */
bool postgres_session_ask(struct postgres_session *session, const char *sql, const char *first, const char *second,
                          struct postgres_rows *rows, struct error *error);
const char *postgres_rows_text(const struct postgres_rows *rows, int row, int column); /* borrowed from rows; NULL: null */
bool postgres_rows_is(const struct postgres_rows *rows, int row, int column);          /* true, as of a boolean */
void postgres_rows_release(struct postgres_rows *rows);

/* Whether a statement runs, without running it: as text, with so many values, all of that type of PostgreSQL's catalog (0: it
 * shall find out). */
bool postgres_session_try(struct postgres_session *session, const char *sql, int count, unsigned type, struct error *error);

/* Does the last error mean that a table is not there? Or that the type of a value can't be found out, or is the wrong one? */
bool postgres_session_lacks_table(const struct postgres_session *session);
bool postgres_session_lacks_type(const struct postgres_session *session);

/* COPY ... FROM STDIN in lines of text; end tells PostgreSQL's refusal, and which line it is about (from 1; 0: none). */
bool postgres_session_begin_copy(struct postgres_session *session, const char *sql, struct error *error);
bool postgres_session_add(struct postgres_session *session, const char *bytes, size_t size, struct error *error);
bool postgres_session_end_copy(struct postgres_session *session, int64_t *line, struct error *error);

/* COPY ... TO STDOUT: one line at a time, which is borrowed until the next; *line becomes NULL behind the last. */
bool postgres_session_begin_reading(struct postgres_session *session, const char *sql, struct error *error);
bool postgres_session_read(struct postgres_session *session, char **line, size_t *size, struct error *error);
