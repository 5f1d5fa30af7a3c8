#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "record.h"
#include "sandbox/sandbox.h"
#include "world_state.h"

enum {
  REST_MAX_MS = 15 * 60000, /* after the chaos all is at rest within this time */
  SPARED_MS = 2000,         /* until a machine is switched on after all */
};

static struct world *running; /* the log and the workers have no other way to it */

/* ---- what the system asks for ---- */

static void on_work(struct uv_loop_s *loop, void (*worker)(void *data), void (*worked)(void *data), void *data) {
  for (int i = 0; i < running->options.machines; i++) {
    if (machine_has_loop(&running->machines[i], loop)) {
      machine_add_job(&running->machines[i], worker, worked, data);
      return;
    }
  }
  if (!machine_has_loop(&running->terminal, loop)) abort(); /* nobody else has work */
  machine_add_job(&running->terminal, worker, worked, data);
}

static void on_line(const char *line, size_t size, void *data) {
  struct world *world = data;
  int number = machine_at_work ? machine_at_work->number : 0;
  if (world->options.is_told) printf("%9.3f %d %.*s", (double)clock_ticks(world->clock) / 1000, number, (int)size, line);
  if (strstr(line, "broken: ")) record_break(world->record, "machine %d: %.*s", number, (int)(size ? size - 1 : 0), line);
  if (!machine_at_work || machine_at_work == &world->terminal) return;
  struct machine *machine = &world->machines[number - 1];
  if (strstr(line, "no sign of life from the other host")) doubt_others(world, machine, true);
  if (strstr(line, "the admin goes back to") || strstr(line, "gone back to")) record_replaced(world->record);
  if (strstr(line, "msg=released ")) machine->is_released = true;
  if (strstr(line, "leaving without knowing more")) machine->is_given_up = true;
}

static void on_delivered(struct machine *machine, const char *text, void *data) {
  record_delivered(((struct world *)data)->record, machine, text);
}

static bool is_crown(const struct network_event *event) {
  return strcmp(event->method, "setMyCommands") == 0 && strstr(event->body, "Save now") &&
         !strstr(event->body, "language_code");
}

static void on_crown(struct world *world, const struct network_event *event) {
  for (int i = 0; i < world->options.machines; i++) record_dethroned(world->record, &world->machines[i]);
  record_crown(world->record, event->machine, event->life);
}

static void on_call(const struct network_event *event, void *data) {
  struct world *world = data;
  bool is_done = event->moment == MOMENT_DONE || event->moment == MOMENT_DONE_LATE;
  if (is_done && event->is_good && is_crown(event)) on_crown(world, event);
  if (event->moment == MOMENT_SENT && strcmp(event->method, "getUpdates") == 0) record_polls(world->record, event->machine);
  operator_notice(world, event);
  if (event->machine == &world->terminal) return;
  doubt_notice(world, event);
  trouble_notice(world, event);
}

void world_tell(struct world *world, int machine, const char *what) {
  if (world->options.is_told) printf("%9.3f %d ---- %s\n", (double)clock_ticks(world->clock) / 1000, machine, what);
}

/* ---- people ---- */

/* The number that follows `member` in the answer; -1 without. */
int64_t world_control(struct world *world, const char *method, const char *path, const char *json, const char *member) {
  struct sandbox_question question = {.method = method, .path = path, .json = json};
  struct buffer answer;
  struct error error = {0};
  buffer_init(&answer, 1 << 22);
  if (!sandbox_control(world->sandbox, &question, &answer, &error)) abort(); /* a question of ours */
  const char *found = member && answer.data ? strstr(answer.data, member) : NULL;
  int64_t number = found ? strtoll(found + strlen(member), NULL, 10) : -1;
  buffer_release(&answer);
  return number;
}

static void add_person(struct world *world, int64_t id) {
  char json[100];
  (void)snprintf(json, sizeof json, "{\"id\":%lld,\"first_name\":\"P\"}", (long long)id);
  (void)world_control(world, "POST", "users", json, NULL);
}

static void on_person(void *data) {
  struct actor *person = data;
  struct world *world = person->world;
  char json[100];
  if (world->is_calm) return;
  (void)snprintf(json, sizeof json, "{\"chat_id\":%d,\"text\":\"%lld\"}", FIRST_PERSON_ID + person->number,
                 (long long)record_add(world->record));
  (void)world_control(world, "POST", "messages", json, NULL);
  clock_start(world->clock, &person->timer, dice_skewed(&world->dice, 1, world->pause_ms), on_person, person);
}

/* ---- machines ---- */

