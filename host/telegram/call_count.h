/* How calls of the Bot API have ended, by their methods, and how often Telegram has asked for a pause. Part of the floor's
 * face: telegram.h includes it. The loop's thread only. */
#pragma once
#include <stdint.h>

#include "common/error.h"

struct call_counts;

enum call_outcome { CALL_FINE, CALL_REFUSED, CALL_NETWORK, CALL_UNCERTAIN, CALL_OTHER, CALL_OUTCOMES };

struct call_count {   /* of one method */
  const char *method; /* letters, digits and _; "other": those that are not, and those beyond the first 250 */
  uint64_t ended[CALL_OUTCOMES];
  uint64_t pauses;   /* answers with 429 */
  int64_t paused_ms; /* that they asked for */
};

struct call_counts *call_counts_new(void); /* given: call_counts_free() */
void call_counts_free(struct call_counts *counts);

void call_counts_add(struct call_counts *counts, const char *method, enum error_kind kind);
void call_counts_add_pause(struct call_counts *counts, const char *method, int64_t ms);

/* count is borrowed. Methods in the order in which they were called first. */
void call_counts_each(const struct call_counts *counts, void (*each)(const struct call_count *count, void *data), void *data);
