/* A run: its segments, its waits, its limits and its ends, by handlers of a real script. */
#include "script/bots.h"
/* after cmocka, as it wants */
#include "common/error.h"
#include "common/idle.h"

static int setup(void **state) {
  *state = bots_new();
  return 0;
}

static int teardown(void **state) { return bots_free(*state); }

static void a_segment_is_committed_before_a_wait(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, "bot.text('go', function(m) note 'before' m:answer 'a' note 'after' end)");
  assert_false(bots_say(bots, "go", &result));
  assert_string_equal(bots_asked(bots), "sendMessage");
  assert_false(database_is_in_segment(bots->database));
  assert_int_equal(bots_noted(bots, "before"), 1);
  bots_answer(bots);
  assert_int_equal(bots->done_count, 1);
  assert_int_equal(bots->done.error.kind, ERROR_NONE);
  assert_int_equal(bots_noted(bots, "after"), 1);
}

static void an_error_rolls_its_segment_back_and_names_its_place(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, "bot.text('go', function(m)\n note 'lost'\n error 'so wrong'\n end)");
  assert_true(bots_say(bots, "go", &result));
  assert_int_equal(result.error.kind, ERROR_INPUT);
  assert_non_null(strstr(result.error.text, ".lua:4: so wrong")); /* the first line is bots.h's */
  assert_non_null(strstr(result.traceback, "stack traceback"));
  assert_int_equal(bots_noted(bots, "lost"), 0);
}

static void an_error_after_a_wait_costs_only_the_last_segment(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, "bot.text('go', function(m) note 'kept' m:answer 'a' note 'lost' error 'so wrong' end)");
  assert_false(bots_say(bots, "go", &result));
  bots_answer(bots);
  assert_int_equal(bots->done.error.kind, ERROR_INPUT);
  assert_int_equal(bots_noted(bots, "kept"), 1);
  assert_int_equal(bots_noted(bots, "lost"), 0);
}

static bool refuse(bool is_last, void *data, struct error *error) {
  (void)data;
  return !is_last || error_set(error, ERROR_SYSTEM, "the owner refuses");
}

static void an_owner_that_refuses_fails_the_handler(void **state) {
  struct bots *bots = *state;
  static const struct script_run_owner owner = {.segment_ends = refuse};
  static const char json[] = "{\"update_id\":1,\"message\":{\"message_id\":1,\"chat\":{\"id\":7},\"text\":\"go\"}}";
  struct script_update update = {.json = json, .size = sizeof json - 1};
  struct script_result result;
  bots_start(bots, "bot.text('go', function(m) note 'lost' end)");
  assert_true(script_update_handle(bots->script, &update, &owner, NULL, &result));
  assert_string_equal(result.error.text, "the owner refuses");
  assert_int_equal(bots_noted(bots, "lost"), 0);
}

static void count(void *data) { ++*(unsigned *)data; }

/* A wait lets a reply go that is held back until the handler ends. A commit that fails is no wait. */
static void an_owner_hears_of_a_wait_once_its_segment_is_committed(void **state) {
  struct bots *bots = *state;
  static const struct script_run_owner owner = {.waits = count};
  static const char json[] = "{\"update_id\":1,\"message\":{\"message_id\":1,\"chat\":{\"id\":7},\"text\":\"go\"}}";
  struct script_update update = {.json = json, .size = sizeof json - 1};
  struct script_result result;
  unsigned waits = 0;
  bots_start(bots,
             "db.exec 'CREATE TABLE a(id INTEGER PRIMARY KEY)'\n"
             "db.exec 'CREATE TABLE b(a REFERENCES a DEFERRABLE INITIALLY DEFERRED)'\n"
             "bot.text('go', function(m) db.exec 'INSERT INTO b VALUES (1)' telegram.get_me() end)");
  assert_true(script_update_handle(bots->script, &update, &owner, &waits, &result));
  assert_non_null(strstr(result.error.text, "can't commit"));
  assert_int_equal(waits, 0);
  bots_load(bots, "bot.text('go', function(m) note 'kept' telegram.get_me() end)");
  update = (struct script_update){.json = json, .size = sizeof json - 1};
  assert_false(script_update_handle(bots->script, &update, &owner, &waits, &result));
  assert_int_equal(bots_noted(bots, "kept"), 1);
  assert_int_equal(waits, 1);
}

