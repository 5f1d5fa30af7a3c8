/* One backup, from the copy of the database to the message that a start finds. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/manifest.h"
#include "common/error.h"

struct backup_state;
struct saving;

struct saving_options {
  enum manifest_mark mark; /* MARK_RELEASED: the last content, tried with identical bytes until it is answered */
  bool is_fenced;          /* the crown is not ours: nothing but our own message is written, and nothing deleted */
  bool keeps_old;          /* a new message with a new base; the one before stays as a copy */
  bool (*before_copy)(void *data, struct error *error); /* or NULL */
  void (*copied)(void *data);                           /* or NULL */
  void *data;
};

struct saving_result { /* borrowed */
  struct error error;
  bool is_fenced;           /* the crown is not ours any more */
  const char *why_replaced; /* why the backup had to go into a new message; NULL: it did not */
  bool was_base_gone;       /* somebody had deleted a part of the base; there is a new base */
  uint64_t position;        /* database_committed() that the backup carries */
  uint64_t key_generation;  /* keyring_generation() of the key that it is encrypted with; a later one may have come in time */
  size_t image_size, archive_size, uploaded;
  int64_t longest_slice_us;
};
typedef void (*saving_done)(const struct saving_result *result, void *data);

/* THE rule when a day is over: since the first backup in this message, or the predecessor's. One that lies ahead was made while
 * a clock was wrong, and must not stop the daily copies until then. */
bool saving_is_day_over(const struct backup_state *state);
int64_t saving_unsettled_ms(const struct backup_state *state);

/* state is kept, and changed only when the anchor's edit has succeeded. Given: owned by itself until done, which comes once,
 * from the loop, or saving_cancel(). */
struct saving *saving_start(struct backup_state *state, const struct saving_options *options, saving_done done, void *data);

/* No callback after this. A worker that still packs keeps what it reads, the state's base among it, and
 * frees it when it is back: so this is for the end of the backup only. */
void saving_cancel(struct saving *saving);
