/* Hosts in one process: on one loop, one clock that is turned, and one Telegram in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after the headers above, as it wants */
#include <cmocka.h>
#include <jansson.h>

#include "assembly/assembly.h"
#include "backup/backup.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/loop.h"
#include "kit/kit.h"
#include "sandbox/sandbox.h"
#include "telegram/telegram.h"

static const char token[] = "700000001:AAF-nobody_may_read_this_in_a_log00";
static const char script[] =
    "local bot, db = require 'bot', require 'db'\n"
    "db.exec 'CREATE TABLE IF NOT EXISTS said(text TEXT)'\n"
    "bot.text('fill', function() db.exec('INSERT INTO said VALUES (zeroblob(340000))') end)\n"
    "bot.text('noise', function() db.exec('INSERT INTO said VALUES (randomblob(1200000))') end)\n"
    "bot.text('forget', function() db.exec('DELETE FROM said') end)\n"
    "bot.otherwise(function(message)\n"
    "  db.exec('INSERT INTO said VALUES (?)', message.text)\n"
    "  message:answer('number ' .. db.one('SELECT count(*) AS n FROM said').n)\n"
    "end)\n";

static struct loop *loop;
static struct clock *now;
static struct sandbox *sandbox;
static char path[] = "/tmp/hosts_test.XXXXXX.lua";

struct one { /* of the hosts */
  struct host *host;
  bool is_started, has_ended;
  enum host_outcome outcome;
};

static void drop_line(const char *line, size_t size, void *data) {
  (void)line;
  (void)size;
  (void)data;
}

