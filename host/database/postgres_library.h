/* libpq, opened when a database is PostgreSQL: a host on `:memory:` neither needs nor loads it. The loop's thread only.
 * Internal to the floor. */
#pragma once
#include <libpq-fe.h>
#include <stdbool.h>

struct error;

/* Every function that is used: libpq->PQstatus is PQstatus. */
#define POSTGRES_LIBRARY_FUNCTIONS(each)                                                                                       \
  each(PQconnectStartParams) each(PQconnectPoll) each(PQfinish) each(PQstatus) each(PQsocket) each(PQerrorMessage)             \
      each(PQsetnonblocking) each(PQenterPipelineMode) each(PQpipelineSync) each(PQsendQueryParams) each(PQflush)              \
          each(PQconsumeInput) each(PQisBusy) each(PQgetResult) each(PQclear) each(PQresultStatus) each(PQresultErrorField)    \
              each(PQntuples) each(PQnfields) each(PQfname) each(PQftype) each(PQgetisnull) each(PQgetvalue) each(PQgetlength) \
                  each(PQcmdTuples) each(PQcmdStatus) each(PQsetNoticeProcessor) each(PQconninfoParse) each(PQconninfoFree)    \
                      each(PQconnectdbParams) each(PQexec) each(PQexecParams) each(PQputCopyData) each(PQputCopyEnd)           \
                          each(PQgetCopyData) each(PQfreemem) each(PQprepare) each(PQnotifies) each(PQsendPrepare)             \
                              each(PQsendQueryPrepared) each(PQsetErrorVerbosity)

struct postgres_library {
#define POSTGRES_LIBRARY_DECLARE(name) __typeof__(name) *name;
  POSTGRES_LIBRARY_FUNCTIONS(POSTGRES_LIBRARY_DECLARE)
};

/* Borrowed, for the life of the process. NULL: ERROR_SYSTEM, this machine has no libpq, or one that is too old. */
const struct postgres_library *postgres_library_open(struct error *error);

/* Is it an address that libpq can read? What libpq says of one that it can't read repeats it, with its password, and is
 * dropped. The library is open. False: ERROR_MISUSE. */
bool postgres_library_reads(const char *url, struct error *error);

/* What PQconnectStartParams() and PQconnectdbParams() want. url is borrowed. */
struct postgres_address {
  const char *names[9], *values[9];
};
struct postgres_address postgres_library_address(const char *url);
void postgres_library_drop_notices(PGconn *pq); /* libpq would write them to stderr */

/* ---- what each connection says first ---- */

/* Where tables are unless a schema is told. Not "$user": who is called lunokhod would have them beside our functions. */
#define POSTGRES_USUAL_PATH "regexp_replace(current_setting('search_path'), '\"[$]user\", *', '')"

/* Of all connections: the values that the host reads have these forms. */
#define POSTGRES_SETTINGS                                                                                                  \
  "set_config('TimeZone', 'UTC', false), set_config('bytea_output', 'hex', false), set_config('client_encoding', 'UTF8', " \
  "false), set_config('client_min_messages', 'warning', false), set_config('standard_conforming_strings', 'on', false)"
