/* Which lane an update takes: decoded updates go in, as Lua tables, and numbers come out. */
#include "script/update_lane.h"

#include <lauxlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* after the headers above, as it wants */
#include <cmocka.h>

struct story {
  lua_State *L;
  struct update_lanes *lanes;
};

static struct story story_begin(void) { return (struct story){luaL_newstate(), update_lanes_new()}; }

static void story_end(struct story *story) {
  lua_close(story->L);
  update_lanes_free(story->lanes);
}

/* Where the update comes from that a Lua table describes. */
static struct update_origin origin(struct story *story, const char *table) {
  char code[300];
  struct update_origin found;
  (void)snprintf(code, sizeof code, "return {update_id = 1, %s}", table);
  assert_false(luaL_dostring(story->L, code));
  update_lanes_find(story->lanes, story->L, lua_gettop(story->L), &found);
  assert_int_equal(lua_gettop(story->L), 1);
  lua_settop(story->L, 0);
  return found;
}

static int64_t lane(struct story *story, const char *table) { return origin(story, table).lane; }

static void a_message_takes_the_lane_of_its_chat(void **state) {
  (void)state;
  struct story story = story_begin();
  assert_int_equal(lane(&story, "message = {chat = {id = -7}, from = {id = 5}}"), -7);
  assert_int_equal(lane(&story, "callback_query = {from = {id = 5}, message = {chat = {id = -7}}}"), -7);
  story_end(&story);
}

static void without_a_chat_it_is_the_persons_lane(void **state) {
  (void)state;
  struct story story = story_begin();
  assert_int_equal(lane(&story, "inline_query = {from = {id = 5}}"), 5);
  assert_int_equal(lane(&story, "poll_answer = {user = {id = 6}}"), 6);
  assert_int_equal(lane(&story, "poll = {id = '12'}"), 0);
  assert_int_equal(lane(&story, "message = 'nonsense'"), 0);
  story_end(&story);
}

static int64_t person(struct story *story, const char *table) { return origin(story, table).person; }

static void its_person_is_known(void **state) {
  (void)state;
  struct story story = story_begin();
  assert_int_equal(person(&story, "message = {chat = {id = -7}, from = {id = 5}}"), 5);
  assert_int_equal(person(&story, "message_reaction = {chat = {id = -7}, user = {id = 6}}"), 6);
  assert_int_equal(person(&story, "callback_query = {from = {id = 8}, message = {chat = {id = -7}, from = {id = 1}}}"), 8);
  assert_int_equal(person(&story, "channel_post = {chat = {id = -7}}"), 0);
  story_end(&story);
}

static void its_album_is_known(void **state) {
  (void)state;
  struct story story = story_begin();
  assert_int_equal(origin(&story, "message = {chat = {id = 5}, media_group_id = '77'}").album, 77);
  assert_int_equal(origin(&story, "channel_post = {chat = {id = -7}, media_group_id = '78'}").album, 78);
  assert_int_equal(origin(&story, "edited_message = {chat = {id = 5}, media_group_id = '79'}").album, 0);
  assert_int_equal(origin(&story, "message = {chat = {id = 5}}").album, 0);
  story_end(&story);
}

static void a_supergroup_keeps_the_lane_of_its_group(void **state) {
  (void)state;
  struct story story = story_begin();
  assert_int_equal(lane(&story, "message = {chat = {id = -1001}}"), -1001);
  assert_int_equal(lane(&story, "message = {chat = {id = -5}, migrate_to_chat_id = -1001}"), -5);
  assert_int_equal(lane(&story, "message = {chat = {id = -1001}, migrate_from_chat_id = -5}"), -5);
  assert_int_equal(lane(&story, "message = {chat = {id = -1001}}"), -5);
  assert_int_equal(lane(&story, "callback_query = {message = {chat = {id = -1001}}}"), -5);
  assert_int_equal(lane(&story, "message = {chat = {id = -1002}}"), -1002);
  story_end(&story);
}

static void the_message_of_the_new_chat_may_come_first(void **state) {
  (void)state;
  struct story story = story_begin();
  assert_int_equal(lane(&story, "message = {chat = {id = -1001}, migrate_from_chat_id = -5}"), -5);
  assert_int_equal(lane(&story, "message = {chat = {id = -5}}"), -5);
  story_end(&story);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_message_takes_the_lane_of_its_chat),
      cmocka_unit_test(without_a_chat_it_is_the_persons_lane),
      cmocka_unit_test(its_person_is_known),
      cmocka_unit_test(its_album_is_known),
      cmocka_unit_test(a_supergroup_keeps_the_lane_of_its_group),
      cmocka_unit_test(the_message_of_the_new_chat_may_come_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
