/* Compares our string and table functions with Lua's own, on cases that say what each part of the language does and on a great
 * many that nobody chose. The seed is fixed: what fails once fails again. */
#include "script/pattern.h"

#include <lauxlib.h>
#include <lualib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/clock.h"
#include "script/budget.h"
#include "script/vm.h"

/* ---- two libraries in one state ---- */

struct fixture {
  struct vm vm;
  lua_State *L;
};

static int set_up(void **state) {
  static struct fixture fixture;
  memset(&fixture, 0, sizeof fixture);
  fixture.L = luaL_newstate();
  fixture.vm.options.segment_ms = 600000; /* these are no tests of the limit */
  *(struct vm **)lua_getextraspace(fixture.L) = &fixture.vm;
  luaL_openlibs(fixture.L);
  *state = &fixture;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;
  lua_close(fixture->L);
  return 0;
}

static void push_copy(lua_State *L, const char *name) {
  lua_getglobal(L, name);
  lua_newtable(L);
  for (lua_pushnil(L); lua_next(L, -3);) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
  lua_remove(L, -2);
}

/* Runs the cases of that name in stock.lua. */
static void run(lua_State *L, const char *cases, const char *library, void (*open)(lua_State *L)) {
  if (luaL_loadfile(L, "tests/c/script/stock.lua") != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
  lua_pushstring(L, cases);
  push_copy(L, library);
  push_copy(L, library);
  open(L);
  if (lua_pcall(L, 3, 0, 0) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
}

static void test_chosen_patterns_do_what_they_do_in_lua(void **state) {
  struct fixture *fixture = *state;
  run(fixture->L, "chosen", "string", budget_open_string);
}

static void test_random_patterns_do_what_they_do_in_lua(void **state) {
  struct fixture *fixture = *state;
  run(fixture->L, "random", "string", budget_open_string);
}

static void test_tables_are_changed_as_in_lua(void **state) {
  struct fixture *fixture = *state;
  run(fixture->L, "tables", "table", budget_open_table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_chosen_patterns_do_what_they_do_in_lua, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_random_patterns_do_what_they_do_in_lua, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_tables_are_changed_as_in_lua, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
