/* The steps of one backup. Uploads that nothing points to yet are invisible to a restore; the edit of our own message, or
 * the publication of a new one, is the commit. So every step may fail and leave the last backup as it was, and the parts of
 * a new base are deleted where no message came to name them. An edit without a definite answer taints the message: it may
 * still change, so what comes next goes into a new one. What a worker reads is never freed under it: see saving_cancel(). */
#include "backup/saving.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/anchor.h"
#include "backup/api_call.h"
#include "backup/archive.h"
#include "backup/backup_state.h"
#include "backup/changes.h"
#include "backup/crown.h"
#include "backup/expiry.h"
#include "backup/mirror.h"
#include "backup/publishing.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"

#define FILE_NAME "lunokhod.sqlite.zst" /* says that `zstd -d` opens it */
#define FILE_NAME_ENCRYPTED "lunokhod.sqlite.zst.encrypted"
#define ARCHIVE_CEILING ((size_t)1 << 30)

enum {
  REPEAT_MS = 1000,             /* between two tries of the last content */
  UNSETTLED_MS = 60000,         /* after so long an edit without an answer is taken for lost */
  CLOCK_SLACK_MS = 3600 * 1000, /* by so much two machines' clocks may differ */
};

struct saving {
  struct backup_state *state;
  struct saving_options options;
  saving_done done;
  void *data;
  struct saving_result result;
  struct keyring *keys;     /* for the worker; NULL: nothing is encrypted */
  struct keyring_key *key;  /* ours; from packed on */
  struct manifest manifest; /* of the archive that is being made */
  struct changes *changes;  /* ours; from copied on */
  size_t image_size;
  struct buffer archive; /* from packed on */
  struct base base;      /* the new one */
  struct base old_base;  /* the state's, for the worker; what it points to is the state's, and after a cancel ours */
  struct base_sending *sending;
  struct base_deleting *deleting;
  struct publishing *publishing;
  struct clock_timer repeat;
  int64_t old_message_id;                             /* of ours, which a new one replaces; 0: none */
  struct manifest_part old_parts[MANIFEST_PARTS_MAX]; /* of the base that the new one replaces */
  size_t old_part_count;
  bool is_base_due, is_anchor_new, has_base_sent;
  bool is_old_tainted;
  bool may_be_named;    /* by an edit of unknown outcome: the new base */
  bool is_base_damaged; /* told by the worker */
  bool is_working, is_canceled;
  struct error outcome; /* of a failure, until it is told */
};

/* ---- the life of a saving, in order ---- */
static void on_base_checked(bool is_gone, void *data); /* at most every 10 s */
static void copy(struct saving *saving);
static void on_copy_refused(void *data);
static void on_copied(const struct error *error, void *data); /* a consistent copy is there */
static void pack(void *data);                                 /* worker */
static void on_packed(void *data);
static void on_base_looked(const struct error *error, enum crown_holder holder, void *data); /* only when a new base is due */
static void send_base(struct saving *saving);
static void on_base_sent(const struct error *error, void *data);
static void pack_over_base(void *data); /* worker */
static void on_packed_over_base(void *data);
static void look(struct saving *saving);
static void on_looked(const struct error *error, enum crown_holder holder, void *data); /* packing and parts took seconds */
static void write_anchor(struct saving *saving);
static void on_edited(const struct anchor_sent *sent, void *data);       /* THE commit */
static void on_published(const struct published *published, void *data); /* THE commit of a new message */
static void on_confirmed(const struct error *error, enum crown_holder holder, void *data);
static void tidy(struct saving *saving); /* best effort, like the rest */
static void on_predecessor_done(const struct error *error, void *data);
static void tidy_old_message(struct saving *saving);
static void on_old_message_done(const struct error *error, void *data);
static void delete_old_base(struct saving *saving);
static void start_deleting(struct saving *saving);
static void on_old_base_deleted(void *data);
static void saving_end(struct saving *saving, const struct error *error); /* frees, tells; nothing after it */

static void saving_free(struct saving *saving) {
  keyring_drop(saving->key);
  buffer_release(&saving->archive);
  base_release(&saving->base);
  if (saving->is_canceled) base_release(&saving->old_base);
  changes_free(saving->changes);
  free(saving);
}

