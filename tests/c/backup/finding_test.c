/* Finding the backup, in a small Telegram that fails at any step. */
#include <stdio.h>

#include "backup/world.h"
/* after cmocka, which it needs */
#include "backup/archive.h"
#include "backup/manifest.h"
#include "common/buffer.h"

enum { QUESTIONS = 1 + POINTER_REGISTERS + 1 }; /* of a round: menus and the pin */

static int setup(void **state) {
  *state = world_open(0);
  return 0;
}

static int teardown(void **state) { return world_close(*state); }

/* Only an archive's head, since finding reads no more. nonce 0: of a version without reigns. */
static int64_t put_manifest(struct world *world, int64_t nonce, int64_t epoch, int64_t sequence) {
  static struct manifest manifest;
  struct buffer json, bytes;
  struct error error;
  manifest = (struct manifest){.format = MANIFEST_FORMAT,
                               .host = "test",
                               .nonce = nonce,
                               .mark = nonce ? MARK_SERVING : MARK_NONE,
                               .epoch = epoch,
                               .sequence = sequence,
                               .saved_at = 1,
                               .anchored_at = 1,
                               .page_size = 4096,
                               .page_count = 1};
  buffer_init(&json, 4000);
  buffer_init(&bytes, 4000);
  assert_true(manifest_write(&manifest, &json, &error));
  uint32_t head[] = {0x184D2A50, (uint32_t)json.size};
  assert_true(buffer_add(&bytes, head, sizeof head, &error) && buffer_add(&bytes, json.data, json.size, &error));
  int64_t message_id = world_put(world, bytes.data, bytes.size);
  buffer_release(&json);
  buffer_release(&bytes);
  return message_id;
}

static int64_t put_backup(struct world *world, int64_t epoch, int64_t sequence) {
  return put_manifest(world, 0, epoch, sequence);
}

static void find(struct world *world, struct told *told) {
  *told = (struct told){0};
  anchor_find(world->anchor, NULL, on_found, told);
  assert_int_equal(told->times, 0);
  world_run(world, &told->times);
  assert_int_equal(told->times, 1);
}

static void assert_finds(struct world *world, int64_t message_id) {
  struct told told;
  find(world, &told);
  assert_string_equal(told.error.text, "");
  assert_true(told.found.is_there);
  assert_int_equal(told.found.message_id, message_id);
}

/* ---- finding ---- */

static void no_backup_is_believed_the_second_time(void **state) {
  struct world *world = *state;
  struct told told;
  int64_t began = clock_ticks(world->fake->clock);
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_false(told.found.is_there);
  assert_int_equal(world_asked(world, "getMyCommands"), 2 * (1 + POINTER_REGISTERS));
  assert_int_equal(world_asked(world, "getChat"), 2);
  assert_true(clock_ticks(world->fake->clock) - began >= 2000);
}

static void a_pin_that_was_missing_the_first_time_is_found(void **state) {
  struct world *world = *state;
  struct told told = {0};
  int64_t backup = put_backup(world, 1, 1);
  anchor_find(world->anchor, NULL, on_found, &told);
  world->stop_at = QUESTIONS + 1;
  world_run(world, &told.times);
  world->pin = backup;
  world->stop_at = 0;
  world_run(world, &told.times);
  assert_int_equal(told.found.message_id, backup);
}

/* A Bot API server that has just been set up says so of every chat: it had started hosts empty over a backup. */
static void an_unknown_chat_proves_nothing(void **state) {
  struct world *world = *state;
  struct told told;
  world->failure = FAIL_REFUSED;
  world->refusal = "chat not found";
  world->fail_at = 1;
  world->fail_times = 1000;
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_INPUT);
  assert_false(told.found.is_there);
}

static void a_question_without_an_answer_is_an_error(void **state) {
  struct world *world = *state;
  static const char *const questions[] = {"getMyCommands", "getChat"};
  for (size_t i = 0; i < 2; i++) {
    for (enum failure failure = FAIL_500; failure <= FAIL_GARBAGE; failure++) {
      struct told told;
      world->failure = failure;
      world->fail_method = questions[i];
      world->fail_at = 1;
      world->fail_times = 1000;
      world->counted = 0;
      find(world, &told);
      assert_int_not_equal(told.error.kind, ERROR_NONE);
      assert_int_not_equal(told.error.kind, ERROR_INPUT);
      assert_false(told.found.is_there);
    }
  }
}

