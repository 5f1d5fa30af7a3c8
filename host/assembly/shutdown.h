/* The stop of a host, from the last poll to the last call. Internal to the floor. */
#pragma once
#include "assembly/assembly.h"

/* Leads to options.ended, from the loop. A second one does nothing. */
void shutdown_begin(struct host *host);

/* The same, for a reason: logs the error, which is borrowed. */
void shutdown_fail(struct host *host, enum host_outcome outcome, const struct error *error);

/* Another host has taken over: stops, and leaves to it what is unfinished. */
void shutdown_fenced(struct host *host);
void shutdown_cancel(struct host *host); /* no step follows any more; does no harm where none was to come */
