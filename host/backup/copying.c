/* A copy is one archive without a base: a single file that `zstd -d` opens, and that needs no chat. Telegram lets a bot
 * download only 20 MB, so a larger one goes to the chat in parts, which are a base, followed by a document that names them.
 *
 * A copying has a mirror and an anchor of its own, so it waits for no backup and no backup waits for it. When the last copy to
 * the chat was made is in the manifest of every backup, since a chat can't be asked; a directory can. */
#include "backup/copying.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backup/anchor.h"
#include "backup/archive.h"
#include "backup/backup_state.h"
#include "backup/changes.h"
#include "backup/copy_directory.h"
#include "backup/mirror.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"

#define FILE_NAME "lunokhod-copy.sqlite.zst" /* says that `zstd -d` opens it */
#define FILE_NAME_ENCRYPTED "lunokhod-copy.sqlite.zst.encrypted"
#define ARCHIVE_CEILING ((size_t)1 << 30)

enum {
  DAY_MS = 24 * 3600 * 1000,
  RETRY_FIRST_MS = 2000, /* doubled each time */
  RETRY_LAST_MS = 3600 * 1000,
  FAILURES_TOLD = 3, /* of a network, before the admin is told: fewer repair themselves */
};

struct place {            /* where copies go */
  const char *key, *name; /* for the log; for a person */
  bool is_due, is_told;
  int64_t copied_at; /* ms since 1970; of the directory: in this process */
  unsigned failures; /* in a row */
  int64_t retry_at;  /* ticks */
};

struct copying {
  struct backup_state *state;
  struct copying_options options;
  struct place directory, chat;
  struct mirror *mirror;
  struct anchor *anchor; /* of the other chat; NULL: there is none */
  struct base_sending *sending;
  bool is_busy, is_working, is_closed;
  /* of the copy that is under way */
  struct keyring *keys;    /* for the worker; NULL: nothing is encrypted */
  struct keyring_key *key; /* ours; from packed on */
  struct manifest manifest;
  struct changes *changes; /* all pages, ours; from copied on */
  struct buffer archive;   /* from packed on */
  struct buffer head;      /* the document that names the parts, where there are any */
  struct base base;        /* the parts; its archive is not used */
  struct error error;      /* of packing */
  struct error file_error; /* of the directory */
};

/* ---- the life of a copy, in order ---- */
static void on_copied(const struct error *error, void *data);
static void pack(void *data); /* worker: packs, and writes the file */
static void on_packed(void *data);
static void send_parts(struct copying *copying); /* only what one document can't hold */
static void on_parts_sent(const struct error *error, void *data);
static void pack_head(void *data); /* worker */
static void on_head_packed(void *data);
static void send_document(struct copying *copying, const struct buffer *document);
static void on_sent(const struct anchor_sent *sent, void *data);
static void copying_end(struct copying *copying);

struct copying *copying_open(struct backup_state *state, const struct copying_options *options) {
  struct copying *copying = memory_new(sizeof *copying);
  copying->state = state;
  copying->keys = state->keys;
  copying->options = *options;
  copying->directory = (struct place){.key = "directory", .name = "into the directory"};
  copying->chat = (struct place){.key = "chat", .name = "to the other chat"};
  copying->mirror = mirror_open(state->database, state->clock);
  if (options->chat_id) copying->anchor = anchor_open(state->telegram, state->clock, options->chat_id, 0);
  buffer_init(&copying->archive, ARCHIVE_CEILING);
  buffer_init(&copying->head, ARCHIVE_CEILING);
  return copying;
}

static void copying_free(struct copying *copying) {
  keyring_drop(copying->key);
  buffer_release(&copying->archive);
  buffer_release(&copying->head);
  changes_free(copying->changes);
  free(copying);
}

void copying_close(struct copying *copying) {
  if (!copying) return;
  if (copying->sending) base_send_cancel(copying->sending);
  anchor_close(copying->anchor);
  mirror_close(copying->mirror);
  copying->state = NULL;
  copying->is_closed = true;
  if (!copying->is_working) copying_free(copying); /* otherwise has_closed() does: the worker reads only what is ours */
}

/* ---- when ---- */

/* THE rule when a copy is due: by the first backup of each day, in UTC, like the names of the files. */
static bool is_due(const struct copying *copying, const struct place *place, int64_t now) {
  bool is_waiting = place->failures && clock_ticks(copying->state->clock) < place->retry_at;
  return !is_waiting && (!place->copied_at || place->copied_at / DAY_MS != now / DAY_MS);
}

