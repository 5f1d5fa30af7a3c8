/* The inbox: what is remembered of an update, in memory and in rows, until Telegram and the backup both know. */
#include "updates/inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"
#include "updates/parking.h"

#ifndef DEAD_LETTERS_KEPT
#define DEAD_LETTERS_KEPT 1000 /* as updates/inbox.c keeps them */
#endif

enum { CAPACITY = 3, NOW = 1700000000 };

struct story {
  struct database *database;
  struct inbox *inbox;
  int64_t handed_out[8]; /* ids that a restore or a revival gave to be handled */
  size_t handed_out_count;
};

static int setup(void **state) {
  struct story *story = memory_new(sizeof *story);
  story->database = database_open(NULL);
  story->inbox = inbox_new(story->database, CAPACITY, NULL);
  parking_free(parking_new(story->database, NULL)); /* its table is asked, too */
  *state = story;
  return !story->inbox;
}

static int teardown(void **state) {
  struct story *story = *state;
  memory_fail_at(0);
  inbox_free(story->inbox);
  database_close(story->database);
  free(story);
  return 0;
}

static struct update *add(struct story *story, int64_t id, uint64_t batch) {
  struct update *update;
  char json[60];
  int size = snprintf(json, sizeof json, "{\"update_id\":%lld}", (long long)id);
  assert_true(inbox_add(story->inbox, id, batch, json, (size_t)size, &update, NULL));
  return update;
}

static void on_handed_out(struct update *update, void *data) {
  struct story *story = data;
  story->handed_out[story->handed_out_count++] = update->id;
}

static void save(struct story *story) {
  struct error error = {0};
  assert_true(database_begin(story->database, &error) && inbox_save(story->inbox, &error));
  assert_true(database_commit(story->database, &error));
}

static int64_t dead_count(const struct story *story) {
  static const char sql[] = "SELECT count(*) FROM lunokhod_dead_letters";
  struct statement *statement = statement_prepare(story->database, STATEMENT_HOST, sql, sizeof sql - 1, NULL, NULL);
  bool row;
  struct value count = {0};
  assert_true(statement_step(statement, &row, NULL) && row);
  statement_column(statement, 0, &count);
  statement_release(statement);
  return count.integer;
}

/* The process dies, and the next one begins with the rows that are there. */
static void restart(struct story *story) {
  inbox_free(story->inbox);
  story->inbox = inbox_new(story->database, CAPACITY, NULL);
  story->handed_out_count = 0;
  assert_true(inbox_restore(story->inbox, on_handed_out, story, NOW, NULL));
}

/* A handler's last segment, with something written. */
static void end_segment(struct story *story, struct update *update) {
  struct error error = {0};
  assert_true(database_begin(story->database, &error));
  assert_true(database_execute(story->database, "CREATE TABLE IF NOT EXISTS work(id); INSERT INTO work VALUES (1)", &error));
  assert_true(inbox_segment_ends(story->inbox, update, true, &error));
  assert_true(database_commit(story->database, &error));
  inbox_finish(story->inbox, update);
}

/* A batch of one has arrived and is confirmed. */
static struct update *bring(struct story *story, int64_t id, uint64_t batch) {
  struct update *update = add(story, id, batch);
  inbox_arrived(story->inbox, batch, id);
  inbox_confirm(story->inbox, batch, id + 1);
  return update;
}

/* The data is that of an earlier backup now, whose rows say this; all below `next` from `first` on have arrived there. */
static size_t go_back_to(struct story *story, const char *rows, int first, int next) {
  struct error error = {0};
  char sql[400];
  size_t passed = 0;
  (void)snprintf(sql, sizeof sql,
                 "DELETE FROM lunokhod_inbox; INSERT INTO lunokhod_inbox VALUES %s;"
                 "DELETE FROM lunokhod_arrivals; INSERT INTO lunokhod_arrivals VALUES (%d, %d)",
                 rows, first, next);
  assert_true(database_begin(story->database, &error) && database_execute(story->database, sql, &error));
  assert_true(database_commit(story->database, &error));
  story->handed_out_count = 0;
  assert_true(inbox_return(story->inbox, on_handed_out, story, NOW, &passed, &error));
  return passed;
}

