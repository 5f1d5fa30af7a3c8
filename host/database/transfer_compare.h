/* Are the rows of a table the same on both sides? Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct database;
struct error;
struct postgres_session;
struct transfer_table;
struct transfer_watch;

enum { TRANSFER_STEP = 2000 }; /* rows between two calls of progress() */

void transfer_tell(const struct transfer_watch *watch, const char *doing, const struct transfer_table *table, int64_t rows);

/* Reads each row of both sides, in the same order. ERROR_INPUT: one is missing, or another one. */
bool transfer_compare(struct database *database, struct postgres_session *session, const struct transfer_table *table,
                      const struct transfer_watch *watch, struct error *error);
