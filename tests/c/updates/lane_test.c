/* Lanes: who is in hand, and whose turn is next. */
#include "updates/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the headers above, as it wants */
#include <cmocka.h>

enum { MANY_LANES = 1000, ITEMS_EACH = 3 };

static int setup(void **state) {
  *state = lanes_new();
  return 0;
}

static int teardown(void **state) {
  lanes_free(*state);
  return 0;
}

static void the_second_of_a_lane_waits_until_the_first_is_finished(void **state) {
  struct lane_item first = {.lane = 7}, second = {.lane = 7};
  lanes_push(*state, &first);
  lanes_push(*state, &second);
  assert_ptr_equal(lanes_take(*state), &first);
  assert_null(lanes_take(*state));
  lanes_finish(*state, &first);
  assert_ptr_equal(lanes_take(*state), &second);
  lanes_push(*state, &first); /* arrives while the lane is in hand, with nobody waiting */
  assert_null(lanes_take(*state));
  lanes_finish(*state, &second);
  assert_ptr_equal(lanes_take(*state), &first);
  lanes_finish(*state, &first);
  assert_null(lanes_take(*state));
}

static void a_lane_in_hand_holds_up_no_other(void **state) {
  struct lane_item slow = {.lane = -100}, behind = {.lane = -100}, other = {.lane = INT64_MAX};
  lanes_push(*state, &slow);
  lanes_push(*state, &behind);
  lanes_push(*state, &other);
  assert_ptr_equal(lanes_take(*state), &slow);
  assert_ptr_equal(lanes_take(*state), &other);
  lanes_finish(*state, &other);
  assert_null(lanes_take(*state));
  lanes_finish(*state, &slow);
  assert_ptr_equal(lanes_take(*state), &behind);
  lanes_finish(*state, &behind);
}

/* After /restore: what the earlier backup held is older than what waits. */
static void an_earlier_one_goes_before_those_that_wait(void **state) {
  struct lane_item in_hand = {.lane = 7, .order = 5}, early = {.lane = 7, .order = 2}, next = {.lane = 7, .order = 3},
                   late = {.lane = 7, .order = 9}, last = {.lane = 7, .order = 10};
  struct lane_item *const pushed[] = {&in_hand, &late, &early, &next, &last};
  struct lane_item *const expected[] = {&early, &next, &late, &last};
  lanes_push(*state, pushed[0]);
  assert_ptr_equal(lanes_take(*state), &in_hand);
  for (unsigned i = 1; i < 5; i++) lanes_push(*state, pushed[i]);
  lanes_finish(*state, &in_hand);
  for (unsigned i = 0; i < 4; i++) {
    assert_ptr_equal(lanes_take(*state), expected[i]);
    lanes_finish(*state, expected[i]);
  }
  assert_null(lanes_take(*state));
}

/* A busy chat must not have the others wait until it is empty. */
static void lanes_take_turns(void **state) {
  struct lane_item busy[3] = {{.lane = 1}, {.lane = 1}, {.lane = 1}}, calm = {.lane = 2};
  for (unsigned i = 0; i < 3; i++) lanes_push(*state, &busy[i]);
  assert_ptr_equal(lanes_take(*state), &busy[0]);
  lanes_push(*state, &calm);
  lanes_finish(*state, &busy[0]);
  assert_ptr_equal(lanes_take(*state), &calm);
  assert_ptr_equal(lanes_take(*state), &busy[1]);
  lanes_finish(*state, &calm);
  lanes_finish(*state, &busy[1]);
  assert_ptr_equal(lanes_take(*state), &busy[2]);
  lanes_finish(*state, &busy[2]);
}

static void a_lane_that_was_empty_begins_anew(void **state) {
  struct lane_item item = {.lane = 0};
  for (unsigned round = 0; round < 3; round++) {
    lanes_push(*state, &item);
    assert_ptr_equal(lanes_take(*state), &item);
    assert_null(lanes_take(*state));
    lanes_finish(*state, &item);
  }
}

static void a_thousand_lanes_each_keep_their_order(void **state) {
  static struct lane_item items[MANY_LANES][ITEMS_EACH];
  for (unsigned i = 0; i < ITEMS_EACH; i++) {
    for (unsigned lane = 0; lane < MANY_LANES; lane++) {
      items[lane][i] = (struct lane_item){.lane = (int64_t)lane * 4294967296 - 5};
      lanes_push(*state, &items[lane][i]);
    }
  }
  for (unsigned i = 0; i < ITEMS_EACH; i++) {
    for (unsigned lane = 0; lane < MANY_LANES; lane++) assert_ptr_equal(lanes_take(*state), &items[lane][i]);
    assert_null(lanes_take(*state));
    for (unsigned lane = 0; lane < MANY_LANES; lane++) lanes_finish(*state, &items[lane][i]);
  }
  assert_null(lanes_take(*state));
}

