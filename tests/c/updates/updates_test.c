/* The floor as a whole: from getUpdates to a finished handler, over crashes, backups and reloads. */
#include "script/bots.h"
/* after cmocka, as it wants */
#include "common/error.h"
#include "common/idle.h"
#include "updates/updates.h"

enum { POLL_PACE_MS = 8 }; /* at least that of updates/polling.c */

struct story {
  struct bots *bots;
  struct updates *updates;
  bool is_durable;
  size_t capacity; /* 0: the usual */
  char told[200];  /* to the admin, at last */
  unsigned told_count;
  unsigned saves_wanted, idle, stopped, failed;
};

static void on_save_wanted(void *data) { ((struct story *)data)->saves_wanted++; }
static void on_told(const char *text, void *data) {
  struct story *story = data;
  (void)snprintf(story->told, sizeof story->told, "%s", text);
  story->told_count++;
}
static void on_failed(const struct error *error, void *data) { (void)error, ((struct story *)data)->failed++; }
static void on_idle(void *data) { ((struct story *)data)->idle++; }
static void on_stopped(void *data) { ((struct story *)data)->stopped++; }

static int setup(void **state) {
  struct story *story = memory_new(sizeof *story);
  story->bots = bots_new();
  *state = story;
  return 0;
}

static void die(struct story *story) {
  updates_leave_unfinished(story->updates);
  script_end_runs(story->bots->script);
  updates_close(story->updates);
  script_close(story->bots->script);
  story->updates = NULL;
  story->bots->script = NULL;
}

static int teardown(void **state) {
  struct story *story = *state;
  die(story);
  int result = bots_free(story->bots);
  free(story);
  return result;
}

/* A host begins on the data that is there. */
static void start(struct story *story, const char *code) {
  bots_start(story->bots, code);
  struct updates_options options = {.telegram = story->bots->fake->telegram,
                                    .script = story->bots->script,
                                    .database = story->bots->database,
                                    .clock = story->bots->fake->clock,
                                    .is_durable = story->is_durable,
                                    .capacity = story->capacity,
                                    .want_save = on_save_wanted,
                                    .tell = on_told,
                                    .failed = on_failed,
                                    .data = story};
  story->updates = updates_open(&options, NULL);
  assert_non_null(story->updates);
  assert_true(updates_restore(story->updates, NULL));
  updates_start(story->updates);
}

/* What a backup does: the rows are written, and the data as it is now is what the next host finds. */
static void save(struct story *story) {
  assert_true(database_begin(story->bots->database, NULL) && updates_save(story->updates, NULL));
  assert_true(database_commit(story->bots->database, NULL));
}

/* The newest request of that method that Telegram has not answered. */
static unsigned find_open(const struct story *story, const char *method) {
  const struct fake *fake = story->bots->fake;
  for (unsigned i = fake->count; i-- > 0;) {
    if (fake->requests[i].is_open && strcmp(fake->requests[i].method, method) == 0) return i;
  }
  fail_msg("%s is not under way", method);
  return 0;
}

static bool is_asked(const struct story *story, const char *method) {
  const struct fake *fake = story->bots->fake;
  bool is_open = false;
  for (unsigned i = 0; i < fake->count; i++) {
    is_open = is_open || (fake->requests[i].is_open && strcmp(fake->requests[i].method, method) == 0);
  }
  return is_open;
}

static const char *poll_body(const struct story *story) {
  return story->bots->fake->requests[find_open(story, "getUpdates")].body;
}

/* Telegram answers the poll with one message of that text in that chat; `more` are further fields of it. */
static void bring_to(struct story *story, int id, int chat, const char *text, const char *more) {
  char body[300];
  (void)snprintf(body, sizeof body,
                 "{\"ok\":true,\"result\":[{\"update_id\":%d,\"message\":{\"message_id\":%d,\"date\":1,"
                 "\"chat\":{\"id\":%d,\"type\":\"private\"},\"text\":\"%s\"%s}}]}",
                 id, id, chat, text, more);
  if (!is_asked(story, "getUpdates")) clock_advance(story->bots->fake->clock, POLL_PACE_MS);
  fake_answer(story->bots->fake, find_open(story, "getUpdates"), 200, body);
}