static void a_menu_that_is_no_menu_is_no_answer(void **state) {
  struct world *world = *state;
  struct told told;
  world->failure = FAIL_GARBAGE;
  world->fail_method = "getMyCommands";
  world->fail_at = 1;
  world->fail_times = 1000;
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_UNCERTAIN);
}

static void each_way_to_the_backup_is_enough(void **state) {
  struct world *world = *state;
  int64_t backup = put_backup(world, 3, 1);
  world_point(world, backup, 3);
  assert_finds(world, backup);
  json_array_clear(world->menu);
  world->pin = backup;
  assert_finds(world, backup);
  assert_clean(world, 1);
  world->pin = 0;
  anchor_close(world->anchor);
  world->anchor = anchor_open(world->fake->telegram, world->fake->clock, WORLD_ADMIN, backup);
  assert_finds(world, backup);
}

static void what_is_found_is_told_and_given(void **state) {
  struct world *world = *state;
  struct told told = {.anchor = world->anchor};
  int64_t backup = put_backup(world, 3, 1);
  const struct world_document *document = world_document(world, backup);
  world_point(world, backup, 7);
  anchor_find(world->anchor, NULL, on_found, &told);
  world_run(world, &told.times);
  assert_string_equal(told.found.unique.text, "unique1");
  assert_int_equal(told.size, document->size);
  assert_memory_equal(told.bytes, document->bytes, told.size);
  free(told.bytes);
  assert_clean(world, 1);
}

/* Whichever of the two is asked for first. */
static void assert_wins(struct world *world, int64_t winner, int64_t loser) {
  world_point(world, loser, 4);
  world->pin = winner;
  assert_finds(world, winner);
  world_point(world, winner, 4);
  world->pin = loser;
  assert_finds(world, winner);
}

static void the_higher_epoch_wins_then_the_higher_sequence(void **state) {
  struct world *world = *state;
  int64_t old = put_backup(world, 3, 9), later = put_backup(world, 4, 1), latest = put_backup(world, 4, 2);
  assert_wins(world, later, old);
  assert_wins(world, latest, later);
  assert_wins(world, latest, old);
}

static void point_register(struct world *world, size_t at, int64_t message_id, int64_t epoch) {
  struct told told = {0};
  anchor_point(world->anchor, at, message_id, epoch, on_plain, &told);
  world_run(world, &told.times);
  assert_int_equal(told.error.kind, ERROR_NONE);
}

static void a_reign_wins_over_what_had_none(void **state) {
  struct world *world = *state;
  int64_t reign = put_manifest(world, 77, 0, 1), old = put_backup(world, 900, 9);
  assert_wins(world, reign, old);
}

static void of_reigns_the_later_first_message_wins_then_the_later_message(void **state) {
  struct world *world = *state;
  int64_t first = put_manifest(world, 77, 0, 50), second = put_manifest(world, 78, 0, 2);
  int64_t first_again = put_manifest(world, 77, first, 60), second_again = put_manifest(world, 78, second, 3);
  assert_wins(world, second, first);
  assert_wins(world, second, first_again);
  assert_wins(world, second_again, second);
}

static void a_pointer_finds_what_the_admin_has_buried(void **state) {
  struct world *world = *state;
  int64_t backup = put_manifest(world, 77, 0, 1);
  world->pin = world_put(world, "a report", 8);
  world->is_pin_from_admin = true;
  point_register(world, 3, backup, backup);
  assert_finds(world, backup);
}

/* Pointers to messages that were deleted in good order stay: neither a warning nor a request is spent on them. */
static void a_pointer_that_cant_win_is_not_followed(void **state) {
  struct world *world = *state;
  int64_t backup = put_manifest(world, 78, 0, 1);
  point_register(world, 0, backup - 1, backup - 1);
  point_register(world, 1, backup, backup);
  world->pin = backup;
  assert_finds(world, backup);
  assert_int_equal(world_asked(world, "forwardMessage"), 1);
}