/* A change of --copy-to begins in the new chat at once. */
static void read_state(struct copying *copying) {
  const struct backup_state *state = copying->state;
  copying->chat.copied_at = state->copied_to == copying->options.chat_id ? state->copied_at : 0;
}

/* The manifest is that of the last backup, so that a push can tell whether there is a newer one. Nobody writes into a copy any
 * more, so a start that finds one need not wait. */
void copying_consider(struct copying *copying) {
  const struct backup_state *state = copying->state;
  int64_t now = clock_now(state->clock);
  if (copying->is_busy) return;
  read_state(copying);
  copying->directory.is_due = copying->options.directory && is_due(copying, &copying->directory, now);
  copying->chat.is_due = copying->anchor && is_due(copying, &copying->chat, now);
  if (!copying->directory.is_due && !copying->chat.is_due) return;
  copying->is_busy = true;
  copying->manifest = state->last;
  copying->manifest.saved_at = now;
  copying->manifest.mark = MARK_RELEASED;
  copying->manifest.history_count = copying->manifest.sent_count = 0;
  base_describe(&(struct base){0}, &copying->manifest);
  copying->error = copying->file_error = (struct error){0};
  mirror_start(copying->mirror, NULL, on_copied, copying);
}

/* ---- how it ended in a place ---- */

static void tell(const struct copying *copying, const struct place *place, const struct error *error) {
  char text[sizeof error->text + 200];
  if (error) {
    (void)snprintf(text, sizeof text,
                   "Copies of the backup %s fail: %s. Backups go on here. I try again, and tell you when it works.",
                   place->name, error->text);
  } else {
    (void)snprintf(text, sizeof text, "Copies of the backup %s work again.", place->name);
  }
  copying->options.tell(text, copying->options.data);
}

static void fail(struct copying *copying, struct place *place, const struct error *error) {
  bool may_pass = error->kind == ERROR_NETWORK || error->kind == ERROR_UNCERTAIN;
  int64_t wait = RETRY_FIRST_MS;
  for (unsigned i = 0; i < place->failures && wait < RETRY_LAST_MS; i++) wait *= 2;
  place->retry_at = clock_ticks(copying->state->clock) + (wait < RETRY_LAST_MS ? wait : RETRY_LAST_MS);
  place->is_due = false;
  if (place->failures++ == 0) log_error("can't copy the backup; place=%s error=%s", place->key, error->text);
  if (place->is_told || (may_pass && place->failures < FAILURES_TOLD)) return;
  place->is_told = true;
  tell(copying, place, error);
}

static void succeed(struct copying *copying, struct place *place) {
  place->copied_at = copying->manifest.saved_at;
  place->failures = 0;
  place->is_due = false;
  if (place->is_told) tell(copying, place, NULL);
  place->is_told = false;
}

static void fail_all(struct copying *copying, const struct error *error) {
  if (copying->directory.is_due) fail(copying, &copying->directory, error);
  if (copying->chat.is_due) fail(copying, &copying->chat, error);
  copying_end(copying);
}

/* ---- packing, and the file ---- */

static void start_worker(struct copying *copying, loop_worker worker, loop_worked worked) {
  struct error error = {0};
  copying->is_working = loop_work(copying->state->loop, worker, worked, copying, &error);
  if (!copying->is_working) fail_all(copying, &error);
}

static void on_copied(const struct error *error, void *data) {
  struct copying *copying = data;
  if (error->kind) {
    fail_all(copying, error);
    return;
  }
  copying->changes = mirror_take(copying->mirror);
  start_worker(copying, pack, on_packed);
}

static const struct changes_base no_base;

