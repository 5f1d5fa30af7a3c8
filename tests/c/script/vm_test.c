/* A VM: what it holds back, and how long it lives after a reload has replaced it. */
#include "script/bots.h"
/* after cmocka, as it wants */
#include "common/error.h"
#include "script/script_state.h"
#include "script/vm.h"

static int setup(void **state) {
  *state = bots_new();
  return 0;
}

static int teardown(void **state) { return bots_free(*state); }

static int vm_count(const struct bots *bots) {
  int count = 0;
  for (const struct vm *vm = bots->script->vms; vm; vm = vm->next) count++;
  return count;
}

static void a_replaced_vm_lives_until_its_last_run_ends(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, "bot.text('go', function(m) m:answer 'a' note 'old' end)");
  assert_false(bots_say(bots, "go", &result));
  bots_load(bots, "bot.text('go', function(m) note 'new' end)");
  assert_int_equal(vm_count(bots), 2);
  assert_true(bots_say(bots, "go", &result));
  bots_answer(bots);
  assert_int_equal(vm_count(bots), 1);
  assert_int_equal(bots_noted(bots, "old"), 1);
  assert_int_equal(bots_noted(bots, "new"), 1);
}

static void a_vm_without_runs_goes_at_once(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, "bot.text('go', function(m) m:answer 'a' end) bot.every(60, function() end)");
  assert_false(bots_say(bots, "go", &result));
  bots_answer(bots);
  bots_load(bots, "");
  assert_int_equal(vm_count(bots), 1);
}

static void a_function_that_is_due_once_holds_it_and_one_that_recurs_does_not(void **state) {
  struct bots *bots = *state;
  bots_start(bots, "bot.after(10, function() note 'once' end) bot.every(3, function() note 'recurs' end)");
  bots_load(bots, "");
  assert_int_equal(vm_count(bots), 2);
  clock_advance(bots->fake->clock, 10000);
  assert_int_equal(bots_noted(bots, "once"), 1);
  assert_int_equal(bots_noted(bots, "recurs"), 0);
  assert_int_equal(vm_count(bots), 1);
}

static void an_answer_to_a_button_holds_it(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, "");
  assert_true(bots_press(bots, "forgotten", &result));
  bots_load(bots, "");
  assert_int_equal(vm_count(bots), 2);
  fake_answer(bots->fake, 0, 200, "{\"ok\":true,\"result\":true}");
  assert_int_equal(vm_count(bots), 1);
}

