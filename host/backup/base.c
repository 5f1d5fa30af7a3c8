/* The base's three operations: sending, deleting, fetching. Each takes one part after the other, because concurrent uploads to
 * one chat only run into Telegram's limits (telegram/FACTS.md, Limits). */
#include "backup/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/anchor.h"
#include "backup/archive.h"
#include "backup/document.h"
#include "common/clock.h"
#include "common/memory.h"
#include "telegram/telegram.h"

/* Bytes of archive that may be sent at each backup, however small the base is. Below that a base is not worth its messages. */
#ifndef BASE_OUTGROWN_FIRST
#define BASE_OUTGROWN_FIRST (64 << 10)
#endif
#ifndef BASE_OUTGROWN
#define BASE_OUTGROWN (8 << 20) /* bytes of archive over a base that are too many to send at each backup */
#endif

enum {
  OUTGROWN_SHARE = 4,  /* a quarter of the base's archive: from there on four savings cost as much as a new base */
  TOO_LARGE = 8 << 20, /* bytes of a base that is twice the database: they are fetched and unpacked by a restore */
  CHECK_GAP_MS = 10000,
  CAPTION_SIZE = 128,
};

void base_release(struct base *base) {
  free(base->archive);
  keyring_drop(base->key);
  page_hashes_release(&base->hashes);
  *base = (struct base){0};
}

const char *base_key_id(const struct base *base) { return base->key ? base->key->name.id : ""; }

bool base_is_outgrown(const struct base *base, size_t archive_size, size_t image_size) {
  if (!base->archive) return archive_size > BASE_OUTGROWN_FIRST;
  if (base->size > TOO_LARGE && base->size / 2 >= image_size) return true;
  if (archive_size <= BASE_OUTGROWN_FIRST) return false;
  return archive_size > BASE_OUTGROWN || archive_size > base->archive_size / OUTGROWN_SHARE;
}

void base_describe(const struct base *base, struct manifest *manifest) {
  manifest->base_size = (int64_t)base->size;
  manifest->base_checksum = base->checksum;
  manifest->part_count = base->part_count;
  memcpy(manifest->parts, base->parts, base->part_count * sizeof *base->parts);
}

/* The one place that words it: base_check() writes the caption again, which changes nothing only if every letter is the same.
 */
static void write_caption(char *caption, size_t room, size_t number, size_t count) {
  (void)snprintf(caption, room, "Lunokhod backup: base, part %zu of %zu. Do not delete: the bot restores itself from it.",
                 number, count);
}

/* A file id outlives its message, but nobody promises for how long (telegram/FACTS.md, Files): so a base whose message is gone
 * must be replaced soon. */
bool base_check(struct base *base, struct anchor *anchor, void (*done)(bool is_gone, void *data), void *data) {
  int64_t now = clock_ticks(anchor_clock(anchor));
  if (!base->part_count || (base->checked_at && now - base->checked_at < CHECK_GAP_MS)) return false;
  size_t at = base->checked++ % base->part_count;
  base->checked_at = now;
  if (!base->parts[at].message_id) return false;
  char caption[CAPTION_SIZE];
  write_caption(caption, sizeof caption, at + 1, base->part_count);
  anchor_check(anchor, base->parts[at].message_id, caption, done, data);
  return true;
}

/* A checksum for each part, so that an error can name the part that was swapped or changed. */
void base_divide(struct base *base, const char *archive, size_t size, size_t part_size) {
  base->archive_size = size;
  base->part_size = part_size ? part_size : BASE_PART_SIZE;
  for (size_t at = 0, from = 0; from < size && at < MANIFEST_PARTS_MAX; at++, from += base->part_size) {
    size_t left = size - from < base->part_size ? size - from : base->part_size;
    base->parts[at] = (struct manifest_part){.size = (int64_t)left, .checksum = archive_checksum(archive + from, left)};
  }
}

/* ---- the life of a sending, in order ---- */