bool saving_is_day_over(const struct backup_state *state) {
  int64_t age = clock_now(state->clock) - state->last.anchored_at;
  return state->last.anchored_at && (age >= state->day_ms || age < -CLOCK_SLACK_MS);
}

int64_t saving_unsettled_ms(const struct backup_state *state) {
  int64_t left = state->unsettled_ticks + UNSETTLED_MS - clock_ticks(state->clock);
  return state->is_unsettled && left > 0 ? left : 0;
}

/* THE rule when a backup goes into a new message. A fenced host has only the one that it has. */
static bool saving_needs_message(const struct backup_state *state, const struct saving_options *options) {
  if (options->is_fenced) return false;
  return !state->message_id || state->is_tainted || options->keeps_old;
}

struct saving *saving_start(struct backup_state *state, const struct saving_options *options, saving_done done, void *data) {
  struct saving *saving = memory_new(sizeof *saving);
  saving->state = state;
  saving->keys = state->keys;
  saving->options = *options;
  saving->done = done;
  saving->data = data;
  saving->is_anchor_new = saving_needs_message(state, options);
  buffer_init(&saving->archive, ARCHIVE_CEILING);
  bool is_checked = !options->is_fenced && base_check(&state->base, state->anchor, on_base_checked, saving);
  if (!is_checked) copy(saving);
  return saving;
}

/* A worker can't be called back, and a cancel must not wait: so the saving takes over what the worker reads, outlives its
 * owner, and is freed when the worker is back (worker_ended_badly()). */
static void leave_to_worker(struct saving *saving) {
  struct backup_state *state = saving->state;
  saving->is_canceled = true;
  state->base = (struct base){0}; /* old_base has what it pointed to */
  saving->state = NULL;
}

