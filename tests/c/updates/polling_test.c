/* The polling, by a Telegram that the test plays: offsets, bad answers, pauses, another program that polls, and the stop. */
#include "telegram/fake.h"
/* after cmocka, as it wants */
#include "common/error.h"
#include "database/database.h"
#include "script/script.h"
#include "updates/polling.h"
#include "updates/update_text.h"

#ifndef POLLING_BATCH_MAX
#define POLLING_BATCH_MAX 100 /* as updates/polling.c has it */
#endif

enum { TAKEN_MAX = 16, STALL_MS = 130000 };

struct story {
  struct fake *fake;
  struct database *database;
  struct script *script;
  struct updates_options options;
  struct polling *polling;
  char texts[TAKEN_MAX][200]; /* of the updates that were taken */
  size_t taken_count, batches;
  int64_t confirmed_offset;
  uint64_t confirmed_batch;
  size_t room;
  bool is_waiting_for_backup, is_refusing;
  unsigned stopped, failed, conflicts, told;
};

static size_t room(void *data) { return ((struct story *)data)->room; }
static bool is_busy(void *data) { return (void)data, false; }

static enum intake_result take(struct arrival *arrival, struct error *error, void *data) {
  struct story *story = data;
  char text[200];
  assert_true(arrival->has_more);
  const char *end = update_text_end(arrival->json, arrival->json + arrival->size);
  error->kind = ERROR_NONE;
  if (!end) return INTAKE_LATER;
  arrival->size = (size_t)(end - arrival->json);
  (void)snprintf(text, sizeof text, "%.*s", (int)arrival->size, arrival->json);
  const char *id = strstr(text, "\"update_id\":");
  if (story->is_refusing && strstr(text, "later")) {
    error_set(error, ERROR_MEMORY, "no");
    return INTAKE_LATER;
  }
  if (!id) {
    error_set(error, ERROR_INPUT, "it has no update_id");
    return INTAKE_PASSED;
  }
  (void)snprintf(story->texts[story->taken_count++], sizeof story->texts[0], "%s", text);
  arrival->id = strtoll(id + 12, NULL, 10);
  return INTAKE_TAKEN;
}

static void taken(uint64_t batch, size_t count, void *data) {
  (void)batch, (void)count;
  ((struct story *)data)->batches++;
}

static void confirmed(uint64_t batch, int64_t offset, void *data) {
  struct story *story = data;
  story->confirmed_batch = batch;
  story->confirmed_offset = offset;
}

static bool may_poll(void *data) { return data != NULL; }
static bool may_confirm(uint64_t batch, void *data) { return batch == 0 || !((struct story *)data)->is_waiting_for_backup; }
static void on_failed(const struct error *error, void *data) { (void)error, ((struct story *)data)->failed++; }
static void on_told(const char *text, void *data) { (void)text, ((struct story *)data)->told++; }
static void on_conflict(void *data) { ((struct story *)data)->conflicts++; }
static void on_stopped(void *data) { ((struct story *)data)->stopped++; }

static int setup(void **state) {
  struct story *story = memory_new(sizeof *story);
  story->fake = fake_open();
  story->database = database_open(NULL);
  struct script_options options = {.database = story->database, .clock = story->fake->clock};
  story->script = script_open(&options);
  story->room = 1000;
  story->options = (struct updates_options){.telegram = story->fake->telegram,
                                            .script = story->script,
                                            .clock = story->fake->clock,
                                            .failed = on_failed,
                                            .conflicted = on_conflict,
                                            .tell = on_told,
                                            .data = story};
  struct intake owner = {room, is_busy, take, taken, confirmed, may_confirm, may_poll, story, false};
  story->polling = polling_open(&story->options, &owner);
  polling_start(story->polling);
  *state = story;
  return 0;
}

static int teardown(void **state) {
  struct story *story = *state;
  polling_close(story->polling);
  script_close(story->script);
  database_close(story->database);
  int result = fake_free(story->fake);
  free(story);
  return result;
}

/* The newest request of that method that is under way; fake->count where there is none. */
static unsigned find_open(const struct story *story, const char *method) {
  for (unsigned i = story->fake->count; i-- > 0;) {
    const struct fake_request *request = &story->fake->requests[i];
    if (request->is_open && strcmp(request->method, method) == 0) return i;
  }
  return story->fake->count;
}

/* Answers the poll that is under way. */
static void answer(struct story *story, const char *body) {
  fake_answer(story->fake, find_open(story, "getUpdates"), 200, body);
}