static void what_is_known_is_not_fetched_again(void **state) {
  struct world *world = *state;
  struct told told;
  struct manifest manifest = {.format = MANIFEST_FORMAT, .nonce = 77, .epoch = 1, .mark = MARK_SERVING};
  world->pin = put_manifest(world, 77, 0, 1);
  find(world, &told);
  struct anchor_known known = {.message_id = world->pin, .unique = told.found.unique, .manifest = &manifest};
  unsigned files = world_asked(world, "getFile");
  told = (struct told){0};
  anchor_find(world->anchor, &known, on_found, &told);
  world_run(world, &told.times);
  assert_true(told.found.is_there && told.found.is_same);
  assert_int_equal(world_asked(world, "getFile"), files);
}

static void a_refused_forward_is_tried_again(void **state) {
  struct world *world = *state;
  world->pin = put_backup(world, 1, 1);
  world->fail_method = "forwardMessage";
  world->fail_at = 1;
  world->fail_times = 2;
  world->failure = FAIL_REFUSED;
  assert_finds(world, world->pin);
}

static void a_seeds_document_loses_to_every_backup(void **state) {
  struct world *world = *state;
  int64_t seed = world_put(world, "[[1, \"a\", 2, 1]]", 16), backup = put_backup(world, 1, 1);
  world_point(world, seed, 4);
  assert_finds(world, seed);
  world->pin = backup;
  assert_finds(world, backup);
}

static void what_is_gone_or_broken_is_passed_over(void **state) {
  struct world *world = *state;
  int64_t backup = put_backup(world, 1, 1), broken = world_put(world, "P\x2aM", 3), text = world_put(world, "x", 1);
  world_document(world, text)->is_text = true;
  world->pin = backup;
  world_point(world, 99, 1);
  assert_finds(world, backup);
  world_point(world, broken, 1);
  assert_finds(world, backup);
  world_point(world, text, 1);
  assert_finds(world, backup);
  assert_clean(world, 3);
}

static void a_backup_that_nobody_can_read_is_an_error_that_says_so(void **state) {
  struct world *world = *state;
  struct told told;
  int64_t broken = world_put(world, "P\x2aM", 3);
  world_point(world, 99, 1);
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_INPUT);
  assert_non_null(strstr(told.error.text, "the menu names message 99: it is gone"));
  world->pin = broken;
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_INPUT);
  assert_non_null(strstr(told.error.text, "the pin names message 101"));
  json_array_clear(world->menu);
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_INPUT);
}

static void what_the_admin_has_pinned_is_no_backup_that_was_lost(void **state) {
  struct world *world = *state;
  struct told told;
  world->pin = world_put(world, "a report", 8);
  world->is_pin_from_admin = true;
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_false(told.found.is_there);
  world_document(world, world->pin)->is_text = true;
  world->is_pin_from_admin = false;
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_false(told.found.is_there);
}

static void finding_outlasts_one_failure_at_any_step(void **state) {
  struct world *world = *state;
  int64_t old = put_backup(world, 1, 1), later = put_backup(world, 1, 2);
  world_point(world, old, 1);
  world->pin = later;
  for (enum failure failure = FAIL_429; failure <= FAIL_UNCERTAIN; failure++) {
    for (unsigned n = 1; n <= QUESTIONS + 7; n++) {
      world->failure = failure;
      world->counted = 0;
      world->fail_at = n;
      world->fail_times = 1;
      world->document_count = 2;
      assert_finds(world, later);
      assert_true(world->counted >= QUESTIONS + 7); /* so many steps there are, and the failure was one of them */
    }
  }
}

static void a_fetch_that_may_work_later_ends_the_finding(void **state) {
  struct world *world = *state;
  struct told told;
  int64_t old = put_backup(world, 1, 1), later = put_backup(world, 1, 2);
  world_point(world, later, 1);
  world->pin = old;
  world->fail_method = "forwardMessage";
  world->fail_times = 5;
  world->fail_at = 1;
  world->failure = FAIL_UNCERTAIN;
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_UNCERTAIN);
  assert_int_equal(world_asked(world, "forwardMessage"), 5);
}

static void telegrams_own_trouble_in_the_words_of_a_refusal_is_tried_again(void **state) {
  struct world *world = *state;
  struct told told;
  int64_t backup = put_backup(world, 1, 1);
  world_point(world, backup, 1);
  world->fail_method = "getFile";
  world->fail_at = 1;
  world->fail_times = 4;
  world->failure = FAIL_REFUSED;
  world->refusal = "wrong file_id or the file is temporarily unavailable";
  assert_finds(world, backup);
  world->fail_times = 100;
  world->counted = 0;
  find(world, &told);
  assert_int_equal(told.error.kind, ERROR_UNCERTAIN);
  assert_clean(world, 1);
}