static size_t go_back(struct story *story, const char *rows) { return go_back_to(story, rows, 0, 0); }

static void going_back_repeats_nothing_that_was_finished(void **state) {
  struct story *story = *state;
  inbox_finish(story->inbox, add(story, 5, 1));
  inbox_confirm(story->inbox, 1, 6);
  add(story, 6, 2);
  assert_int_equal(go_back(story, "(5, 0, 0, '{\"update_id\":5}'), (6, 0, 0, '{\"update_id\":6}')"), 1);
  assert_int_equal(story->handed_out_count, 0); /* 5 was finished since, and 6 waits already */
  assert_int_equal(inbox_unfinished(story->inbox), 1);
}

static void going_back_counts_as_confirmed_what_no_poll_has_brought(void **state) {
  struct story *story = *state;
  add(story, 8, 1);
  assert_int_equal(go_back(story, "(7, 0, 0, '{\"update_id\":7}'), (9, 0, 0, '{\"update_id\":9}')"), 1);
  assert_int_equal(story->handed_out_count, 1); /* Telegram may still send 9, so nobody has finished it */
  assert_int_equal(story->handed_out[0], 9);
}

static void going_back_to_data_that_has_the_work_of_what_waits_settles_it(void **state) {
  struct story *story = *state;
  struct update *done = add(story, 8, 1), *in_part = add(story, 9, 1), *waits = add(story, 10, 1);
  assert_int_equal(go_back(story, "(8, 3, 1, ''), (9, 2, 1, '{\"update_id\":9}'), (10, 1, 1, '{\"update_id\":10}')"), 0);
  assert_true(done->is_settled && in_part->is_settled && !waits->is_settled);
  assert_int_equal(dead_count(story), 1);
  save(story);
  restart(story); /* before the turn of any has come */
  assert_int_equal(story->handed_out_count, 1);
  assert_int_equal(story->handed_out[0], 10);
}

static void going_back_to_data_that_has_behind_it_what_waits_settles_it(void **state) {
  struct story *story = *state;
  struct update *behind = bring(story, 5, 1), *waits = bring(story, 6, 2), *later = bring(story, 9, 3);
  assert_int_equal(go_back_to(story, "(6, 0, 0, '{\"update_id\":6}')", 4, 9), 1);
  assert_true(behind->is_settled && !waits->is_settled && !later->is_settled);
  assert_int_equal(story->handed_out_count, 0);
}

static void going_back_leaves_what_is_parked_there(void **state) {
  struct story *story = *state;
  struct update *waits = bring(story, 5, 1);
  assert_true(database_execute(
      story->database, "INSERT INTO lunokhod_parked(update_id, lane, album, batch, json) VALUES (5, 7, 0, 0, '{}')", NULL));
  assert_int_equal(go_back_to(story, "(4, 3, 0, '')", 4, 9), 0);
  assert_false(waits->is_settled);
}

/* A host saves what has arrived; this one begins with that, and has not polled. */
static void going_back_repeats_nothing_that_an_earlier_host_has_finished(void **state) {
  struct story *story = *state;
  inbox_finish(story->inbox, bring(story, 5, 1));
  inbox_finish(story->inbox, bring(story, 6, 2));
  inbox_finish(story->inbox, add(story, 7, 3)); /* has a row, since Telegram may send it again */
  save(story);
  restart(story);
  assert_int_equal(go_back(story, "(6, 0, 0, '{\"update_id\":6}'), (7, 0, 0, '{\"update_id\":7}')"), 1);
  assert_int_equal(story->handed_out_count, 0);
}

static int64_t arrived(struct story *story, const char *column) {
  char sql[100];
  bool row;
  struct value value = {0};
  save(story);
  int size = snprintf(sql, sizeof sql, "SELECT %s FROM lunokhod_arrivals", column);
  struct statement *statement = statement_prepare(story->database, STATEMENT_HOST, sql, (size_t)size, NULL, NULL);
  assert_true(statement_step(statement, &row, NULL) && row);
  statement_column(statement, 0, &value);
  statement_release(statement);
  return value.integer;
}

