/* The crown: raising, looking and watching, against a small Telegram that fails at any step. And the text in a menu that it is.
 */
#include <stdio.h>

#include "backup/world.h"

struct seen {
  unsigned times;
  struct error error;
  enum crown_holder holder;
  unsigned lost;
};

static struct crown *crown;
static struct seen seen;

static int setup(void **state) {
  struct world *world = world_open(0);
  crown = crown_open(world->fake->telegram, world->fake->clock, WORLD_ADMIN);
  seen = (struct seen){0};
  *state = world;
  return 0;
}

static int teardown(void **state) {
  crown_close(crown);
  return world_close(*state);
}

static void on_raised(const struct error *error, void *data) {
  (void)data;
  seen.times++;
  seen.error = *error;
}

static void on_looked(const struct error *error, enum crown_holder holder, void *data) {
  on_raised(error, data);
  seen.holder = holder;
}

static void on_lost(enum crown_holder holder, void *data) {
  (void)data;
  seen.lost++;
  seen.holder = holder;
}

static void raise_crown(struct world *world) {
  seen.times = 0;
  crown_raise(crown, on_raised, NULL);
  world_run(world, &seen.times);
}

static enum crown_holder look(struct world *world) {
  seen.times = 0;
  crown_look(crown, on_looked, NULL);
  world_run(world, &seen.times);
  assert_int_equal(seen.error.kind, ERROR_NONE);
  return seen.holder;
}

static struct pointer in_menu(const struct world *world) {
  struct pointer pointer = {0};
  pointer_find(world->menu, &pointer);
  return pointer;
}

/* ---- raising ---- */

static void a_raise_writes_a_nonce_of_its_own(void **state) {
  struct world *world = *state;
  raise_crown(world);
  assert_int_equal(seen.error.kind, ERROR_NONE);
  int64_t first = crown_nonce(crown);
  assert_int_equal(in_menu(world).epoch, first);
  assert_int_equal(look(world), CROWN_OURS);
  raise_crown(world);
  assert_int_not_equal(crown_nonce(crown), first);
}

/* Versions without reigns counted epochs, and go when they see a higher one. */
static void a_nonce_is_higher_than_any_epoch_that_was_counted(void **state) {
  struct world *world = *state;
  world_point(world, 12, 1000000);
  raise_crown(world);
  assert_true(in_menu(world).epoch > 1000000);
  assert_int_equal(in_menu(world).message_id, 12); /* its pointer may be the only way to its backup */
}

static void a_new_menu_begins_as_the_default_one(void **state) {
  struct world *world = *state;
  json_array_append_new(world->default_menu, json_pack("{s:s, s:s}", "command", "start", "description", "Go"));
  json_array_append_new(world->default_menu, json_pack("{s:s, s:s}", "command", "backup", "description", "The bot's own"));
  raise_crown(world);
  assert_int_equal(json_array_size(world->menu), 2);
  assert_string_equal(json_string_value(json_object_get(json_array_get(world->menu, 0), "command")), "start");
}

static void a_menu_that_is_there_keeps_its_other_commands(void **state) {
  struct world *world = *state;
  world_point(world, 1, 1);
  json_array_append_new(world->menu, json_pack("{s:s, s:s}", "command", "mine", "description", "Mine"));
  raise_crown(world);
  assert_int_equal(json_array_size(world->menu), 2);
  assert_string_equal(json_string_value(json_object_get(json_array_get(world->menu, 0), "command")), "mine");
}

static void a_full_menu_still_has_room(void **state) {
  struct world *world = *state;
  for (int i = 0; i < 100; i++) {
    char name[16];
    (void)snprintf(name, sizeof name, "c%d", i);
    json_array_append_new(world->menu, json_pack("{s:s, s:s}", "command", name, "description", "x"));
  }
  raise_crown(world);
  assert_int_equal(json_array_size(world->menu), 100);
  assert_int_equal(look(world), CROWN_OURS);
}

static int64_t nonce_in(const char *body) {
  const char *text = strstr(body, "epoch ");
  return text ? strtoll(text + strlen("epoch "), NULL, 10) : 0;
}

/* What had no answer may still arrive: it must be somebody else's then. */
static void each_try_has_another_nonce(void **state) {
  struct world *world = *state;
  int64_t nonces[8];
  size_t count = 0;
  world->failure = FAIL_UNCERTAIN;
  world->fail_method = "setMyCommands";
  world->fail_at = 1;
  world->fail_times = 3;
  raise_crown(world);
  assert_int_equal(seen.error.kind, ERROR_NONE);
  for (unsigned i = 0; i < world->fake->count; i++) {
    const struct fake_request *request = &world->fake->requests[i];
    if (strcmp(request->method, "setMyCommands") == 0) nonces[count++] = nonce_in(request->body);
  }
  assert_int_equal(count, 4);
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < i; j++) assert_int_not_equal(nonces[i], nonces[j]);
  }
  assert_int_equal(nonces[3], crown_nonce(crown));
}

