/* What a script does to the host's values behind their back, with what Lua itself gives it: errors of that script, and nothing
 * of the host's memory is read that is not there. The sanitizers see the latter. */
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

static void run_all(struct bots *bots, unsigned calls) {
  struct script_result result;
  bool has_ended = bots_say(bots, "go", &result);
  for (unsigned i = 0; i < calls; i++) bots_answer(bots);
  const struct script_result *last = has_ended ? &result : &bots->done;
  assert_string_equal(last->error.text, "");
  assert_true(has_ended || bots->done_count == 1);
}

static void a_result_that_was_emptied_or_filled_before_it_is_read(void **state) {
  bots_start(*state,
             "bot.text('go', function(m)\n"
             "  for _, value in ipairs { false, 5, '5', '\"text\"', '{', 'null' } do\n"
             "    local result = m:answer 'a'\n"
             "    rawset(result, (next(result)), value or nil)\n"
             "    assert(not pcall(function() return result.message_id end))\n"
             "    assert(not pcall(require 'json'.encode, { result }))\n"
             "  end\n"
             "  note 'alive'\n"
             "end)");
  run_all(*state, 6);
  assert_int_equal(bots_noted(*state, "alive"), 1);
}

static void an_error_whose_secret_field_is_changed(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots,
             "bot.text('go', function(m)\n"
             "  local _, err = m:answer 'a'\n"
             "  local code_of, key = require 'core.telegram'.code_of, next(err)\n"
             "  for _, value in ipairs { 5, 'x', {}, print } do\n"
             "    rawset(err, key, value)\n"
             "    assert(code_of(err) == nil)\n"
             "    assert(not pcall(function() return err.code end))\n"
             "  end\n"
             "  note 'alive'\n"
             "end)");
  assert_false(bots_say(bots, "go", &result));
  fake_answer(bots->fake, 0, 400, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: no\"}");
  assert_string_equal(bots->done.error.text, "");
  assert_int_equal(bots_noted(bots, "alive"), 1);
}

#define LITTER "local function litter() for i = 1, 100000 do local _ = { i .. 'litter' } end end\n"

static void options_that_change_while_they_are_read(void **state) {
  bots_start(*state, LITTER
             "bot.text('go', function(m)\n"
             "  local labels = {}\n"
             "  for i = 1, 30 do labels[i] = ('label'):rep(20) .. i end\n"
             "  local options = setmetatable({ values = { 1, 2, 3 }, labels = labels }, { __index = function(t, name)\n"
             "    if name ~= 'title' then return nil end\n"
             "    for i = 1, 30 do labels[i] = nil end\n"
             "    litter()\n"
             "  end })\n"
             "  pcall(require 'chart'.bars, options)\n"
             "  note 'alive'\n"
             "end)");
  run_all(*state, 0);
  assert_int_equal(bots_noted(*state, "alive"), 1);
}

/* The second upload waits for its turn in the chat; meanwhile another handler changes what it was given. */
static void an_upload_whose_parameters_change_while_it_waits(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  bots_start(bots, LITTER
             "local parameters = { chat_id = 7 }\n"
             "bot.text('first', function(m) m:answer 'a' end)\n"
             "bot.text('second', function(m)\n"
             "  parameters[('a_name_that_lua_does_not_share'):rep(3)] = 'x'\n"
             "  parameters.document = telegram.bytes(('bytes'):rep(100), ('name'):rep(20))\n"
             "  parameters.media = { telegram.bytes(('others'):rep(100), ('other'):rep(20)) }\n"
             "  telegram.send_document(parameters)\n"
             "end)\n"
             "bot.text('third', function(m) for name in pairs(parameters) do parameters[name] = nil end litter() end)");
  assert_false(bots_say(bots, "first", &result));
  assert_false(bots_say(bots, "second", &result));
  assert_int_equal(bots->fake->count, 1);
  assert_true(bots_say(bots, "third", &result));
  fake_answer(bots->fake, 0, 200, "{\"ok\":true,\"result\":true}");
  assert_int_equal(bots->fake->count, 2);
  const char *body = bots->fake->requests[1].body;
  assert_non_null(strstr(body, "bytesbytes"));
  assert_non_null(strstr(body, "othersothers"));
  assert_non_null(strstr(body, "a_name_that_lua_does_not_sharea_name_that_lua_does_not_share"));
  bots_answer(bots);
}

/* Lua shares texts of up to 40 bytes, and longer ones it does not. */
static void a_file_of_the_disk_that_two_uploads_share(void **state) {
  struct bots *bots = *state;
  struct script_result result;
  char directory[] = "/tmp/lunokhod-a-directory-with-a-long-name-XXXXXX", path[100], code[600];
  assert_non_null(mkdtemp(directory));
  (void)snprintf(path, sizeof path, "%s/file.txt", directory);
  FILE *stream = fopen(path, "w");
  assert_true(stream && !fclose(stream));
  bots->options.allowed_files = directory;
  (void)snprintf(code, sizeof code,
                 LITTER
                 "local file = telegram.file '%s'\n"
                 "bot.text('first', function(m) m:answer 'a' end)\n"
                 "bot.text('second', function(m) telegram.send_document { chat_id = 7, document = file } end)\n"
                 "bot.text('litter', litter)",
                 path);
  bots_start(bots, code);
  assert_false(bots_say(bots, "first", &result));
  assert_false(bots_say(bots, "second", &result));
  for (unsigned i = 0; i < 3; i++) assert_true(bots_say(bots, "other", &result)); /* so that Lua makes the text anew */
  assert_false(bots_say(bots, "second", &result));
  assert_true(bots_say(bots, "litter", &result));
  for (unsigned i = 0; i < 3; i++) {
    const struct http_part *parts = i ? bots->fake->last_parts : NULL;
    if (i) assert_string_equal(parts[0].path ? parts[0].path : parts[1].path, path);
    bots_answer(bots);
  }
  assert_false(unlink(path) || rmdir(directory));
}

static void what_serves_all_scripts_is_set_once(void **state) {
  bots_start(*state,
             "assert(not pcall(require 'core.telegram'.set_dress, print))\n"
             "assert(not pcall(require 'core.schedule'.at_stop, 'DROP TABLE log'))\n"
             "assert(not pcall(require 'core.schedule'.at_cancel, 'DROP TABLE log'))\n");
}

static void sql_that_gets_wrong_values_leaves_nothing_behind(void **state) {
  bots_start(*state,
             "bot.text('go', function(m)\n"
             "  for _ = 1, 50 do\n"
             "    assert(not pcall(db.one, 'SELECT ?', print) and not pcall(db.exec, 'SELECT ?', {}, {}))\n"
             "    assert(not pcall(db.all, 'SELECT :a', { a = print }))\n"
             "  end\n"
             "  note 'alive'\n"
             "end)");
  run_all(*state, 0);
  assert_int_equal(bots_noted(*state, "alive"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_result_that_was_emptied_or_filled_before_it_is_read),
      TEST(an_error_whose_secret_field_is_changed),
      TEST(options_that_change_while_they_are_read),
      TEST(an_upload_whose_parameters_change_while_it_waits),
      TEST(a_file_of_the_disk_that_two_uploads_share),
      TEST(what_serves_all_scripts_is_set_once),
      TEST(sql_that_gets_wrong_values_leaves_nothing_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
