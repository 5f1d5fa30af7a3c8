/* A watch on the files of the scripts: the directories that were named, what is below them, and the links that lead to them. It
 * tells that something has changed, perhaps several times for one change. Internal to the floor; the loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct loop;
struct script_watch;

/* All is kept. changed comes from the loop. Given: script_watch_close(). NULL: ERROR_SYSTEM, a path can't be watched. */
struct script_watch *script_watch_open(struct loop *loop, const char *const *paths, size_t count, void (*changed)(void *data),
                                       void *data, struct error *error);
void script_watch_close(struct script_watch *watch); /* NULL does no harm */

/* Looks anew which directories there are: a link may lead elsewhere, a directory may have come or gone. Not from within
 * `changed`. What can't be watched is logged. */
void script_watch_renew(struct script_watch *watch);
