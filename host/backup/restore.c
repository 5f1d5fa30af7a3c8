/* Verify first, then change: the document and its base are fetched, unpacked on a worker and compared with their checksums, and
 * only then does load() replace the live data, in one transaction. A failure before that leaves data and state as they were, so
 * the host can end with the reason, or go on as before (operator/revert.c). One step is irreversible and comes first on
 * purpose: the crown is raised before anything is read, because what is read before it may be old already. */
#include "backup/restore.h"

#include <stdlib.h>
#include <string.h>

#include "backup/anchor.h"
#include "backup/archive.h"
#include "backup/backup_state.h"
#include "backup/crown.h"
#include "backup/saving.h"
#include "backup/seed.h"
#include "backup/waiting.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"

enum {
  ROUNDS = 3, /* of finding, where a part of a base has gone between finding and fetching */
  ROUND_GAP_MS = 2000,
  PATIENCE_MS = 60000, /* with a Telegram that does not know the admin's chat */
  TURN_MS = 600000,    /* a reign that was shorter may be one of two that take turns */
};

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
  bool is_handover;         /* as of struct awaited */
  struct manifest manifest; /* of it */
  struct waiting *waiting;
  struct clock_timer timer;
  int64_t began_ticks;
  unsigned rounds;
  struct base_fetching *fetching;
  char *base_archive; /* ours; from fetched on */
  size_t base_archive_size;
  struct keyring *keys; /* for the worker */
  unsigned char *image; /* ours; from unpacked on, like the rest */
  size_t image_size;
  struct base base; /* what a saving will build upon */
  bool is_working, is_canceled;
};

/* ---- the life of a restore, in order ---- */
static void raise_crown(void *data);
static void on_raised(const struct error *error, void *data); /* from now on other hosts see that there is another */
static void await(void *data);
static void on_awaited(const struct awaited *awaited, void *data);      /* its host has gone, or is dead */
static void on_old_found(const struct anchor_found *found, void *data); /* RESTORE_NOTHING: what is there */
static void on_refetched(const struct anchor_found *found, void *data); /* RESTORE_AGAIN */
static void on_found(const struct anchor_found *found, void *data);     /* the document that it shall be */
static void on_base_progress(size_t got, size_t all, void *data);
static void on_base_fetched(struct base_fetched *fetched, void *data); /* only an archive that has one */
static void unpack(void *data);                                        /* worker */
static void on_unpacked(void *data);
static void load(struct restore *restore);                                   /* THE commit */
static void restore_end(struct restore *restore, const struct error *error); /* frees, tells; nothing after it */

static void restore_free(struct restore *restore) {
  free(restore->archive);
  free(restore->base_archive);
  base_release(&restore->base);
  free(restore->image);
  free(restore);
}

struct restore *restore_start(struct backup_state *state, enum restore_from from, int64_t message_id, backup_restore_done done,
                              void *data) {
  struct restore *restore = memory_new(sizeof *restore);
  restore->state = state;
  restore->keys = state->keys;
  restore->from = from;
  restore->wanted_message_id = message_id;
  restore->done = done;
  restore->data = data;
  restore->began_ticks = clock_ticks(state->clock);
  if (from == RESTORE_MESSAGE) {
    anchor_fetch(state->anchor, message_id, on_found, restore);
  } else if (from == RESTORE_AGAIN) {
    anchor_refetch(state->anchor, state->predecessor.message_id, &state->predecessor.unique, on_refetched, restore);
  } else {
    raise_crown(restore);
  }
  return restore;
}

void restore_cancel(struct restore *restore) {
  if (restore->waiting) waiting_cancel(restore->waiting);
  clock_stop(restore->state->clock, &restore->timer);
  anchor_cancel(restore->state->anchor);
  crown_cancel(restore->state->crown);
  if (restore->fetching) base_fetch_cancel(restore->fetching);
  restore->is_canceled = true;
  if (!restore->is_working)
    restore_free(restore); /* otherwise on_unpacked() does: the worker reads only what is the restore's */
}

static void raise_crown(void *data) {
  struct restore *restore = data;
  crown_raise(restore->state->crown, on_raised, restore);
}

/* "chat not found" proves nothing about a backup, so it ends the start, but not at once: a Bot API server of one's own says it
 * while it starts. */