struct base_sending {
  struct anchor *anchor;
  struct base *base;
  const char *archive;
  size_t part_count;
  base_sent done;
  void *data;
  struct clock_timer timer; /* starts it from the loop, so that done never comes from within base_send_start() */
  struct base_deleting *deleting;
  struct error error; /* while the parts that were sent are deleted */
};

static void send_next(void *data);
static void on_part_sent(const struct anchor_sent *sent, void *data);
static void on_parts_deleted(void *data); /* only after a failure */
static void sending_end(struct base_sending *sending);

struct base_sending *base_send_start(struct anchor *anchor, struct base *base, const char *archive, base_sent done,
                                     void *data) {
  struct base_sending *sending = memory_new(sizeof *sending);
  *sending = (struct base_sending){.anchor = anchor,
                                   .base = base,
                                   .archive = archive,
                                   .part_count = (base->archive_size + base->part_size - 1) / base->part_size,
                                   .done = done,
                                   .data = data};
  base->part_count = 0;
  clock_start(anchor_clock(anchor), &sending->timer, 0, send_next, sending);
  return sending;
}

static void send_next(void *data) {
  struct base_sending *sending = data;
  struct base *base = sending->base;
  if (sending->part_count > MANIFEST_PARTS_MAX) {
    error_set(&sending->error, ERROR_FULL, "the base of the backup has %zu bytes packed, more than %d documents of %zu hold",
              base->archive_size, MANIFEST_PARTS_MAX, base->part_size);
  }
  if (sending->error.kind || base->part_count == sending->part_count) {
    sending_end(sending);
    return;
  }
  size_t from = base->part_count * base->part_size;
  char name[64], caption[CAPTION_SIZE];
  (void)snprintf(name, sizeof name, "lunokhod-base-%zu-of-%zu.zst", base->part_count + 1, sending->part_count);
  write_caption(caption, sizeof caption, base->part_count + 1, sending->part_count);
  anchor_expect(sending->anchor, from, base->archive_size);
  anchor_send(sending->anchor, name, caption, sending->archive + from, (size_t)base->parts[base->part_count].size, on_part_sent,
              sending);
}

static void on_part_sent(const struct anchor_sent *sent, void *data) {
  struct base_sending *sending = data;
  struct base *base = sending->base;
  if (sent->error.kind) {
    sending->error = sent->error;
    error_prefix(&sending->error, "the base of the backup, part %zu of %zu", base->part_count + 1, sending->part_count);
    sending->deleting = base_delete_start(sending->anchor, base->parts, base->part_count, on_parts_deleted, sending);
    return;
  }
  struct manifest_part *part = &base->parts[base->part_count++];
  part->message_id = sent->message_id;
  (void)snprintf(part->file_id, sizeof part->file_id, "%s", sent->file_id);
  send_next(sending);
}

static void on_parts_deleted(void *data) {
  struct base_sending *sending = data;
  sending->deleting = NULL;
  sending->base->part_count = 0;
  sending_end(sending);
}

static void sending_end(struct base_sending *sending) {
  sending->done(&sending->error, sending->data);
  free(sending);
}

void base_send_cancel(struct base_sending *sending) {
  clock_stop(anchor_clock(sending->anchor), &sending->timer);
  if (sending->deleting) {
    base_delete_cancel(sending->deleting);
  } else {
    anchor_cancel(sending->anchor);
  }
  free(sending);
}

/* ---- deleting ---- */

struct base_deleting {
  struct anchor *anchor;
  size_t count, at;
  void (*done)(void *data);
  void *data;
  struct clock_timer timer;
  int64_t message_ids[MANIFEST_PARTS_MAX]; /* copied: the base that held them may be released meanwhile */
};

static void on_deleted(const struct error *error, void *data);

static void delete_next(void *data) {
  struct base_deleting *deleting = data;
  if (deleting->at < deleting->count) {
    anchor_delete(deleting->anchor, deleting->message_ids[deleting->at++], on_deleted, deleting);
  } else {
    deleting->done(deleting->data);
    free(deleting);
  }
}

static void on_deleted(const struct error *error, void *data) {
  (void)error; /* best effort: after 48 hours Telegram refuses (telegram/FACTS.md, Deleting) */
  delete_next(data);
}

