/* What people do, against the model alone: what happens, what the bots are told, and that a refused action changes nothing. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/loop.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/file.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"
#include "sandbox/person/action.h"

static struct loop *loop;
static struct clock *now;
static struct model *model;
static char answer[16384], why[512];

static int set_up(void **state) {
  (void)state;
  loop = loop_open(NULL);
  now = clock_open_manual(loop, 1700000000000);
  model = model_new(now);
  (void)bot_use(model, "123:ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  (void)person_add(model, 5, "Anna", NULL, NULL, NULL);
  (void)person_add(model, 6, "Boris", NULL, NULL, NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  model_free(model);
  clock_close(now);
  return loop_close(loop) ? 0 : -1;
}

typedef bool (*action_run)(struct action *action, struct error *error);

static bool act_with(action_run run, const char *input, struct action_file file) {
  struct buffer buffer;
  struct error error = {0};
  buffer_init(&buffer, 1 << 20);
  struct action action = {.model = model, .input = json_loads(input, 0, NULL), .file = file, .answer = &buffer};
  assert_non_null(action.input);
  bool ok = run(&action, &error);
  (void)snprintf(answer, sizeof answer, "%s", buffer.data ? buffer.data : "");
  (void)snprintf(why, sizeof why, "%s", error.text);
  json_decref(action.input);
  buffer_release(&buffer);
  return ok;
}

static bool act(action_run run, const char *input) { return act_with(run, input, (struct action_file){0}); }

/* The updates of the bot, which are read only once. */
static const char *updates(void) {
  static char text[16384];
  struct buffer buffer;
  struct queue *queue = model->bots->queue;
  buffer_init(&buffer, 1 << 20);
  (void)queue_read(queue, 100, model_now(model), &buffer);
  (void)snprintf(text, sizeof text, "%s", buffer.data);
  buffer_release(&buffer);
  queue_clear(queue);
  return text;
}

static void assert_in(const char *text, const char *part) {
  if (!strstr(text, part)) fail_msg("expected %s in %s", part, text);
}

static bool is_member(const struct chat *chat, int64_t user_id) {
  struct member member = member_now(chat, person_find(model, user_id), model_now(model));
  return member_is_in(&member);
}

static void what_a_person_writes_reaches_the_bot(void **state) {
  (void)state;
  assert_true(act(writing_send, "{\"chat_id\":5,\"text\":\" /start \"}"));
  assert_in(updates(), "\"text\":\"/start\",\"entities\":[{\"offset\":0,\"length\":6,\"type\":\"bot_command\"}]");
  assert_true(act(writing_send, "{\"chat_id\":5,\"message_id\":1,\"text\":\"stop\"}"));
  assert_in(updates(), "\"edited_message\":");
  assert_true(act(writing_send, "{\"chat_id\":5,\"kind\":\"dice\"}"));
  assert_in(updates(), "\"dice\":{\"emoji\":");
}

static void an_action_that_is_refused_changes_nothing(void **state) {
  (void)state;
  assert_false(act(writing_send, "{\"chat_id\":5}"));
  assert_string_equal(why, "a message needs a \"text\", a \"kind\" or a file");
  assert_false(act(writing_send, "{\"chat_id\":7,\"text\":\"a\"}"));
  assert_false(act(writing_send, "{\"chat_id\":5,\"message_id\":9,\"text\":\"a\"}"));
  assert_false(act(button_press, "{\"chat_id\":5,\"message_id\":9,\"data\":\"a\"}"));
  assert_false(act(account_add, "{\"id\":123,\"first_name\":\"Eve\"}"));
  assert_false(act(group_add, "{\"id\":5,\"type\":\"group\"}"));
  assert_string_equal(updates(), "[]");
  assert_int_equal(model->message_count, 0);
  assert_true(act(group_add, "{\"id\":-9,\"type\":\"group\"}"));
  assert_false(act(writing_send, "{\"chat_id\":-9,\"from_id\":5}"));
  assert_false(is_member(chat_find(model, -9), 5));
  assert_true(act(writing_send, "{\"chat_id\":-9,\"from_id\":5,\"text\":\"a\"}"));
  assert_true(is_member(chat_find(model, -9), 5));
}

static void a_file_is_taken_over_with_the_message(void **state) {
  (void)state;
  struct action_file file = {.parameter = "document", .name = "moon.txt", .data = strdup("dust"), .size = 4};
  assert_true(act_with(writing_send, "{\"chat_id\":5,\"caption\":\"look\"}", file));
  assert_in(answer, "\"document\":{\"file_name\":\"moon.txt\",\"mime_type\":\"text/plain\"");
  assert_in(answer, "\"caption\":\"look\"");
  assert_int_equal(model->file_bytes, 4);
}