/* A file of the day that is there already stays: it is the first one, which a later mistake must not write over. */
static void pack(void *data) {
  struct copying *copying = data;
  const struct copying_options *options = &copying->options;
  int64_t at = copying->manifest.saved_at;
  bool is_there = copying->directory.is_due && copy_directory_has(options->directory, options->bot_id, at);
  if (is_there && !copying->chat.is_due) return;
  if (copying->keys && !(copying->key = keyring_first(copying->keys, &copying->error))) return;
  if (!changes_pack(copying->changes, CHANGES_WHOLE, &no_base, &copying->manifest, copying->key, &copying->archive,
                    &copying->error))
    return;
  if (copying->directory.is_due && !is_there) {
    struct copy_file file = {.directory = options->directory,
                             .bot_id = options->bot_id,
                             .at = at,
                             .is_encrypted = copying->key != NULL,
                             .keep_days = options->keep_days,
                             .bytes = copying->archive.data,
                             .size = copying->archive.size};
    (void)copy_directory_write(&file, &copying->file_error);
  }
  copying->base = (struct base){.size = changes_image_size(copying->changes), .checksum = copying->manifest.checksum};
  base_divide(&copying->base, copying->archive.data, copying->archive.size, 0);
}

/* True: it was closed meanwhile, and is gone. */
static bool has_closed(struct copying *copying) {
  copying->is_working = false;
  if (!copying->is_closed) return false;
  copying_free(copying);
  return true;
}

static void on_packed(void *data) {
  struct copying *copying = data;
  if (has_closed(copying)) return;
  if (copying->error.kind) {
    fail_all(copying, &copying->error);
    return;
  }
  if (copying->directory.is_due && copying->file_error.kind) {
    fail(copying, &copying->directory, &copying->file_error);
  } else if (copying->directory.is_due) {
    if (copying->archive.size) log_info("copied into the directory; bytes=%zu", copying->archive.size);
    succeed(copying, &copying->directory);
  }
  if (!copying->chat.is_due) {
    copying_end(copying);
  } else if (copying->archive.size > BASE_PART_SIZE) {
    send_parts(copying);
  } else {
    send_document(copying, &copying->archive);
  }
}

/* ---- the chat ---- */

static void send_parts(struct copying *copying) {
  copying->sending = base_send_start(copying->anchor, &copying->base, copying->archive.data, on_parts_sent, copying);
}

static void on_parts_sent(const struct error *error, void *data) {
  struct copying *copying = data;
  copying->sending = NULL;
  if (error->kind) {
    fail_all(copying, error);
  } else {
    start_worker(copying, pack_head, on_head_packed);
  }
}

static void pack_head(void *data) {
  struct copying *copying = data;
  base_describe(&copying->base, &copying->manifest);
  (void)changes_pack(copying->changes, CHANGES_NONE, &no_base, &copying->manifest, copying->key, &copying->head,
                     &copying->error);
}

static void on_head_packed(void *data) {
  struct copying *copying = data;
  if (has_closed(copying)) return;
  if (copying->error.kind) {
    fail_all(copying, &copying->error);
  } else {
    send_document(copying, &copying->head);
  }
}

/* The caption is for the person who looks for a day. */
static void send_document(struct copying *copying, const struct buffer *document) {
  char caption[200], when[CLOCK_DATE_SIZE];
  (void)clock_write_date(copying->manifest.saved_at, when);
  (void)snprintf(caption, sizeof caption, "Lunokhod: a copy of the backup, %s (UTC), sequence %" PRId64 ".", when,
                 copying->manifest.sequence);
  anchor_send(copying->anchor, copying->key ? FILE_NAME_ENCRYPTED : FILE_NAME, caption, document->data, document->size, on_sent,
              copying);
}

static void on_sent(const struct anchor_sent *sent, void *data) {
  struct copying *copying = data;
  struct backup_state *state = copying->state;
  if (sent->error.kind) {
    fail(copying, &copying->chat, &sent->error);
  } else {
    struct manifest_copy copy = {sent->message_id, copying->manifest.saved_at, manifest_base(&copying->manifest)};
    if (state->copied_to != copying->options.chat_id) state->sent_count = 0; /* those in another chat are left to people */
    state->copied_at = copying->manifest.saved_at;
    state->copied_to = copying->options.chat_id;
    manifest_list_copy(state->sent, &state->sent_count, &copy);
    log_info("copied to the other chat; chat=%" PRId64 " message=%" PRId64 " bytes=%zu", copying->options.chat_id,
             sent->message_id, copying->archive.size);
    succeed(copying, &copying->chat);
  }
  copying_end(copying);
}

static void copying_end(struct copying *copying) {
  copying->is_busy = false;
  changes_free(copying->changes);
  copying->changes = NULL;
  keyring_drop(copying->key);
  copying->key = NULL;
  buffer_release(&copying->archive);
  buffer_release(&copying->head);
}