static void a_load_that_fails_changes_nothing(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  struct error error = {0};
  bots_start(bots, "bot.text('go', function(m) note 'old' end)");
  bots_write(bots, "db.exec 'CREATE TABLE new_table(x)'\nerror 'so wrong'");
  assert_false(script_load(bots->script, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  assert_non_null(strstr(error.text, ".lua:3: so wrong"));
  assert_int_equal(bots_number(bots, "SELECT count(*) FROM sqlite_master WHERE name = 'new_table'"), 0);
  assert_int_equal(vm_count(bots), 1);
  assert_true(bots_say(bots, "go", &result));
  assert_int_equal(bots_noted(bots, "old"), 1);
}

static void a_load_is_limited_like_a_handler(void **state) {
  struct bots *bots = *state;
  struct error error = {0};
  bots->options.instructions = 2000000;
  bots_start(bots, "");
  bots_write(bots, "while true do end");
  assert_false(script_load(bots->script, &error));
  assert_non_null(strstr(error.text, "computed for too long"));
}

static void what_could_harm_the_host_is_not_there(void **state) {
  struct bots *bots = *state;
  bots_start(bots,
             "for _, name in ipairs { 'execute', 'remove', 'rename', 'setlocale' } do assert(os[name] == nil, name) end\n"
             "local function has(name) return pcall(function() return _ENV[name] end) end\n"
             "assert(not has 'dofile' and not has 'io' and not has 'collectgarbage')\n"
             "assert(debug.sethook == nil and debug.getregistry == nil and package.loadlib == nil)\n"
             "assert(load(string.dump(function() end)) == nil)\n"
             "assert(not pcall(require, 'core.db'))");
}

static void a_script_reads_no_file_beside_its_folder(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "local read = require 'core.script'.read\n"
             "for _, path in ipairs { '/proc/self/environ', '/etc/passwd', '/tmp/../etc/passwd', '/dev/zero', '/' } do\n"
             "  assert(read(path) == nil, path)\n"
             "end\n"
             "assert(not package.searchpath and not package.searchers)\n"
             "package.path = '/etc/?'\n"
             "assert(not pcall(require, 'passwd'))\n"
             "bot.text('go', function(m)\n"
             "  local ok, why = pcall(telegram.send_document, { chat_id = 7, document = telegram.file '/etc/passwd' })\n"
             "  assert(not ok and why:find 'allow%-files', why)\n"
             "end)");
  assert_true(bots_say(bots, "go", &result));
  assert_string_equal(result.error.text, "");
  assert_int_equal(bots->fake->count, 0);
}

static void the_operator_allows_another_folder(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots->options.allowed_files = "/etc";
  bots_start(bots,
             "bot.text('go', function(m)\n"
             "  telegram.send_document { chat_id = 7, document = telegram.file '/etc/passwd' }\n"
             "end)");
  assert_false(bots_say(bots, "go", &result));
  assert_string_equal(bots_asked(bots), "sendDocument");
  bots_answer(bots);
}

static void the_token_is_hidden_from_scripts(void **state) {
  assert_false(setenv("BOT_TOKEN", "123456:secret", 1));
  assert_false(setenv("TELEGRAM_API_ROOT", "https://a:b@example.org", 1));
  bots_start(*state, "assert(not os.getenv 'BOT_TOKEN' and not os.getenv 'TELEGRAM_API_ROOT' and os.getenv 'PATH')");
  assert_false(unsetenv("BOT_TOKEN"));
  assert_false(unsetenv("TELEGRAM_API_ROOT"));
}

static void a_library_that_one_file_changes_is_unchanged_for_others(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  char second[] = "/tmp/lunokhod-bots-second-XXXXXX.lua";
  static const char code[] =
      "assert(string.upper and table.insert and string.lower and print and error)\n"
      "local bot = require 'bot'\n"
      "assert(require 'string'.rep and package.loaded.string.rep and bot.text and bot == require 'bot')\n"
      "bot.text('go', function(m) assert(type(m.answer) == 'function')\n"
      "  require 'db'.exec \"INSERT INTO log VALUES('whole')\" end)";
  const char *const paths[] = {bots->path, second};
  int file = mkstemps(second, 4);
  assert_true(file >= 0 && write(file, code, sizeof code - 1) == (ssize_t)sizeof code - 1 && !close(file));
  bots->options.paths = paths;
  bots->options.path_count = 2;
  bots_start(bots,
             "string.upper, table.insert, print = nil, nil, nil\n"
             "assert(('a'):upper() == 'A')\n"
             "assert(getmetatable('') == false)\n"
             "load('string.lower = nil')() assert(string.lower == nil and ('A'):lower() == 'a')\n"
             "load('own = 1')() assert(own == 1)\n"
             "assert(not pcall(function() package.loaded.db = {} end))\n"
             "for _, name in ipairs { 'bot', 'telegram', 'db', 'json', 'log', 'message', 'core.telegram', 'string', '_G' } do\n"
             "  for key in pairs(require(name)) do\n"
             "    local ok, why = pcall(function() require(name)[key] = 0 end)\n"
             "    assert(not ok and why:find(name .. ' belongs to the host', 1, true), why)\n"
             "  end\n"
             "end\n"
             "assert(not pcall(function() package.preload.menu = print end))\n"
             "local ok, why = pcall(require, 'no.such')\n"
             "assert(not ok and why:find('no.such', 1, true), why)\n"
             "bot.text('spoil', function(m)\n"
             "  assert(type(getmetatable(m)) == 'string' and m.__index == nil)\n"
             "  m.answer = 0\n"
             "end)\n"
             "rawset(package.loaded, 'db', 0) rawset(require 'bot', 'text', 0) rawset(require 'string', 'rep', 0)");
  assert_int_equal(unlink(second), 0);
  assert_true(bots_say(bots, "spoil", &result));
  assert_string_equal(result.error.text, "");
  assert_true(bots_say(bots, "go", &result));
  assert_string_equal(result.error.text, "");
  assert_int_equal(bots_noted(bots, "whole"), 1);
}

static char noted_lines[2000];

static void note_line(const char *text, void *data) {
  (void)data;
  strncat(noted_lines, text, sizeof noted_lines - strlen(noted_lines) - 1);
}

/* Neither in a table within a module, nor in what all globals are in. */
static void what_modules_hold_is_unchanged_for_others(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  struct error error = {0};
  static const char me[] = "{\"id\":1,\"username\":\"right_bot\"}";
  bots->script = script_open(&bots->options);
  assert_true(script_set_me(bots->script, me, sizeof me - 1, &error));
  bots_load(
      bots,
      "local function spoil(t) for _, set in ipairs { rawset, function(t, k, v) t[k] = v end } do pcall(set, t, 1, 'spoilt')\n"
      "  pcall(set, t, 'username', 'spoilt') end end\n"
      "spoil(require 'core.routes'.files) spoil(require 'core.spelling'.modules) spoil(telegram.try) spoil(bot.me)\n"
      "spoil(require 'core.script'.me())\n"
      "for _, value in pairs(require 'core.routes') do if type(value) == 'table' then spoil(value) end end\n"
      "local all = require '_G' assert(all._G == nil and all.package == nil and all.print)\n"
      "bot.text('go', function(m) assert(telegram.try.send_message and #require 'core.spelling'.modules > 5)\n"
      "  assert(bot.me.username == 'right_bot') note(bot.link 'x') end)");
  assert_true(bots_say(bots, "go", &result));
  assert_string_equal(result.error.text, "");
  assert_int_equal(bots_noted(bots, "https://t.me/right_bot?start=x"), 1);
  script_describe(bots->script, note_line, NULL);
  assert_null(strstr(noted_lines, "spoilt"));
}

static void jobs_wait_while_they_are_paused_in_a_vm_that_is_loaded_meanwhile_too(void **state) {
  struct bots *bots = *state;
  static const char code[] = "bot.after(0, function() note 'due' end)";
  bots_start(bots, code);
  job_pause(bots->script, true);
  clock_advance(bots->fake->clock, 1000);
  bots_load(bots, code);
  clock_advance(bots->fake->clock, 1000);
  assert_int_equal(bots_noted(bots, "due"), 0);
  job_pause(bots->script, false);
  clock_advance(bots->fake->clock, 0);
  assert_int_equal(bots_noted(bots, "due"), 1);
  assert_int_equal(vm_count(bots), 1);
}

static void a_stop_ends_what_recurs_and_frees_what_broadcasts_have_put_aside(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "bot.every(3, function() note 'recurs' end)\n"
             "bot.text('go', function() require('broadcast').start { to = { 1, 2 }, text = 'a' } end)");
  assert_true(bots_say(bots, "go", &result));
  clock_advance(bots->fake->clock, 1);
  assert_string_equal(bots_asked(bots), "sendMessage"); /* to the first; the second is put aside */
  assert_int_equal(bots_number(bots, "SELECT chat FROM lunokhod_broadcast_chats WHERE state = 1"), 2);
  job_stop(bots->script);
  assert_int_equal(bots_number(bots, "SELECT chat FROM lunokhod_broadcast_chats WHERE state = 0"), 2);
  bots_answer(bots);
  clock_advance(bots->fake->clock, 10000);
  assert_int_equal(bots_noted(bots, "recurs"), 0);
  assert_int_equal(bots->fake->count, 1);
  job_cancel(bots->script);
  assert_int_equal(bots_number(bots, "SELECT canceled FROM lunokhod_broadcasts"), 1);
  assert_int_equal(bots_number(bots, "SELECT count(*) FROM lunokhod_broadcast_chats"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_replaced_vm_lives_until_its_last_run_ends),
      TEST(a_vm_without_runs_goes_at_once),
      TEST(a_function_that_is_due_once_holds_it_and_one_that_recurs_does_not),
      TEST(an_answer_to_a_button_holds_it),
      TEST(a_load_that_fails_changes_nothing),
      TEST(a_load_is_limited_like_a_handler),
      TEST(what_could_harm_the_host_is_not_there),
      TEST(a_script_reads_no_file_beside_its_folder),
      TEST(the_operator_allows_another_folder),
      TEST(the_token_is_hidden_from_scripts),
      TEST(a_library_that_one_file_changes_is_unchanged_for_others),
      TEST(what_modules_hold_is_unchanged_for_others),
      TEST(jobs_wait_while_they_are_paused_in_a_vm_that_is_loaded_meanwhile_too),
      TEST(a_stop_ends_what_recurs_and_frees_what_broadcasts_have_put_aside),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
