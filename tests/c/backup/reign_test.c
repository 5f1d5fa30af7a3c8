/* Reigns by the backup's face, in a small Telegram: taint, looks, waiting, the release, and what a replaced host waits for. The
 * other hosts are played: they write menus and documents. */
#include "backup/world.h"
/* after cmocka, which it needs */
#include "backup/archive.h"
#include "backup/backup.h"
#include "backup/flat.h"
#include "common/buffer.h"
#include "database/database.h"

enum { TURNS_MAX = 4000 };

struct story {
  struct world *world;
  struct database *database;
  struct backup *backup;
  unsigned times, saved, fenced, watched;
  bool is_served;
  struct error error;
  struct backup_restored restored;
};

static void on_done(const struct error *error, void *data) {
  struct story *story = data;
  story->times++;
  story->error = *error;
}

static void on_restored(const struct backup_restored *restored, void *data) {
  struct story *story = data;
  on_done(&restored->error, data);
  story->restored = *restored;
}

static void on_saved(void *data) { ((struct story *)data)->saved++; }
static void on_fenced(void *data) { ((struct story *)data)->fenced++; }

static void on_watched(bool is_served, void *data) {
  struct story *story = data;
  story->watched++;
  story->is_served = is_served;
}

static int setup(void **state) {
  static struct story story;
  struct error error = {0};
  story = (struct story){.world = world_open(0)};
  story.database = database_open(&error);
  assert_non_null(story.database);
  assert_true(database_execute(story.database, "CREATE TABLE users(clicks INTEGER); INSERT INTO users VALUES(7)", &error));
  struct fake *fake = story.world->fake;
  struct backup_options options = {.loop = fake->loop,
                                   .clock = fake->clock,
                                   .database = story.database,
                                   .telegram = fake->telegram,
                                   .admin_id = WORLD_ADMIN,
                                   .saved = on_saved,
                                   .fenced = on_fenced,
                                   .data = &story};
  story.backup = backup_open(&options);
  *state = &story;
  return 0;
}

static int teardown(void **state) {
  struct story *story = *state;
  backup_close(story->backup);
  database_close(story->database);
  return world_close(story->world);
}

static void turn(struct story *story) { world_turn(story->world); }

/* Until a request of that method has been answered. */
static void turn_until_asked(struct story *story, const char *method) {
  struct fake *fake = story->world->fake;
  for (int turns = 0; turns < TURNS_MAX; turns++) {
    clock_advance(fake->clock, 100);
    for (unsigned i = 0; i < fake->count; i++) {
      if (!fake->requests[i].is_open) continue;
      bool is_it = strcmp(fake->requests[i].method, method) == 0;
      world_answer(story->world, i);
      if (is_it) return;
    }
    world_let_work(story->world);
  }
  assert_true(false);
}

static void run_until(struct story *story, const unsigned *times) {
  for (int i = 0; i < TURNS_MAX && !*times; i++) turn(story);
  assert_int_equal(*times, 1);
}

static void begin(struct story *story, enum backup_how how) {
  story->times = 0;
  backup_begin(story->backup, how, on_restored, story);
  run_until(story, &story->times);
}

static void serve(struct story *story) {
  begin(story, BACKUP_FRESH);
  story->times = 0;
  backup_serve(story->backup, on_done, story);
  run_until(story, &story->times);
  assert_string_equal(story->error.text, "");
}

static void save(struct story *story) {
  story->times = 0;
  backup_save(story->backup, on_done, story);
  run_until(story, &story->times);
}

static int64_t own_message(const struct story *story) {
  struct backup_status status;
  backup_status(story->backup, &status);
  return status.message_id;
}

static struct manifest manifest_of(struct story *story, int64_t message_id) {
  struct manifest manifest;
  struct error error = {0};
  const struct world_document *document = world_document(story->world, message_id);
  assert_non_null(document);
  assert_true(archive_read_manifest(document->bytes, document->size, &manifest, &error));
  return manifest;
}

/* Writes what another host would have saved. */
static void write_other(struct story *story, struct world_document *document, int64_t nonce, enum manifest_mark mark,
                        int64_t sequence) {
  struct error error = {0};
  struct buffer archive;
  struct manifest manifest = {.format = MANIFEST_FORMAT,
                              .host = "0",
                              .nonce = nonce,
                              .mark = mark,
                              .sequence = sequence,
                              .saved_at = 1,
                              .anchored_at = clock_now(story->world->fake->clock)};
  unsigned char *image;
  size_t size;
  buffer_init(&archive, 1 << 20);
  assert_true(database_serialize(story->database, &image, &size, &error));
  assert_true(flat_pack(&manifest, image, size, NULL, 0, NULL, &archive, &error));
  assert_true(archive.size <= sizeof document->bytes);
  memcpy(document->bytes, archive.data, archive.size);
  document->size = archive.size;
  document->version = ++story->world->versions;
  buffer_release(&archive);
  free(image);
}