static void rows_that_are_left_are_read_before_a_wait(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "bot.text('go', function(m)\n"
             "  for i = 1, 3 do note(tostring(i)) end\n"
             "  for row in db.rows 'SELECT what FROM log' do m:answer(row.what) note('seen ' .. row.what) end\n"
             "end)");
  assert_false(bots_say(bots, "go", &result));
  for (int i = 0; i < 3; i++) bots_answer(bots);
  assert_int_equal(bots->done.error.kind, ERROR_NONE);
  assert_int_equal(bots->done_count, 1);
  assert_int_equal(bots_number(bots, "SELECT count(*) FROM log WHERE what LIKE 'seen %'"), 3);
}

static void computing_without_end_is_stopped_and_no_pcall_catches_it(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots->options.instructions = 200000;
  bots_start(bots, "bot.text('go', function(m) note 'lost' while true do pcall(function() while true do end end) end end)");
  assert_true(bots_say(bots, "go", &result));
  assert_non_null(strstr(result.error.text, "computed for too long"));
  assert_int_equal(bots_noted(bots, "lost"), 0);
  assert_true(bots_say(bots, "other", &result)); /* the next handler has a budget of its own */
  assert_int_equal(result.error.kind, ERROR_NONE);
}

static void memory_is_limited(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots->options.memory_ceiling = (size_t)8 << 20;
  bots_start(bots,
             "bot.text('go', function(m) note 'lost' local t = ('x'):rep(64 << 20) end)\n"
             "bot.text('small', function() note 'small' end)");
  assert_true(bots_say(bots, "go", &result));
  assert_non_null(strstr(result.error.text, "not enough memory"));
  assert_int_equal(bots_noted(bots, "lost"), 0);
  assert_true(bots_say(bots, "small", &result));
  assert_int_equal(bots_noted(bots, "small"), 1);
}

static void a_deadline_ends_a_wait_and_cancels_its_call(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots->options.deadline_ms = 30000;
  bots_start(bots,
             "bot.text('go', function(m)\n"
             "  local _ <close> = setmetatable({}, { __close = function() note 'closed' end })\n"
             "  m:answer 'a' note 'never' end)");
  assert_false(bots_say(bots, "go", &result));
  clock_advance(bots->fake->clock, 29999);
  assert_int_equal(bots->done_count, 0);
  clock_advance(bots->fake->clock, 1);
  assert_int_equal(bots->done_count, 1);
  assert_int_equal(bots->done.error.kind, ERROR_CANCELED);
  assert_non_null(strstr(bots->done.error.text, "it waited for sendMessage"));
  assert_int_equal(bots->fake->cancelled, 1);
  assert_int_equal(bots_noted(bots, "never"), 0);
}

static void a_pause_that_telegram_asked_for_moves_the_deadline(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots->options.deadline_ms = 30000;
  bots_start(bots, "bot.text('go', function(m) m:answer 'a' note 'sent' end)");
  assert_false(bots_say(bots, "go", &result));
  fake_answer(bots->fake, 0, 429,
              "{\"ok\":false,\"error_code\":429,\"description\":\"no\",\"parameters\":{\"retry_after\":50}}");
  clock_advance(bots->fake->clock, 55000);
  assert_int_equal(bots->done_count, 0);
  bots_answer(bots);
  assert_int_equal(bots->done.error.kind, ERROR_NONE);
  assert_int_equal(bots_noted(bots, "sent"), 1);
}

/* So the handler learns that its message may have been sent, and is not stopped over it. */
static void a_call_ends_before_its_handler_is_stopped(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots->options.deadline_ms = 30000;
  bots_start(bots, "bot.text('go', function(m) m:answer 'a' m:answer 'b' m:answer 'c' end)");
  assert_false(bots_say(bots, "go", &result));
  assert_int_equal(bots->fake->requests[0].timeout_ms, 29000);
  clock_advance(bots->fake->clock, 25000);
  bots_answer(bots);
  assert_int_equal(bots->fake->requests[1].timeout_ms, 4500);
  fake_answer(bots->fake, 1, 429,
              "{\"ok\":false,\"error_code\":429,\"description\":\"no\",\"parameters\":{\"retry_after\":50}}");
  clock_advance(bots->fake->clock, 50000);
  assert_in_range(bots->fake->requests[2].timeout_ms, 4000, 5000); /* the pause does not count */
  bots_answer(bots);
  bots_answer(bots);
  assert_int_equal(bots->done.error.kind, ERROR_NONE);
}

