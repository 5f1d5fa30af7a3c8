/* The time that SQL takes for "now". SQLite asks its VFS for it, so each database opens with a copy of the usual VFS that asks
 * the host's clock instead. */
#include <sqlite3.h>
#include <stdio.h>

#include "common/clock.h"
#include "database/connection.h"

#define JULIAN_1970_MS 210866760000000 /* ms from noon of 24 November 4714 BC, where SQLite's days begin */

/* SQLite hands back the VFS, which is the calendar's first member. */
static int tell_now(sqlite3_vfs *vfs, sqlite3_int64 *now) {
  const struct calendar *calendar = (const struct calendar *)vfs;
  if (!calendar->clock) return calendar->usual->xCurrentTimeInt64(calendar->usual, now);
  *now = clock_now(calendar->clock) + JULIAN_1970_MS;
  return SQLITE_OK;
}

const char *calendar_open(struct calendar *calendar) {
  calendar->usual = sqlite3_vfs_find(NULL);
  if (!calendar->usual) return NULL;
  calendar->vfs = *calendar->usual;
  (void)snprintf(calendar->name, sizeof calendar->name, "lunokhod-%p", (void *)calendar);
  calendar->vfs.zName = calendar->name;
  calendar->vfs.xCurrentTimeInt64 = tell_now;
  return sqlite3_vfs_register(&calendar->vfs, 0) == SQLITE_OK ? calendar->name : NULL;
}

void calendar_close(struct calendar *calendar) { (void)sqlite3_vfs_unregister(&calendar->vfs); }

void database_set_clock(struct database *database, const struct clock *clock) { database->calendar.clock = clock; }
