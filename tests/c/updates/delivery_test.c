/* The delivery: order in a lane, dead letters, rows that keep in step, albums, the stop. With real scripts and a real inbox. */
#include "script/bots.h"
/* after cmocka, as it wants */
#include "common/error.h"
#include "updates/delivery.h"
#include "updates/inbox.h"

enum { CAPACITY = 50 };

struct story {
  struct bots *bots;
  struct updates_options options;
  struct inbox *inbox;
  struct delivery *delivery;
  unsigned finished;
  int64_t last_lane; /* of the update that ended last */
  bool is_intercepting;
};

static bool intercept(const char *json, size_t size, int64_t lane, void *data) {
  (void)json, (void)size, (void)lane;
  return ((struct story *)data)->is_intercepting;
}

static void on_ended(int64_t lane, void *data) { ((struct story *)data)->last_lane = lane; }
static void on_memory_short(bool is_stuck, void *data) { (void)is_stuck, (void)data; }
static void on_finished(void *data) { ((struct story *)data)->finished++; }

static bool is_sure(void *data) { return data != NULL; }

static bool on_reply(const struct update *update, const struct telegram_request *request, void *data) {
  (void)update, (void)request, (void)data;
  return false;
}

static void on_waits(const struct update *update, void *data) { (void)update, (void)data; }

static int setup(void **state) {
  struct story *story = memory_new(sizeof *story);
  story->bots = bots_new();
  story->inbox = inbox_new(story->bots->database, CAPACITY, NULL);
  *state = story;
  return 0;
}

static int teardown(void **state) {
  struct story *story = *state;
  delivery_stop(story->delivery);
  script_end_runs(story->bots->script);
  delivery_free(story->delivery);
  inbox_free(story->inbox);
  int result = bots_free(story->bots);
  free(story);
  return result;
}

static void start(struct story *story, const char *code) {
  bots_start(story->bots, code);
  story->options = (struct updates_options){.telegram = story->bots->fake->telegram,
                                            .script = story->bots->script,
                                            .database = story->bots->database,
                                            .clock = story->bots->fake->clock,
                                            .intercept = intercept,
                                            .data = story};
  struct delivery_owner owner = {on_ended, on_finished, on_memory_short, is_sure, on_reply, on_waits, story};
  story->delivery = delivery_new(&story->options, story->inbox, &owner);
}

/* An update arrives; `more` are further fields of its message. It is handled by delivery_work(). */
static struct update *arrive(struct story *story, int64_t id, int64_t chat, const char *text, const char *more) {
  char json[400];
  int size =
      snprintf(json, sizeof json,
               "{\"update_id\":%lld,\"message\":{\"message_id\":%lld,\"date\":1,\"chat\":{\"id\":%lld,\"type\":\"private\"},"
               "\"text\":\"%s\"%s}}",
               (long long)id, (long long)id, (long long)chat, text, more);
  struct update *update;
  int64_t update_id;
  assert_true(inbox_add(story->inbox, id, 1, json, (size_t)size, &update, NULL) && update);
  assert_true(script_update_decode(story->bots->script, &update->script, &update_id, &update->item.lane, NULL));
  delivery_add(story->delivery, update);
  return update;
}

static const char ECHO[] = "bot.on('message:text', function(m) note(m.text) m:answer(m.text) end)";

static void one_of_a_chat_is_in_hand_and_other_chats_go_on(void **state) {
  struct story *story = *state;
  struct fake *fake = story->bots->fake;
  start(story, ECHO);
  (void)arrive(story, 1, 7, "first", "");
  (void)arrive(story, 2, 7, "second", "");
  (void)arrive(story, 3, 8, "other", "");
  delivery_work(story->delivery);
  assert_int_equal(fake->count, 2);
  assert_int_equal(bots_noted(story->bots, "second"), 0);
  assert_int_equal(bots_noted(story->bots, "other"), 1);
  fake_answer(fake, 0, 200, "{\"ok\":true,\"result\":{}}");
  assert_int_equal(fake->count, 3);
  assert_non_null(strstr(fake->requests[2].body, "second"));
  assert_int_equal(inbox_unfinished(story->inbox), 2);
  assert_int_equal(story->finished, 1);
}

static void a_failure_is_a_dead_letter_and_its_lane_goes_on(void **state) {
  struct story *story = *state;
  struct updates_status status = {0};
  start(story, "bot.text('bad', function() note 'lost' error 'so wrong' end) bot.text('good', function() note 'good' end)");
  (void)arrive(story, 1, 7, "bad", "");
  (void)arrive(story, 2, 7, "good", "");
  delivery_work(story->delivery);
  assert_int_equal(inbox_unfinished(story->inbox), 0);
  assert_int_equal(bots_noted(story->bots, "lost"), 0);
  assert_int_equal(bots_noted(story->bots, "good"), 1);
  assert_int_equal(bots_number(story->bots,
                               "SELECT count(*) FROM lunokhod_dead_letters WHERE update_id = 1 AND "
                               "error LIKE '%so wrong%stack traceback%' AND json LIKE '%\"bad\"%'"),
                   1);
  delivery_status(story->delivery, &status);
  assert_int_equal(status.finished, 1);
  assert_int_equal(status.failed, 1);
}

