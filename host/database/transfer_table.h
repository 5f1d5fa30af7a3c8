/* A table on its way between SQLite and PostgreSQL, with both of its names, and what SQLite's catalog tells of it. Internal to
 * the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "database/postgres_type.h"

struct buffer;
struct database;
struct error;

/* By these, hosts that work on one database share it out; they say nothing where the data goes. Of `relname`, in SQL. */
#define TRANSFER_NOT_SHARED "relname NOT IN ('lunokhod_hosts', 'lunokhod_fences', 'lunokhod_lanes', 'lunokhod_webhook')"

struct transfer_column {
  struct transfer_column *next;
  char *name, *remote;                /* in SQLite; in PostgreSQL, NULL: not known yet */
  char *type;                         /* as it is declared where it comes from; "" without */
  enum postgres_kind kind;            /* known with the remote name */
  int key;                            /* place in the primary key, from 1; 0: it is no part of it */
  bool is_generated, is_not_null;     /* computed from others, and so not copied */
  bool is_identity;                   /* in PostgreSQL: it gives ids by itself */
  char *initial, *computed, *collate; /* in SQLite's words, where they come from PostgreSQL; NULL: none */
};

struct transfer_table { /* owns all that it points to */
  struct transfer_table *next;
  char *name, *remote;
  char *sql;         /* CREATE TABLE, in SQLite's words */
  const char *rowid; /* what its rowid is called, not owned; NULL: it has none */
  struct transfer_column *columns;
  int64_t rows;
  int64_t last_id; /* that PostgreSQL has given, and that must not be given again; 0: it has given none */
};

struct transfer_table *transfer_table_new(const char *name);
struct transfer_column *transfer_table_add(struct transfer_table *table, const char *name); /* borrowed */
void transfer_table_free_all(struct transfer_table *tables);

/* The tables of a database in memory, in the order in which they were made. Given: transfer_table_free_all(), also when it
 * fails. False: ERROR_INPUT names what PostgreSQL can't have (a trigger, a virtual table, a column without a type). */
bool transfer_table_read_all(struct database *database, struct transfer_table **tables, struct error *error);

/* The one column that is another name of the rowid; NULL: there is none. */
struct transfer_column *transfer_table_rowid_column(const struct transfer_table *table);

/* Is it a table of the host? What makes any other one may do no more than a script. */
bool transfer_table_is_own(const char *name);

/* A name of the rowid that no column has; NULL: all are taken. */
const char *transfer_table_find_rowid(const struct transfer_table *table);

/* Adds a name in double quotes. */
bool transfer_put_name(struct buffer *to, const char *name, struct error *error);
/* Reads all rows in the order of the keys, or as they were put in where there are none. With what names a row at the end. */
bool transfer_put_select(struct buffer *to, const struct transfer_table *table, struct error *error);
/* The same of PostgreSQL, as a COPY into texts. */
bool transfer_put_reading(struct buffer *to, const struct transfer_table *table, struct error *error);
