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
#include "telegram/telegram.h"
#include "updates/delivery.h"
#include "updates/inbox.h"
#include "updates/intake.h"
#include "updates/keeper.h"
#include "updates/roster.h"
#include "updates/shared_inbox.h"
#include "updates/shared_pause.h"

enum {
  KEEP_RETRY_MS = 1000, /* while the database is gone */
  TOLD_EVERY = 30,      /* of the failures, after the first */
  LEFT_PAUSE_MS = 20,   /* a look at all lanes takes milliseconds, and updates are finished all the time */
  TIDY_EVERY = 10,      /* beats */
};

struct sharing {
  struct keeper keeper; /* first */
  struct sharing_owner owner;
  struct shared_inbox *rows;
  struct shared_pauses *pauses;
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
static void keep(struct keeper *keeper);

static struct sharing *sharing_of(struct keeper *keeper) { return (struct sharing *)keeper; }

/* ---- arrival ---- */

static void note_database(struct sharing *sharing, bool is_there, const struct error *error) {
  if (is_there && sharing->failures) log_info("the database answers again; failures=%u", sharing->failures);
  if (!is_there && sharing->failures++ % TOLD_EVERY == 0)
    log_error("updates can't be kept, so nothing is answered until the database is there; error=%s", error->text);
  if (is_there) sharing->failures = 0;
  delivery_pause(sharing->keeper.delivery, !is_there);
}

static size_t room(struct keeper *keeper) {
  size_t waiting = shared_inbox_waiting(sharing_of(keeper)->rows);
  return waiting < KEEPER_ROWS ? KEEPER_ROWS - waiting : 0;
}

static bool add(struct keeper *keeper, const struct arrival *arrival, struct script_update *decoded, int64_t lane,
                struct error *error) {
  script_update_forget(keeper->options->script, decoded);
  return shared_inbox_add(sharing_of(keeper)->rows, arrival->id, lane, arrival->json, arrival->size, error);
}

/* The host that takes it buries it. */
static bool bury(struct keeper *keeper, const struct arrival *arrival, struct error *error) {
  return shared_inbox_add(sharing_of(keeper)->rows, arrival->id, 0, arrival->json, arrival->size, error);
}

static void on_keep_again(void *data) { keep(data); }

/* Nothing of the batch is handled, and the next is not asked for, before its rows are there. */
static void keep(struct keeper *keeper) {
  struct sharing *sharing = sharing_of(keeper);
  struct error error = {0};
  bool ok = shared_inbox_write(sharing->rows, &error);
  note_database(sharing, ok, &error);
  if (!ok) {
    clock_start(sharing->keeper.options->clock, &sharing->keep_again, KEEP_RETRY_MS, on_keep_again, keeper);
    return;
  }
  sharing->owner.kept(sharing->owner.data);
  look(sharing);
}

/* ---- taking ---- */

/* What there is no memory to decode now is decoded when its turn comes. */
static void hand_out(struct keeper *keeper, struct update *update) {
  struct error error = {0};
  int64_t update_id, lane;
  keeper->received++;
  keeper_tell_arrived(keeper, update->json, update->script.size);
  bool is_read = script_update_decode(keeper->options->script, &update->script, &update_id, &lane, &error);
  if (is_read || error.kind == ERROR_MEMORY)
    delivery_add(keeper->delivery, update);
  else
    keeper_bury(keeper, update, error.text);
}

/* A row has become this host's. False: no memory, it comes again. */
static bool on_taken(const struct shared_row *row, void *data) {
  struct sharing *sharing = data;
  struct keeper *keeper = &sharing->keeper;
  struct update *update;
  struct error error = {0};
  if (!inbox_add_shared(keeper->inbox, row, &update, &error)) return false;
  if (!update) return true;
  hand_out(keeper, update);
  size_t lane_count = delivery_lane_count(keeper->delivery, row->lane);
  if (lane_count == keeper->lane_ceiling) keeper_tell_flood(keeper, row->lane, lane_count);
  if (lane_count >= keeper->lane_ceiling) sharing->is_left = true;
  return true;
}

static bool take(struct sharing *sharing, size_t room, struct error *error) {
  bool has_more = false;
  bool ok = shared_inbox_take(sharing->rows, roster_number(sharing->keeper.roster), room, sharing->keeper.lane_ceiling,
                              on_taken, sharing, &has_more, error);
  if (has_more) clock_start(sharing->keeper.options->clock, &sharing->look, 0, look, sharing);
  return ok;
}

static void look(void *data) {
  struct sharing *sharing = data;
  struct error error = {0};
  size_t room = inbox_room(sharing->keeper.inbox);
  if (sharing->is_stopping || sharing->failures || !roster_is_sure(sharing->keeper.roster)) return;
  sharing->is_left = false;
  if (room && !take(sharing, room, &error)) log_warn("can't look for updates; error=%s", error.text); /* the next beat does */
  if (!inbox_room(sharing->keeper.inbox)) sharing->is_left = true;
  delivery_work(sharing->keeper.delivery);
}

static void look_soon(struct sharing *sharing) {
  if (!clock_is_started(&sharing->look)) clock_start(sharing->keeper.options->clock, &sharing->look, 0, look, sharing);
}

/* There is room again for the lane: are rows left of this host's lanes? */
static void lane_ended(struct keeper *keeper, int64_t lane) {
  struct sharing *sharing = sharing_of(keeper);
  struct clock *clock = keeper->options->clock;
  if (delivery_lane_count(keeper->delivery, lane) > keeper->lane_ceiling / 2) return;
  if (!sharing->is_left || clock_is_started(&sharing->look)) return;
  clock_start(clock, &sharing->look, clock_is_manual(clock) ? 0 : LEFT_PAUSE_MS, look, sharing);
}

/* From the loop, since what a database waits for may have brought the word. */
static void on_reload_due(void *data) {
  struct sharing *sharing = data;
  const struct updates_options *options = sharing->keeper.options;
  struct error failure = {0}, error = {0};
  if (sharing->is_stopping || !options->reload) return;
  bool ok = options->reload(&failure, options->data);
  if (!roster_answer_reload(sharing->keeper.roster, sharing->reload, ok ? "" : failure.text, &error))
    log_warn("can't tell that the scripts are reloaded; error=%s", error.text);
}

static void on_heard(const char *word, void *data) {
  struct sharing *sharing = data;
  if (shared_pauses_hear(sharing->pauses, word)) return;
  if (strcmp(word, "updates") == 0) look_soon(sharing);
  if (strncmp(word, ROSTER_RELOAD, sizeof ROSTER_RELOAD - 1) != 0) return;
  sharing->reload = strtoll(word + sizeof ROSTER_RELOAD - 1, NULL, 10);
  clock_start(sharing->keeper.options->clock, &sharing->reloading, 0, on_reload_due, sharing);
}

static bool read_lane(const char *json, size_t size, int64_t *lane, void *data) {
  struct script *script = ((struct sharing *)data)->keeper.options->script;
  struct script_update decoded = {.json = json, .size = size};
  struct error error = {0};
  int64_t update_id;
  bool ok = script_update_decode(script, &decoded, &update_id, lane, &error);
  if (ok) script_update_forget(script, &decoded);
  return ok;
}

static bool revive(struct keeper *keeper, int64_t letter, size_t *count, struct error *error) {
  struct sharing *sharing = sharing_of(keeper);
  bool ok = shared_inbox_revive(sharing->rows, letter, read_lane, sharing, count, error);
  if (ok) look(sharing);
  return ok;
}

/* ---- the other hosts ---- */

static bool on_release(int64_t number, bool has_died, void *data, struct error *error) {
  struct sharing *sharing = data;
  return shared_inbox_release(sharing->rows, number, has_died, clock_now(sharing->keeper.options->clock), error);
}

/* Its rows are others', whatever its handlers still do. What has arrived and is no row yet comes again, perhaps elsewhere. The
 * scripts begin anew, so what they counted on in memory is gone. */
static void on_lost(void *data) {
  struct sharing *sharing = data;
  const struct keeper *keeper = &sharing->keeper;
  const struct updates_options *options = keeper->options;
  struct error error = {0};
  shared_inbox_forget_arrivals(sharing->rows);
  clock_stop(options->clock, &sharing->keep_again);
  delivery_stop(keeper->delivery);
  script_end_runs(options->script);
  delivery_drop_all(keeper->delivery);
  inbox_drop_all(keeper->inbox);
  sharing->owner.lost(sharing->owner.data);
  if (!script_load(options->script, &error) && options->failed) options->failed(&error, options->data);
}

static void on_led(bool leads, void *data) {
  struct sharing *sharing = data;
  struct error error = {0};
  job_lead(sharing->keeper.options->script, leads);
  if (!leads) return;
  if (!shared_inbox_adopt(sharing->rows, read_lane, sharing, &error))
    log_error("can't take over what an earlier host has left; error=%s", error.text);
  sharing->owner.may_go_on(sharing->owner.data);
}

/* The loop stands while the database answers, so it is asked for no more than is needed. */
static bool do_chores(struct sharing *sharing, struct error *error) {
  size_t before = shared_inbox_waiting(sharing->rows);
  int64_t host = roster_number(sharing->keeper.roster);
  bool has_empty = false, is_tidy = !roster_leads(sharing->keeper.roster) || sharing->beats++ % TIDY_EVERY != 0;
  bool ok = shared_inbox_survey(sharing->rows, host, &has_empty, error) &&
            (!has_empty || shared_inbox_give_back(sharing->rows, host, error)) &&
            (is_tidy || shared_inbox_tidy(sharing->rows, error));
  if (ok && shared_inbox_waiting(sharing->rows) < before) sharing->owner.may_go_on(sharing->owner.data);
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

/* ---- life ---- */

static bool is_sure(void *data) { return roster_is_sure(((struct sharing *)data)->keeper.roster); }

static void start(struct keeper *keeper) {
  roster_start(keeper->roster);
  look(keeper);
}

static void stop(struct keeper *keeper) { sharing_of(keeper)->is_stopping = true; }

/* Where this host is the only one, what an earlier one had in hand waits again. */
static bool restore(struct keeper *keeper, struct error *error) {
  struct database *database = keeper->options->database;
  if (database_is_shared(database)) return true;
  bool ok = database_begin(database, error) && on_release(0, false, keeper, error) && database_commit(database, error);
  database_rollback(database);
  return ok;
}

static bool go_back(struct keeper *keeper, size_t *passed, struct error *error) {
  (void)keeper, (void)passed;
  return error_set(error, ERROR_MISUSE, "the data is the server's: it goes back to another time there");
}

/* What is not finished is the other hosts'. */
static void close_sharing(struct keeper *keeper) {
  struct sharing *sharing = sharing_of(keeper);
  const struct updates_options *options = keeper->options;
  telegram_set_guard(options->telegram, NULL, NULL);
  roster_leave(keeper->roster);
  database_hear_hosts(options->database, NULL, NULL);
  roster_close(keeper->roster);
  shared_pauses_close(sharing->pauses);
  shared_inbox_free(sharing->rows);
  clock_stop(options->clock, &sharing->look);
  clock_stop(options->clock, &sharing->keep_again);
  clock_stop(options->clock, &sharing->reloading);
  free(sharing);
}

static const struct keeping way = {.start = start,
                                   .stop = stop,
                                   .close = close_sharing,
                                   .room = room,
                                   .add = add,
                                   .bury = bury,
                                   .keep = keep,
                                   .lane_ended = lane_ended,
                                   .restore = restore,
                                   .go_back = go_back,
                                   .revive = revive};

struct keeper *sharing_open(const struct keeper *parts, const struct sharing_owner *owner, struct error *error) {
  const struct updates_options *options = parts->options;
  struct database *database = options->database;
  if (!shared_inbox_make_tables(database, error) || !roster_make_tables(database, error)) return NULL;
  struct sharing *sharing = memory_new(sizeof *sharing);
  struct roster_options roster = {database, options->clock, on_release, on_lost, on_led, on_beat, sharing};
  *sharing = (struct sharing){.keeper = *parts, .owner = *owner};
  sharing->keeper.way = &way;
  sharing->keeper.roster = roster_open(&roster);
  sharing->rows = shared_inbox_new(database);
  sharing->pauses = shared_pauses_open(options);
  job_lead(options->script, false);
  database_hear_hosts(database, on_heard, sharing);
  if (database_is_shared(database)) telegram_set_guard(options->telegram, is_sure, sharing);
  return &sharing->keeper;
}
