/* The anchor: the one message of the admin's chat that holds the backup, and what finds it again: its pin, pointers in menus,
 * CONFIG_ID. All calls have pauses of their own (own_pauses). Of an archive only the manifest is read here.
 * The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/document.h"
#include "backup/manifest.h"
#include "common/error.h"

struct clock;
struct telegram;

struct anchor;
struct anchor_operation; /* one that is under way; at most one at a time, and the next may be started from within its done */

/* telegram and clock are kept. config_id: a message id of CONFIG_ID, 0: none. Given: anchor_close(). */
struct anchor *anchor_open(struct telegram *telegram, struct clock *clock, int64_t admin_id, int64_t config_id);
void anchor_close(struct anchor *anchor);                /* cancels what is under way. NULL does no harm */
struct clock *anchor_clock(const struct anchor *anchor); /* borrowed */

/* Tells how far a transfer is, in bytes (all 0: not known). anchor_expect(): the next upload is a piece of something larger,
 * of which so many bytes are sent already. */
void anchor_on_progress(struct anchor *anchor, void (*progress)(size_t done, size_t all, void *data), void *data);
void anchor_expect(struct anchor *anchor, size_t sent, size_t all);

typedef void (*anchor_done)(const struct error *error, void *data); /* error->kind ERROR_NONE: done */

/* ---- finding ---- */
struct anchor_found {
  struct error error; /* ERROR_NONE: the questions were answered. ERROR_INPUT: a backup exists but can't be read */
  bool is_there;      /* false: there is no backup yet; every question was answered, twice, 2 s apart */
  bool is_same;       /* it is the known one, unchanged: there are no bytes */
  int64_t message_id; /* with ERROR_INPUT: of one that can't be read, or 0 */
  struct document_id unique;
  const struct manifest *manifest; /* its epoch is known; borrowed until done returns. NULL: a seed's document */
  const char *bytes;               /* the document; borrowed until done returns; anchor_take() gives it */
  size_t size;
};
typedef void (*anchor_found_done)(const struct anchor_found *found, void *data);

/* Asks pin, pointers and CONFIG_ID, fetches what they name, and takes the backup that wins (finding.c). A failure that may pass
 * (network, 5xx, 429) is tried again, 5 times, backing off; then error is of that kind. known: what an earlier finding gave,
 * which is not fetched again; NULL: nothing; borrowed. */
struct anchor_known {
  int64_t message_id;
  struct document_id unique;
  const struct manifest *manifest; /* NULL: only is_quick counts */
  bool is_quick;                   /* asks once: where nothing is found, that is no proof */
};
void anchor_find(struct anchor *anchor, const struct anchor_known *known, anchor_found_done done, void *data);
char *anchor_take(struct anchor *anchor, size_t *size); /* within done only. Given: free() */

/* Fetches one message's document, whose manifest is not read; found->is_there false: the message is gone or holds none. */
void anchor_fetch(struct anchor *anchor, int64_t message_id, anchor_found_done done, void *data);
void anchor_refetch(struct anchor *anchor, int64_t message_id, const struct document_id *known, anchor_found_done done,
                    void *data); /* the same, but the known document is not fetched (is_same) */

/* ---- writing; the bytes are kept until done, name and caption are borrowed ---- */
struct anchor_sent {
  struct error error; /* kinds as of telegram_answer */
  bool is_gone;       /* edit only: the message can't be edited any more; a new one must be sent */
  int64_t message_id;
  char file_id[MANIFEST_FILE_ID_SIZE];
  struct document_id unique;
};
typedef void (*anchor_sent_done)(const struct anchor_sent *sent, void *data);

/* A new document in the chat, without a sound. */
void anchor_send(struct anchor *anchor, const char *file_name, const char *caption, const char *bytes, size_t size,
                 anchor_sent_done done, void *data);

/* editMessageMedia. "message is not modified" is a success; the ids are then those that this anchor last saw ("" if none). */
void anchor_edit(struct anchor *anchor, int64_t message_id, const char *file_name, const char *caption, const char *bytes,
                 size_t size, anchor_sent_done done, void *data);

/* Pins without a sound; CHAT_NOT_MODIFIED is a success. anchor_point() writes one of the registers of pointer.h. Of the other
 * two every failure counts as one: a bot may delete its own messages for 48 hours only. */
void anchor_pin(struct anchor *anchor, int64_t message_id, anchor_done done, void *data);
void anchor_point(struct anchor *anchor, size_t at, int64_t message_id, int64_t epoch, anchor_done done, void *data);
void anchor_unpin(struct anchor *anchor, int64_t message_id, anchor_done done, void *data);
void anchor_delete(struct anchor *anchor, int64_t message_id, anchor_done done, void *data);

/* A document of ours goes: its message is deleted or, where Telegram lets a bot delete no more, gets an empty document, which
 * any number of tries do no harm to. A message that is gone is a success. */
void anchor_erase(struct anchor *anchor, int64_t message_id, anchor_done done, void *data);

/* Can the bot still reach this message? Asks by writing the caption that it has, which changes nothing. is_gone: Telegram said
 * that the message does not exist; any other failure leaves it false. */
typedef void (*anchor_checked)(bool is_gone, void *data);
void anchor_check(struct anchor *anchor, int64_t message_id, const char *caption, anchor_checked done, void *data);

void anchor_cancel(struct anchor *anchor); /* what is under way: no callback after this */