/* Without a saved end, what the default mode has not saved may be gone; the durable mode loses nothing. */
void world_switch_off(struct world *world, struct machine *machine, const char *why) {
  bool is_saved =
      machine->has_ended && !machine->is_given_up && machine->outcome != HOST_FAILED && machine->outcome != HOST_UNREADABLE;
  if (!machine->loop) return;
  world_tell(world, machine->number, why);
  record_ends(world->record, machine, !is_saved && !world->options.is_durable);
  machine_switch_off(machine);
  if (world->spared == machine) world->spared = NULL;
  doubt_end(world, machine);
}

static void on_power(void *data) {
  struct actor *power = data;
  struct world *world = power->world;
  struct machine *machine = &world->machines[power->number];
  if (machine->loop) return;
  if (world->spared && !world->is_calm) {
    world_switch_on_after(world, power->number, SPARED_MS);
    return;
  }
  if (!world->is_calm && dice_falls(&world->dice, world->takeover_per_mille)) machine->is_takeover_next = true;
  world_tell(world, machine->number, machine->is_takeover_next ? "switched on, --takeover" : "switched on");
  machine_switch_on(machine);
  if (machine->is_takeover) doubt_others(world, machine, false);
}

void world_switch_on_after(struct world *world, int number, int64_t ms) {
  clock_start(world->clock, &world->power[number].timer, ms, on_power, &world->power[number]);
}

/* ---- time ---- */

static void look_after(struct world *world, struct machine *machine) {
  if (!machine->loop) return;
  if (machine->is_started && !machine->is_recorded) record_started(world->record, machine);
  machine->is_recorded = machine->is_started;
  record_look(world->record, machine);
  if (!machine->has_ended) return;
  if (world->options.is_told && machine->error.kind) world_tell(world, machine->number, machine->error.text);
  world_switch_off(world, machine, "has ended");
  bool is_replaced = machine->outcome == HOST_FENCED; /* and is not started again by its supervisor */
  if (!world->is_calm)
    world_switch_on_after(world, machine->number - 1, dice_skewed(&world->dice, 0, is_replaced ? 600000 : 10000));
}

static void step_machine(struct world *world, struct machine *machine, int64_t ms) {
  machine_step(machine, ms);
  look_after(world, machine);
}

/* The earliest that is due anywhere happens everywhere, in an order of the dice. */
static void step(struct world *world, int64_t most) {
  int64_t ms = clock_wait_ms(world->clock);
  if (ms < 0 || ms > most) ms = most;
  for (int i = 0; i < world->options.machines; i++) {
    int64_t wait = machine_wait_ms(&world->machines[i]);
    if (wait >= 0 && wait < ms) ms = wait;
  }
  int64_t push_wait = machine_wait_ms(&world->terminal);
  if (push_wait >= 0 && push_wait < ms) ms = push_wait;
  int first = (int)dice_between(&world->dice, 0, world->options.machines);
  for (int i = 0; i <= world->options.machines; i++) {
    int turn = (first + i) % (world->options.machines + 1);
    if (turn < world->options.machines)
      step_machine(world, &world->machines[turn], ms);
    else
      (void)clock_step(world->clock, ms);
  }
  machine_step(&world->terminal, ms);
  operator_look(world);
  eraser_look(world);
}

static void live(struct world *world, int64_t ms) {
  for (int64_t end = clock_ticks(world->clock) + ms; clock_ticks(world->clock) < end && !record_problem(world->record);)
    step(world, end - clock_ticks(world->clock));
}

/* ---- the calm ---- */

static bool is_at_rest(struct world *world, const struct machine *machine) {
  return machine_is_running(machine) && machine->is_started && !host_unfinished(machine->host) &&
         !network_calls(world->network) && world_control(world, "GET", "status", "{}", "\"updates_pending\":") == 0;
}

static void wait_for_rest(struct world *world, struct machine *machine) {
  int64_t end = clock_ticks(world->clock) + REST_MAX_MS;
  while (clock_ticks(world->clock) < end && !is_at_rest(world, machine) && !record_problem(world->record)) {
    if (!machine->loop) on_power(&world->power[machine->number - 1]);
    live(world, 1000);
  }
  if (!is_at_rest(world, machine)) record_break(world->record, "machine %d does not come to rest", machine->number);
}

static void stop(struct world *world, struct machine *machine) {
  int64_t end = clock_ticks(world->clock) + REST_MAX_MS;
  if (!machine_is_running(machine)) return;
  bool was_stopping = machine->is_stopping; /* in the chaos, which may have taken all the time that it has for that */
  world_tell(world, machine->number, "the last stop");
  machine_stop(machine);
  while (clock_ticks(world->clock) < end && machine->loop && !record_problem(world->record)) live(world, 100);
  bool is_good = machine->outcome == HOST_STOPPED || machine->outcome == HOST_FENCED || machine->outcome == HOST_VACANT;
  if (!machine->loop && !is_good && !was_stopping)
    record_break(world->record, "the stop of machine %d failed: %s", machine->number, machine->error.text);
  if (machine->loop) record_break(world->record, "machine %d does not stop", machine->number);
}

