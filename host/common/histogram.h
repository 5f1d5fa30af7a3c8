/* How long something takes: durations counted in fixed ranges, from a millisecond to half a minute. Not for several threads. */
#pragma once
#include <stdint.h>

enum { HISTOGRAM_RANGES = 14 };

struct histogram {                       /* embedded; zeroed: nothing was counted */
  uint64_t counts[HISTOGRAM_RANGES + 1]; /* each range without those below; the last: longer than all */
  int64_t sum_us;
};

void histogram_add(struct histogram *histogram, int64_t us);
int64_t histogram_end_us(unsigned range); /* up to which a duration belongs there */
