/* The receiver of a webhook and its setting, by a Telegram that the test plays: real requests on a real port, and calls of the
 * Bot API that the test answers. */
#include "telegram/fake.h"
/* after cmocka, as it wants */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"
#include "database/database.h"
#include "net/server.h"
#include "script/script.h"
#include "updates/receiver.h"

#ifndef RECEIVER_REMEMBERED
#define RECEIVER_REMEMBERED 2000 /* as updates/receiver.c has it */
#endif

enum { PATIENCE = 100000, LOOK_MS = 60000, LOOK_AGAIN_MS = 5000 };

struct story {
  struct fake *fake;
  struct database *database;
  struct script *script;
  struct server *server;
  struct updates_options options;
  struct receiver *receiver;
  char secret[100];
  int fd; /* Telegram's connection */
  size_t room, taken;
  uint64_t saved, confirmed, last_batch; /* batches */
  unsigned failed, conflicts, stopped;
  bool may_take;
};

static size_t room(void *data) { return ((struct story *)data)->room; }
static bool is_busy(void *data) { return (void)data, false; }

static enum intake_result take(struct arrival *arrival, struct error *error, void *data) {
  struct story *story = data;
  char text[100];
  (void)snprintf(text, sizeof text, "%.*s", (int)arrival->size, arrival->json);
  assert_false(arrival->has_more);
  if (strcmp(text, "later") == 0) return error_set(error, ERROR_MEMORY, "no"), INTAKE_LATER;
  if (strcmp(text, "odd") == 0) return error_set(error, ERROR_INPUT, "no id"), INTAKE_PASSED;
  arrival->id = strtol(text, NULL, 10);
  assert_int_equal(arrival->batch, story->last_batch + 1);
  story->last_batch = arrival->batch;
  story->taken++;
  if (story->room) story->room--;
  return INTAKE_TAKEN;
}

static void taken(uint64_t batch, size_t count, void *data) {
  (void)data;
  assert_true(batch > 0);
  assert_int_equal(count, 1);
}

static void confirmed(uint64_t batch, int64_t offset, void *data) {
  struct story *story = data;
  assert_true(batch > story->confirmed);
  assert_int_equal(offset, INT64_MAX); /* what the table holds is older than all of them */
  story->confirmed = batch;
}

static bool may_poll(void *data) { return data != NULL; }
static bool may_confirm(uint64_t batch, void *data) {
  const struct story *story = data;
  return !story->options.is_durable || batch <= story->saved;
}

static bool on_may_poll(void *data) { return ((struct story *)data)->may_take; }
static void on_failed(const struct error *error, void *data) { (void)error, ((struct story *)data)->failed++; }
static void on_conflict(void *data) { ((struct story *)data)->conflicts++; }
static void on_stopped(void *data) { ((struct story *)data)->stopped++; }
static void on_admission(const struct server_request *request, struct server_refusal *refusal, void *data) {
  receiver_admit(((struct story *)data)->receiver, request, refusal);
}
static void on_request(struct server_request *request, void *data) { receiver_take(((struct story *)data)->receiver, request); }

static void open_receiver(struct story *story, bool is_durable) {
  struct intake intake = {room, is_busy, take, taken, confirmed, may_confirm, may_poll, story, is_durable};
  receiver_close(story->receiver);
  story->options.is_durable = is_durable;
  story->receiver = receiver_open(&story->options, &intake, NULL);
}

static int setup(void **state) {
  struct story *story = memory_new(sizeof *story);
  story->fake = fake_open();
  story->database = database_open(NULL);
  struct script_options options = {.database = story->database, .clock = story->fake->clock};
  story->script = script_open(&options);
  story->room = SIZE_MAX;
  story->may_take = true;
  story->fd = -1;
  story->options = (struct updates_options){.telegram = story->fake->telegram,
                                            .script = story->script,
                                            .clock = story->fake->clock,
                                            .webhook = {.url = "https://x.example/hook", .connections = 9},
                                            .may_poll = on_may_poll,
                                            .failed = on_failed,
                                            .conflicted = on_conflict,
                                            .data = story};
  open_receiver(story, false);
  story->server = server_open(story->fake->loop, &(struct server_options){.body_ceiling = 1000, .admit = on_admission},
                              on_request, story, NULL);
  *state = story;
  return story->server ? 0 : -1;
}

static int teardown(void **state) {
  struct story *story = *state;
  if (story->fd >= 0) (void)close(story->fd);
  server_close(story->server);
  receiver_close(story->receiver);
  script_close(story->script);
  database_close(story->database);
  int result = fake_free(story->fake);
  free(story);
  return result;
}

/* ---- Telegram's side ---- */

static const struct fake_request *newest(const struct story *story) { return &story->fake->requests[story->fake->count - 1]; }

