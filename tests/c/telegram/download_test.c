/* Downloads, over the transport of telegram/fake.h. */
#include <stdio.h>

#include "telegram/fake.h"

#define LINK "{\"ok\":true,\"result\":{\"file_id\":\"f\",\"file_size\":5,\"file_path\":\"documents/file 1.db\"}}"

struct told {
  unsigned times;
  struct error error;
  char data[64], *taken;
  size_t size, sent, received;
  bool takes;
  struct telegram_download *download;
};

static void on_done(const struct download_answer *answer, void *data) {
  struct told *told = data;
  told->times++;
  told->error = answer->error;
  told->size = answer->size;
  (void)snprintf(told->data, sizeof told->data, "%s", answer->data);
  if (told->takes) told->taken = download_take(told->download, &told->size);
}

static void on_progress(size_t sent, size_t received, void *data) {
  struct told *told = data;
  told->sent = sent;
  told->received = received;
}

static int setup(void **state) {
  *state = fake_open();
  return 0;
}

static int teardown(void **state) { return fake_free(*state); }

static void start(struct fake *fake, struct told *told) {
  told->download = download_start(fake->telegram, NULL, "f\"1", 100, on_progress, on_done, told);
}

static void asks_for_the_link_and_fetches_it(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  start(fake, &told);
  assert_string_equal(fake->requests[0].method, "getFile");
  assert_string_equal(fake->requests[0].body, "{\"file_id\":\"f\\\"1\"}");
  fake_answer(fake, 0, 200, LINK);
  assert_string_equal(fake->requests[1].path, "documents/file 1.db");
  assert_int_equal(fake->requests[1].answer_ceiling, 100);
  fake->requests[1].progress(0, 3, fake->requests[1].data);
  assert_int_equal(told.received, 3);
  fake_answer(fake, 1, 200, "bytes");
  assert_int_equal(told.times, 1);
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_string_equal(told.data, "bytes");
}

static void gives_the_bytes(void **state) {
  struct fake *fake = *state;
  struct told told = {.takes = true};
  start(fake, &told);
  fake_answer(fake, 0, 200, LINK);
  fake_answer(fake, 1, 200, "bytes");
  assert_memory_equal(told.taken, "bytes", 6);
  assert_int_equal(told.size, 5);
  free(told.taken);
}

static void gives_nothing_without_memory(void **state) {
  struct fake *fake = *state;
  struct told told = {.takes = true};
  start(fake, &told);
  fake_answer(fake, 0, 200, LINK);
  memory_fail_at(1);
  fake_answer(fake, 1, 200, "bytes");
  assert_null(told.taken);
  assert_int_equal(told.size, 0);
}

static void an_expired_link_is_asked_for_anew(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  start(fake, &told);
  fake_answer(fake, 0, 200, LINK);
  fake_answer(fake, 1, 404, "gone");
  assert_int_equal(told.times, 0);
  clock_advance(fake->clock, 1000);
  assert_string_equal(fake->requests[2].method, "getFile");
  fake_answer(fake, 2, 200, LINK);
  fake_answer(fake, 3, 200, "half"); /* one byte is missing */
  clock_advance(fake->clock, 2000);
  fake_answer(fake, 4, 200, LINK);
  fake_answer(fake, 5, 200, "bytes");
  assert_int_equal(told.error.kind, ERROR_NONE);
  assert_string_equal(told.data, "bytes");
}

static void three_broken_rounds_are_the_end(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  start(fake, &told);
  for (unsigned i = 0; i < 6; i += 2) {
    assert_int_equal(told.times, 0);
    fake_answer(fake, i, 200, LINK);
    fake_fail(fake, i + 1, ERROR_UNCERTAIN);
    clock_advance(fake->clock, 10000);
  }
  assert_int_equal(fake->count, 6);
  assert_int_equal(told.times, 1);
  assert_int_equal(told.error.kind, ERROR_UNCERTAIN);
  assert_int_equal(told.size, 0);
}

static void a_refused_getfile_is_the_end(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  start(fake, &told);
  fake_answer(fake, 0, 400, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: file is too big\"}");
  clock_advance(fake->clock, 0);
  assert_int_equal(told.times, 1);
  assert_string_equal(told.error.text, "getFile: Bad Request: file is too big");
}

static void a_file_over_the_ceiling_is_not_fetched(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  start(fake, &told);
  fake_answer(fake, 0, 200, "{\"ok\":true,\"result\":{\"file_size\":101,\"file_path\":\"x\"}}");
  clock_advance(fake->clock, 0);
  assert_int_equal(fake->count, 1);
  assert_int_equal(told.error.kind, ERROR_FULL);
}

static void cancelled_at_any_time_it_says_nothing(void **state) {
  struct fake *fake = *state;
  struct told told = {0};
  start(fake, &told); /* while it asks */
  download_cancel(told.download);
  start(fake, &told); /* while it fetches */
  fake_answer(fake, 1, 200, LINK);
  download_cancel(told.download);
  start(fake, &told); /* between two rounds */
  fake_answer(fake, 3, 200, LINK);
  fake_answer(fake, 4, 500, "");
  download_cancel(told.download);
  clock_advance(fake->clock, 100000);
  assert_int_equal(fake->cancelled, 2);
  assert_int_equal(fake->count, 5);
  assert_int_equal(told.times, 0);
}

static void want_of_memory_at_each_step_is_told_once(void **state) {
  struct fake *fake = *state;
  for (unsigned n = 1; n < 20; n++) {
    struct told told = {0};
    memory_fail_at(n);
    unsigned before = fake->count;
    start(fake, &told);
    memory_fail_at(0);
    clock_advance(fake->clock, 0);
    if (told.times) {
      assert_int_equal(told.error.kind, ERROR_MEMORY);
      continue;
    }
    assert_true(n > 1); /* it has failed at least once */
    assert_int_equal(fake->count, before + 1);
    download_cancel(told.download);
    return;
  }
  fail();
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(asks_for_the_link_and_fetches_it),
      TEST(gives_the_bytes),
      TEST(gives_nothing_without_memory),
      TEST(an_expired_link_is_asked_for_anew),
      TEST(three_broken_rounds_are_the_end),
      TEST(a_refused_getfile_is_the_end),
      TEST(a_file_over_the_ceiling_is_not_fetched),
      TEST(cancelled_at_any_time_it_says_nothing),
      TEST(want_of_memory_at_each_step_is_told_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