static void bring(struct story *story, int id, const char *text) { bring_to(story, id, 7, text, ""); }

static void answer_send(struct story *story) {
  fake_answer(story->bots->fake, find_open(story, "sendMessage"), 200, "{\"ok\":true,\"result\":{}}");
}

static int64_t dead_letters(const struct story *story) {
  return bots_number(story->bots, "SELECT count(*) FROM lunokhod_dead_letters");
}

static const char WAITS[] = "bot.on('message:text', function(m) m:answer 'a' note(m.text) end)";

static void an_update_goes_from_the_poll_to_its_handler(void **state) {
  struct story *story = *state;
  struct updates_status status;
  start(story, WAITS);
  assert_non_null(strstr(poll_body(story), "\"allowed_updates\":[\"callback_query\",\"message\"]"));
  bring(story, 5, "hello");
  clock_advance(story->bots->fake->clock,
                POLL_PACE_MS); /* while many updates are unfinished, there is a pause between two polls */
  assert_non_null(strstr(poll_body(story), "\"offset\":6,"));
  struct idle_waiter waiter = {0};
  updates_on_idle(story->updates, &waiter, on_idle, story);
  clock_advance(story->bots->fake->clock, 0);
  assert_int_equal(story->idle, 0);
  answer_send(story);
  assert_int_equal(bots_noted(story->bots, "hello"), 1);
  clock_advance(story->bots->fake->clock, 0);
  assert_int_equal(story->idle, 1);
  bring(story, 5, "hello"); /* Telegram repeats it */
  assert_int_equal(updates_unfinished(story->updates), 0);
  updates_status(story->updates, &status);
  assert_int_equal(status.received, 1);
  assert_int_equal(status.finished, 1);
}

static void what_was_in_hand_at_a_crash_is_tried_once_more_and_no_third_time(void **state) {
  struct story *story = *state;
  start(story, WAITS);
  bring(story, 5, "hello");
  save(story);
  die(story);
  start(story, WAITS);
  assert_true(is_asked(story, "sendMessage"));
  save(story);
  die(story);
  start(story, WAITS);
  assert_false(is_asked(story, "sendMessage"));
  assert_int_equal(updates_unfinished(story->updates), 0);
  assert_int_equal(dead_letters(story), 1);
}

static void what_had_saved_something_before_a_crash_is_not_repeated(void **state) {
  struct story *story = *state;
  start(story, "bot.on('message:text', function(m) note(m.text) m:answer 'a' end)");
  bring(story, 5, "hello");
  save(story);
  die(story);
  start(story, WAITS);
  assert_false(is_asked(story, "sendMessage"));
  assert_int_equal(bots_noted(story->bots, "hello"), 1);
  assert_int_equal(dead_letters(story), 1);
}

static void a_durable_batch_is_confirmed_when_a_backup_holds_it(void **state) {
  struct story *story = *state;
  story->is_durable = true;
  start(story, WAITS);
  bring(story, 5, "hello");
  assert_int_equal(story->saves_wanted, 1);
  assert_false(is_asked(story, "getUpdates"));
  answer_send(story);
  assert_false(is_asked(story, "getUpdates"));
  save(story);
  assert_false(is_asked(story, "getUpdates"));
  updates_saved(story->updates);
  assert_non_null(strstr(poll_body(story), "\"offset\":6,"));
}

static void a_backup_that_began_before_a_batch_does_not_confirm_it(void **state) {
  struct story *story = *state;
  story->is_durable = true;
  start(story, WAITS);
  save(story);
  bring(story, 5, "hello");
  updates_saved(story->updates);
  assert_false(is_asked(story, "getUpdates"));
}

