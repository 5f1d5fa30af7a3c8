/* Uploads that nothing points to yet are invisible to a restore; writing the anchor is the commit. So every step may fail and
 * leave the last backup as it was: the state changes only in on_anchor_written(), and the parts of a new base are deleted where
 * no anchor came to name them. What a worker reads is never freed under it: see saving_cancel(). */
#include "backup/saving.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/anchor.h"
#include "backup/archive.h"
#include "backup/backup_state.h"
#include "backup/mirror.h"
#include "backup/pointer.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"

#define FILE_NAME "lunokhod.sqlite.zst" /* says that `zstd -d` opens it */
#define ARCHIVE_CEILING ((size_t)1 << 30)

struct saving {
  struct backup_state *state;
  struct saving_options options;
  saving_done done;
  void *data;
  struct saving_result result;
  struct manifest manifest;   /* of the archive that is being made */
  const unsigned char *image; /* of the mirror; from copied on */
  unsigned char *left_image;  /* the same, ours: only after a cancel that left it to a worker */
  size_t image_size;
  struct buffer archive;      /* from packed on */
  struct buffer base_archive; /* the same, where a new base is due */
  struct base base;           /* the new one */
  struct base old_base;       /* the state's, for the worker; its image is the state's, and after a cancel ours */
  struct base_sending *sending;
  struct base_deleting *deleting;
  struct manifest_part old_parts[MANIFEST_PARTS_MAX]; /* of the base that the new one replaces */
  size_t old_part_count;
  bool is_base_due, is_anchor_new, has_base_sent;
  bool is_old_gone; /* the message of the last backup is gone, so the history does not list it */
  bool is_working, is_canceled;
  struct error outcome; /* of a failure, while what it left behind is deleted */
};

/* ---- the life of a saving, in order ---- */
static void on_pointer_read(const struct pointer *pointer, void *data);   /* nobody has taken over */
static void on_anchor_read(const struct anchor_found *found, void *data); /* first time only: it still holds what we restored */
static void check_base(struct saving *saving);
static void on_base_checked(bool is_gone, void *data); /* at most every 10 s */
static void copy(struct saving *saving);
static void on_copied(const struct error *error, void *data); /* a consistent copy is there */
static void pack(void *data);                                 /* worker */
static void on_packed(void *data);
static void on_base_sent(const struct error *error, void *data); /* only when a new base is due */
static void pack_over_base(void *data);                          /* worker */
static void on_packed_over_base(void *data);
static void write_anchor(struct saving *saving);
static void on_anchor_written(const struct anchor_sent *sent, void *data); /* THE commit */
static void on_pinned(const struct error *error, void *data);              /* only a new anchor */
static void on_unpinned(const struct error *error, void *data);
static void point(struct saving *saving);
static void on_pointed(const struct error *error, void *data);
static void delete_old_base(struct saving *saving);
static void on_old_base_deleted(void *data);                              /* best effort */
static void saving_end(struct saving *saving, const struct error *error); /* frees, tells; nothing after it */

static void saving_free(struct saving *saving) {
  buffer_release(&saving->archive);
  buffer_release(&saving->base_archive);
  base_release(&saving->base);
  if (saving->is_canceled) base_release(&saving->old_base);
  mirror_free_image(saving->left_image);
  free(saving);
}

struct saving *saving_start(struct backup_state *state, const struct saving_options *options, saving_done done, void *data) {
  struct saving *saving = memory_new(sizeof *saving);
  saving->state = state;
  saving->options = *options;
  saving->done = done;
  saving->data = data;
  saving->is_anchor_new = options->is_new_anchor || !state->message_id;
  buffer_init(&saving->archive, ARCHIVE_CEILING);
  buffer_init(&saving->base_archive, ARCHIVE_CEILING);
  anchor_read_pointer(state->anchor, on_pointer_read, saving);
  return saving;
}

/* A worker can't be called back, and a cancel must not wait: so the saving takes over what the worker reads, outlives its
 * owner, and is freed when the worker is back (worker_ended_badly()). */
static void leave_to_worker(struct saving *saving) {
  struct backup_state *state = saving->state;
  saving->is_canceled = true;
  saving->left_image = mirror_take_image(state->mirror);
  state->base = (struct base){0}; /* old_base has its image */
  saving->state = NULL;
}

