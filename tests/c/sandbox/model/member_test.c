/* As what people and bots are in a chat, by the model alone. */
#include "sandbox/model/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/loop.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/rights.h"
#include "sandbox/model/webhook.h"

static struct loop *loop;
static struct clock *now;
static struct model *model;
static struct chat *chat;
static struct person *anna;

static int set_up(void **state) {
  (void)state;
  loop = loop_open(NULL);
  now = clock_open_manual(loop, 1700000000000);
  model = model_new(now);
  anna = person_add(model, 5, "Anna", NULL, NULL, NULL);
  chat = chat_add(model, -9, CHAT_SUPERGROUP, "Moon");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  model_free(model);
  clock_close(now);
  return loop_close(loop) ? 0 : -1;
}

static enum member_status status_at(const struct person *person, int64_t time) {
  struct member member = member_now(chat, person, time);
  return member.status;
}

static void a_bot_is_an_administrator_unless_told(void **state) {
  (void)state;
  const struct person *bot = bot_use(model, "123:ABCDEFGHIJKLMNOPQRSTUVWXYZ")->person;
  assert_int_equal(status_at(bot, 0), MEMBER_ADMINISTRATOR);
  struct member *entry = member_entry(chat, bot);
  assert_int_equal(entry->rights, rights_all(RIGHTS_ADMINISTRATOR));
  entry->status = MEMBER_LEFT;
  assert_int_equal(status_at(bot, 0), MEMBER_LEFT);
  assert_int_equal(status_at(anna, 0), MEMBER_LEFT);
}

static void a_ban_and_a_restriction_end(void **state) {
  (void)state;
  member_add(chat, 5);
  struct member *entry = member_entry(chat, anna);
  entry->status = MEMBER_KICKED;
  entry->until = 100;
  assert_int_equal(status_at(anna, 99), MEMBER_KICKED);
  assert_int_equal(status_at(anna, 100), MEMBER_LEFT);
  entry->status = MEMBER_RESTRICTED;
  struct member member = member_now(chat, anna, 99);
  assert_false(member_may_write(&member));
  assert_int_equal(status_at(anna, 100), MEMBER_PLAIN);
  entry->is_away = true;
  assert_int_equal(status_at(anna, 100), MEMBER_LEFT);
}

/* What was before a change is compared with what is after it, so it must not point into the entry. */
static void a_copy_keeps_its_title(void **state) {
  (void)state;
  struct buffer json;
  struct member *entry = member_entry(chat, anna);
  entry->status = MEMBER_ADMINISTRATOR;
  member_set_title(entry->title, "pilot");
  struct member before = member_now(chat, anna, 0);
  member_set_title(entry->title, NULL);
  buffer_init(&json, 1 << 16);
  member_write(&before, anna, &json);
  assert_non_null(strstr(json.data, "\"custom_title\":\"pilot\""));
  buffer_release(&json);
}

static void only_this_machine_is_local(void **state) {
  (void)state;
  assert_true(webhook_is_local("http://127.0.0.1:8080/hook"));
  assert_true(webhook_is_local("https://user:password@localhost/"));
  assert_true(webhook_is_local("http://[::1]:1?x"));
  assert_false(webhook_is_local("https://127.0.0.1.example.com/"));
  assert_false(webhook_is_local("https://localhost.example.com"));
  assert_false(webhook_is_local("https://example.com/127.0.0.1"));
  assert_false(webhook_is_local("https://127.0.0.1@example.com/"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(a_bot_is_an_administrator_unless_told),
      CASE(a_ban_and_a_restriction_end),
      CASE(a_copy_keeps_its_title),
      CASE(only_this_machine_is_local),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
