/* The face of the backup: the database in one document of the admin's chat, and which host may write it. The loop's thread
 * only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/backup_options.h"
#include "backup/keyring.h"
#include "common/error.h"

struct backup;
struct database;
struct backup *backup_open(const struct backup_options *options);  /* given: backup_close() */
void backup_close(struct backup *backup);                          /* cancels what is under way. NULL does no harm */
enum backup_how { BACKUP_WAITING, BACKUP_TAKEOVER, BACKUP_FRESH }; /* for a host that lives; not; without what is there */
struct backup_restored {
  struct error error; /* ERROR_INPUT: a backup exists but can't be read. Other kinds: Telegram could not be asked */
  bool is_fenced;     /* another host has taken over meanwhile; fenced() does not come */
  bool is_there;      /* false: there is no backup yet */
  int64_t saved_at;   /* ms since 1970; 0: not known (a seed's document) */
  size_t size;        /* bytes of the image */
  int64_t message_id, epoch, sequence;
};
typedef void (*backup_restore_done)(const struct backup_restored *restored, void *data);
/* Raises the crown, waits for the host that reigned, loads its last backup, publishes it in a message of our own. */
void backup_begin(struct backup *backup, enum backup_how how, backup_restore_done done, void *data);
/* Says that this host serves. After done without an error updates may be polled, and every interval is a backup. */
typedef void (*backup_done)(const struct error *error, void *data);
void backup_serve(struct backup *backup, backup_done done, void *data);
/* The last content, tried until it is answered: whoever comes next need not wait. */
void backup_release(struct backup *backup, backup_done done, void *data);
/* For a fenced host that has released. served: whoever took over serves; false: nobody does, begin anew with a new backup. */
void backup_await_succession(struct backup *backup, void (*done)(bool is_served, void *data), void *data);
void backup_look_now(struct backup *backup);       /* has another host taken over? If so, fenced() comes */
bool backup_may_poll(const struct backup *backup); /* not after a freeze, until a look has found that we still reign */
/* The database becomes the newest backup, released, beside whoever runs: a running host begins anew with it. */
void backup_push(struct backup *backup, backup_done done, void *data);
/* The live data becomes that of another document. No handler may run. The next backup is a new message. */
void backup_restore_message(struct backup *backup, int64_t message_id, backup_restore_done done, void *data);

/* A survey of the admin's chat, for the operator: changes nothing. */
enum { BACKUP_COPIES_MAX = 30 };
struct backup_copy { /* saved_at: ms since 1970; 0: not known */
  int64_t message_id, saved_at;
};
struct backup_seen {
  struct error error; /* as of a restore; last.message_id is 0 where it is ERROR_INPUT because no message was found */
  bool is_there;
  struct backup_copy last;
  int64_t epoch, sequence;                      /* of the last, as all here; 0: an old bot's document */
  char key_id[KEYRING_ID_SIZE];                 /* "": it is not encrypted */
  size_t image_size, document_size, copy_count; /* bytes; image_size 0: encrypted with a key that is not there */
  struct backup_copy copies[BACKUP_COPIES_MAX]; /* of earlier days, oldest first */
};
typedef void (*backup_survey_done)(const struct backup_seen *seen, void *data);
void backup_survey(struct backup *backup, backup_survey_done done, void *data);
/* The same copies, as a host that reigns knows them. Returns how many. */
size_t backup_copies(const struct backup *backup, struct backup_copy copies[static BACKUP_COPIES_MAX]);
/* The live data becomes an SQLite image, a copy, whose time goes to *saved_at, or a seed's document. As import_bytes(). */
bool backup_import(struct backup *backup, const void *bytes, size_t size, int64_t *saved_at, struct error *error);
/* The same into any database in memory. keys: of an encrypted copy; or NULL. */
bool backup_load(struct database *database, struct keyring *keys, const void *bytes, size_t size, struct error *error);
void backup_request(struct backup *backup);                            /* soon, if needed or awaited: at most one a second */
void backup_save(struct backup *backup, backup_done done, void *data); /* now, even if nothing was committed */
bool backup_is_needed(const struct backup *backup); /* is anything committed that is not saved, or has_more()? */
/* Is that the admin's chat, the menu that the reign lives in, a message that holds data? Scripts keep their hands off them. */
bool backup_keeps_chat(const struct backup *backup, int64_t chat_id);
bool backup_keeps_menu(const struct backup *backup, int64_t chat_id, const char *language);
bool backup_keeps_message(const struct backup *backup, int64_t chat_id, int64_t message_id);

struct backup_status {
  int64_t saved_at, message_id;               /* of the last one; ms since 1970. 0: none */
  uint64_t unsaved;                           /* commits that no backup has */
  size_t image_size, archive_size, base_size; /* of the last backup; bytes */
  uint64_t uploaded;                          /* bytes since the start */
  unsigned failures;                          /* in a row */
  int64_t longest_pause_us, unsettled_ms;     /* of the loop, by copying; a late edit may undo the last content for so long */
  const char *last_error;                     /* "" without; borrowed */
  bool is_fenced;
  bool is_elsewhere; /* the data is in PostgreSQL: there are no backups, and nothing is unsaved */
};
void backup_status(const struct backup *backup, struct backup_status *status);
