/* What kind of a world it is. Seeds differ much from each other on purpose: one that has a little of everything seldom has
 * enough of any one thing. */
#include "world_state.h"

enum { FAIR_TRAVEL_MS = 200 };

static const char *const aims[] = {
    "editMessageMedia sendDocument", "editMessageMedia", "sendDocument",   "setMyCommands",
    "getMyCommands",                 "getUpdates",       "pinChatMessage", "deleteMessage forwardMessage getFile getChat",
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
                             &weather->paused,  &weather->broken, &weather->twice};
  enum { KINDS = sizeof kinds / sizeof *kinds };
  if (dice_falls(dice, 300)) { /* one kind alone */
    *kinds[dice_between(dice, 0, KINDS - 1)] = bad;
  } else {
    for (int i = 0; i < KINDS; i++) *kinds[i] = some(dice, bad / 2);
  }
}

static void choose_ambushes(struct world *world) {
  struct dice *dice = &world->dice;
  world->ambush_count = dice_falls(dice, 350) ? 0 : (int)dice_between(dice, 1, AMBUSHES_MAX);
  world->ambushes_left = (int)dice_between(dice, 1, 40);
  for (int i = 0; i < world->ambush_count; i++) {
    world->ambushes[i] = (struct ambush){.method = methods[dice_between(dice, 0, sizeof methods / sizeof *methods - 1)],
                                         .moment = (enum moment)dice_between(dice, MOMENT_SENT, MOMENT_TOLD_UNCERTAIN),
                                         .per_mille = (unsigned)dice_skewed(dice, 20, 1000),
                                         .deed = (enum deed)dice_between(dice, 0, DEED_COUNT - 1)};
  }
}

void weather_choose(struct world *world) {
  struct dice *dice = &world->dice;
  world->is_fair = dice_falls(dice, 200);
  world->weather = (struct weather){.outlives_machines = true,
                                    .travel_ms = dice_skewed(dice, 2, world->is_fair ? FAIR_TRAVEL_MS : 2000),
                                    .late_ms = dice_between(dice, 0, 3) ? dice_skewed(dice, 1000, 40000) : 180000};
  if (!world->is_fair) choose_faults(dice, &world->weather);
  choose_ambushes(world);
  world->pause_ms = dice_between(dice, 5000, 120000);
  world->trouble_ms = dice_between(dice, 5000, 400000);
  world->off_ms = dice_falls(dice, 500) ? 30000 : 3000;
  world->takeover_per_mille = dice_falls(dice, 250) ? (unsigned)dice_between(dice, 50, 600) : 0;
  world->people_count = (int)dice_between(dice, 1, PEOPLE_MAX);
}
