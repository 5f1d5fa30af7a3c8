/* core.time: what time.lua and recurrence.lua can't know by themselves, that is the clock and the time zones. A zone is nil
 * (the machine's), a number of minutes east of Greenwich, or a text as time_zone_read() takes it; any other is an error. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/time_zone.h"
#include "script/api/api.h"
#include "script/place.h"
#include "script/vm.h"

enum { MINUTES_MAX = 16 * 60 }; /* no zone has ever been further from Greenwich */

/* now() -> seconds since 1970, with milliseconds */
static int time_now(lua_State *L) {
  lua_pushnumber(L, (lua_Number)clock_now(vm_of(L)->options.clock) / 1000);
  return 1;
}

/* False: *error says what is wrong with the value. */
static bool read_zone(lua_State *L, int index, struct time_zone *zone, struct error *error) {
  *zone = (struct time_zone){.is_local = lua_isnoneornil(L, index)};
  if (zone->is_local) return true;
  if (lua_type(L, index) == LUA_TSTRING) {
    size_t size;
    const char *name = lua_tolstring(L, index, &size);
    if (strlen(name) != size) return error_set(error, ERROR_INPUT, "a time zone's name has no zero byte");
    return time_zone_read(zone, name, error);
  }
  int is_whole = 0;
  lua_Integer minutes = lua_type(L, index) == LUA_TNUMBER ? lua_tointegerx(L, index, &is_whole) : 0;
  if (!is_whole || minutes < -MINUTES_MAX || minutes > MINUTES_MAX)
    return error_set(error, ERROR_INPUT,
                     "a time zone is a name such as \"Europe/Berlin\", or the number of minutes east of Greenwich");
  zone->offset_s = (int)minutes * 60;
  return true;
}

/* With the line of the script, since a script may show the text to its author itself. */
static void raise(lua_State *L, const char *text) {
  place_push(L, L);
  if (lua_isstring(L, -1)) {
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -1), text);
  } else {
    lua_pushstring(L, text);
  }
  (void)lua_error(L);
}

static struct time_zone check_zone(lua_State *L, int index) {
  struct time_zone zone;
  struct error error = {0};
  if (!read_zone(L, index, &zone, &error)) raise(L, error.text);
  return zone;
}

/* Fractions of a second are left out. */
static int64_t check_time(lua_State *L, int index) {
  lua_Number seconds = floor(luaL_checknumber(L, index));
  if (!(seconds >= TIME_ZONE_FIRST && seconds <= TIME_ZONE_LAST)) raise(L, "a time from the year 1 to 9999 expected");
  return (int64_t)seconds;
}

/* check(zone) -> true | false, what is wrong */
static int time_check(lua_State *L) {
  struct time_zone zone;
  struct error error = {0};
  bool ok = read_zone(L, 1, &zone, &error);
  lua_pushboolean(L, ok);
  lua_pushstring(L, ok ? NULL : error.text);
  return 2;
}

/* offset(at, zone) -> seconds east of Greenwich, whether it is summer time, the zone's short name then */
static int time_offset(lua_State *L) {
  struct time_zone_offset offset;
  int64_t at = check_time(L, 1);
  struct time_zone zone = check_zone(L, 2);
  time_zone_find_offset(&zone, at, &offset);
  lua_pushinteger(L, offset.seconds);
  lua_pushboolean(L, offset.is_summer);
  lua_pushstring(L, offset.name);
  return 3;
}

/* moment(wall, zone) -> when the clocks of the zone show that wall time, see time_zone_find_moment() */
static int time_moment(lua_State *L) {
  int64_t wall = check_time(L, 1);
  struct time_zone zone = check_zone(L, 2);
  lua_pushinteger(L, time_zone_find_moment(&zone, wall));
  return 1;
}

int api_open_time(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"now", time_now}, {"check", time_check}, {"offset", time_offset}, {"moment", time_moment}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