/* Handled at once, and nothing written: no backup would ever come. */
static void a_durable_batch_that_leaves_nothing_to_save_is_confirmed_without_a_backup(void **state) {
  struct story *story = *state;
  story->is_durable = true;
  start(story, "bot.on('message:text', function(m) end)");
  assert_false(updates_await_save(story->updates));
  bring(story, 5, "hello");
  assert_true(updates_await_save(story->updates));
  assert_false(updates_need_save(story->updates));
  updates_unchanged(story->updates);
  assert_non_null(strstr(poll_body(story), "\"offset\":6,"));
  bring(story, 5, "hello"); /* Telegram repeats it */
  assert_false(updates_need_save(story->updates));
  updates_unchanged(story->updates);
  assert_true(is_asked(story, "getUpdates"));
}

static void a_durable_batch_with_an_unfinished_update_needs_a_save(void **state) {
  struct story *story = *state;
  story->is_durable = true;
  start(story, WAITS);
  bring(story, 5, "hello");
  assert_true(updates_need_save(story->updates));
  updates_unchanged(story->updates); /* of a moment that has passed */
  assert_false(is_asked(story, "getUpdates"));
  save(story);
  updates_saved(story->updates);
  assert_false(updates_await_save(story->updates) || updates_need_save(story->updates));
  clock_advance(story->bots->fake->clock, POLL_PACE_MS);
  assert_true(is_asked(story, "getUpdates"));
}

/* ---- one chat that sends too much ---- */

static int64_t parked(const struct story *story) { return bots_number(story->bots, "SELECT count(*) FROM lunokhod_parked"); }

/* Messages "1" to "last" of chat 7, of which the first is in hand. */
static void flood(struct story *story, int last) {
  for (int i = 1; i <= last; i++) {
    char text[12];
    (void)snprintf(text, sizeof text, "%d", i);
    bring(story, i, text);
  }
}

/* The handlers of chat 7 go on to the end; their notes are in the order of arrival. */
static void finish_flood(struct story *story, int last) {
  while (is_asked(story, "sendMessage")) answer_send(story);
  assert_int_equal(bots_number(story->bots, "SELECT count(*) FROM log"), last);
  assert_int_equal(bots_number(story->bots, "SELECT count(*) FROM log WHERE CAST(what AS INTEGER) <> rowid"), 0);
  assert_int_equal(parked(story), 0);
  assert_int_equal(updates_unfinished(story->updates), 0);
}

static void one_chat_that_sends_too_much_is_parked_and_others_are_polled_for(void **state) {
  struct story *story = *state;
  story->capacity = 4;
  start(story, WAITS);
  flood(story, 20);
  assert_true(parked(story) >= 18);
  assert_int_equal(updates_unfinished(story->updates), 20);
  bring_to(story, 21, 8, "other", "");
  bring(story, 20, "20"); /* Telegram repeats one that is parked */
  assert_int_equal(updates_unfinished(story->updates), 21);
  answer_send(story); /* the other chat's, which is the newest */
  assert_int_equal(bots_noted(story->bots, "other"), 1);
  assert_true(database_execute(story->bots->database, "DELETE FROM log", NULL));
  finish_flood(story, 20);
}

#ifndef HOLDING_LANE_SHARE /* else whatever waits is parked */
/* 89 of them, as 89 is an eighth of what they leave free. */
static void one_chat_may_fill_an_eighth_of_what_is_free(void **state) {
  struct story *story = *state;
  story->capacity = 800;
  start(story, WAITS);
  flood(story, 120);
  assert_int_equal(parked(story), 120 - 89);
  finish_flood(story, 120);
}

static void where_others_need_the_room_one_chat_has_fifty(void **state) {
  struct story *story = *state;
  story->capacity = 480;
  start(story, WAITS);
  for (int i = 1; i <= 400; i++) bring_to(story, 1000 + i, 1000 + i, "other", "");
  for (int i = 1; i <= 60; i++) bring_to(story, 2000 + i, 7, "much", "");
  assert_int_equal(parked(story), 10);
  assert_int_equal(updates_unfinished(story->updates), 460);
}
#endif

