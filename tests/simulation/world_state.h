/* What one run consists of, for the files that move it: world.c (time, machines, calm), weather.c, trouble.c, admin.c. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "dice.h"
#include "machine.h"
#include "network.h"
#include "system.h"
#include "world.h"

enum { MACHINES_MAX = 3, PEOPLE_MAX = 6, AMBUSHES_MAX = 3, BACKUPS_KNOWN = 8, ADMIN_ID = 1000, FIRST_PERSON_ID = 2001 };

struct actor { /* something that happens again and again */
  struct world *world;
  int number; /* of its machine or person, from 0 */
  struct clock_timer timer;
};

enum deed {
  DEED_FREEZE,
  DEED_FREEZE_OTHERS,
  DEED_CRASH,
  DEED_STOP,
  DEED_START, /* of those that are off: a handover */
  DEED_TAKEOVER,
  DEED_CRASH_OTHERS,
  DEED_COUNT
};

struct ambush { /* a trouble that waits for a moment of a call, where rules are easiest to break */
  const char *method;
  enum moment moment;
  unsigned per_mille; /* of those moments */
  enum deed deed;
};

struct world {
  struct world_options options;
  struct dice dice;
  struct loop *loop;
  struct clock *clock;
  struct sandbox *sandbox;
  struct network *network;
  struct record *record;
  struct system system;
  struct machine machines[MACHINES_MAX];
  struct actor people[PEOPLE_MAX], power[MACHINES_MAX], trouble[MACHINES_MAX], deed[MACHINES_MAX], thaw[MACHINES_MAX];
  enum deed deeds[MACHINES_MAX]; /* what deed[] waits for */
  int people_count;
  int64_t pause_ms;   /* at most, between two messages of a person */
  int64_t trouble_ms; /* at most, between two troubles of a machine */
  int64_t off_ms;     /* at most, until a machine that crashed is switched on */
  struct weather weather;
  struct ambush ambushes[AMBUSHES_MAX];
  int ambush_count, ambushes_left; /* so often they may still be sprung */
  unsigned takeover_per_mille;     /* of the starts: with --takeover */
  struct actor admin;
  int64_t admin_ms;               /* at most, between two things that the admin does; 0: he does nothing */
  int64_t backups[BACKUPS_KNOWN]; /* messages that he has seen */
  size_t backup_count;
  struct actor operator;
  struct dice operator_dice; /* his own, as other seeds would change otherwise */
  int64_t operator_ms;       /* at most, between two things that he does; 0: he does nothing */
  struct machine terminal;   /* off: he does nothing just now */
  bool is_push;              /* what he does at it; else a pull */
  int64_t errand_ends_at;    /* ticks; he waits no longer */
  unsigned char *pulled;     /* NULL: nothing yet */
  size_t pulled_size;
  struct actor eraser;
  struct dice eraser_dice;
  int64_t eraser_ms;      /* at most, between two documents that the admin deletes; 0: he deletes none */
  struct machine *spared; /* its host has yet to make a new backup for the one that he has deleted; NULL: none */
  int64_t spared_since;   /* ticks */
  bool is_fair;           /* the network loses nothing, and is quick */
  bool is_calm;
  size_t crashes;
  uint64_t doubts[MACHINES_MAX + 1]
                 [MACHINES_MAX + 1]; /* [machine][by]: the life of `by` that no longer waits for it; 0: none */
};

void world_tell(struct world *world, int machine, const char *what);
void world_switch_off(struct world *world, struct machine *machine, const char *why); /* does nothing to one that is off */
void world_switch_on_after(struct world *world, int number, int64_t ms);              /* unless it is on by then */

/* The number that follows `member` in the answer of the control API; -1 without. */
int64_t world_control(struct world *world, const char *method, const char *path, const char *json, const char *member);

void weather_choose(struct world *world);

void trouble_begin(struct world *world); /* for each machine */
void trouble_end(struct world *world);
void trouble_notice(struct world *world, const struct network_event *event); /* it may be what an ambush waits for */

void admin_begin(struct world *world);
void admin_end(struct world *world);

void operator_begin(struct world *world);
void operator_end(struct world *world);
void operator_look(struct world *world); /* how far a pull or a push is */
void operator_notice(struct world *world, const struct network_event *event);

void eraser_begin(struct world *world);
void eraser_end(struct world *world);
void eraser_look(struct world *world);

/* Another host waits for this one no longer, or never has. What it still writes may come too late. */
void doubt_others(struct world *world, const struct machine *by, bool has_waited);
void doubt_notice(struct world *world, const struct network_event *event);
void doubt_end(struct world *world, struct machine *by); /* it is switched off */
