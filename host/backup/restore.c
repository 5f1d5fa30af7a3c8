/* Nothing is changed before everything has been verified: the document is fetched, its base is fetched, both are unpacked on a
 * worker and compared with their checksums, and only then does load() replace the live data, in one transaction. Until there
 * each failure leaves the data and the ledger as they were, so the host can end with the reason, or go on as before (revert.c).
 * What can't be undone comes first on purpose: the epoch is raised before anything is read, so that nobody saves behind our
 * back. */
#include "backup/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "backup/anchor.h"
#include "backup/archive.h"
#include "backup/ledger.h"
#include "backup/seed.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"

enum { EPOCH_STEP_MAX = 1000 };

struct restore {
  struct ledger *ledger;
  enum restore_from from;
  int64_t wanted_message_id;
  backup_restore_done done;
  void *data;
  struct backup_restored restored;
  char unique_id[100];
  char *archive; /* the document, ours; from found on */
  size_t archive_size;
  bool is_seed;
  struct manifest manifest; /* of it */
  struct base_fetching *fetching;
  char *base_archive; /* ours; from fetched on */
  size_t base_archive_size;
  unsigned char *base_image, *image; /* ours; from unpacked on */
  size_t base_image_size, image_size;
  bool is_working, is_canceled;
};

/* ---- the life of a restore, in order ---- */
static void on_pointer_read(const struct anchor_pointer *pointer, void *data); /* which epoch to raise */
static void on_epoch_raised(const struct error *error, void *data);            /* whoever saved before is fenced off */
static void on_found(const struct anchor_found *found, void *data);
static void on_base_progress(size_t got, size_t all, void *data);
static void on_base_fetched(struct base_fetched *fetched, void *data); /* only an archive that has one */
static void unpack(void *data);                                        /* worker */
static void on_unpacked(void *data);
static void load(struct restore *restore);                                   /* THE commit */
static void restore_end(struct restore *restore, const struct error *error); /* frees, tells; nothing after it */

static void restore_free(struct restore *restore) {
  free(restore->archive);
  free(restore->base_archive);
  free(restore->base_image);
  free(restore->image);
  free(restore);
}

struct restore *restore_start(struct ledger *ledger, enum restore_from from, int64_t message_id, backup_restore_done done,
                              void *data) {
  struct restore *restore = memory_new(sizeof *restore);
  restore->ledger = ledger;
  restore->from = from;
  restore->wanted_message_id = message_id;
  restore->done = done;
  restore->data = data;
  if (from == RESTORE_MESSAGE) {
    anchor_fetch(ledger->anchor, message_id, on_found, restore);
  } else {
    anchor_read_pointer(ledger->anchor, on_pointer_read, restore);
  }
  return restore;
}

void restore_cancel(struct restore *restore) {
  anchor_cancel(restore->ledger->anchor);
  if (restore->fetching) base_fetch_cancel(restore->fetching);
  restore->is_canceled = true;
  while (restore->is_working)
    loop_turn(restore->ledger->loop, true); /* a worker can't be called back, and reads what we free */
  restore_free(restore);
}

/* By a random step, because two hosts that start at the same moment raise the same epoch: then still one of them is the higher.
 */
static int64_t raise_epoch(int64_t epoch) {
  uint16_t step = 0;
  (void)getrandom(&step, sizeof step, GRND_NONBLOCK);
  return epoch + 1 + step % EPOCH_STEP_MAX;
}

/* The epoch is raised before anything is read: what another host saves after that, it saves knowing better, or we see that it
 * did (saving.c, on_anchor_read). */
static void on_pointer_read(const struct anchor_pointer *pointer, void *data) {
  struct restore *restore = data;
  struct ledger *ledger = restore->ledger;
  if (pointer->error.kind && pointer->error.kind != ERROR_REFUSED) {
    restore_end(restore, &pointer->error);
    return;
  }
  restore->restored.was_pointer_gone = !pointer->message_id;
  bool is_unknown = restore->from == RESTORE_NOTHING && pointer->message_id && !ledger->message_id;
  if (is_unknown) manifest_add_copy(&ledger->last, pointer->message_id, 0);
  ledger->epoch = raise_epoch(pointer->is_there ? pointer->epoch : 0);
  anchor_write_pointer(ledger->anchor, pointer->message_id, ledger->epoch, on_epoch_raised, restore);
}

/* Telegram refuses where the admin has never written to the bot: then there is no chat, and no backup in it. */
static void on_epoch_raised(const struct error *error, void *data) {
  struct restore *restore = data;
  struct error none = {0};
  if (error->kind && error->kind != ERROR_REFUSED) {
    restore_end(restore, error);
  } else if (restore->from == RESTORE_NOTHING) {
    restore_end(restore, &none);
  } else {
    anchor_find(restore->ledger->anchor, on_found, restore);
  }
}

static void start_unpacking(struct restore *restore) {
  struct error error = {0};
  restore->is_working = loop_run_job(restore->ledger->loop, unpack, on_unpacked, restore, &error);
  if (!restore->is_working) restore_end(restore, &error);
}

