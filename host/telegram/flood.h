/* Order and pauses: in each chat one call at a time, in the order in which the calls joined, and none while Telegram asks for a
 * pause. All of this is of one host: where several work for one bot, another one's job or broadcast may send into a chat at the
 * same time, in any order, and only pauses are told to the others (updates/shared_pause.h). Calls that belong to no chat have
 * no order, and one method's pause holds up no other method. Knows nothing of what a call is. The loop's thread only. A line
 * without a call and without a pause takes no memory. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct clock;
struct flood;
struct flood_line;

/* What a pause holds up. */
struct flood_key {
  int64_t chat_id;
  const char *method; /* NULL: the chat as a whole. Else: this method alone, for chat_id alone; its first 47 bytes count */
};

/* One call's place. Embedded in the call, all zero before flood_join(). Only flood.c uses the fields. */
struct flood_place {
  struct flood_line *line; /* NULL: bound to nothing */
  struct flood_place *next, *prev;
  void (*go)(void *data);
  void *data;
  bool is_out_of_order, is_waiting;
};

struct flood *flood_new(struct clock *clock); /* clock is kept. Given: flood_free() */
void flood_free(struct flood *flood);         /* every place must have left. NULL does no harm */

/* True: go at once. False: go(data) is called when the turn has come, from the loop or within another place's flood_leave(); it
 * must not call any function of this room. key: borrowed; NULL: bound to nothing, never waits. A method's places are all out of
 * order. place is kept until flood_leave(). */
bool flood_join(struct flood *flood, struct flood_place *place, const struct flood_key *key, bool out_of_order,
                void (*go)(void *data), void *data);

/* Pauses the place's chat, or its method, for `ms`; the place must be bound to one. The place, which has gone, keeps its turn:
 * go(data) is called again after the pause, before any other place of the chat. True: no pause was under way there before. */
bool flood_pause(struct flood *flood, struct flood_place *place, int64_t ms);

/* Pauses a chat, or a method, for which no call of this host was asked to. It holds back what joins from now on, and of two
 * pauses the longer holds. Calls nobody. */
void flood_hold(struct flood *flood, const struct flood_key *key, int64_t ms);

/* Ends the place, waiting or not. The turn passes to the next, whose go() may be called before this returns. */
void flood_leave(struct flood *flood, struct flood_place *place);

/* ms until the pause that holds the place back is over; 0: none does. */
int64_t flood_pause_left(const struct flood_place *place, const struct flood *flood);
