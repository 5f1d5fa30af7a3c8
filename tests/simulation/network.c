/* A call, here a trip, has two ends: its host may leave (a timeout, a crash) while it goes on to Telegram. So a trip owns
 * copies of all that it carries, and it ends when neither has anything left to do. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/memory.h"
#include "machine.h"
#include "net/http.h"
#include "sandbox/sandbox.h"
#include "telegram/telegram.h"

enum fate { FATE_FINE, FATE_REFUSED, FATE_LOST, FATE_ANSWER_LOST, FATE_LATE, FATE_PAUSED, FATE_BROKEN, FATE_SLOW, FATE_TWICE };

enum { SLOW_LEAST_MS = 500, SLOW_MOST_MS = 12000 };

struct network {
  struct network_options options;
  struct weather weather;
  struct trip *trips;
  uint64_t trace, count;
};

struct way { /* a transport's self */
  struct network *network;
  struct machine *machine;
  const char *token;
};

struct trip {
  struct network *network;
  struct machine *machine; /* NULL: its host has left */
  struct machine *sender;
  uint64_t sender_life;
  enum fate fate;
  struct sandbox_request request; /* all of it is ours */
  struct http_part *parts;
  struct sandbox_call *call;      /* while it is at Telegram */
  struct clock_timer there, back; /* by the world's clock */
  struct clock_timer limit;       /* by the host's */
  bool is_back;                   /* the answer has come, but its machine is frozen */
  struct http_answer answer;      /* its body is ours */
  transport_done done;
  void *data;
  struct trip *prev, *next;
};

/* ---- the life of a trip, in order ---- */
static void on_there(void *data);                                      /* it arrives at Telegram, or does not */
static void on_answered(const struct http_answer *answer, void *data); /* Telegram has done it */
static void on_limit(void *data);                                      /* its host does not wait any longer */
static void on_back(void *data);                                       /* its host learns how it went */
static void leave(struct trip *trip);                                  /* its host is told nothing any more */
static void trip_end_if_over(struct trip *trip);

struct network *network_new(const struct network_options *options) {
  struct network *network = memory_new(sizeof *network);
  network->options = *options;
  return network;
}

void network_set_weather(struct network *network, const struct weather *weather) { network->weather = *weather; }

static bool is_poll(const struct trip *trip) {
  return trip->request.method && strcasecmp(trip->request.method, "getUpdates") == 0;
}

size_t network_calls(const struct network *network) {
  size_t count = 0;
  for (const struct trip *trip = network->trips; trip; trip = trip->next) count += !is_poll(trip);
  return count;
}

bool network_has_others(const struct network *network, const struct machine *machine) {
  const struct trip *trip = network->trips;
  while (trip && trip->machine == machine) trip = trip->next;
  return trip != NULL;
}

uint64_t network_trace(const struct network *network) { return network->trace; }
uint64_t network_count(const struct network *network) { return network->count; }

static void note(struct network *network, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) network->trace = (network->trace ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3;
}

/* Lua tells the members of a table in an order that differs from run to run, so of a body only its bytes count, in any order.
 */
static void note_event(struct trip *trip, const char *event) {
  uint64_t sum = trip->request.size;
  for (size_t i = 0; i < trip->request.size; i++) sum += (uint64_t)(unsigned char)trip->request.body[i];
  int64_t now = clock_ticks(trip->network->options.clock);
  note(trip->network, &now, sizeof now);
  note(trip->network, event, strlen(event));
  if (trip->request.method) note(trip->network, trip->request.method, strlen(trip->request.method));
  note(trip->network, &sum, sizeof sum);
}

static void tell_event(struct trip *trip, enum moment moment, bool is_good) {
  struct network_options *options = &trip->network->options;
  if (!trip->request.method) return;
  struct network_event event = {.moment = moment,
                                .machine = trip->sender,
                                .life = trip->sender_life,
                                .method = trip->request.method,
                                .body = trip->request.body ? trip->request.body : "",
                                .size = trip->request.body ? trip->request.size : 0,
                                .is_good = is_good};
  options->happens(&event, options->data);
}

bool network_event_publishes(const struct network_event *event) {
  bool is_done = event->moment == MOMENT_DONE || event->moment == MOMENT_DONE_LATE;
  bool is_crown = strstr(event->body, "Save now") && !strstr(event->body, "language_code");
  bool is_pin = strcmp(event->method, "pinChatMessage") == 0 || strcmp(event->method, "setMyCommands") == 0;
  return is_done && is_pin && !is_crown;
}

/* ---- what it carries ---- */

static char *copy(const char *bytes, size_t size) {
  if (!bytes) return NULL;
  char *made = memory_new(size + 1);
  memcpy(made, bytes, size);
  return made;
}

static char *copy_text(const char *text) { return text ? memory_copy_text(text) : NULL; }