void saving_cancel(struct saving *saving) {
  if (saving->sending) base_send_cancel(saving->sending);
  if (saving->deleting) base_delete_cancel(saving->deleting);
  anchor_cancel(saving->state->anchor);
  if (saving->is_working) {
    leave_to_worker(saving);
  } else {
    saving_free(saving);
  }
}

static void on_pointer_read(const struct pointer *pointer, void *data) {
  struct saving *saving = data;
  struct backup_state *state = saving->state;
  if (pointer->error.kind) {
    saving_end(saving, &pointer->error);
    return;
  }
  struct error error = {0};
  if (!pointer_allows(pointer, state->epoch, &error)) {
    saving->result.is_fenced = true;
    saving_end(saving, &error);
    return;
  }
  if (saving->options.is_check) {
    saving_end(saving, &saving->outcome);
    return;
  }
  saving->result.was_pointer_gone = state->is_pointed && !pointer->is_there;
  state->is_pointed = pointer->is_there && pointer->message_id == state->message_id && pointer->epoch == state->epoch;
  if (!saving->is_anchor_new && !state->is_verified) {
    anchor_fetch(state->anchor, state->message_id, on_anchor_read, saving);
  } else {
    check_base(saving);
  }
}

/* Another host may have saved after this one had read that message. Its backup is newer than what we know, so it stays, and
 * ours goes into a new message. */
static void on_anchor_read(const struct anchor_found *found, void *data) {
  struct saving *saving = data;
  if (found->error.kind && found->error.kind != ERROR_INPUT) {
    saving_end(saving, &found->error);
    return;
  }
  if (found->error.kind || !found->is_there) {
    saving->is_anchor_new = saving->is_old_gone = true;
    saving->result.why_replaced = "the message of the last one is gone";
  } else if (strcmp(found->unique.text, saving->state->unique.text) != 0) {
    saving->is_anchor_new = true;
    saving->result.why_replaced =
        "somebody else has written to the message of the last one after this host had read it; that one stays as it is";
  }
  check_base(saving);
}

static void check_base(struct saving *saving) {
  struct backup_state *state = saving->state;
  if (!base_check(&state->base, state->anchor, on_base_checked, saving)) copy(saving);
}

static void on_base_checked(bool is_gone, void *data) {
  struct saving *saving = data;
  struct base *base = &saving->state->base;
  saving->result.was_base_gone = is_gone;
  if (is_gone) { /* the same part is asked for again next time, in case this backup fails */
    base->checked--;
    base->checked_at = 0;
  }
  copy(saving);
}

/* before_copy() writes in a segment of its own, which commits right before the copy is made. */
static void copy(struct saving *saving) {
  struct database *database = saving->state->database;
  struct error error = {0};
  bool ok = true;
  if (saving->options.before_copy) {
    ok = database_begin(database, &error) && saving->options.before_copy(saving->options.data, &error) &&
         database_commit(database, &error);
    if (!ok) database_rollback(database);
  }
  if (ok) {
    mirror_start(saving->state->mirror, on_copied, saving);
  } else {
    saving_end(saving, &error);
  }
}

static void start_worker(struct saving *saving, loop_worker worker, loop_worked worked) {
  struct error error = {0};
  saving->is_working = loop_work(saving->state->loop, worker, worked, saving, &error);
  if (!saving->is_working) saving_end(saving, &error);
}

static void on_copied(const struct error *error, void *data) {
  struct saving *saving = data;
  struct backup_state *state = saving->state;
  saving->result.position = database_committed(state->database);
  saving->result.longest_slice_us = mirror_longest_slice_us(state->mirror);
  if (saving->options.copied) saving->options.copied(saving->options.data);
  if (error->kind) {
    saving_end(saving, error);
    return;
  }
  saving->image = mirror_image(state->mirror, &saving->image_size);
  saving->manifest = (struct manifest){
      .format = MANIFEST_FORMAT,
      .epoch = state->epoch,
      .sequence = state->last.sequence + 1,
      .saved_at = clock_now(state->clock),
      .anchored_at = saving->is_anchor_new ? clock_now(state->clock) : state->last.anchored_at,
      .history_count = state->last.history_count,
  };
  (void)snprintf(saving->manifest.host, sizeof saving->manifest.host, "%s", LUNOKHOD_VERSION);
  memcpy(saving->manifest.history, state->last.history, sizeof saving->manifest.history);
  if (saving->is_anchor_new && state->message_id && !saving->is_old_gone)
    manifest_add_copy(&saving->manifest, state->message_id, state->last.saved_at);
  saving->old_base = state->base;
  start_worker(saving, pack, on_packed);
}

