/* The operator at his terminal: `lunokhod backup pull` now, and `push` of that some time later, beside whatever runs. Either is
 * a host without scripts, on a machine of its own, which may be switched off in the midst of it. */
#include <stdlib.h>

#include "assembly/assembly.h"
#include "backup/backup.h"
#include "common/error.h"
#include "database/database.h"
#include "record.h"
#include "world_state.h"

enum { PATIENCE_MS = 20 * 60000, INTERRUPTED_PER_MILLE = 150 };

/* ---- an errand: pull or push ---- */

static void begin_errand(struct world *world, bool is_push) {
  struct dice *dice = &world->operator_dice;
  world_tell(world, world->terminal.number, is_push ? "the operator pushes" : "the operator pulls");
  machine_switch_on(&world->terminal);
  world->is_push = is_push;
  world->errand_ends_at = clock_ticks(world->clock) + PATIENCE_MS;
  if (dice_falls(dice, INTERRUPTED_PER_MILLE)) world->errand_ends_at = clock_ticks(world->clock) + dice_skewed(dice, 1, 5000);
}

static void end_errand(struct machine *terminal, const struct error *error) {
  terminal->error = *error;
  terminal->is_errand_done = true;
}

static void on_fetched(const struct backup_restored *restored, void *data) { end_errand(data, &restored->error); }
static void on_pushed(const struct error *error, void *data) { end_errand(data, error); }

static void on_seen(const struct backup_seen *seen, void *data) {
  struct machine *terminal = data;
  struct error error = seen->error;
  if (!error.kind && !seen->is_there) (void)error_set(&error, ERROR_REFUSED, "there is no backup");
  if (error.kind) {
    end_errand(terminal, &error);
  } else {
    terminal->found_message = seen->last.message_id;
  }
}

static void pull(struct world *world) {
  begin_errand(world, false);
  backup_survey(host_backup(world->terminal.host), on_seen, &world->terminal);
}

static void push(struct world *world) {
  struct error error = {0};
  int64_t saved_at = 0;
  if (!world->pulled) return;
  begin_errand(world, true);
  struct backup *backup = host_backup(world->terminal.host);
  if (!backup_import(backup, world->pulled, world->pulled_size, &saved_at, &error)) abort(); /* what was pulled can be pushed */
  backup_push(backup, on_pushed, &world->terminal);
}

static void keep_pulled(struct world *world) {
  struct error error = {0};
  free(world->pulled);
  world->pulled = NULL;
  if (!database_serialize(host_database(world->terminal.host), &world->pulled, &world->pulled_size, &error)) abort();
}

/* A push that has succeeded holds what it holds for good, as what a host has saved. */
static void on_errand_done(struct world *world) {
  struct machine *terminal = &world->terminal;
  world_tell(world, terminal->number, terminal->error.kind ? terminal->error.text : "done");
  if (!terminal->error.kind && world->is_push) record_keep_all(world->record, terminal);
  if (!terminal->error.kind && !world->is_push) keep_pulled(world);
  machine_stop(terminal); /* what was forwarded is deleted again */
}

/* Each step begins here, outside of the callback of the one before. */
void operator_look(struct world *world) {
  struct machine *terminal = &world->terminal;
  if (!terminal->loop) return;
  if (terminal->has_ended || clock_ticks(world->clock) >= world->errand_ends_at) {
    world_tell(world, terminal->number, terminal->has_ended ? "has ended" : "is interrupted");
    machine_switch_off(terminal);
  } else if (terminal->is_errand_done && !terminal->is_stopping) {
    on_errand_done(world);
  } else if (terminal->found_message) {
    backup_restore_message(host_backup(terminal->host), terminal->found_message, on_fetched, terminal);
    terminal->found_message = 0;
  }
}

/* From now on hosts may find it: what they have been told since the pull may be gone. */
void operator_notice(struct world *world, const struct network_event *event) {
  if (event->machine != &world->terminal || !network_event_publishes(event)) return;
  world_tell(world, world->terminal.number, "the push may be found");
  record_replaced(world->record);
  for (int i = 0; i < world->options.machines; i++) world->machines[i].is_pushed_over = world->machines[i].loop != NULL;
}

/* ---- what he does ---- */

static void on_operator(void *data) {
  struct actor *operator= data;
  struct world *world = operator->world;
  clock_start(world->clock, &operator->timer, dice_skewed(&world->operator_dice, 500, world->operator_ms),
              on_operator, operator);
  if (world->terminal.loop || world->spared) return;
  if (dice_falls(&world->operator_dice, 400)) {
    pull(world);
  } else {
    push(world);
  }
}

void operator_begin(struct world *world) {
  world->operator=(struct actor){.world = world};
  if (!world->operator_ms) return;
  clock_start(world->clock, &world->operator.timer, world->operator_ms / 2, on_operator, &world->operator);
}

void operator_end(struct world *world) {
  clock_stop(world->clock, &world->operator.timer);
  machine_switch_off(&world->terminal);
  free(world->pulled);
  world->pulled = NULL;
}
