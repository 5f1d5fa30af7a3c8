#define _GNU_SOURCE /* memmem */
#include "net/wiped_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

static const size_t sizes[] = {1, 15, 16, 17, 24, 25, 100, 1000, 4096, 4097, 100000};
enum { SIZES = sizeof sizes / sizeof *sizes, ROUNDS = 3, AT_ONCE = 200 };

static const char secret[] = "123:AAsecret";

static bool has_secret(const char *bytes, size_t size) { return memmem(bytes, size, secret, sizeof secret - 1) != NULL; }

static bool is_zero(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (bytes[i]) return false;
  }
  return true;
}

static void fill(char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) bytes[i] = secret[i % (sizeof secret - 1)];
}

/* Each block is written to its very end, so that one that is smaller than it was asked for is found by the sanitizer, or has
 * another's bytes. */
static void blocks_are_as_large_as_asked_for(void **state) {
  (void)state;
  char *blocks[SIZES];
  for (int round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < SIZES; i++) memset(blocks[i] = wiped_memory_new(sizes[i]), (int)i + 1, sizes[i]);
    for (size_t i = 0; i < SIZES; i++) {
      assert_int_equal(blocks[i][0], i + 1);
      assert_int_equal(blocks[i][sizes[i] - 1], i + 1);
      wiped_memory_free(blocks[i]);
    }
  }
}

static void nothing_of_a_block_is_seen_again(void **state) {
  (void)state;
  for (int round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < SIZES; i++) {
      char *block = wiped_memory_new(sizes[i]);
      assert_false(has_secret(block, sizes[i]));
      fill(block, sizes[i]);
      wiped_memory_free(block);
      block = wiped_memory_new_zeroed(sizes[i], 1);
      assert_true(is_zero(block, sizes[i]));
      wiped_memory_free(block);
    }
  }
}

static void a_block_that_grows_keeps_its_bytes(void **state) {
  (void)state;
  char *block = wiped_memory_resize(NULL, sizeof secret);
  memcpy(block, secret, sizeof secret);
  for (size_t i = 0; i < SIZES; i++) {
    if (sizes[i] < sizeof secret) continue;
    block = wiped_memory_resize(block, sizes[i]);
    assert_string_equal(block, secret);
  }
  char *copy = wiped_memory_copy_text(block);
  assert_string_equal(copy, secret);
  wiped_memory_free(copy);
  wiped_memory_free(block);
}

static void more_than_is_kept_goes_back(void **state) {
  (void)state;
  static char *blocks[AT_ONCE];
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < AT_ONCE; i++) fill(blocks[i] = wiped_memory_new(4096), 4096);
    for (int i = 0; i < AT_ONCE; i++) wiped_memory_free(blocks[i]);
  }
  for (int i = 0; i < AT_ONCE; i++) assert_false(has_secret(blocks[i] = wiped_memory_new_zeroed(1, 4096), 4096));
  for (int i = 0; i < AT_ONCE; i++) wiped_memory_free(blocks[i]);
}

static void a_size_that_no_number_holds_is_refused(void **state) {
  (void)state;
  assert_null(wiped_memory_new_zeroed(SIZE_MAX / 2, 3));
  wiped_memory_free(NULL);
}

static int keep(void **state) {
  (void)state;
  wiped_memory_keep();
  return 0;
}

static int keep_no_more(void **state) {
  (void)state;
  wiped_memory_keep_no_more();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_are_as_large_as_asked_for),       cmocka_unit_test(nothing_of_a_block_is_seen_again),
      cmocka_unit_test(a_block_that_grows_keeps_its_bytes),     cmocka_unit_test(more_than_is_kept_goes_back),
      cmocka_unit_test(a_size_that_no_number_holds_is_refused),
  };
  int failures = cmocka_run_group_tests_name("without keeping", tests, NULL, NULL);
  return failures + cmocka_run_group_tests_name("keeping", tests, keep, keep_no_more);
}
