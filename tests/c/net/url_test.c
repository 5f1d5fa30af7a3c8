#include "net/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/error.h"
#include "net/http.h"

/* The text of the refusal; "": there is none. */
static const char *refusal_of(const char *url, bool public_only) {
  static struct error error;
  const struct http_request request = {.url = url, .label = "http.get", .public_only = public_only};
  error = (struct error){0};
  bool ok = url_check(&request, &error);
  assert_int_equal(ok, error.kind == ERROR_NONE);
  if (!ok) assert_int_equal(error.kind, ERROR_MISUSE);
  return ok ? "" : error.text;
}

static void what_is_of_this_machine(void **state) {
  (void)state;
  const char *const urls[] = {"http://127.0.0.1:5432/", "http://LOCALHOST/",   "https://api.localhost/x", "http://[::1]:80/",
                              "http://2130706433/",     "http://0x7f.1/",      "http://10.0.0.7",         "127.0.0.1:8080",
                              "http://user@127.0.0.1/", "http://169.254.0.1/", "http://[fe80::1]/"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
    assert_non_null(strstr(refusal_of(urls[i], true), "not on the public Internet"));
    assert_string_equal(refusal_of(urls[i], false), "");
  }
}

static void what_is_public(void **state) {
  (void)state;
  const char *const urls[] = {"https://example.org/?a=127.0.0.1", "example.org", "http://8.8.8.8/",
                              "http://localhost.example.org/", "http://notlocalhost/"};
  for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) assert_string_equal(refusal_of(urls[i], true), "");
}

static void what_is_no_address(void **state) {
  (void)state;
  assert_non_null(strstr(refusal_of("file:///etc/passwd", false), "http.get: "));
  assert_non_null(strstr(refusal_of("gopher://example.org/", false), "http.get: "));
  assert_non_null(strstr(refusal_of("https://", false), "http.get: "));
  assert_non_null(strstr(refusal_of("http://a b/", false), "http.get: "));
  assert_non_null(strstr(refusal_of("", false), "http.get: "));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_of_this_machine),
      cmocka_unit_test(what_is_public),
      cmocka_unit_test(what_is_no_address),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
