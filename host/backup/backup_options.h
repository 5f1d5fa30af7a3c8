/* What a backup is made of and from. Part of the floor's face: backup.h includes it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct clock;
struct database;
struct error;
struct keyring;
struct loop;
struct telegram;

struct backup_options { /* pointers are kept until backup_close() */
  struct loop *loop;
  struct clock *clock;
  struct database *database;
  struct telegram *telegram;
  int64_t admin_id, config_id;  /* 0: nothing is saved; CONFIG_ID, a message id, 0: none */
  int64_t interval_ms, day_ms;  /* between two; 0: 30,000. For how long the backup stays in one message; 0: a day */
  struct keyring *keys;         /* backups are encrypted; NULL: they are not */
  const char *copy_directory;   /* each day's first backup goes there, too, in a file with bot_id in its name. NULL: nowhere */
  int64_t copy_chat_id, bot_id; /* and to that chat; 0: to none */
  int64_t keep_days;            /* what is deleted from the data is gone from all copies after so many; 0: they stay */
  /* All may be NULL; called from the loop, with data. */
  bool (*before_copy)(void *data, struct error *error); /* in service: writes what must be in the copy into the open segment */
  void (*copied)(void *data);                           /* what is in the database right now is what the backup will carry */
  void (*saved)(void *data);                            /* the backup that began with the last before_copy is committed */
  bool (*has_more)(void *data);                         /* would before_copy write what no backup has yet? */
  bool (*is_awaited)(void *data);                       /* does somebody wait for saved() or unchanged()? */
  void (*unchanged)(void *data); /* awaited, but there is nothing to save, and no other host has taken over */
  void (*progress)(size_t done, size_t all, void *data); /* how far a transfer is, in bytes; all 0: not known */
  void (*fenced)(void *data); /* another host has taken over: end the polls and the handlers, then backup_release() */
  void *data;
};