static void what_has_arrived_is_stretches_without_gaps(void **state) {
  struct story *story = *state;
  inbox_finish(story->inbox, bring(story, 5, 1));
  inbox_finish(story->inbox, bring(story, 6, 2));
  assert_int_equal(arrived(story, "first"), 5);
  assert_int_equal(arrived(story, "next"), 7);
  inbox_arrived(story->inbox, 3, 7);
  inbox_arrived(story->inbox, 4, 8); /* before the host knows that 7 is confirmed */
  inbox_confirm(story->inbox, 3, 8);
  assert_int_equal(arrived(story, "next"), 8);
  inbox_finish(story->inbox, bring(story, 10, 5)); /* another host had 8 and 9 */
  assert_int_equal(arrived(story, "max(first)"), 10);
  assert_int_equal(arrived(story, "min(first)"), 5); /* what was before is still known */
  assert_int_equal(arrived(story, "min(next)"), 8);
  inbox_finish(story->inbox, bring(story, 3, 6)); /* ids begin anew */
  assert_int_equal(arrived(story, "first"), 3);
  assert_int_equal(arrived(story, "next"), 4);
  inbox_arrived(story->inbox, 7, 4);
  inbox_confirm(story->inbox, 7, INT64_MAX); /* of a webhook */
  assert_int_equal(arrived(story, "next"), 4);
}

/* Rows of a host that had not heard of their confirmation, behind what another host has got. */
static void begin_with_rows_behind_a_gap(struct story *story) {
  inbox_finish(story->inbox, bring(story, 5, 1));
  save(story);
  assert_true(database_execute(story->database,
                               "INSERT INTO lunokhod_inbox VALUES (8, 0, 0, '{}'), (10, 3, 1, ''), (11, 0, 0, '{}');"
                               "INSERT INTO lunokhod_parked(update_id, lane, album, batch, json) VALUES (9, 7, 0, 0, '{}')",
                               NULL));
  restart(story);
  assert_int_equal(story->handed_out_count, 2);
}

static void what_a_host_has_begun_with_counts_as_arrived_behind_a_gap_too(void **state) {
  struct story *story = *state;
  begin_with_rows_behind_a_gap(story);
  inbox_confirm(story->inbox, 1, 11);
  assert_int_equal(arrived(story, "max(first)"), 8);
  assert_int_equal(arrived(story, "max(next)"), 11); /* Telegram may still send 11 */
  assert_int_equal(arrived(story, "min(first)"), 5);
  inbox_confirm(story->inbox, 2, 14);
  assert_int_equal(arrived(story, "max(first)"), 8);
  assert_int_equal(arrived(story, "max(next)"), 12);
}

/* There is room for one of them only. */
static void rows_that_arrive_again_in_parts_are_no_ids_that_begin_anew(void **state) {
  struct story *story = *state;
  inbox_finish(story->inbox, bring(story, 5, 1));
  add(story, 6, 2);
  add(story, 7, 2);
  save(story);
  restart(story);
  assert_null(add(story, 6, 1));
  inbox_arrived(story->inbox, 1, 6);
  inbox_confirm(story->inbox, 1, 7);
  assert_int_equal(arrived(story, "first"), 5);
  assert_int_equal(arrived(story, "next"), 7);
}

/* Each row has a gap before it, and there are more than stretches are kept. */
static void rows_of_what_is_known_take_no_stretch_from_others(void **state) {
  struct story *story = *state;
  assert_true(
      database_execute(story->database,
                       "INSERT INTO lunokhod_arrivals VALUES (40, 100); INSERT INTO lunokhod_inbox VALUES (5, 3, 1, '');"
                       "INSERT INTO lunokhod_inbox WITH RECURSIVE odd(id) AS (VALUES (41) UNION SELECT id + 2 FROM odd"
                       " WHERE id < 97) SELECT id, 3, 1, '' FROM odd",
                       NULL));
  restart(story);
  inbox_confirm(story->inbox, 1, 100);
  assert_int_equal(arrived(story, "min(first)"), 5);
  assert_int_equal(arrived(story, "count(*)"), 2);
}

