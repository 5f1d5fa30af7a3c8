/* The last resort of the watchdog: a call in C that neither ends nor looks at the limits ends the process, and the log names
 * the script's line. In a process of its own. */
#include "script/watchdog.h"

#include <lauxlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/error.h"

static void on_hook(lua_State *L, lua_Debug *debug) {
  (void)debug;
  luaL_error(L, "stopped");
}

static int spin(lua_State *L) {
  (void)L;
  for (volatile unsigned long i = 0;; i++) continue;
  return 0;
}

/* Limit: 20 ms. Returns only where the hook could end it. */
static void run(const char *code) {
  lua_State *L = luaL_newstate();
  struct error error;
  if (!L || !watchdog_open(on_hook, 1000, &error)) _exit(99);
  lua_register(L, "spin", spin);
  if (luaL_loadbuffer(L, code, strlen(code), "@bot.lua") != LUA_OK) _exit(98);
  watchdog_begin(20);
  (void)watchdog_enter(L);
  int status = lua_pcall(L, 0, 0, 0);
  (void)watchdog_enter(NULL);
  watchdog_close();
  lua_close(L);
  _exit(status == LUA_ERRRUN ? 50 : 97);
}

/* Returns the exit code of a process that ran the code; text gets what it wrote on stderr. */
static int run_apart(const char *code, char *text, size_t size) {
  int ends[2], status = 0;
  assert_false(pipe(ends));
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    (void)dup2(ends[1], STDERR_FILENO);
    (void)close(ends[0]);
    run(code);
  }
  (void)close(ends[1]);
  size_t length = 0;
  for (ssize_t n; length < size - 1 && (n = read(ends[0], text + length, size - 1 - length)) > 0;) length += (size_t)n;
  text[length] = '\0';
  (void)close(ends[0]);
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void what_the_hook_can_end_goes_on(void **state) {
  (void)state;
  char text[4096];
  assert_int_equal(run_apart("while true do end", text, sizeof text), 50);
  assert_string_equal(text, "");
}

static void what_nothing_ends_ends_the_process_and_names_its_line(void **state) {
  (void)state;
  char text[4096];
  assert_int_equal(run_apart("local a = 1\n\nspin()", text, sizeof text), 1);
  assert_non_null(strstr(text, "level=error"));
  assert_non_null(strstr(text, "source=bot.lua:3"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_the_hook_can_end_goes_on),
      cmocka_unit_test(what_nothing_ends_ends_the_process_and_names_its_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
