/* getUpdates: offset, back-off, watchdog, 409. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updates/updates.h"

struct poll;

struct poll_owner {            /* what the poll asks of the floor, with `data` */
  size_t (*room)(void *data);  /* how many updates may come now */
  bool (*is_busy)(void *data); /* enough is in hand to keep the processor busy, unless Telegram is slow */

  /* One update has arrived. False: it can't be taken now; the batch is asked for again. */
  bool (*take)(const char *json, size_t size, uint64_t batch, int64_t *update_id, struct error *error, void *data);
  void (*taken)(uint64_t batch, size_t count, void *data);       /* a whole batch is in the inbox: work on it */
  void (*confirmed)(uint64_t batch, int64_t offset, void *data); /* Telegram has forgotten it and all before */
  bool (*may_confirm)(uint64_t batch, void *data);               /* durable: has a backup covered it? */
  void *data;
};

struct poll *poll_open(const struct updates_options *options, const struct poll_owner *owner); /* options is kept */
void poll_close(struct poll *poll);

void poll_start(struct poll *poll);
void poll_go_on(struct poll *poll);   /* there may be room, or leave to confirm, again */
void poll_restart(struct poll *poll); /* ask anew at once: what is wanted has changed */

/* Ends polling; what has arrived is confirmed if that is allowed. `stopped` comes once, from the loop. */
void poll_stop(struct poll *poll, void (*stopped)(void *data), void *data);
int64_t poll_last_at(const struct poll *poll); /* of the last success, ms since 1970 */
