/* All data from one database into another: SQLite into PostgreSQL, and back. Tables with their keys, constraints and indices,
 * views, rows, and the next ids; the host's own tables, too, so that a bot goes on where it stopped. All or nothing: what does
 * not fit is named, every row is read back and compared, then comes the one commit. For a command that does nothing else: each
 * function waits. Part of the floor's face: database.h includes it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct database;
struct error;
struct loop;

struct transfer_result {
  int tables;
  int64_t rows;
};

struct transfer_watch {
  /* Some rows of a table are copied, or compared; now and then. Texts are borrowed. NULL: nobody asks. */
  void (*progress)(const char *doing, const char *table, int64_t rows, void *data);
  void *data;
};

/* From a database in memory into the PostgreSQL at that address, where no host may work, and whose tables may have no row. Of
 * tables without a row, those of the same names are made anew. False: ERROR_REFUSED (there are rows, or a host), ERROR_INPUT
 * (names the table, the column and the row that does not fit), ERROR_MISUSE (the address), ERROR_NETWORK, ERROR_SYSTEM,
 * ERROR_MEMORY; then nothing has changed but that the schema of SQLite's functions is there. */
bool transfer_to_postgres(struct loop *loop, struct database *from, const char *url, const struct transfer_watch *watch,
                          struct transfer_result *result, struct error *error);

/* From PostgreSQL, as it is at one moment, into a database in memory, which is empty. A host may work there meanwhile, unless
 * is_alone. False: as above; then *to is of no use. */
bool transfer_from_postgres(const char *url, bool is_alone, struct database *to, const struct transfer_watch *watch,
                            struct transfer_result *result, struct error *error);
