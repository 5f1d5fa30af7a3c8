/* Fetching and writing, against a small Telegram that fails at any step. */
#include <stdio.h>

#include "backup/world.h"

static int setup(void **state) {
  *state = world_open(0);
  return 0;
}

static int teardown(void **state) { return world_close(*state); }

/* ---- fetching one message ---- */

static void fetch(struct world *world, int64_t message_id, struct told *told) {
  *told = (struct told){.anchor = world->anchor};
  anchor_fetch(world->anchor, message_id, on_found, told);
  world_run(world, &told->times);
}

static void a_message_is_fetched_whatever_is_in_it(void **state) {
  struct world *world = *state;
  struct told told;
  int64_t message_id = world_put(world, "any bytes", 9);
  fetch(world, message_id, &told);
  assert_int_equal(told.found.message_id, message_id);
  assert_memory_equal(told.bytes, "any bytes", 9);
  free(told.bytes);
  world_document(world, message_id)->is_text = true;
  fetch(world, message_id, &told);
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_false(told.found.is_there);
  fetch(world, 999, &told);
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_false(told.found.is_there);
  assert_clean(world, 1);
}

static void copies_are_deleted_though_the_download_fails(void **state) {
  struct world *world = *state;
  struct told told;
  int64_t message_id = world_put(world, "bytes", 5);
  world->fail_method = "";
  world->fail_at = 1;
  world->fail_times = 1000;
  world->failure = FAIL_NETWORK;
  fetch(world, message_id, &told);
  assert_int_equal(told.error.kind, ERROR_NETWORK);
  assert_clean(world, 1);
}

/* ---- writing ---- */

static void send(struct world *world, struct told *told) {
  *told = (struct told){0};
  anchor_send(world->anchor, "a.zst", "Do not \"delete\"", "BYTES", 5, on_sent, told);
  world_run(world, &told->times);
}

static void edit(struct world *world, int64_t message_id, struct told *told) {
  *told = (struct told){0};
  anchor_edit(world->anchor, message_id, "a.zst", "Do not \"delete\"", "OTHER", 5, on_sent, told);
  world_run(world, &told->times);
}

static void a_document_is_sent_without_a_sound(void **state) {
  struct world *world = *state;
  struct told told;
  send(world, &told);
  assert_string_equal(world->fake->requests[0].method, "sendDocument");
  assert_string_equal(world->fake->requests[0].body,
                      "chat_id=77\ncaption=Do not \"delete\"\ndisable_notification=true\n"
                      "disable_content_type_detection=true\ndocument=a.zst:BYTES\n");
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_int_equal(told.sent.message_id, 101);
  assert_string_equal(told.sent.file_id, "file101");
  assert_string_equal(told.sent.unique.text, "unique2");
}

static void a_document_is_edited_in_its_message(void **state) {
  struct world *world = *state;
  struct told told;
  int64_t message_id = world_put(world, "x", 1);
  edit(world, message_id, &told);
  assert_string_equal(world->fake->requests[0].method, "editMessageMedia");
  assert_string_equal(world->fake->requests[0].body,
                      "chat_id=77\nmessage_id=101\nmedia={\"type\":\"document\",\"media\":\"attach://document\",\"caption\":"
                      "\"Do not \\\"delete\\\"\",\"disable_content_type_detection\":true}\ndocument=a.zst:OTHER\n");
  assert_int_equal(told.sent.message_id, message_id);
  assert_string_equal(told.sent.unique.text, "unique2");
  assert_memory_equal(world_document(world, message_id)->bytes, "OTHER", 5);
}

static void an_edit_that_changes_nothing_is_a_success(void **state) {
  struct world *world = *state;
  struct told told;
  send(world, &told);
  world->failure = FAIL_REFUSED;
  world->refusal = "message is not modified: specified new message content is the same";
  world->counted = 0;
  world->fail_at = 1;
  world->fail_times = 2;
  edit(world, 101, &told);
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_int_equal(told.sent.message_id, 101);
  assert_string_equal(told.sent.unique.text, "unique2");
  edit(world, 55, &told); /* a message that it has not seen before */
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_int_equal(told.sent.message_id, 55);
  assert_string_equal(told.sent.unique.text, "");
}