static bool is_asked(const struct story *story, const char *method) {
  return newest(story)->is_open && strcmp(newest(story)->method, method) == 0;
}

static void answer(struct story *story, int status, const char *body) {
  fake_answer(story->fake, story->fake->count - 1, status, body);
}

static void begin(struct story *story) {
  receiver_start(story->receiver);
  assert_true(is_asked(story, "setWebhook"));
  const char *secret = strstr(newest(story)->body, "\"secret_token\":\"");
  assert_non_null(secret);
  assert_int_equal(sscanf(secret, "\"secret_token\":\"%64[0-9a-f]\"", story->secret), 1);
  answer(story, 200, "{\"ok\":true,\"result\":true}");
}

static void dial(struct story *story) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port(story->server))};
  story->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &address.sin_addr), 1);
  assert_int_equal(connect(story->fd, (struct sockaddr *)&address, sizeof address), 0);
}

static void post(struct story *story, const char *body) {
  char text[400];
  if (story->fd < 0) dial(story);
  int size = snprintf(text, sizeof text,
                      "POST /hook HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: %s\r\nContent-Length: %zu\r\n\r\n%s",
                      story->secret, strlen(body), body);
  assert_int_equal(send(story->fd, text, (size_t)size, MSG_NOSIGNAL), size);
}

/* Turns the loop a while, and returns the status that has come; 0: none. */
static int hear(struct story *story, int patience) {
  char text[1000];
  for (int turn = 0; turn < patience; turn++) {
    ssize_t size = recv(story->fd, text, sizeof text - 1, MSG_DONTWAIT);
    if (size > 0) {
      text[size] = '\0';
      if (strstr(text, "Connection: close")) (void)close(story->fd), story->fd = -1;
      return (int)strtol(text + sizeof "HTTP/1.1", NULL, 10);
    }
    if (size == 0) fail_msg("closed without an answer");
    (void)loop_turn(story->fake->loop, false);
    (void)usleep(50);
  }
  return 0;
}

static int ask(struct story *story, const char *body) {
  post(story, body);
  return hear(story, PATIENCE);
}

/* Nothing comes, though the request has been seen. */
static void assert_waits(struct story *story, size_t held, size_t unsaved) {
  struct updates_status status = {0};
  for (int turn = 0; turn < PATIENCE && status.held + status.unsaved != held + unsaved; turn++) {
    (void)loop_turn(story->fake->loop, false);
    (void)usleep(50);
    receiver_status(story->receiver, &status);
  }
  assert_int_equal(status.held, held);
  assert_int_equal(status.unsaved, unsaved);
  assert_int_equal(hear(story, 5), 0);
}

/* ---- requests ---- */

static void answers_when_it_has_taken_the_update(void **state) {
  struct story *story = *state;
  assert_int_equal(ask(story, "1"), 503); /* nobody was told of it */
  begin(story);
  assert_int_equal(ask(story, "1"), 200);
  assert_int_equal(story->taken, 1);
  assert_int_equal(ask(story, "odd"), 200); /* it would be as odd when it comes again */
  assert_int_equal(ask(story, "later"), 503);
  assert_int_equal(story->taken, 1);
  story->secret[5] ^= 1;
  assert_int_equal(ask(story, "2"), 401);
  assert_int_equal(story->conflicts, 1); /* is it a successor's? */
  assert_int_equal(story->taken, 1);
}

static void holds_a_request_until_there_is_room(void **state) {
  struct story *story = *state;
  begin(story);
  story->room = 0;
  post(story, "1");
  assert_waits(story, 1, 0);
  story->room = 1;
  receiver_go_on(story->receiver);
  assert_int_equal(hear(story, PATIENCE), 200);
  assert_int_equal(story->taken, 1);
}

static void takes_nothing_until_it_is_known_that_this_host_reigns(void **state) {
  struct story *story = *state;
  begin(story);
  story->may_take = false;
  post(story, "1");
  assert_waits(story, 1, 0);
  story->may_take = true;
  clock_advance(story->fake->clock, 1000);
  assert_int_equal(hear(story, PATIENCE), 200);
}

static void durable_waits_for_the_backup(void **state) {
  struct story *story = *state;
  open_receiver(story, true);
  begin(story);
  post(story, "1");
  assert_waits(story, 0, 1);
  assert_int_equal(story->taken, 1);
  story->saved = 1;
  receiver_go_on(story->receiver);
  assert_int_equal(hear(story, PATIENCE), 200);
}

static void durable_refuses_what_waits_where_another_host_has_taken_over(void **state) {
  struct story *story = *state;
  open_receiver(story, true);
  begin(story);
  post(story, "1");
  assert_waits(story, 0, 1);
  receiver_stop(story->receiver, on_stopped, story);
  receiver_refuse_waiting(story->receiver);
  assert_int_equal(hear(story, PATIENCE), 503);
  clock_advance(story->fake->clock, 0);
  assert_int_equal(story->stopped, 1);
}

