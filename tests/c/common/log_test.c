/* The log: one line per event, for people or for programs, and never a secret. */
#include "common/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

enum { LONG = 100000 };

static char *line; /* the last one; grown as needed */
static unsigned lines;

static void on_line(const char *text, size_t size, void *data) {
  (void)data;
  free(line);
  line = malloc(size + 1);
  assert_non_null(line);
  memcpy(line, text, size);
  line[size] = '\0';
  lines++;
}

static int setup(void **state) {
  (void)state;
  lines = 0;
  log_divert(on_line, NULL);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  log_divert(NULL, NULL);
  log_set_json(false);
  log_set_level(LOG_INFO);
  log_hide(NULL);
  free(line);
  line = NULL;
  return 0;
}

static void assert_says(const char *words) {
  if (!strstr(line, words)) fail_msg("no %s in %s", words, line);
}

static void an_event_is_a_line_of_fields(void **state) {
  (void)state;
  log_info("it works; name=%s count=%d size=%zu at=%lld share=%.1f", "Анна", -3, (size_t)7, 1700000000000LL, 0.25);
  assert_says("level=info msg=\"it works\" name=Анна count=-3 size=7 at=1700000000000 share=0.2");
  assert_int_equal(line[strlen(line) - 1], '\n');
  assert_int_equal(lines, 1);
}

static void what_would_break_a_line_is_quoted(void **state) {
  (void)state;
  log_warn("odd; a=%s b=%s c=%s d=%s", "two words", "line\nbreak", "say \"hi\"", "");
  assert_says("a=\"two words\" b=\"line\\nbreak\" c=\"say \\\"hi\\\"\" d=\"\"");
  assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void null_leaves_a_field_out(void **state) {
  (void)state;
  const char *volatile nothing = NULL; /* volatile: the compiler is not to know */
  log_error("it failed; error=%s traceback=%s code=%d", "why", nothing, 4);
  assert_says("error=why code=4");
  assert_null(strstr(line, "traceback"));
}

static void machines_read_json(void **state) {
  (void)state;
  log_set_json(true);
  log_info("it \"works\"; name=%s count=%d", "a\tb", 3);
  assert_int_equal(line[0], '{');
  assert_says("\"level\":\"info\",\"msg\":\"it \\\"works\\\"\",\"name\":\"a\\tb\",\"count\":3}");
}

static void the_token_is_in_no_line(void **state) {
  (void)state;
  log_hide("123456:secret");
  log_error("asked; url=%s", "https://api.telegram.org/bot123456:secret/getMe?x=123456:secret");
  assert_null(strstr(line, "secret"));
  assert_says("/bot<token>/getMe?x=<token>");
  log_script(LOG_INFO, "a script says 123456:secret", "bot.lua:3");
  assert_null(strstr(line, "secret"));
  log_set_json(true);
  log_script(LOG_INFO, "123456:secret", NULL);
  assert_null(strstr(line, "secret"));
}

static void a_script_is_no_format(void **state) {
  (void)state;
  log_script(LOG_WARN, "100 % of %s; key=%d %n", "bot.lua:3");
  assert_says("msg=\"100 % of %s; key=%d %n\" source=bot.lua:3");
}

static void what_is_below_the_level_is_not_written(void **state) {
  (void)state;
  log_debug("small talk");
  assert_int_equal(lines, 0);
  log_set_level(LOG_ERROR);
  log_warn("not so bad");
  log_set_level(LOG_DEBUG);
  log_debug("small talk");
  assert_int_equal(lines, 1);
}

static void what_is_too_long_is_cut_and_still_one_line(void **state) {
  (void)state;
  char *text = malloc(LONG + 1);
  assert_non_null(text);
  memset(text, 'x', LONG);
  text[LONG] = '\0';
  log_script(LOG_INFO, text, NULL);
  assert_int_equal(lines, 1);
  assert_true(strlen(line) < LONG);
  assert_int_equal(line[strlen(line) - 1], '\n');
  free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_event_is_a_line_of_fields),
      TEST(what_would_break_a_line_is_quoted),
      TEST(null_leaves_a_field_out),
      TEST(machines_read_json),
      TEST(the_token_is_in_no_line),
      TEST(a_script_is_no_format),
      TEST(what_is_below_the_level_is_not_written),
      TEST(what_is_too_long_is_cut_and_still_one_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
