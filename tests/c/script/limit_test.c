/* What gets past a limit that looks only here and there, and what would reach the memory of the host: each is a handler of a
 * real script, and after it the next handler runs as if nothing had been. */
#include "script/bots.h"
/* after cmocka, as it wants */
#include "common/error.h"

static int setup(void **state) {
  struct bots *bots = bots_new();
  bots->options.segment_ms = 200;
  bots->options.instructions = 1000000000; /* so that the time is what stops it */
  *state = bots;
  return 0;
}

static int teardown(void **state) { return bots_free(*state); }

static void assert_goes_on(struct bots *bots) {
  struct script_result result;
  assert_true(bots_say(bots, "next", &result));
  assert_int_equal(result.error.kind, ERROR_NONE);
  assert_int_equal(bots_noted(bots, "next"), 1);
}

static void start(struct bots *bots, const char *code) {
  char script[2000];
  int size = snprintf(script, sizeof script,
                      "bot.text('next', function() note 'next' end)\n"
                      "bot.text('go', function(m) note 'lost' %s end)",
                      code);
  assert_true(size < (int)sizeof script);
  bots_start(bots, script);
}

static void assert_stops(void **state, const char *code) {
  struct bots *bots = *state;
  struct script_result result;
  start(bots, code);
  assert_true(bots_say(bots, "go", &result));
  if (!strstr(result.error.text, "computed for too long")) fail_msg("%s", result.error.text);
  assert_int_equal(bots_noted(bots, "lost"), 0);
  assert_goes_on(bots);
}

static void assert_fails(void **state, const char *code, const char *why) {
  struct bots *bots = *state;
  struct script_result result;
  start(bots, code);
  assert_true(bots_say(bots, "go", &result));
  if (!strstr(result.error.text, why)) fail_msg("%s", result.error.text);
  assert_goes_on(bots);
}

/* ---- time ---- */

static void a_message_handler_is_stopped(void **state) {
  assert_stops(state, "xpcall(function() error() end, function() while true do end end)");
}

static void a_message_handler_is_not_called_for_the_stop(void **state) {
  assert_stops(state, "xpcall(function() while true do end end, function() while true do end end)");
}

static void a_value_that_is_to_be_closed_gets_no_time_after_the_stop(void **state) {
  assert_stops(state,
               "local _ <close> = setmetatable({}, { __close = function() while true do end end })\n"
               "while true do end");
}

static void a_value_that_is_to_be_closed_is_stopped(void **state) {
  assert_fails(state,
               "local _ <close> = setmetatable({}, { __close = function() while true do end end })\n"
               "error 'so wrong'",
               "so wrong");
}

static void short_coroutines_inside_each_other_have_one_budget(void **state) {
  assert_stops(state,
               "local function nest(depth)\n"
               "  if depth == 0 then for _ = 1, 4500 do end return end\n"
               "  for _ = 1, 1000 do coroutine.wrap(nest)(depth - 1) end\n"
               "end\n"
               "nest(3)");
}

static void a_coroutine_that_is_resumed_by_hand_is_stopped(void **state) {
  assert_stops(state, "while true do coroutine.resume(coroutine.create(function() while true do end end)) end");
}

static void a_loop_of_calls_of_c_is_stopped(void **state) {
  assert_stops(state, "local text = ('a'):rep(1e7) while true do text:upper() end");
}

static void closing_a_coroutine_is_stopped(void **state) {
  assert_stops(state,
               "local thread = coroutine.create(function()\n"
               "  local _ <close> = setmetatable({}, { __close = function() while true do end end })\n"
               "  coroutine.yield()\n"
               "end)\n"
               "coroutine.resume(thread)\n"
               "coroutine.close(thread)");
}

static void a_stopped_coroutine_is_not_closed_by_a_later_handler(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "local kept\n"
             "bot.text('go', function()\n"
             "  kept = coroutine.create(function()\n"
             "    local _ <close> = setmetatable({}, { __close = function() while true do end end })\n"
             "    while true do end\n"
             "  end)\n"
             "  coroutine.resume(kept)\n"
             "end)\n"
             "bot.text('close', function() assert(not coroutine.close(kept)) end)");
  assert_true(bots_say(bots, "go", &result));
  assert_non_null(strstr(result.error.text, "computed for too long"));
  assert_true(bots_say(bots, "close", &result));
  assert_string_equal(result.error.text, "");
}

static void sql_is_stopped_in_pcall(void **state) {
  assert_stops(state,
               "while true do pcall(db.one, 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) '\n"
               "  .. 'SELECT max(i) FROM n') end");
}

static void the_text_of_an_error_value_is_stopped(void **state) {
  assert_fails(state, "error(setmetatable({}, { __tostring = function() while true do end end }))", "");
}