static int set_up(void **state) {
  (void)state;
  log_divert(drop_line, NULL);
  (void)snprintf(path, sizeof path, "/tmp/hosts_test.XXXXXX.lua");
  int file = mkstemps(path, 4);
  assert_true(file >= 0 && write(file, script, sizeof script - 1) == (ssize_t)sizeof script - 1 && close(file) == 0);
  loop = loop_open(NULL);
  now = clock_open_manual(loop, 1704110400000);
  struct sandbox_options options = {.has_no_port = true};
  sandbox = sandbox_open(loop, now, &options, NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  (void)sandbox_close(sandbox, NULL);
  clock_close(now);
  log_divert(NULL, NULL);
  return unlink(path) == 0 && loop_close(loop) ? 0 : -1;
}

/* All that falls due within so many ms, and what workers do. */
static void turn(int64_t ms) {
  for (int64_t end = clock_ticks(now) + ms; loop_work_count(loop) || clock_step(now, end - clock_ticks(now));) {
    if (loop_work_count(loop)) loop_turn(loop, true);
  }
}

static void on_started(void *data) { ((struct one *)data)->is_started = true; }

static void on_ended(enum host_outcome outcome, const struct error *error, void *data) {
  struct one *one = data;
  (void)error;
  assert_false(one->has_ended);
  one->has_ended = true;
  one->outcome = outcome;
}

static int64_t database_ceiling, keep_days, copy_chat_id; /* 0: the usual one; copies stay; there are none */

static void start(struct one *one, int64_t admin_id) {
  static const char *paths[] = {path};
  struct transport transport;
  struct error error = {0};
  memory_transport_open(&transport, sandbox, token);
  struct host_options options = {.loop = loop,
                                 .clock = now,
                                 .transport = &transport,
                                 .paths = paths,
                                 .path_count = 1,
                                 .admin_id = admin_id,
                                 .database_ceiling = database_ceiling,
                                 .keep_days = keep_days,
                                 .copy_chat_id = copy_chat_id,
                                 .started = on_started,
                                 .ended = on_ended,
                                 .data = one};
  one->host = host_open(&options, &error);
  assert_string_equal(error.text, "");
  host_start(one->host);
  assert_false(one->is_started); /* nothing is told before the loop has turned */
}

static const char *control(const char *method, const char *what, const char *json) {
  static char text[16384];
  struct sandbox_question question = {.method = method, .path = what, .json = json};
  struct buffer answer;
  buffer_init(&answer, 1 << 20);
  assert_true(sandbox_control(sandbox, &question, &answer, NULL));
  (void)snprintf(text, sizeof text, "%s", answer.data);
  buffer_release(&answer);
  return text;
}

static void anna_says(const char *json) {
  (void)control("POST", "messages", json);
  turn(0);
}

static bool anna_sees(const char *text) { return strstr(control("GET", "messages", "{\"chat_id\":5}"), text) != NULL; }

static void a_stop_is_told_once_and_from_the_loop(void **state) {
  (void)state;
  struct one one = {0};
  (void)control("POST", "users", "{\"id\":5,\"first_name\":\"Anna\"}");
  start(&one, 0);
  turn(0);
  assert_true(one.is_started);
  anna_says("{\"chat_id\":5,\"text\":\"hello\"}");
  assert_true(anna_sees("number 1"));
  host_stop(one.host);
  host_stop(one.host);
  assert_false(one.has_ended);
  turn(0);
  assert_true(one.has_ended);
  assert_int_equal(one.outcome, HOST_STOPPED);
  turn(100000);
  host_close(one.host);
}

static void a_host_can_be_closed_at_any_step(void **state) {
  (void)state;
  (void)control("POST", "users", "{\"id\":5,\"first_name\":\"Anna\"}");
  (void)control("POST", "messages", "{\"chat_id\":5,\"text\":\"hello\"}");
  bool was_started = false;
  for (int steps = 0; !was_started; steps++) { /* each time one more */
    struct one one = {0};
    start(&one, 5);
    for (int i = 0; i < steps; i++) {
      if (loop_work_count(loop)) loop_turn(loop, true);
      (void)clock_step(now, 60000);
    }
    was_started = one.is_started;
    host_close(one.host);
    assert_false(one.has_ended);
  }
}

static void a_host_can_be_stopped_at_any_step_of_its_start(void **state) {
  (void)state;
  (void)control("POST", "users", "{\"id\":5,\"first_name\":\"Anna\"}");
  (void)control("POST", "messages", "{\"chat_id\":5,\"text\":\"hello\"}");
  bool was_started = false;
  for (int steps = 0; !was_started; steps++) {
    struct one one = {0};
    start(&one, 5);
    for (int i = 0; i < steps; i++) {
      if (loop_work_count(loop)) loop_turn(loop, true);
      (void)clock_step(now, 60000);
    }
    was_started = one.is_started;
    host_stop(one.host);
    turn(20000);
    assert_true(one.has_ended);
    assert_int_equal(one.outcome, HOST_STOPPED);
    assert_int_equal(one.is_started, was_started); /* a stop lets no start go on */
    host_close(one.host);
  }
}

static void the_second_of_two_hosts_fences_the_first(void **state) {
  (void)state;
  struct one first = {0}, second = {0};
  (void)control("POST", "users", "{\"id\":5,\"first_name\":\"Anna\"}");
  (void)control("POST", "messages", "{\"chat_id\":5,\"text\":\"hello\"}");
  start(&first, 5);
  turn(60000);
  assert_true(first.is_started && anna_sees("number 1"));
  start(&second, 5);
  turn(60000);
  assert_true(second.is_started);
  assert_true(first.has_ended);
  assert_int_equal(first.outcome, HOST_FENCED);
  assert_false(second.has_ended);
  host_close(first.host);
  anna_says("{\"chat_id\":5,\"text\":\"hello again\"}");
  turn(60000);
  assert_true(anna_sees("number 2"));
  assert_false(anna_sees("number 3"));
  host_stop(second.host);
  turn(60000);
  assert_int_equal(second.outcome, HOST_STOPPED);
  host_close(second.host);
}

static int notices(void) {
  int count = 0;
  const char *all = control("GET", "messages", "{\"chat_id\":5}");
  while ((all = strstr(all, "The database has ")) != NULL) {
    count++;
    all++;
  }
  return count;
}

static void a_database_that_is_nearly_full_is_told_once_and_full_refuses(void **state) {
  (void)state;
  struct one one = {0};
  database_ceiling = 400 << 10; /* so that one row of the script is more than 80 %, and two are too many */
  (void)control("POST", "users", "{\"id\":5,\"first_name\":\"Anna\"}");
  (void)control("POST", "messages", "{\"chat_id\":5,\"text\":\"hello\"}");
  start(&one, 5);
  turn(60000);
  assert_true(one.is_started);
  assert_int_equal(notices(), 0);
  for (int i = 0; i < 3; i++) { /* the later ones are refused */
    anna_says("{\"chat_id\":5,\"text\":\"fill\"}");
    anna_says("{\"chat_id\":5,\"text\":\"hello again\"}");
    turn(60000);
    assert_int_equal(notices(), 1);
  }
  assert_true(anna_sees("number 5")); /* four that were said, and one that was filled */
  assert_false(anna_sees("number 6"));
  host_stop(one.host);
  turn(60000);
  assert_int_equal(one.outcome, HOST_STOPPED);
  host_close(one.host);
  database_ceiling = 0;
}

/* ---- --keep-days ---- */

enum { DAY = 24 * 3600 * 1000, MINUTES = 5 * 60 * 1000 };

/* Calls `each` with every document of a chat. Returns how many there are. */
static int each_document(int64_t chat_id, void (*each)(int64_t message_id, const char *name, void *data), void *data) {
  char question[60];
  struct sandbox_question asked = {.method = "GET", .path = "messages", .json = question};
  struct buffer answer;
  json_t *message;
  size_t i;
  int count = 0;
  buffer_init(&answer, 16 << 20);
  (void)snprintf(question, sizeof question, "{\"chat_id\":%lld}", (long long)chat_id);
  assert_true(sandbox_control(sandbox, &asked, &answer, NULL));
  json_t *root = json_loads(answer.data, 0, NULL);
  json_array_foreach(json_object_get(root, "messages"), i, message) {
    const char *name = json_string_value(json_object_get(json_object_get(message, "document"), "file_name"));
    if (!name) continue;
    count++;
    each(json_integer_value(json_object_get(message, "message_id")), name, data);
  }
  json_decref(root);
  buffer_release(&answer);
  return count;
}

struct seen {
  int64_t upto; /* only messages up to this id count; 0: all */
  int64_t last; /* the highest id */
  int whole, erased;
};

static void see(int64_t message_id, const char *name, void *data) {
  struct seen *seen = data;
  bool is_erased = strcmp(name, "erased.txt") == 0;
  if (seen->upto && message_id > seen->upto) return;
  if (message_id > seen->last) seen->last = message_id;
  seen->whole += !is_erased;
  seen->erased += is_erased;
}

static struct seen look(int64_t chat_id, int64_t upto) {
  struct seen seen = {.upto = upto};
  (void)each_document(chat_id, see, &seen);
  return seen;
}

static size_t copies_of(struct one *one) {
  struct backup_copy copies[BACKUP_COPIES_MAX];
  return backup_copies(host_backup(one->host), copies);
}

/* For so many days a bot is used, then somebody is forgotten, and nothing happens any more. */
static void try_to_forget(int64_t days) {
  struct one one = {0}, next = {0};
  keep_days = days;
  copy_chat_id = 6;
  (void)control("POST", "users", "{\"id\":5,\"first_name\":\"Anna\"}");
  (void)control("POST", "users", "{\"id\":6,\"first_name\":\"Copies\"}");
  (void)control("POST", "messages", "{\"chat_id\":5,\"text\":\"hello\"}");
  (void)control("POST", "messages", "{\"chat_id\":6,\"text\":\"hello\"}");
  start(&one, 5);
  turn(MINUTES);
  for (int i = 0; i < 2; i++) {
    anna_says("{\"chat_id\":5,\"text\":\"noise\"}"); /* a base, and soon another one */
    turn(DAY);
  }
  struct seen before = look(5, 0), copied = look(6, 0);
  assert_true(before.whole >= 2 && (days == 1) == (copied.whole == 0)); /* a copy of a day is of no use then */
  anna_says("{\"chat_id\":5,\"text\":\"forget\"}");
  turn(days * DAY + MINUTES);
  assert_int_equal(look(5, before.last).whole, 0);
  assert_int_equal(look(6, copied.last).whole, 0);
  assert_int_equal(look(5, 0).erased > 0, days > 2); /* Telegram lets a bot delete for 48 hours, edit at any time */
  assert_true(copies_of(&one) <= (size_t)days);
  assert_true(look(5, 0).whole <= 2 * (int)(days + 1));
  host_stop(one.host);
  turn(MINUTES);
  assert_int_equal(one.outcome, HOST_STOPPED);
  host_close(one.host);
  anna_says("{\"chat_id\":5,\"text\":\"hello again\"}");
  start(&next, 5);
  turn(MINUTES);
  assert_true(next.is_started && anna_sees("number 1"));
  assert_true(copies_of(&next) <= (size_t)days);
  host_stop(next.host);
  turn(MINUTES);
  host_close(next.host);
  keep_days = copy_chat_id = 0;
}

static void what_was_forgotten_is_gone_from_all_copies_within_a_day(void **state) {
  (void)state;
  try_to_forget(1);
}

static void what_was_forgotten_is_gone_from_all_copies_within_three_days(void **state) {
  (void)state;
  try_to_forget(3);
}

/* What was deleted is in the base of the only message, and no copy is there whose end would begin another one. */
static void a_bot_in_which_nothing_happens_forgets_too(void **state) {
  (void)state;
  struct one one = {0};
  keep_days = 1;
  (void)control("POST", "users", "{\"id\":5,\"first_name\":\"Anna\"}");
  start(&one, 5);
  turn(MINUTES);
  anna_says("{\"chat_id\":5,\"text\":\"noise\"}");
  turn(MINUTES);
  anna_says("{\"chat_id\":5,\"text\":\"forget\"}");
  turn(MINUTES);
  struct seen before = look(5, 0);
  assert_int_equal(before.whole, 2); /* the message and its base */
  turn(DAY);
  assert_int_equal(look(5, before.last).whole, 0);
  host_stop(one.host);
  turn(MINUTES);
  host_close(one.host);
  keep_days = 0;
}

static void without_a_limit_copies_stay(void **state) {
  (void)state;
  struct one one = {0};
  (void)control("POST", "users", "{\"id\":5,\"first_name\":\"Anna\"}");
  start(&one, 5);
  turn(MINUTES);
  for (int i = 0; i < 3; i++) {
    anna_says("{\"chat_id\":5,\"text\":\"hello\"}");
    turn(DAY);
  }
  assert_int_equal(copies_of(&one), 2);
  assert_int_equal(look(5, 0).erased, 0);
  host_stop(one.host);
  turn(MINUTES);
  host_close(one.host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_stop_is_told_once_and_from_the_loop, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_host_can_be_closed_at_any_step, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_host_can_be_stopped_at_any_step_of_its_start, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_second_of_two_hosts_fences_the_first, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_database_that_is_nearly_full_is_told_once_and_full_refuses, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_was_forgotten_is_gone_from_all_copies_within_a_day, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_was_forgotten_is_gone_from_all_copies_within_three_days, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_bot_in_which_nothing_happens_forgets_too, set_up, tear_down),
      cmocka_unit_test_setup_teardown(without_a_limit_copies_stay, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
