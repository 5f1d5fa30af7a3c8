/* Polling: one getUpdates after the other, with its offset, its back-off after failures, a check for stalls, and the 409 that
 * says that another program polls. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updates/intake.h"
#include "updates/updates.h"

struct polling;

struct polling *polling_open(const struct updates_options *options, const struct intake *intake); /* options is kept */
void polling_close(struct polling *polling);

void polling_start(struct polling *polling);
void polling_go_on(struct polling *polling);   /* there may be room, or leave to confirm, again */
void polling_rewind(struct polling *polling);  /* what Telegram has not forgotten yet comes again */
void polling_restart(struct polling *polling); /* ask anew at once: what is wanted has changed */

/* Ends polling; what has arrived is confirmed if that is wanted and allowed. `stopped` comes once, from the loop. */
void polling_stop(struct polling *polling, bool confirms, void (*stopped)(void *data), void *data);
int64_t polling_last_at(const struct polling *polling); /* of the last success, ms since 1970 */
