/* A look is a restore that stops after the first document: what the manifest says is enough for a list, and a base of many
 * megabytes stays where it is. */
#include "backup/look.h"

#include <assert.h>
#include <stdlib.h>

#include "backup/anchor.h"
#include "backup/archive.h"
#include "backup/ledger.h"
#include "backup/seed.h"
#include "common/memory.h"

static_assert((int)BACKUP_COPIES_MAX == (int)MANIFEST_HISTORY_MAX, "all copies of a manifest can be told");

struct look {
  struct ledger *ledger;
  backup_look_done done;
  void *data;
};

static void on_found(const struct anchor_found *found, void *data);

struct look *look_start(struct ledger *ledger, backup_look_done done, void *data) {
  struct look *look = memory_new(sizeof *look);
  *look = (struct look){ledger, done, data};
  anchor_find(ledger->anchor, on_found, look);
  return look;
}

void look_cancel(struct look *look) {
  anchor_cancel(look->ledger->anchor);
  free(look);
}

/* By page size and count, since the image itself is never unpacked here. */
static void describe(const struct manifest *manifest, struct backup_seen *seen) {
  seen->last.saved_at = manifest->saved_at;
  seen->epoch = manifest->epoch;
  seen->sequence = manifest->sequence;
  seen->image_size = (size_t)(manifest->page_size * manifest->page_count);
  seen->copy_count = manifest->history_count;
  for (size_t i = 0; i < manifest->history_count; i++) {
    seen->copies[i] = (struct backup_copy){manifest->history[i].message_id, manifest->history[i].saved_at};
  }
}

static void on_found(const struct anchor_found *found, void *data) {
  struct look *look = data;
  struct ledger *ledger = look->ledger;
  struct backup_seen seen = {.error = found->error, .is_there = found->is_there, .document_size = found->size};
  bool is_ours = !found->error.kind && found->is_there && !seed_is_one(found->bytes, found->size);
  if (found->is_there) seen.last.message_id = found->message_id;
  if (is_ours && archive_read_manifest(found->bytes, found->size, &ledger->last, &seen.error)) {
    ledger->message_id = found->message_id;
    describe(&ledger->last, &seen);
  }
  look->done(&seen, look->data);
  free(look);
}