struct base_deleting *base_delete_start(struct anchor *anchor, const struct manifest_part *parts, size_t count,
                                        void (*done)(void *data), void *data) {
  struct base_deleting *deleting = memory_new(sizeof *deleting);
  deleting->anchor = anchor;
  deleting->done = done;
  deleting->data = data;
  for (size_t i = 0; i < count && i < MANIFEST_PARTS_MAX; i++) {
    if (parts[i].message_id) deleting->message_ids[deleting->count++] = parts[i].message_id;
  }
  clock_start(anchor_clock(anchor), &deleting->timer, 0, delete_next, deleting);
  return deleting;
}

void base_delete_cancel(struct base_deleting *deleting) {
  clock_stop(anchor_clock(deleting->anchor), &deleting->timer);
  anchor_cancel(deleting->anchor);
  free(deleting);
}

/* ---- the life of a fetching, in order: for each part its file id, and where that fails, its message ---- */

struct base_fetching {
  struct telegram *telegram;
  struct anchor *anchor;
  void (*progress)(size_t got, size_t all, void *data);
  base_fetch_done done;
  void *data;
  struct clock_timer timer;
  struct telegram_download *download;
  bool is_from_message; /* anchor_fetch() is under way */
  size_t part_count, at, all;
  struct base_fetched fetched; /* its size: what has come so far */
  struct manifest_part parts[MANIFEST_PARTS_MAX];
};

static void fetch_begin(void *data); /* room for all of it */
static void fetch_next(struct base_fetching *fetching);
static void on_downloaded(const struct download_answer *answer, void *data);
static void fetch_message(struct base_fetching *fetching); /* the second way */
static void on_message_fetched(const struct anchor_found *found, void *data);
static void fetching_end(struct base_fetching *fetching);

struct base_fetching *base_fetch_start(struct telegram *telegram, struct anchor *anchor, const struct manifest *manifest,
                                       void (*progress)(size_t got, size_t all, void *data), base_fetch_done done, void *data) {
  struct base_fetching *fetching = memory_new(sizeof *fetching);
  fetching->telegram = telegram;
  fetching->anchor = anchor;
  fetching->progress = progress;
  fetching->done = done;
  fetching->data = data;
  fetching->part_count = manifest->part_count;
  memcpy(fetching->parts, manifest->parts, sizeof fetching->parts);
  clock_start(anchor_clock(anchor), &fetching->timer, 0, fetch_begin, fetching);
  return fetching;
}

/* Anybody may have written the manifest, so the sizes together must stay below what we would ever pack. */
static bool measure(struct base_fetching *fetching, struct error *error) {
  for (size_t i = 0; i < fetching->part_count; i++) {
    if (fetching->parts[i].size <= 0 || (uint64_t)fetching->parts[i].size > ARCHIVE_IMAGE_CEILING - fetching->all) {
      return error_set(error, ERROR_INPUT, "the base of the backup can't have a part of %lld bytes",
                       (long long)fetching->parts[i].size);
    }
    fetching->all += (size_t)fetching->parts[i].size;
  }
  return fetching->all > 0 || error_set(error, ERROR_INPUT, "the backup needs a base, and names no part of it");
}

static void fetch_begin(void *data) {
  struct base_fetching *fetching = data;
  struct error *error = &fetching->fetched.error;
  bool ok = measure(fetching, error);
  if (ok) {
    fetching->fetched.archive = memory_try_resize(NULL, fetching->all);
    ok = fetching->fetched.archive || error_set(error, ERROR_MEMORY, "out of memory for a base of %zu bytes", fetching->all);
  }
  if (ok) {
    fetch_next(fetching);
  } else {
    fetching_end(fetching);
  }
}

static void on_progress(size_t sent, size_t received, void *data) {
  const struct base_fetching *fetching = data;
  (void)sent;
  fetching->progress(fetching->fetched.size + received, fetching->all, fetching->data);
}

