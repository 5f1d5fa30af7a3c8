/* What kind of a world it is. Seeds differ much from each other on purpose: one that has a little of everything seldom has
 * enough of any one thing. */
#include <string.h>

#include "world_state.h"

enum { FAIR_TRAVEL_MS = 200, GOING_BACK_MS = 8000, HASTE_MS = 3000, PUSHING_MS = 40000 };

static const char *const aims[] = {
    "editMessageMedia sendDocument",
    "editMessageMedia",
    "sendDocument",
    "setMyCommands",
    "getMyCommands",
    "getUpdates",
    "pinChatMessage",
    "deleteMessage forwardMessage getFile getChat",
};

static const char *const methods[] = {"editMessageMedia", "sendDocument",   "setMyCommands", "getMyCommands", "getUpdates",
                                      "pinChatMessage",   "forwardMessage", "deleteMessage", "getChat"};

/* Of 1,000, each kind with a chance of one half. */
static unsigned some(struct dice *dice, unsigned most) {
  return dice_falls(dice, 500) ? (unsigned)dice_between(dice, 0, most) : 0;
}

static void choose_faults(struct dice *dice, struct weather *weather) {
  unsigned bad = dice_falls(dice, 300) ? (unsigned)dice_between(dice, 0, 140) : (unsigned)dice_skewed(dice, 0, 60);
  if (dice_falls(dice, 350)) {
    weather->only = aims[dice_between(dice, 0, sizeof aims / sizeof *aims - 1)];
    bad = (unsigned)dice_between(dice, 50, 300);
  }
  unsigned *const kinds[] = {&weather->refused, &weather->lost,   &weather->answer_lost, &weather->late,
                             &weather->paused,  &weather->broken, &weather->slow,        &weather->twice};
  enum { KINDS = sizeof kinds / sizeof *kinds };
  if (dice_falls(dice, 300)) { /* one kind alone */
    *kinds[dice_between(dice, 0, KINDS - 1)] = bad;
  } else {
    for (int i = 0; i < KINDS; i++) *kinds[i] = some(dice, bad / 2);
  }
}

/* What rules are there for: each of these breaks them, where one is missing. */
struct plot {
  const char *name;
  const char *only; /* the calls that are hit; NULL: none */
  enum fault { FAULT_LATE, FAULT_SLOW, FAULT_LOST } fault;
  const char *always_slow; /* other calls; NULL: none */
  int64_t travel_ms;       /* 0: any */
  struct ambush ambushes[AMBUSHES_MAX];
};

static const struct plot plots[] = {
    {"late-edit", "editMessageMedia", FAULT_LATE, NULL, 0, {{"editMessageMedia", MOMENT_DONE_LATE, 700, DEED_CRASH}}},
    {"later-edit",
     "editMessageMedia",
     FAULT_LATE,
     NULL,
     600,
     {{"editMessageMedia", MOMENT_TOLD_UNCERTAIN, 900, DEED_FREEZE},
      {"editMessageMedia", MOMENT_TOLD_UNCERTAIN, 900, DEED_START}}},
    {"older-edit",
     "editMessageMedia",
     FAULT_LATE,
     "sendDocument",
     200,
     {{"editMessageMedia", MOMENT_TOLD_UNCERTAIN, 900, DEED_START}}},
    {"stopped-mender",
     "editMessageMedia",
     FAULT_LATE,
     "sendDocument getChat",
     200,
     {{"editMessageMedia", MOMENT_TOLD_UNCERTAIN, 900, DEED_START}, {"editMessageMedia", MOMENT_DONE, 250, DEED_STOP}}},
    {"going-back", "sendMessage", FAULT_SLOW, NULL, 0, {{NULL, MOMENT_SENT, 0, DEED_STOP}}},
    {"slow-edit",
     "editMessageMedia",
     FAULT_SLOW,
     NULL,
     25,
     {{"editMessageMedia", MOMENT_SENT, 500, DEED_TAKEOVER}, {"forwardMessage", MOMENT_DONE, 200, DEED_FREEZE}}},
    {"slow-publication",
     "sendDocument",
     FAULT_SLOW,
     NULL,
     0,
     {{"setMyCommands", MOMENT_DONE, 600, DEED_FREEZE_OTHERS}, {"getUpdates", MOMENT_SENT, 60, DEED_START}}},
    {"slow-document", "sendDocument", FAULT_SLOW, NULL, 0, {{"sendDocument", MOMENT_SENT, 700, DEED_TAKEOVER}}},
    {"frozen-look",
     NULL,
     FAULT_LATE,
     NULL,
     0,
     {{"getMyCommands", MOMENT_DONE, 60, DEED_FREEZE}, {"getMyCommands", MOMENT_DONE, 60, DEED_TAKEOVER}}},
    {"frozen-raise",
     NULL,
     FAULT_LATE,
     NULL,
     0,
     {{"getMyCommands", MOMENT_DONE, 60, DEED_FREEZE}, {"setMyCommands", MOMENT_DONE, 300, DEED_START}}},
    {"frozen-poll",
     NULL,
     FAULT_LATE,
     NULL,
     0,
     {{"getUpdates", MOMENT_SENT, 100, DEED_FREEZE}, {"getUpdates", MOMENT_SENT, 100, DEED_START}}},
    {"late-raise", "setMyCommands", FAULT_LATE, NULL, 0, {{"setMyCommands", MOMENT_DONE_LATE, 500, DEED_CRASH_OTHERS}}},
    {"late-pin", "pinChatMessage", FAULT_LATE, NULL, 0, {{"pinChatMessage", MOMENT_TOLD_UNCERTAIN, 500, DEED_TAKEOVER}}},
    {"lost-document",
     "sendDocument pinChatMessage",
     FAULT_LOST,
     NULL,
     0,
     {{"sendDocument", MOMENT_TOLD_UNCERTAIN, 500, DEED_CRASH}}},
    /* from here on only by their names */
    {"deletion", NULL, FAULT_LATE, NULL, 0, {{"sendDocument", MOMENT_DONE, 30, DEED_FREEZE}}},
    {"push", NULL, FAULT_LATE, NULL, 0, {{"sendDocument", MOMENT_DONE, 60, DEED_FREEZE}}},
};
enum { PLOTS = sizeof plots / sizeof *plots, PLOTS_BY_NAME = 2, PLOTS_BY_CHANCE = PLOTS - PLOTS_BY_NAME };

