/* Who may go when: in each chat one call at a time, in the order in which they joined, and nobody while Telegram wants a pause.
 * Knows nothing of what a call is. The loop's thread only. A chat that nobody waits for, and that is not paused, costs nothing.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct clock;
struct flood;
struct flood_chat;

/* One call's place. Embedded in the call; all zero before flood_join(), its fields are flood.c's. */
struct flood_place {
  struct flood_chat *chat; /* NULL: bound to no chat */
  struct flood_place *next, *prev;
  void (*go)(void *data);
  void *data;
  bool is_out_of_order, is_waiting;
};

struct flood *flood_new(struct clock *clock); /* clock is kept. Given: flood_free() */
void flood_free(struct flood *flood);         /* everyone must have left. NULL does no harm */

/* True: go at once. False: go(data) is called when it is its turn, from the loop or within another's flood_leave(); it must not
 * call anything here. chat_id 0: waits for the pauses of all, and nothing else. place is kept until flood_leave(). */
bool flood_join(struct flood *flood, struct flood_place *place, int64_t chat_id, bool out_of_order, void (*go)(void *data),
                void *data);

/* The one who went must wait: its chat is paused (everyone, if it has none) for `ms`. It keeps its turn, and go(data) comes
 * again. */
void flood_pause(struct flood *flood, struct flood_place *place, int64_t ms);

/* Ends the place, waiting or not; the turn goes to the next, whose go() may come before this returns. */
void flood_leave(struct flood *flood, struct flood_place *place);

/* ms until the pause that holds the place back is over; 0: none does. */
int64_t flood_pause_left(const struct flood_place *place, const struct flood *flood);