static void refuse_call(struct story *story, const char *method, int code, const char *description, const char *more) {
  char body[300];
  (void)snprintf(body, sizeof body, "{\"ok\":false,\"error_code\":%d,\"description\":\"%s\"%s}", code, description, more);
  fake_answer(story->fake, find_open(story, method), code, body);
}

static void refuse(struct story *story, int code, const char *more) { refuse_call(story, "getUpdates", code, "no", more); }

static const char *asked(const struct story *story) { return story->fake->requests[story->fake->count - 1].body; }
static bool is_asking(const struct story *story) { return story->fake->requests[story->fake->count - 1].is_open; }

static bool is_asking_for(const struct story *story, int limit) {
  char text[40];
  (void)snprintf(text, sizeof text, "\"limit\":%d,", limit);
  return strstr(asked(story), text) != NULL;
}

static void the_next_question_confirms_what_has_come(void **state) {
  struct story *story = *state;
  assert_non_null(strstr(asked(story), "\"offset\":0,"));
  assert_true(is_asking_for(story, POLLING_BATCH_MAX));
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7},{\"update_id\":9}]}");
  assert_int_equal(story->taken_count, 2);
  assert_int_equal(story->batches, 1);
  assert_non_null(strstr(asked(story), "\"offset\":10,"));
  assert_int_equal(story->confirmed_batch, 0); /* the first answer confirms nothing yet */
  answer(story, "{\"ok\":true,\"result\":[]}");
  assert_int_equal(story->confirmed_batch, 1);
  assert_int_equal(story->confirmed_offset, 10);
}

static void a_lower_id_is_as_good_as_any(void **state) {
  struct story *story = *state;
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":900}]}");
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":5}]}");
  assert_int_equal(story->taken_count, 2);
  assert_non_null(strstr(asked(story), "\"offset\":6,"));
}

static void texts_may_hold_anything_that_json_can(void **state) {
  struct story *story = *state;
  answer(story,
         "{\"ok\":true,\"result\":[{\"update_id\":1,\"t\":\"\\\"\"},\n {\"update_id\":2,\"t\":\"\\\\\"} , "
         "{\"update_id\":3,\"t\":\"}]{\\\\\\\"\"},{\"update_id\":4,\"o\":{\"a\":[{}]}}]}");
  assert_int_equal(story->taken_count, 4);
  assert_string_equal(story->texts[0], "{\"update_id\":1,\"t\":\"\\\"\"}");
  assert_string_equal(story->texts[2], "{\"update_id\":3,\"t\":\"}]{\\\\\\\"\"}");
}

static void blanks_may_stand_wherever_json_has_them(void **state) {
  struct story *story = *state;
  answer(story, "{ \"ok\" : true, \"result\" : [\n {\"update_id\":7} \r\n,\t{\"update_id\":8}\n ] }\n");
  assert_int_equal(story->taken_count, 2);
  answer(story, "{\"ok\":true,\"result\":[ \n]}\n");
  assert_int_equal(story->confirmed_batch, 1);
}

/* What came whole is taken, whatever follows it. */
static void an_answer_that_is_cut_is_asked_for_from_there(void **state) {
  struct story *story = *state;
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7},{\"update_id\":8,\"a\":{}");
  assert_int_equal(story->batches, 1);
  assert_false(is_asking(story));
  clock_advance(story->fake->clock, 1000);
  assert_non_null(strstr(asked(story), "\"offset\":8,"));
}

static void what_can_not_be_taken_is_asked_for_again_and_what_came_before_it_is_not(void **state) {
  struct story *story = *state;
  story->is_refusing = true;
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7},{\"later\":1,\"update_id\":8},{\"update_id\":9}]}");
  assert_int_equal(story->batches, 1);
  assert_int_equal(story->taken_count, 1);
  assert_false(is_asking(story));
  story->is_refusing = false;
  clock_advance(story->fake->clock, 1000);
  assert_non_null(strstr(asked(story), "\"offset\":8,"));
}

static void what_has_no_id_is_passed_by_the_next_that_has_one(void **state) {
  struct story *story = *state;
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7},[1,{\"a\":\"]\"}],null,{\"x\":1},{\"update_id\":8},{\"x\":2}]}");
  assert_int_equal(story->taken_count, 2);
  assert_non_null(strstr(asked(story), "\"offset\":9,"));
  unsigned before = story->fake->count;
  answer(story, "{\"ok\":true,\"result\":[{\"x\":2}]}"); /* alone: asked for again, but not at once */
  assert_int_equal(story->fake->count, before);
  clock_advance(story->fake->clock, 1000);
  assert_non_null(strstr(asked(story), "\"offset\":9,"));
  answer(story, "{\"ok\":true,\"result\":[{\"x\":2},{\"update_id\":10}]}");
  assert_non_null(strstr(asked(story), "\"offset\":11,"));
}

