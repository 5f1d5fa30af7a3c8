/* What this host knows of its last backup: a restore fills it in, each saving updates it. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "backup/base.h"
#include "backup/document.h"
#include "backup/manifest.h"

struct anchor;
struct clock;
struct database;
struct loop;
struct mirror;
struct telegram;

struct backup_state { /* pointers are borrowed from the backup */
  struct loop *loop;
  struct clock *clock;
  struct database *database;
  struct telegram *telegram;
  struct anchor *anchor;
  struct mirror *mirror;
  void (*progress)(size_t done, size_t all, void *data); /* or NULL */
  void *progress_data;
  int64_t epoch;             /* ours; a higher one in the pointer fences us off */
  int64_t message_id;        /* the anchor; 0: none yet */
  struct document_id unique; /* of the document in the anchor that we read or wrote last */
  bool is_pointed;           /* the pointer names the anchor and our epoch, as far as we know */
  bool is_verified;          /* we have written to the anchor, so nobody else's backup is in it */
  struct manifest last;      /* of that document; all zero: none */
  struct base base;
};
