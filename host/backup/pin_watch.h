/* Watches the pin of our own message: somebody may bury it under a pin of his own, unpin it, or delete the message. Then the
 * pointers in menus alone find it, or nothing does. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdint.h>

struct backup_state;
struct pin_watch;

struct pin_watch_options {
  int64_t chat_id;                            /* the admin's */
  void (*tell)(const char *text, void *data); /* the admin, each thing once */
  void (*gone)(void *data);                   /* the message is: a backup must be made, although nothing has changed */
  void *data;
};

struct pin_watch *pin_watch_open(struct backup_state *state, const struct pin_watch_options *options); /* kept */
void pin_watch_close(struct pin_watch *watch); /* cancels what is under way. NULL does no harm */

/* Asks Telegram which pin it shows: at most every 10 s, and beside whatever else is under way. Only while this host reigns. */
void pin_watch_look(struct pin_watch *watch);
