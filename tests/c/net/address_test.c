#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>
/* after the headers above, which it needs */
#include <cmocka.h>

static bool is_public(const char *text) {
  struct sockaddr_storage address;
  assert_true(address_parse(text, &address));
  return address_is_public((struct sockaddr *)&address);
}

static void what_is_not_public(void **state) {
  (void)state;
  const char *const addresses[] = {
      "0.0.0.0",
      "10.255.0.1",
      "100.64.0.1",
      "100.127.255.255",
      "127.0.0.1",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.255.255",
      "192.0.0.1",
      "192.168.1.1",
      "198.18.0.1",
      "224.0.0.1",
      "240.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "fe80::1",
      "fc00::1",
      "fd12::1",
      "ff02::1",
      "::ffff:127.0.0.1",
      "::ffff:10.0.0.1",
      "64:ff9b::a00:1",
      "2001:db8::1",
      "2002:7f00:1::1",
      "2001::1",
      "fec0::1",
  };
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    if (is_public(addresses[i])) fail_msg("%s is taken for public", addresses[i]);
  }
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  assert_false(address_is_public((struct sockaddr *)&local));
}

static void what_is_public(void **state) {
  (void)state;
  const char *const addresses[] = {
      "149.154.167.220", "8.8.8.8",  "100.63.255.255", "100.128.0.1",     "172.15.0.1",   "172.32.0.1",     "192.169.0.1",
      "223.255.255.255", "11.0.0.1", "126.0.0.1",      "2001:67c:4e8::1", "2a0a:f280::1", "::ffff:8.8.8.8",
  };
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    if (!is_public(addresses[i])) fail_msg("%s is not taken for public", addresses[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_not_public), cmocka_unit_test(what_is_public)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
