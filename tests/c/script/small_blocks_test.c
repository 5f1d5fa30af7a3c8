#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"
#include "script/small_blocks.h"

enum { HELD = 200, ROUNDS = 20000, SIZE_MAX_TRIED = 600 };

struct held {
  unsigned char *memory;
  size_t size;
  unsigned char mark;
};

static void fill(struct held *held, size_t from) { memset(held->memory + from, held->mark, held->size - from); }

static void assert_filled(const struct held *held, size_t size) {
  for (size_t i = 0; i < size; i++) assert_int_equal(held->memory[i], held->mark);
}

static void resize(struct small_blocks *blocks, struct held *held, size_t size) {
  size_t kept = held->size < size ? held->size : size;
  held->memory = small_blocks_resize(blocks, held->memory, held->size, size);
  assert_int_equal(held->memory == NULL, size == 0);
  assert_int_equal((uintptr_t)held->memory % 16, 0);
  held->size = size;
  if (!size) return;
  assert_filled(held, kept);
  fill(held, kept);
}

/* Blocks of all sizes grow, shrink and go in any order; none lies over another one. */
static void blocks_keep_their_bytes(void **state) {
  (void)state;
  struct small_blocks blocks = {0};
  struct held held[HELD] = {0};
  srand(1);
  for (int i = 0; i < HELD; i++) held[i].mark = (unsigned char)i;
  for (int round = 0; round < ROUNDS; round++) resize(&blocks, &held[rand() % HELD], (size_t)(rand() % SIZE_MAX_TRIED));
  for (int i = 0; i < HELD; i++) {
    if (held[i].memory) assert_filled(&held[i], held[i].size);
    resize(&blocks, &held[i], 0);
  }
  small_blocks_release(&blocks);
}

static void what_is_given_back_is_used_again(void **state) {
  (void)state;
  struct small_blocks blocks = {0};
  void *first = small_blocks_resize(&blocks, NULL, 0, 33);
  assert_null(small_blocks_resize(&blocks, first, 33, 0));
  assert_ptr_equal(first, small_blocks_resize(&blocks, NULL, 0, 48));
  small_blocks_release(&blocks);
}

static void lack_of_memory_refuses_growth_and_leaves_the_block(void **state) {
  (void)state;
  struct small_blocks blocks = {0};
  memory_fail_at(1);
  assert_null(small_blocks_resize(&blocks, NULL, 0, 16));
  struct held held = {.mark = 7};
  resize(&blocks, &held, 100);
  memory_fail_at(1);
  assert_null(small_blocks_resize(&blocks, held.memory, 100, 1000));
  assert_filled(&held, 100);
  resize(&blocks, &held, 0);
  small_blocks_release(&blocks);
}

static void shrinking_never_fails(void **state) {
  (void)state;
  struct small_blocks blocks = {0};
  struct held large = {.mark = 3};
  resize(&blocks, &large, 1000);
  memory_fail_at(1);
  resize(&blocks, &large, 20); /* the first slab is refused */
  memory_fail_at(0);
  struct held slab[16 << 10];
  size_t count = 0;
  do { /* until the slab is used up */
    slab[count] = (struct held){.mark = 5};
    resize(&blocks, &slab[count], 240);
  } while (blocks.end - blocks.at >= 240 && ++count);
  struct held small = slab[count];
  memory_fail_at(1);
  resize(&blocks, &small, 230);
  memory_fail_at(1);
  resize(&blocks, &small, 17); /* no block of that size is free, and a slab is refused */
  memory_fail_at(0);
  resize(&blocks, &small, 0);
  small_blocks_release(&blocks);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_keep_their_bytes),
      cmocka_unit_test(what_is_given_back_is_used_again),
      cmocka_unit_test(lack_of_memory_refuses_growth_and_leaves_the_block),
      cmocka_unit_test(shrinking_never_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
