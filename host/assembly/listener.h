/* What a host serves over HTTP: the webhook's path, and what the machines that watch it ask. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct error;
struct host;
struct listener;

/* By the host's options; true with host->listener NULL where nothing is to be served. Given: listener_close(). False:
 * ERROR_MISUSE (listen, webhook_url), ERROR_INPUT (the certificate), ERROR_SYSTEM. */
bool listener_open(struct host *host, struct error *error);
void listener_close(struct listener *listener); /* NULL does no harm, nor does it below */
void listener_keep(struct listener *listener);  /* as server_keep_path() */

unsigned listener_connection_count(const struct listener *listener); /* that are open */

/* Reads the files of the certificate again. False: as server_renew_certificate(), the old one stays in use; it is logged. */
bool listener_renew_certificate(struct listener *listener, struct error *error);
