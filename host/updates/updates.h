/* The face of the updates: from getUpdates or the webhook through the inbox and the lanes to a finished handler. An update is
 * here from the answer that brought it until the segment that finishes it commits; one that fails becomes a dead letter. The
 * loop's thread only. Knows nothing of how backups are made. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "updates/dead_letter.h"
#include "updates/updates_options.h"

struct database;
struct histogram;
struct idle_waiter;
struct updates;

/* Makes its tables. Given: updates_close(). NULL: ERROR_SYSTEM. */
struct updates *updates_open(const struct updates_options *options, struct error *error);
void updates_close(struct updates *updates); /* no handler may be running. NULL does no harm */

/* Hands out what the inbox table holds, after a restore. An update that was in hand when the process died is tried once more;
 * one that had saved something already, or was tried twice, becomes a dead letter. False: ERROR_SYSTEM, ERROR_MEMORY. */
bool updates_restore(struct updates *updates, struct error *error);

/* The same where the admin has gone back to data of another time, after updates_lift(): what is unfinished here is handled on
 * that data, and what was finished is not handled again, though the data may say that it waits: *passed of them. */
bool updates_return(struct updates *updates, size_t *passed, struct error *error);

void updates_start(struct updates *updates); /* begins to poll, or sets the webhook */

/* Stops polling. confirms: tells Telegram what has arrived (not if durable, where only a backup allows that); without it
 * Telegram sends it again, and a backup knows what was handled. `stopped` comes once, from the loop. */
void updates_stop_polling(struct updates *updates, bool confirms, void (*stopped)(void *data), void *data);
void updates_routes_changed(struct updates *updates); /* after a reload: ask for what the scripts want now */

size_t updates_unfinished(const struct updates *updates); /* with those that are parked in rows */

/* Calls idle(data) once, from the loop, when no update is unfinished. waiter: see common/idle.h. */
void updates_on_idle(struct updates *updates, struct idle_waiter *waiter, void (*idle)(void *data), void *data);

/* While paused no handler of an update begins; what arrives waits in the inbox. */
void updates_pause(struct updates *updates, bool is_paused);

/* The data is about to be replaced, by that of another time: what is parked is remembered until updates_restore() has put it
 * into the new data, or the pause ends. False: ERROR_SYSTEM, ERROR_MEMORY. */
bool updates_lift(struct updates *updates, struct error *error);

/* For a stop that can't wait: no handler begins any more, and one that is ended from outside stays in the inbox. */
void updates_leave_unfinished(struct updates *updates);

/* ---- for the backup ---- */

/* Writes all that is unfinished, or finished but not confirmed, as rows of lunokhod_inbox into the open segment. The backup is
 * of the moment at which this segment ends. False: as statement_step(). */
bool updates_save(struct updates *updates, struct error *error);
void updates_saved(struct updates *updates); /* the backup that began with the last updates_save() is committed */

/* Durable: has a batch come that waits to be saved? And is an update of it unfinished, so that only a backup can keep it? */
bool updates_await_save(const struct updates *updates);
bool updates_need_save(const struct updates *updates);
void updates_unchanged(struct updates *updates); /* no update needs a save, and nothing else that it changed does */

/* ---- dead letters ---- */

/* Hands one out again, or all where `letter` is 0: *count updates. False: ERROR_SYSTEM, ERROR_MEMORY. */
bool updates_revive_dead(struct updates *updates, int64_t letter, size_t *count, struct error *error);

/* ---- other hosts on the same database ---- */

/* Asks all to load their scripts anew, this one too. False: there is no such database; or as database_commit(). */
bool updates_reload_hosts(struct updates *updates, int64_t *reload, struct error *error);

/* each(name, failure) for each host: failure "" where it worked, NULL: it has not answered yet. False: as statement_step(). */
bool updates_read_reload(struct updates *updates, int64_t reload,
                         void (*each)(const char *name, const char *failure, void *data), void *data, struct error *error);

struct updates_status {
  uint64_t received, finished, failed;
  size_t unfinished, parked;         /* parked: in rows; among the unfinished */
  size_t lanes;                      /* chats with unfinished updates in memory */
  const struct histogram *durations; /* of handlers; borrowed */
  int64_t last_poll_at; /* ms since 1970 of the last successful getUpdates, or of the webhook's last update; 0: none yet */
  size_t held, unsaved; /* the webhook's requests that wait for room, and for a backup */
  uint64_t refused;     /* those with a wrong secret */
  uint64_t replies;     /* calls of handlers that were the answer to such a request */
  bool is_webhook_set;
  size_t hosts; /* that share one database, this one too; 1: it is alone */
  bool leads;   /* this one polls and does the jobs */
};
void updates_status(const struct updates *updates, struct updates_status *status);
