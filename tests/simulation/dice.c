/* SplitMix64 (Steele, Lea and Flood, 2014). */
#include "dice.h"

uint64_t dice_roll(struct dice *dice) {
  uint64_t mixed = dice->state += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

int64_t dice_between(struct dice *dice, int64_t least, int64_t most) {
  return least + (int64_t)(dice_roll(dice) % (uint64_t)(most - least + 1));
}

bool dice_falls(struct dice *dice, unsigned per_mille) { return dice_roll(dice) % 1000 < per_mille; }

int64_t dice_skewed(struct dice *dice, int64_t least, int64_t most) {
  int64_t bound = dice_between(dice, least, most);
  return dice_between(dice, least, dice_between(dice, least, bound));
}