static void a_message_that_is_out_of_reach_is_told_from_a_refusal(void **state) {
  struct world *world = *state;
  static const struct {
    const char *words;
    bool is_gone;
  } refusals[] = {{"message to edit not found", true},
                  {"message can't be edited", true},
                  {"message media can't be edited", true},
                  {"MESSAGE_ID_INVALID", true},
                  {"chat not found", false},
                  {"canceled by new edit message request", false},
                  {"not enough rights to send documents to the chat", false}};
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    struct told told;
    world->failure = FAIL_REFUSED;
    world->refusal = refusals[i].words;
    world->counted = 0;
    world->fail_at = world->fail_times = 1;
    edit(world, 5, &told);
    assert_int_equal(told.error.kind, ERROR_REFUSED);
    assert_int_equal(told.sent.is_gone, refusals[i].is_gone);
    world->counted = 0;
    send(world, &told);
    assert_int_equal(told.error.kind, ERROR_REFUSED);
    assert_false(told.sent.is_gone);
  }
}

static void an_upload_that_may_have_happened_is_not_repeated(void **state) {
  struct world *world = *state;
  int64_t message_id = world_put(world, "x", 1);
  static const enum failure failures[] = {FAIL_500, FAIL_UNCERTAIN, FAIL_GARBAGE};
  for (size_t i = 0; i < 3; i++) {
    struct told told;
    unsigned before = world->fake->count;
    world->failure = failures[i];
    world->counted = 0;
    world->fail_at = 1;
    world->fail_times = 2;
    send(world, &told);
    assert_int_equal(told.error.kind, ERROR_UNCERTAIN);
    edit(world, message_id, &told);
    assert_int_equal(told.error.kind, ERROR_UNCERTAIN);
    assert_false(told.sent.is_gone);
    assert_int_equal(world->fake->count, before + 2);
  }
}

static void an_upload_that_did_not_happen_is_repeated(void **state) {
  struct world *world = *state;
  struct told told;
  world->fail_at = world->fail_times = 1;
  world->failure = FAIL_429;
  send(world, &told);
  assert_int_equal(told.error.kind, ERROR_NONE);
  world->counted = 0;
  world->failure = FAIL_NETWORK;
  edit(world, told.sent.message_id, &told);
  assert_int_equal(told.error.kind, ERROR_NONE);
}

static void cancelled_uploads_say_nothing(void **state) {
  struct world *world = *state;
  struct told told = {0};
  anchor_send(world->anchor, "a", "b", "c", 1, on_sent, &told);
  anchor_cancel(world->anchor);
  anchor_edit(world->anchor, 5, "a", "b", "c", 1, on_sent, &told);
  anchor_cancel(world->anchor);
  anchor_cancel(world->anchor); /* nothing is under way */
  anchor_pin(world->anchor, 5, on_plain, &told);
  anchor_cancel(world->anchor);
  assert_int_equal(world->fake->cancelled, 3);
  assert_int_equal(told.times, 0);
}

/* ---- pins, and deleting ---- */

typedef void (*act)(struct anchor *anchor, int64_t message_id, anchor_done done, void *data);

static struct error do_to(struct world *world, act function, int64_t message_id) {
  struct told told = {0};
  world->counted = 0;
  function(world->anchor, message_id, on_plain, &told);
  world_run(world, &told.times);
  return told.error;
}

