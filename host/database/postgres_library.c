/* One table of functions for the whole process; the library itself stays open. */
#include "database/postgres_library.h"

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "common/late_library.h"

#ifndef POSTGRES_LIBRARY_FILE
#define POSTGRES_LIBRARY_FILE "libpq.so.5" /* pipelines are there since PostgreSQL 14 */
#endif

const struct postgres_library *postgres_library_open(struct error *error) {
  static const struct late_library library = {POSTGRES_LIBRARY_FILE, "libpq", "libpq5"};
  static struct postgres_library libpq;
  static bool is_open;
#define POSTGRES_LIBRARY_ROW(name) {#name, &libpq.name},
  static const struct late_function functions[] = {POSTGRES_LIBRARY_FUNCTIONS(POSTGRES_LIBRARY_ROW){NULL, NULL}};
  if (!is_open) is_open = late_library_open(&library, functions, "databases on PostgreSQL", error);
  return is_open ? &libpq : NULL;
}

bool postgres_library_reads(const char *url, struct error *error) {
  const struct postgres_library *libpq = postgres_library_open(error);
  PQconninfoOption *options = libpq ? libpq->PQconninfoParse(url, NULL) : NULL;
  if (!options) return error_set(error, ERROR_MISUSE, "this is no address of a database: postgresql://USER:PASSWORD@HOST/NAME");
  libpq->PQconninfoFree(options);
  return true;
}

/* A machine that is gone is noticed after some ten seconds, so that libpq goes on to the next one that the address names. What
 * the address itself says comes behind, and wins. */
struct postgres_address postgres_library_address(const char *url) {
  return (struct postgres_address){.names = {"connect_timeout", "tcp_user_timeout", "keepalives_idle", "keepalives_interval",
                                             "keepalives_count", "dbname", "fallback_application_name"},
                                   .values = {"15", "10000", "10", "5", "2", url, "lunokhod"}};
}

static void drop_notice(void *data, const char *message) { (void)data, (void)message; }

void postgres_library_drop_notices(PGconn *pq) {
  (void)postgres_library_open(NULL)->PQsetNoticeProcessor(pq, drop_notice, NULL);
}
