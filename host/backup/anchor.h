/* The one message of the admin's chat that is the backup, and how to find it again: the pointer in the command menu of the
 * admin's own chat, which only the bot can change; else the pin; else CONFIG_ID. All calls obey the chat's pauses but not its
 * order (out_of_order). Knows nothing of what is in an archive, except its manifest. The loop's thread only. Internal to the
 * floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct clock;
struct manifest;
struct telegram;

struct anchor;
struct anchor_operation; /* one that is under way; at most one at a time, and the next may be started from within its done */

/* telegram and clock are kept. config_id: a message id of CONFIG_ID, 0: none. Given: anchor_close(). */
struct anchor *anchor_open(struct telegram *telegram, struct clock *clock, int64_t admin_id, int64_t config_id);
void anchor_close(struct anchor *anchor);                /* cancels what is under way. NULL does no harm */
struct clock *anchor_clock(const struct anchor *anchor); /* borrowed */

/* Tells how far a transfer is, in bytes (all 0: not known), for a person who waits. The next upload may be a part of something
 * larger, of which so many bytes are sent already. */
void anchor_on_progress(struct anchor *anchor, void (*progress)(size_t done, size_t all, void *data), void *data);
void anchor_expect(struct anchor *anchor, size_t sent, size_t all);

/* ---- the pointer: command "backup" in the menu of the admin's chat, description "Save now (message 123, epoch 4)" ---- */
struct anchor_pointer {
  struct error error; /* ERROR_NONE: the question was answered */
  bool is_there;
  int64_t message_id; /* 0: none yet */
  int64_t epoch;
};
typedef void (*anchor_pointer_read)(const struct anchor_pointer *pointer, void *data);
void anchor_read_pointer(struct anchor *anchor, anchor_pointer_read done, void *data);

typedef void (*anchor_done)(const struct error *error, void *data); /* error->kind ERROR_NONE: done */

/* Writes the pointer; the other commands of that menu stay (where it is new, it begins as a copy of the bot's default
 * commands). An uncertain end is tried again, 5 times. A higher epoch is never written over: ERROR_REFUSED, and the text says
 * who has it. */
void anchor_write_pointer(struct anchor *anchor, int64_t message_id, int64_t epoch, anchor_done done, void *data);

/* ---- finding ---- */
struct anchor_found {
  struct error
      error;     /* ERROR_NONE: the questions were answered. ERROR_INPUT: a backup exists but can't be read (text says why) */
  bool is_there; /* false: there is no backup yet; every question was answered, twice, 2 s apart */
  int64_t message_id;
  int64_t pointer_epoch; /* 0: there was no pointer */
  char unique_id[100];   /* the document's file_unique_id: is it still the same one? */
  const char *bytes;     /* the document; borrowed until done returns; anchor_take() gives it */
  size_t size;
};
typedef void (*anchor_found_done)(const struct anchor_found *found, void *data);

/* Asks pointer, pin and CONFIG_ID, fetches what they name (a message id becomes a file by forwarding it within the chat and
 * deleting the copy), and of several readable ones takes the latest (manifest_is_later(); a seed's document counts as the
 * earliest). What may pass (network, 5xx, 429) is tried again, 5 times, backing off; then error is of that kind. */
void anchor_find(struct anchor *anchor, anchor_found_done done, void *data);
char *anchor_take(struct anchor *anchor, size_t *size); /* within done only. Given: free() */

/* Fetches one message's document, as above; found->is_there false: the message is gone or holds none. */
void anchor_fetch(struct anchor *anchor, int64_t message_id, anchor_found_done done, void *data);

/* ---- writing; the bytes are kept until done, name and caption are borrowed ---- */
struct anchor_sent {
  struct error error; /* kinds as of telegram_answer */
  bool is_gone;       /* edit only: the message can't be edited any more; a new one must be sent */
  int64_t message_id;
  char file_id[200], unique_id[100];
};
typedef void (*anchor_sent_done)(const struct anchor_sent *sent, void *data);

/* A new document in the chat, without a sound. */
void anchor_send(struct anchor *anchor, const char *file_name, const char *caption, const char *bytes, size_t size,
                 anchor_sent_done done, void *data);

/* editMessageMedia. "message is not modified" is a success; the ids are then those of the document as this anchor last saw it
 * ("" where it has not). */
void anchor_edit(struct anchor *anchor, int64_t message_id, const char *file_name, const char *caption, const char *bytes,
                 size_t size, anchor_sent_done done, void *data);

void anchor_pin(struct anchor *anchor, int64_t message_id, anchor_done done,
                void *data); /* silent; CHAT_NOT_MODIFIED is a success */
void anchor_unpin(struct anchor *anchor, int64_t message_id, anchor_done done, void *data); /* a failure is no error */
void anchor_delete(struct anchor *anchor, int64_t message_id, anchor_done done,
                   void *data); /* a failure is no error: 48 hours */

/* Can the bot still reach this message? Asked by writing the caption that it has, which changes nothing. Only a clear no is
 * one. */
typedef void (*anchor_checked)(bool is_gone, void *data);
void anchor_check(struct anchor *anchor, int64_t message_id, const char *caption, anchor_checked done, void *data);

void anchor_cancel(struct anchor *anchor); /* what is under way: no callback after this */
