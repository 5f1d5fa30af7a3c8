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
