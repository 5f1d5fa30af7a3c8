/* Verify first, then change: the document and its base are fetched, unpacked on a worker and compared with their checksums, and
 * only then does load() replace the live data, in one transaction. A failure before that leaves data and state as they were, so
 * the host can end with the reason, or go on as before (operator/revert.c). One step is irreversible and comes first on
 * purpose: the epoch is raised before anything is read, so that no other host saves after we have read. */
#include "backup/restore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "backup/anchor.h"
#include "backup/archive.h"
#include "backup/backup_state.h"
#include "backup/pointer.h"
#include "backup/seed.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"

enum { EPOCH_STEP_MAX = 1000 };

struct restore {
  struct backup_state *state;
  enum restore_from from;
  int64_t wanted_message_id;
  backup_restore_done done;
  void *data;
  struct backup_restored restored;
  struct document_id unique;
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
static void on_pointer_read(const struct pointer *pointer, void *data); /* which epoch to raise */
static void on_epoch_raised(const struct error *error, void *data);     /* whoever saved before is fenced off */
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

struct restore *restore_start(struct backup_state *state, enum restore_from from, int64_t message_id, backup_restore_done done,
                              void *data) {
  struct restore *restore = memory_new(sizeof *restore);
  restore->state = state;
  restore->from = from;
  restore->wanted_message_id = message_id;
  restore->done = done;
  restore->data = data;
  if (from == RESTORE_MESSAGE) {
    anchor_fetch(state->anchor, message_id, on_found, restore);
  } else {
    anchor_read_pointer(state->anchor, on_pointer_read, restore);
  }
  return restore;
}

void restore_cancel(struct restore *restore) {
  anchor_cancel(restore->state->anchor);
  if (restore->fetching) base_fetch_cancel(restore->fetching);
  restore->is_canceled = true;
  if (!restore->is_working)
    restore_free(restore); /* otherwise on_unpacked() does: the worker reads only what is the restore's */
}

/* A random step, because two hosts that start at the same moment raise the same epoch: so one of them is still the higher. */
static int64_t raise_epoch(int64_t epoch) {
  uint16_t step = 0;
  (void)getrandom(&step, sizeof step, GRND_NONBLOCK);
  return epoch + 1 + step % EPOCH_STEP_MAX;
}

static void on_pointer_read(const struct pointer *pointer, void *data) {
  struct restore *restore = data;
  struct backup_state *state = restore->state;
  if (pointer->error.kind && pointer->error.kind != ERROR_REFUSED) {
    restore_end(restore, &pointer->error);
    return;
  }
  restore->restored.was_pointer_gone = !pointer->message_id;
  bool is_unknown = restore->from == RESTORE_NOTHING && pointer->message_id && !state->message_id;
  if (is_unknown) manifest_add_copy(&state->last, pointer->message_id, 0);
  state->epoch = raise_epoch(pointer->is_there ? pointer->epoch : 0);
  anchor_write_pointer(state->anchor, pointer->message_id, state->epoch, on_epoch_raised, restore);
}

/* Telegram refuses where the admin has never written to the bot (telegram/FACTS.md, Errors): so there is no backup either. */
static void on_epoch_raised(const struct error *error, void *data) {
  struct restore *restore = data;
  struct error none = {0};
  if (error->kind && error->kind != ERROR_REFUSED) {
    restore_end(restore, error);
  } else if (restore->from == RESTORE_NOTHING) {
    restore_end(restore, &none);
  } else {
    anchor_find(restore->state->anchor, on_found, restore);
  }
}

static void start_unpacking(struct restore *restore) {
  struct error error = {0};
  restore->is_working = loop_work(restore->state->loop, unpack, on_unpacked, restore, &error);
  if (!restore->is_working) restore_end(restore, &error);
}

static void on_found(const struct anchor_found *found, void *data) {
  struct restore *restore = data;
  struct backup_state *state = restore->state;
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
  restore->unique = found->unique;
  restore->is_seed = seed_is_one(found->bytes, found->size);
  bool ok = restore->is_seed || archive_read_manifest(found->bytes, found->size, &restore->manifest, &error);
  restore->archive = ok ? anchor_take(state->anchor, &restore->archive_size) : NULL;
  if (ok && !restore->archive) error_set(&error, ERROR_MEMORY, "out of memory for a backup of %zu bytes", found->size);
  if (!restore->archive) {
    restore_end(restore, &error);
    return;
  }
  if (restore->manifest.epoch >= state->epoch)
    state->epoch = raise_epoch(restore->manifest.epoch); /* the pointer had been lost */
  if (restore->is_seed || !restore->manifest.base_size) {
    start_unpacking(restore);
  } else {
    restore->fetching = base_fetch_start(state->telegram, state->anchor, &restore->manifest,
                                         state->progress ? on_base_progress : NULL, on_base_fetched, restore);
  }
}

static void on_base_progress(size_t got, size_t all, void *data) {
  const struct backup_state *state = ((struct restore *)data)->state;
  state->progress(got, all, state->progress_data);
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
  if (restore->is_canceled) {
    restore_free(restore);
  } else if (restore->restored.error.kind) {
    struct error error = restore->restored.error;
    restore_end(restore, &error);
  } else {
    load(restore);
  }
}

/* A later saving edits the message that was restored from, and builds on its base. A seed's document, and one that the admin
 * chose, are never edited. */
static void keep_state(struct restore *restore) {
  struct backup_state *state = restore->state;
  struct manifest *manifest = &restore->manifest;
  bool is_anchor = restore->from == RESTORE_LATEST && !restore->is_seed;
  state->is_pointed = false;
  if (!is_anchor) {
    state->message_id = restore->from == RESTORE_MESSAGE ? state->message_id : 0;
    return;
  }
  state->message_id = restore->restored.message_id;
  state->is_verified = false;
  state->unique = restore->unique;
  state->last = *manifest;
  base_release(&state->base);
  if (!restore->base_image) return;
  state->base = (struct base){.image = restore->base_image,
                              .size = restore->base_image_size,
                              .checksum = manifest->base_checksum,
                              .archive_size = restore->base_archive_size,
                              .part_count = manifest->part_count};
  memcpy(state->base.parts, manifest->parts, sizeof state->base.parts);
  restore->base_image = NULL;
}

static void load(struct restore *restore) {
  struct error error = {0};
  if (!database_load(restore->state->database, restore->image, restore->image_size, &error)) {
    error_prefix(&error, "the backup is not a valid database");
    restore_end(restore, &error);
    return;
  }
  restore->restored.saved_at = restore->manifest.saved_at;
  restore->restored.epoch = restore->manifest.epoch;
  restore->restored.sequence = restore->manifest.sequence;
  restore->restored.size = restore->image_size;
  keep_state(restore);
  restore_end(restore, &error);
}

static void restore_end(struct restore *restore, const struct error *error) {
  restore->restored.error = *error;
  if (!restore->restored.is_there || restore->is_seed)
    restore->restored.was_pointer_gone = false; /* without a backup there has been no pointer either */
  restore->done(&restore->restored, restore->data);
  restore_free(restore);
}
