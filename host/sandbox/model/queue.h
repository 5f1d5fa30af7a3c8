/* A bot's updates, from the moment when they happen until the bot confirms them or they expire; and which types of updates the
 * bot wants. At most one getUpdates waits for them. Knows no sockets and no clock: `now`, seconds since 1970, is given. For the
 * loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct json_t;
struct queue;

/* After so many seconds an update that is not confirmed expires. */
enum { QUEUE_LIFE = 86400, QUEUE_LIFE_CALLBACK = 150, QUEUE_LIFE_INLINE = 30, QUEUE_LIFE_CHOSEN = 600 };

/* A getUpdates that waits. Its owner embeds it, and calls queue_forget() before freeing it. */
struct queue_poll {
  /* Called by queue_wake() when there are updates, and with `is_conflict` when a newer poll has come. The poll no longer waits
   * then. */
  void (*done)(struct queue_poll *poll, bool is_conflict);
};

struct queue *queue_new(void);
void queue_free(struct queue *queue); /* no poll may wait. NULL does no harm */

/* Adds an update. `json`, which is borrowed, is its one member without braces: `"message":{...}`. It is dropped if the bot does
 * not want the type, or if 100,000 updates or 64 MB of them wait already. */
void queue_add(struct queue *queue, const char *type, const char *json, size_t size, int64_t expires_at);

/* Removes the updates below the offset, as Telegram does. A negative one keeps only the newest so many; one that is much too
 * high is ignored. Returns whether there were any. */
bool queue_confirm(struct queue *queue, int64_t offset, int64_t now);

/* Writes the oldest updates as a JSON array, at most `limit` of them and about 4 MiB. They stay in the queue. Returns how many.
 */
unsigned queue_read(struct queue *queue, unsigned limit, int64_t now, struct buffer *buffer);

/* Lets the poll wait, which is kept. An older one ends with the conflict. */
void queue_wait(struct queue *queue, struct queue_poll *poll);
void queue_forget(struct queue *queue, struct queue_poll *poll); /* does nothing for a poll that does not wait */
void queue_wake(struct queue *queue, int64_t now);

void queue_interrupt(struct queue *queue); /* ends the poll with the conflict */

struct queue_update { /* borrowed until the queue changes */
  int64_t id;
  const char *json;
  uint64_t *lane; /* for whoever delivers it to note what it waits for; 0 at first */
};

/* For webhooks: the oldest update with an id of at least `from`. False: there is none. */
bool queue_next(struct queue *queue, int64_t from, int64_t now, struct queue_update *update);
void queue_remove(struct queue *queue, int64_t id); /* it is delivered. Does nothing for an id that is gone */

unsigned queue_pending(struct queue *queue, int64_t now);
bool queue_holds(const struct queue *queue, int64_t id); /* whether the update of that id still waits */
void queue_clear(struct queue *queue);

/* Sets the types of updates that the bot wants, as allowed_updates does. Anything else than an array of strings changes
 * nothing; an empty array means the default. */
void queue_allow(struct queue *queue, const struct json_t *types);
const char *queue_allowed(const struct queue *queue); /* the JSON array, or NULL for the default; borrowed */

/* For saving: visits every update, oldest first. */
void queue_each(struct queue *queue, void (*visit)(int64_t id, const char *json, int64_t expires_at, void *data), void *data);
int64_t queue_next_id(const struct queue *queue);
/* Adds an update with the id that it had when it was saved; json NULL only sets the next id. Ids must come in order. */
void queue_restore(struct queue *queue, int64_t id, const char *json, int64_t expires_at);
