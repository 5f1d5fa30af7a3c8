/* What a fenced host waits for, when its last content is written: that the host which took over serves, or that nobody does.
 * Internal to the floor. */
#pragma once
#include <stdbool.h>

#include "common/error.h"

struct backup_state;
struct succession;

enum succession_end {
  SUCCESSION_SERVED, /* whoever holds the crown serves: this host is not needed any more */
  SUCCESSION_VACANT, /* nobody does: whoever raised the crown is dead, or has only pushed; a new reign can begin */
  SUCCESSION_UNDONE, /* an edit that was late has changed our own message: the last content must be written again */
};
typedef void (*succession_done)(enum succession_end end, void *data);

/* state is kept. done comes once, from the loop, unless cancelled. */
struct succession *succession_start(struct backup_state *state, succession_done done, void *data);
void succession_cancel(struct succession *succession); /* no callback after this */