void saving_cancel(struct saving *saving) {
  if (saving->sending) base_send_cancel(saving->sending);
  if (saving->deleting) base_delete_cancel(saving->deleting);
  if (saving->publishing) publishing_cancel(saving->publishing);
  anchor_cancel(saving->state->anchor);
  crown_cancel(saving->state->crown);
  clock_stop(saving->state->clock, &saving->repeat);
  if (saving->is_working) {
    leave_to_worker(saving);
  } else {
    saving_free(saving);
  }
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

/* before_copy() writes in a segment of its own. The moment that is copied is the one in which that has committed. */
static void copy(struct saving *saving) {
  struct database *database = saving->state->database;
  struct error error = {0};
  bool ok = true;
  if (saving->options.before_copy) {
    ok = database_begin(database, &error) && saving->options.before_copy(saving->options.data, &error) &&
         database_commit(database, &error);
    if (!ok) database_rollback(database);
  }
  if (!ok) {
    saving->outcome = error;
    clock_start(saving->state->clock, &saving->repeat, 0, on_copy_refused, saving); /* saving_start() may not have returned */
    return;
  }
  saving->result.position = database_committed(database);
  if (saving->options.copied) saving->options.copied(saving->options.data);
  const struct base *base = &saving->state->base;
  mirror_start(saving->state->mirror, base->is_damaged ? NULL : &base->hashes, on_copied, saving);
}

static void on_copy_refused(void *data) {
  struct saving *saving = data;
  saving_end(saving, &saving->outcome);
}

static void start_worker(struct saving *saving, loop_worker worker, loop_worked worked) {
  struct error error = {0};
  saving->is_working = loop_work(saving->state->loop, worker, worked, saving, &error);
  if (!saving->is_working) saving_end(saving, &error);
}

/* The history lists what stays: the message of ours that is replaced because its day is over, and a predecessor that is kept.
 * One that is tainted may still change, so it is no copy. */
static void fill_history(struct saving *saving) {
  const struct backup_state *state = saving->state;
  const struct manifest *last = &state->last;
  struct manifest *manifest = &saving->manifest;
  for (size_t i = 0; i < last->history_count; i++) {
    if (!expiry_has_erased(state, last->history[i].message_id)) manifest_add_copy(manifest, &last->history[i]);
  }
  if (!state->message_id && state->predecessor.message_id && state->predecessor.is_kept) {
    manifest_add_copy(manifest, &state->predecessor.copy);
  } else if (state->message_id && saving->options.keeps_old && !state->is_tainted) {
    struct manifest_copy copy = {state->message_id, last->saved_at, manifest_base(last)};
    manifest_add_copy(manifest, &copy);
  }
}

/* A day begins with a message that keeps the one before. The first backup of all begins one, too. */
static void fill_manifest(struct saving *saving) {
  struct backup_state *state = saving->state;
  bool is_day_new = saving->options.keeps_old || !state->last.anchored_at;
  saving->manifest = (struct manifest){
      .format = MANIFEST_FORMAT,
      .nonce = crown_nonce(state->crown),
      .mark = saving->options.mark,
      .epoch = state->epoch,
      .sequence = ++state->sequence,
      .saved_at = clock_now(state->clock),
      .anchored_at = is_day_new ? clock_now(state->clock) : state->last.anchored_at,
      .copied_at = state->copied_at,
      .copied_to = state->copied_to,
      .began_at = state->began_at,
      .turns = state->turns,
  };
  (void)snprintf(saving->manifest.host, sizeof saving->manifest.host, "%s", LUNOKHOD_VERSION);
  saving->manifest.sent_count = state->sent_count;
  memcpy(saving->manifest.sent, state->sent, sizeof saving->manifest.sent);
  fill_history(saving);
}

static void on_copied(const struct error *error, void *data) {
  struct saving *saving = data;
  struct backup_state *state = saving->state;
  saving->result.longest_slice_us = mirror_longest_slice_us(state->mirror);
  if (error->kind) {
    saving_end(saving, error);
    return;
  }
  saving->changes = mirror_take(state->mirror);
  saving->image_size = changes_image_size(saving->changes);
  fill_manifest(saving);
  saving->old_base = state->base;
  saving->result.key_generation = keyring_generation(saving->keys);
  start_worker(saving, pack, on_packed);
}

static struct changes_base describe_base(const struct base *base) {
  return (struct changes_base){base->archive, base->archive_size, base->size, base->key};
}

/* Where pages are not here because they are as in the old base, they come from there. */
static bool pack_new_base(struct saving *saving, struct error *error) {
  struct base *base = &saving->base;
  struct manifest manifest = saving->manifest;
  struct changes_base old = describe_base(&saving->old_base);
  struct buffer archive;
  buffer_init(&archive, ARCHIVE_CEILING);
  base_describe(base, &manifest); /* there is none below it */
  bool ok = changes_pack(saving->changes, CHANGES_WHOLE, &old, &manifest, saving->key, &archive, error);
  if (ok && saving->key) ok = (base->key = keyring_copy(saving->key, error)) != NULL;
  base_divide(base, archive.data, archive.size, 0);
  base->archive = buffer_take(&archive, NULL);
  base->size = saving->image_size;
  base->checksum = manifest.checksum;
  base->hashes = changes_take_hashes(saving->changes);
  return ok;
}

/* THE rule when a base can't be built upon: its day is over, so it stays with the old message; or it is encrypted otherwise,
 * since an old key must not be needed for ever; or it was found to be damaged by the saving before. */
static bool is_base_over(const struct saving *saving, const struct base *base) {
  bool is_other_key = strcmp(base_key_id(base), saving->key ? saving->key->name.id : "") != 0;
  return base->size && (saving->options.keeps_old || is_other_key || base->is_damaged);
}

static bool pack_over(struct saving *saving, const struct base *base, struct error *error) {
  struct changes_base over = describe_base(base);
  base_describe(base, &saving->manifest);
  return changes_pack(saving->changes, CHANGES_OVER_BASE, &over, &saving->manifest, saving->key, &saving->archive, error);
}

static void pack(void *data) {
  struct saving *saving = data;
  const struct base *base = &saving->old_base;
  struct error *error = &saving->result.error;
  if (saving->keys && !(saving->key = keyring_first(saving->keys, error))) return;
  bool is_over = is_base_over(saving, base);
  bool ok = is_over || pack_over(saving, base, error);
  saving->is_base_due =
      ok && (is_over || saving->result.was_base_gone || base_is_outgrown(base, saving->archive.size, saving->image_size));
  if (saving->is_base_due) ok = pack_new_base(saving, error);
  saving->is_base_damaged = !ok && base->archive && (error->kind == ERROR_INPUT || error->kind == ERROR_SYSTEM);
}

/* True: the saving was cancelled meanwhile, or the worker failed; then the saving is gone. */
static bool worker_ended_badly(struct saving *saving) {
  saving->is_working = false;
  if (saving->is_canceled) {
    saving_free(saving);
    return true;
  }
  if (!saving->result.error.kind) return false;
  if (saving->is_base_damaged) saving->state->base.is_damaged = true; /* so the next one needs nothing of it */
  struct error error = saving->result.error;
  saving_end(saving, &error);
  return true;
}

static void on_packed(void *data) {
  struct saving *saving = data;
  if (worker_ended_badly(saving)) return;
  if (!saving->is_base_due) {
    look(saving);
  } else if (saving->options.is_fenced) {
    send_base(saving);
  } else {
    crown_look(saving->state->crown, on_base_looked, saving);
  }
}

/* False: the saving has ended. */
static bool has_crown(struct saving *saving, const struct error *error, enum crown_holder holder) {
  struct error told = *error;
  if (!told.kind && holder == CROWN_OURS) return true;
  if (!told.kind) {
    saving->result.is_fenced = true;
    error_set(&told, ERROR_REFUSED, "another host has taken over this bot");
  }
  saving_end(saving, &told);
  return false;
}

static void on_base_looked(const struct error *error, enum crown_holder holder, void *data) {
  struct saving *saving = data;
  if (has_crown(saving, error, holder)) send_base(saving);
}

static void send_base(struct saving *saving) {
  struct base *base = &saving->base;
  saving->sending = base_send_start(saving->state->anchor, base, base->archive, on_base_sent, saving);
}

static void on_base_sent(const struct error *error, void *data) {
  struct saving *saving = data;
  saving->sending = NULL;
  if (error->kind) {
    saving_end(saving, error);
    return;
  }
  saving->has_base_sent = true;
  saving->result.uploaded += saving->base.archive_size;
  buffer_clear(&saving->archive);
  start_worker(saving, pack_over_base, on_packed_over_base);
}

static void pack_over_base(void *data) {
  struct saving *saving = data;
  base_describe(&saving->base, &saving->manifest);
  (void)changes_pack(saving->changes, CHANGES_NONE, &(struct changes_base){0}, &saving->manifest, saving->key, &saving->archive,
                     &saving->result.error);
}

static void on_packed_over_base(void *data) {
  struct saving *saving = data;
  if (!worker_ended_badly(saving)) look(saving);
}

/* ---- writing ---- */

/* The last content is written whoever reigns: it goes into our own message. */
static void look(struct saving *saving) {
  bool is_last = saving->options.mark == MARK_RELEASED;
  if (saving->options.is_fenced || (is_last && !saving->is_anchor_new)) {
    write_anchor(saving);
  } else {
    crown_look(saving->state->crown, on_looked, saving);
  }
}

static void on_looked(const struct error *error, enum crown_holder holder, void *data) {
  struct saving *saving = data;
  if (has_crown(saving, error, holder)) write_anchor(saving);
}

/* The caption is for a person who scrolls by. */
static void write_caption(const struct saving *saving, char *caption, size_t size) {
  (void)snprintf(caption, size, "Lunokhod backup %lld. Do not delete: the bot restores itself from this message.",
                 (long long)saving->manifest.sequence);
}

static const char *file_name(const struct saving *saving) { return saving->key ? FILE_NAME_ENCRYPTED : FILE_NAME; }

static void publish(struct saving *saving, int64_t message_id) {
  char caption[200];
  write_caption(saving, caption, sizeof caption);
  struct publishing_options options = {.message_id = message_id,
                                       .file_name = file_name(saving),
                                       .caption = caption,
                                       .bytes = saving->archive.data,
                                       .size = saving->archive.size,
                                       .epoch = saving->state->epoch};
  saving->publishing = publishing_start(saving->state, &options, on_published, saving);
}

static void edit(void *data) {
  struct saving *saving = data;
  struct backup_state *state = saving->state;
  char caption[200];
  write_caption(saving, caption, sizeof caption);
  anchor_edit(state->anchor, state->message_id, file_name(saving), caption, saving->archive.data, saving->archive.size,
              on_edited, saving);
}

static void write_anchor(struct saving *saving) {
  changes_free(saving->changes);
  saving->changes = NULL;
  if (saving->is_anchor_new) {
    publish(saving, 0);
  } else {
    edit(saving);
  }
}

static void tell_key(const struct saving *saving) {
  const char *before = saving->state->last.key.id, *now = saving->manifest.key.id;
  if (strcmp(before, now) == 0) return;
  if (*before) {
    log_info("backups are encrypted with another key now; key=%s before=%s", now, before);
  } else {
    log_info("backups are encrypted from now on: keep the key, without it they can't be read; key=%s", now);
  }
}

static void keep_state(struct saving *saving, const struct anchor_sent *sent) {
  struct backup_state *state = saving->state;
  saving->result.uploaded += saving->archive.size;
  saving->result.archive_size = saving->archive.size;
  saving->result.image_size = saving->image_size;
  if (!state->epoch) state->epoch = sent->message_id;
  if (state->message_id != sent->message_id) state->is_unsettled = false;
  state->message_id = sent->message_id;
  state->unique = sent->unique;
  tell_key(saving);
  state->last = saving->manifest;
  state->is_tainted = false;
  if (!saving->has_base_sent) return;
  saving->old_part_count = state->base.part_count;
  memcpy(saving->old_parts, state->base.parts, sizeof saving->old_parts);
  base_release(&state->base);
  state->base = saving->base;
  saving->base = (struct base){0};
}

/* THE rule of taint: what was written without a definite answer may still arrive, so this message is never written with
 * different content again. The same content in a new message is safe. */
static void on_tainted(struct saving *saving, const struct error *error) {
  log_warn("it is not known whether the backup has arrived in its message, so it goes into a new one; error=%s", error->text);
  saving->state->is_tainted = true;
  saving->may_be_named = true;
  saving->is_anchor_new = true;
  publish(saving, 0);
}

/* Of two edits that overlap Telegram may cancel one, and says so to whoever asked for it: what the message holds then is not
 * known either. */
static bool is_uncertain(const struct error *error) {
  return error->kind == ERROR_UNCERTAIN || api_call_was_refused(error, "canceled by new edit message");
}

/* The last content: identical bytes, so it does not matter which of the tries arrives, and when. */
static void repeat(struct saving *saving, const struct error *error) {
  log_warn("the last content of this host is not saved yet, trying again; error=%s", error->text);
  clock_start(saving->state->clock, &saving->repeat, REPEAT_MS, edit, saving);
}

/* Identical bytes do no harm, whenever they arrive; these will be followed by others. */
static void note_unsettled(struct backup_state *state) {
  state->is_unsettled = true;
  state->unsettled_ticks = clock_ticks(state->clock);
}

static void on_edited(const struct anchor_sent *sent, void *data) {
  struct saving *saving = data;
  bool is_last = saving->options.mark == MARK_RELEASED;
  if (is_uncertain(&sent->error) && !is_last) note_unsettled(saving->state);
  if (sent->is_gone && !saving->options.is_fenced) {
    saving->is_anchor_new = true;
    saving->result.why_replaced = "the message of the last one is gone, or can't be edited any more";
    publish(saving, 0);
  } else if (sent->error.kind && is_last && !sent->is_gone) {
    repeat(saving, &sent->error);
  } else if (is_uncertain(&sent->error) && !saving->options.is_fenced) {
    on_tainted(saving, &sent->error);
  } else if (sent->error.kind) {
    saving_end(saving, &sent->error);
  } else {
    bool is_published = saving->state->is_published;
    keep_state(saving, sent);
    if (saving->options.is_fenced) {
      saving_end(saving, &saving->outcome);
    } else if (is_published) {
      crown_look(saving->state->crown, on_confirmed, saving);
    } else { /* its publication was cut short */
      publish(saving, sent->message_id);
    }
  }
}

static void on_published(const struct published *published, void *data) {
  struct saving *saving = data;
  struct backup_state *state = saving->state;
  saving->publishing = NULL;
  if (published->may_be_found && published->sent.message_id != state->message_id) {
    saving->old_message_id = state->message_id;
    saving->is_old_tainted = state->is_tainted;
    keep_state(saving, &published->sent);
    state->anchors++;
  }
  if (published->may_be_found) state->is_published = published->is_published;
  saving->result.is_fenced = published->is_fenced;
  if (published->error.kind) {
    saving_end(saving, &published->error);
  } else {
    tidy(saving);
  }
}

/* THE rule of a save: it counts when the edit is acknowledged, and the crown was ours after that. */
static void on_confirmed(const struct error *error, enum crown_holder holder, void *data) {
  struct saving *saving = data;
  if (has_crown(saving, error, holder)) tidy(saving);
}

/* ---- afterwards: acknowledged, and seen to be under the crown ---- */

/* THE rule of cleaning up: last. A predecessor goes when we serve, which a fenced one waits for; a copy stays. */
static void tidy(struct saving *saving) {
  struct predecessor *predecessor = &saving->state->predecessor;
  int64_t message_id = predecessor->message_id;
  if (saving->options.mark != MARK_SERVING || !message_id) {
    tidy_old_message(saving);
    return;
  }
  predecessor->message_id = 0;
  if (predecessor->is_kept) {
    anchor_unpin(saving->state->anchor, message_id, on_predecessor_done, saving);
  } else {
    anchor_delete(saving->state->anchor, message_id, on_predecessor_done, saving);
  }
}

static void on_predecessor_done(const struct error *error, void *data) {
  (void)error;
  tidy_old_message(data);
}

static void tidy_old_message(struct saving *saving) {
  struct anchor *anchor = saving->state->anchor;
  if (!saving->old_message_id) {
    delete_old_base(saving);
  } else if (saving->options.keeps_old && !saving->is_old_tainted) {
    anchor_unpin(anchor, saving->old_message_id, on_old_message_done, saving);
  } else {
    anchor_delete(anchor, saving->old_message_id, on_old_message_done, saving);
  }
}

static void on_old_message_done(const struct error *error, void *data) {
  (void)error;
  delete_old_base(data);
}

/* Before we serve, the predecessor may still write over its base; what was left to it then goes with a later saving. */
static void leave_or_take_shared(struct saving *saving) {
  struct backup_state *state = saving->state;
  if (saving->options.mark == MARK_PUBLISHED && saving->old_part_count) {
    memcpy(state->shared_parts, saving->old_parts, sizeof state->shared_parts);
    state->shared_part_count = saving->old_part_count;
    saving->old_part_count = 0;
  } else if (saving->options.mark == MARK_SERVING && !saving->old_part_count) {
    memcpy(saving->old_parts, state->shared_parts, sizeof saving->old_parts);
    saving->old_part_count = state->shared_part_count;
    state->shared_part_count = 0;
  }
}

/* Parts live as long as any message in the history names them. */
static void delete_old_base(struct saving *saving) {
  leave_or_take_shared(saving);
  int64_t base = saving->old_part_count ? saving->old_parts[0].message_id : 0;
  if (manifest_needs_base(&saving->state->last, base)) saving->old_part_count = 0;
  start_deleting(saving);
}

static void start_deleting(struct saving *saving) {
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
  return error->kind && error->kind != ERROR_UNCERTAIN && !saving->may_be_named && saving->has_base_sent && saving->base.size;
}

static void saving_end(struct saving *saving, const struct error *error) {
  changes_free(saving->changes);
  saving->changes = NULL;
  if (has_left_parts(saving, error)) {
    saving->outcome = *error;
    saving->has_base_sent = false;
    saving->old_part_count = saving->base.part_count;
    memcpy(saving->old_parts, saving->base.parts, sizeof saving->old_parts);
    start_deleting(saving);
    return;
  }
  saving->result.error = *error;
  saving->done(&saving->result, saving->data);
  saving_free(saving);
}
