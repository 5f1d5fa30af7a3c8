/* One backup, from the copy of the database to the pointer in the menu. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct backup_state;
struct saving;

struct saving_options {
  bool is_check;                                        /* only asks whether another host has taken over; nothing is saved */
  bool is_new_anchor;                                   /* a day is over: a new message with a new base */
  bool (*before_copy)(void *data, struct error *error); /* or NULL */
  void (*copied)(void *data);                           /* or NULL */
  void *data;
};

struct saving_result { /* borrowed */
  struct error error;
  bool is_fenced;           /* the pointer has a higher epoch: another host has taken over */
  const char *why_replaced; /* why the backup had to go into a new message; NULL: it did not */
  bool was_pointer_gone;    /* somebody had removed the pointer; it is there again */
  bool was_base_gone;       /* somebody had deleted a part of the base; there is a new base */
  uint64_t position;        /* database_committed() that the backup carries */
  size_t image_size, archive_size, uploaded;
  int64_t longest_slice_us;
};
typedef void (*saving_done)(const struct saving_result *result, void *data);

/* state is kept, and changed only when the anchor's edit has succeeded. Given: owned by itself until done, which comes once,
 * from the loop, or saving_cancel(). */
struct saving *saving_start(struct backup_state *state, const struct saving_options *options, saving_done done, void *data);

/* No callback after this. A worker that still packs keeps what it reads, the mirror's image and the state's base among it, and
 * frees it when it is back: so this is for the end of the backup only. */
void saving_cancel(struct saving *saving);
