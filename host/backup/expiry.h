/* The end of copies: those of earlier days go from the chats when they are older than they may be, each with the parts of its
 * base that no other one needs, and the list in the manifest follows. It hinders nothing: it has anchors of its own, and what
 * fails is tried again. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct backup_state;
struct expiry;

struct expiry_options {
  int64_t keep_ms;                            /* how old a copy may become, by the last data in it; 0: there are none */
  int64_t admin_id, copy_chat_id;             /* the chats with copies; the second: 0: there is none */
  void (*erased)(void *data);                 /* a copy is gone, so the next backup shall list it no more */
  void (*tell)(const char *text, void *data); /* the admin */
  void *data;
};

struct expiry *expiry_open(struct backup_state *state, const struct expiry_options *options); /* kept. Given */
void expiry_close(struct expiry *expiry); /* cancels what is under way. NULL does no harm */

/* Begins with the oldest copy that is due, if one is, and none is under way. */
void expiry_consider(struct expiry *expiry);

/* Is the copy gone, though the list may still have it? */
bool expiry_has_erased(const struct backup_state *state, int64_t message_id);
