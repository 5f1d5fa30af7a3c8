/* The tables of a schema of PostgreSQL, with the SQL that makes their like in SQLite. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct buffer;
struct error;
struct postgres_session;
struct transfer_table;

/* All tables of the session's schema, in the order in which they were made; sql makes each in SQLite. Given:
 * transfer_table_free_all(), also when it fails. False: ERROR_INPUT names what SQLite can't have, ERROR_REFUSED there is no
 * table. */
bool postgres_catalog_read_all(struct postgres_session *session, struct transfer_table **tables, struct error *error);

/* The SQL that makes each index and view in SQLite. make is called for each, and ends it with false. */
typedef bool (*postgres_catalog_make)(const char *type, const char *name, const char *sql, void *data, struct error *error);
bool postgres_catalog_each_other(struct postgres_session *session, postgres_catalog_make make, void *data, struct error *error);