static void raising_outlasts_one_failure_at_any_step(void **state) {
  struct world *world = *state;
  for (enum failure failure = FAIL_429; failure <= FAIL_GARBAGE; failure++) {
    for (unsigned n = 1; n <= 3; n++) {
      json_array_clear(world->menu);
      world->failure = failure;
      world->counted = 0;
      world->fail_at = n;
      world->fail_times = 1;
      raise_crown(world);
      assert_string_equal(seen.error.text, "");
      assert_int_equal(in_menu(world).epoch, crown_nonce(crown));
    }
  }
}

static void a_raise_that_is_refused_says_so(void **state) {
  struct world *world = *state;
  world->failure = FAIL_REFUSED;
  world->refusal = "chat not found";
  world->fail_at = 1;
  world->fail_times = 1000;
  raise_crown(world);
  assert_int_equal(seen.error.kind, ERROR_REFUSED);
  assert_int_equal(crown_nonce(crown), 0);
}

/* ---- looking ---- */

static void a_look_sees_who_holds_it(void **state) {
  struct world *world = *state;
  raise_crown(world);
  world_point(world, 0, crown_nonce(crown) + 1);
  assert_int_equal(look(world), CROWN_OTHERS);
  world_point(world, 0, crown_nonce(crown) - 1); /* which is newer is never asked */
  assert_int_equal(look(world), CROWN_OTHERS);
  json_array_clear(world->menu);
  assert_int_equal(look(world), CROWN_NOBODYS);
}

static void a_text_of_other_words_is_no_crown(void **state) {
  (void)state;
  static const char *const words[] = {"Save the day", "Save now (message 1, epoch 2) please", "Save now (message -1, epoch 2)",
                                      "Save now (message x, epoch 2)", "Save now (message 1)"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    struct pointer pointer = {0};
    json_t *menu = json_pack("[{s:s, s:s}]", "command", "backup", "description", words[i]);
    pointer_find(menu, &pointer);
    json_decref(menu);
    assert_false(pointer.is_there);
  }
}

static void a_look_without_an_answer_says_nothing(void **state) {
  struct world *world = *state;
  raise_crown(world);
  world->failure = FAIL_500;
  world->fail_at = 1;
  world->counted = 0;
  world->fail_times = 1000;
  crown_look(crown, on_looked, NULL);
  seen.times = 0;
  world_run(world, &seen.times);
  assert_int_not_equal(seen.error.kind, ERROR_NONE);
}

/* ---- the watch ---- */

static void the_watch_tells_once_that_the_crown_is_lost(void **state) {
  struct world *world = *state;
  raise_crown(world);
  crown_guard(crown, on_lost, NULL);
  for (int i = 0; i < 10; i++) {
    clock_advance(world->fake->clock, 1000);
    while (world->answered < world->fake->count) world_answer(world, world->answered++);
  }
  assert_int_equal(seen.lost, 0);
  assert_true(world_asked(world, "getMyCommands") >= 3);
  world_point(world, 0, 5);
  world_run(world, &seen.lost);
  assert_int_equal(seen.holder, CROWN_OTHERS);
  unsigned asked = world->fake->count;
  clock_advance(world->fake->clock, 100000);
  assert_int_equal(world->fake->count, asked);
  assert_int_equal(seen.lost, 1);
}

static void a_hastened_watch_looks_at_once(void **state) {
  struct world *world = *state;
  raise_crown(world);
  crown_guard(crown, on_lost, NULL);
  unsigned asked = world->fake->count;
  crown_hasten(crown);
  clock_advance(world->fake->clock, 1);
  assert_int_equal(world->fake->count, asked + 1);
  crown_end_guard(crown);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_raise_writes_a_nonce_of_its_own),
      TEST(a_nonce_is_higher_than_any_epoch_that_was_counted),
      TEST(a_new_menu_begins_as_the_default_one),
      TEST(a_menu_that_is_there_keeps_its_other_commands),
      TEST(a_full_menu_still_has_room),
      TEST(each_try_has_another_nonce),
      TEST(raising_outlasts_one_failure_at_any_step),
      TEST(a_raise_that_is_refused_says_so),
      TEST(a_look_sees_who_holds_it),
      TEST(a_text_of_other_words_is_no_crown),
      TEST(a_look_without_an_answer_says_nothing),
      TEST(the_watch_tells_once_that_the_crown_is_lost),
      TEST(a_hastened_watch_looks_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
