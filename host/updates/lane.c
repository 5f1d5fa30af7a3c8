/* Queues updates by lane. A lane exists only while it has an update in hand or waiting, since a bot has a million chats of
 * which a few hundred talk. Lanes that are ready stand in a queue, so a chat with a thousand messages gets its turn as often
 * as a chat with one. */
#include "updates/lane.h"

#include <assert.h>
#include <stdlib.h>
#include <uthash.h>

#include "common/memory.h"

/* Lives while it has an item in hand or waiting. It is in the ready list exactly while it waits and has none in hand. */
struct lane {
  int64_t id;
  struct lane_item *in_hand;
  struct lane_item *first, *last; /* waiting */
  size_t count;                   /* with the one in hand */
  struct lane *next_ready;
  UT_hash_handle hh;
};

struct lanes {
  struct lane *lanes;
  struct lane *first_ready, *last_ready;
};

struct lanes *lanes_new(void) { return memory_new(sizeof(struct lanes)); }

void lanes_free(struct lanes *lanes) {
  if (!lanes) return;
  struct lane *lane, *next;
  HASH_ITER(hh, lanes->lanes, lane, next) {
    HASH_DEL(lanes->lanes, lane);
    free(lane);
  }
  free(lanes);
}

/* To the end of the queue, behind all lanes that became ready before. */
static void become_ready(struct lanes *lanes, struct lane *lane) {
  lane->next_ready = NULL;
  if (lanes->last_ready) {
    lanes->last_ready->next_ready = lane;
  } else {
    lanes->first_ready = lane;
  }
  lanes->last_ready = lane;
}

static struct lane *find(const struct lanes *lanes, int64_t id) {
  struct lane *lane;
  HASH_FIND(hh, lanes->lanes, &id, sizeof id, lane);
  return lane;
}

/* Nearly always at the end. What an earlier backup held comes before what has arrived since (revert.c). */
static void add_in_order(struct lane *lane, struct lane_item *item) {
  struct lane_item **place = &lane->first;
  bool is_last = !lane->first || lane->last->order <= item->order;
  if (is_last) {
    if (lane->first) place = &lane->last->next;
    lane->last = item;
  } else {
    while ((*place)->order <= item->order) place = &(*place)->next;
  }
  item->next = is_last ? NULL : *place;
  *place = item;
}

void lanes_push(struct lanes *lanes, struct lane_item *item) {
  struct lane *lane = find(lanes, item->lane);
  if (!lane) {
    lane = memory_new(sizeof *lane);
    lane->id = item->lane;
    HASH_ADD(hh, lanes->lanes, id, sizeof lane->id, lane);
  }
  lane->count++;
  bool was_waiting = lane->first != NULL;
  add_in_order(lane, item);
  if (!was_waiting && !lane->in_hand) become_ready(lanes, lane);
}

/* The lane leaves the queue until its item is finished, so it can't have two in hand. */
struct lane_item *lanes_take(struct lanes *lanes) {
  struct lane *lane = lanes->first_ready;
  if (!lane) return NULL;
  lanes->first_ready = lane->next_ready;
  if (!lanes->first_ready) lanes->last_ready = NULL;
  lane->in_hand = lane->first;
  lane->first = lane->first->next;
  return lane->in_hand;
}

void lanes_finish(struct lanes *lanes, struct lane_item *item) {
  struct lane *lane = find(lanes, item->lane);
  assert(lane && lane->in_hand == item);
  lane->in_hand = NULL;
  lane->count--;
  if (lane->first) {
    become_ready(lanes, lane);
  } else {
    HASH_DEL(lanes->lanes, lane);
    free(lane);
  }
}

void lanes_put_back(struct lanes *lanes, struct lane_item *item) {
  struct lane *lane = find(lanes, item->lane);
  assert(lane && lane->in_hand == item);
  lane->in_hand = NULL;
  item->next = lane->first;
  if (!lane->first) lane->last = item;
  lane->first = item;
  become_ready(lanes, lane);
}

size_t lanes_count(const struct lanes *lanes, int64_t id) {
  const struct lane *lane = find(lanes, id);
  return lane ? lane->count : 0;
}