static void pins_are_silent_and_may_be_there_already(void **state) {
  struct world *world = *state;
  int64_t message_id = world_put(world, "x", 1);
  assert_int_equal(do_to(world, anchor_pin, message_id).kind, ERROR_NONE);
  assert_string_equal(world->fake->requests[0].body, "{\"chat_id\":77,\"message_id\":101,\"disable_notification\":true}");
  assert_int_equal(world->pin, message_id);
  world->failure = FAIL_REFUSED;
  world->fail_at = world->fail_times = 1;
  world->refusal = "CHAT_NOT_MODIFIED";
  assert_int_equal(do_to(world, anchor_pin, message_id).kind, ERROR_NONE);
  world->refusal = "not enough rights to manage pinned messages in the chat";
  assert_int_equal(do_to(world, anchor_pin, message_id).kind, ERROR_REFUSED);
}

static void unpinning_and_deleting_cannot_fail(void **state) {
  struct world *world = *state;
  int64_t message_id = world_put(world, "x", 1);
  world->pin = message_id;
  assert_int_equal(do_to(world, anchor_unpin, message_id).kind, ERROR_NONE);
  assert_int_equal(world->pin, 0);
  assert_int_equal(do_to(world, anchor_delete, message_id).kind, ERROR_NONE);
  assert_null(world_document(world, message_id));
  assert_int_equal(do_to(world, anchor_delete, message_id).kind, ERROR_NONE);
  world->fail_at = 1;
  world->fail_times = 1000;
  for (enum failure failure = FAIL_500; failure <= FAIL_GARBAGE; failure++) {
    world->failure = failure;
    assert_int_equal(do_to(world, anchor_unpin, 5).kind, ERROR_NONE);
    assert_int_equal(do_to(world, anchor_delete, 5).kind, ERROR_NONE);
  }
}

static void on_checked(bool is_gone, void *data) {
  struct told *told = data;
  told->times++;
  told->sent.is_gone = is_gone;
}

static bool is_gone(struct world *world, int64_t message_id) {
  struct told told = {0};
  anchor_check(world->anchor, message_id, "as it is", on_checked, &told);
  world_run(world, &told.times);
  assert_int_equal(told.times, 1);
  return told.sent.is_gone;
}

static void only_a_clear_no_says_that_a_message_is_gone(void **state) {
  struct world *world = *state;
  int64_t message_id = world_put(world, "x", 1);
  assert_false(is_gone(world, message_id));
  assert_string_equal(world->fake->requests[0].body, "{\"chat_id\":77,\"message_id\":101,\"caption\":\"as it is\"}");
  assert_true(is_gone(world, 999));
  world->fail_at = 1;
  world->fail_times = 1000;
  for (enum failure failure = FAIL_500; failure <= FAIL_GARBAGE; failure++) {
    world->failure = failure;
    assert_false(is_gone(world, 999));
  }
}

static void nothing_waits_for_the_chats_other_calls_but_its_pause_is_kept(void **state) {
  struct world *world = *state;
  struct told told = {0};
  world->fail_at = world->fail_times = 1;
  world->failure = FAIL_429;
  int64_t began = clock_ticks(world->fake->clock);
  anchor_send(world->anchor, "a", "b", "c", 1, on_sent, &told);
  world_run(world, &told.times);
  assert_true(clock_ticks(world->fake->clock) - began >= 3000);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_message_is_fetched_whatever_is_in_it),
      TEST(copies_are_deleted_though_the_download_fails),
      TEST(a_document_is_sent_without_a_sound),
      TEST(a_document_is_edited_in_its_message),
      TEST(an_edit_that_changes_nothing_is_a_success),
      TEST(a_message_that_is_out_of_reach_is_told_from_a_refusal),
      TEST(an_upload_that_may_have_happened_is_not_repeated),
      TEST(an_upload_that_did_not_happen_is_repeated),
      TEST(cancelled_uploads_say_nothing),
      TEST(pins_are_silent_and_may_be_there_already),
      TEST(unpinning_and_deleting_cannot_fail),
      TEST(only_a_clear_no_says_that_a_message_is_gone),
      TEST(nothing_waits_for_the_chats_other_calls_but_its_pause_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
