/* What updates are taken with. Part of the floor's face: updates.h includes it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "updates/webhook_options.h"

struct clock;
struct database;
struct error;
struct script;
struct telegram;
struct telegram_request;

struct updates_observer {                                     /* who sees updates come and go; borrowed arguments */
  void (*arrived)(const char *json, size_t size, void *data); /* a new one; it may be broken */
  /* asker: as of struct telegram_request, for all calls of its handler */
  void (*begun)(int64_t update_id, int64_t lane, const void *asker,
                void *data); /* it, or the album that it is the first of, is in hand */
  void (*ended)(int64_t update_id, const struct error *error, void *data); /* error->kind: how its handler failed */
  /* a call of its handler is the answer to the webhook's request */
  void (*replied)(int64_t update_id, const struct telegram_request *request, void *data);
  void *data;
};

struct updates_options { /* pointers are kept until updates_close() */
  struct telegram *telegram;
  struct script *script;
  struct database *database;
  struct clock *clock;
  size_t capacity;       /* of the inbox, in updates; 0: 2,000 */
  unsigned poll_seconds; /* of one long poll; 0: 25. Telegram waits at most 50 */
  struct webhook_options webhook;
  bool is_durable;                         /* a batch is confirmed only after updates_saved() has covered it */
  const struct updates_observer *observer; /* NULL: nobody */
  /* All may be NULL; called from the loop with `data`. */
  /* True: the host takes it, no script gets it. A NUL follows json. */
  bool (*intercept)(const char *json, size_t size, int64_t lane, void *data);
  void (*want_save)(void *data); /* durable: the next batch waits for updates_saved() or updates_unchanged() */
  bool (*may_poll)(void *data);  /* false: asked again soon; until then nothing is polled or taken, and so nothing confirmed */
  bool (*reload)(struct error *error, void *data); /* all hosts should; false: the scripts can't be loaded, or not all of it */
  void (*failed)(const struct error *error, void *data); /* it can't go on: the token is refused, or the webhook's address */
  void (*conflicted)(void *data);                        /* another program polls too; told at each 409 */
  void (*tell)(const char *text, void *data);            /* what the person who runs the bot should know; borrowed */
  void *data;
};