/* bot.order: the handler waits, and the next may begin. */
static void one_that_is_released_holds_nobody(void **state) {
  struct lane_item slow = {.lane = 7, .person = 1}, next = {.lane = 7, .person = 1}, last = {.lane = 7, .person = 2};
  lanes_push(*state, &slow);
  lanes_push(*state, &next);
  assert_ptr_equal(lanes_take(*state), &slow);
  lanes_release(*state, &slow, false);
  assert_ptr_equal(lanes_take(*state), &next);
  lanes_push(*state, &last);
  assert_null(lanes_take(*state)); /* the second one is in hand */
  assert_int_equal(lanes_count(*state, 7), 3);
  lanes_finish(*state, &next);
  assert_ptr_equal(lanes_take(*state), &last);
  lanes_finish(*state, &last);
  assert_int_equal(lanes_count(*state, 7), 1);
  lanes_finish(*state, &slow);
  assert_int_equal(lanes_count(*state, 7), 0);
}

/* Its handler has waited and begins again, but has no memory to. */
static void one_that_was_released_can_be_put_back(void **state) {
  struct lane_item first = {.lane = 7, .order = 1}, second = {.lane = 7, .order = 2};
  lanes_push(*state, &first);
  lanes_push(*state, &second);
  assert_ptr_equal(lanes_take(*state), &first);
  lanes_release(*state, &first, false);
  assert_ptr_equal(lanes_take(*state), &second);
  lanes_put_back(*state, &first);
  assert_null(lanes_take(*state));
  lanes_finish(*state, &second);
  assert_ptr_equal(lanes_take(*state), &first);
  lanes_finish(*state, &first);
}

static void one_that_is_released_may_hold_its_person(void **state) {
  struct lane_item slow = {.lane = 7, .person = 1}, own[2] = {{.lane = 7, .person = 1}, {.lane = 7, .person = 1}},
                   other = {.lane = 7, .person = 2}, nobody = {.lane = 7};
  lanes_push(*state, &slow);
  lanes_push(*state, &own[0]);
  assert_ptr_equal(lanes_take(*state), &slow);
  lanes_release(*state, &slow, true);
  assert_null(lanes_take(*state));
  lanes_push(*state, &other);
  lanes_push(*state, &own[1]);
  lanes_push(*state, &nobody);
  assert_ptr_equal(lanes_take(*state), &other);
  lanes_finish(*state, &other);
  assert_ptr_equal(lanes_take(*state), &nobody); /* the last in the queue */
  lanes_put_back(*state, &nobody);
  assert_ptr_equal(lanes_take(*state), &nobody);
  lanes_finish(*state, &nobody);
  assert_null(lanes_take(*state));
  lanes_finish(*state, &slow);
  assert_ptr_equal(lanes_take(*state), &own[0]);
  lanes_finish(*state, &own[0]);
  assert_ptr_equal(lanes_take(*state), &own[1]);
  lanes_release(*state, &own[1], true);
  lanes_release(*state, &own[1], false); /* loosened later */
  lanes_push(*state, &own[0]);
  assert_ptr_equal(lanes_take(*state), &own[0]);
  lanes_finish(*state, &own[0]);
  lanes_finish(*state, &own[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_second_of_a_lane_waits_until_the_first_is_finished, setup, teardown),
      cmocka_unit_test_setup_teardown(a_lane_in_hand_holds_up_no_other, setup, teardown),
      cmocka_unit_test_setup_teardown(an_earlier_one_goes_before_those_that_wait, setup, teardown),
      cmocka_unit_test_setup_teardown(lanes_take_turns, setup, teardown),
      cmocka_unit_test_setup_teardown(a_lane_that_was_empty_begins_anew, setup, teardown),
      cmocka_unit_test_setup_teardown(one_that_is_released_holds_nobody, setup, teardown),
      cmocka_unit_test_setup_teardown(one_that_was_released_can_be_put_back, setup, teardown),
      cmocka_unit_test_setup_teardown(one_that_is_released_may_hold_its_person, setup, teardown),
      cmocka_unit_test_setup_teardown(a_thousand_lanes_each_keep_their_order, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
