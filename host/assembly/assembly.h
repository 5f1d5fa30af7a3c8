/* A host: all floors of a bot, put together, started in order and stopped in the reverse order. `lunokhod run`, `test` and
 * `backup` use the same one; what differs between them is in the options. Several hosts may live on one loop: a host keeps
 * nothing outside of itself, and changes nothing of the process (signals, limits, log). The loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assembly/host_options.h"
#include "common/error.h"

struct backup;
struct database;
struct host;

/* Builds the floors and loads the scripts; nothing is asked of Telegram yet. Given: host_close(). NULL: ERROR_MISUSE (api_root,
 * token, listen, webhook_url), ERROR_INPUT (a script, the image, the certificate), ERROR_SYSTEM, ERROR_MEMORY. */
struct host *host_open(const struct host_options *options, struct error *error);

/* Checks the token, deletes the webhook, restores the data, begins to poll, or sets the webhook. A failure stops the host:
 * `ended` tells. */
void host_start(struct host *host);
bool host_is_started(const struct host *host);
bool host_is_stopping(const struct host *host); /* also where it stops by itself */

/* Stops in order: takes no more updates, saves, lets handlers finish, makes the last backup, waits for the last calls; each for
 * a limited time. Then `ended` comes. A second call does nothing, unless the host waits for its successor: then it goes, as
 * soon as no late edit of its own can undo its last content. */
void host_stop(struct host *host);

/* Drops what is under way, as a power cut would, and frees. Not from within a callback of the host. NULL does no harm. */
void host_close(struct host *host);

/* Loads the scripts anew, and a certificate that has changed. False: the scripts can't be loaded, and the old ones go on. */
bool host_reload(struct host *host, struct error *error);
void host_revive_dead(struct host *host); /* hands dead letters out again */

size_t host_unfinished(const struct host *host); /* updates that have arrived and are not finished */

/* The database as a backup of this moment would hold it. What has not been saved by then is not part of the host any more: only
 * host_close() may follow. *image is given: free(). False: ERROR_MEMORY, ERROR_SYSTEM. */
bool host_take_image(struct host *host, unsigned char **image, size_t *size, struct error *error);

struct backup *host_backup(struct host *host);     /* borrowed, like the database */
struct database *host_database(struct host *host); /* for lunokhod backup */
