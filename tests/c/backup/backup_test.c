/* A whole backup while allocations fail, at each step in turn: the bot goes on, the admin is told, and a later backup carries
 * everything. And the end of a backup while a worker is busy. */
#include "backup/world.h"
/* after cmocka, which it needs */
#include "backup/archive.h"
#include "backup/backup.h"
#include "backup/flat.h"
#include "common/buffer.h"
#include "database/database.h"

enum { TRIES_MAX = 400, TURNS_MAX = 4000, COPY_CHAT = -1001234 };

struct story {
  struct world *world;
  struct database *database;
  struct backup *backup;
  unsigned times;
  unsigned fail_at, sent_before; /* of copies() */
  unsigned refusals;             /* of what is written into the database before a copy */
  struct error error;
};

static void on_saved(const struct error *error, void *data) {
  struct story *story = data;
  story->times++;
  story->error = *error;
}

static bool before_copy(void *data, struct error *error) {
  struct story *story = data;
  if (!story->refusals) return true;
  story->refusals--;
  return error_set(error, ERROR_SYSTEM, "the database is full");
}

static void begin_with_copies(struct story *story, int64_t copy_chat_id) {
  struct error error = {0};
  *story = (struct story){.world = world_open(0)};
  story->database = database_open(&error);
  assert_non_null(story->database);
  assert_true(database_execute(story->database, "CREATE TABLE users(id INTEGER PRIMARY KEY, clicks INTEGER)", &error));
  assert_true(database_execute(story->database, "INSERT INTO users VALUES (1, 7), (2, 3)", &error));
  struct fake *fake = story->world->fake;
  struct backup_options options = {.loop = fake->loop,
                                   .clock = fake->clock,
                                   .database = story->database,
                                   .telegram = fake->telegram,
                                   .admin_id = WORLD_ADMIN,
                                   .copy_chat_id = copy_chat_id,
                                   .before_copy = before_copy,
                                   .data = story};
  story->backup = backup_open(&options);
}

static void begin(struct story *story) { begin_with_copies(story, 0); }

static void on_restored(const struct backup_restored *restored, void *data) { on_saved(&restored->error, data); }

static void wait_until_told(struct story *story);

/* A reign that is begun and serves, so that the next backup is an ordinary one. */
static void serve(struct story *story, enum backup_how how) {
  backup_begin(story->backup, how, on_restored, story);
  wait_until_told(story);
  backup_serve(story->backup, on_saved, story);
  wait_until_told(story);
}

static int end(struct story *story) {
  backup_close(story->backup);
  database_close(story->database);
  return world_close(story->world);
}

static void go_on(struct story *story) { world_turn(story->world); }

static void wait_until_told(struct story *story) {
  for (int i = 0; i < TURNS_MAX && !story->times; i++) go_on(story);
  assert_int_equal(story->times, 1);
  assert_string_equal(story->error.text, "");
  story->times = 0;
}

static unsigned told(const struct story *story, const char *words) {
  unsigned count = 0;
  for (unsigned i = 0; i < story->world->fake->count; i++) {
    const struct fake_request *request = &story->world->fake->requests[i];
    count += strcmp(request->method, "sendMessage") == 0 && strstr(request->body, words) != NULL;
  }
  return count;
}

/* True: there was an n-th allocation, and its failure ended the backup. */
static bool survives(unsigned n) {
  struct story story;
  struct backup_status status;
  begin(&story);
  serve(&story, BACKUP_FRESH);
  assert_true(database_execute(story.database, "UPDATE users SET clicks = clicks + 1", &story.error));
  memory_fail_at(n);
  backup_save(story.backup, on_saved, &story);
  for (int i = 0; i < TURNS_MAX && !story.times; i++) go_on(&story);
  memory_fail_at(0);
  assert_int_equal(story.times, 1);
  bool has_failed = story.error.kind != ERROR_NONE;
  if (has_failed) {
    assert_int_equal(story.error.kind, ERROR_MEMORY);
    backup_status(story.backup, &status);
    assert_true(status.unsaved > 0);
    for (int i = 0; i < TURNS_MAX && (backup_status(story.backup, &status), status.unsaved || told(&story, "again") == 0);
         i++) {
      go_on(&story);
    }
    assert_int_equal(told(&story, "Backups fail: "), 1);
    assert_int_equal(told(&story, "Backups work again."), 1);
  }
  backup_status(story.backup, &status);
  assert_int_equal(status.unsaved, 0);
  assert_true(status.message_id > 0);
  assert_int_equal(end(&story), 0);
  return has_failed;
}