static void sql_with_a_zero_byte_is_refused(void **state) { assert_fails(state, "db.exec 'SELECT 1;\\0'", "zero byte"); }

/* Between two statements, or within one. */
static void sql_of_many_statements_is_stopped(void **state) { assert_fails(state, "db.exec(('SELECT 1;'):rep(1e6))", " long"); }

static void values_are_for_one_statement(void **state) {
  assert_fails(state, "db.exec('DELETE FROM log WHERE what = ?; DROP TABLE log', 1)", "one statement expected");
}

static void a_handlers_sql_takes_no_more_memory_than_its_vm(void **state) {
  ((struct bots *)*state)->options.segment_ms = 60000; /* sanitizers are slow */
  assert_fails(state,
               "db.exec 'CREATE TABLE t(b)' local text = ('x'):rep(1e7)\n"
               "for _ = 1, 100 do db.exec('INSERT INTO t VALUES (?)', text) end",
               "not enough memory for the SQL");
}

static void a_finalizer_is_refused(void **state) {
  assert_fails(state, "setmetatable({}, { __gc = function() while true do end end })", "there is no __gc here");
}

/* A hook left on a coroutine by a long stretch goes with the next one, and what is quick afterwards is not stopped. */
static void a_long_stretch_costs_the_next_nothing(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "local kept = coroutine.wrap(function() while true do for _ = 1, 1e6 do end coroutine.yield() end end)\n"
             "bot.text('go', function() for _ = 1, 3 do kept() end note 'done' end)");
  for (int i = 0; i < 50; i++) {
    assert_true(bots_say(bots, "go", &result));
    assert_string_equal(result.error.text, "");
  }
  assert_int_equal(bots_noted(bots, "done"), 50);
}

static void xpcall_is_as_in_lua(void **state) {
  struct bots *bots = *state;
  bots_start(bots,
             "local function same(got, ...) local want = table.pack(...)\n"
             "  assert(got.n == want.n) for i = 1, want.n do assert(got[i] == want[i], i) end end\n"
             "same(table.pack(xpcall(function(...) return ... end, print, 1, nil, 3)), true, 1, nil, 3)\n"
             "same(table.pack(xpcall(error, function(why) return why .. '!', 2 end, 'so')), false, 'so!')\n"
             "assert(xpcall(error, function(why) error(why) end, 'so') == false)\n"
             "assert(not pcall(xpcall, print) and not pcall(xpcall, print, 1))\n"
             "local thread = coroutine.wrap(function() return xpcall(function() return coroutine.yield(1) end, print) end)\n"
             "assert(thread() == 1) same(table.pack(thread 'back'), true, 'back')\n"
             "local failing = coroutine.wrap(function()\n"
             "  return xpcall(function() coroutine.yield(1) error('late', 0) end, function(why) return why:upper() end)\n"
             "end)\n"
             "assert(failing() == 1) same(table.pack(failing()), false, 'LATE')");
}

static void coroutines_are_as_in_lua(void **state) {
  struct bots *bots = *state;
  bots_start(bots,
             "local thread = coroutine.create(function(...)\n"
             "  assert(select('#', ...) == 2) assert(coroutine.yield(1, nil) == 'in') return 7, 8 end)\n"
             "local t = table.pack(coroutine.resume(thread, 1, nil)) assert(t.n == 3 and t[1] == true and t[2] == 1)\n"
             "t = table.pack(coroutine.resume(thread, 'in')) assert(t.n == 3 and t[2] == 7 and t[3] == 8)\n"
             "t = table.pack(coroutine.resume(thread)) assert(not t[1] and t[2] == 'cannot resume dead coroutine')\n"
             "assert(coroutine.close(thread) == true)\n"
             "assert(select(2, coroutine.resume(coroutine.running())):find 'host')\n"
             "assert(not pcall(coroutine.close, coroutine.running()))\n"
             "assert(not pcall(coroutine.resume, 1) and not pcall(coroutine.wrap, 1) and not pcall(coroutine.close))\n"
             "local closed\n"
             "local wrapped = coroutine.wrap(function()\n"
             "  local _ <close> = setmetatable({}, { __close = function(_, why) closed = why end })\n"
             "  error({ 'so' }) end)\n"
             "local ok, why = pcall(wrapped) assert(not ok and why[1] == 'so' and closed == why)\n"
             "ok, why = pcall(wrapped) assert(not ok and why:find 'cannot resume dead coroutine')\n"
             "local waits = coroutine.create(function()\n"
             "  local _ <close> = setmetatable({}, { __close = function() error('in close', 0) end }) coroutine.yield() end)\n"
             "coroutine.resume(waits)\n"
             "ok, why = coroutine.close(waits) assert(ok == false and why == 'in close')\n"
             "local inner inner = coroutine.create(function() return coroutine.resume(inner) end)\n"
             "t = table.pack(coroutine.resume(inner)) assert(t[2] == false and t[3]:find 'non%-suspended')");
}