/* A message of another host, pinned. */
static int64_t put_other(struct story *story, int64_t nonce, enum manifest_mark mark) {
  story->world->pin = world_put(story->world, "", 0);
  write_other(story, world_document(story->world, story->world->pin), nonce, mark, 5);
  return story->world->pin;
}

static void make_fail(struct story *story, const char *method, enum failure failure, unsigned times) {
  struct world *world = story->world;
  world->fail_method = method;
  world->failure = failure;
  world->counted = 0;
  world->fail_at = 1;
  world->fail_times = times;
}

/* ---- serving ---- */

static void a_start_publishes_before_it_serves(void **state) {
  struct story *story = *state;
  begin(story, BACKUP_FRESH);
  int64_t own = own_message(story);
  assert_int_equal(story->world->pin, own);
  assert_int_equal(manifest_of(story, own).mark, MARK_PUBLISHED);
  story->times = 0;
  backup_serve(story->backup, on_done, story);
  run_until(story, &story->times);
  assert_int_equal(own_message(story), own);
  assert_int_equal(manifest_of(story, own).mark, MARK_SERVING);
}

static void a_tainted_message_is_never_written_again(void **state) {
  struct story *story = *state;
  serve(story);
  int64_t tainted = own_message(story);
  char before[sizeof((struct world_document *)0)->bytes];
  memcpy(before, world_document(story->world, tainted)->bytes, sizeof before);
  unsigned edits = world_asked(story->world, "editMessageMedia");
  make_fail(story, "editMessageMedia", FAIL_UNCERTAIN, 1);
  save(story);
  assert_string_equal(story->error.text, "");
  assert_int_not_equal(own_message(story), tainted);
  assert_int_equal(story->world->pin, own_message(story));
  assert_null(world_document(story->world, tainted)); /* it may still change, so it is no copy */
  assert_int_equal(world_asked(story->world, "editMessageMedia"), edits + 1);
  save(story);
  assert_int_equal(world_asked(story->world, "editMessageMedia"), edits + 2);
}

static void a_save_counts_only_under_the_crown(void **state) {
  struct story *story = *state;
  serve(story);
  unsigned saved = story->saved;
  story->times = 0;
  backup_save(story->backup, on_done, story);
  turn_until_asked(story, "editMessageMedia");
  world_point(story->world, 0, 99); /* the edit is acknowledged, and the look is on its way */
  run_until(story, &story->times);
  assert_int_equal(story->error.kind, ERROR_REFUSED);
  assert_int_equal(story->saved, saved);
  assert_int_equal(story->fenced, 1);
}

static void a_message_of_a_host_that_was_replaced_is_never_pinned(void **state) {
  struct story *story = *state;
  story->times = 0;
  backup_begin(story->backup, BACKUP_FRESH, on_restored, story);
  turn_until_asked(story, "sendDocument");
  world_point(story->world, 0, 99);
  run_until(story, &story->times);
  assert_true(story->restored.is_fenced);
  assert_int_equal(world_asked(story->world, "pinChatMessage"), 0);
  assert_int_equal(own_message(story), 0);
}

/* ---- waiting ---- */

static int64_t begin_after(struct story *story, enum manifest_mark mark, enum backup_how how) {
  put_other(story, 55, mark);
  int64_t began = clock_ticks(story->world->fake->clock);
  begin(story, how);
  assert_string_equal(story->error.text, "");
  assert_true(story->restored.is_there);
  return clock_ticks(story->world->fake->clock) - began;
}

static void a_released_backup_is_taken_at_once(void **state) {
  assert_true(begin_after(*state, MARK_RELEASED, BACKUP_WAITING) < 5000);
}
static void a_takeover_waits_for_nobody(void **state) {
  assert_true(begin_after(*state, MARK_SERVING, BACKUP_TAKEOVER) < 5000);
}

static void a_silent_host_is_waited_for_ten_seconds(void **state) {
  int64_t waited = begin_after(*state, MARK_SERVING, BACKUP_WAITING);
  assert_true(waited >= 10000 && waited < 20000);
}

static void a_sign_of_life_makes_it_wait_anew(void **state) {
  struct story *story = *state;
  int64_t other = put_other(story, 55, MARK_SERVING), began = clock_ticks(story->world->fake->clock);
  story->times = 0;
  backup_begin(story->backup, BACKUP_WAITING, on_restored, story);
  while (clock_ticks(story->world->fake->clock) - began < 8000) turn(story);
  world_document(story->world, other)->version = ++story->world->versions;
  run_until(story, &story->times);
  assert_true(clock_ticks(story->world->fake->clock) - began >= 18000);
}

