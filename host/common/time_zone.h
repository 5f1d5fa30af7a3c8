/* Time zones: the machine's, an offset from Greenwich, or one of the tz database by its name, with its summer time. GLib reads
 * that database; it is loaded with the first name, since most hosts need none. The loop's thread only.
 *
 * A wall time is the number of seconds that a clock of the zone shows, counted like those since 1970 in Greenwich. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct error;

/* What times can be told: the years 1 to 9999, without their first and last days, so that no offset leads out of them. */
#define TIME_ZONE_FIRST (-62135337600)
#define TIME_ZONE_LAST 253402041600

struct time_zone {
  bool is_local;  /* the machine's: TZ, or /etc/localtime */
  int offset_s;   /* where it has neither a name nor is the machine's */
  void *database; /* of a name: borrowed from a cache, see time_zone_read(); NULL: none */
};

struct time_zone_offset {
  int seconds; /* east of Greenwich */
  bool is_summer;
  char name[16]; /* "CEST"; "+05:30" where it has none */
};

/* Reads "Europe/Berlin", "+05:30", "-3" or "UTC". *zone is valid until the next call. False: ERROR_INPUT where there is no such
 * zone, ERROR_SYSTEM where names can't be read at all: no GLib, or no tz database. */
bool time_zone_read(struct time_zone *zone, const char *text, struct error *error);

/* The offset in force at that moment, in seconds since 1970 within the bounds above. */
void time_zone_find_offset(const struct time_zone *zone, int64_t at, struct time_zone_offset *offset);

/* When clocks show that wall time, for the first time if they do so twice. A wall time that is left out, as clocks are put
 * forward, is the moment at which they are. Never goes back while wall times go forward. */
int64_t time_zone_find_moment(const struct time_zone *zone, int64_t wall);
