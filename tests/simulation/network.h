/* The network between hosts and a Telegram in memory: each call travels there, and its answer back, for as long as the dice
 * say, and may be lost or late on the way. What has been sent travels on when its host has given it up, or is gone. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dice.h"

struct clock;
struct machine;
struct network;
struct sandbox;
struct transport;

struct weather {           /* all of 1,000 calls */
  unsigned refused;        /* can't be sent */
  unsigned lost;           /* never arrive; their host learns of it by and by */
  unsigned answer_lost;    /* take effect, and the answer does not come back */
  unsigned late;           /* take effect after their host was told that the connection is gone */
  unsigned paused;         /* are answered with 429 */
  unsigned broken;         /* are answered with a 502, without effect */
  unsigned slow;           /* travel for seconds, as a large upload */
  unsigned twice;          /* take effect twice, as libcurl repeats on a kept connection; not those with one of their own */
  const char *always_slow; /* these methods travel for seconds, whatever else may happen to them; NULL: none */
  const char *only;        /* these faults happen only to these methods; NULL: to all */
  int64_t travel_ms;       /* at most, one way; now and then ten times as much */
  int64_t late_ms;         /* at most */
  bool outlives_machines;  /* what a crashed host had sent may still arrive */
};

enum moment {                        /* of a call */
              MOMENT_SENT,           /* by its host, which is running just now */
              MOMENT_DONE,           /* it has taken effect, and the answer goes back */
              MOMENT_DONE_LATE,      /* it has taken effect, and nobody waits for the answer */
              MOMENT_TOLD,           /* its host has learnt how it went */
              MOMENT_TOLD_UNCERTAIN, /* its host has learnt that it may have taken effect, or may yet */
};

struct network_event { /* borrowed */
  enum moment moment;
  struct machine *machine; /* which sent it */
  uint64_t life;           /* of that machine, when it did */
  const char *method, *body;
  size_t size;
  bool is_good; /* DONE: its status is 200 */
};

bool network_event_publishes(const struct network_event *event); /* a pin or a pointer has taken effect, late or not */

struct network_options { /* pointers are kept */
  struct sandbox *sandbox;
  struct clock *clock;
  struct dice *dice;
  void (*happens)(const struct network_event *event, void *data);
  /* Told when a host gets the answer to a getUpdates; the text is borrowed. Called just before the host has it. */
  void (*delivered)(struct machine *machine, const char *text, void *data);
  void *data;
};

struct network *network_new(const struct network_options *options);
void network_free(struct network *network); /* drops what is still under way */
void network_set_weather(struct network *network, const struct weather *weather);

/* The way of a machine's host to Telegram. token is kept. */
void network_open_transport(struct network *network, struct machine *machine, const char *token, struct transport *transport);

void network_crash(struct network *network, struct machine *machine); /* its host has been closed */
void network_thaw(struct network *network, struct machine *machine);  /* it gets what has come for it meanwhile */

bool network_has_others(const struct network *network,
                        const struct machine *machine); /* calls that its host does not wait for are under way */
size_t network_calls(const struct network *network);    /* under way, without those of getUpdates */
uint64_t network_trace(const struct network *network);  /* a sum of all that has happened, for comparing two runs */
uint64_t network_count(const struct network *network);  /* calls so far */
