/* A bot's updates, from when they happen until the bot confirms them or they expire: ids, offsets, the one long poll that may
 * wait, and which types the bot wants. Knows no sockets and no clock: `now` (seconds since 1970) is given. The loop's thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct json_t;
struct queue;

/* The life of an update in seconds, by what it is. */
enum { QUEUE_LIFE = 86400, QUEUE_LIFE_CALLBACK = 150, QUEUE_LIFE_INLINE = 30, QUEUE_LIFE_CHOSEN = 600 };

/* A getUpdates that has to wait. Embedded by its owner, who takes it off before it goes. */
struct queue_poll {
  /* Called by queue_wake() when there is something to read, and with `is_conflict` when a newer poll came; the poll is off the
   * queue then. */
  void (*done)(struct queue_poll *poll, bool is_conflict);
};

struct queue *queue_new(void);
void queue_free(struct queue *queue); /* no poll may wait. NULL does no harm */

/* Takes in one update: `json` is its one member without braces, `"message":{...}` (borrowed). Thrown away when the bot does not
 * want the type, or 100,000 updates wait already. */
void queue_add(struct queue *queue, const char *type, const char *json, size_t size, int64_t expires_at);

/* Confirms what the offset says, as Telegram does: negative, far too high, below the head. What is left is to be read. */
void queue_confirm(struct queue *queue, int64_t offset, int64_t now);

/* Writes the oldest, at most `limit`, as a JSON array that ends early after 4 MiB. They stay. Returns how many. */
unsigned queue_read(struct queue *queue, unsigned limit, int64_t now, struct buffer *buffer);

/* The poll (kept) waits; an older one is told of the conflict. */
void queue_wait(struct queue *queue, struct queue_poll *poll);
void queue_forget(struct queue *queue, struct queue_poll *poll); /* does no harm when it does not wait */
void queue_wake(struct queue *queue, int64_t now);

unsigned queue_pending(struct queue *queue, int64_t now);
void queue_clear(struct queue *queue);

/* Telegram's allowed_updates: anything that is no array of strings leaves the setting alone; [] is the default. */
void queue_allow(struct queue *queue, const struct json_t *types);
const char *queue_allowed(const struct queue *queue); /* the JSON array, or NULL for the default; borrowed */

/* For saving: calls back for every update that still waits, oldest first. */
void queue_each(struct queue *queue, void (*visit)(int64_t id, const char *json, int64_t expires_at, void *data), void *data);
int64_t queue_next_id(const struct queue *queue);
/* Adds one as it was saved. The first sets the ids; later ones must come in order. */
void queue_restore(struct queue *queue, int64_t id, const char *json, int64_t expires_at);