/* By the file id first: it needs no copy in the chat, and works even after the message was deleted. */
static void fetch_next(struct base_fetching *fetching) {
  const struct manifest_part *part = &fetching->parts[fetching->at];
  if (fetching->at == fetching->part_count) {
    fetching_end(fetching);
  } else {
    fetching->download = download_start(fetching->telegram, NULL, part->file_id, (size_t)part->size,
                                        fetching->progress ? on_progress : NULL, on_downloaded, fetching);
  }
}

static bool keep_part(struct base_fetching *fetching, const char *bytes, size_t size) {
  const struct manifest_part *part = &fetching->parts[fetching->at];
  struct base_fetched *fetched = &fetching->fetched;
  if (size != (size_t)part->size || archive_checksum(bytes, size) != part->checksum) return false;
  memcpy(fetched->archive + fetched->size, bytes, size);
  fetched->size += size;
  fetched->error = (struct error){0};
  fetching->at++;
  if (fetching->progress) fetching->progress(fetched->size, fetching->all, fetching->data);
  return true;
}

static bool fail_part(struct base_fetching *fetching, enum error_kind kind, const char *why) {
  char text[sizeof fetching->fetched.error.text];
  (void)snprintf(text, sizeof text, "%s", why);
  return error_set(&fetching->fetched.error, kind, "part %zu of %zu of the backup's base (message %lld): %s", fetching->at + 1,
                   fetching->part_count, (long long)fetching->parts[fetching->at].message_id, text);
}

/* ERROR_INPUT: the part is lost; another kind: it may be there the next time. */
static enum error_kind kind_of(const struct error *error) {
  if (error->kind == ERROR_REFUSED) return document_may_pass(error) ? ERROR_UNCERTAIN : ERROR_INPUT;
  return error->kind == ERROR_FULL ? ERROR_INPUT : error->kind;
}

static void on_downloaded(const struct download_answer *answer, void *data) {
  struct base_fetching *fetching = data;
  fetching->download = NULL;
  if (answer->error.kind) {
    fail_part(fetching, kind_of(&answer->error), answer->error.text);
    fetch_message(fetching);
  } else if (keep_part(fetching, answer->data, answer->size)) {
    fetch_next(fetching);
  } else {
    fail_part(fetching, ERROR_INPUT, "its bytes are not those that were sent");
    fetch_message(fetching);
  }
}

static void fetch_message(struct base_fetching *fetching) {
  int64_t message_id = fetching->parts[fetching->at].message_id;
  if (message_id <= 0) {
    fetching_end(fetching);
    return;
  }
  fetching->is_from_message = true;
  anchor_fetch(fetching->anchor, message_id, on_message_fetched, fetching);
}

static void on_message_fetched(const struct anchor_found *found, void *data) {
  struct base_fetching *fetching = data;
  fetching->is_from_message = false;
  if (found->is_there && keep_part(fetching, found->bytes, found->size)) {
    fetch_next(fetching);
    return;
  }
  if (found->error.kind) {
    fail_part(fetching, kind_of(&found->error), found->error.text);
  } else if (found->is_there) {
    fail_part(fetching, ERROR_INPUT, "its bytes are not those that were sent: it was changed or swapped");
  } else if (fetching->fetched.error.kind == ERROR_INPUT) { /* otherwise the file id may still work later */
    fail_part(fetching, ERROR_INPUT, "it is gone from the chat, and its file can't be had");
  }
  fetching_end(fetching);
}

static void fetching_end(struct base_fetching *fetching) {
  struct base_fetched *fetched = &fetching->fetched;
  if (fetched->error.kind) {
    free(fetched->archive);
    fetched->archive = NULL;
    fetched->size = 0;
  }
  fetching->done(fetched, fetching->data);
  free(fetching);
}

void base_fetch_cancel(struct base_fetching *fetching) {
  clock_stop(anchor_clock(fetching->anchor), &fetching->timer);
  if (fetching->download) download_cancel(fetching->download);
  if (fetching->is_from_message) anchor_cancel(fetching->anchor);
  free(fetching->fetched.archive);
  free(fetching);
}
