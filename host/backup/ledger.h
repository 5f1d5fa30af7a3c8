/* What this host knows of its last backup: filled in by a restore, kept up by every saving. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "backup/base.h"
#include "backup/manifest.h"

struct anchor;
struct clock;
struct database;
struct loop;
struct mirror;
struct telegram;

struct ledger { /* pointers are borrowed from the backup */
  struct loop *loop;
  struct clock *clock;
  struct database *database;
  struct telegram *telegram;
  struct anchor *anchor;
  struct mirror *mirror;
  void (*progress)(size_t done, size_t all, void *data); /* or NULL */
  void *progress_data;
  int64_t epoch;        /* ours; the pointer carries it, or a higher one if we are fenced off */
  int64_t message_id;   /* the anchor; 0: none yet */
  char unique_id[100];  /* of the document in it that we have read or written last */
  bool is_pointed;      /* the pointer names the anchor and our epoch, as far as we know */
  bool is_verified;     /* we have written to the anchor, so nobody else's backup is in it */
  struct manifest last; /* of that document; all zero: none */
  struct base base;
};
