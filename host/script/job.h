/* Jobs: work of the scripts that begins by the clock and not by an update. Functions that are due, the jobs of bot.job(),
 * broadcasts. Here is what the host can do with all of them. Part of the floor's face: script.h includes it. The loop's thread
 * only; no segment may be open. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct script;

/* While paused no job begins, not in a VM that is loaded meanwhile either. What became due then begins afterwards. The first
 * pause is that of a host whose data is not there yet: of the VMs that are loaded in it, only the last one's jobs begin. */
void job_pause(struct script *script, bool is_paused);

/* May be another host of this database does what recurs, and what the top levels have put off? Then it is held back here, until
 * this one leads; what a handler has put off goes on, and broadcasts are sent by all hosts. */
void job_lead(struct script *script, bool leads);

/* The clock was put forward by `ms`: what waits for a time comes so much sooner, at once where that has passed. A handler that
 * sleeps goes on sleeping. */
void job_hasten(struct script *script, int64_t ms);

/* For a stop: nothing that recurs begins any more, not in a VM that is loaded later either, and what broadcasts have put aside
 * goes back into their tables, in a segment of its own. What has begun goes on. */
void job_stop(struct script *script);

/* Ends all broadcasts: the data will be that of an earlier time, which does not know what they have sent since. */
void job_cancel(struct script *script);