static void memory_may_be_short_at_each_step(void **state) {
  (void)state;
  unsigned n = 1, failures = 0;
  for (unsigned unharmed = 0; n < TRIES_MAX && unharmed < 10;
       n++) { /* after some failed allocations the backup succeeds all the same */
    bool has_failed = survives(n);
    failures += has_failed;
    unharmed = has_failed ? 0 : unharmed + 1;
  }
  assert_true(failures > 0);
  assert_true(n < TRIES_MAX);
}

/* Time passes and Telegram answers, until a worker has something to do. */
static void go_on_until_work(struct story *story) {
  struct fake *fake = story->world->fake;
  for (int i = 0; i < TURNS_MAX && !loop_work_count(fake->loop); i++) world_let_answer(story->world);
  assert_int_equal(loop_work_count(fake->loop), 1);
}

static unsigned sent_documents(const struct story *story) {
  unsigned count = 0;
  for (unsigned i = 0; i < story->world->fake->count; i++) {
    count += strcmp(story->world->fake->requests[i].method, "sendDocument") == 0;
  }
  return count;
}

static void on_served(const struct error *error, void *data) {
  struct story *story = data;
  on_saved(error, data);
  story->sent_before = sent_documents(story);
  memory_fail_at(story->fail_at);
}

/* The first copy begins when the host serves; a later one with a later backup. True: the n-th allocation failed for it. */
static bool copies(unsigned n) {
  struct story story;
  begin_with_copies(&story, COPY_CHAT);
  story.fail_at = n;
  backup_begin(story.backup, BACKUP_FRESH, on_restored, &story);
  wait_until_told(&story);
  backup_serve(story.backup, on_served, &story);
  wait_until_told(&story);
  for (int i = 0; i < TURNS_MAX && sent_documents(&story) == story.sent_before && !told(&story, "Copies"); i++) go_on(&story);
  memory_fail_at(0);
  bool has_failed = told(&story, "Copies of the backup to the other chat fail: out of memory") > 0;
  for (int i = 0; i < 10 && has_failed && !told(&story, "work again"); i++) {
    backup_save(story.backup, on_saved, &story);
    wait_until_told(&story);
    for (int turn = 0; turn < 30; turn++) go_on(&story);
  }
  assert_int_equal(sent_documents(&story), story.sent_before + 1);
  assert_int_equal(told(&story, "Copies of the backup to the other chat fail: "), has_failed);
  assert_int_equal(told(&story, "Copies of the backup to the other chat work again."), has_failed);
  assert_int_equal(told(&story, "Backups fail"), 0);
  assert_int_equal(end(&story), 0);
  return has_failed;
}

static void memory_may_be_short_for_a_copy(void **state) {
  (void)state;
  unsigned n = 1, failures = 0;
  for (unsigned unharmed = 0; n < TRIES_MAX && unharmed < 10; n++) {
    bool has_failed = copies(n);
    failures += has_failed;
    unharmed = has_failed ? 0 : unharmed + 1;
  }
  assert_true(failures > 0);
  assert_true(n < TRIES_MAX);
}

/* The loop has not turned, so the worker's end has not been seen; closing the loop (in end()) sees it, and nothing leaks. */
static void assert_closes_without_waiting(struct story *story) {
  unsigned times = story->times;
  backup_close(story->backup);
  story->backup = NULL;
  assert_int_equal(loop_work_count(story->world->fake->loop), 1);
  assert_int_equal(end(story), 0);
  assert_int_equal(story->times, times);
}

