/* What this host knows of its own message and of the one that it has taken over: a start fills it in, each saving updates it.
 * Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "backup/base.h"
#include "backup/document.h"
#include "backup/manifest.h"

struct anchor;
struct clock;
struct crown;
struct database;
struct keyring;
struct loop;
struct mirror;
struct telegram;

/* The message whose data a reign begins with. Nobody but its own host writes into it. */
struct predecessor {
  int64_t message_id; /* 0: there is none, or it has been cleaned up */
  struct document_id unique;
  int64_t nonce, sequence;   /* of what was read */
  struct manifest_copy copy; /* as the history lists it */
  bool is_kept;              /* it stays in the chat, as a copy of its day or because it is not ours to delete */
};

enum { STATE_ERASED_MAX = 64 };

struct backup_state { /* pointers are borrowed from the backup */
  struct loop *loop;
  struct clock *clock;
  struct database *database;
  struct telegram *telegram;
  struct anchor *anchor;
  struct crown *crown;
  struct mirror *mirror;
  struct keyring *keys;                                  /* NULL: backups are not encrypted */
  void (*progress)(size_t done, size_t all, void *data); /* or NULL */
  void *progress_data;
  int64_t day_ms;
  struct predecessor predecessor;
  int64_t began_at, turns;      /* of this reign, as of struct manifest */
  int64_t epoch;                /* the id of this reign's first message; 0: it has sent none */
  int64_t message_id;           /* our own message, which nobody else writes into; 0: none yet */
  int64_t anchors;              /* messages of our own so far */
  bool is_published;            /* it is pinned or pointed to */
  bool is_tainted;              /* an edit of it has no definite answer, so what it holds may still change */
  bool is_unsettled;            /* the same of any edit so far, unless so much time has passed that it will not arrive: */
  int64_t unsettled_ticks;      /* the last such was told */
  struct document_id unique;    /* of the document that we wrote into it last */
  int64_t sequence;             /* of the last archive that was made, uploaded or not */
  int64_t copied_at, copied_to; /* the last copy to another chat, see copying.h: ms since 1970, chat id; 0: none */
  size_t sent_count;            /* the copies in that chat, as of struct manifest */
  struct manifest_copy sent[MANIFEST_HISTORY_MAX];
  int64_t erased[STATE_ERASED_MAX]; /* the newest of the copies that expiry.h has erased: the history lists them no more */
  size_t erased_count;              /* so many so far */
  struct manifest last;             /* of what was read or written last; all zero: none */
  struct base base;
  struct manifest_part shared_parts[MANIFEST_PARTS_MAX]; /* of the base that a new one has replaced while the predecessor */
  size_t shared_part_count;                              /* could still build on it: they go when we serve */
};
