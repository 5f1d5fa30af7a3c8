/* The second home of the data: each day's first backup goes, whole and without a base, into a directory and to another chat,
 * so that a lost account of the admin is not the end. It hinders nothing: what fails is told and tried again beside the
 * backups. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdint.h>

struct backup_state;
struct copying;

struct copying_options {                      /* pointers are kept until copying_close() */
  const char *directory;                      /* NULL: none */
  int64_t chat_id;                            /* 0: none */
  int64_t bot_id;                             /* in the files' names */
  int64_t keep_days;                          /* so many days' copies stay in the directory; 0: as many as may be */
  void (*tell)(const char *text, void *data); /* the admin */
  void *data;
};

struct copying *copying_open(struct backup_state *state, const struct copying_options *options); /* kept. Given */

/* Cancels what is under way; a worker that packs frees the rest when it is back. NULL does no harm. */
void copying_close(struct copying *copying);

/* A backup has succeeded: makes a copy if one is due and none is under way. */
void copying_consider(struct copying *copying);
