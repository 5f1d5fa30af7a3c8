/* Telegram's rate limits: 30 messages a second altogether, one a second in a chat, 20 a minute in a group. Each limit is kept
 * as the time at which the next message would be on schedule; a burst may run ahead of it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct call;

struct rate_limit {
  int64_t send_at; /* by the overall limit (ms of the clock); the limits of a chat are in struct chat */
};

/* Counts the call if it sends a message. False: it has been failed with 429. */
bool rate_limit_allow(struct rate_limit *limit, struct call *call);
