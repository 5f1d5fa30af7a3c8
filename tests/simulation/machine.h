/* A machine with one host on it: a loop, a clock and workers of its own, and its life from power on to power off. Several
 * machines live in one process, each as a process of its own would. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "assembly/assembly.h"
#include "dice.h"

struct clock;
struct network;
struct uv_loop_s;

extern const struct machine *machine_at_work; /* whose host is running just now, for the log; NULL: none */

struct machine_options {
  struct clock *clock; /* the world's */
  struct dice *dice;
  struct network *network;
  const char *script; /* NULL: its host is only opened */
  int64_t admin_id;
  bool is_durable;
};

struct machine {
  struct machine_options options; /* pointers are kept */
  int number;                     /* for people */
  struct loop *loop;              /* NULL: it is switched off, and all below means nothing */
  struct clock *clock;
  struct host *host;
  uint64_t life; /* so many times it has been switched on */
  bool is_started, is_stopping, has_ended, is_frozen;
  bool is_recorded;          /* that it has started; for the judge */
  bool is_given_up;          /* another host has begun without waiting for this one any longer */
  bool is_takeover_next;     /* its next start is one with --takeover */
  bool is_takeover;          /* its last was */
  bool has_published;        /* its message has been pinned, or pointed to */
  bool is_released;          /* its host has said that its last content is saved */
  bool is_errand_done;       /* of the operator's: what he has asked for is done, or has failed */
  int64_t found_message;     /* likewise: a backup that is fetched next; 0: none */
  bool is_pushed_over;       /* it was on when a push became one that hosts may find */
  enum host_outcome outcome; /* once it has ended */
  struct error error;
  int64_t frozen_at, thawed_at; /* ticks of the world's clock */
  struct job *jobs;             /* what its workers have to do */
};

void machine_switch_on(struct machine *machine);        /* its host starts; its clock is a little wrong */
void machine_switch_off(struct machine *machine);       /* whatever it does. Does nothing to one that is off */
void machine_stop(struct machine *machine);             /* its host is asked to stop; it ends later */
void machine_freeze(struct machine *machine);           /* it stands still, as under SIGSTOP; what comes for it waits */
void machine_thaw(struct machine *machine);             /* does nothing to one that is not frozen */
bool machine_is_running(const struct machine *machine); /* it is on, and its host has not ended */

int64_t machine_ticks(const struct machine *machine);   /* by its own clock, which goes on while it is frozen */
int64_t machine_wait_ms(const struct machine *machine); /* until it has something to do; -1: nothing, or it is off or frozen */
void machine_step(struct machine *machine, int64_t ms); /* its clock goes on, and what is due then happens */

/* Work for a worker of the machine, as struct system wants it. It takes a little while, longer now and then. */
void machine_add_job(struct machine *machine, void (*worker)(void *data), void (*worked)(void *data), void *data);
bool machine_has_loop(const struct machine *machine, const struct uv_loop_s *loop);