static const struct plot *find_plot(const char *name) {
  for (int i = 0; name && i < PLOTS; i++) {
    if (strcmp(plots[i].name, name) == 0) return &plots[i];
  }
  return NULL;
}

bool weather_has_plot(const char *name) { return find_plot(name) != NULL; }

static void choose_plot(struct world *world, const struct plot *plot) {
  struct dice *dice = &world->dice;
  struct weather *weather = &world->weather;
  unsigned share = plot->only ? (unsigned)dice_between(dice, 100, 500) : 0;
  unsigned *const kinds[] = {&weather->late, &weather->slow, &weather->answer_lost};
  world->ambush_count = AMBUSHES_MAX;
  for (int i = AMBUSHES_MAX; i-- && !plot->ambushes[i].method;) world->ambush_count = i;
  for (int i = 0; i < world->ambush_count; i++) world->ambushes[i] = plot->ambushes[i];
  weather->only = plot->only;
  weather->always_slow = plot->always_slow;
  *kinds[plot->fault] = share;
  weather->late_ms = 25000;
  weather->travel_ms = dice_falls(dice, 600) ? dice_between(dice, 2, 60) : dice_between(dice, 60, 800);
  if (plot->travel_ms) weather->travel_ms = plot->travel_ms;
  world->trouble_ms = dice_between(dice, 20000, 120000);
  world->pause_ms = plot->always_slow ? HASTE_MS : dice_between(dice, 4000, 40000);
  world->off_ms = dice_between(dice, 1000, 30000);
  if (strcmp(plot->name, "going-back") == 0) world->admin_ms = GOING_BACK_MS;
  if (strcmp(plot->name, "push") == 0) world->operator_ms = PUSHING_MS;
  if (strcmp(plot->name, "deletion") == 0) world->eraser_ms = PUSHING_MS;
}

static void choose_ambushes(struct world *world) {
  struct dice *dice = &world->dice;
  world->ambush_count = dice_falls(dice, 350) ? 0 : (int)dice_between(dice, 1, AMBUSHES_MAX);
  for (int i = 0; i < world->ambush_count; i++) {
    world->ambushes[i] = (struct ambush){.method = methods[dice_between(dice, 0, sizeof methods / sizeof *methods - 1)],
                                         .moment = (enum moment)dice_between(dice, MOMENT_SENT, MOMENT_TOLD_UNCERTAIN),
                                         .per_mille = (unsigned)dice_skewed(dice, 20, 1000),
                                         .deed = (enum deed)dice_between(dice, 0, DEED_COUNT - 1)};
  }
}

/* By dice of their own, so that the other seeds are what they were. */
static void choose_more(struct world *world) {
  struct dice dice = {world->options.seed * 7};
  world->operator_ms = dice_falls(&dice, 150) ? dice_between(&dice, 10000, 200000) : 0;
  world->eraser_ms = dice_falls(&dice, 150) ? dice_between(&dice, 10000, 200000) : 0;
}

void weather_choose(struct world *world) {
  struct dice *dice = &world->dice;
  world->is_fair = dice_falls(dice, 200);
  world->weather = (struct weather){.outlives_machines = true,
                                    .travel_ms = dice_skewed(dice, 2, world->is_fair ? FAIR_TRAVEL_MS : 2000),
                                    .late_ms = dice_between(dice, 0, 3) ? dice_skewed(dice, 1000, 40000) : 180000};
  world->ambushes_left = (int)dice_between(dice, 1, 12);
  world->pause_ms = dice_between(dice, 5000, 120000);
  world->trouble_ms = dice_between(dice, 5000, 400000);
  world->off_ms = dice_falls(dice, 500) ? 30000 : 3000;
  world->takeover_per_mille = dice_falls(dice, 250) ? (unsigned)dice_between(dice, 50, 600) : 0;
  world->admin_ms = dice_falls(dice, 400) ? dice_between(dice, 5000, 90000) : 0;
  choose_more(world);
  const struct plot *plot = find_plot(world->options.plot);
  if (plot || (!world->is_fair && dice_falls(dice, 500))) {
    world->is_fair = false;
    choose_plot(world, plot ? plot : &plots[dice_between(dice, 0, PLOTS_BY_CHANCE - 1)]);
  } else {
    if (!world->is_fair) choose_faults(dice, &world->weather);
    choose_ambushes(world);
  }
  world->people_count = (int)dice_between(dice, 1, PEOPLE_MAX);
}
