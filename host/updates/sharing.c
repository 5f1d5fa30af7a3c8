/* Nothing is taken while the database is away or this host is not known to the others: it could not be given back in time. */
#include "updates/sharing.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/database.h"
#include "script/script.h"
#include "updates/roster.h"
#include "updates/shared_inbox.h"
#include "updates/shared_pause.h"
#include "updates/updates_options.h"

enum {
  KEEP_RETRY_MS = 1000, /* while the database is gone */
  TOLD_EVERY = 30,      /* of the failures, after the first */
  LEFT_PAUSE_MS = 20,   /* a look at all lanes takes milliseconds, and updates are finished all the time */
  TIDY_EVERY = 10,      /* beats */
};

struct sharing {
  const struct updates_options *options;
  struct sharing_owner owner;
  struct shared_inbox *inbox;
  struct roster *roster;
  struct shared_pauses *pauses;
  size_t lane_ceiling;
  bool is_left; /* a lane or the memory was full, so rows may be left that are this host's */
  bool is_stopping;
  unsigned failures; /* in a row */
  unsigned beats;
  struct clock_timer look; /* at the rows */
  struct clock_timer keep_again;
  int64_t reload; /* that this host is asked for */
  struct clock_timer reloading;
};

static void look(void *data);

/* ---- arrival ---- */

static void note_database(struct sharing *sharing, bool is_there, const struct error *error) {
  if (is_there && sharing->failures) log_info("the database answers again; failures=%u", sharing->failures);
  if (!is_there && sharing->failures++ % TOLD_EVERY == 0)
    log_error("updates can't be kept, so nothing is answered until the database is there; error=%s", error->text);
  if (is_there) sharing->failures = 0;
  sharing->owner.gone(!is_there, sharing->owner.data);
}

bool sharing_add(struct sharing *sharing, int64_t id, int64_t lane, const char *json, size_t size, struct error *error) {
  return shared_inbox_add(sharing->inbox, id, lane, json, size, error);
}

static void on_keep_again(void *data) { sharing_keep(data); }

/* Nothing of the batch is handled, and the next is not asked for, before its rows are there. */
void sharing_keep(struct sharing *sharing) {
  struct error error = {0};
  bool ok = shared_inbox_write(sharing->inbox, &error);
  note_database(sharing, ok, &error);
  if (!ok) {
    clock_start(sharing->options->clock, &sharing->keep_again, KEEP_RETRY_MS, on_keep_again, sharing);
    return;
  }
  sharing->owner.kept(sharing->owner.data);
  look(sharing);
}

/* ---- taking ---- */

static bool on_taken(const struct shared_row *row, void *data) {
  struct sharing *sharing = data;
  size_t lane_count = 0;
  bool ok = sharing->owner.take(row, &lane_count, sharing->owner.data);
  if (lane_count >= sharing->lane_ceiling) sharing->is_left = true;
  return ok;
}

static bool take(struct sharing *sharing, size_t room, struct error *error) {
  bool has_more = false;
  bool ok = shared_inbox_take(sharing->inbox, roster_number(sharing->roster), room, sharing->lane_ceiling, on_taken, sharing,
                              &has_more, error);
  if (has_more) clock_start(sharing->options->clock, &sharing->look, 0, look, sharing);
  return ok;
}

static void look(void *data) {
  struct sharing *sharing = data;
  struct error error = {0};
  size_t room = sharing->owner.room(sharing->owner.data);
  if (sharing->is_stopping || sharing->failures || !roster_is_sure(sharing->roster)) return;
  sharing->is_left = false;
  if (room && !take(sharing, room, &error)) log_warn("can't look for updates; error=%s", error.text); /* the next beat does */
  if (!sharing->owner.room(sharing->owner.data)) sharing->is_left = true;
  sharing->owner.taken(sharing->owner.data);
}

static void look_soon(struct sharing *sharing) {
  if (!clock_is_started(&sharing->look)) clock_start(sharing->options->clock, &sharing->look, 0, look, sharing);
}

void sharing_look_for_left(struct sharing *sharing) {
  struct clock *clock = sharing->options->clock;
  if (!sharing->is_left || clock_is_started(&sharing->look)) return;
  clock_start(clock, &sharing->look, clock_is_manual(clock) ? 0 : LEFT_PAUSE_MS, look, sharing);
}

/* From the loop, since what a database waits for may have brought the word. */
static void on_reload_due(void *data) {
  struct sharing *sharing = data;
  const struct updates_options *options = sharing->options;
  struct error failure = {0}, error = {0};
  if (sharing->is_stopping || !options->reload) return;
  bool ok = options->reload(&failure, options->data);
  if (!roster_answer_reload(sharing->roster, sharing->reload, ok ? "" : failure.text, &error))
    log_warn("can't tell that the scripts are reloaded; error=%s", error.text);
}

static void on_heard(const char *word, void *data) {
  struct sharing *sharing = data;
  if (shared_pauses_hear(sharing->pauses, word)) return;
  if (strcmp(word, "updates") == 0) look_soon(sharing);
  if (strncmp(word, ROSTER_RELOAD, sizeof ROSTER_RELOAD - 1) != 0) return;
  sharing->reload = strtoll(word + sizeof ROSTER_RELOAD - 1, NULL, 10);
  clock_start(sharing->options->clock, &sharing->reloading, 0, on_reload_due, sharing);
}