static void what_is_parked_outlives_a_restart_and_keeps_its_order(void **state) {
  struct story *story = *state;
  story->capacity = 4;
  start(story, WAITS);
  flood(story, 20);
  answer_send(story);
  save(story);
  die(story);
  start(story, WAITS);
  assert_int_equal(updates_unfinished(story->updates), 19);
  bring(story, 19, "19"); /* it was not confirmed */
  bots_load(story->bots, WAITS);
  bring(story, 21, "21");
  finish_flood(story, 21);
}

static void what_is_parked_outlives_other_data(void **state) {
  struct story *story = *state;
  story->capacity = 4;
  start(story, WAITS);
  flood(story, 10);
  updates_pause(story->updates, true);
  assert_true(updates_lift(story->updates, NULL));
  bring(story, 11, "11");
  assert_true(database_execute(story->bots->database, "DROP TABLE lunokhod_parked; DELETE FROM lunokhod_inbox", NULL));
  assert_true(updates_restore(story->updates, NULL));
  updates_pause(story->updates, false);
  finish_flood(story, 11);
}

/* That one had handled 1 to 8, and 9 waited there; here 1 is done, and the rest waits or is parked. */
static void going_back_to_what_another_host_has_made_handles_what_that_one_had_not(void **state) {
  struct story *story = *state;
  size_t passed = 0;
  story->capacity = 4;
  start(story, WAITS);
  flood(story, 11);
  updates_pause(story->updates, true);
  answer_send(story);
  assert_true(updates_lift(story->updates, NULL));
  save(story);
  assert_true(database_execute(story->bots->database,
                               "DELETE FROM lunokhod_inbox; DELETE FROM lunokhod_parked; DELETE FROM log; "
                               "DELETE FROM lunokhod_arrivals; INSERT INTO lunokhod_arrivals VALUES (1, 10); "
                               "INSERT INTO lunokhod_parked(update_id, lane, album, batch, json) VALUES (9, 7, 0, 0, '{}')",
                               NULL));
  assert_true(updates_return(story->updates, &passed, NULL));
  updates_pause(story->updates, false);
  while (is_asked(story, "sendMessage")) answer_send(story);
  assert_int_equal(updates_unfinished(story->updates), 0);
  assert_int_equal(bots_number(story->bots, "SELECT count(*) FROM log"), 3);
  assert_int_equal(bots_number(story->bots, "SELECT min(CAST(what AS INTEGER)) FROM log"), 9);
}

static void an_album_is_parked_and_taken_up_whole(void **state) {
  struct story *story = *state;
  story->capacity = 4;
  start(story, "bot.on('album', function(m) note(tostring(#m)) end) bot.on('message:text', function(m) m:answer 'a' end)");
  flood(story, 2);
  for (int i = 3; i <= 7; i++) bring_to(story, i, 7, "part", ",\"media_group_id\":\"77\"");
  while (is_asked(story, "sendMessage")) answer_send(story);
  clock_advance(story->bots->fake->clock, 2000);
  assert_int_equal(bots_noted(story->bots, "5"), 1);
  assert_int_equal(updates_unfinished(story->updates), 0);
}

static void a_flood_is_told_once(void **state) {
  struct story *story = *state;
  story->capacity = 4;
  start(story, WAITS);
  flood(story, 99);
  assert_int_equal(story->told_count, 0);
  flood(story, 220);
  assert_int_equal(story->told_count, 1);
  assert_non_null(strstr(story->told, "chat 7 "));
}

/* ---- what can't be read ---- */