/* ---- memory ---- */

static void a_handler_that_waits_is_not_resumed_by_another(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "local kept\n"
             "bot.text('wait', function(m) kept = coroutine.running() m:answer 'one' note 'answered' end)\n"
             "bot.text('resume', function() local ok, why = coroutine.resume(kept) assert(not ok, why) note(why) end)\n"
             "bot.text('close', function() assert(not pcall(coroutine.close, kept)) note 'not closed' end)\n"
             "bot.text('top', function(m) m:answer 'two' end)");
  assert_false(bots_say(bots, "wait", &result));
  assert_true(bots_say(bots, "resume", &result));
  assert_true(bots_say(bots, "close", &result));
  assert_int_equal(bots_noted(bots, "cannot resume a coroutine of the host"), 1);
  assert_int_equal(bots_noted(bots, "not closed"), 1);
  bots_answer(bots);
  assert_int_equal(bots_noted(bots, "answered"), 1);
  assert_true(bots_say(bots, "resume", &result)); /* the same thread, which is idle now */
  assert_int_equal(bots_noted(bots, "cannot resume a coroutine of the host"), 2);
}

static void a_top_levels_thread_is_not_resumed(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "local main = coroutine.running()\n"
             "bot.text('go', function() assert(not coroutine.resume(main)) assert(not pcall(coroutine.close, main)) end)");
  assert_true(bots_say(bots, "go", &result));
  assert_string_equal(result.error.text, "");
}

static void metatables_of_the_host_are_locked(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "local json = require 'json'\n"
             "local function locked(value)\n"
             "  assert(getmetatable(value) == false)\n"
             "  if type(value) == 'table' then assert(not pcall(setmetatable, value, {})) end\n"
             "end\n"
             "bot.text('go', function(m)\n"
             "  locked(select(2, db.rows 'SELECT 1')) locked(telegram.file 'a') locked(telegram.bytes('a', 'b'))\n"
             "  assert(getmetatable(json.array()) == false)\n"
             "  assert(getmetatable(setmetatable(json.decode '[1]', { __index = { x = 2 } })).__index.x == 2)\n"
             "  locked(m:answer 'a')\n"
             "  local _, failure = m:answer 'b'\n"
             "  locked(failure)\n"
             "end)");
  assert_false(bots_say(bots, "go", &result));
  bots_answer(bots);
  fake_answer(bots->fake, bots->fake->count - 1, 400, "{\"ok\":false,\"error_code\":400,\"description\":\"no\"}");
  assert_int_equal(bots->done_count, 1);
  assert_string_equal(bots->done.error.text, "");
}

static void closing_coroutines_inside_each_other_is_no_way_past_the_c_stack(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "bot.text('go', function()\n"
             "  local last\n"
             "  for _ = 1, 1e3 do\n"
             "    local before = last\n"
             "    last = coroutine.create(function()\n"
             "      local _ <close> = setmetatable({}, { __close = function() if before then assert(coroutine.close(before)) "
             "end end })\n"
             "      coroutine.yield()\n"
             "    end)\n"
             "    coroutine.resume(last)\n"
             "  end\n"
             "  local ok, why = coroutine.close(last)\n"
             "  assert(ok, why)\n"
             "end)");
  assert_true(bots_say(bots, "go", &result));
  assert_non_null(strstr(result.error.text, "inside each other"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_message_handler_is_stopped),
      TEST(a_message_handler_is_not_called_for_the_stop),
      TEST(a_value_that_is_to_be_closed_gets_no_time_after_the_stop),
      TEST(a_value_that_is_to_be_closed_is_stopped),
      TEST(short_coroutines_inside_each_other_have_one_budget),
      TEST(a_coroutine_that_is_resumed_by_hand_is_stopped),
      TEST(a_loop_of_calls_of_c_is_stopped),
      TEST(closing_a_coroutine_is_stopped),
      TEST(a_stopped_coroutine_is_not_closed_by_a_later_handler),
      TEST(sql_is_stopped_in_pcall),
      TEST(the_text_of_an_error_value_is_stopped),
      TEST(sql_with_a_zero_byte_is_refused),
      TEST(sql_of_many_statements_is_stopped),
      TEST(values_are_for_one_statement),
      TEST(a_handlers_sql_takes_no_more_memory_than_its_vm),
      TEST(a_finalizer_is_refused),
      TEST(a_long_stretch_costs_the_next_nothing),
      TEST(xpcall_is_as_in_lua),
      TEST(coroutines_are_as_in_lua),
      TEST(a_handler_that_waits_is_not_resumed_by_another),
      TEST(a_top_levels_thread_is_not_resumed),
      TEST(metatables_of_the_host_are_locked),
      TEST(closing_coroutines_inside_each_other_is_no_way_past_the_c_stack),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