static void pack(struct trip *trip, const char *token, const struct transport_request *request) {
  trip->parts = memory_new((request->part_count + 1) * sizeof *trip->parts);
  for (size_t i = 0; i < request->part_count; i++) {
    const struct http_part *part = &request->parts[i];
    trip->parts[i] = (struct http_part){.name = copy_text(part->name),
                                        .file_name = copy_text(part->file_name),
                                        .data = copy(part->data, part->size),
                                        .size = part->size};
  }
  trip->request = (struct sandbox_request){.token = token,
                                           .method = copy_text(request->method),
                                           .body = copy(request->body, request->size),
                                           .size = request->size,
                                           .parts = request->part_count ? trip->parts : NULL,
                                           .part_count = request->part_count,
                                           .path = copy_text(request->path),
                                           .answer_ceiling = request->answer_ceiling};
}

static void unpack(struct trip *trip) {
  for (size_t i = 0; i < trip->request.part_count; i++) {
    free((char *)trip->parts[i].name);
    free((char *)trip->parts[i].file_name);
    free((char *)trip->parts[i].data);
  }
  free(trip->parts);
  free((char *)trip->request.method);
  free((char *)trip->request.body);
  free((char *)trip->request.path);
  free((char *)trip->answer.body);
}

/* ---- the way there ---- */

static bool is_spared(const struct weather *weather, const struct transport_request *request) {
  return weather->only && (!request->method || !strstr(weather->only, request->method));
}

static enum fate roll_fate(struct network *network, const struct transport_request *request) {
  const struct weather *weather = &network->weather;
  const unsigned shares[] = {
      weather->refused, weather->lost,   weather->answer_lost, weather->late,
      weather->paused,  weather->broken, weather->slow,        request->own_connection || !request->method ? 0 : weather->twice,
  };
  int64_t roll = dice_between(network->options.dice, 0, 999);
  if (is_spared(weather, request)) return FATE_FINE;
  for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
    if (roll < shares[i]) return (enum fate)(FATE_REFUSED + i);
    roll -= shares[i];
  }
  return FATE_FINE;
}

static int64_t roll_travel(struct network *network) {
  int64_t most = network->weather.travel_ms;
  return dice_falls(network->options.dice, 20) ? dice_between(network->options.dice, most, most * 10)
                                               : dice_between(network->options.dice, 1, most);
}

static void start_back(struct trip *trip, int64_t ms) {
  if (trip->machine) clock_start(trip->network->options.clock, &trip->back, ms, on_back, trip);
}

static void fail(struct trip *trip, enum error_kind kind, const char *how) {
  const char *name = trip->request.path ? "download" : trip->request.method;
  error_set(&trip->answer.error, kind, "%s: %s", name, how);
}

static void *start(void *self, const struct transport_request *request, transport_done done, void *data, struct error *error) {
  (void)error;
  struct way *way = self;
  struct network *network = way->network;
  struct trip *trip = memory_new(sizeof *trip);
  *trip = (struct trip){.network = network, .machine = way->machine, .done = done, .data = data};
  trip->sender = way->machine;
  trip->sender_life = way->machine->life;
  trip->fate = roll_fate(network, request);
  pack(trip, way->token, request);
  DL_APPEND(network->trips, trip);
  network->count++;
  note_event(trip, "sent");
  tell_event(trip, MOMENT_SENT, true);
  if (request->timeout_ms) clock_start(way->machine->clock, &trip->limit, request->timeout_ms, on_limit, trip);
  struct dice *dice = network->options.dice;
  int64_t travel = roll_travel(network);
  const char *slow = network->weather.always_slow;
  bool is_slow = trip->fate == FATE_SLOW || (slow && request->method && strstr(slow, request->method));
  if (is_slow) travel += dice_skewed(dice, SLOW_LEAST_MS, SLOW_MOST_MS);
  if (trip->fate == FATE_REFUSED) {
    fail(trip, ERROR_NETWORK, "can't be reached");
    start_back(trip, travel);
    return trip;
  }
  if (trip->fate == FATE_LATE) {
    fail(trip, ERROR_UNCERTAIN, "the connection ended");
    start_back(trip, travel);
    int64_t most = network->weather.late_ms;
    travel += dice_falls(dice, 500) ? dice_skewed(dice, 1, most) : dice_between(dice, 1, most);
  }
  clock_start(network->options.clock, &trip->there, travel, on_there, trip);
  return trip;
}

/* ---- at Telegram ---- */

static void answer_pause(struct trip *trip) {
  int seconds = (int)dice_skewed(trip->network->options.dice, 1, 15);
  char body[200];
  int size = snprintf(body, sizeof body,
                      "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after %d\","
                      "\"parameters\":{\"retry_after\":%d}}",
                      seconds, seconds);
  trip->answer =
      (struct http_answer){.status = 429, .retry_after = seconds, .body = copy(body, (size_t)size), .size = (size_t)size};
}