/* Later by its sequence, never only different: a late edit may have put something older into its place. */
static void assert_taken_meanwhile(struct story *story, int64_t written, int64_t taken) {
  int64_t other = put_other(story, 55, MARK_RELEASED);
  story->times = 0;
  backup_begin(story->backup, BACKUP_WAITING, on_restored, story);
  turn_until_asked(story, "pinChatMessage");
  write_other(story, world_document(story->world, other), 55, MARK_RELEASED, written);
  run_until(story, &story->times);
  assert_string_equal(story->error.text, "");
  assert_int_equal(story->restored.sequence, taken);
}

static void what_was_saved_while_we_published_is_taken(void **state) { assert_taken_meanwhile(*state, 6, 6); }
static void what_is_older_than_what_we_read_is_not_taken(void **state) { assert_taken_meanwhile(*state, 4, 5); }

/* The predecessor goes last: when we have said that we serve. */
static void the_predecessor_is_deleted_when_we_serve(void **state) {
  struct story *story = *state;
  int64_t other = put_other(story, 55, MARK_RELEASED);
  begin(story, BACKUP_WAITING);
  assert_non_null(world_document(story->world, other));
  story->times = 0;
  backup_serve(story->backup, on_done, story);
  run_until(story, &story->times);
  assert_null(world_document(story->world, other));
}

/* A year ahead, as a machine whose clock was wrong has written it: a new day begins now, and not in a year. */
static void a_day_that_began_in_the_future_is_over(void **state) {
  struct story *story = *state;
  clock_jump(story->world->fake->clock, (int64_t)365 * 24 * 3600 * 1000);
  int64_t other = put_other(story, 55, MARK_RELEASED);
  clock_jump(story->world->fake->clock, -(int64_t)365 * 24 * 3600 * 1000);
  begin(story, BACKUP_WAITING);
  struct manifest manifest = manifest_of(story, own_message(story));
  assert_int_equal(manifest.history_count, 1);
  assert_int_equal(manifest.history[0].message_id, other);
  assert_true(manifest.anchored_at <= clock_now(story->world->fake->clock));
}

/* ---- replaced ---- */

static void replace(struct story *story) {
  serve(story);
  world_point(story->world, 0, 99);
  run_until(story, &story->fenced);
  story->times = 0;
  backup_release(story->backup, on_done, story);
  run_until(story, &story->times);
  assert_string_equal(story->error.text, "");
  assert_int_equal(manifest_of(story, own_message(story)).mark, MARK_RELEASED);
  backup_await_succession(story->backup, on_watched, story);
}

static void wait_s(struct story *story, int seconds) {
  for (int i = 0; i < seconds * 10; i++) turn(story);
}

static void a_replaced_host_goes_when_the_crowns_holder_serves(void **state) {
  struct story *story = *state;
  replace(story);
  put_other(story, 98, MARK_SERVING); /* serves, but is not who holds the crown */
  wait_s(story, 5);
  int64_t theirs = put_other(story, 99, MARK_PUBLISHED);
  wait_s(story, 5);
  assert_int_equal(story->watched, 0);
  world_forget(story->world, theirs);
  put_other(story, 99, MARK_SERVING);
  run_until(story, &story->watched);
  assert_true(story->is_served);
}

static void a_replaced_host_begins_anew_when_nobody_serves(void **state) {
  struct story *story = *state;
  replace(story);
  wait_s(story, 25);
  assert_int_equal(story->watched, 0);
  run_until(story, &story->watched);
  assert_false(story->is_served);
}

/* Its own raise arrives late, over the one that counted: nobody else is there to wait for. */
static void a_host_that_is_replaced_by_its_own_late_raise_begins_anew_at_once(void **state) {
  struct story *story = *state;
  make_fail(story, "setMyCommands", FAIL_UNCERTAIN, 1);
  serve(story);
  const struct fake *fake = story->world->fake;
  unsigned first = 0;
  while (strcmp(fake->requests[first].method, "setMyCommands") != 0) first++;
  const char *late = strstr(fake->requests[first].body, "epoch ");
  assert_non_null(late);
  world_point(story->world, 0, strtoll(late + strlen("epoch "), NULL, 10));
  run_until(story, &story->fenced);
  story->times = 0;
  backup_release(story->backup, on_done, story);
  run_until(story, &story->times);
  backup_await_succession(story->backup, on_watched, story);
  wait_s(story, 10);
  assert_int_equal(story->watched, 1);
  assert_false(story->is_served);
}

static void a_replaced_host_takes_what_was_pushed(void **state) {
  struct story *story = *state;
  replace(story);
  put_other(story, 99, MARK_RELEASED);
  wait_s(story, 10);
  assert_int_equal(story->watched, 1);
  assert_false(story->is_served);
}

