/* Which addresses may be asked for through a proxy, by their names alone. */
#include "net/url_origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "net/address.h"

static bool is_outside(const char *url) {
  struct url_origin origin;
  url_origin_read(url, &origin);
  return url_origin_is_outside(&origin, address_is_public);
}

static void reads_scheme_host_and_port(void **state) {
  (void)state;
  struct url_origin origin;
  url_origin_read("https://me:word@Example.org/a?b#c", &origin);
  assert_string_equal(origin.text, "https://Example.org:443");
  assert_string_equal(origin.host, "Example.org");
  url_origin_read("http://[2001:db8::1]:81/", &origin);
  assert_string_equal(origin.host, "[2001:db8::1]");
  url_origin_read("http://", &origin);
  assert_string_equal(origin.text, "");
  url_origin_read(NULL, &origin);
  assert_string_equal(origin.host, "");
}

static void what_is_outside(void **state) {
  (void)state;
  static const char *const outside[] = {"http://example.org/", "https://api.example.org.:8443/x", "http://1.1.1.1/",
                                        "http://[2606:4700::1111]/", "http://127.0.0.1.example.org/"};
  static const char *const inside[] = {"http://127.0.0.1/",
                                       "http://10.0.0.1:80/",
                                       "http://[::1]/",
                                       "http://router/",
                                       "http://2130706433/",
                                       "http://0x7f.1/",
                                       "http://127.1/",
                                       "http://localhost./",
                                       "http://db.internal/",
                                       "http://printer.local/",
                                       "http://a@169.254.169.254/",
                                       "http://",
                                       "http://[::ffff:10.0.0.1]/"};
  for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) assert_true(is_outside(outside[i]));
  for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) assert_false(is_outside(inside[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_scheme_host_and_port), cmocka_unit_test(what_is_outside)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
