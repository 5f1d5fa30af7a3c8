/* The queue of a bot's updates. Updates are in a ring in the order of their ids, which are consecutive: entry i has the id
 * head + i. An update that expires before its turn leaves a hole, which is skipped. */
#include "sandbox/model/queue.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/json_write.h"

#define QUEUE_MAX 100000                        /* updates; more are dropped, as at Telegram */
#define QUEUE_BYTES ((size_t)128 * 1024 * 1024) /* of them all; the same */
#define UPDATE_BYTES ((size_t)512 * 1024)       /* of one; the same */
#ifndef QUEUE_ANSWER
#define QUEUE_ANSWER (4 * 1024 * 1024) /* bytes of one getUpdates */
#endif
#define QUEUE_LAST_ID 2000000000 /* an offset from here on is ignored */
#define QUEUE_AHEAD 10           /* an offset further above the next id is ignored */

struct entry {
  char *json; /* NULL: a hole */
  size_t size;
  int64_t expires_at;
  uint64_t lane; /* see queue_next() */
};

struct queue {
  struct entry *ring;
  size_t capacity, first, count; /* capacity is a power of two */
  int64_t head;                  /* the id of the first entry; with none, the next id */
  size_t bytes;                  /* of all entries */
  unsigned live;                 /* entries that are not holes */
  struct queue_poll *poll;
  json_t *allowed; /* NULL: the default */
  char *allowed_text;
};

static const char *const not_by_default[] = {"chat_member", "message_reaction", "message_reaction_count"};

static const char *const known_types[] = {"message",
                                          "edited_message",
                                          "channel_post",
                                          "edited_channel_post",
                                          "business_connection",
                                          "business_message",
                                          "edited_business_message",
                                          "deleted_business_messages",
                                          "guest_message",
                                          "message_reaction",
                                          "message_reaction_count",
                                          "inline_query",
                                          "chosen_inline_result",
                                          "callback_query",
                                          "shipping_query",
                                          "pre_checkout_query",
                                          "purchased_paid_media",
                                          "poll",
                                          "poll_answer",
                                          "my_chat_member",
                                          "chat_member",
                                          "chat_join_request",
                                          "chat_boost",
                                          "removed_chat_boost",
                                          "managed_bot",
                                          "subscription"};

struct queue *queue_new(void) {
  struct queue *queue = memory_new(sizeof *queue);
  queue->head = 2000001 + random() % 997999999;
  return queue;
}

static struct entry *entry_at(const struct queue *queue, size_t i) {
  return &queue->ring[(queue->first + i) & (queue->capacity - 1)];
}

static void empty(struct queue *queue, struct entry *entry) {
  if (entry->json) queue->live--;
  if (entry->json) queue->bytes -= entry->size;
  free(entry->json);
  entry->json = NULL;
}

static void drop_head(struct queue *queue) {
  empty(queue, entry_at(queue, 0));
  queue->first = (queue->first + 1) & (queue->capacity - 1);
  queue->count--;
  queue->head++;
}

void queue_clear(struct queue *queue) {
  while (queue->count) drop_head(queue);
}

void queue_free(struct queue *queue) {
  if (!queue) return;
  queue_clear(queue);
  json_decref(queue->allowed);
  free(queue->allowed_text);
  free(queue->ring);
  free(queue);
}

static bool grow(struct queue *queue) {
  if (queue->count < queue->capacity) return true;
  size_t capacity = queue->capacity ? queue->capacity * 2 : 64;
  struct entry *ring = memory_try_resize(NULL, capacity * sizeof *ring);
  if (!ring) return false;
  for (size_t i = 0; i < queue->count; i++) ring[i] = *entry_at(queue, i);
  free(queue->ring);
  queue->ring = ring;
  queue->capacity = capacity;
  queue->first = 0;
  return true;
}

static bool is_wanted(const struct queue *queue, const char *type) {
  if (queue->allowed) return json_object_get(queue->allowed, type) != NULL;
  for (size_t i = 0; i < sizeof not_by_default / sizeof *not_by_default; i++) {
    if (strcmp(type, not_by_default[i]) == 0) return false;
  }
  return true;
}

static void append(struct queue *queue, const char *json, size_t size, int64_t expires_at) {
  bool has_room = queue->count < QUEUE_MAX && size <= UPDATE_BYTES && size <= QUEUE_BYTES - queue->bytes;
  char *copy = has_room && grow(queue) ? memory_try_resize(NULL, size + 1) : NULL;
  if (!copy) return;
  memcpy(copy, json, size);
  copy[size] = '\0';
  *entry_at(queue, queue->count++) = (struct entry){.json = copy, .size = size, .expires_at = expires_at};
  queue->live++;
  queue->bytes += size;
}

void queue_add(struct queue *queue, const char *type, const char *json, size_t size, int64_t expires_at) {
  if (is_wanted(queue, type)) append(queue, json, size, expires_at);
}

static void expire(struct queue *queue, int64_t now) {
  while (queue->count && (!entry_at(queue, 0)->json || entry_at(queue, 0)->expires_at <= now)) drop_head(queue);
}

static void keep_newest(struct queue *queue, size_t count) {
  while (queue->live > count) drop_head(queue);
}

