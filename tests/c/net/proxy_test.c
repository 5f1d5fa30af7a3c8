/* Which proxy an address gets by the environment, and what an error shows of it. */
#include "net/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#define PROXY "http://me:word@proxy:3128"

static const char *const names[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                    "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

static int setup(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) (void)unsetenv(names[i]);
  return 0;
}

static void assert_proxy(const char *url, bool is_used) {
  const char *proxy = proxy_for(url);
  if (is_used) {
    assert_non_null(proxy);
    assert_string_equal(proxy, PROXY);
  } else {
    assert_null(proxy);
  }
}

static void each_scheme_has_its_variables(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bool has_http, has_https;
  } cases[] = {{"http_proxy", true, false},  {"HTTP_PROXY", false, false}, {"https_proxy", false, true},
               {"HTTPS_PROXY", false, true}, {"all_proxy", true, true},    {"ALL_PROXY", true, true}};
  assert_false(proxy_is_configured());
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    (void)setenv(cases[i].name, PROXY, 1);
    assert_int_equal(proxy_is_configured(), cases[i].has_http || cases[i].has_https);
    assert_proxy("http://api.example/bot1:x/getMe", cases[i].has_http);
    assert_proxy("https://api.example/bot1:x/getMe", cases[i].has_https);
    (void)unsetenv(cases[i].name);
  }
}

static void this_machine_is_never_behind_a_proxy(void **state) {
  (void)state;
  (void)setenv("ALL_PROXY", PROXY, 1);
  static const char *const own[] = {"http://127.0.0.1:8081/bot1:x/getMe",
                                    "https://127.8.9.1",
                                    "http://localhost:1",
                                    "http://LocalHost./a@b",
                                    "http://me:pw@localhost",
                                    "http://api.localhost/",
                                    "http://[::1]:8081/x"};
  static const char *const others[] = {
      "http://128.0.0.1/", "http://notlocalhost",          "http://localhost.example/", "http://127.0.0.1@api.example/",
      "http://[::2]/",     "http://api.example/@127.0.0.1"};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) assert_proxy(own[i], false);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) assert_proxy(others[i], true);
}

static void no_proxy_names_exceptions(void **state) {
  (void)state;
  (void)setenv("ALL_PROXY", PROXY, 1);
  (void)setenv("NO_PROXY", "corp.example, .inner.example,10.0.0.0/9 192.168.1.7,2001:db8::/32", 1);
  static const char *const excepted[] = {"http://corp.example/",   "https://api.CORP.example:8443/x",
                                         "http://a.inner.example", "http://10.127.255.255:1/",
                                         "http://192.168.1.7/",    "http://[2001:db8::5]/"};
  static const char *const others[] = {"http://othercorp.example/", "http://10.128.0.1/", "http://192.168.1.70/",
                                       "http://[2001:db9::5]/", "http://example/"};
  for (size_t i = 0; i < sizeof excepted / sizeof *excepted; i++) assert_proxy(excepted[i], false);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) assert_proxy(others[i], true);
  (void)setenv("NO_PROXY", "*", 1);
  assert_proxy("http://anything.example/", false);
}

static void an_error_shows_no_password(void **state) {
  (void)state;
  static const char *const cases[][2] = {{PROXY, "http://proxy:3128"},
                                         {"socks5h://me:p@ss@[::1]:1080/", "socks5h://[::1]:1080"},
                                         {"me:word@proxy", "proxy"},
                                         {"proxy:1", "proxy:1"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char name[PROXY_NAME_SIZE];
    proxy_name(cases[i][0], name);
    assert_string_equal(name, cases[i][1]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(each_scheme_has_its_variables, setup),
      cmocka_unit_test_setup(this_machine_is_never_behind_a_proxy, setup),
      cmocka_unit_test_setup(no_proxy_names_exceptions, setup),
      cmocka_unit_test_setup(an_error_shows_no_password, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
