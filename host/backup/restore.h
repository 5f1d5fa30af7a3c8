/* One restore: from a document of the admin's chat to the live database. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "backup/backup.h"

struct backup_state;
struct restore;

enum restore_from {
  RESTORE_LATEST,   /* raise the crown, find the last backup, wait for its host to go */
  RESTORE_TAKEOVER, /* the same without waiting */
  RESTORE_NOTHING,  /* --fresh, push: raise the crown; what is there stays in the chat as a copy */
  RESTORE_AGAIN,    /* what the predecessor has saved since it was read: only what is later by its sequence */
  RESTORE_MESSAGE,  /* the document of one message, in place of the live data */
};

/* state is kept; it and the database change only when everything has been verified. done comes once, from the loop, unless
 * cancelled. */
struct restore *restore_start(struct backup_state *state, enum restore_from from, int64_t message_id, backup_restore_done done,
                              void *data);
void restore_cancel(struct restore *restore); /* no callback after this; a worker that unpacks frees the rest when it is back */