/* As where the inbox finds no room in a database that is full. */
static void a_backup_may_fail_before_it_copies(void **state) {
  struct story story;
  (void)state;
  begin(&story);
  serve(&story, BACKUP_FRESH);
  for (int i = 0; i < 2; i++) {
    assert_true(database_execute(story.database, "UPDATE users SET clicks = clicks + 1", NULL));
    story.refusals = 1;
    backup_save(story.backup, on_saved, &story);
    for (int turn = 0; turn < TURNS_MAX && !story.times; turn++) go_on(&story);
    assert_string_equal(story.error.text, "the database is full");
    story.times = 0;
    backup_save(story.backup, on_saved, &story);
    wait_until_told(&story);
  }
  assert_int_equal(end(&story), 0);
}

static void closing_does_not_wait_for_a_worker_that_packs(void **state) {
  (void)state;
  struct story story;
  begin(&story);
  serve(&story, BACKUP_FRESH);
  backup_save(story.backup, on_saved, &story);
  go_on_until_work(&story);
  assert_closes_without_waiting(&story);
}

static void closing_does_not_wait_for_a_worker_that_unpacks(void **state) {
  (void)state;
  struct story story;
  begin(&story);
  story.world->pin = world_put(story.world, "[[1, \"a\", 2, 1]]", 16);
  backup_begin(story.backup, BACKUP_WAITING, on_restored, &story);
  go_on_until_work(&story);
  assert_closes_without_waiting(&story);
}

/* What a host finds that goes on from yesterday: a document that builds on a base, which is another document. */
static int64_t put_backup_over_base(struct story *story) {
  struct error error = {0};
  struct buffer base, archive;
  struct manifest manifest = {.format = MANIFEST_FORMAT, .host = "0", .epoch = 1, .sequence = 1};
  unsigned char *image;
  size_t size;
  buffer_init(&base, 1 << 20);
  buffer_init(&archive, 1 << 20);
  assert_true(database_serialize(story->database, &image, &size, &error));
  assert_true(flat_pack(&manifest, image, size, NULL, 0, NULL, &base, &error));
  int64_t part_id = world_put(story->world, base.data, base.size);
  struct manifest_part *part = &manifest.parts[manifest.part_count++];
  *part = (struct manifest_part){
      .message_id = part_id, .size = (int64_t)base.size, .checksum = archive_checksum(base.data, base.size)};
  (void)snprintf(part->file_id, sizeof part->file_id, "file%lld", (long long)part_id);
  assert_true(flat_pack(&manifest, image, size, image, size, NULL, &archive, &error));
  int64_t message_id = world_put(story->world, archive.data, archive.size);
  buffer_release(&base);
  buffer_release(&archive);
  free(image);
  return message_id;
}

static void closing_leaves_the_base_to_a_worker_that_packs_over_it(void **state) {
  (void)state;
  struct story story;
  struct backup_status status;
  begin(&story);
  story.world->pin = put_backup_over_base(&story);
  serve(&story, BACKUP_TAKEOVER);
  backup_status(story.backup, &status);
  assert_true(status.base_size > 0);
  backup_save(story.backup, on_saved, &story);
  go_on_until_work(&story);
  assert_closes_without_waiting(&story);
}

static void closing_does_not_wait_for_a_worker_that_packs_a_copy(void **state) {
  (void)state;
  struct story story;
  begin_with_copies(&story, COPY_CHAT);
  backup_begin(story.backup, BACKUP_FRESH, on_restored, &story);
  wait_until_told(&story);
  backup_serve(story.backup, on_saved, &story);
  go_on_until_work(&story); /* of the backup */
  while (loop_work_count(story.world->fake->loop)) loop_turn(story.world->fake->loop, true);
  go_on_until_work(&story); /* of the copy */
  assert_int_equal(story.times, 1);
  assert_closes_without_waiting(&story);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_may_be_short_at_each_step),
      cmocka_unit_test(memory_may_be_short_for_a_copy),
      cmocka_unit_test(a_backup_may_fail_before_it_copies),
      cmocka_unit_test(closing_does_not_wait_for_a_worker_that_packs),
      cmocka_unit_test(closing_does_not_wait_for_a_worker_that_packs_a_copy),
      cmocka_unit_test(closing_does_not_wait_for_a_worker_that_unpacks),
      cmocka_unit_test(closing_leaves_the_base_to_a_worker_that_packs_over_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
