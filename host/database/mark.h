/* A mark within a segment, to which what is written later can be taken back. Marks nest: the last one made ends first. Part of
 * the floor's face: database.h includes it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct database;
struct error;

struct database_mark {
  uint64_t segment;   /* 0: none was open */
  uint64_t savepoint; /* 0: nothing had been written before, so all of the segment is later than the mark */
};

/* False: ERROR_MEMORY, ERROR_MISUSE; there is no mark. */
bool database_set_mark(struct database *database, struct database_mark *mark, struct error *error);

/* Takes back all that the open segment has written since the mark, and ends the mark; where the mark's segment has ended since,
 * that is the whole segment. No statement may be in use. False (ERROR_MEMORY, ERROR_MISUSE): the segment was rolled back. */
bool database_return_to_mark(struct database *database, const struct database_mark *mark, struct error *error);

/* Ends the mark; what is written stays. */
void database_end_mark(struct database *database, const struct database_mark *mark);