static bool read_lane(const char *json, size_t size, int64_t *lane, void *data) {
  struct script *script = ((struct sharing *)data)->options->script;
  struct script_update decoded = {.json = json, .size = size};
  struct error error = {0};
  int64_t update_id;
  bool ok = script_update_decode(script, &decoded, &update_id, lane, &error);
  if (ok) script_update_forget(script, &decoded);
  return ok;
}

bool sharing_revive(struct sharing *sharing, int64_t letter, size_t *count, struct error *error) {
  bool ok = shared_inbox_revive(sharing->inbox, letter, read_lane, sharing, count, error);
  if (ok) look(sharing);
  return ok;
}

/* ---- the other hosts ---- */

static bool on_release(int64_t number, bool has_died, void *data, struct error *error) {
  struct sharing *sharing = data;
  return shared_inbox_release(sharing->inbox, number, has_died, clock_now(sharing->options->clock), error);
}

static void on_lost(void *data) {
  struct sharing *sharing = data;
  shared_inbox_forget_arrivals(sharing->inbox);
  clock_stop(sharing->options->clock, &sharing->keep_again);
  sharing->owner.lost(sharing->owner.data);
}

static void on_led(bool leads, void *data) {
  struct sharing *sharing = data;
  struct error error = {0};
  job_lead(sharing->options->script, leads);
  if (!leads) return;
  if (!shared_inbox_adopt(sharing->inbox, read_lane, sharing, &error))
    log_error("can't take over what an earlier host has left; error=%s", error.text);
  sharing->owner.may_go_on(sharing->owner.data);
}

/* The loop stands while the database answers, so it is asked for no more than is needed. */
static bool do_chores(struct sharing *sharing, struct error *error) {
  size_t before = shared_inbox_waiting(sharing->inbox);
  int64_t host = roster_number(sharing->roster);
  bool has_empty = false, is_tidy = !roster_leads(sharing->roster) || sharing->beats++ % TIDY_EVERY != 0;
  bool ok = shared_inbox_survey(sharing->inbox, host, &has_empty, error) &&
            (!has_empty || shared_inbox_give_back(sharing->inbox, host, error)) &&
            (is_tidy || shared_inbox_tidy(sharing->inbox, error));
  if (ok && shared_inbox_waiting(sharing->inbox) < before) sharing->owner.may_go_on(sharing->owner.data);
  return ok;
}

/* What could not be kept has a timer of its own, and until then the database counts as away. */
static void on_beat(bool is_there, const struct error *error, void *data) {
  struct sharing *sharing = data;
  struct error failure = *error;
  is_there = is_there && do_chores(sharing, &failure);
  if (!is_there || !clock_is_started(&sharing->keep_again)) note_database(sharing, is_there, &failure);
  if (is_there) look(sharing);
}

struct roster *sharing_roster(struct sharing *sharing) { return sharing->roster; }
size_t sharing_waiting(const struct sharing *sharing) { return shared_inbox_waiting(sharing->inbox); }
bool sharing_leads(const struct sharing *sharing) { return roster_leads(sharing->roster); }
bool sharing_is_sure(const struct sharing *sharing) { return roster_is_sure(sharing->roster); }

size_t sharing_hosts(const struct sharing *sharing) { return roster_count(sharing->roster); }

/* ---- life ---- */

struct sharing *sharing_open(const struct updates_options *options, size_t lane_ceiling, const struct sharing_owner *owner,
                             struct error *error) {
  struct database *database = options->database;
  if (!shared_inbox_make_tables(database, error) || !roster_make_tables(database, error)) return NULL;
  struct sharing *sharing = memory_new(sizeof *sharing);
  struct roster_options roster = {database, options->clock, on_release, on_lost, on_led, on_beat, sharing};
  *sharing = (struct sharing){.options = options, .owner = *owner, .lane_ceiling = lane_ceiling};
  sharing->inbox = shared_inbox_new(database);
  sharing->roster = roster_open(&roster);
  sharing->pauses = shared_pauses_open(options);
  job_lead(options->script, false);
  database_hear_hosts(database, on_heard, sharing);
  return sharing;
}

void sharing_start(struct sharing *sharing) {
  roster_start(sharing->roster);
  look(sharing);
}

void sharing_stop(struct sharing *sharing) { sharing->is_stopping = true; }

bool sharing_take_back(struct sharing *sharing, struct error *error) {
  struct database *database = sharing->options->database;
  if (database_is_shared(database)) return true;
  bool ok = database_begin(database, error) && on_release(0, false, sharing, error) && database_commit(database, error);
  database_rollback(database);
  return ok;
}

void sharing_close(struct sharing *sharing) {
  if (!sharing) return;
  roster_leave(sharing->roster);
  database_hear_hosts(sharing->options->database, NULL, NULL);
  roster_close(sharing->roster);
  shared_pauses_close(sharing->pauses);
  shared_inbox_free(sharing->inbox);
  clock_stop(sharing->options->clock, &sharing->look);
  clock_stop(sharing->options->clock, &sharing->keep_again);
  clock_stop(sharing->options->clock, &sharing->reloading);
  free(sharing);
}