static void an_empty_answer_that_comes_at_once_is_not_asked_for_at_once(void **state) {
  struct story *story = *state;
  unsigned before = story->fake->count;
  answer(story, "{\"ok\":true,\"result\":[]}");
  polling_go_on(story->polling);
  assert_int_equal(story->fake->count, before);
  clock_advance(story->fake->clock, 250);
  assert_int_equal(story->fake->count, before + 1);
  clock_advance(story->fake->clock, 25000);
  answer(story, "{\"ok\":true,\"result\":[]}"); /* it had waited */
  assert_int_equal(story->fake->count, before + 2);
}

static void failures_are_asked_again_ever_more_slowly(void **state) {
  struct story *story = *state;
  for (int64_t least = 375; least < 22000; least *= 2) { /* half a second doubled, less a quarter */
    unsigned before = story->fake->count;
    refuse(story, 500, "");
    clock_advance(story->fake->clock, least - 1);
    assert_int_equal(story->fake->count, before);
    clock_advance(story->fake->clock, least); /* plus a quarter is less than twice minus a quarter */
    assert_int_equal(story->fake->count, before + 1);
  }
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7}]}");
  assert_int_equal(story->taken_count, 1);
}

static void telegram_says_how_long_to_wait(void **state) {
  struct story *story = *state;
  unsigned before = story->fake->count;
  refuse(story, 429, ",\"parameters\":{\"retry_after\":40}");
  clock_advance(story->fake->clock, 39999);
  assert_int_equal(story->fake->count, before);
  clock_advance(story->fake->clock, 1);
  assert_int_equal(story->fake->count, before + 1);
}

static bool is_under_way(const struct story *story, const char *method) {
  return find_open(story, method) < story->fake->count;
}

static void another_program_that_polls_is_noticed(void **state) {
  struct story *story = *state;
  refuse(story, 409, "");
  assert_int_equal(story->conflicts, 1);
  assert_false(is_under_way(story, "deleteWebhook"));
  clock_advance(story->fake->clock, 1000);
  assert_true(is_asking(story));
  assert_int_equal(story->told, 0);
}

static void a_conflict_that_lasts_deletes_the_webhook_and_is_told_once(void **state) {
  struct story *story = *state;
  for (int i = 0; i < 10; i++) {
    refuse(story, 409, "");
    clock_advance(story->fake->clock, 10000);
    if (is_under_way(story, "deleteWebhook")) refuse_call(story, "deleteWebhook", 500, "no", "");
  }
  assert_int_equal(story->told, 1);
  unsigned deleted = 0;
  for (unsigned i = 0; i < story->fake->count; i++) deleted += strcmp(story->fake->requests[i].method, "deleteWebhook") == 0;
  assert_true(deleted > 1);
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7}]}");
  assert_int_equal(story->told, 2);
}

static void a_webhook_is_deleted_at_once(void **state) {
  struct story *story = *state;
  refuse_call(story, "getUpdates", 409, "Conflict: can't use getUpdates method while webhook is active", "");
  assert_true(is_under_way(story, "deleteWebhook"));
  assert_int_equal(story->told, 1);
}

/* The token is good, as getMe says: a proxy that restarts. */
static void a_refusal_that_passes_is_survived(void **state) {
  struct story *story = *state;
  for (int i = 0; i < 20; i++) {
    refuse(story, i % 2 ? 404 : 401, "");
    fake_answer(story->fake, find_open(story, "getMe"), 200, "{\"ok\":true,\"result\":{}}");
    clock_advance(story->fake->clock, 10000);
  }
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7}]}");
  assert_int_equal(story->failed, 0);
  assert_int_equal(story->taken_count, 1);
}

static void a_token_that_is_refused_for_a_minute_ends_it(void **state) {
  struct story *story = *state;
  int64_t began = clock_ticks(story->fake->clock);
  while (!story->failed) {
    refuse(story, 401, "");
    refuse_call(story, "getMe", 401, "Unauthorized", "");
    if (!story->failed) clock_advance(story->fake->clock, 10000);
    assert_true(clock_ticks(story->fake->clock) - began <= 70000);
  }
  assert_true(clock_ticks(story->fake->clock) - began >= 60000);
  assert_int_equal(story->failed, 1);
  unsigned before = story->fake->count;
  clock_advance(story->fake->clock, 1000000);
  assert_int_equal(story->fake->count, before);
}