static void a_client_that_hangs_up_is_forgotten(void **state) {
  struct story *story = *state;
  begin(story);
  story->room = 0;
  post(story, "1");
  assert_waits(story, 1, 0);
  (void)close(story->fd);
  story->fd = -1;
  struct updates_status status = {.held = 1};
  for (int turn = 0; turn < PATIENCE && status.held; turn++) {
    (void)loop_turn(story->fake->loop, false);
    receiver_status(story->receiver, &status);
  }
  assert_int_equal(status.held, 0);
  story->room = 1;
  receiver_go_on(story->receiver);
  assert_int_equal(story->taken, 0);
}

static void remembers_the_newest_and_forgets_the_rest(void **state) {
  struct story *story = *state;
  begin(story);
  for (int i = 1; i <= 3 * RECEIVER_REMEMBERED; i++) {
    assert_int_equal(ask(story, "1"), 200);
    assert_true(story->confirmed + RECEIVER_REMEMBERED <= (uint64_t)i || !story->confirmed);
  }
  assert_true(story->confirmed + 2 * RECEIVER_REMEMBERED >= story->last_batch);
}

/* ---- what Telegram is told ---- */

static void sets_the_webhook_until_it_is_set(void **state) {
  struct story *story = *state;
  struct updates_status status;
  receiver_start(story->receiver);
  assert_non_null(strstr(newest(story)->body, "\"url\":\"https://x.example/hook\""));
  assert_non_null(strstr(newest(story)->body, "\"max_connections\":9"));
  answer(story, 502, "no");
  receiver_status(story->receiver, &status);
  assert_false(status.is_webhook_set);
  clock_advance(story->fake->clock, 1000);
  assert_true(is_asked(story, "setWebhook"));
  answer(story, 429, "{\"ok\":false,\"error_code\":429,\"description\":\"no\",\"parameters\":{\"retry_after\":7}}");
  clock_advance(story->fake->clock, 6999);
  assert_false(newest(story)->is_open);
  clock_advance(story->fake->clock, 1);
  answer(story, 200, "{\"ok\":true,\"result\":true}");
  receiver_status(story->receiver, &status);
  assert_true(status.is_webhook_set);
  assert_int_equal(story->failed, 0);
}

static void ends_where_the_address_is_refused(void **state) {
  struct story *story = *state;
  receiver_start(story->receiver);
  answer(story, 400, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: bad webhook\"}");
  assert_int_equal(story->failed, 1);
}

static void is_set_again_where_it_was_taken_off_but_not_at_once(void **state) {
  static const char gone[] = "{\"ok\":true,\"result\":{\"url\":\"\",\"pending_update_count\":3}}";
  struct story *story = *state;
  begin(story);
  clock_advance(story->fake->clock, LOOK_MS);
  assert_true(is_asked(story, "getWebhookInfo"));
  answer(story, 200,
         "{\"ok\":true,\"result\":{\"url\":\"https://x.example/hook\",\"last_error_date\":5,\"last_error_message\":\"no\"}}");
  assert_int_equal(story->conflicts, 0);
  clock_advance(story->fake->clock, LOOK_MS);
  answer(story, 200, gone);
  assert_int_equal(story->conflicts, 1); /* a successor may have done it */
  assert_false(newest(story)->is_open);
  clock_advance(story->fake->clock, LOOK_AGAIN_MS);
  answer(story, 200, gone);
  assert_true(is_asked(story, "setWebhook"));
  answer(story, 200, "{\"ok\":true,\"result\":true}");
  clock_advance(story->fake->clock, LOOK_MS);
  assert_true(is_asked(story, "getWebhookInfo"));
}

static void drops_what_waits_only_once(void **state) {
  struct story *story = *state;
  story->options.webhook.drops_pending = true;
  receiver_start(story->receiver);
  assert_non_null(strstr(newest(story)->body, "\"drop_pending_updates\":true"));
  answer(story, 200, "{\"ok\":true,\"result\":true}");
  receiver_renew(story->receiver);
  assert_true(is_asked(story, "setWebhook"));
  assert_null(strstr(newest(story)->body, "drop_pending_updates"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(answers_when_it_has_taken_the_update),
      TEST(holds_a_request_until_there_is_room),
      TEST(takes_nothing_until_it_is_known_that_this_host_reigns),
      TEST(durable_waits_for_the_backup),
      TEST(durable_refuses_what_waits_where_another_host_has_taken_over),
      TEST(a_client_that_hangs_up_is_forgotten),
      TEST(remembers_the_newest_and_forgets_the_rest),
      TEST(sets_the_webhook_until_it_is_set),
      TEST(ends_where_the_address_is_refused),
      TEST(is_set_again_where_it_was_taken_off_but_not_at_once),
      TEST(drops_what_waits_only_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
