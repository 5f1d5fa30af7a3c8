/* Work that outlives its handler, such as a broadcast: what the host can do with it. Part of the floor's face: script.h
 * includes it. The loop's thread only; no segment may be open. */
#pragma once
#include <stdbool.h>

struct script;

void job_pause(struct script *script,
               bool is_paused); /* while paused, jobs begin nothing; a VM that is loaded later is not paused */

/* For a stop: nothing that recurs begins any more, and what jobs have put aside goes back into their tables, in a segment of
 * its own. What has begun goes on. */
void job_stop(struct script *script);

/* All jobs end: the data is of another time, which does not know what they have done since. */
void job_cancel(struct script *script);