static void on_raised(const struct error *error, void *data) {
  struct restore *restore = data;
  struct backup_state *state = restore->state;
  struct error told = *error;
  bool is_unknown = error->kind == ERROR_REFUSED && strstr(error->text, "chat not found");
  if (is_unknown && clock_ticks(state->clock) - restore->began_ticks < PATIENCE_MS) {
    log_warn(
        "Telegram does not know the admin's chat: waiting for the admin to write to this bot (is ADMIN_ID right?); error=%s",
        error->text);
    clock_start(state->clock, &restore->timer, ROUND_GAP_MS, raise_crown, restore);
    return;
  }
  if (is_unknown) {
    error_set(
        &told, ERROR_INPUT,
        "Telegram does not know the admin's chat, so nobody can say whether there is a backup: the admin must write to this "
        "bot first; is ADMIN_ID right?");
  }
  if (told.kind) {
    restore_end(restore, &told);
    return;
  }
  log_info("this host takes over; reign=%lld", (long long)crown_nonce(state->crown));
  state->began_at = clock_now(state->clock);
  if (restore->from == RESTORE_NOTHING) {
    struct anchor_known quick = {.is_quick = true};
    anchor_find(state->anchor, &quick, on_old_found, restore);
  } else {
    await(restore);
  }
}

static void await(void *data) {
  struct restore *restore = data;
  restore->waiting = waiting_start(restore->state, restore->from == RESTORE_TAKEOVER, on_awaited, restore);
}

static void on_awaited(const struct awaited *awaited, void *data) {
  struct restore *restore = data;
  restore->waiting = NULL;
  restore->restored.is_fenced = awaited->is_fenced;
  restore->is_handover = awaited->is_handover;
  if (awaited->error.kind || awaited->is_fenced) {
    restore_end(restore, &awaited->error);
  } else {
    on_found(awaited->found, restore);
  }
}

static void keep_predecessor(struct restore *restore, const struct anchor_found *found, const struct manifest *manifest) {
  struct backup_state *state = restore->state;
  state->predecessor = (struct predecessor){
      .message_id = found->message_id,
      .unique = found->unique,
      .nonce = manifest->nonce,
      .sequence = manifest->sequence,
      .copy = {found->message_id, manifest->saved_at, manifest->format ? manifest_base(manifest) : MANIFEST_BASE_UNKNOWN},
      .is_kept = restore->from == RESTORE_NOTHING || !manifest->nonce, /* a version without reigns may need it again */
  };
  state->last.history_count = manifest->history_count;
  memcpy(state->last.history, manifest->history, sizeof state->last.history);
  state->sequence = manifest->sequence;
}

/* One that can't be read stays as well: its message is listed without a time. */
static void on_old_found(const struct anchor_found *found, void *data) {
  struct restore *restore = data;
  struct manifest none = {0};
  struct error error = found->error;
  if (error.kind == ERROR_INPUT) error = (struct error){0};
  if (!error.kind && found->message_id) keep_predecessor(restore, found, found->manifest ? found->manifest : &none);
  restore_end(restore, &error);
}

/* THE rule of reading again: later by its sequence, never only different, since an edit that was late may have put something
 * older into its place. What can't be read is not taken either: we have what was there before. */
static bool is_later(const struct restore *restore, const struct anchor_found *found) {
  const struct predecessor *predecessor = &restore->state->predecessor;
  struct manifest manifest;
  struct error error = {0};
  if (!found->is_there || found->is_same || seed_is_one(found->bytes, found->size)) return false;
  if (!archive_read_manifest(found->bytes, found->size, &manifest, &error)) return false;
  return manifest.nonce == predecessor->nonce && manifest.sequence > predecessor->sequence;
}

