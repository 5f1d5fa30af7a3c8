/* Queues updates by lane. A lane exists only while it has an update in hand or waiting, since a bot has a million chats of
 * which a few hundred talk. Lanes that are ready stand in a queue, so a chat with a thousand messages gets its turn as often
 * as a chat with one. */
#include "updates/lane.h"

#include <assert.h>
#include <stdlib.h>

#include "common/id_hash.h"
#include "common/memory.h"

/* Lives while it has an item that is not finished. It is in the ready list exactly while it has none in hand and one waits that
 * may be taken. */
struct lane {
  int64_t id;
  bool is_ready;
  struct lane_item *in_hand;
  struct lane_item *released;     /* not finished, and no more in hand */
  struct lane_item *first, *last; /* waiting */
  size_t count;                   /* with the one in hand and those released */
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

static bool is_held(const struct lane *lane, const struct lane_item *item) {
  const struct lane_item *each = lane->released;
  while (each && !(each->holds && each->person == item->person)) each = each->next;
  return each != NULL;
}

/* The place of the first that may be taken; of what points to NULL: there is none. Most lanes have nothing released. */
static struct lane_item **next_of(struct lane *lane) {
  struct lane_item **place = &lane->first;
  while (lane->released && *place && is_held(lane, *place)) place = &(*place)->next;
  return place;
}

/* To the end of the queue, behind all lanes that became ready before; unless nothing may be taken, or it is there already. */
static void become_ready(struct lanes *lanes, struct lane *lane) {
  if (lane->is_ready || lane->in_hand || !*next_of(lane)) return;
  lane->is_ready = true;
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
  item->in = lane;
  item->holds = false;
  lane->count++;
  add_in_order(lane, item);
  become_ready(lanes, lane);
}

static struct lane_item *before_end(const struct lane *lane) {
  struct lane_item *last = lane->first;
  while (last && last->next) last = last->next;
  return last;
}

/* The lane leaves the queue until its item is finished, so it can't have two in hand. */
struct lane_item *lanes_take(struct lanes *lanes) {
  struct lane *lane = lanes->first_ready;
  if (!lane) return NULL;
  lanes->first_ready = lane->next_ready;
  if (!lanes->first_ready) lanes->last_ready = NULL;
  lane->is_ready = false;
  struct lane_item **place = next_of(lane), *item = *place;
  *place = item->next;
  if (item == lane->last) lane->last = before_end(lane);
  return lane->in_hand = item;
}

/* It is in hand or released, and no more afterwards. */
static void leave(struct lane *lane, struct lane_item *item) {
  struct lane_item **place = &lane->released;
  while (*place && *place != item) place = &(*place)->next;
  if (*place) {
    *place = item->next;
  } else {
    assert(lane->in_hand == item);
    lane->in_hand = NULL;
  }
}

void lanes_release(struct lanes *lanes, struct lane_item *item, bool holds) {
  struct lane *lane = item->in;
  assert(lane);
  leave(lane, item);
  item->holds = holds && item->person;
  item->next = lane->released;
  lane->released = item;
  become_ready(lanes, lane);
}

void lanes_finish(struct lanes *lanes, struct lane_item *item) {
  struct lane *lane = item->in;
  assert(lane);
  leave(lane, item);
  item->in = NULL;
  lane->count--;
  if (lane->count) {
    become_ready(lanes, lane);
  } else {
    HASH_DEL(lanes->lanes, lane);
    free(lane);
  }
}

void lanes_put_back(struct lanes *lanes, struct lane_item *item) {
  struct lane *lane = item->in;
  assert(lane);
  leave(lane, item);
  item->next = lane->first;
  if (!lane->first) lane->last = item;
  lane->first = item;
  become_ready(lanes, lane);
}

size_t lanes_count(const struct lanes *lanes, int64_t id) {
  const struct lane *lane = find(lanes, id);
  return lane ? lane->count : 0;
}

size_t lanes_open(const struct lanes *lanes) { return HASH_COUNT(lanes->lanes); }
