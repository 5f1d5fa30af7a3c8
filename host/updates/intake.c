#include "updates/intake.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"

enum { TOLD_AGAIN_MS = 60000 };

void intake_tell_passed(struct clock *clock, int64_t *told_ticks, const char *text, size_t size, const struct error *error) {
  int64_t now = clock_ticks(clock);
  if (*told_ticks && now - *told_ticks < TOLD_AGAIN_MS) return;
  *told_ticks = now + (now == 0);
  char begin[100];
  (void)snprintf(begin, sizeof begin, "%.*s", (int)(size < sizeof begin ? size : sizeof begin), text);
  log_error("an update without a readable update_id is passed over; bytes=%zu begin=%s error=%s", size, begin, error->text);
}
