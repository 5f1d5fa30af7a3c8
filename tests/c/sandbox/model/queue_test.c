/* Offsets, expiry, the poll that waits, and which types a bot wants. */
#include "sandbox/model/queue.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/buffer.h"

static const int64_t NOW = 1000;
static int64_t first_id;

static struct queue *queue_of(int count) {
  struct queue *queue = queue_new();
  first_id = queue_next_id(queue);
  for (int i = 0; i < count; i++) queue_add(queue, "message", "\"message\":{}", 12, NOW + QUEUE_LIFE);
  return queue;
}

/* The ids that a call with this offset gets, as distances from the first. */
static void assert_gets(struct queue *queue, int64_t offset, unsigned limit, const char *expected) {
  struct buffer json, ids;
  buffer_init(&json, 1 << 20);
  buffer_init(&ids, 1 << 20);
  queue_confirm(queue, offset, NOW);
  (void)queue_read(queue, limit, NOW, &json);
  json_t *updates = json_loads(json.data, 0, NULL), *update;
  size_t i;
  assert_non_null(updates);
  (void)buffer_add_text(&ids, "", NULL);
  json_array_foreach(updates, i, update) {
    (void)buffer_format(&ids, NULL, "%s%lld", i ? " " : "",
                        (long long)(json_integer_value(json_object_get(update, "update_id")) - first_id));
  }
  assert_string_equal(ids.data ? ids.data : "", expected);
  json_decref(updates);
  buffer_release(&json);
  buffer_release(&ids);
}

static void gives_again_what_was_not_confirmed(void **state) {
  (void)state;
  struct queue *queue = queue_of(3);
  assert_gets(queue, 0, 100, "0 1 2");
  assert_gets(queue, 0, 100, "0 1 2");
  assert_gets(queue, first_id + 1, 100, "1 2");
  assert_gets(queue, 0, 1, "1");
  queue_free(queue);
}

static void forgets_the_backlog_for_a_negative_offset(void **state) {
  (void)state;
  struct queue *queue = queue_of(5);
  assert_gets(queue, -2, 100, "3 4");
  assert_gets(queue, 0, 100, "3 4");
  assert_gets(queue, -1, 100, "4");
  queue_free(queue);
}

static void confirms_all_just_above_the_end_and_nothing_far_above(void **state) {
  (void)state;
  struct queue *queue = queue_of(2);
  assert_gets(queue, first_id + 2 + 11, 100, "0 1");
  assert_gets(queue, 2000000000, 100, "0 1");
  assert_gets(queue, first_id - 50, 100, "0 1");
  assert_gets(queue, first_id + 2 + 10, 100, "");
  queue_add(queue, "message", "\"message\":{}", 12, NOW + 1);
  assert_gets(queue, 0, 100, "2");
  queue_free(queue);
}

static void forgets_what_has_expired(void **state) {
  (void)state;
  struct queue *queue = queue_of(1);
  queue_add(queue, "callback_query", "\"callback_query\":{}", 19, NOW);
  queue_add(queue, "message", "\"message\":{}", 12, NOW + 1);
  assert_gets(queue, 0, 100, "0 2");
  assert_int_equal(queue_pending(queue, NOW + QUEUE_LIFE), 0);
  queue_free(queue);
}

static int ended, conflicts;
static void on_done(struct queue_poll *poll, bool is_conflict) {
  (void)poll;
  ended++;
  conflicts += is_conflict;
}

static void ends_the_older_poll_with_a_conflict(void **state) {
  (void)state;
  struct queue *queue = queue_of(0);
  struct queue_poll older = {.done = on_done}, newer = {.done = on_done};
  ended = conflicts = 0;
  queue_wait(queue, &older);
  queue_wake(queue, NOW);
  assert_int_equal(ended, 0);
  queue_wait(queue, &newer);
  assert_int_equal(conflicts, 1);
  queue_add(queue, "message", "\"message\":{}", 12, NOW + 1);
  queue_wake(queue, NOW);
  queue_wake(queue, NOW);
  assert_int_equal(ended, 2);
  assert_int_equal(conflicts, 1);
  queue_free(queue);
}

static void allow(struct queue *queue, const char *json) {
  json_t *types = json_loads(json, JSON_DECODE_ANY, NULL);
  queue_allow(queue, types);
  json_decref(types);
}

static void keeps_only_the_types_that_are_wanted(void **state) {
  (void)state;
  struct queue *queue = queue_of(0);
  queue_add(queue, "chat_member", "\"chat_member\":{}", 16, NOW + 1);
  assert_int_equal(queue_pending(queue, NOW), 0);
  allow(queue, "[\"CHAT_MEMBER\",\"nonsense\"]");
  allow(queue, "\"message\"");
  allow(queue, "[1]");
  assert_string_equal(queue_allowed(queue), "[\"chat_member\"]");
  queue_add(queue, "chat_member", "\"chat_member\":{}", 16, NOW + 1);
  queue_add(queue, "message", "\"message\":{}", 12, NOW + 1);
  assert_int_equal(queue_pending(queue, NOW), 1);
  allow(queue, "[\"nonsense\"]");
  assert_null(queue_allowed(queue));
  queue_free(queue);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gives_again_what_was_not_confirmed),
      cmocka_unit_test(forgets_the_backlog_for_a_negative_offset),
      cmocka_unit_test(confirms_all_just_above_the_end_and_nothing_far_above),
      cmocka_unit_test(forgets_what_has_expired),
      cmocka_unit_test(ends_the_older_poll_with_a_conflict),
      cmocka_unit_test(keeps_only_the_types_that_are_wanted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
