/* What happens to machines: by the clock, and at chosen moments of chosen calls. */
#include <string.h>

#include "assembly/assembly.h"
#include "common/error.h"
#include "record.h"
#include "world_state.h"

enum { FROZEN_LATELY_MS = 60000 };

/* ---- by the clock ---- */

static void crash(struct world *world, struct machine *machine) {
  world->crashes++;
  world_switch_off(world, machine, "crash");
  world_switch_on_after(world, machine->number - 1, dice_skewed(&world->dice, 0, world->off_ms));
}

static void freeze(struct world *world, struct machine *machine) {
  if (machine->is_frozen) return;
  world_tell(world, machine->number, "freezes");
  machine_freeze(machine);
}

static void thaw(struct world *world, struct machine *machine) {
  if (!machine->is_frozen) return;
  world_tell(world, machine->number, "goes on");
  machine_thaw(machine);
}

static void stop(struct world *world, struct machine *machine) {
  world_tell(world, machine->number, "stop");
  machine_stop(machine);
}

static void reload(struct world *world, struct machine *machine) {
  struct error error = {0};
  world_tell(world, machine->number, "reload");
  if (!host_reload(machine->host, &error)) record_break(world->record, "a reload failed: %s", error.text);
}

/* One that is off is left alone: its power comes back by itself. */
static void on_trouble(void *data) {
  struct actor *trouble = data;
  struct world *world = trouble->world;
  struct machine *machine = &world->machines[trouble->number];
  clock_start(world->clock, &trouble->timer, dice_skewed(&world->dice, 1, world->trouble_ms), on_trouble, trouble);
  if (!machine_is_running(machine) || world->spared) return;
  int64_t roll = dice_between(&world->dice, 0, 99);
  if (machine->is_frozen) {
    thaw(world, machine);
  } else if (roll < 35) {
    crash(world, machine);
  } else if (roll < 55) {
    freeze(world, machine);
  } else if (roll < 75) {
    stop(world, machine);
  } else if (machine->is_started && !machine->is_stopping) {
    reload(world, machine);
  }
}

void trouble_begin(struct world *world) {
  for (int i = 0; i < world->options.machines; i++) {
    world->trouble[i] = world->deed[i] = world->thaw[i] = (struct actor){.world = world, .number = i};
    clock_start(world->clock, &world->trouble[i].timer, dice_between(&world->dice, 1, world->trouble_ms), on_trouble,
                &world->trouble[i]);
  }
}

void trouble_end(struct world *world) {
  for (int i = 0; i < world->options.machines; i++) {
    clock_stop(world->clock, &world->trouble[i].timer);
    clock_stop(world->clock, &world->deed[i].timer);
    clock_stop(world->clock, &world->thaw[i].timer);
  }
}

/* ---- ambushes ---- */

static void on_thaw(void *data) {
  struct actor *actor = data;
  thaw(actor->world, &actor->world->machines[actor->number]);
}

/* Short, about as long as another host waits, or longer than that. */
static int64_t choose_freeze_ms(struct dice *dice) {
  switch (dice_between(dice, 0, 2)) {
    case 0: return dice_between(dice, 100, 6000);
    case 1: return dice_between(dice, 8000, 16000);
    default: return dice_between(dice, 100, 60000);
  }
}

static void freeze_for_a_while(struct world *world, struct machine *machine) {
  struct actor *actor = &world->thaw[machine->number - 1];
  freeze(world, machine);
  clock_start(world->clock, &actor->timer, choose_freeze_ms(&world->dice), on_thaw, actor);
}

/* Those that are off, or hang in a stop, are started, and with them a handover. */
static void start_others(struct world *world, const struct machine *but, bool is_takeover) {
  for (int i = 0; i < world->options.machines; i++) {
    struct machine *machine = &world->machines[i];
    if (machine == but || machine_is_running(machine)) continue;
    machine->is_takeover_next = is_takeover;
    world_switch_on_after(world, i, 0);
  }
}

