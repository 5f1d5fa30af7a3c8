/* Watches scripts and all that they may require: the files, the directories and those below them, new ones too, and links that
 * come to lead elsewhere. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct loop;
struct script_watch;

/* Calls changed(data) from the loop, perhaps several times for one change. paths: files and directories, kept. Given:
 * script_watch_close(). NULL: ERROR_SYSTEM, a path can't be watched. */
struct script_watch *script_watch_open(struct loop *loop, const char *const *paths, size_t count, void (*changed)(void *data),
                                       void *data, struct error *error);
void script_watch_close(struct script_watch *watch); /* NULL does no harm */

/* Finds the directories anew, as they are now. What can't be watched any more is left out. */
void script_watch_renew(struct script_watch *watch);