static void a_restricted_person_may_not_write(void **state) {
  (void)state;
  assert_true(act(group_add, "{\"id\":-9,\"type\":\"supergroup\",\"title\":\"Moon\",\"members\":[5,6]}"));
  assert_true(act(membership_set, "{\"chat_id\":-9,\"user_id\":6,\"status\":\"restricted\"}"));
  assert_true(act(writing_send, "{\"chat_id\":-9,\"from_id\":5,\"text\":\"a\"}"));
  assert_false(act(writing_send, "{\"chat_id\":-9,\"from_id\":6,\"text\":\"a\"}"));
  assert_in(why, "they are restricted or banned");
  assert_int_equal(model->message_count, 1);
}

static void whoever_blocks_the_bots_is_told_of_once(void **state) {
  (void)state;
  assert_true(act(account_add, "{\"id\":5,\"blocked\":true}"));
  assert_in(updates(), "\"my_chat_member\":{\"chat\":{\"id\":5,");
  assert_true(act(account_add, "{\"id\":5,\"blocked\":true}"));
  assert_string_equal(updates(), "[]");
}

static const char *poll_of(int id) { return message_find(chat_find(model, 5), id)->content; }

static void a_vote_is_counted_changed_and_taken_back(void **state) {
  (void)state;
  static const char poll[] =
      "{\"chat_id\":5,\"poll\":{\"id\":\"8\",\"options\":[{\"text\":\"a\",\"voter_count\":0},{\"text\":\"b\","
      "\"voter_count\":0}],\"total_voter_count\":0,\"is_closed\":false,\"is_anonymous\":false,\"allows_multiple_answers\":"
      "false}}";
  assert_true(act(writing_send, poll));
  message_find(chat_find(model, 5), 1)->from = model->bots->person; /* others than its bot do not hear of votes */
  (void)updates();
  assert_true(act(vote_cast, "{\"chat_id\":5,\"message_id\":1,\"from_id\":6,\"options\":[1]}"));
  assert_in(updates(), "\"poll_answer\":{\"poll_id\":\"8\",\"user\":{\"id\":6,");
  assert_in(poll_of(1), "{\"text\":\"b\",\"voter_count\":1}");
  assert_true(act(vote_cast, "{\"chat_id\":5,\"message_id\":1,\"from_id\":6,\"options\":[0]}"));
  assert_in(poll_of(1), "{\"text\":\"a\",\"voter_count\":1},{\"text\":\"b\",\"voter_count\":0}");
  assert_in(poll_of(1), "\"total_voter_count\":1");
  assert_true(act(vote_cast, "{\"chat_id\":5,\"message_id\":1,\"from_id\":6,\"options\":[]}"));
  assert_in(poll_of(1), "\"total_voter_count\":0");
  (void)updates();
  assert_false(act(vote_cast, "{\"chat_id\":5,\"message_id\":1,\"from_id\":6,\"options\":[0,1]}"));
  assert_string_equal(why, "only one option can be chosen");
  assert_false(act(vote_cast, "{\"chat_id\":5,\"message_id\":1,\"from_id\":6,\"options\":[2]}"));
  assert_string_equal(updates(), "[]");
}

static void a_group_becomes_a_supergroup_once(void **state) {
  (void)state;
  assert_true(act(group_add, "{\"id\":-9,\"type\":\"group\",\"title\":\"Moon\",\"members\":[5,6]}"));
  assert_true(act(group_migrate, "{\"chat_id\":-9}"));
  const char *told = updates();
  assert_in(told, "\"migrate_to_chat_id\":-1000000000009");
  assert_in(told, "\"migrate_from_chat_id\":-9");
  assert_true(is_member(chat_find(model, -1000000000009), 6));
  assert_false(act(group_migrate, "{\"chat_id\":-9}"));
}

static void a_pin_is_told_once(void **state) {
  (void)state;
  assert_true(act(writing_send, "{\"chat_id\":5,\"text\":\"a\"}"));
  (void)updates();
  assert_true(act(pin_set, "{\"chat_id\":5,\"message_id\":1}"));
  assert_in(updates(), "\"pinned_message\":{\"message_id\":1,");
  assert_true(act(pin_set, "{\"chat_id\":5,\"message_id\":1}"));
  assert_string_equal(updates(), "[]");
  assert_true(act(deletion_forget, "{\"chat_id\":5,\"message_id\":1,\"delete\":true}"));
  assert_null(message_pinned(chat_find(model, 5)));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(what_a_person_writes_reaches_the_bot),    CASE(an_action_that_is_refused_changes_nothing),
      CASE(a_file_is_taken_over_with_the_message),   CASE(a_restricted_person_may_not_write),
      CASE(whoever_blocks_the_bots_is_told_of_once), CASE(a_vote_is_counted_changed_and_taken_back),
      CASE(a_group_becomes_a_supergroup_once),       CASE(a_pin_is_told_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
