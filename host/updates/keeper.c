/* What both ways of keeping tell. */
#include "updates/keeper.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/log.h"
#include "updates/inbox.h"
#include "updates/updates_options.h"

enum {
  TOLD_AGAIN_MS = 3600000, /* of the next flood, of whichever chat */
};

void keeper_tell_arrived(const struct keeper *keeper, const char *json, size_t size) {
  const struct updates_observer *observer = keeper->options->observer;
  if (observer) observer->arrived(json, size, observer->data);
}

void keeper_bury(struct keeper *keeper, struct update *update, const char *reason) {
  log_error("an update can't be read, and is a dead letter; update=%lld error=%s", (long long)update->id, reason);
  inbox_bury(keeper->inbox, update, reason, clock_now(keeper->options->clock));
  keeper->unread++;
}

void keeper_tell_flood(struct keeper *keeper, int64_t lane, size_t waiting) {
  const struct updates_options *options = keeper->options;
  char text[200];
  log_warn("a chat sends more than its handlers can do: what it sent waits in the database; chat=%lld parked=%zu",
           (long long)lane, waiting);
  int64_t now = clock_ticks(options->clock);
  if (!options->tell || (keeper->flood_told_ticks && now < keeper->flood_told_ticks + TOLD_AGAIN_MS)) return;
  keeper->flood_told_ticks = now;
  (void)snprintf(
      text, sizeof text,
      "The chat %lld sends more than I can handle at once. Its messages wait in their order; nobody else waits for them.",
      (long long)lane);
  options->tell(text, options->data);
}
