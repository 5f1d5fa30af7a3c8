/* Order and pauses, on a manual clock: each place notes its letter when it goes, so the order is a text. */
#include "telegram/flood.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"

enum { CHAT = 7, OTHER_CHAT = 8, PLACES = 8 };

struct story {
  struct loop *loop;
  struct clock *clock;
  struct flood *flood;
  struct flood_place places[PLACES];
  char went[64]; /* one letter for each that went: a is the first place */
};

struct walker { /* what go() gets */
  struct story *story;
  unsigned number;
};

static struct walker walkers[PLACES];

static int setup(void **state) {
  struct story *story = memory_new(sizeof *story);
  story->loop = loop_open(NULL);
  story->clock = clock_open_manual(story->loop, 1000000);
  story->flood = flood_new(story->clock);
  *state = story;
  return 0;
}

static int teardown(void **state) {
  struct story *story = *state;
  flood_free(story->flood);
  clock_close(story->clock);
  bool closed = loop_close(story->loop);
  free(story);
  return closed ? 0 : -1;
}

static void go(void *data) {
  const struct walker *walker = data;
  size_t used = strlen(walker->story->went);
  assert_true(used + 1 < sizeof walker->story->went);
  walker->story->went[used] = (char)('a' + walker->number);
}

static void join_key(struct story *story, unsigned number, const struct flood_key *key, bool out_of_order) {
  walkers[number] = (struct walker){story, number};
  if (flood_join(story->flood, &story->places[number], key, out_of_order, go, &walkers[number])) go(&walkers[number]);
}

static void join(struct story *story, unsigned number, int64_t chat_id, bool out_of_order) {
  join_key(story, number, &(struct flood_key){.chat_id = chat_id}, out_of_order);
}

static void join_method(struct story *story, unsigned number, const char *method, int64_t chat_id) {
  join_key(story, number, &(struct flood_key){.chat_id = chat_id, .method = method}, false);
}

static void leave(struct story *story, unsigned number) { flood_leave(story->flood, &story->places[number]); }
static void pause_place(struct story *story, unsigned number, int64_t ms) {
  flood_pause(story->flood, &story->places[number], ms);
}

static int64_t pause_left(const struct story *story, unsigned number) {
  return flood_pause_left(&story->places[number], story->flood);
}

static void leave_all(struct story *story, unsigned count) {
  for (unsigned i = 0; i < count; i++) leave(story, i);
}

static void a_chat_goes_one_after_the_other(void **state) {
  struct story *story = *state;
  for (unsigned i = 0; i < 3; i++) join(story, i, CHAT, false);
  assert_string_equal(story->went, "a");
  leave(story, 0);
  assert_string_equal(story->went, "ab");
  leave(story, 1);
  assert_string_equal(story->went, "abc");
  leave(story, 2);
}

static void chats_do_not_wait_for_each_other(void **state) {
  struct story *story = *state;
  join(story, 0, CHAT, false);
  join(story, 1, OTHER_CHAT, false);
  join_method(story, 2, "getMe", 0);
  join_method(story, 3, "getMe", 0); /* without a chat there is no order */
  join_key(story, 4, NULL, false);
  join_key(story, 5, NULL, false);
  assert_string_equal(story->went, "abcdef");
  leave_all(story, 6);
}

static void one_that_leaves_while_it_waits_holds_nobody_up(void **state) {
  struct story *story = *state;
  for (unsigned i = 0; i < 3; i++) join(story, i, CHAT, false);
  leave(story, 1);
  assert_string_equal(story->went, "a");
  leave(story, 0);
  assert_string_equal(story->went, "ac");
  leave(story, 2);
}

static void out_of_order_neither_waits_nor_holds_up(void **state) {
  struct story *story = *state;
  join(story, 0, CHAT, false);
  join(story, 1, CHAT, true);
  assert_string_equal(story->went, "ab");
  join(story, 2, CHAT, false);
  leave(story, 0);
  assert_string_equal(story->went, "abc");
  leave(story, 1);
  leave(story, 2);
}

/* After a 429 the place that met it goes first again, and only when retry_after is over. */
static void a_paused_chat_keeps_its_order(void **state) {
  struct story *story = *state;
  join(story, 0, CHAT, false);
  join(story, 1, CHAT, false);
  pause_place(story, 0, 3000);
  join(story, 2, CHAT, false);
  clock_advance(story->clock, 2999);
  assert_string_equal(story->went, "a");
  clock_advance(story->clock, 1);
  assert_string_equal(story->went, "aa");
  leave(story, 0);
  leave(story, 1);
  assert_string_equal(story->went, "aabc");
  leave(story, 2);
}

static void a_paused_chat_holds_back_nobody_else(void **state) {
  struct story *story = *state;
  join(story, 0, CHAT, false);
  pause_place(story, 0, 3000);
  join(story, 1, OTHER_CHAT, false);
  join_method(story, 2, "getChat", CHAT);
  assert_string_equal(story->went, "abc");
  join(story, 3, CHAT, true); /* out of order still obeys the pause of its chat */
  assert_string_equal(story->went, "abc");
  clock_advance(story->clock, 3000);
  assert_string_equal(story->went, "abcda");
  leave_all(story, 4);
}