static void what_can_not_be_read_is_a_dead_letter_and_its_neighbours_are_handled(void **state) {
  struct story *story = *state;
  static const char *const broken[] = {
      "{\"update_id\":2,\"message\":{\"message_id\":2,\"text\":\"\\ud83d\"}}",
      "{\"message\":{\"text\":\"\\ude00 \\\" \"} , \"update_id\" : 2 }",
      "{\"update_id\":\"2\",\"message\":{\"chat\":{\"id\":7,\"type\":\"private\"},\"text\":\"x\"}}",
  };
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    char body[600];
    start(story, "bot.on('message:text', function(m) note(m.text) end)");
    assert_true(database_execute(story->bots->database, "DELETE FROM log; DELETE FROM lunokhod_dead_letters", NULL));
    (void)snprintf(
        body, sizeof body,
        "{\"ok\":true,\"result\":[{\"update_id\":1,\"message\":{\"chat\":{\"id\":7,\"type\":\"private\"},\"text\":\"before\"}}"
        ",%s,{\"update_id\":3,\"message\":{\"chat\":{\"id\":7,\"type\":\"private\"},\"text\":\"after\"}}]}",
        broken[i]);
    fake_answer(story->bots->fake, find_open(story, "getUpdates"), 200, body);
    assert_int_equal(bots_noted(story->bots, "before"), 1);
    assert_int_equal(bots_noted(story->bots, "after"), 1);
    assert_non_null(strstr(poll_body(story), "\"offset\":4,"));
    char sql[600];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM lunokhod_dead_letters WHERE update_id = 2 AND json = '%s'",
                   broken[i]);
    assert_int_equal(bots_number(story->bots, sql), 1);
    fake_answer(story->bots->fake, find_open(story, "getUpdates"), 200, body); /* Telegram repeats it */
    assert_int_equal(dead_letters(story), 1);
    die(story);
    assert_true(database_execute(story->bots->database, "DELETE FROM lunokhod_inbox", NULL)); /* the ids come again */
  }
  start(story, WAITS);
}

/* ---- scripts that use up their memory ---- */

/* Lets time pass until Telegram is polled again, at most for some minutes. */
static void wait_for_poll(struct story *story) {
  for (int i = 0; i < 200 && !is_asked(story, "getUpdates"); i++) clock_advance(story->bots->fake->clock, 1000);
}

static void scripts_that_have_filled_their_memory_are_loaded_anew(void **state) {
  struct story *story = *state;
  struct updates_status status;
  story->bots->options.memory_ceiling = (size_t)2 << 20;
  start(story, "local last bot.on('message:text', function(m) for _ = 1, 500 do last = {before = last} end note(m.text) end)");
  for (int i = 1; i <= 200; i++) {
    wait_for_poll(story);
    bring(story, i, "more");
    if (!is_asked(story, "getUpdates")) i--; /* there was no room to read it: it comes again */
    clock_advance(story->bots->fake->clock, 100);
  }
  assert_int_equal(story->failed, 0);
  assert_int_equal(story->told_count, 1);
  updates_status(story->updates, &status);
  assert_int_equal(status.finished + status.failed, 200);
  assert_true(status.failed < 30 && bots_noted(story->bots, "more") > 170);
}

/* There is no room for this update in a new VM either. */
static void scripts_that_fill_their_memory_when_they_load_end_the_host(void **state) {
  struct story *story = *state;
  static char body[2100000];
  story->bots->options.memory_ceiling = (size_t)2 << 20;
  start(story, "kept = ('x'):rep(800000) bot.on('message:text', function(m) note(m.text) end)");
  int head = snprintf(body, sizeof body, "{\"ok\":true,\"result\":[{\"update_id\":1,\"message\":{\"text\":\"");
  memset(body + head, 'x', 2000000);
  (void)snprintf(body + head + 2000000, sizeof body - (size_t)head - 2000000, "\"}}]}");
  for (int i = 0; i < 5 && !story->failed; i++) {
    fake_answer(story->bots->fake, find_open(story, "getUpdates"), 200, body);
    wait_for_poll(story);
  }
  assert_int_equal(story->failed, 1);
  assert_int_equal(dead_letters(story), 0);
}

