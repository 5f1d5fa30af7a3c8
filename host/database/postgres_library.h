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
                          each(PQgetCopyData) each(PQfreemem) each(PQprepare)

struct postgres_library {
#define POSTGRES_LIBRARY_DECLARE(name) __typeof__(name) *name;
  POSTGRES_LIBRARY_FUNCTIONS(POSTGRES_LIBRARY_DECLARE)
};

/* Borrowed, for the life of the process. NULL: ERROR_SYSTEM, this machine has no libpq, or one that is too old. */
const struct postgres_library *postgres_library_open(struct error *error);

/* Is it an address that libpq can read? What libpq says of one that it can't read repeats it, with its password, and is
 * dropped. The library is open. False: ERROR_MISUSE. */
bool postgres_library_reads(const char *url, struct error *error);