static void on_refetched(const struct anchor_found *found, void *data) {
  struct restore *restore = data;
  if (!found->error.kind && is_later(restore, found)) {
    on_found(found, restore);
  } else {
    restore_end(restore, &found->error);
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
  if (restore->is_seed || !restore->manifest.part_count) {
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
  bool may_be_replaced = restore->from == RESTORE_LATEST || restore->from == RESTORE_TAKEOVER;
  if (fetched->error.kind == ERROR_INPUT && may_be_replaced && ++restore->rounds < ROUNDS) {
    free(restore->archive);
    restore->archive = NULL;
    clock_start(restore->state->clock, &restore->timer, ROUND_GAP_MS, await, restore);
  } else if (fetched->error.kind) {
    restore_end(restore, &fetched->error);
  } else {
    start_unpacking(restore);
  }
}

/* The base's archive stays in memory, its image does not. *image is given, also where this fails. */
static bool unpack_base(struct restore *restore, unsigned char **image, struct error *error) {
  struct archive_source source = {.bytes = restore->base_archive, .size = restore->base_archive_size, .keys = restore->keys};
  struct base *base = &restore->base;
  struct manifest *manifest = memory_new(sizeof *manifest); /* 15 kB, on the heap because a worker's stack is small */
  bool ok = archive_unpack(&source, ARCHIVE_IMAGE_CEILING, manifest, image, &base->size, error);
  ok = ok && page_hashes_of_image(&base->hashes, *image, base->size, (size_t)manifest->page_size, error);
  if (ok && *manifest->key.id) ok = (base->key = keyring_find(restore->keys, &manifest->key, error)) != NULL;
  base->checksum = manifest->checksum;
  free(manifest);
  return ok || error_prefix(error, "the base of the backup");
}

static void unpack(void *data) {
  struct restore *restore = data;
  struct error *error = &restore->restored.error;
  if (restore->is_seed) {
    (void)seed_read(restore->archive, restore->archive_size, &restore->image, &restore->image_size, error);
    return;
  }
  struct archive_source source = {.bytes = restore->archive, .size = restore->archive_size, .keys = restore->keys};
  unsigned char *base_image = NULL;
  bool ok = archive_open_manifest(&source, &restore->manifest, error); /* first: a missing key is no matter of the base */
  if (ok && restore->base_archive) {
    ok = unpack_base(restore, &base_image, error);
    source.base = base_image;
    source.base_size = restore->base.size;
  }
  if (ok) {
    (void)archive_unpack(&source, ARCHIVE_IMAGE_CEILING, &restore->manifest, &restore->image, &restore->image_size, error);
  }
  free(base_image);
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

/* Two hosts that are each started again when they go would do so for ever; a deploy now and then is not that. */
static void begin_turn(struct restore *restore) {
  struct backup_state *state = restore->state;
  const struct manifest *before = &restore->manifest;
  int64_t lasted = state->began_at - before->began_at;
  bool is_short = before->began_at && lasted >= 0 && lasted < TURN_MS;
  state->turns = restore->is_handover && is_short ? before->turns + 1 : 0;
}

/* A saving builds on the base of what was restored; its message is never edited. Reading again brings only data: our own
 * message has its base already. */
static void keep_state(struct restore *restore) {
  struct backup_state *state = restore->state;
  struct manifest *manifest = &restore->manifest;
  struct anchor_found found = {.message_id = restore->restored.message_id, .unique = restore->unique};
  if (restore->from == RESTORE_MESSAGE) return;
  if (restore->from == RESTORE_AGAIN) {
    state->predecessor.unique = restore->unique;
    state->predecessor.sequence = manifest->sequence;
    state->predecessor.copy.saved_at = manifest->saved_at;
    if (manifest->sequence > state->sequence) state->sequence = manifest->sequence;
    return;
  }
  if (restore->is_seed) return; /* not ours to delete, and nothing to list */
  begin_turn(restore);
  state->last = *manifest;
  state->copied_at = manifest->copied_at;
  state->copied_to = manifest->copied_to;
  state->sent_count = manifest->sent_count;
  memcpy(state->sent, manifest->sent, sizeof state->sent);
  keep_predecessor(restore, &found, manifest);
  if (saving_is_day_over(state)) state->predecessor.is_kept = true;
  base_release(&state->base);
  if (!restore->base_archive) return;
  state->base = restore->base;
  state->base.archive = restore->base_archive;
  state->base.archive_size = restore->base_archive_size;
  state->base.part_count = manifest->part_count;
  memcpy(state->base.parts, manifest->parts, sizeof state->base.parts);
  restore->base = (struct base){0};
  restore->base_archive = NULL;
}

static void load(struct restore *restore) {
  struct error error = {0};
  if (!database_load(restore->state->database, restore->image, restore->image_size, &error)) {
    error_prefix(&error, "the backup is not a valid database");
    restore_end(restore, &error);
    return;
  }
  restore->restored.saved_at = restore->manifest.saved_at;
  restore->restored.epoch =
      restore->manifest.nonce && !restore->manifest.epoch ? restore->restored.message_id : restore->manifest.epoch;
  restore->restored.sequence = restore->manifest.sequence;
  restore->restored.size = restore->image_size;
  keep_state(restore);
  restore_end(restore, &error);
}

static void restore_end(struct restore *restore, const struct error *error) {
  restore->restored.error = *error;
  restore->done(&restore->restored, restore->data);
  restore_free(restore);
}