/* The running host writes its last content while the push is made, or just after. */
static void a_push_stays_what_the_operator_wanted(void **state) {
  struct story *story = *state;
  struct world_document *other = world_document(story->world, put_other(story, 99, MARK_SERVING));
  backup_push(story->backup, on_done, story);
  run_until(story, &story->times);
  struct manifest pushed = manifest_of(story, own_message(story));
  assert_true(database_execute(story->database, "DELETE FROM users", NULL));
  write_other(story, other, 99, MARK_RELEASED, 6);
  assert_true(database_execute(story->database, "INSERT INTO users VALUES(7)", NULL));
  story->times = 0;
  backup_release(story->backup, on_done, story); /* as the end of the command asks for it */
  run_until(story, &story->times);
  assert_int_equal(pushed.mark, MARK_RELEASED);
  assert_int_equal(manifest_of(story, own_message(story)).sequence, pushed.sequence);
}

static void a_late_edit_of_its_own_is_written_over(void **state) {
  struct story *story = *state;
  serve(story);
  struct world_document early = *world_document(story->world, own_message(story));
  world_point(story->world, 0, 99);
  run_until(story, &story->fenced);
  story->times = 0;
  backup_release(story->backup, on_done, story);
  run_until(story, &story->times);
  backup_await_succession(story->backup, on_watched, story);
  wait_s(story, 3);
  struct world_document *document = world_document(story->world, own_message(story));
  memcpy(document->bytes, early.bytes, sizeof early.bytes); /* it arrives now */
  document->size = early.size;
  document->version = ++story->world->versions;
  wait_s(story, 5);
  assert_int_equal(manifest_of(story, own_message(story)).mark, MARK_RELEASED);
}

static int64_t unsettled_ms(const struct story *story) {
  struct backup_status status;
  backup_status(story->backup, &status);
  return status.unsettled_ms;
}

static void an_edit_without_an_answer_may_undo_the_last_content_for_a_minute(void **state) {
  struct story *story = *state;
  serve(story);
  world_point(story->world, 0, 99);
  run_until(story, &story->fenced);
  make_fail(story, "editMessageMedia", FAIL_UNCERTAIN, 1);
  story->times = 0;
  backup_save(story->backup, on_done, story);
  run_until(story, &story->times);
  assert_int_equal(story->error.kind, ERROR_UNCERTAIN);
  story->times = 0;
  backup_release(story->backup, on_done, story);
  run_until(story, &story->times);
  assert_string_equal(story->error.text, "");
  assert_in_range(unsettled_ms(story), 1, 60000);
  wait_s(story, 61);
  assert_int_equal(unsettled_ms(story), 0);
}

static void the_last_content_is_tried_with_the_same_bytes(void **state) {
  struct story *story = *state;
  serve(story);
  unsigned first = story->world->fake->count;
  make_fail(story, "editMessageMedia", FAIL_UNCERTAIN, 3);
  story->times = 0;
  backup_release(story->backup, on_done, story);
  run_until(story, &story->times);
  assert_string_equal(story->error.text, "");
  const char *body = NULL;
  unsigned tries = 0;
  for (unsigned i = first; i < story->world->fake->count; i++) {
    const struct fake_request *request = &story->world->fake->requests[i];
    if (strcmp(request->method, "editMessageMedia") != 0) continue;
    if (body) assert_string_equal(body, request->body);
    body = request->body;
    tries++;
  }
  assert_int_equal(tries, 4);
  assert_int_equal(unsettled_ms(story), 0); /* each of them does the same, whenever it arrives */
  assert_int_equal(world_asked(story->world, "sendDocument"), 1);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_start_publishes_before_it_serves),
      TEST(a_tainted_message_is_never_written_again),
      TEST(a_save_counts_only_under_the_crown),
      TEST(a_message_of_a_host_that_was_replaced_is_never_pinned),
      TEST(a_released_backup_is_taken_at_once),
      TEST(a_takeover_waits_for_nobody),
      TEST(a_silent_host_is_waited_for_ten_seconds),
      TEST(a_sign_of_life_makes_it_wait_anew),
      TEST(what_was_saved_while_we_published_is_taken),
      TEST(what_is_older_than_what_we_read_is_not_taken),
      TEST(the_predecessor_is_deleted_when_we_serve),
      TEST(a_day_that_began_in_the_future_is_over),
      TEST(a_replaced_host_goes_when_the_crowns_holder_serves),
      TEST(a_replaced_host_begins_anew_when_nobody_serves),
      TEST(a_host_that_is_replaced_by_its_own_late_raise_begins_anew_at_once),
      TEST(a_replaced_host_takes_what_was_pushed),
      TEST(a_push_stays_what_the_operator_wanted),
      TEST(a_late_edit_of_its_own_is_written_over),
      TEST(an_edit_without_an_answer_may_undo_the_last_content_for_a_minute),
      TEST(the_last_content_is_tried_with_the_same_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