static bool pack_new_base(struct saving *saving, struct error *error) {
  struct manifest manifest = saving->manifest;
  manifest.part_count = 0;
  if (!archive_pack(&manifest, saving->image, saving->image_size, NULL, 0, &saving->base_archive, error)) return false;
  saving->base.image = memory_try_resize(NULL, saving->image_size);
  if (!saving->base.image) return error_set(error, ERROR_MEMORY, "out of memory for a base of %zu bytes", saving->image_size);
  memcpy(saving->base.image, saving->image, saving->image_size);
  saving->base.size = saving->image_size;
  saving->base.checksum = manifest.checksum;
  saving->base.archive_size = saving->base_archive.size;
  return true;
}

static void pack(void *data) {
  struct saving *saving = data;
  const struct base *base = &saving->old_base;
  struct error *error = &saving->result.error;
  bool is_day_over = saving->options.is_new_anchor && base->size; /* the old base stays with the old anchor */
  if (!is_day_over) {
    base_describe(base, &saving->manifest);
    if (!archive_pack(&saving->manifest, saving->image, saving->image_size, base->image, base->size, &saving->archive, error))
      return;
  }
  saving->is_base_due =
      is_day_over || saving->result.was_base_gone || base_is_outgrown(base, saving->archive.size, saving->image_size);
  if (saving->is_base_due) (void)pack_new_base(saving, error);
}

/* True: the saving was cancelled meanwhile, or the worker failed; then the saving is gone. */
static bool worker_ended_badly(struct saving *saving) {
  saving->is_working = false;
  if (saving->is_canceled) {
    saving_free(saving);
    return true;
  }
  if (!saving->result.error.kind) return false;
  struct error error = saving->result.error;
  saving_end(saving, &error);
  return true;
}

static void on_packed(void *data) {
  struct saving *saving = data;
  if (worker_ended_badly(saving)) return;
  if (!saving->is_base_due) {
    write_anchor(saving);
    return;
  }
  saving->sending = base_send_start(saving->state->anchor, &saving->base, saving->base_archive.data, saving->base_archive.size,
                                    0, on_base_sent, saving);
}

static void on_base_sent(const struct error *error, void *data) {
  struct saving *saving = data;
  saving->sending = NULL;
  if (error->kind) {
    saving_end(saving, error);
    return;
  }
  saving->has_base_sent = true;
  saving->result.uploaded += saving->base_archive.size;
  buffer_release(&saving->base_archive);
  buffer_clear(&saving->archive);
  start_worker(saving, pack_over_base, on_packed_over_base);
}

static void pack_over_base(void *data) {
  struct saving *saving = data;
  base_describe(&saving->base, &saving->manifest);
  (void)archive_pack(&saving->manifest, saving->image, saving->image_size, saving->base.image, saving->base.size,
                     &saving->archive, &saving->result.error);
}

static void on_packed_over_base(void *data) {
  struct saving *saving = data;
  if (!worker_ended_badly(saving)) write_anchor(saving);
}

/* The caption is for a person who scrolls by. */
static void write_anchor(struct saving *saving) {
  struct backup_state *state = saving->state;
  char caption[200];
  (void)snprintf(caption, sizeof caption,
                 "Lunokhod backup %lld.%lld. Do not delete: the bot restores itself from this message.",
                 (long long)saving->manifest.epoch, (long long)saving->manifest.sequence);
  if (saving->image) mirror_release(state->mirror); /* already released where an edit has failed and a new message follows */
  saving->image = NULL;
  if (saving->is_anchor_new) {
    anchor_send(state->anchor, FILE_NAME, caption, saving->archive.data, saving->archive.size, on_anchor_written, saving);
  } else {
    anchor_edit(state->anchor, state->message_id, FILE_NAME, caption, saving->archive.data, saving->archive.size,
                on_anchor_written, saving);
  }
}

