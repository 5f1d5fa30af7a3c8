/* How a start waits for the host that reigned before, in a small Telegram. */
#include "backup/world.h"
/* after cmocka, which it needs */
#include "backup/archive.h"
#include "backup/backup.h"
#include "backup/flat.h"
#include "common/buffer.h"
#include "database/database.h"

enum { TURNS_MAX = 1000 };

static struct world *world;
static struct database *database;
static struct backup *backup;
static unsigned told;

static int set_up(void **state) {
  (void)state;
  struct error error = {0};
  world = world_open(0);
  database = database_open(&error);
  assert_true(database && database_execute(database, "CREATE TABLE users(clicks INTEGER)", &error));
  struct backup_options options = {.loop = world->fake->loop,
                                   .clock = world->fake->clock,
                                   .database = database,
                                   .telegram = world->fake->telegram,
                                   .admin_id = WORLD_ADMIN};
  backup = backup_open(&options);
  told = 0;
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  backup_close(backup);
  database_close(database);
  return world_close(world);
}

/* The message of a host that may still run, pinned. */
static void put_other(void) {
  struct error error = {0};
  struct buffer archive;
  unsigned char *image;
  size_t size;
  struct manifest manifest = {.format = MANIFEST_FORMAT, .host = "0", .nonce = 55, .mark = MARK_SERVING, .sequence = 5};
  world->pin = world_put(world, "", 0);
  struct world_document *document = world_document(world, world->pin);
  buffer_init(&archive, 1 << 20);
  assert_true(database_serialize(database, &image, &size, &error));
  assert_true(flat_pack(&manifest, image, size, NULL, 0, NULL, &archive, &error));
  assert_true(archive.size <= sizeof document->bytes);
  memcpy(document->bytes, archive.data, archive.size);
  document->size = archive.size;
  buffer_release(&archive);
  free(image);
}

static void on_restored(const struct backup_restored *restored, void *data) {
  (void)data;
  told += restored->is_there;
}

static void turn_until_asked(const char *method) {
  struct fake *fake = world->fake;
  for (int turns = 0; turns < TURNS_MAX && !world_asked(world, method); turns++) {
    for (unsigned i = 0; i < fake->count && !world_asked(world, method); i++) {
      if (fake->requests[i].is_open) world_answer(world, i);
    }
    while (loop_work_count(fake->loop)) loop_turn(fake->loop, true);
    if (!world_asked(world, method)) clock_advance(fake->clock, 100);
  }
  assert_true(world_asked(world, method) > 0);
}

/* The other host may have written while the bytes were on their way. */
static void what_was_read_before_the_time_was_over_is_read_again(void **state) {
  (void)state;
  put_other();
  backup_begin(backup, BACKUP_WAITING, on_restored, NULL);
  turn_until_asked("getFile");
  clock_advance(world->fake->clock, 15000);
  turn_until_asked("sendDocument");
  assert_true(world_asked(world, "forwardMessage") >= 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_was_read_before_the_time_was_over_is_read_again, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
