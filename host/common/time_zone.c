/* Zones by name are kept in a small cache, since a timetable asks for the same few again and again, and reading one is reading
 * a file. A name goes to GLib only if it can be nothing but a file of the database: it would also take a rule such as "MSK-3"
 * or a path, and for a name that it does not know older functions of it answer UTC. */
#include "common/time_zone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/error.h"
#include "common/glib_library.h"

enum {
  CACHED = 32,
  NAME_SIZE = 64,           /* the longest name has 32 letters */
  DAY = 86400,              /* clocks are never put by more */
  OFFSET_MAX_S = 16 * 3600, /* no zone has ever had more */
};

/* ---- names ---- */

static struct cached {
  char name[NAME_SIZE];
  GTimeZone *zone; /* ours; NULL: the place is free */
  unsigned used;   /* when */
} cache[CACHED];
static unsigned uses;

static bool is_of(const char *text, size_t size, const char *more) {
  for (size_t i = 0; i < size; i++) {
    if (!isalpha((unsigned char)text[i]) && !strchr(more, text[i])) return false;
  }
  return size > 0;
}

/* Letters, as in "Europe", then as in "/Port-au-Prince" or "/GMT+3". */
static bool is_name(const char *text) {
  size_t first = strcspn(text, "/"), size = strlen(text);
  bool is_short = size < NAME_SIZE && isupper((unsigned char)text[0]) && is_of(text, first, "_-");
  return is_short && (first == size || is_of(text + first, size - first, "/_-+0123456789")) && !strstr(text, "//");
}

static struct cached *find_place(const char *name) {
  struct cached *oldest = &cache[0];
  for (struct cached *each = cache; each < cache + CACHED; each++) {
    if (each->zone && strcmp(each->name, name) == 0) return each;
    if (!each->zone || (oldest->zone && each->used < oldest->used)) oldest = each;
  }
  return oldest;
}

/* Is the database there at all? "Etc/UTC" is in every version of it. */
static bool has_database(const struct glib_library *glib) {
  GTimeZone *zone = glib->time_zone_new_identifier("Etc/UTC");
  if (zone) glib->time_zone_unref(zone);
  return zone != NULL;
}

static bool read_name(struct time_zone *zone, const char *name, struct error *error) {
  if (!is_name(name)) return error_set(error, ERROR_INPUT, "there is no time zone \"%.64s\"", name);
  struct cached *place = find_place(name);
  place->used = ++uses;
  if (!place->zone || strcmp(place->name, name) != 0) {
    const struct glib_library *glib = glib_library_open("time zones by name", error);
    if (!glib) return false;
    GTimeZone *fresh = glib->time_zone_new_identifier(name);
    if (!fresh && !has_database(glib))
      return error_set(error, ERROR_SYSTEM, "time zones by name need the tz database (Debian's tzdata)");
    if (!fresh) return error_set(error, ERROR_INPUT, "there is no time zone \"%s\"", name);
    if (place->zone) glib->time_zone_unref(place->zone);
    place->zone = fresh;
    (void)snprintf(place->name, sizeof place->name, "%s", name);
  }
  zone->database = place->zone;
  return true;
}

/* "+5", "-03:30" */
static bool read_offset(struct time_zone *zone, const char *text) {
  int hours = 0, minutes = 0, size = 0;
  if (!isdigit((unsigned char)text[1]) || sscanf(text + 1, "%2d%n", &hours, &size) != 1) return false;
  const char *rest = text + 1 + size;
  bool has_minutes = rest[0] == ':' && isdigit((unsigned char)rest[1]) && isdigit((unsigned char)rest[2]) && !rest[3];
  if (has_minutes) minutes = (rest[1] - '0') * 10 + rest[2] - '0';
  zone->offset_s = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
  return (has_minutes || !rest[0]) && minutes < 60 && abs(zone->offset_s) <= OFFSET_MAX_S;
}

bool time_zone_read(struct time_zone *zone, const char *text, struct error *error) {
  *zone = (struct time_zone){.is_local = false};
  if (strcmp(text, "UTC") == 0) return true;
  if (text[0] != '+' && text[0] != '-') return read_name(zone, text, error);
  return read_offset(zone, text) || error_set(error, ERROR_INPUT, "there is no time zone \"%.64s\"", text);
}

/* ---- times ---- */

static void find_local_offset(int64_t at, struct time_zone_offset *offset) {
  time_t seconds = at;
  struct tm local = {0};
  (void)localtime_r(&seconds, &local); /* can't fail within the bounds */
  offset->seconds = (int)local.tm_gmtoff;
  offset->is_summer = local.tm_isdst > 0;
  (void)snprintf(offset->name, sizeof offset->name, "%s", local.tm_zone ? local.tm_zone : "");
}

void time_zone_find_offset(const struct time_zone *zone, int64_t at, struct time_zone_offset *offset) {
  *offset = (struct time_zone_offset){.seconds = zone->offset_s};
  if (zone->is_local) {
    find_local_offset(at, offset);
  } else if (zone->database) {
    GTimeZone *database = zone->database;
    const struct glib_library *glib = glib_library_find();
    int interval = glib->time_zone_find_interval(database, G_TIME_TYPE_UNIVERSAL, at);
    offset->seconds = glib->time_zone_get_offset(database, interval);
    offset->is_summer = glib->time_zone_is_dst(database, interval);
    (void)snprintf(offset->name, sizeof offset->name, "%s", glib->time_zone_get_abbreviation(database, interval));
  } else if (zone->offset_s) {
    int minutes = abs(zone->offset_s) / 60;
    (void)snprintf(offset->name, sizeof offset->name, "%c%02d:%02d", zone->offset_s < 0 ? '-' : '+', minutes / 60 % 100,
                   minutes % 60);
  } else {
    (void)snprintf(offset->name, sizeof offset->name, "UTC");
  }
}

static int seconds_at(const struct time_zone *zone, int64_t at) {
  struct time_zone_offset offset;
  time_zone_find_offset(zone, at, &offset);
  return offset.seconds;
}

/* When the clocks are put, between two moments at which they show different offsets. */
static int64_t find_change(const struct time_zone *zone, int64_t before, int64_t after) {
  int offset = seconds_at(zone, before);
  while (after - before > 1) {
    int64_t middle = before + (after - before) / 2;
    if (seconds_at(zone, middle) == offset) {
      before = middle;
    } else {
      after = middle;
    }
  }
  return after;
}

int64_t time_zone_find_moment(const struct time_zone *zone, int64_t wall) {
  int before = seconds_at(zone, wall - DAY), after = seconds_at(zone, wall + DAY);
  int64_t first = wall - (before > after ? before : after), last = wall - (before > after ? after : before);
  if (first + seconds_at(zone, first) == wall) return first;
  if (last + seconds_at(zone, last) == wall) return last;
  return find_change(zone, first, last);
}