static void a_wait_in_a_coroutine_of_the_script_is_an_error(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "bot.text('go', function(m) coroutine.wrap(function() m:answer 'a' end)() end)\n"
             "bot.text('sort', function(m) table.sort({ 1, 2 }, function() m:answer 'a' end) end)\n"
             "bot.text('yield', function(m) coroutine.yield() end)");
  assert_true(bots_say(bots, "go", &result));
  assert_non_null(strstr(result.error.text, "can't wait inside a coroutine"));
  assert_true(bots_say(bots, "sort", &result));
  assert_non_null(strstr(result.error.text, "can't wait inside a function"));
  assert_true(bots_say(bots, "yield", &result));
  assert_non_null(strstr(result.error.text, "coroutine.yield outside"));
  assert_int_equal(bots->fake->count, 0);
}

static void set_true(void *data) { *(bool *)data = true; }

static void a_forgotten_button_is_answered_and_an_answered_one_is_not(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "bot.callback('forgets', function() end)\n"
             "bot.callback('fails', function() error 'so wrong' end)\n"
             "bot.callback('answers', function(q) q:answer 'yes' end)\n"
             "bot.text('go', function() end)");
  assert_true(bots_press(bots, "forgets", &result));
  assert_int_equal(bots->fake->count, 1);
  assert_string_equal(bots->fake->requests[0].body, "{\"callback_query_id\":\"43829999999\"}");
  assert_true(bots_say(bots, "go", &result)); /* by the same coroutine, which must not remember the press */
  assert_int_equal(bots->fake->count, 1);
  assert_true(bots_press(bots, "fails", &result));
  assert_int_equal(bots->fake->count, 2);
  assert_false(bots_press(bots, "answers", &result));
  assert_int_equal(bots->fake->count, 3);
  assert_non_null(strstr(bots->fake->requests[2].body, "yes"));
  bots_answer(bots);
  assert_int_equal(bots->fake->count, 3);
  struct idle_waiter waiter = {0};
  bool is_idle = false;
  script_on_idle(bots->script, &waiter, set_true, &is_idle);
  clock_advance(bots->fake->clock, 0);
  assert_false(is_idle); /* the answers are under way */
  for (unsigned i = 0; i < 2; i++) fake_answer(bots->fake, i, 200, "{\"ok\":true,\"result\":true}");
  clock_advance(bots->fake->clock, 0);
  assert_true(is_idle);
}

static void a_stop_ends_what_waits_and_answers_no_button(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, "bot.callback('waits', function(q) telegram.get_me() note 'never' end)");
  assert_false(bots_press(bots, "waits", &result));
  script_end_runs(bots->script);
  assert_int_equal(bots->done_count, 1);
  assert_int_equal(bots->done.error.kind, ERROR_CANCELED);
  assert_int_equal(bots->fake->cancelled, 1);
  assert_int_equal(bots->fake->count, 1); /* the press is for the next host */
  assert_int_equal(bots_noted(bots, "never"), 0);
}

static const char two_at_once[] =
    "bot.text('go', function(m)\n"
    "  note 'before'\n"
    "  local results = bot.parallel {\n"
    "    function() note 'one' telegram.get_me() note 'one answered' return 1 end,\n"
    "    function() note 'two' telegram.get_me() note 'two answered' return 2 end,\n"
    "  }\n"
    "  note('both ' .. results[1] + results[2])\n"
    "end)";

static void branches_wait_at_once_and_commit_on_their_own(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, two_at_once);
  assert_false(bots_say(bots, "go", &result));
  assert_int_equal(bots_noted(bots, "before"), 1);
  clock_advance(bots->fake->clock, 0);
  assert_int_equal(bots->fake->count, 2);
  assert_int_equal(bots_noted(bots, "one"), 1);
  assert_int_equal(bots_noted(bots, "two"), 1);
  assert_int_equal(script_run_count(bots->script), 1); /* one handler */
  fake_answer(bots->fake, 1, 200, "{\"ok\":true,\"result\":true}");
  assert_int_equal(bots_noted(bots, "two answered"), 1);
  assert_int_equal(bots->done_count, 0);
  fake_answer(bots->fake, 0, 200, "{\"ok\":true,\"result\":true}");
  assert_int_equal(bots->done_count, 1);
  assert_int_equal(bots->done.error.kind, ERROR_NONE);
  assert_int_equal(bots_noted(bots, "both 3"), 1);
}