static void on_found(const struct anchor_found *found, void *data) {
  struct restore *restore = data;
  struct ledger *ledger = restore->ledger;
  if (found->error.kind || !found->is_there) {
    struct error error = found->error;
    if (!error.kind && restore->from == RESTORE_MESSAGE)
      error_set(&error, ERROR_INPUT, "that message holds no document, or is gone");
    restore_end(restore, &error);
    return;
  }
  struct error error = {0};
  restore->restored.is_there = true;
  restore->restored.message_id = found->message_id;
  (void)snprintf(restore->unique_id, sizeof restore->unique_id, "%s", found->unique_id);
  restore->is_seed = seed_is_one(found->bytes, found->size);
  bool ok = restore->is_seed || archive_read_manifest(found->bytes, found->size, &restore->manifest, &error);
  restore->archive = ok ? anchor_take(ledger->anchor, &restore->archive_size) : NULL;
  if (ok && !restore->archive) error_set(&error, ERROR_MEMORY, "out of memory for a backup of %zu bytes", found->size);
  if (!restore->archive) {
    restore_end(restore, &error);
    return;
  }
  if (restore->manifest.epoch >= ledger->epoch)
    ledger->epoch = raise_epoch(restore->manifest.epoch); /* the pointer had been lost */
  if (restore->is_seed || !restore->manifest.base_size) {
    start_unpacking(restore);
  } else {
    restore->fetching = base_fetch_start(ledger->telegram, ledger->anchor, &restore->manifest,
                                         ledger->progress ? on_base_progress : NULL, on_base_fetched, restore);
  }
}

static void on_base_progress(size_t got, size_t all, void *data) {
  const struct ledger *ledger = ((struct restore *)data)->ledger;
  ledger->progress(got, all, ledger->progress_data);
}

static void on_base_fetched(struct base_fetched *fetched, void *data) {
  struct restore *restore = data;
  restore->fetching = NULL;
  restore->base_archive = fetched->archive;
  restore->base_archive_size = fetched->size;
  if (fetched->error.kind) {
    restore_end(restore, &fetched->error);
  } else {
    start_unpacking(restore);
  }
}

static void unpack(void *data) {
  struct restore *restore = data;
  struct error *error = &restore->restored.error;
  if (restore->is_seed) {
    (void)seed_read(restore->archive, restore->archive_size, &restore->image, &restore->image_size, error);
    return;
  }
  bool ok = true;
  if (restore->base_archive) {
    ok = archive_unpack(restore->base_archive, restore->base_archive_size, NULL, 0, ARCHIVE_IMAGE_CEILING, &restore->base_image,
                        &restore->base_image_size, error);
    if (!ok) error_prefix(error, "the base of the backup");
  }
  if (ok) {
    (void)archive_unpack(restore->archive, restore->archive_size, restore->base_image, restore->base_image_size,
                         ARCHIVE_IMAGE_CEILING, &restore->image, &restore->image_size, error);
  }
}

static void on_unpacked(void *data) {
  struct restore *restore = data;
  restore->is_working = false;
  if (restore->is_canceled) return;
  if (restore->restored.error.kind) {
    struct error error = restore->restored.error;
    restore_end(restore, &error);
  } else {
    load(restore);
  }
}

/* What a later saving builds on: the base, and where it is. A seed's document, and one that the admin chose, are left as they
 * are. */
static void keep_in_ledger(struct restore *restore) {
  struct ledger *ledger = restore->ledger;
  struct manifest *manifest = &restore->manifest;
  bool is_anchor = restore->from == RESTORE_LATEST && !restore->is_seed;
  ledger->is_pointed = false;
  if (!is_anchor) {
    ledger->message_id = restore->from == RESTORE_MESSAGE ? ledger->message_id : 0;
    return;
  }
  ledger->message_id = restore->restored.message_id;
  ledger->is_verified = false;
  (void)snprintf(ledger->unique_id, sizeof ledger->unique_id, "%s", restore->unique_id);
  ledger->last = *manifest;
  base_release(&ledger->base);
  if (!restore->base_image) return;
  ledger->base = (struct base){.image = restore->base_image,
                               .size = restore->base_image_size,
                               .checksum = manifest->base_checksum,
                               .archive_size = restore->base_archive_size,
                               .part_count = manifest->part_count};
  memcpy(ledger->base.parts, manifest->parts, sizeof ledger->base.parts);
  restore->base_image = NULL;
}

static void load(struct restore *restore) {
  struct error error = {0};
  if (!database_load(restore->ledger->database, restore->image, restore->image_size, &error)) {
    error_prefix(&error, "the backup is not a sound database");
    restore_end(restore, &error);
    return;
  }
  restore->restored.saved_at = restore->manifest.saved_at;
  restore->restored.epoch = restore->manifest.epoch;
  restore->restored.sequence = restore->manifest.sequence;
  restore->restored.size = restore->image_size;
  keep_in_ledger(restore);
  restore_end(restore, &error);
}

static void restore_end(struct restore *restore, const struct error *error) {
  restore->restored.error = *error;
  if (!restore->restored.is_there || restore->is_seed)
    restore->restored.was_pointer_gone = false; /* then there was none to lose */
  restore->done(&restore->restored, restore->data);
  restore_free(restore);
}
