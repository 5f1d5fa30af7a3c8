#include "machine.h"

#include <stdlib.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"
#include "network.h"
#include "telegram/telegram.h"

static const char token[] = "700000001:AAF-nobody_may_read_this_in_a_log00";

const struct machine *machine_at_work;

struct job {
  struct machine *machine;
  void (*worker)(void *data);
  void (*worked)(void *data);
  void *data;
  struct clock_timer timer; /* by the machine's clock */
  struct job *prev, *next;
};

/* ---- workers ---- */

static void do_job(void *data) {
  struct job *job = data;
  DL_DELETE(job->machine->jobs, job);
  job->worker(job->data);
  job->worked(job->data);
  free(job);
}

void machine_add_job(struct machine *machine, void (*worker)(void *data), void (*worked)(void *data), void *data) {
  struct job *job = memory_new(sizeof *job);
  *job = (struct job){.machine = machine, .worker = worker, .worked = worked, .data = data};
  DL_APPEND(machine->jobs, job);
  clock_start(machine->clock, &job->timer, dice_skewed(machine->options.dice, 0, 400), do_job, job);
}

bool machine_has_loop(const struct machine *machine, const struct uv_loop_s *loop) {
  return machine->loop && loop_uv(machine->loop) == loop;
}

/* ---- power ---- */

static void on_started(void *data) { ((struct machine *)data)->is_started = true; }

static void on_ended(enum host_outcome outcome, const struct error *error, void *data) {
  struct machine *machine = data;
  machine->has_ended = true;
  machine->outcome = outcome;
  machine->error = *error;
}

void machine_switch_on(struct machine *machine) {
  struct transport transport;
  struct error error = {0};
  int64_t skew = dice_between(machine->options.dice, -20000, 20000);
  machine->loop = loop_open(NULL);
  machine->clock = clock_open_manual(machine->loop, clock_now(machine->options.clock) + skew);
  machine->is_given_up = machine->is_recorded = machine->is_started = machine->is_stopping = machine->has_ended =
      machine->is_frozen = machine->has_published = machine->is_released = machine->is_errand_done = machine->is_pushed_over =
          false;
  machine->found_message = 0;
  machine->is_takeover = machine->is_takeover_next;
  machine->is_takeover_next = false;
  machine->life++;
  machine->thawed_at = INT64_MIN / 2;
  network_open_transport(machine->options.network, machine, token, &transport);
  struct host_options options = {.loop = machine->loop,
                                 .clock = machine->clock,
                                 .transport = &transport,
                                 .paths = &machine->options.script,
                                 .path_count = machine->options.script ? 1 : 0,
                                 .admin_id = machine->options.admin_id,
                                 .is_takeover = machine->is_takeover,
                                 .is_durable = machine->options.is_durable,
                                 .started = on_started,
                                 .ended = on_ended,
                                 .data = machine};
  machine->host = host_open(&options, &error);
  if (!machine->host) abort(); /* the script is ours */
  if (machine->options.script) host_start(machine->host);
}

/* Work can't be taken back from a worker: it is done to its end, as loop_work() promises. */
void machine_switch_off(struct machine *machine) {
  if (!machine->loop) return;
  host_close(machine->host);
  network_crash(machine->options.network, machine);
  while (machine->jobs) {
    clock_stop(machine->clock, &machine->jobs->timer);
    do_job(machine->jobs);
  }
  clock_close(machine->clock);
  if (!loop_close(machine->loop)) abort(); /* a handle was left */
  machine->loop = NULL;
  machine->host = NULL;
  machine->is_frozen = false;
}

void machine_stop(struct machine *machine) {
  machine->is_stopping = true;
  host_stop(machine->host);
}

bool machine_is_running(const struct machine *machine) { return machine->loop && !machine->has_ended; }

/* ---- freezing ---- */

void machine_freeze(struct machine *machine) {
  if (!machine->loop || machine->is_frozen) return;
  machine->is_frozen = true;
  machine->frozen_at = clock_ticks(machine->options.clock);
}

void machine_thaw(struct machine *machine) {
  if (!machine->loop || !machine->is_frozen) return;
  machine->is_frozen = false;
  machine->thawed_at = clock_ticks(machine->options.clock);
  clock_stall(machine->clock, clock_ticks(machine->options.clock) - machine->frozen_at);
  network_thaw(machine->options.network, machine);
}

/* ---- time ---- */

int64_t machine_ticks(const struct machine *machine) {
  int64_t frozen = machine->is_frozen ? clock_ticks(machine->options.clock) - machine->frozen_at : 0;
  return clock_ticks(machine->clock) + frozen;
}

int64_t machine_wait_ms(const struct machine *machine) {
  return machine->loop && !machine->is_frozen ? clock_wait_ms(machine->clock) : -1;
}

void machine_step(struct machine *machine, int64_t ms) {
  machine_at_work = machine;
  if (machine->loop && !machine->is_frozen) (void)clock_step(machine->clock, ms);
  machine_at_work = NULL;
}