static void a_stop_ends_branches_with_their_handler(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, two_at_once);
  assert_false(bots_say(bots, "go", &result));
  clock_advance(bots->fake->clock, 0);
  script_end_runs(bots->script);
  assert_int_equal(bots->done_count, 1);
  assert_int_equal(bots->done.error.kind, ERROR_CANCELED);
  assert_int_equal(bots->fake->cancelled, 2);
  assert_int_equal(script_run_count(bots->script), 0);
  assert_int_equal(bots_noted(bots, "two answered"), 0);
}

static void a_stop_ends_a_handler_whose_branches_have_not_begun(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, two_at_once);
  assert_false(bots_say(bots, "go", &result));
  script_end_runs(bots->script);
  clock_advance(bots->fake->clock, 1000);
  assert_int_equal(bots->done_count, 1);
  assert_int_equal(bots->fake->count, 0);
}

/* Telegram asks both to pause for 50 s, at the same time. */
static void pauses_of_branches_count_once(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  static const char later[] = "{\"ok\":false,\"error_code\":429,\"description\":\"no\",\"parameters\":{\"retry_after\":50}}";
  bots_start(bots, two_at_once);
  assert_false(bots_say(bots, "go", &result));
  clock_advance(bots->fake->clock, 0);
  fake_answer(bots->fake, 0, 429, later);
  fake_answer(bots->fake, 1, 429, later);
  clock_advance(bots->fake->clock, 79000);
  assert_int_equal(bots->done_count, 0);
  clock_advance(bots->fake->clock, 2000);
  assert_int_equal(bots->done_count, 1);
  assert_non_null(strstr(bots->done.error.text, "took longer than 30 s (it waited for bot.parallel)"));
}

/* Whichever function finds no memory, its handler or it itself is told. */
static void branches_without_memory_fail_and_nothing_else(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "local kept = {}\n"
             "bot.text('go', function(m)\n"
             "  local list = {}\n"
             "  for i = 1, 50 do\n"
             "    list[i] = function() local mine = ('x'):rep(1 << 22) .. i kept[#kept + 1] = mine bot.sleep(1) end\n"
             "  end\n"
             "  bot.parallel(list)\n"
             "  kept = {}\n"
             "  note 'all ended'\n"
             "end)");
  (void)bots_say(bots, "go", &result);
  clock_advance(bots->fake->clock, 40000);
  assert_int_equal(bots->done_count, 1);
  assert_true(bots->done.error.kind == ERROR_MEMORY || bots_noted(bots, "all ended") == 1);
  assert_int_equal(script_run_count(bots->script), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_segment_is_committed_before_a_wait),
      TEST(an_error_rolls_its_segment_back_and_names_its_place),
      TEST(an_error_after_a_wait_costs_only_the_last_segment),
      TEST(an_owner_that_refuses_fails_the_handler),
      TEST(an_owner_hears_of_a_wait_once_its_segment_is_committed),
      TEST(rows_that_are_left_are_read_before_a_wait),
      TEST(computing_without_end_is_stopped_and_no_pcall_catches_it),
      TEST(memory_is_limited),
      TEST(a_deadline_ends_a_wait_and_cancels_its_call),
      TEST(a_pause_that_telegram_asked_for_moves_the_deadline),
      TEST(a_call_ends_before_its_handler_is_stopped),
      TEST(a_wait_in_a_coroutine_of_the_script_is_an_error),
      TEST(a_forgotten_button_is_answered_and_an_answered_one_is_not),
      TEST(a_stop_ends_what_waits_and_answers_no_button),
      TEST(branches_wait_at_once_and_commit_on_their_own),
      TEST(a_stop_ends_branches_with_their_handler),
      TEST(a_stop_ends_a_handler_whose_branches_have_not_begun),
      TEST(pauses_of_branches_count_once),
      TEST(branches_without_memory_fail_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
