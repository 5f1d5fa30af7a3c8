/* Polling: one getUpdates after the other, with its offset, its back-off after failures, a check for stalls, and the 409 that
 * says that another program polls. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updates/updates.h"

struct polling;

enum polling_taking {
  POLLING_TAKEN,
  POLLING_PASSED, /* it has no id that could be read: the next one that has one moves past it */
  POLLING_LATER,  /* it can't be taken now: it is asked for again, with all behind it */
};

struct polling_owner {         /* what the polling asks of the floor, with `data` */
  size_t (*room)(void *data);  /* how many updates may come now */
  bool (*is_busy)(void *data); /* enough is in hand to keep the processor busy, unless Telegram is slow */

  /* One update has arrived. POLLING_TAKEN: *update_id is set. Else *error says why not. */
  enum polling_taking (*take)(const char *json, size_t size, uint64_t batch, int64_t *update_id, struct error *error,
                              void *data);
  void (*taken)(uint64_t batch, size_t count, void *data);       /* a whole batch is in the inbox: work on it */
  void (*confirmed)(uint64_t batch, int64_t offset, void *data); /* Telegram has forgotten it and all before */
  bool (*may_confirm)(uint64_t batch, void *data);               /* durable: has a backup covered it? */
  void *data;
};

struct polling *polling_open(const struct updates_options *options, const struct polling_owner *owner); /* options is kept */
void polling_close(struct polling *polling);

void polling_start(struct polling *polling);
void polling_go_on(struct polling *polling);   /* there may be room, or leave to confirm, again */
void polling_restart(struct polling *polling); /* ask anew at once: what is wanted has changed */

/* Ends polling; what has arrived is confirmed if that is wanted and allowed. `stopped` comes once, from the loop. */
void polling_stop(struct polling *polling, bool confirms, void (*stopped)(void *data), void *data);
int64_t polling_last_at(const struct polling *polling); /* of the last success, ms since 1970 */