static void no_room_and_no_backup_hold_it_back(void **state) {
  struct story *story = *state;
  story->room = POLLING_BATCH_MAX - 1;
  story->is_waiting_for_backup = true;
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7}]}");
  assert_false(is_asking(story));
  story->is_waiting_for_backup = false;
  polling_go_on(story->polling);
  assert_true(is_asking_for(story, POLLING_BATCH_MAX - 1));
  story->room = 0;
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":8}]}");
  assert_false(is_asking(story));
  story->room = 1;
  polling_go_on(story->polling);
  assert_true(is_asking(story));
}

/* To ask within the hour would only make it longer. */
static void a_long_pause_is_kept(void **state) {
  struct story *story = *state;
  fake_answer(story->fake, story->fake->count - 1, 429,
              "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":3600}}");
  clock_advance(story->fake->clock, 3599 * 1000);
  assert_false(is_asking(story));
  assert_int_equal(story->fake->refreshed, 0);
  clock_advance(story->fake->clock, 1000);
  assert_true(is_asking(story));
  unsigned before = story->fake->count;
  clock_advance(story->fake->clock, STALL_MS);
  assert_true(story->fake->count > before);
}

static void a_silent_connection_is_made_anew(void **state) {
  struct story *story = *state;
  unsigned before = story->fake->count;
  clock_advance(story->fake->clock, STALL_MS);
  assert_true(story->fake->refreshed > 0);
  assert_true(story->fake->count > before);
  assert_true(is_asking(story));
}

static void a_stop_confirms_what_has_come(void **state) {
  struct story *story = *state;
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7}]}");
  polling_stop(story->polling, true, on_stopped, story);
  assert_non_null(strstr(asked(story), "\"offset\":8,\"limit\":1,\"timeout\":0"));
  assert_int_equal(story->stopped, 0);
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":8}]}"); /* it stays with Telegram */
  assert_int_equal(story->stopped, 1);
  assert_int_equal(story->taken_count, 1);
  assert_int_equal(story->confirmed_offset, 8);
}

static void assert_stops_unconfirmed(struct story *story) {
  answer(story, "{\"ok\":true,\"result\":[{\"update_id\":7}]}");
  unsigned before = story->fake->count;
  polling_stop(story->polling, true, on_stopped, story);
  clock_advance(story->fake->clock, 0);
  assert_int_equal(story->stopped, 1);
  assert_int_equal(story->fake->count, before);
}

static void a_stop_confirms_nothing_that_may_still_be_lost(void **state) {
  struct story *story = *state;
  story->is_waiting_for_backup = true;
  assert_stops_unconfirmed(story);
}

static void a_durable_stop_confirms_nothing(void **state) {
  struct story *story = *state;
  story->options.is_durable = true;
  assert_stops_unconfirmed(story);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_next_question_confirms_what_has_come),
      TEST(a_lower_id_is_as_good_as_any),
      TEST(texts_may_hold_anything_that_json_can),
      TEST(an_answer_that_is_cut_is_asked_for_from_there),
      TEST(what_can_not_be_taken_is_asked_for_again_and_what_came_before_it_is_not),
      TEST(what_has_no_id_is_passed_by_the_next_that_has_one),
      TEST(an_empty_answer_that_comes_at_once_is_not_asked_for_at_once),
      TEST(blanks_may_stand_wherever_json_has_them),
      TEST(failures_are_asked_again_ever_more_slowly),
      TEST(telegram_says_how_long_to_wait),
      TEST(another_program_that_polls_is_noticed),
      TEST(a_conflict_that_lasts_deletes_the_webhook_and_is_told_once),
      TEST(a_webhook_is_deleted_at_once),
      TEST(a_refusal_that_passes_is_survived),
      TEST(a_token_that_is_refused_for_a_minute_ends_it),
      TEST(no_room_and_no_backup_hold_it_back),
      TEST(a_long_pause_is_kept),
      TEST(a_silent_connection_is_made_anew),
      TEST(a_stop_confirms_what_has_come),
      TEST(a_stop_confirms_nothing_that_may_still_be_lost),
      TEST(a_durable_stop_confirms_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
