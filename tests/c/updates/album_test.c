/* Albums on a clock that is turned: which updates go together, and when. */
#include "updates/album.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* after the headers above, as it wants */
#include <cmocka.h>

#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"
#include "updates/inbox.h"

enum { QUIET_MS = 1000, UPDATES = 24 };

struct world {
  struct loop *loop;
  struct clock *clock;
  struct albums *albums;
  struct update *updates[UPDATES]; /* as they have arrived */
  unsigned count;
  struct update *completed[UPDATES];
  unsigned completed_count;
};

static void on_complete(struct update *first, void *data) {
  struct world *world = data;
  world->completed[world->completed_count++] = first;
}

static int setup(void **state) {
  struct world *world = memory_new(sizeof *world);
  struct error error;
  world->loop = loop_open(&error);
  world->clock = clock_open_manual(world->loop, 1000000);
  world->albums = albums_new(world->clock, on_complete, world);
  *state = world;
  return 0;
}

static int teardown(void **state) {
  struct world *world = *state;
  albums_free(world->albums);
  clock_close(world->clock);
  bool closed = loop_close(world->loop);
  for (unsigned i = 0; i < world->count; i++) free(world->updates[i]);
  free(world);
  return closed ? 0 : -1;
}

static struct update *arrives(struct world *world, int64_t lane, int64_t album, bool joins) {
  struct update *update = memory_new(sizeof *update + 1);
  update->item.lane = lane;
  update->script.album = album;
  world->updates[world->count++] = update;
  assert_int_equal(albums_join(world->albums, update), joins);
  return update;
}

static unsigned messages_of(const struct update *first) {
  unsigned count = 0;
  const struct script_update *script = &first->script;
  for (const struct update *each = first; each; each = each->album_next, count++, script = script->album_next) {
    assert_ptr_equal(script, &each->script); /* both chains are the same */
  }
  assert_null(script);
  return count;
}

static void waits_until_no_more_has_come(void **state) {
  struct world *world = *state;
  struct update *first = arrives(world, 1, 7, false);
  assert_false(albums_is_whole(world->albums, first));
  clock_advance(world->clock, QUIET_MS - 1);
  arrives(world, 1, 7, true);
  clock_advance(world->clock, QUIET_MS - 1);
  assert_int_equal(world->completed_count, 0);
  clock_advance(world->clock, 1);
  assert_int_equal(world->completed_count, 1);
  assert_ptr_equal(world->completed[0], first);
  assert_int_equal(messages_of(first), 2);
}

static void is_whole_when_its_turn_comes_late(void **state) {
  struct world *world = *state;
  struct update *first = arrives(world, 1, 7, false);
  arrives(world, 1, 7, true);
  clock_advance(world->clock, QUIET_MS);
  assert_true(albums_is_whole(world->albums, first));
  assert_int_equal(world->completed_count, 0);
}

static void what_comes_later_is_another(void **state) {
  struct world *world = *state;
  struct update *first = arrives(world, 1, 7, false);
  clock_advance(world->clock, QUIET_MS);
  struct update *second = arrives(world, 1, 7, false);
  assert_true(albums_is_whole(world->albums, first));
  assert_false(albums_is_whole(world->albums, second));
}

static void chats_and_albums_are_apart(void **state) {
  struct world *world = *state;
  struct update *one = arrives(world, 1, 7, false);
  arrives(world, 2, 7, false);
  arrives(world, 1, 8, false);
  arrives(world, 1, 7, true);
  assert_int_equal(messages_of(one), 2);
}

static void a_full_one_does_not_wait(void **state) {
  struct world *world = *state;
  struct update *first = arrives(world, 1, 7, false);
  for (int i = 1; i < 10; i++) arrives(world, 1, 7, true);
  assert_true(albums_is_whole(world->albums, first));
  struct update *next = arrives(world, 1, 7, false); /* the eleventh */
  assert_false(albums_is_whole(world->albums, next));
  assert_int_equal(messages_of(first), 10);
}

static void a_full_one_whose_turn_has_come_is_told_from_the_loop(void **state) {
  struct world *world = *state;
  struct update *first = arrives(world, 1, 7, false);
  assert_false(albums_is_whole(world->albums, first));
  for (int i = 1; i < 10; i++) arrives(world, 1, 7, true);
  assert_int_equal(world->completed_count, 0); /* never from within */
  clock_advance(world->clock, 0);
  assert_int_equal(world->completed_count, 1);
  assert_ptr_equal(world->completed[0], first);
}

static void may_end_while_some_gather(void **state) {
  struct world *world = *state;
  struct update *full = arrives(world, 1, 7, false);
  assert_false(albums_is_whole(world->albums, full));
  for (int i = 1; i < 10; i++) arrives(world, 1, 7, true);
  arrives(world, 2, 7, false);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(waits_until_no_more_has_come), TEST(is_whole_when_its_turn_comes_late),
      TEST(what_comes_later_is_another),  TEST(chats_and_albums_are_apart),
      TEST(a_full_one_does_not_wait),     TEST(a_full_one_whose_turn_has_come_is_told_from_the_loop),
      TEST(may_end_while_some_gather),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
