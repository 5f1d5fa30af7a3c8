/* Tells in the log which tables each backup has changed since the one before, and in how many rows. For development: it copies
 * the data once more at each backup, and keeps that copy until the next. Part of the floor's face: operator.h includes it. The
 * loop's thread only; each function does nothing with NULL. */
#pragma once

struct backup_changes;
struct database;
struct loop;

struct backup_changes *backup_changes_open(struct loop *loop,
                                           struct database *database); /* kept. Given: backup_changes_close() */
void backup_changes_close(struct backup_changes *changes);

void backup_changes_begin(
    struct backup_changes *changes); /* the data is there: what differs from it are the next one's changes */
void backup_changes_copied(struct backup_changes *changes); /* as of struct backup_options, like the next */
void backup_changes_saved(struct backup_changes *changes);  /* logs, when the comparison is done */