static void what_the_host_takes_no_script_gets(void **state) {
  struct story *story = *state;
  start(story, ECHO);
  story->is_intercepting = true;
  (void)arrive(story, 1, 7, "admin", "");
  delivery_work(story->delivery);
  assert_int_equal(bots_noted(story->bots, "admin"), 0);
  assert_int_equal(inbox_unfinished(story->inbox), 0);
}

static void nothing_begins_while_it_is_paused(void **state) {
  struct story *story = *state;
  start(story, ECHO);
  delivery_pause(story->delivery, true);
  (void)arrive(story, 1, 7, "later", "");
  delivery_work(story->delivery);
  assert_int_equal(bots_noted(story->bots, "later"), 0);
  delivery_pause(story->delivery, false);
  assert_int_equal(bots_noted(story->bots, "later"), 1);
}

static void a_deadline_buries_but_a_stop_leaves_it_in_the_inbox(void **state) {
  struct story *story = *state;
  start(story, ECHO);
  (void)arrive(story, 1, 7, "slow", "");
  delivery_work(story->delivery);
  clock_advance(story->bots->fake->clock, 30000);
  assert_int_equal(inbox_unfinished(story->inbox), 0);
  assert_int_equal(bots_number(story->bots, "SELECT count(*) FROM lunokhod_dead_letters"), 1);
  (void)arrive(story, 2, 7, "stopped", "");
  (void)arrive(story, 3, 7, "behind", "");
  delivery_work(story->delivery);
  delivery_stop(story->delivery);
  script_end_runs(story->bots->script);
  assert_int_equal(inbox_unfinished(story->inbox), 2);
  assert_int_equal(bots_noted(story->bots, "behind"), 0);
  assert_int_equal(bots_number(story->bots, "SELECT count(*) FROM lunokhod_dead_letters"), 1);
}

static int64_t state_of_row(const struct story *story, int id) {
  char sql[120];
  (void)snprintf(sql, sizeof sql, "SELECT coalesce((SELECT state FROM lunokhod_inbox WHERE update_id = %d), -1)", id);
  return bots_number(story->bots, sql);
}

static void a_row_changes_in_the_segments_of_its_handler(void **state) {
  struct story *story = *state;
  struct fake *fake = story->bots->fake;
  start(story, ECHO);
  (void)arrive(story, 1, 7, "waits", "");
  (void)arrive(story, 2, 7, "next", "");
  assert_true(database_begin(story->bots->database, NULL) && inbox_save(story->inbox, NULL));
  assert_true(database_commit(story->bots->database, NULL));
  assert_int_equal(state_of_row(story, 1), UPDATE_WAITING);
  delivery_work(story->delivery);
  assert_int_equal(state_of_row(story, 1), UPDATE_SAVED); /* its note went with the same commit */
  assert_int_equal(state_of_row(story, 2), UPDATE_WAITING);
  inbox_confirm(story->inbox, 1, 3);
  fake_answer(fake, 0, 200, "{\"ok\":true,\"result\":{}}");
  assert_int_equal(state_of_row(story, 1), -1);
  assert_int_equal(state_of_row(story, 2), UPDATE_SAVED);
}

static void an_album_is_handled_as_one_and_buried_as_one(void **state) {
  struct story *story = *state;
  start(story,
        "bot.on('album', function(messages)\n"
        "  note(#messages .. messages[1].text .. messages[2].text) messages[1]:answer 'a' error 'so wrong' end)");
  (void)arrive(story, 1, 7, "a", ",\"media_group_id\":\"99\"");
  (void)arrive(story, 2, 7, "b", ",\"media_group_id\":\"99\"");
  delivery_work(story->delivery);
  assert_int_equal(story->bots->fake->count, 0);
  clock_advance(story->bots->fake->clock, 1000);
  assert_int_equal(bots_noted(story->bots, "2ab"), 1);
  bots_answer(story->bots);
  assert_int_equal(inbox_unfinished(story->inbox), 0);
  assert_int_equal(bots_number(story->bots, "SELECT count(*) FROM lunokhod_dead_letters"), 2);
}

static void an_update_that_was_decoded_before_a_reload_goes_to_the_new_scripts(void **state) {
  struct story *story = *state;
  start(story, "bot.on('message:text', function(m) note 'old' end)");
  (void)arrive(story, 1, 7, "hello", "");
  bots_load(story->bots, "bot.on('message:text', function(m) note('new ' .. m.text) end)");
  delivery_work(story->delivery);
  assert_int_equal(bots_noted(story->bots, "new hello"), 1);
  assert_int_equal(bots_noted(story->bots, "old"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(one_of_a_chat_is_in_hand_and_other_chats_go_on),
      TEST(a_failure_is_a_dead_letter_and_its_lane_goes_on),
      TEST(what_the_host_takes_no_script_gets),
      TEST(nothing_begins_while_it_is_paused),
      TEST(a_deadline_buries_but_a_stop_leaves_it_in_the_inbox),
      TEST(a_row_changes_in_the_segments_of_its_handler),
      TEST(an_album_is_handled_as_one_and_buried_as_one),
      TEST(an_update_that_was_decoded_before_a_reload_goes_to_the_new_scripts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
