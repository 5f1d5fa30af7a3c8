/* Which updates have arrived where this data was, by their ids: stretches without gaps, of which each update is finished or
 * still has a row. Where hosts take turns, a gap is what another one has got. Rows of the database, so that a backup says it of
 * itself. What a host begins with counts when Telegram can't send it any more; until then its rows stay, also when it is
 * finished. Ids begin anew after a week of silence; where they are lower then, all is forgotten, so it never speaks of an
 * update that it has not seen. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct error;

struct arrived_batch { /* that was not confirmed when the host heard last of a confirmation */
  uint64_t number;     /* 0: none */
  int64_t lowest;      /* id in it */
};

enum { ARRIVALS_MOST = 16 }; /* stretches that are known; of more, the newest */

struct arrived_stretches {
  struct arrived_stretch {
    int64_t first, next; /* all from first to before next */
  } list[ARRIVALS_MOST]; /* in order, with gaps in between */
  size_t count;
};

struct arrivals {
  struct arrived_stretches known, begun_with; /* the second: rows that are not confirmed to this host */
  struct arrived_batch last, before;          /* a batch arrives before the host knows that the one before is confirmed */
};

bool arrivals_has(const struct arrivals *arrivals, int64_t id);

/* An update of that batch has arrived; only the batch's confirmation makes it count. */
void arrivals_note(struct arrivals *arrivals, uint64_t batch, int64_t id);

/* Telegram has been told that the batch, and so all below the offset, has arrived; what the host has begun with counts then,
 * too. INT64_MAX, as of a webhook: updates come in any order there, so the batch does not count. */
void arrivals_confirm(struct arrivals *arrivals, uint64_t batch, int64_t offset);

/* Data that was gone back to had a row of it, which the inbox has taken. */
void arrivals_begin_with(struct arrivals *arrivals, int64_t id);

/* The data is that of the other now, and what this one knows stays true of it. The other's rows are left out. */
void arrivals_join(struct arrivals *arrivals, const struct arrivals *other);

/* The table is made where it is not there. False: as database_execute(). */
bool arrivals_make_table(struct database *database, struct error *error);

/* The row, in the open segment. False: as database_run(). */
bool arrivals_save(const struct arrivals *arrivals, struct database *database, struct error *error);

/* What the data says, none where it says nothing, and the rows of what waits (lunokhod_inbox, lunokhod_parked; both tables are
 * there), which a host that loads this begins with. False: as statement_step(). */
bool arrivals_load(struct arrivals *arrivals, struct database *database, struct error *error);

/* Has the data that this was loaded from the update behind it: it arrived, and is in neither of the tables of what waits?
 * False: as statement_step(). */
bool arrivals_are_finished(const struct arrivals *arrivals, struct database *database, int64_t id, bool *is_finished,
                           struct error *error);