static void on_deed(void *data) {
  struct actor *actor = data;
  struct world *world = actor->world;
  struct machine *machine = &world->machines[actor->number];
  bool is_running = machine_is_running(machine);
  if (world->spared) return;
  switch (world->deeds[actor->number]) {
    case DEED_CRASH:
      if (is_running) crash(world, machine);
      break;
    case DEED_STOP:
      if (is_running && !machine->is_frozen) stop(world, machine);
      break;
    case DEED_START: start_others(world, machine, false); break;
    case DEED_TAKEOVER: start_others(world, machine, true); break;
    case DEED_CRASH_OTHERS:
      for (int i = 0; i < world->options.machines; i++) {
        if (&world->machines[i] != machine && machine_is_running(&world->machines[i])) crash(world, &world->machines[i]);
      }
      break;
    default: break;
  }
}

/* A freeze begins within the call; the rest must wait until the host has returned. */
static void spring(struct world *world, enum deed deed, struct machine *machine) {
  struct actor *actor = &world->deed[machine->number - 1];
  if (deed == DEED_FREEZE || deed == DEED_FREEZE_OTHERS) {
    for (int i = 0; i < world->options.machines; i++) {
      struct machine *each = &world->machines[i];
      if ((each == machine) == (deed == DEED_FREEZE) && machine_is_running(each)) freeze_for_a_while(world, each);
    }
    return;
  }
  if (clock_is_started(&actor->timer)) return;
  world->deeds[actor->number] = deed;
  int64_t wait = dice_falls(&world->dice, 500) ? 0 : dice_skewed(&world->dice, 0, 5000);
  clock_start(world->clock, &actor->timer, wait, on_deed, actor);
}

static bool can_be_sprung(const struct world *world, enum deed deed) {
  if (deed != DEED_START && deed != DEED_TAKEOVER) return true;
  for (int i = 0; i < world->options.machines; i++) {
    if (!machine_is_running(&world->machines[i])) return true;
  }
  return false;
}

void trouble_notice(struct world *world, const struct network_event *event) {
  if (world->is_calm || world->spared) return;
  for (int i = 0; i < world->ambush_count && world->ambushes_left; i++) {
    const struct ambush *ambush = &world->ambushes[i];
    if (ambush->moment != event->moment || strcmp(ambush->method, event->method) != 0) continue;
    if (!can_be_sprung(world, ambush->deed) || !dice_falls(&world->dice, ambush->per_mille)) continue;
    world->ambushes_left--;
    spring(world, ambush->deed, event->machine);
  }
}

/* ---- doubts ---- */

static uint64_t *doubt_of(struct world *world, const struct machine *machine, const struct machine *by) {
  return &world->doubts[machine->number][by->number];
}

/* One that was frozen, or that the network kept from writing, may come too late; any other has had the time. */
void doubt_others(struct world *world, const struct machine *by, bool has_waited) {
  for (int i = 0; i < world->options.machines; i++) {
    struct machine *machine = &world->machines[i];
    bool was_frozen = machine->is_frozen || clock_ticks(world->clock) - machine->thawed_at < FROZEN_LATELY_MS;
    bool may_be_late = was_frozen || !world->is_fair || !has_waited;
    if (machine != by && may_be_late) *doubt_of(world, machine, by) = by->life;
  }
}

static void give_up(struct world *world, struct machine *machine) {
  world_tell(world, machine->number, "may lose what it has not saved by now");
  machine->is_given_up = true;
  record_may_lose(world->record, machine);
}

/* From its publication on, the one that doubts reads another's message just once more. What has been released by then it finds,
 * if it gets so far. */
static void on_published(struct world *world, struct machine *by, uint64_t life) {
  bool is_gone = by->life != life || !machine_is_running(by);
  if (!is_gone) by->has_published = true;
  for (int i = 0; i < world->options.machines; i++) {
    struct machine *machine = &world->machines[i];
    uint64_t *doubt = doubt_of(world, machine, by);
    if (*doubt < life || (machine->is_released && !is_gone)) continue;
    give_up(world, machine);
    *doubt = 0;
  }
}

static void forget(struct world *world, const struct machine *by) {
  for (int i = 0; i < world->options.machines; i++) *doubt_of(world, &world->machines[i], by) = 0;
}

void doubt_notice(struct world *world, const struct network_event *event) {
  if (network_event_publishes(event)) on_published(world, event->machine, event->life);
  if (event->moment == MOMENT_SENT && strcmp(event->method, "getUpdates") == 0) forget(world, event->machine);
}

/* It will not read again. */
void doubt_end(struct world *world, struct machine *by) {
  if (by->has_published) on_published(world, by, by->life);
}
