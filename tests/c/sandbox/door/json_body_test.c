/* JSON bodies, whole and broken. */
#include "sandbox/door/json_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"
#include "net/parameter.h"

static void assert_reads(const char *body, const char *expected) {
  struct parameter_list list = {0};
  char seen[1024] = "";
  size_t at = 0, size = strlen(body);
  char *exact = memory_new(size + !size); /* no NUL behind it, so that a sanitizer sees who reads too far */
  memcpy(exact, body, size);
  json_body_read(exact, size, &list);
  for (size_t i = 0; i < list.count; i++)
    at += (size_t)snprintf(seen + at, sizeof seen - at, "[%s=%s]", list.items[i].name, list.items[i].value);
  assert_string_equal(seen, expected);
  parameter_list_release(&list);
  free(exact);
}

static void gives_members_as_parameters(void **state) {
  (void)state;
  assert_reads(" {\"a\":\"x\",\n\"b\" : 1.50, \"c\":true,\"d\":null } ", "[a=x][b=1.50][c=true][d=null]");
  assert_reads("{\"a\":{\"b\":[1,\"]\\\"\",{}]},\"c\":[]}", "[a={\"b\":[1,\"]\\\"\",{}]}][c=[]]");
  assert_reads("{\"a\":\"\\u044f\\ud83d\\ude00\\n\\/\\\"\"}", "[a=я😀\n/\"]");
  assert_reads("{}", "");
  assert_reads("[1]", "");
  assert_reads("", "");
}

static void uses_what_comes_before_a_fault(void **state) {
  (void)state;
  assert_reads("{\"a\":\"x\",\"b\":1", "[a=x][b=1]");
  assert_reads("{\"a\":\"x\",\"b\":\"y", "[a=x]");
  assert_reads("{\"a\":\"x\",\"b\":{\"c\":", "[a=x]");
  assert_reads("{\"a\":\"x\",\"b\"", "[a=x]");
  assert_reads("{\"a\":\"x\" \"b\":1}", "[a=x]");
  assert_reads("{\"a\":\"x\",b:1}", "[a=x]");
  assert_reads("{\"a\":\"\\", "");
  assert_reads("{\"a\":\"\\u00", "");
  assert_reads("{\"a\":[\"\\", "");
}

/* Broken characters are the method's to refuse, in Telegram's words. */
static void passes_on_what_is_no_utf8(void **state) {
  (void)state;
  assert_reads("{\"a\":\"\xC3(\"}", "[a=\xC3(]");
  assert_reads("{\"a\":\"\\ud83dx\"}", "[a=\xED\xA0\xBDx]");
  assert_reads("{\"a\":\"\\ud83d\\u0041\"}",
               "[a=\xED\xA0\xBD"
               "A]");
}

static void stops_at_a_hundred_levels(void **state) {
  (void)state;
  char body[400] = "{\"a\":";
  memset(body + 5, '[', 150);
  memset(body + 155, ']', 150);
  body[305] = '}';
  assert_reads(body, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gives_members_as_parameters),
      cmocka_unit_test(uses_what_comes_before_a_fault),
      cmocka_unit_test(passes_on_what_is_no_utf8),
      cmocka_unit_test(stops_at_a_hundred_levels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
