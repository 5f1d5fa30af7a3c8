/* Who is let in. */
#include "sandbox/door/cross_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void lets_programs_in(void **state) {
  (void)state;
  assert_true(cross_site_is_allowed(NULL, NULL, NULL));
  assert_true(cross_site_is_allowed("127.0.0.1:8081", NULL, NULL));
  assert_true(cross_site_is_allowed("[::1]:8081", NULL, NULL));
  assert_true(cross_site_is_allowed("sandbox:8081", NULL, NULL)); /* a container */
  assert_true(cross_site_is_allowed("host.docker.internal:8081", NULL, NULL));
}

static void lets_its_own_page_in(void **state) {
  (void)state;
  assert_true(cross_site_is_allowed("localhost:8081", "http://localhost:8081", "same-origin"));
  assert_true(cross_site_is_allowed("127.0.0.1:8081", NULL, "none"));
}

static void keeps_other_sites_out(void **state) {
  (void)state;
  assert_false(cross_site_is_allowed("127.0.0.1:8081", "https://evil.example", NULL));
  assert_false(cross_site_is_allowed("127.0.0.1:8081", "http://127.0.0.1:8082", NULL));
  assert_false(cross_site_is_allowed("127.0.0.1:8081", "null", NULL));
  assert_false(cross_site_is_allowed("127.0.0.1:8081", NULL, "cross-site")); /* an image of another page */
  assert_false(cross_site_is_allowed("evil.example:8081", "http://evil.example:8081", "same-origin"));
  assert_false(cross_site_is_allowed("127.0.0.1.evil.example", NULL, NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lets_programs_in),
      cmocka_unit_test(lets_its_own_page_in),
      cmocka_unit_test(keeps_other_sites_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
