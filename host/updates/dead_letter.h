/* Dead letters: updates that failed for good, as rows. The newest 1,000 are kept. Part of the floor's face: updates.h includes
 * it; handing one out again is updates_revive_dead(). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct error;

struct dead_letter {            /* borrowed */
  int64_t id;                   /* of the letter */
  int64_t update_id, failed_at; /* ms since 1970 */
  const char *error, *json;     /* with the traceback; the update */
  size_t error_size, json_size;
};

/* The table is made where it is not there. False: as database_execute(). */
bool dead_letter_make_table(struct database *database, struct error *error);

/* Into the open segment; letter->id is not read. False: as database_run(). */
bool dead_letter_add(struct database *database, const struct dead_letter *letter, struct error *error);

/* Calls each(letter) for the one of that id, or for all where it is 0, oldest first. The table must not be changed meanwhile.
 * False: as statement_step(). */
bool dead_letter_list(struct database *database, int64_t id, void (*each)(const struct dead_letter *letter, void *data),
                      void *data, struct error *error);

/* How many there are. False: as statement_step(). */
bool dead_letter_count(struct database *database, int64_t *count, struct error *error);

/* Removes one, or all where id is 0, in a segment of its own. No segment may be open. False: ERROR_SYSTEM, ERROR_MEMORY. */
bool dead_letter_drop(struct database *database, int64_t id, struct error *error);
