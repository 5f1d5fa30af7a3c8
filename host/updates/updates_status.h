/* What the updates say of themselves, for the operator. Part of the floor's face: updates.h includes it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct histogram;
struct updates;

struct updates_status {
  uint64_t received, finished, failed;
  size_t unfinished, parked;         /* parked: in rows; among the unfinished */
  size_t lanes;                      /* chats with unfinished updates in memory */
  const struct histogram *durations; /* of handlers; borrowed */
  int64_t last_poll_at; /* ms since 1970 of the last successful getUpdates, or of the webhook's last update; 0: none yet */
  size_t held, unsaved; /* the webhook's requests that wait for room, and for a backup */
  uint64_t refused;     /* those with a wrong secret */
  bool is_webhook_set;
};
void updates_status(const struct updates *updates, struct updates_status *status);
