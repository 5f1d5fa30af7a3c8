/* Time zones: their names, offsets, and the days on which clocks are put. */
#include "common/time_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/error.h"

enum { HOUR = 3600, SPRING = 1711846800, AUTUMN = 1729990800 }; /* 2024: when clocks in Berlin are put, both at 01:00 UTC */

static struct time_zone zone_of(const char *name) {
  struct time_zone zone;
  struct error error = {0};
  if (!time_zone_read(&zone, name, &error)) fail_msg("%s: %s", name, error.text);
  return zone;
}

static int offset_of(const char *name, int64_t at) {
  struct time_zone zone = zone_of(name);
  struct time_zone_offset offset;
  time_zone_find_offset(&zone, at, &offset);
  return offset.seconds;
}

static void names_and_offsets_are_read(void **state) {
  (void)state;
  assert_int_equal(offset_of("UTC", 0), 0);
  assert_int_equal(offset_of("+3", 0), 3 * HOUR);
  assert_int_equal(offset_of("-03:30", 0), -3 * HOUR - HOUR / 2);
  assert_int_equal(offset_of("+16:00", 0), 16 * HOUR);
  assert_int_equal(offset_of("Asia/Kathmandu", SPRING), 5 * HOUR + HOUR * 3 / 4);
  assert_int_equal(offset_of("Etc/GMT+3", 0), -3 * HOUR); /* the database's own sign */
  assert_int_equal(offset_of("America/Argentina/Buenos_Aires", SPRING), -3 * HOUR);
}

static void what_is_no_zone_is_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "",
      "Europe/Berln",
      "europe/berlin",
      "MSK",
      "MSK-3",
      "UTC+3",
      "EST5EDT,M3.2.0,M11.1.0",
      "/etc/localtime",
      "../London",
      "Europe/../UTC",
      "Europe//London",
      "Europe/",
      "Europe",
      "+16:01",
      "+5:3",
      "+5:60",
      "+",
      "+-3",
      "+003",
      "+3 ",
      "Europe/Berlin ",
      "A/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  struct time_zone zone;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct error error = {0};
    if (time_zone_read(&zone, wrong[i], &error)) fail_msg("\"%s\" is taken for a zone", wrong[i]);
    assert_int_equal(error.kind, ERROR_INPUT);
  }
}

static void summer_time_is_known_in_later_centuries(void **state) {
  (void)state;
  assert_int_equal(offset_of("Europe/Berlin", SPRING - 1), HOUR);
  assert_int_equal(offset_of("Europe/Berlin", SPRING), 2 * HOUR);
  assert_int_equal(offset_of("Europe/Berlin", 4118083200), 2 * HOUR); /* 2100-07-01 */
  assert_int_equal(offset_of("Europe/Berlin", 4102444800), HOUR);     /* 2100-01-01 */
  assert_int_equal(offset_of("Europe/Berlin", TIME_ZONE_LAST), HOUR);
  (void)offset_of("Europe/Berlin", TIME_ZONE_FIRST);
}

/* wall: so many seconds from what clocks show in the moment before they are put */
static int64_t moment(int64_t change, int before, int wall) {
  struct time_zone zone = zone_of("Europe/Berlin");
  return time_zone_find_moment(&zone, change + before + wall) - change;
}

static void a_time_that_is_left_out_is_the_change(void **state) {
  (void)state;
  assert_int_equal(moment(SPRING, HOUR, -1), -1);
  assert_int_equal(moment(SPRING, HOUR, 0), 0);
  assert_int_equal(moment(SPRING, HOUR, HOUR / 2), 0);
  assert_int_equal(moment(SPRING, HOUR, HOUR - 1), 0);
  assert_int_equal(moment(SPRING, HOUR, HOUR), 0);
  assert_int_equal(moment(SPRING, HOUR, HOUR + 1), 1);
}

static void of_a_time_that_comes_twice_it_is_the_first(void **state) {
  (void)state;
  assert_int_equal(moment(AUTUMN, 2 * HOUR, -HOUR), -HOUR);
  assert_int_equal(moment(AUTUMN, 2 * HOUR, -1), -1);
  assert_int_equal(moment(AUTUMN, 2 * HOUR, 0), HOUR);
  assert_int_equal(moment(AUTUMN, 2 * HOUR, 1), HOUR + 1);
}

/* A whole year of half hours: what goes forward in a zone never goes back in time, and shows what was asked for or is a change.
 */
static void moments_never_go_back(void **state) {
  (void)state;
  static const char *const names[] = {"Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "UTC"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    struct time_zone zone = zone_of(names[i]);
    int64_t before = INT64_MIN;
    for (int64_t wall = 1704067200; wall < 1704067200 + 366 * 24 * HOUR; wall += HOUR / 4) {
      int64_t at = time_zone_find_moment(&zone, wall);
      struct time_zone_offset offset, earlier;
      time_zone_find_offset(&zone, at, &offset);
      time_zone_find_offset(&zone, at - 1, &earlier);
      assert_true(at >= before);
      assert_true(at + offset.seconds == wall || offset.seconds != earlier.seconds);
      before = at;
    }
  }
}

static void the_machine_has_its_own(void **state) {
  (void)state;
  struct time_zone zone = {.is_local = true};
  struct time_zone_offset offset;
  (void)setenv("TZ", "Europe/Berlin", 1);
  tzset();
  time_zone_find_offset(&zone, SPRING, &offset);
  assert_int_equal(offset.seconds, 2 * HOUR);
  assert_true(offset.is_summer);
  assert_string_equal(offset.name, "CEST");
  assert_int_equal(time_zone_find_moment(&zone, SPRING + HOUR + 60), SPRING);
  (void)setenv("TZ", "UTC0", 1);
  tzset();
}

/* More than there is room for in the cache, twice. */
static void many_zones_are_told_apart(void **state) {
  (void)state;
  char name[24];
  for (int round = 0; round < 2; round++) {
    for (int hours = 1; hours <= 14; hours++) {
      (void)snprintf(name, sizeof name, "Etc/GMT-%d", hours);
      assert_int_equal(offset_of(name, 0), hours * HOUR);
      if (hours <= 12) {
        (void)snprintf(name, sizeof name, "Etc/GMT+%d", hours);
        assert_int_equal(offset_of(name, 0), -hours * HOUR);
      }
    }
    static const char *const others[] = {"Asia/Tokyo",   "Asia/Seoul",   "Asia/Dubai",     "Asia/Kolkata",   "Asia/Tashkent",
                                         "Africa/Lagos", "Africa/Cairo", "Africa/Nairobi", "America/Bogota", "America/Lima"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) (void)offset_of(others[i], 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_and_offsets_are_read),
      cmocka_unit_test(what_is_no_zone_is_refused),
      cmocka_unit_test(summer_time_is_known_in_later_centuries),
      cmocka_unit_test(a_time_that_is_left_out_is_the_change),
      cmocka_unit_test(of_a_time_that_comes_twice_it_is_the_first),
      cmocka_unit_test(moments_never_go_back),
      cmocka_unit_test(the_machine_has_its_own),
      cmocka_unit_test(many_zones_are_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
