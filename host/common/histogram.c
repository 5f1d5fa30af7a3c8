#include "common/histogram.h"

static const int64_t ends_us[HISTOGRAM_RANGES] = {1000,   2500,   5000,    10000,   25000,   50000,    100000,
                                                  250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000};

void histogram_add(struct histogram *histogram, int64_t us) {
  unsigned range = 0;
  while (range < HISTOGRAM_RANGES && us > ends_us[range]) range++;
  histogram->counts[range]++;
  histogram->sum_us += us;
}

int64_t histogram_end_us(unsigned range) { return ends_us[range]; }
