/* The manifest: what a backup says of itself, JSON at the head of every archive. Of an encrypted one it says what a host must
 * know to find and to fetch it, and the rest, which tells of the data, is encrypted too. Pure, any thread. Internal to the
 * floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/keyring.h"

struct buffer;
struct error;

enum {
  MANIFEST_FORMAT = 1,
  MANIFEST_FORMAT_ENCRYPTED = 2,
  MANIFEST_PARTS_MAX = 64,   /* of 19 MB: 1.2 GB compressed, more than a mirror can hold */
  MANIFEST_HISTORY_MAX = 30, /* daily copies: a month */
  MANIFEST_FILE_ID_SIZE = 200,
};

struct manifest_part { /* a document that holds a slice of the base's archive */
  char file_id[MANIFEST_FILE_ID_SIZE];
  int64_t message_id;
  int64_t size;      /* bytes */
  uint64_t checksum; /* archive_checksum() of the slice */
};

enum { MANIFEST_BASE_UNKNOWN = -1 };
struct manifest_copy { /* a day's last anchor, left in the chat */
  int64_t message_id;
  int64_t saved_at; /* ms since 1970 */
  int64_t base;     /* message of the first part of its base; 0: it has none; MANIFEST_BASE_UNKNOWN */
};

enum manifest_mark {                 /* what the host that wrote it is doing */
                     MARK_NONE,      /* not known: a version without reigns */
                     MARK_PUBLISHED, /* has taken over, and not polled yet */
                     MARK_SERVING,
                     MARK_RELEASED, /* this is its last content: whoever comes next need not wait */
};

struct manifest {
  int format;
  struct key_name key; /* key.id "": it is not encrypted. Otherwise what is marked * is 0 until manifest_read_secret() */
  char host[32];       /* version of the program */
  int64_t nonce;       /* of the reign that wrote it; 0: a version without reigns */
  enum manifest_mark mark;
  int64_t epoch; /* id of the reign's first message; 0: this is the first. Without reigns: counted up */
  int64_t sequence;
  int64_t saved_at, anchored_at; /* ms since 1970: of this backup; of the first one in this message */
  int64_t began_at, turns;       /* likewise, of the reign; how many short reigns in a row have ended by a handover */
  int64_t page_size, page_count; /* * */
  uint64_t checksum;             /* * archive_checksum() of the whole image */
  int64_t base_size;             /* * bytes of the base's image; 0: there is no base, the frame is the image itself */
  uint64_t base_checksum;        /* * of the base's image */
  size_t part_count;             /* 0: there is no base */
  struct manifest_part parts[MANIFEST_PARTS_MAX]; /* of the base, in order */
  int64_t copied_at, copied_to;                   /* * the last copy to another chat: ms since 1970, its id; 0: there is none */
  size_t sent_count;                              /* * the copies there, like the next two: */
  struct manifest_copy sent[MANIFEST_HISTORY_MAX]; /* * */
  size_t history_count;
  struct manifest_copy history[MANIFEST_HISTORY_MAX]; /* oldest first */
};

/* Adds the manifest as JSON. False (ERROR_FULL, ERROR_MEMORY): `json` is as before. */
bool manifest_write(const struct manifest *manifest, struct buffer *json, struct error *error);

/* Unknown keys are ignored. False: ERROR_INPUT (not JSON, a field missing, of the wrong type or out of its
 * range; a format newer than ours: the text names the version to use), ERROR_MEMORY. */
bool manifest_read(struct manifest *manifest, const char *json, size_t size, struct error *error);

/* What is marked * in struct manifest, as JSON; and back. As the two above. */
bool manifest_write_secret(const struct manifest *manifest, struct buffer *json, struct error *error);
bool manifest_read_secret(struct manifest *manifest, const char *json, size_t size, struct error *error);

/* One more copy at the end of a list; the oldest goes when there are too many. The second: of the history. */
void manifest_list_copy(struct manifest_copy list[static MANIFEST_HISTORY_MAX], size_t *count,
                        const struct manifest_copy *copy);
void manifest_add_copy(struct manifest *manifest, const struct manifest_copy *copy);

int64_t manifest_base(const struct manifest *manifest); /* as of struct manifest_copy */

/* THE rule whether the parts of a base may be deleted: not while a copy in the history needs them. base: the message of its
 * first part. */
bool manifest_needs_base(const struct manifest *manifest, int64_t base);

/* THE order of backups: those of reigns before those without; then by epoch; then by message id, and without reigns by
 * sequence. Times of saving do not count: each machine has its own clock. A seed's document is all zeros, so it loses to
 * every backup. */
bool manifest_wins(const struct manifest *manifest, int64_t message_id, const struct manifest *other, int64_t other_id);
