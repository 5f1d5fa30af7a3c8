/* Queues calls by chat and keeps Telegram's pauses. A line is a chat, or a method. It is kept only while it has a member or
 * a pause, since a million chats may pass through in a day. A place that waits is in one of two lists of its line: the queue
 * (in order), or the bystanders (out of order, they obey only the pause). The lines of methods have bystanders only. */
#include "telegram/flood.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/id_hash.h"
#include "common/memory.h"

/* Hashed as bytes, so it has no padding; of a chat only the id. */
struct line_key {
  int64_t chat_id;
  char method[48]; /* the longest name of a method has 33 letters; "" for a chat */
};

struct flood_line {
  struct line_key key;
  struct flood *flood;
  struct flood_place *turn;  /* the place that has gone; NULL: none has */
  struct flood_place *queue; /* the next is the first */
  struct flood_place *bystanders;
  unsigned members;
  struct clock_timer pause;
  struct flood_line *next; /* in `spare` */
  UT_hash_handle hh;
};

struct flood {
  struct clock *clock;
  struct flood_line *lines;
  struct flood_line *spare; /* lines that are not in use, kept for the next ones */
};

static struct flood_line *line_of(struct flood *flood, const struct flood_key *wanted) {
  struct line_key key = {.chat_id = wanted->chat_id};
  unsigned key_size = wanted->method ? sizeof key : sizeof key.chat_id, hash; /* the sizes tell chats and methods apart */
  struct flood_line *line;
  if (wanted->method) (void)snprintf(key.method, sizeof key.method, "%s", wanted->method);
  HASH_VALUE(&key, key_size, hash);
  HASH_FIND_BYHASHVALUE(hh, flood->lines, &key, key_size, hash, line);
  if (line) return line;
  line = flood->spare;
  if (line) {
    LL_DELETE(flood->spare, line);
  } else {
    line = memory_new(sizeof *line);
  }
  *line = (struct flood_line){.key = key, .flood = flood};
  HASH_ADD_BYHASHVALUE(hh, flood->lines, key, key_size, hash, line);
  return line;
}

/* Called wherever a member or a pause ends; otherwise the table would grow with each chat ever seen. */
static void forget_if_idle(struct flood_line *line) {
  if (line->members || clock_is_started(&line->pause)) return;
  struct flood *flood = line->flood;
  HASH_DEL(flood->lines, line);
  LL_PREPEND(flood->spare, line);
}

static bool is_paused(const struct flood_line *line) { return clock_is_started(&line->pause); }

/* Takes the place off its list first, since go() may put others on it. */
static void let_go(struct flood_place **list, struct flood_place *place) {
  DL_DELETE(*list, place);
  place->is_waiting = false;
  place->go(place->data);
}

/* Bystanders first: they hold up no other call, and may have waited longer. */
static void wake(struct flood_line *line) {
  if (is_paused(line)) return;
  while (line->bystanders) let_go(&line->bystanders, line->bystanders);
  if (line->turn || !line->queue) return;
  line->turn = line->queue;
  let_go(&line->queue, line->queue);
}

static struct flood_place **list_of(const struct flood_place *place) {
  return place->is_out_of_order ? &place->line->bystanders : &place->line->queue;
}

bool flood_join(struct flood *flood, struct flood_place *place, const struct flood_key *key, bool out_of_order,
                void (*go)(void *data), void *data) {
  struct flood_line *line = key ? line_of(flood, key) : NULL;
  bool in_order = line && !key->method && !out_of_order;
  *place = (struct flood_place){.line = line, .go = go, .data = data, .is_out_of_order = !in_order};
  if (!line) return true;
  line->members++;
  if (is_paused(line) || (in_order && (line->turn || line->queue))) {
    struct flood_place **list = list_of(place);
    DL_APPEND(*list, place);
    place->is_waiting = true;
    return false;
  }
  if (in_order) line->turn = place;
  return true;
}

static void on_pause_over(void *data) {
  struct flood_line *line = data;
  wake(line);
  forget_if_idle(line);
}

/* Of two pauses the longer holds. True: none was under way. */
static bool pause_line(struct flood *flood, struct flood_line *line, int64_t ms) {
  bool is_first = !is_paused(line);
  if (is_first || line->pause.at < clock_ticks(flood->clock) + ms)
    clock_start(flood->clock, &line->pause, ms, on_pause_over, line);
  return is_first;
}

void flood_hold(struct flood *flood, const struct flood_key *key, int64_t ms) {
  (void)pause_line(flood, line_of(flood, key), ms);
}

/* The place goes back to the front, so that what came after it in the chat stays after it. */
bool flood_pause(struct flood *flood, struct flood_place *place, int64_t ms) {
  struct flood_line *line = place->line;
  struct flood_place **list = list_of(place);
  DL_PREPEND(*list, place);
  place->is_waiting = true;
  if (line->turn == place) line->turn = NULL;
  return pause_line(flood, line, ms);
}

void flood_leave(struct flood *flood, struct flood_place *place) {
  struct flood_line *line = place->line;
  (void)flood;
  if (!line) return;
  if (place->is_waiting) {
    struct flood_place **list = list_of(place);
    DL_DELETE(*list, place);
    place->is_waiting = false;
  }
  if (line->turn == place) line->turn = NULL;
  line->members--;
  wake(line);
  forget_if_idle(line);
}

struct flood *flood_new(struct clock *clock) {
  struct flood *flood = memory_new(sizeof *flood);
  flood->clock = clock;
  return flood;
}

void flood_free(struct flood *flood) {
  if (!flood) return;
  struct flood_line *line, *after;
  HASH_ITER(hh, flood->lines, line, after) {
    assert(!line->members);
    clock_stop(flood->clock, &line->pause);
    HASH_DEL(flood->lines, line);
    free(line);
  }
  LL_FOREACH_SAFE(flood->spare, line, after) free(line);
  free(flood);
}

int64_t flood_pause_left(const struct flood_place *place, const struct flood *flood) {
  const struct flood_line *line = place->line;
  return line && is_paused(line) ? line->pause.at - clock_ticks(flood->clock) : 0;
}
