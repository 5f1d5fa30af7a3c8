/* Collects the messages of an album into one update. Telegram does not say how many messages an album has, nor which is the
 * last. They are sent in one breath, though, and arrive in one answer of getUpdates or in two that follow each other. So an
 * album is whole when nothing of it has come for a second, or when it is full. */
#include "updates/album.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/id_hash.h"
#include "common/memory.h"
#include "updates/inbox.h"

#ifndef ALBUM_QUIET_MS
#define ALBUM_QUIET_MS 1000 /* a client uploads all photos before it sends the album, so a later message is another album */
#endif
enum { MESSAGES_MAX = 10 }; /* of an album: sendMediaGroup takes 2 to 10 */

struct album_key {
  int64_t lane, id;
};

struct album { /* while it gathers */
  struct albums *albums;
  struct album_key key;
  struct update *first, *last;
  int count;
  bool is_due; /* its first update's turn has come */
  struct clock_timer timer;
  struct album *next_full;
  UT_hash_handle hh;
};

struct albums {
  struct clock *clock;
  struct album *list; /* those that still take messages */
  struct album *full; /* those that are due, and are told from the loop */
  void (*complete)(struct update *first, void *data);
  void *data;
};

struct albums *albums_new(struct clock *clock, void (*complete)(struct update *first, void *data), void *data) {
  struct albums *albums = memory_new(sizeof *albums);
  *albums = (struct albums){.clock = clock, .complete = complete, .data = data};
  return albums;
}

/* The album stops gathering. Its updates stay chained to the first. */
static void forget(struct album *album) {
  struct albums *albums = album->albums;
  clock_stop(albums->clock, &album->timer);
  if (album->count < MESSAGES_MAX) {
    HASH_DEL(albums->list, album);
  } else if (album->is_due) {
    LL_DELETE2(albums->full, album, next_full);
  }
  free(album);
}

void albums_free(struct albums *albums) {
  if (!albums) return;
  struct album *album, *next;
  HASH_ITER(hh, albums->list, album, next) forget(album);
  while (albums->full) forget(albums->full);
  free(albums);
}

static struct album *find(const struct albums *albums, int64_t lane, int64_t id) {
  struct album_key key = {lane, id};
  struct album *album;
  HASH_FIND(hh, albums->list, &key, sizeof key, album);
  return album;
}

bool albums_is_gathering(const struct albums *albums, int64_t lane, int64_t album) {
  return album && find(albums, lane, album) != NULL;
}

/* Nothing more has come. If the turn of the first update has not come yet, it will find its album whole. */
static void on_quiet(void *data) {
  struct album *album = data;
  struct albums *albums = album->albums;
  struct update *first = album->first;
  bool is_due = album->is_due;
  forget(album);
  if (is_due) albums->complete(first, albums->data);
}

static void begin(struct albums *albums, struct update *first) {
  struct album *album = memory_new(sizeof *album);
  album->albums = albums;
  album->key = (struct album_key){first->item.lane, first->script.album};
  album->first = album->last = first;
  album->count = 1;
  HASH_ADD(hh, albums->list, key, sizeof album->key, album);
  clock_start(albums->clock, &album->timer, ALBUM_QUIET_MS, on_quiet, album);
}

/* Nothing more can come: another message would be the first of another album. Whoever waits is told from the loop. */
static void fill(struct album *album) {
  struct albums *albums = album->albums;
  HASH_DEL(albums->list, album);
  if (album->is_due) {
    LL_PREPEND2(albums->full, album, next_full);
    clock_start(albums->clock, &album->timer, 0, on_quiet, album);
  } else {
    forget(album);
  }
}

bool albums_join(struct albums *albums, struct update *update) {
  struct album *album = find(albums, update->item.lane, update->script.album);
  if (!album) {
    begin(albums, update);
    return false;
  }
  album->last->album_next = update;
  album->last->script.album_next = &update->script;
  album->last = update;
  if (++album->count < MESSAGES_MAX) {
    clock_start(albums->clock, &album->timer, ALBUM_QUIET_MS, on_quiet, album);
  } else {
    fill(album);
  }
  return true;
}

bool albums_is_whole(struct albums *albums, struct update *first) {
  struct album *album = find(albums, first->item.lane, first->script.album);
  if (!album || album->first != first) return true;
  album->is_due = true;
  return false;
}
