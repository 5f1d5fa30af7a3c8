/* The base: the last full image, in documents ("parts") of at most 19 MB, on which later archives build; and the rule when it
 * is written anew. In memory it is what was sent, a third of the image. The loop's thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/manifest.h"
#include "backup/page_hashes.h"
#include "common/error.h"

struct anchor;
struct telegram;

#ifndef BASE_PART_SIZE
#define BASE_PART_SIZE (19 << 20) /* a bot can upload 50 MB, but download only 20: telegram/FACTS.md, Files */
#endif

struct base {                /* embedded; all zero: there is none */
  char *archive;             /* all parts together; ours */
  size_t archive_size;       /* bytes, like the next: */
  size_t part_size;          /* of each part but the last */
  struct keyring_key *key;   /* that it is encrypted with, ours; NULL: it is not */
  struct page_hashes hashes; /* of the image; ours */
  size_t size;               /* bytes, of the image, like the checksum */
  uint64_t checksum;
  bool is_damaged;   /* in this machine's memory: nothing is built upon it any more */
  size_t part_count; /* that are in the chat */
  struct manifest_part parts[MANIFEST_PARTS_MAX];
  int64_t checked_at; /* ticks of the last base_check(); 0: there was none */
  size_t checked;     /* how many base_check() there were: the next one takes the part at this place, modulo part_count */
};
void base_release(struct base *base);
const char *base_key_id(const struct base *base); /* "": it is not encrypted */

/* Is a new base due? The archive is more than 64 kB, and more than a quarter of the base's archive or 8 MB. Or the database has
 * shrunk to half of a base of more than 8 MB. */
bool base_is_outgrown(const struct base *base, size_t archive_size, size_t image_size);

/* Is a part's message gone from the chat? One part is asked for at a time, in turns, and at most every 10 s: false where none
 * is due, and done does not come. anchor_cancel() cancels it. */
bool base_check(struct base *base, struct anchor *anchor, void (*done)(bool is_gone, void *data), void *data);

/* Writes into the manifest what it must say of the base. */
void base_describe(const struct base *base, struct manifest *manifest);

/* Before the sending, on a worker: fills in archive_size, part_size (0: BASE_PART_SIZE), and sizes and checksums of the parts.
 */
void base_divide(struct base *base, const char *archive, size_t size, size_t part_size);

/* ---- sending: the archive that was divided, part after part; done comes once, base->parts are filled in. A failure deletes
 * (best effort) the parts that were sent. archive is kept until done. More than MANIFEST_PARTS_MAX parts are ERROR_FULL. ----
 */
struct base_sending;
typedef void (*base_sent)(const struct error *error, void *data);
struct base_sending *base_send_start(struct anchor *anchor, struct base *base, const char *archive, base_sent done, void *data);
void base_send_cancel(struct base_sending *sending);

/* ---- deleting the messages of parts, one after the other; best effort, cannot fail ---- */
struct base_deleting;
struct base_deleting *base_delete_start(struct anchor *anchor, const struct manifest_part *parts, size_t count,
                                        void (*done)(void *data), void *data);
void base_delete_cancel(struct base_deleting *deleting);

/* ---- fetching: by the manifest of an archive; every part's size and checksum is verified. The bytes are given: free(). Where
 * a file id fails, the part's message is fetched instead (anchor_fetch()). ---- */
struct base_fetching;
struct base_fetched {
  struct error error; /* ERROR_INPUT: a part is missing, changed or swapped; the text says which */
  char *archive;      /* given: free(); NULL on error */
  size_t size;
};
typedef void (*base_fetch_done)(struct base_fetched *fetched, void *data);
struct base_fetching *base_fetch_start(struct telegram *telegram, struct anchor *anchor, const struct manifest *manifest,
                                       void (*progress)(size_t got, size_t all, void *data), base_fetch_done done, void *data);
void base_fetch_cancel(struct base_fetching *fetching);