/* One host remains. It handles all that is left, stops, and a new one finds everything. */
static void settle(struct world *world) {
  static const struct weather fine = {.travel_ms = 50};
  world_tell(world, 0, "calm");
  world->is_calm = true;
  trouble_end(world);
  admin_end(world);
  operator_end(world);
  eraser_end(world);
  network_set_weather(world->network, &fine);
  for (int i = 0; i < world->options.machines; i++) {
    clock_stop(world->clock, &world->power[i].timer);
    machine_thaw(&world->machines[i]);
  }
  for (int i = 1; i < world->options.machines; i++) stop(world, &world->machines[i]);
  struct machine *last = &world->machines[0];
  wait_for_rest(world, last);
  if (!record_problem(world->record)) stop(world, last);
  if (!record_problem(world->record)) wait_for_rest(world, last);
  if (!record_problem(world->record)) record_check_all(world->record, last);
}

/* ---- life ---- */

static void people_the_world(struct world *world) {
  add_person(world, ADMIN_ID);
  for (int i = 0; i < world->people_count; i++) {
    world->people[i] = (struct actor){.world = world, .number = i};
    add_person(world, FIRST_PERSON_ID + i);
    clock_start(world->clock, &world->people[i].timer, dice_between(&world->dice, 1, world->pause_ms), on_person,
                &world->people[i]);
  }
}

static void build_machines(struct world *world) {
  for (int i = 0; i < world->options.machines; i++) {
    world->machines[i] = (struct machine){.number = i + 1};
    world->machines[i].options = (struct machine_options){.clock = world->clock,
                                                          .dice = &world->dice,
                                                          .network = world->network,
                                                          .script = world->options.script,
                                                          .admin_id = ADMIN_ID,
                                                          .is_durable = world->options.is_durable};
    world->power[i] = (struct actor){.world = world, .number = i};
    world_switch_on_after(world, i, i ? dice_between(&world->dice, 0, 120000) : 0);
  }
}

static void build_terminal(struct world *world) {
  world->eraser_dice.state = world->options.seed * 5;
  world->operator_dice.state = world->options.seed * 3;
  world->terminal = (struct machine){.number = MACHINES_MAX + 1};
  world->terminal.options = world->machines[0].options;
  world->terminal.options.dice = &world->operator_dice;
  world->terminal.options.script = NULL;
}

static void open_world(struct world *world, const struct world_options *options) {
  struct sandbox_options sandbox = {.has_no_port = true};
  world->options = *options;
  world->dice.state = options->seed;
  world->loop = loop_open(NULL);
  world->clock = clock_open_manual(world->loop, 1704110400000);
  world->system = (struct system){
      .clock = world->clock, .dice = {~options->seed}, .measure_us = dice_skewed(&world->dice, 1, 1000), .work = on_work};
  running = world;
  system_begin(&world->system);
  log_divert(on_line, world);
  if (options->is_told) log_set_level(LOG_DEBUG);
  world->sandbox = sandbox_open(world->loop, world->clock, &sandbox, NULL);
  world->record = record_new();
  struct network_options network = {.sandbox = world->sandbox,
                                    .clock = world->clock,
                                    .dice = &world->dice,
                                    .happens = on_call,
                                    .delivered = on_delivered,
                                    .data = world};
  world->network = network_new(&network);
  weather_choose(world);
  network_set_weather(world->network, &world->weather);
  people_the_world(world);
  build_machines(world);
  build_terminal(world);
  trouble_begin(world);
  admin_begin(world);
  operator_begin(world);
  eraser_begin(world);
}

static void close_world(struct world *world) {
  operator_end(world);
  for (int i = 0; i < world->options.machines; i++) machine_switch_off(&world->machines[i]);
  network_free(world->network);
  (void)sandbox_close(world->sandbox, NULL);
  clock_close(world->clock);
  if (!loop_close(world->loop)) abort(); /* a handle was left */
  record_free(world->record);
  log_divert(NULL, NULL);
  system_end();
  free(world);
}

void world_run(const struct world_options *options, struct world_result *result) {
  struct world *world = memory_new(sizeof *world);
  open_world(world, options);
  live(world, dice_skewed(&world->dice, 60000, dice_falls(&world->dice, 200) ? 20 * 60000 : 6 * 60000));
  settle(world);
  const char *problem = record_problem(world->record);
  *result = (struct world_result){.lived_ms = clock_ticks(world->clock),
                                  .messages = record_count(world->record),
                                  .lost = record_lost(world->record),
                                  .crashes = world->crashes,
                                  .calls = network_count(world->network),
                                  .trace = network_trace(world->network)};
  (void)snprintf(result->problem, sizeof result->problem, "%s", problem ? problem : "");
  close_world(world);
}
