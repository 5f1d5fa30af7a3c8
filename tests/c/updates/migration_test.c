#include "updates/migration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the headers above, as it wants */
#include <cmocka.h>

static void a_chat_keeps_the_lane_of_its_first_id(void **state) {
  (void)state;
  struct migrations *migrations = migrations_new();
  assert_int_equal(migrations_lane(migrations, -5), -5);
  migrations_add(migrations, -5, -1001);
  migrations_add(migrations, -5, -1001); /* told by both messages */
  assert_int_equal(migrations_lane(migrations, -1001), -5);
  assert_int_equal(migrations_lane(migrations, -5), -5);
  assert_int_equal(migrations_lane(migrations, -1002), -1002);
  migrations_free(migrations);
}

static void what_is_no_migration_changes_nothing(void **state) {
  (void)state;
  struct migrations *migrations = migrations_new();
  migrations_add(migrations, 0, 0);
  migrations_add(migrations, 0, -7);
  assert_int_equal(migrations_lane(migrations, 0), 0);
  assert_int_equal(migrations_lane(migrations, -7), -7);
  migrations_free(migrations);
  migrations_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_chat_keeps_the_lane_of_its_first_id),
      cmocka_unit_test(what_is_no_migration_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
