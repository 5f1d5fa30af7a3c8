/* Random numbers that come from a seed: the same seed, the same numbers. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct dice {
  uint64_t state;
};

uint64_t dice_roll(struct dice *dice);                                /* any 64 bits */
int64_t dice_between(struct dice *dice, int64_t least, int64_t most); /* both of them included */
bool dice_falls(struct dice *dice, unsigned per_mille);               /* true so often of 1,000 */
int64_t dice_skewed(struct dice *dice, int64_t least, int64_t most);  /* mostly near the least, now and then near the most */
