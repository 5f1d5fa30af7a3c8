/* The face of the backup: the database in one document of the admin's chat. When it is saved, where it is restored from, and
 * how it is doing. The loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct backup;
struct clock;
struct database;
struct loop;
struct telegram;

struct backup_options { /* pointers are kept until backup_close() */
  struct loop *loop;
  struct clock *clock;
  struct database *database;
  struct telegram *telegram;
  int64_t admin_id;    /* 0: nothing is saved */
  int64_t config_id;   /* CONFIG_ID, a message id; 0: none */
  int64_t interval_ms; /* 0: 30,000 */
  int64_t day_ms;      /* for how long the backup stays in one message; 0: a day */
  /* All may be NULL; called from the loop, with data. */
  bool (*before_copy)(void *data, struct error *error); /* writes what must be in the copy into the open segment */
  void (*copied)(void *data);                           /* the copy is whole */
  void (*saved)(void *data);                            /* the backup that began with the last before_copy is committed */
  bool (*has_more)(void *data);                         /* would before_copy write what no backup has yet? */
  bool (*is_awaited)(void *data);                       /* does somebody wait for saved() or unchanged()? */
  void (*unchanged)(void *data); /* awaited, but there is nothing to save, and no other host has taken over */
  void (*progress)(size_t done, size_t all, void *data); /* how far a transfer is, in bytes; all 0: not known */
  void (*fenced)(void *data);                            /* another host has taken over: nothing is ever saved again */
  void *data;
};

struct backup *backup_open(const struct backup_options *options); /* given: backup_close() */
void backup_close(struct backup *backup);                         /* cancels what is under way. NULL does no harm */

/* ---- restore, before anything else ---- */
struct backup_restored {
  struct error error; /* ERROR_INPUT: a backup exists but can't be read. Other kinds: Telegram could not be asked */
  bool is_there;      /* false: there is no backup yet */
  int64_t saved_at;   /* ms since 1970; 0: not known (a seed's document) */
  size_t size;        /* bytes of the image */
  int64_t message_id, epoch, sequence;
  bool was_pointer_gone; /* it was found without the pointer; the next backup writes the pointer again */
};
typedef void (*backup_restore_done)(const struct backup_restored *restored, void *data);

/* Finds, fetches, verifies and loads the last backup, and raises the epoch, which fences off the host that wrote before. */
void backup_restore(struct backup *backup, backup_restore_done done, void *data);
void backup_start_fresh(struct backup *backup, backup_restore_done done, void *data); /* only raises the epoch */

/* Replaces the live data by another document of the admin's chat. No handler may be running, and no saving be under way. The
 * next backup is a new message, so the one before stays as it is. */
void backup_restore_message(struct backup *backup, int64_t message_id, backup_restore_done done, void *data);

/* ---- a survey of the admin's chat, for the operator: changes no message and no data ---- */
enum { BACKUP_COPIES_MAX = 30 };
struct backup_copy {
  int64_t message_id, saved_at; /* ms since 1970; 0: not known */
};
struct backup_seen {
  struct error error; /* as of a restore */
  bool is_there;
  struct backup_copy last;
  int64_t epoch, sequence;          /* of the last; 0: an old bot's document */
  size_t image_size, document_size; /* of the last; bytes */
  size_t copy_count;
  struct backup_copy copies[BACKUP_COPIES_MAX]; /* of earlier days, oldest first */
};
typedef void (*backup_survey_done)(const struct backup_seen *seen, void *data);

/* The next backup after a survey is a new message, whose history names the earlier ones. */
void backup_survey(struct backup *backup, backup_survey_done done, void *data);

/* Replaces the live data by bytes from elsewhere: an SQLite image, or a seed's document. False: ERROR_INPUT, ERROR_MEMORY. */
bool backup_import(struct backup *backup, const void *bytes, size_t size, struct error *error);

/* ---- saving ---- */
void backup_start(struct backup *backup);   /* every interval from now on, if something was committed */
void backup_request(struct backup *backup); /* soon, if it is needed or awaited: at most one a second */
typedef void (*backup_done)(const struct error *error, void *data);
/* Saves now, even if nothing was committed or there is no backup yet. done comes once, from the loop. */
void backup_save(struct backup *backup, backup_done done, void *data);
bool backup_is_needed(const struct backup *backup); /* is anything committed that is not saved, or has_more()? */
void backup_check_epoch(struct backup *backup);     /* asks whether another host has taken over; if so, fenced() comes */

struct backup_status {
  int64_t saved_at, message_id;               /* of the last one; ms since 1970. 0: none */
  uint64_t unsaved;                           /* commits that no backup has */
  size_t image_size, archive_size, base_size; /* of the last backup; bytes */
  uint64_t uploaded;                          /* bytes since the start */
  unsigned failures;                          /* in a row */
  int64_t longest_pause_us;                   /* of the loop, by copying */
  const char *last_error;                     /* "" without; borrowed */
  bool is_fenced;
};
void backup_status(const struct backup *backup, struct backup_status *status);
