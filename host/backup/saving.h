/* One backup, from the copy to the pointer. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct ledger;
struct saving;

struct saving_options {
  bool is_check;                                        /* only whether another host has taken over; nothing is saved */
  bool is_new_anchor;                                   /* a day is over: a new message with a new base */
  bool (*before_copy)(void *data, struct error *error); /* or NULL */
  void (*copied)(void *data);                           /* or NULL */
  void *data;
};

struct saving_result { /* borrowed */
  struct error error;
  bool is_fenced;           /* the pointer has a higher epoch: another host has taken over */
  const char *why_replaced; /* the anchor is a new message, against our will; NULL: it is not */
  bool was_pointer_gone;    /* somebody has taken the pointer away; it has been mended */
  bool was_base_gone;       /* somebody has deleted a part of the base; there is a new one */
  uint64_t position;        /* database_committed() that the backup carries */
  size_t image_size, archive_size, uploaded;
  int64_t longest_slice_us;
};
typedef void (*saving_done)(const struct saving_result *result, void *data);

/* ledger is kept, and changed only when the anchor's edit has succeeded. Given: owned by itself until done, which comes once,
 * from the loop, or saving_cancel(). */
struct saving *saving_start(struct ledger *ledger, const struct saving_options *options, saving_done done, void *data);

/* No callback after this. Turns the loop while a worker is busy: for the end of the host. */
void saving_cancel(struct saving *saving);
