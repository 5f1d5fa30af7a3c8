/* A chat is kept only while it has a member or a pause, since a million chats may pass through in a day. A place that waits is
 * in one of three lists: its chat's queue (in order), its chat's bystanders (out of order, they obey only its pause), or the
 * list of places without a chat. */
#include "telegram/flood.h"

#include <assert.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/memory.h"

struct flood_chat {
  int64_t id;
  struct flood *flood;
  struct flood_place *turn;  /* the place that has gone; NULL: none has */
  struct flood_place *queue; /* the next is the first */
  struct flood_place *bystanders;
  unsigned members;
  struct clock_timer pause;
  struct flood_chat *next; /* in `spare` */
  UT_hash_handle hh;
};

struct flood {
  struct clock *clock;
  struct flood_chat *chats;
  struct flood_chat *spare; /* chats that are not in use, kept for the next ones */
  struct flood_place *without_chat;
  struct clock_timer pause;
};

static struct flood_chat *chat_of(struct flood *flood, int64_t id) {
  struct flood_chat *chat;
  HASH_FIND(hh, flood->chats, &id, sizeof id, chat);
  if (chat) return chat;
  chat = flood->spare;
  if (chat) {
    LL_DELETE(flood->spare, chat);
  } else {
    chat = memory_new(sizeof *chat);
  }
  *chat = (struct flood_chat){.id = id, .flood = flood};
  HASH_ADD(hh, flood->chats, id, sizeof chat->id, chat);
  return chat;
}

/* Called wherever a member or a pause ends; otherwise the table would grow with each chat ever seen. */
static void forget_if_idle(struct flood_chat *chat) {
  if (chat->members || clock_is_started(&chat->pause)) return;
  struct flood *flood = chat->flood;
  HASH_DEL(flood->chats, chat);
  LL_PREPEND(flood->spare, chat);
}

static bool is_paused(const struct flood *flood, const struct flood_chat *chat) {
  return clock_is_started(&flood->pause) || (chat && clock_is_started(&chat->pause));
}

/* Takes the place off its list first, since go() may put others on it. */
static void let_go(struct flood_place **list, struct flood_place *place) {
  DL_DELETE(*list, place);
  place->is_waiting = false;
  place->go(place->data);
}

/* Bystanders first: they hold up no other call, and may have waited longer. */
static void wake(struct flood_chat *chat) {
  if (is_paused(chat->flood, chat)) return;
  while (chat->bystanders) let_go(&chat->bystanders, chat->bystanders);
  if (chat->turn || !chat->queue) return;
  chat->turn = chat->queue;
  let_go(&chat->queue, chat->queue);
}

static struct flood_place **list_of(struct flood *flood, struct flood_place *place) {
  if (!place->chat) return &flood->without_chat;
  return place->is_out_of_order ? &place->chat->bystanders : &place->chat->queue;
}

bool flood_join(struct flood *flood, struct flood_place *place, int64_t chat_id, bool out_of_order, void (*go)(void *data),
                void *data) {
  struct flood_chat *chat = chat_id ? chat_of(flood, chat_id) : NULL;
  *place = (struct flood_place){.chat = chat, .go = go, .data = data, .is_out_of_order = out_of_order};
  if (chat) chat->members++;
  bool in_order = chat && !out_of_order;
  if (is_paused(flood, chat) || (in_order && (chat->turn || chat->queue))) {
    struct flood_place **list = list_of(flood, place);
    DL_APPEND(*list, place);
    place->is_waiting = true;
    return false;
  }
  if (in_order) chat->turn = place;
  return true;
}

static void on_chat_pause_over(void *data) {
  struct flood_chat *chat = data;
  wake(chat);
  forget_if_idle(chat);
}

static void on_pause_over(void *data) {
  struct flood *flood = data;
  while (flood->without_chat) let_go(&flood->without_chat, flood->without_chat);
  struct flood_chat *chat, *after;
  HASH_ITER(hh, flood->chats, chat, after) wake(chat);
}

/* The longer of two pauses holds. */
static void prolong(struct clock *clock, struct clock_timer *timer, int64_t ms, void (*due)(void *data), void *data) {
  if (clock_is_started(timer) && timer->at >= clock_ticks(clock) + ms) return;
  clock_start(clock, timer, ms, due, data);
}

/* The place goes back to the front, so that what came after it in the chat stays after it. */
void flood_pause(struct flood *flood, struct flood_place *place, int64_t ms) {
  struct flood_chat *chat = place->chat;
  struct flood_place **list = list_of(flood, place);
  DL_PREPEND(*list, place);
  place->is_waiting = true;
  if (!chat) {
    prolong(flood->clock, &flood->pause, ms, on_pause_over, flood);
    return;
  }
  if (chat->turn == place) chat->turn = NULL;
  prolong(flood->clock, &chat->pause, ms, on_chat_pause_over, chat);
}

void flood_leave(struct flood *flood, struct flood_place *place) {
  struct flood_chat *chat = place->chat;
  if (place->is_waiting) {
    struct flood_place **list = list_of(flood, place);
    DL_DELETE(*list, place);
    place->is_waiting = false;
  }
  if (!chat) return;
  if (chat->turn == place) chat->turn = NULL;
  chat->members--;
  wake(chat);
  forget_if_idle(chat);
}

struct flood *flood_new(struct clock *clock) {
  struct flood *flood = memory_new(sizeof *flood);
  flood->clock = clock;
  return flood;
}

void flood_free(struct flood *flood) {
  if (!flood) return;
  clock_stop(flood->clock, &flood->pause);
  struct flood_chat *chat, *after;
  HASH_ITER(hh, flood->chats, chat, after) {
    assert(!chat->members);
    clock_stop(flood->clock, &chat->pause);
    HASH_DEL(flood->chats, chat);
    free(chat);
  }
  LL_FOREACH_SAFE(flood->spare, chat, after) free(chat);
  free(flood);
}

static int64_t time_left(const struct clock *clock, const struct clock_timer *timer) {
  return clock_is_started(timer) ? timer->at - clock_ticks(clock) : 0;
}

int64_t flood_pause_left(const struct flood_place *place, const struct flood *flood) {
  int64_t all = time_left(flood->clock, &flood->pause);
  int64_t chat = place->chat ? time_left(flood->clock, &place->chat->pause) : 0;
  return all > chat ? all : chat;
}
