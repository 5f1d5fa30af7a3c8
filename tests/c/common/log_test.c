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

#include "common/error.h"
#include "common/log_levels.h"

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

static const char STACK[] = "\"stack traceback:\\nforged\"\nstack traceback:\n\tbot.lua:3: in f\n\tbot.lua:\x1b[0m: in g";

static void a_stack_has_lines_of_its_own(void **state) {
  (void)state;
  log_error("it failed; traceback=%s code=%d", STACK, 4);
  assert_says("msg=\"it failed\" code=4\n  stack traceback:\n  \tbot.lua:3: in f\n  \tbot.lua:?[0m: in g\n");
  assert_null(strstr(line, "forged"));
  assert_int_equal(lines, 1);
  log_error("it failed; error=%s code=%d", "bot.lua:3: no\nstack traceback:\n\tbot.lua:3: in f", 4);
  assert_says("error=\"bot.lua:3: no\" code=4\n  stack traceback:\n  \tbot.lua:3: in f\n");
  log_error("it failed; error=%s traceback=%s", "too long", "too long"); /* it had no stack */
  assert_says("msg=\"it failed\" error=\"too long\"\n");
  log_error("it failed; traceback=%s", "none");
  assert_says("msg=\"it failed\" traceback=none\n");
  log_error("it failed; error=%s traceback=%s code=%d", "bot.lua:3: no", "bot.lua:3: no", 4);
  assert_says("error=\"bot.lua:3: no\" code=4\n");
  log_set_json(true);
  log_error("it failed; traceback=%s code=%d", STACK, 4);
  assert_says("\\nstack traceback:\\n\\tbot.lua:3: in f");
  assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void script_says(enum log_level level, const char *text, const char *source) {
  log_script(level, text, strlen(text), source);
}

static void a_line_is_utf8(void **state) {
  (void)state;
  script_says(LOG_INFO, "\xCF\xF0 \xD0\x9F\xD0", "a\xFF"); /* a letter, and half of one */
  assert_says("msg=\"\xEF\xBF\xBD\xEF\xBF\xBD \xD0\x9F\xEF\xBF\xBD\" source=a\xEF\xBF\xBD\n");
  log_set_json(true);
  log_info("odd; a=%s", "\xCF");
  assert_says("\"a\":\"\xEF\xBF\xBD\"}");
}

static void a_zero_byte_hides_nothing(void **state) {
  (void)state;
  log_script(LOG_INFO, "a\0b", 3, NULL);
  assert_says("msg=\"a\\u0000b\"\n");
  log_set_json(true);
  log_script(LOG_INFO, "a\0b", 3, NULL);
  assert_says("\"msg\":\"a\\u0000b\",\"module\":\"bot\"}");
}

static void a_line_that_is_full_stays_an_object(void **state) {
  (void)state;
  static char text[1 << 16];
  log_set_json(true);
  for (size_t size = sizeof text - 400; size < sizeof text; size++) {
    memset(text, 'a', size);
    text[size] = '\0';
    log_warn("long; a=%s b=%s c=%d", text, "more", 5);
    size_t end = strlen(line);
    assert_string_equal(line + end - 2, "}\n");
    assert_true(line[end - 3] == '"' || line[end - 3] == '5');
  }
}

static void machines_read_json(void **state) {
  (void)state;
  log_set_json(true);
  log_info("it \"works\"; name=%s count=%d", "a\tb", 3);
  assert_int_equal(line[0], '{');
  assert_says("\"level\":\"info\",\"msg\":\"it \\\"works\\\"\",\"module\":\"common\",\"name\":\"a\\tb\",\"count\":3}");
}

static void the_token_is_in_no_line(void **state) {
  (void)state;
  log_hide("123456:secret");
  log_error("asked; url=%s", "https://api.telegram.org/bot123456:secret/getMe?x=123456:secret");
  assert_null(strstr(line, "secret"));
  assert_says("/bot<token>/getMe?x=<token>");
  script_says(LOG_INFO, "a script says 123456:secret", "bot.lua:3");
  assert_null(strstr(line, "secret"));
  log_set_json(true);
  script_says(LOG_INFO, "123456:secret", NULL);
  assert_null(strstr(line, "secret"));
}

static void a_script_is_no_format(void **state) {
  (void)state;
  script_says(LOG_WARN, "100 % of %s; key=%d %n", "bot.lua:3");
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
  script_says(LOG_INFO, text, NULL);
  assert_int_equal(lines, 1);
  assert_true(strlen(line) < LONG);
  assert_int_equal(line[strlen(line) - 1], '\n');
  free(text);
}

static void levels_are_of_modules(void **state) {
  (void)state;
  struct error error;
  assert_true(log_levels_read("warn,backup=debug,bot=error", &error));
  log_write(LOG_INFO, "host/net/http.c", "quiet");
  log_write(LOG_WARN, NULL, "of a script");
  assert_int_equal(lines, 0);
  log_write(LOG_DEBUG, "host/backup/saving.c", "shown");
  log_write(LOG_WARN, "host/net/http.c", "shown");
  assert_int_equal(lines, 2);
  assert_false(log_levels_read("info,moon=debug", &error));
  assert_non_null(strstr(error.text, "no module 'moon'"));
  assert_false(log_levels_read("backup=loud", &error));
  assert_false(log_levels_read("", &error));
  log_write(LOG_DEBUG, "host/backup/saving.c", "as before");
  assert_int_equal(lines, 3);
  log_levels_show_all(true);
  log_write(LOG_DEBUG, "host/net/http.c", "all");
  log_levels_show_all(false);
  log_write(LOG_DEBUG, "host/net/http.c", "quiet again");
  assert_int_equal(lines, 4);
}

static void a_line_names_its_cause(void **state) {
  (void)state;
  struct log_cause before = log_because((struct log_cause){.update = 7, .run = 3});
  log_info("it works; name=%s", "x");
  assert_says("name=x update=7 run=3\n");
  log_info("it fails; update=%lld error=%s", 8LL, "no\nstack traceback:\n\tbot.lua:1: in function");
  assert_says("update=8 error=no run=3\n  stack");
  script_says(LOG_INFO, "hello", "bot.lua:1");
  assert_says("msg=hello source=bot.lua:1 update=7 run=3\n");
  (void)log_because(before);
  log_info("nobody's");
  assert_null(strstr(line, "run="));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_event_is_a_line_of_fields),
      TEST(what_would_break_a_line_is_quoted),
      TEST(null_leaves_a_field_out),
      TEST(a_stack_has_lines_of_its_own),
      TEST(a_line_is_utf8),
      TEST(a_zero_byte_hides_nothing),
      TEST(a_line_that_is_full_stays_an_object),
      TEST(machines_read_json),
      TEST(levels_are_of_modules),
      TEST(a_line_names_its_cause),
      TEST(the_token_is_in_no_line),
      TEST(a_script_is_no_format),
      TEST(what_is_below_the_level_is_not_written),
      TEST(what_is_too_long_is_cut_and_still_one_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