static void on_there(void *data) {
  struct trip *trip = data;
  struct network *network = trip->network;
  note_event(trip, "there");
  switch (trip->fate) {
    case FATE_LOST:
      fail(trip, ERROR_UNCERTAIN, "the connection ended");
      start_back(trip, dice_skewed(network->options.dice, 1, 60000));
      break;
    case FATE_PAUSED:
      answer_pause(trip);
      start_back(trip, roll_travel(network));
      break;
    case FATE_BROKEN:
      trip->answer = (struct http_answer){.status = 502, .body = copy("<html>", 6), .size = 6};
      start_back(trip, roll_travel(network));
      break;
    default:
      trip->call = sandbox_start(network->options.sandbox, &trip->request, on_answered, trip, NULL);
      if (!trip->call) abort(); /* neither files of the disk nor a want of memory are simulated */
      return;
  }
  trip_end_if_over(trip);
}

static void on_answered(const struct http_answer *answer, void *data) {
  struct trip *trip = data;
  trip->call = NULL;
  note_event(trip, "done");
  tell_event(trip, trip->machine && trip->fate != FATE_LATE ? MOMENT_DONE : MOMENT_DONE_LATE, answer->status == 200);
  if (trip->fate == FATE_TWICE) {
    trip->fate = FATE_FINE;
    clock_start(trip->network->options.clock, &trip->there, roll_travel(trip->network), on_there, trip);
  } else if (trip->fate == FATE_ANSWER_LOST) {
    fail(trip, ERROR_UNCERTAIN, "the connection ended before the answer");
    start_back(trip, dice_skewed(trip->network->options.dice, 1, 60000));
  } else if (trip->fate != FATE_LATE) {
    trip->answer = *answer;
    trip->answer.body = copy(answer->body, answer->size);
    start_back(trip, roll_travel(trip->network));
  }
  trip_end_if_over(trip);
}

/* ---- the way back ---- */

static void tell(struct trip *trip) {
  struct network *network = trip->network;
  struct machine *machine = trip->machine;
  transport_done done = trip->done;
  void *data = trip->data;
  struct http_answer answer = trip->answer;
  if (answer.error.kind || !answer.body) answer.body = "";
  answer.content_type = "";
  note_event(trip, "told");
  if (is_poll(trip) && answer.status == 200) network->options.delivered(machine, answer.body, network->options.data);
  tell_event(trip, answer.error.kind == ERROR_UNCERTAIN ? MOMENT_TOLD_UNCERTAIN : MOMENT_TOLD, answer.status == 200);
  leave(trip);
  machine_at_work = machine;
  done(&answer, data); /* the host may do anything; the trip is only kept for the answer's bytes */
  machine_at_work = NULL;
}

static void on_back(void *data) {
  struct trip *trip = data;
  if (trip->machine->is_frozen) {
    trip->is_back = true;
    return;
  }
  tell(trip);
  trip_end_if_over(trip);
}

static void on_limit(void *data) {
  struct trip *trip = data;
  free((char *)trip->answer.body);
  trip->answer = (struct http_answer){0};
  fail(trip, ERROR_UNCERTAIN, "Timeout was reached");
  tell(trip);
  trip_end_if_over(trip);
}

static void leave(struct trip *trip) {
  if (!trip->machine) return;
  clock_stop(trip->machine->clock, &trip->limit);
  clock_stop(trip->network->options.clock, &trip->back);
  trip->is_back = false;
  trip->machine = NULL;
}

/* A poll that nobody waits for any more is hung up on: Telegram notices that. */
static void trip_end_if_over(struct trip *trip) {
  struct network *network = trip->network;
  if (trip->machine || clock_is_started(&trip->there)) return;
  if (trip->call) {
    if (!is_poll(trip)) return;
    sandbox_call_cancel(trip->call);
  }
  DL_DELETE(network->trips, trip);
  unpack(trip);
  free(trip);
}

/* ---- the transport ---- */

static void cancel(void *self, void *call) {
  (void)self;
  struct trip *trip = call;
  leave(trip);
  trip_end_if_over(trip);
}

static void refresh(void *self) { (void)self; }
static void close_way(void *self) { free(self); }

void network_open_transport(struct network *network, struct machine *machine, const char *token, struct transport *transport) {
  struct way *way = memory_new(sizeof *way);
  *way = (struct way){network, machine, token};
  *transport = (struct transport){.start = start, .cancel = cancel, .refresh = refresh, .close = close_way, .self = way};
}

/* ---- what happens to machines ---- */

static void drop(struct trip *trip) {
  leave(trip);
  clock_stop(trip->network->options.clock, &trip->there);
  if (trip->call) sandbox_call_cancel(trip->call);
  trip->call = NULL;
  trip_end_if_over(trip);
}

/* What its host had sent has lost its host by now. */
void network_crash(struct network *network, struct machine *machine) {
  (void)machine;
  struct trip *trip, *next;
  DL_FOREACH_SAFE(network->trips, trip, next) {
    bool is_orphan = !trip->machine && clock_is_started(&trip->there);
    if (is_orphan && !network->weather.outlives_machines) drop(trip);
  }
}

void network_thaw(struct network *network, struct machine *machine) {
  struct trip *trip, *next;
  DL_FOREACH_SAFE(network->trips, trip, next) {
    if (trip->machine == machine && trip->is_back) clock_start(network->options.clock, &trip->back, 0, on_back, trip);
  }
}

void network_free(struct network *network) {
  while (network->trips) drop(network->trips);
  free(network);
}