static void finding_cancelled_at_any_step_says_nothing(void **state) {
  struct world *world = *state;
  int64_t backup = put_backup(world, 1, 1);
  world_point(world, backup, 1);
  for (unsigned n = 1;; n++) {
    struct told told = {0};
    world->document_count = 1;
    world->stop_at = world->fake->count + n;
    anchor_find(world->anchor, NULL, on_found, &told);
    world_run(world, &told.times);
    if (told.times) {
      assert_true(n > QUESTIONS + 3);
      return;
    }
    anchor_cancel(world->anchor);
    world->stop_at = 0;
    assert_clean(world, 1);
    assert_int_equal(told.times, 0);
  }
}

static void cancelled_between_two_rounds_or_tries(void **state) {
  struct world *world = *state;
  struct told told = {0};
  anchor_find(world->anchor, NULL, on_found, &told);
  world->stop_at = QUESTIONS + 1;
  world_run(world, &told.times);
  anchor_cancel(world->anchor);
  world_point(world, put_backup(world, 1, 1), 1);
  world->failure = FAIL_500;
  world->fail_method = "forwardMessage";
  world->fail_at = world->fail_times = 1;
  world->stop_at = world->fake->count + QUESTIONS + 2;
  anchor_find(world->anchor, NULL, on_found, &told);
  world_run(world, &told.times);
  anchor_cancel(world->anchor);
  assert_clean(world, 1);
  assert_int_equal(told.times, 0);
}

static void closing_gives_up_what_is_under_way(void **state) {
  struct world *world = *state;
  struct told told = {0};
  world_point(world, put_backup(world, 1, 1), 1);
  anchor_find(world->anchor, NULL, on_found, &told);
  world->stop_at = QUESTIONS + 3; /* the file is on its way */
  world_run(world, &told.times);
  anchor_close(world->anchor); /* the copy's deletion too */
  world->anchor = NULL;
  assert_int_equal(told.times, 0);
}

static void want_of_memory_is_told_once(void **state) {
  struct world *world = *state;
  int64_t backup = put_backup(world, 1, 1);
  world_point(world, backup, 1);
  unsigned failed = 0;
  for (unsigned n = 1;; n++) {
    struct told told = {0};
    world->document_count = 1;
    memory_fail_at(n);
    anchor_find(world->anchor, NULL, on_found, &told);
    world_run(world, &told.times);
    memory_fail_at(0);
    assert_int_equal(told.times, 1);
    if (!told.error.kind) break;
    failed++;
    assert_int_equal(told.error.kind, ERROR_MEMORY);
  }
  assert_true(failed > 0);
  assert_clean(world, 1);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(no_backup_is_believed_the_second_time),
      TEST(a_pin_that_was_missing_the_first_time_is_found),
      TEST(an_unknown_chat_proves_nothing),
      TEST(a_question_without_an_answer_is_an_error),
      TEST(a_menu_that_is_no_menu_is_no_answer),
      TEST(each_way_to_the_backup_is_enough),
      TEST(what_is_found_is_told_and_given),
      TEST(the_higher_epoch_wins_then_the_higher_sequence),
      TEST(a_reign_wins_over_what_had_none),
      TEST(of_reigns_the_later_first_message_wins_then_the_later_message),
      TEST(a_pointer_finds_what_the_admin_has_buried),
      TEST(a_pointer_that_cant_win_is_not_followed),
      TEST(what_is_known_is_not_fetched_again),
      TEST(a_refused_forward_is_tried_again),
      TEST(a_seeds_document_loses_to_every_backup),
      TEST(what_is_gone_or_broken_is_passed_over),
      TEST(a_backup_that_nobody_can_read_is_an_error_that_says_so),
      TEST(what_the_admin_has_pinned_is_no_backup_that_was_lost),
      TEST(finding_outlasts_one_failure_at_any_step),
      TEST(a_fetch_that_may_work_later_ends_the_finding),
      TEST(telegrams_own_trouble_in_the_words_of_a_refusal_is_tried_again),
      TEST(finding_cancelled_at_any_step_says_nothing),
      TEST(cancelled_between_two_rounds_or_tries),
      TEST(closing_gives_up_what_is_under_way),
      TEST(want_of_memory_is_told_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
