/* Publishing: a new message of the admin's chat becomes what a start finds: send, look, pin and point, look. It is pinned only
 * under the crown, so a message of a host that has been replaced is never found. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/anchor.h"
#include "common/error.h"

struct backup_state;
struct publishing;

struct publishing_options { /* the bytes are kept until done; the texts are borrowed */
  int64_t message_id;       /* it is sent already; 0: send it, with these: */
  const char *file_name, *caption, *bytes;
  size_t size;
  int64_t epoch; /* 0: this is the reign's first message */
};

struct published {
  struct error error;
  bool is_fenced;          /* the crown is not ours any more */
  bool may_be_found;       /* its pin has been asked for: from now on this is the reign's message, whatever the error */
  bool is_published;       /* it is pinned, or pointed to */
  struct anchor_sent sent; /* only the id, where it was sent already */
};
typedef void (*publishing_done)(const struct published *published, void *data);

/* state is kept. done comes once, from the loop, unless cancelled. */
struct publishing *publishing_start(struct backup_state *state, const struct publishing_options *options, publishing_done done,
                                    void *data);
void publishing_cancel(struct publishing *publishing); /* no callback after this */