/* A host had both rows, and a push brought their data back: they wait here, and there they are finished. */
static void going_back_to_the_work_of_a_host_that_began_with_rows_behind_a_gap_settles_them(void **state) {
  struct story *story = *state;
  begin_with_rows_behind_a_gap(story);
  inbox_confirm(story->inbox, 1, 14);
  save(story);
  assert_true(database_execute(story->database,
                               "CREATE TABLE theirs AS SELECT * FROM lunokhod_arrivals;"
                               "DELETE FROM lunokhod_arrivals; INSERT INTO lunokhod_arrivals VALUES (5, 6)",
                               NULL));
  restart(story); /* on the data that was pushed */
  struct error error = {0};
  size_t passed = 0;
  assert_true(database_execute(story->database,
                               "DELETE FROM lunokhod_inbox; DELETE FROM lunokhod_parked; DELETE FROM lunokhod_arrivals;"
                               "INSERT INTO lunokhod_arrivals SELECT * FROM theirs",
                               NULL));
  assert_true(inbox_return(story->inbox, on_handed_out, story, NOW, &passed, &error));
  assert_int_equal(passed, 2);
}

static void what_is_here_already_stays_as_it_is(void **state) {
  struct story *story = *state;
  struct update *update = add(story, 5, 1);
  update->state = UPDATE_IN_HAND;
  assert_null(add(story, 5, 2));
  assert_int_equal(update->state, UPDATE_IN_HAND);
  assert_int_equal(inbox_unfinished(story->inbox), 1);
  assert_int_equal(inbox_room(story->inbox), CAPACITY - 1);
}

static void ids_may_jump_and_be_large(void **state) {
  struct story *story = *state;
  assert_non_null(add(story, INT64_MAX, 1));
  assert_non_null(add(story, 3, 2));
  assert_non_null(add(story, -7, 3));
  assert_int_equal(inbox_room(story->inbox), 0);
}

static void a_finished_one_is_known_until_it_is_confirmed(void **state) {
  struct story *story = *state;
  inbox_finish(story->inbox, add(story, 5, 1));
  assert_int_equal(inbox_unfinished(story->inbox), 0);
  assert_null(add(story, 5, 2)); /* the answer to the confirmation was lost: it comes again */
  inbox_confirm(story->inbox, 1, 6);
  assert_null(add(story, 5, 2)); /* it belongs to the second batch now */
  inbox_confirm(story->inbox, 2, 6);
  assert_non_null(add(story, 5, 3)); /* after a week of silence, ids begin anew */
}

static void a_confirmed_one_is_forgotten_when_it_is_finished(void **state) {
  struct story *story = *state;
  struct update *update = add(story, 5, 1);
  inbox_confirm(story->inbox, 1, 6);
  assert_int_equal(inbox_unfinished(story->inbox), 1);
  inbox_finish(story->inbox, update);
  assert_non_null(add(story, 5, 2));
}

static void a_want_of_memory_changes_nothing(void **state) {
  struct story *story = *state;
  struct error error = {0};
  struct update *update;
  memory_fail_at(1);
  assert_false(inbox_add(story->inbox, 1, 1, "{}", 2, &update, &error));
  assert_int_equal(error.kind, ERROR_MEMORY);
  assert_int_equal(inbox_unfinished(story->inbox), 0);
  assert_non_null(add(story, 1, 1));
}

static void a_restart_hands_out_what_had_not_begun_and_once_more_what_had(void **state) {
  struct story *story = *state;
  (void)add(story, 1, 1);
  struct update *in_hand = add(story, 2, 1);
  in_hand->state = UPDATE_IN_HAND;
  in_hand->tries = 1;
  inbox_finish(story->inbox, add(story, 3, 1));
  save(story);
  restart(story);
  assert_int_equal(story->handed_out_count, 2);
  assert_int_equal(story->handed_out[0], 1);
  assert_int_equal(story->handed_out[1], 2);
  assert_null(add(story, 3, 1)); /* Telegram sends it again, and the restored state has it already */
  assert_int_equal(dead_count(story), 0);
}

static void what_died_in_hand_twice_or_after_a_commit_is_a_dead_letter(void **state) {
  struct story *story = *state;
  struct update *twice = add(story, 1, 1), *saved = add(story, 2, 1);
  twice->state = UPDATE_IN_HAND;
  twice->tries = 2;
  saved->state = UPDATE_SAVED;
  saved->tries = 1;
  save(story);
  restart(story);
  assert_int_equal(story->handed_out_count, 0);
  assert_int_equal(dead_count(story), 2);
}

