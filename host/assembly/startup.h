/* The start of a host, from the first call to the first poll. Internal to the floor. */
#pragma once

struct host;

/* Leads to host->is_started, or to shutdown_fail(). */
void startup_begin(struct host *host);
