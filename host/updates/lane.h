/* Lanes keep the order in a chat: of each lane at most one update is in hand, and the others wait behind it, until it is
 * finished or released. A lane comes and
 * goes with its updates. Which lane an update takes is decided in script/update_lane.c. No Lua, no network. Internal to the
 * floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane;
struct lanes;

struct lane_item { /* embedded in an update */
  struct lane_item *next;
  struct lane *in;     /* ours; NULL: it is not pushed, or finished */
  int64_t lane, order; /* in its lane those of a lower order come first; of equal ones, those that were pushed first */
  int64_t person;      /* 0: nobody */
  bool holds;          /* ours: released, and yet what its person does waits for it */
};

struct lanes *lanes_new(void);
void lanes_free(struct lanes *lanes); /* items are the caller's; NULL does no harm */

void lanes_push(struct lanes *lanes, struct lane_item *item); /* item->lane and order are set; kept until lanes_finish() */

/* The next item whose turn has come, now in hand; NULL: none. Lanes take turns in the order in which they became ready. */
struct lane_item *lanes_take(struct lanes *lanes);
void lanes_finish(struct lanes *lanes, struct lane_item *item); /* one in hand or released: its lane's next is ready */

/* One in hand or released stays unfinished, but its lane's next may be taken. holds: unless it is of the same person. */
void lanes_release(struct lanes *lanes, struct lane_item *item, bool holds);

void lanes_put_back(struct lanes *lanes, struct lane_item *item); /* in hand or released: its lane's next again */
size_t lanes_open(const struct lanes *lanes);                     /* how many lanes have any */
size_t lanes_count(const struct lanes *lanes, int64_t lane);      /* its items, finished ones not */