static void a_row_goes_with_the_segment_that_finishes_its_update(void **state) {
  struct story *story = *state;
  struct update *confirmed = add(story, 1, 1), *unconfirmed = add(story, 2, 2);
  inbox_confirm(story->inbox, 1, 2);
  save(story);
  end_segment(story, confirmed);
  end_segment(story, unconfirmed);
  restart(story);
  assert_int_equal(story->handed_out_count, 0);
  assert_non_null(add(story, 1, 1));
  assert_null(add(story, 2, 2)); /* still known: it was not confirmed */
}

static void what_the_table_brought_is_confirmed_by_its_id(void **state) {
  struct story *story = *state;
  inbox_finish(story->inbox, add(story, 5, 1));
  save(story);
  restart(story);
  inbox_confirm(story->inbox, 1, 5);
  assert_null(add(story, 5, 2));
  inbox_confirm(story->inbox, 2, 6);
  assert_non_null(add(story, 5, 3));
}

static void the_newest_dead_letters_are_kept(void **state) {
  struct story *story = *state;
  for (int64_t id = 1; id <= DEAD_LETTERS_KEPT + 5; id++) {
    struct update *update = add(story, id, (uint64_t)id);
    inbox_confirm(story->inbox, (uint64_t)id, id + 1);
    inbox_bury(story->inbox, update, "'); DROP TABLE users;--", NOW);
  }
  assert_int_equal(dead_count(story), DEAD_LETTERS_KEPT);
  assert_int_equal(inbox_unfinished(story->inbox), 0);
}

static void dead_letters_come_back_confirmed_or_not(void **state) {
  struct story *story = *state;
  size_t count = 0;
  struct update *confirmed = add(story, 1, 1);
  inbox_confirm(story->inbox, 1, 2);
  inbox_bury(story->inbox, confirmed, "broken", NOW);
  inbox_bury(story->inbox, add(story, 2, 2), "broken", NOW);
  assert_true(inbox_revive(story->inbox, 0, on_handed_out, story, &count, NULL));
  assert_int_equal(count, 2);
  assert_int_equal(story->handed_out_count, 2);
  assert_int_equal(dead_count(story), 0);
  assert_int_equal(inbox_unfinished(story->inbox), 2);
  assert_true(inbox_revive(story->inbox, 0, on_handed_out, story, &count, NULL));
  assert_int_equal(count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(going_back_repeats_nothing_that_was_finished),
      TEST(going_back_counts_as_confirmed_what_no_poll_has_brought),
      TEST(going_back_to_data_that_has_the_work_of_what_waits_settles_it),
      TEST(going_back_to_data_that_has_behind_it_what_waits_settles_it),
      TEST(going_back_leaves_what_is_parked_there),
      TEST(going_back_repeats_nothing_that_an_earlier_host_has_finished),
      TEST(what_has_arrived_is_stretches_without_gaps),
      TEST(what_a_host_has_begun_with_counts_as_arrived_behind_a_gap_too),
      TEST(rows_that_arrive_again_in_parts_are_no_ids_that_begin_anew),
      TEST(rows_of_what_is_known_take_no_stretch_from_others),
      TEST(going_back_to_the_work_of_a_host_that_began_with_rows_behind_a_gap_settles_them),
      TEST(what_is_here_already_stays_as_it_is),
      TEST(ids_may_jump_and_be_large),
      TEST(a_finished_one_is_known_until_it_is_confirmed),
      TEST(a_confirmed_one_is_forgotten_when_it_is_finished),
      TEST(a_want_of_memory_changes_nothing),
      TEST(a_restart_hands_out_what_had_not_begun_and_once_more_what_had),
      TEST(what_died_in_hand_twice_or_after_a_commit_is_a_dead_letter),
      TEST(a_row_goes_with_the_segment_that_finishes_its_update),
      TEST(what_the_table_brought_is_confirmed_by_its_id),
      TEST(the_newest_dead_letters_are_kept),
      TEST(dead_letters_come_back_confirmed_or_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
