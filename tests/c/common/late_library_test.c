/* Libraries that are opened while the program runs: what is said where one is missing, or too old. */
#include "common/late_library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/error.h"
#include "common/glib_library.h"

static const struct late_library glib = {"libglib-2.0.so.0", "GLib", "libglib2.0-0"};

static void functions_are_found(void **state) {
  (void)state;
  struct error error = {0};
  __typeof__(g_unichar_tolower) *lower = NULL;
  assert_true(
      late_library_open(&glib, (struct late_function[]){{"g_unichar_tolower", &lower}, {NULL, NULL}}, "letters", &error));
  assert_int_equal(lower(0x416), 0x436); /* Ж */
  assert_ptr_equal(glib_library_open("letters", &error), glib_library_find());
  assert_int_equal(glib_library_find()->unichar_tolower(0x416), 0x436);
}

static void a_missing_library_is_named_with_its_package(void **state) {
  (void)state;
  struct error error = {0};
  const struct late_library missing = {"libnowhere.so.7", "Nowhere", "libnowhere7"};
  assert_false(late_library_open(&missing, (struct late_function[]){{NULL, NULL}}, "pictures", &error));
  assert_int_equal(error.kind, ERROR_SYSTEM);
  assert_non_null(strstr(error.text, "pictures need the library Nowhere (Debian's libnowhere7): "));
}

static void an_old_library_is_named_with_what_it_lacks(void **state) {
  (void)state;
  struct error error = {0};
  void *found = NULL;
  assert_false(late_library_open(&glib, (struct late_function[]){{"g_of_tomorrow", &found}, {NULL, NULL}}, "zones", &error));
  assert_int_equal(error.kind, ERROR_SYSTEM);
  assert_string_equal(error.text, "zones need a newer library GLib than this machine has: it lacks g_of_tomorrow");
  assert_null(found);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_are_found),
      cmocka_unit_test(a_missing_library_is_named_with_its_package),
      cmocka_unit_test(an_old_library_is_named_with_what_it_lacks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
