/* A file as a whole: what was written is read, and an error names the file. */
#include "common/whole_file.h"

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

#include "common/buffer.h"
#include "common/error.h"

struct world {
  char folder[40], path[60];
  struct buffer read;
  struct error error;
};

static int setup(void **state) {
  struct world *world = calloc(1, sizeof *world);
  (void)snprintf(world->folder, sizeof world->folder, "/tmp/lunokhod-file-XXXXXX");
  assert_non_null(mkdtemp(world->folder));
  (void)snprintf(world->path, sizeof world->path, "%s/file", world->folder);
  *state = world;
  return 0;
}

static int teardown(void **state) {
  struct world *world = *state;
  buffer_release(&world->read);
  (void)unlink(world->path);
  int result = rmdir(world->folder); /* fails where something was left beside the file */
  free(world);
  return result;
}

static void what_was_written_is_read(void **state) {
  struct world *world = *state;
  buffer_init(&world->read, 4);
  assert_true(whole_file_write(world->path, "a\0b\n", 4, &world->error));
  assert_true(whole_file_read(world->path, &world->read, &world->error));
  assert_int_equal(world->read.size, 4);
  assert_memory_equal(world->read.data, "a\0b\n", 4);
}

static void a_file_that_is_too_large_is_named(void **state) {
  struct world *world = *state;
  buffer_init(&world->read, 3);
  assert_true(whole_file_write(world->path, "a\0b\n", 4, &world->error));
  assert_false(whole_file_read(world->path, &world->read, &world->error));
  assert_int_equal(world->error.kind, ERROR_FULL);
  assert_non_null(strstr(world->error.text, world->path));
}

static void a_file_that_is_not_there_is_named(void **state) {
  struct world *world = *state;
  buffer_init(&world->read, 3);
  assert_false(whole_file_read(world->path, &world->read, &world->error));
  assert_int_equal(world->error.kind, ERROR_SYSTEM);
  assert_non_null(strstr(world->error.text, world->path));
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(what_was_written_is_read),
      TEST(a_file_that_is_too_large_is_named),
      TEST(a_file_that_is_not_there_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