static void dead_letters_are_handed_out_again_after_a_fix(void **state) {
  struct story *story = *state;
  size_t count = 0;
  start(story, "bot.on('message:text', function(m) error 'so wrong' end)");
  bring(story, 5, "hello");
  assert_int_equal(dead_letters(story), 1);
  bots_load(story->bots, "bot.on('message:text', function(m) note(m.text) end)");
  assert_true(updates_revive_dead(story->updates, 0, &count, NULL));
  assert_int_equal(count, 1);
  assert_int_equal(bots_noted(story->bots, "hello"), 1);
  assert_int_equal(dead_letters(story), 0);
  assert_int_equal(updates_unfinished(story->updates), 0);
}

static void new_handlers_poll_anew_and_the_same_do_not(void **state) {
  struct story *story = *state;
  start(story, WAITS);
  bots_load(story->bots, WAITS);
  updates_routes_changed(story->updates);
  assert_int_equal(story->bots->fake->count, 1);
  bots_load(story->bots, "bot.on('poll_answer', function() end)");
  updates_routes_changed(story->updates);
  assert_int_equal(story->bots->fake->cancelled, 1);
  assert_non_null(strstr(poll_body(story), "\"poll_answer\""));
}

static void a_row_that_can_not_be_read_is_a_dead_letter(void **state) {
  struct story *story = *state;
  start(story, WAITS);
  assert_true(database_execute(story->bots->database, "INSERT INTO lunokhod_inbox VALUES(9, 0, 0, '{broken')", NULL));
  die(story);
  start(story, WAITS);
  assert_int_equal(updates_unfinished(story->updates), 0);
  assert_int_equal(dead_letters(story), 1);
}

static void a_stop_confirms_what_has_arrived(void **state) {
  struct story *story = *state;
  start(story, WAITS);
  bring(story, 5, "hello");
  updates_stop_polling(story->updates, true, on_stopped, story);
  assert_non_null(strstr(poll_body(story), "\"offset\":6,\"limit\":1,\"timeout\":0"));
  fake_answer(story->bots->fake, find_open(story, "getUpdates"), 200, "{\"ok\":true,\"result\":[]}");
  assert_int_equal(story->stopped, 1);
  assert_int_equal(updates_unfinished(story->updates), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_update_goes_from_the_poll_to_its_handler),
      TEST(what_was_in_hand_at_a_crash_is_tried_once_more_and_no_third_time),
      TEST(what_had_saved_something_before_a_crash_is_not_repeated),
      TEST(a_durable_batch_is_confirmed_when_a_backup_holds_it),
      TEST(a_backup_that_began_before_a_batch_does_not_confirm_it),
      TEST(a_durable_batch_that_leaves_nothing_to_save_is_confirmed_without_a_backup),
      TEST(a_durable_batch_with_an_unfinished_update_needs_a_save),
      TEST(one_chat_that_sends_too_much_is_parked_and_others_are_polled_for),
#ifndef HOLDING_LANE_SHARE
      TEST(one_chat_may_fill_an_eighth_of_what_is_free),
      TEST(where_others_need_the_room_one_chat_has_fifty),
#endif
      TEST(what_is_parked_outlives_a_restart_and_keeps_its_order),
      TEST(what_is_parked_outlives_other_data),
      TEST(going_back_to_what_another_host_has_made_handles_what_that_one_had_not),
      TEST(an_album_is_parked_and_taken_up_whole),
      TEST(a_flood_is_told_once),
      TEST(what_can_not_be_read_is_a_dead_letter_and_its_neighbours_are_handled),
      TEST(scripts_that_have_filled_their_memory_are_loaded_anew),
      TEST(scripts_that_fill_their_memory_when_they_load_end_the_host),
      TEST(dead_letters_are_handed_out_again_after_a_fix),
      TEST(new_handlers_poll_anew_and_the_same_do_not),
      TEST(a_row_that_can_not_be_read_is_a_dead_letter),
      TEST(a_stop_confirms_what_has_arrived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