static void a_paused_method_holds_back_nobody_else(void **state) {
  struct story *story = *state;
  join_method(story, 0, "setMyName", 0);
  pause_place(story, 0, 3000);
  join(story, 1, CHAT, false);
  join_method(story, 2, "setMyCommands", 0);
  join_method(story, 3, "setMyName", CHAT); /* for a chat it is another */
  assert_string_equal(story->went, "abcd");
  join_method(story, 4, "setMyName", 0);
  clock_advance(story->clock, 2999);
  assert_string_equal(story->went, "abcd");
  clock_advance(story->clock, 1);
  assert_string_equal(story->went, "abcdae");
  leave_all(story, 5);
}

static void only_the_first_pause_of_a_line_is_news(void **state) {
  struct story *story = *state;
  join(story, 0, CHAT, true);
  join(story, 1, CHAT, true);
  assert_true(flood_pause(story->flood, &story->places[0], 3000));
  assert_false(flood_pause(story->flood, &story->places[1], 5000));
  clock_advance(story->clock, 5000);
  assert_true(flood_pause(story->flood, &story->places[0], 3000));
  leave_all(story, 2);
}

static void the_longer_of_two_pauses_holds(void **state) {
  struct story *story = *state;
  join(story, 0, CHAT, true);
  join(story, 1, CHAT, true);
  pause_place(story, 0, 5000);
  pause_place(story, 1, 1000);
  clock_advance(story->clock, 1000);
  assert_string_equal(story->went, "ab");
  assert_int_equal(pause_left(story, 1), 4000);
  clock_advance(story->clock, 4000);
  assert_int_equal(strlen(story->went), 4);
  join(story, 2, CHAT, true); /* and a longer one prolongs a shorter one */
  pause_place(story, 0, 1000);
  pause_place(story, 1, 5000);
  clock_advance(story->clock, 1000);
  assert_int_equal(strlen(story->went), 5);
  clock_advance(story->clock, 4000);
  assert_int_equal(strlen(story->went), 7);
  leave_all(story, 3);
}

static void tells_how_long_a_pause_lasts(void **state) {
  struct story *story = *state;
  join(story, 0, CHAT, false);
  assert_int_equal(pause_left(story, 0), 0);
  join(story, 1, CHAT, false);
  join(story, 2, OTHER_CHAT, false);
  pause_place(story, 0, 3000);
  clock_advance(story->clock, 1000);
  assert_int_equal(pause_left(story, 0), 2000);
  assert_int_equal(pause_left(story, 1), 2000);
  assert_int_equal(pause_left(story, 2), 0);
  join_key(story, 3, NULL, false);
  assert_int_equal(pause_left(story, 3), 0);
  leave_all(story, 4);
}

/* The paused call was cancelled; the chat stays paused for later calls. */
static void a_pause_outlasts_the_one_that_met_it(void **state) {
  struct story *story = *state;
  join(story, 0, CHAT, false);
  pause_place(story, 0, 3000);
  leave(story, 0);
  join(story, 1, CHAT, false);
  clock_advance(story->clock, 2999);
  assert_string_equal(story->went, "a");
  clock_advance(story->clock, 1);
  assert_string_equal(story->went, "ab");
  leave(story, 1);
}

static void is_freed_with_a_chat_still_paused(void **state) {
  struct story *story = *state;
  join(story, 0, CHAT, false);
  pause_place(story, 0, 3000);
  leave(story, 0);
  join_method(story, 1, "getMe", 0);
  pause_place(story, 1, 3000);
  leave(story, 1);
  assert_string_equal(story->went, "ab");
}

static void a_pause_that_nobody_here_met_holds_back(void **state) {
  struct story *story = *state;
  const struct flood_key chat = {.chat_id = CHAT};
  flood_hold(story->flood, &chat, 3000);
  flood_hold(story->flood, &chat, 1000);
  join(story, 0, CHAT, false);
  join(story, 1, CHAT, true);
  join(story, 2, OTHER_CHAT, false);
  clock_advance(story->clock, 2999);
  assert_string_equal(story->went, "c");
  clock_advance(story->clock, 1);
  assert_string_equal(story->went, "cba");
  leave_all(story, 3);
  flood_hold(story->flood, &chat, 3000); /* and is freed with it */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_chat_goes_one_after_the_other),
      TEST(chats_do_not_wait_for_each_other),
      TEST(one_that_leaves_while_it_waits_holds_nobody_up),
      TEST(out_of_order_neither_waits_nor_holds_up),
      TEST(a_paused_chat_keeps_its_order),
      TEST(a_paused_chat_holds_back_nobody_else),
      TEST(a_paused_method_holds_back_nobody_else),
      TEST(only_the_first_pause_of_a_line_is_news),
      TEST(the_longer_of_two_pauses_holds),
      TEST(tells_how_long_a_pause_lasts),
      TEST(a_pause_outlasts_the_one_that_met_it),
      TEST(a_pause_that_nobody_here_met_holds_back),
      TEST(is_freed_with_a_chat_still_paused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
