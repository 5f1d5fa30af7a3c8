/* Hosts meet in advisory locks and in one channel of notifications, both named by the schema in which the tables are: bots that
 * share a server in schemas of their own do not meet. */
#include "database/shared_database.h"

#include <string.h>

#include "database/connection.h"
#include "database/postgres.h"

bool database_is_shared(const struct database *database) {
  const struct postgres *postgres = database->remote;
  return postgres && postgres->is_shared;
}

bool database_begin_alone(struct database *database, struct error *error) {
  static const char sql[] = "SELECT pg_advisory_xact_lock(7310032, " DATABASE_SCHEMA_KEY ")";
  return database_begin(database, error) && (!database->remote || database_run(database, sql, NULL, 0, error));
}

void database_set_fence(struct database *database, int64_t number) {
  struct postgres *postgres = database->remote;
  if (!postgres) return;
  postgres->fence = number;
  if (number) segment_name_sessions(postgres);
}

int64_t database_fence(const struct database *database) {
  const struct postgres *postgres = database->remote;
  return postgres ? postgres->fence : 0;
}

void database_relax(struct database *database) {
  struct segment *segment = database->remote ? *postgres_in_force(database->remote) : NULL;
  if (segment && !segment->is_begun) segment->is_relaxed = true;
}

void database_hear_hosts(struct database *database, void (*heard)(const char *word, void *data), void *data) {
  struct postgres *postgres = database->remote;
  if (!database_is_shared(database)) return;
  postgres->heard = heard;
  postgres->heard_data = data;
  postgres_connection_hear(postgres->host, NULL, NULL);
  if (heard) segment_hear_hosts(postgres);
}

bool database_tell_hosts(struct database *database, const char *word, struct error *error) {
  struct value value = value_text(word, strlen(word));
  if (!database_is_shared(database)) return true;
  return database_run(database, "SELECT pg_notify(" POSTGRES_CHANNEL ", ?)", &value, 1, error);
}

bool database_end_sessions(struct database *database, int64_t number, struct error *error) {
  static const char sql[] =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
      " AND application_name = " POSTGRES_SESSION
      " || ?1"
      " AND usesysid = (SELECT usesysid FROM pg_stat_activity WHERE pid = pg_backend_pid())";
  struct value value = value_integer(number);
  int64_t count;
  return database_read_integer(database, sql, &value, 1, 0, &count, error);
}

uint64_t database_session_count(const struct database *database) {
  const struct postgres *postgres = database->remote;
  return postgres ? postgres->session_count : 0;
}