bool queue_confirm(struct queue *queue, int64_t offset, int64_t now) {
  expire(queue, now);
  int64_t head = queue->head, tail = head + (int64_t)queue->count;
  if (offset < 0) keep_newest(queue, offset < -QUEUE_MAX ? QUEUE_MAX : (size_t)-offset);
  bool is_ignored = offset <= queue->head || offset > tail + QUEUE_AHEAD || offset >= QUEUE_LAST_ID;
  while (!is_ignored && queue->count && queue->head < offset) drop_head(queue);
  return queue->head != head;
}

unsigned queue_read(struct queue *queue, unsigned limit, int64_t now, struct buffer *buffer) {
  unsigned written = 0;
  size_t begin = buffer->size;
  json_write_text(buffer, "[");
  for (size_t i = 0; i < queue->count && written < limit; i++) {
    struct entry *entry = entry_at(queue, i);
    if (entry->json && entry->expires_at <= now) empty(queue, entry);
    if (!entry->json) continue;
    if (written && buffer->size - begin + entry->size > QUEUE_ANSWER) break;
    json_write_text(buffer, written++ ? ",{\"update_id\":" : "{\"update_id\":");
    json_write_number(buffer, queue->head + (int64_t)i);
    json_write_text(buffer, ",\n");
    (void)buffer_add(buffer, entry->json, entry->size, NULL);
    json_write_text(buffer, "}");
  }
  json_write_text(buffer, "]");
  return written;
}

/* ---- the poll that waits ---- */

static void end_poll(struct queue *queue, bool is_conflict) {
  struct queue_poll *poll = queue->poll;
  queue->poll = NULL;
  if (poll) poll->done(poll, is_conflict);
}

void queue_wait(struct queue *queue, struct queue_poll *poll) {
  end_poll(queue, true);
  queue->poll = poll;
}

void queue_forget(struct queue *queue, struct queue_poll *poll) {
  if (queue->poll == poll) queue->poll = NULL;
}

void queue_wake(struct queue *queue, int64_t now) {
  if (!queue->poll || !queue->live) return;
  expire(queue, now);
  if (queue->live) end_poll(queue, false);
}

void queue_interrupt(struct queue *queue) { end_poll(queue, true); }

/* ---- webhooks ---- */

bool queue_next(struct queue *queue, int64_t from, int64_t now, struct queue_update *update) {
  expire(queue, now);
  size_t i = from > queue->head ? (size_t)(from - queue->head) : 0;
  for (; i < queue->count; i++) {
    struct entry *entry = entry_at(queue, i);
    if (entry->json && entry->expires_at <= now) empty(queue, entry);
    *update = (struct queue_update){.id = queue->head + (int64_t)i, .json = entry->json, .lane = &entry->lane};
    if (entry->json) return true;
  }
  return false;
}

void queue_remove(struct queue *queue, int64_t id) {
  if (id < queue->head || id >= queue->head + (int64_t)queue->count) return;
  empty(queue, entry_at(queue, (size_t)(id - queue->head)));
  while (queue->count && !entry_at(queue, 0)->json) drop_head(queue);
}

unsigned queue_pending(struct queue *queue, int64_t now) {
  expire(queue, now);
  return queue->live;
}

bool queue_holds(const struct queue *queue, int64_t id) {
  return id >= queue->head && id < queue_next_id(queue) && entry_at(queue, (size_t)(id - queue->head))->json;
}

/* ---- which types ---- */

static const char *known_type(const char *name) {
  for (size_t i = 0; i < sizeof known_types / sizeof *known_types; i++) {
    if (strcasecmp(name, known_types[i]) == 0) return known_types[i];
  }
  return NULL;
}

void queue_allow(struct queue *queue, const struct json_t *types) {
  if (!json_is_array(types)) return;
  json_t *allowed = json_object(), *names = json_array(), *type;
  size_t i;
  json_array_foreach((json_t *)types, i, type) {
    if (!json_is_string(type)) goto done;
    const char *name = known_type(json_string_value(type));
    if (name && !json_object_get(allowed, name)) json_array_append_new(names, json_string(name));
    if (name) json_object_set_new(allowed, name, json_true());
  }
  json_decref(queue->allowed);
  free(queue->allowed_text);
  bool has_any = json_object_size(allowed) > 0;
  queue->allowed = has_any ? json_incref(allowed) : NULL;
  queue->allowed_text = has_any ? json_write_dump(names) : NULL;
done:
  json_decref(allowed);
  json_decref(names);
}

const char *queue_allowed(const struct queue *queue) { return queue->allowed_text; }

/* ---- saving ---- */

void queue_each(struct queue *queue, void (*visit)(int64_t id, const char *json, int64_t expires_at, void *data), void *data) {
  for (size_t i = 0; i < queue->count; i++) {
    struct entry *entry = entry_at(queue, i);
    if (entry->json) visit(queue->head + (int64_t)i, entry->json, entry->expires_at, data);
  }
}

int64_t queue_next_id(const struct queue *queue) { return queue->head + (int64_t)queue->count; }

void queue_restore(struct queue *queue, int64_t id, const char *json, int64_t expires_at) {
  if (!queue->count) queue->head = id;
  while (queue->count && queue_next_id(queue) < id && grow(queue)) *entry_at(queue, queue->count++) = (struct entry){0};
  if (json) append(queue, json, strlen(json), expires_at);
}
