/* Telegram's rate limits of a bot: 30 messages a second altogether, one a second in a chat, 20 a minute in a group. Each limit
 * is kept as the time at which the next message would be on schedule; a burst may run ahead of it. */
#pragma once
#include <stdbool.h>

struct call;

/* Counts the call if it sends a message. False: it has been failed with 429. */
bool rate_limit_allow(struct call *call);