static void keep_state(struct saving *saving, const struct anchor_sent *sent) {
  struct backup_state *state = saving->state;
  state->message_id = sent->message_id;
  state->is_verified = true;
  state->unique = sent->unique;
  state->last = saving->manifest;
  if (!saving->has_base_sent) return;
  if (!saving->options.is_new_anchor) { /* a day's copy keeps its base */
    saving->old_part_count = state->base.part_count;
    memcpy(saving->old_parts, state->base.parts, sizeof saving->old_parts);
  }
  base_release(&state->base);
  state->base = saving->base;
  saving->base = (struct base){0};
}

static void on_anchor_written(const struct anchor_sent *sent, void *data) {
  struct saving *saving = data;
  if (sent->is_gone && !saving->is_anchor_new) {
    saving->is_anchor_new = true;
    saving->result.why_replaced = "the message of the last one is gone, or can't be edited any more";
    write_anchor(saving);
    return;
  }
  if (sent->error.kind) {
    saving_end(saving, &sent->error);
    return;
  }
  int64_t old_message_id = saving->state->message_id;
  saving->result.uploaded += saving->archive.size;
  saving->result.archive_size = saving->archive.size;
  saving->result.image_size = saving->image_size;
  keep_state(saving, sent);
  if (!saving->is_anchor_new) {
    point(saving);
    return;
  }
  if (old_message_id && saving->options.is_new_anchor) {
    anchor_unpin(saving->state->anchor, old_message_id, on_unpinned, saving);
  } else {
    anchor_pin(saving->state->anchor, sent->message_id, on_pinned, saving);
  }
}

static void on_unpinned(const struct error *error, void *data) {
  struct saving *saving = data;
  if (error->kind) log_warn("can't unpin the last day's backup; error=%s", error->text);
  anchor_pin(saving->state->anchor, saving->state->message_id, on_pinned, saving);
}

/* A failure costs little: the pointer finds the anchor, the pin is the second way. */
static void on_pinned(const struct error *error, void *data) {
  struct saving *saving = data;
  if (error->kind) log_warn("can't pin the backup; error=%s", error->text);
  point(saving);
}

static void point(struct saving *saving) {
  struct backup_state *state = saving->state;
  if (saving->is_anchor_new || !state->is_pointed) {
    anchor_write_pointer(state->anchor, state->message_id, state->epoch, on_pointed, saving);
  } else {
    delete_old_base(saving);
  }
}

static void on_pointed(const struct error *error, void *data) {
  struct saving *saving = data;
  saving->state->is_pointed = !error->kind; /* false: the next backup tries again */
  if (error->kind) log_warn("can't write the pointer to the backup; error=%s", error->text);
  delete_old_base(saving);
}

static void delete_old_base(struct saving *saving) {
  saving->deleting =
      base_delete_start(saving->state->anchor, saving->old_parts, saving->old_part_count, on_old_base_deleted, saving);
}

static void on_old_base_deleted(void *data) {
  struct saving *saving = data;
  saving->deleting = NULL;
  saving_end(saving, &saving->outcome);
}

/* The parts of a new base serve only the archive that names them. If that archive failed, the parts are deleted; if its end is
 * uncertain, they stay. */
static bool has_left_parts(const struct saving *saving, const struct error *error) {
  return error->kind && error->kind != ERROR_UNCERTAIN && saving->has_base_sent && saving->base.size;
}

static void saving_end(struct saving *saving, const struct error *error) {
  if (saving->image) mirror_release(saving->state->mirror);
  saving->image = NULL;
  if (has_left_parts(saving, error)) {
    saving->outcome = *error;
    saving->has_base_sent = false;
    saving->old_part_count = saving->base.part_count;
    memcpy(saving->old_parts, saving->base.parts, sizeof saving->old_parts);
    delete_old_base(saving);
    return;
  }
  saving->result.error = *error;
  saving->done(&saving->result, saving->data);
  saving_free(saving);
}
