/* One saving, where the base that it would build upon is not sound in this machine's memory. */
#include "backup/saving.h"

#include "backup/world.h"
/* after cmocka, which it needs */
#include "backup/archive.h"
#include "backup/backup_state.h"
#include "backup/flat.h"
#include "backup/mirror.h"
#include "common/buffer.h"
#include "database/database.h"

enum { TURNS_MAX = 4000 };

struct story {
  struct world *world;
  struct backup_state state;
  unsigned times;
  struct error error;
  size_t uploaded;
};

static void go_on(struct story *story) { world_turn(story->world); }

static void wait_until_told(struct story *story) {
  for (int i = 0; i < TURNS_MAX && !story->times; i++) go_on(story);
  assert_int_equal(story->times, 1);
  story->times = 0;
}

static void on_raised(const struct error *error, void *data) {
  struct story *story = data;
  story->times++;
  story->error = *error;
}

static void on_saved(const struct saving_result *result, void *data) {
  struct story *story = data;
  story->times++;
  story->error = result->error;
  story->uploaded = result->uploaded;
}

static void save(struct story *story) {
  struct saving_options options = {.mark = MARK_SERVING};
  (void)saving_start(&story->state, &options, on_saved, story);
  wait_until_told(story);
}

static void begin(struct story *story) {
  struct fake *fake = (story->world = world_open(0))->fake;
  struct backup_state *state = &story->state;
  *state = (struct backup_state){.loop = fake->loop, .clock = fake->clock, .telegram = fake->telegram, .day_ms = 86400000};
  state->database = database_open(NULL);
  state->anchor = story->world->anchor;
  state->crown = crown_open(fake->telegram, fake->clock, WORLD_ADMIN);
  state->mirror = mirror_open(state->database, fake->clock);
  assert_true(database_execute(state->database, "CREATE TABLE users(id INTEGER PRIMARY KEY, clicks INTEGER)", NULL));
  assert_true(database_execute(state->database, "INSERT INTO users VALUES (1, 7), (2, 3)", NULL));
  crown_raise(state->crown, on_raised, story);
  wait_until_told(story);
}

static void end(struct story *story) {
  struct backup_state *state = &story->state;
  crown_close(state->crown);
  mirror_close(state->mirror);
  base_release(&state->base);
  database_close(state->database);
  assert_int_equal(world_close(story->world), 0);
}

/* As a start finds it: the database of now is the base. */
static void put_base(struct story *story) {
  struct base *base = &story->state.base;
  struct manifest manifest = {.format = MANIFEST_FORMAT, .host = "0"};
  struct buffer archive;
  unsigned char *image;
  buffer_init(&archive, 1 << 20);
  assert_true(database_serialize(story->state.database, &image, &base->size, NULL));
  assert_true(flat_pack(&manifest, image, base->size, NULL, 0, NULL, &archive, NULL));
  assert_true(page_hashes_of_image(&base->hashes, image, base->size, (size_t)manifest.page_size, NULL));
  base_divide(base, archive.data, archive.size, 0);
  base->parts[0].message_id = world_put(story->world, archive.data, archive.size);
  (void)snprintf(base->parts[0].file_id, sizeof base->parts[0].file_id, "file%lld", (long long)base->parts[0].message_id);
  base->part_count = 1;
  base->checksum = manifest.checksum;
  base->archive = buffer_take(&archive, NULL);
  free(image);
}

/* What the message holds gives the database back over the base of the state. */
static void assert_is_saved(struct story *story) {
  const struct world_document *document = world_document(story->world, story->state.message_id);
  const struct base *base = &story->state.base;
  struct archive_source base_source = {.bytes = base->archive, .size = base->archive_size};
  struct archive_source source = {.bytes = document->bytes, .size = document->size};
  unsigned char *base_image, *image, *expected;
  size_t size, expected_size;
  assert_true(archive_unpack(&base_source, ARCHIVE_IMAGE_CEILING, NULL, &base_image, &source.base_size, NULL));
  source.base = base_image;
  struct error error = {0};
  if (!archive_unpack(&source, ARCHIVE_IMAGE_CEILING, NULL, &image, &size, &error)) fail_msg("%s", error.text);
  assert_true(database_serialize(story->state.database, &expected, &expected_size, NULL));
  assert_int_equal(size, expected_size);
  assert_memory_equal(image, expected, size);
  free(base_image);
  free(image);
  free(expected);
}

static void click(struct story *story) {
  assert_true(database_execute(story->state.database, "UPDATE users SET clicks = clicks + 1", NULL));
}

static void a_saving_builds_upon_a_base(void **state) {
  struct story story = {0};
  (void)state;
  begin(&story);
  put_base(&story);
  int64_t part = story.state.base.parts[0].message_id;
  click(&story);
  save(&story);
  assert_string_equal(story.error.text, "");
  assert_int_equal(story.state.base.parts[0].message_id, part);
  assert_is_saved(&story);
  end(&story);
}

/* Otherwise no backup would ever succeed again. */
static void after_a_damaged_base_comes_a_new_one(void **state) {
  struct story story = {0};
  (void)state;
  begin(&story);
  put_base(&story);
  struct base *base = &story.state.base;
  int64_t part = base->parts[0].message_id;
  base->archive[base->archive_size - 40] ^= 1;
  click(&story);
  save(&story);
  assert_int_not_equal(story.error.kind, ERROR_NONE);
  assert_int_equal(story.state.message_id, 0);
  save(&story);
  assert_string_equal(story.error.text, "");
  assert_false(base->is_damaged);
  assert_int_not_equal(base->parts[0].message_id, part);
  assert_is_saved(&story);
  click(&story);
  save(&story);
  assert_string_equal(story.error.text, "");
  assert_is_saved(&story);
  end(&story);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_saving_builds_upon_a_base),
      cmocka_unit_test(after_a_damaged_base_comes_a_new_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
