/* The base in parts: sent, deleted and fetched, against a small Telegram that fails at any step. */
#include <stdio.h>

#include "backup/world.h"
/* after cmocka, which it needs */
#include "backup/archive.h"
#include "backup/base.h"

#ifndef BASE_OUTGROWN /* as backup/base.c has them */
#define BASE_OUTGROWN_FIRST (64 << 10)
#define BASE_OUTGROWN (8 << 20)
#endif
#define ARCHIVE "abcdefghij"
enum { PARTS = 4, PART_SIZE = 3 };

struct base_told {
  unsigned times;
  struct error error;
  char *archive;
  size_t size, got, all;
};

static void on_base_sent(const struct error *error, void *data) {
  struct base_told *told = data;
  told->times++;
  told->error = *error;
}

static void on_deleted(void *data) { ((struct base_told *)data)->times++; }

static void on_progress(size_t got, size_t all, void *data) {
  struct base_told *told = data;
  assert_true(got >= told->got);
  told->got = got;
  told->all = all;
}

static void on_base_fetched(struct base_fetched *fetched, void *data) {
  struct base_told *told = data;
  told->times++;
  told->error = fetched->error;
  told->archive = fetched->archive;
  told->size = fetched->size;
}

static int setup(void **state) {
  *state = world_open(0);
  return 0;
}

static int teardown(void **state) { return world_close(*state); }

static size_t left_in_chat(struct world *world) {
  clock_advance(world->fake->clock, 100000);
  while (world->answered < world->fake->count) {
    unsigned number = world->answered++;
    if (world->fake->requests[number].is_open) world_answer(world, number);
  }
  size_t left = 0;
  for (size_t i = 0; i < world->document_count; i++) left += world->documents[i].message_id != 0;
  return left;
}

static struct base_sending *start_sending(struct world *world, struct base *base, const char *archive, size_t size,
                                          size_t part_size, struct base_told *told) {
  base_divide(base, archive, size, part_size);
  return base_send_start(world->anchor, base, archive, on_base_sent, told);
}

static void send(struct world *world, struct base *base, struct base_told *told) {
  *told = (struct base_told){0};
  (void)start_sending(world, base, ARCHIVE, strlen(ARCHIVE), PART_SIZE, told);
  assert_int_equal(told->times, 0);
  world_run(world, &told->times);
  assert_int_equal(told->times, 1);
}

static void send_well(struct world *world, struct manifest *manifest) {
  struct base base = {0};
  struct base_told told;
  send(world, &base, &told);
  assert_string_equal(told.error.text, "");
  *manifest = (struct manifest){0};
  base_describe(&base, manifest);
}

static void fetch(struct world *world, const struct manifest *manifest, struct base_told *told) {
  *told = (struct base_told){0};
  (void)base_fetch_start(world->fake->telegram, world->anchor, manifest, on_progress, on_base_fetched, told);
  assert_int_equal(told->times, 0);
  world_run(world, &told->times);
  assert_int_equal(told->times, 1);
}

static void assert_fetches(struct world *world, const struct manifest *manifest) {
  struct base_told told;
  fetch(world, manifest, &told);
  assert_string_equal(told.error.text, "");
  assert_int_equal(told.size, strlen(ARCHIVE));
  assert_memory_equal(told.archive, ARCHIVE, told.size);
  assert_int_equal(told.got, told.size);
  assert_int_equal(told.all, told.size);
  free(told.archive);
  assert_int_equal(left_in_chat(world), PARTS);
}

static void assert_lost(struct world *world, const struct manifest *manifest, const char *words) {
  struct base_told told;
  fetch(world, manifest, &told);
  assert_int_equal(told.error.kind, ERROR_INPUT);
  assert_non_null(strstr(told.error.text, words));
  assert_null(told.archive);
}

/* ---- the rule ---- */

static void a_base_is_outgrown_by_the_rule(void **state) {
  (void)state;
  char archive[1];
  struct base none = {0}, tiny = {.archive = archive, .archive_size = BASE_OUTGROWN_FIRST},
              small = {.archive = archive, .archive_size = 8 * BASE_OUTGROWN_FIRST},
              large = {.archive = archive, .archive_size = 100 << 20};
  assert_false(base_is_outgrown(&none, BASE_OUTGROWN_FIRST, 1000));
  assert_true(base_is_outgrown(&none, BASE_OUTGROWN_FIRST + 1, 1000));
  assert_false(base_is_outgrown(&tiny, BASE_OUTGROWN_FIRST, 1000));
  assert_true(base_is_outgrown(&tiny, BASE_OUTGROWN_FIRST + 1, 1000));
  assert_false(base_is_outgrown(&small, 2 * BASE_OUTGROWN_FIRST, 1000));
  assert_true(base_is_outgrown(&small, 2 * BASE_OUTGROWN_FIRST + 1, 1000));
  assert_false(base_is_outgrown(&large, BASE_OUTGROWN, 1000));
  assert_true(base_is_outgrown(&large, BASE_OUTGROWN + 1, 1000));
  large.size = 32 << 20; /* and the database has shrunk since */
  assert_false(base_is_outgrown(&large, 1000, (16 << 20) + 1));
  assert_true(base_is_outgrown(&large, 1000, 16 << 20));
  small.size = 8 << 20;
  assert_false(base_is_outgrown(&small, 1000, 4096));
}

static void a_manifest_tells_of_no_base_too(void **state) {
  (void)state;
  struct base none = {0};
  struct manifest manifest = {.base_size = 5, .base_checksum = 6, .part_count = 7};
  base_describe(&none, &manifest);
  assert_int_equal(manifest.base_size, 0);
  assert_int_equal(manifest.base_checksum, 0);
  assert_int_equal(manifest.part_count, 0);
}

static void a_released_base_is_none(void **state) {
  (void)state;
  struct base base = {.archive = memory_new(1), .size = 1, .part_count = 3};
  base_release(&base);
  assert_null(base.archive);
  assert_int_equal(base.part_count, 0);
}

/* ---- progress ---- */

static void on_told(size_t done, size_t all, void *data) {
  struct base_told *told = data;
  told->got = done;
  told->all = all;
}

static void assert_told(const struct base_told *told, size_t done, size_t all) {
  assert_int_equal(told->got, done);
  assert_int_equal(told->all, all);
}

/* A request has a few bytes more than the part. */
static void a_base_tells_how_much_of_all_its_parts_is_sent(void **state) {
  struct world *world = *state;
  struct base base = {0};
  struct base_told told = {0}, progress = {0};
  anchor_on_progress(world->anchor, on_told, &progress);
  (void)start_sending(world, &base, ARCHIVE, strlen(ARCHIVE), PART_SIZE, &told);
  clock_advance(world->fake->clock, 0);
  for (unsigned part = 0; part < PARTS; part++) {
    const struct fake_request *request = &world->fake->requests[part];
    request->progress(1, 0, request->data);
    assert_told(&progress, part * PART_SIZE + 1, strlen(ARCHIVE));
    request->progress(1000, 50, request->data);
    assert_told(&progress, part + 1 < PARTS ? (part + 1) * PART_SIZE : strlen(ARCHIVE), strlen(ARCHIVE));
    world_answer(world, world->answered++);
  }
  assert_int_equal(told.times, 1);
}

static void on_anchor_sent(const struct anchor_sent *sent, void *data) {
  assert_string_equal(sent->error.text, "");
  ((struct base_told *)data)->times++;
}

static void what_is_sent_after_a_base_is_no_part_of_it(void **state) {
  struct world *world = *state;
  struct base base = {0};
  struct base_told told = {0}, progress = {0};
  send(world, &base, &told);
  anchor_on_progress(world->anchor, on_told, &progress);
  anchor_send(world->anchor, "anchor", "", "12345", 5, on_anchor_sent, &told);
  const struct fake_request *request = &world->fake->requests[PARTS];
  request->progress(3, 0, request->data);
  assert_told(&progress, 3, 5);
  told.times = 0;
  world_run(world, &told.times);
}

/* ---- checking ---- */

static void on_checked(bool is_gone, void *data) { *(int *)data = is_gone; }

static int check(struct world *world, struct base *base) {
  int result = -1;
  if (!base_check(base, world->anchor, on_checked, &result)) return -1;
  while (world->answered < world->fake->count) world_answer(world, world->answered++);
  return result;
}

static void parts_are_checked_in_turns_and_not_too_often(void **state) {
  struct world *world = *state;
  struct base base = {0};
  struct base_told told;
  assert_int_equal(check(world, &base), -1); /* no base */
  send(world, &base, &told);
  clock_advance(world->fake->clock, 1000);
  world_forget(world, base.parts[1].message_id);
  assert_int_equal(check(world, &base), 0);
  assert_int_equal(check(world, &base), -1);
  clock_advance(world->fake->clock, 9999);
  assert_int_equal(check(world, &base), -1);
  clock_advance(world->fake->clock, 1);
  assert_int_equal(check(world, &base), 1);
  for (int i = 2; i < 2 * PARTS; i++) {
    clock_advance(world->fake->clock, 10000);
    assert_int_equal(check(world, &base), i == PARTS + 1);
  }
}

static void a_part_is_asked_after_with_the_caption_that_it_has(void **state) {
  struct world *world = *state;
  struct base base = {0};
  struct base_told told;
  send(world, &base, &told);
  clock_advance(world->fake->clock, 1000);
  assert_int_equal(check(world, &base), 0);
  json_t *parameters = json_loads(world->fake->requests[PARTS].body, 0, NULL);
  char caption[200];
  (void)snprintf(caption, sizeof caption, "\ncaption=%s\n", json_string_value(json_object_get(parameters, "caption")));
  assert_non_null(strstr(world->fake->requests[0].body, caption));
  json_decref(parameters);
}

/* ---- sending ---- */

static void parts_are_sent_in_order_and_described(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  send_well(world, &manifest);
  assert_int_equal(manifest.part_count, PARTS);
  assert_int_equal(world->fake->count, PARTS);
  assert_non_null(strstr(world->fake->requests[1].body, "document=lunokhod-base-2-of-4.zst:def\n"));
  assert_non_null(strstr(world->fake->requests[1].body, "disable_notification=true"));
  for (size_t i = 0; i < PARTS; i++) {
    char file_id[20];
    (void)snprintf(file_id, sizeof file_id, "file%d", (int)(101 + i));
    assert_string_equal(manifest.parts[i].file_id, file_id);
    assert_int_equal(manifest.parts[i].message_id, 101 + i);
    assert_int_equal(manifest.parts[i].size, i < PARTS - 1 ? PART_SIZE : 1);
    assert_int_equal(manifest.parts[i].checksum, archive_checksum(&ARCHIVE[i * PART_SIZE], (size_t)manifest.parts[i].size));
  }
}

static void an_archive_of_one_part_and_one_that_fits_exactly(void **state) {
  struct world *world = *state;
  struct base base = {0};
  struct base_told told = {0};
  (void)start_sending(world, &base, "abc", 3, 0, &told);
  world_run(world, &told.times);
  assert_int_equal(base.part_count, 1);
  told = (struct base_told){0};
  (void)start_sending(world, &base, "abcdef", 6, 3, &told);
  world_run(world, &told.times);
  assert_int_equal(base.part_count, 2);
}

static void too_many_parts_are_not_even_begun(void **state) {
  struct world *world = *state;
  struct base base = {0};
  struct base_told told = {0};
  char archive[MANIFEST_PARTS_MAX + 1] = {0};
  (void)start_sending(world, &base, archive, sizeof archive, 1, &told);
  world_run(world, &told.times);
  assert_int_equal(told.error.kind, ERROR_FULL);
  assert_int_equal(world->fake->count, 0);
}

static void a_failure_at_any_part_takes_back_the_others(void **state) {
  struct world *world = *state;
  static const enum failure failures[] = {FAIL_500, FAIL_UNCERTAIN, FAIL_REFUSED, FAIL_GARBAGE};
  for (size_t i = 0; i < 4; i++) {
    for (unsigned n = 1; n <= PARTS; n++) {
      struct base base = {0};
      struct base_told told;
      world->failure = failures[i];
      world->counted = 0;
      world->fail_at = n;
      world->fail_times = 1;
      world->document_count = 0;
      send(world, &base, &told);
      assert_int_equal(told.error.kind, failures[i] == FAIL_REFUSED ? ERROR_REFUSED : ERROR_UNCERTAIN);
      assert_non_null(strstr(told.error.text, "part"));
      assert_int_equal(base.part_count, 0);
      assert_int_equal(world->counted, 2 * n - 1); /* what was sent is deleted */
      assert_int_equal(left_in_chat(world), 0);
    }
  }
}

static void what_did_not_happen_is_sent_again(void **state) {
  struct world *world = *state;
  static const enum failure failures[] = {FAIL_429, FAIL_NETWORK};
  for (size_t i = 0; i < 2; i++) {
    for (unsigned n = 1; n <= PARTS; n++) {
      struct manifest manifest;
      world->failure = failures[i];
      world->counted = 0;
      world->fail_at = n;
      world->fail_times = 1;
      world->document_count = 0;
      send_well(world, &manifest);
      assert_int_equal(world->counted, PARTS + 1);
      assert_int_equal(left_in_chat(world), PARTS);
    }
  }
}

static void sending_cancelled_at_any_step_says_nothing(void **state) {
  struct world *world = *state;
  for (unsigned n = 0; n <= PARTS; n++) {
    struct base base = {0};
    struct base_told told = {0};
    world->document_count = 0;
    world->stop_at = world->fake->count + n;
    struct base_sending *sending = start_sending(world, &base, ARCHIVE, strlen(ARCHIVE), PART_SIZE, &told);
    if (n) world_run(world, &told.times); /* otherwise before it has begun */
    base_send_cancel(sending);
    world->stop_at = 0;
    (void)left_in_chat(world);
    assert_int_equal(told.times, 0);
  }
}

static void cancelled_while_it_takes_back(void **state) {
  struct world *world = *state;
  for (unsigned n = 3; n <= 4; n++) {
    struct base base = {0};
    struct base_told told = {0};
    world->failure = FAIL_REFUSED;
    world->counted = 0;
    world->fail_at = 3;
    world->fail_times = 1;
    world->stop_at = world->fake->count + n + 1;
    struct base_sending *sending = start_sending(world, &base, ARCHIVE, strlen(ARCHIVE), PART_SIZE, &told);
    world_run(world, &told.times);
    base_send_cancel(sending);
    world->stop_at = 0;
    (void)left_in_chat(world);
    assert_int_equal(told.times, 0);
  }
}

/* ---- deleting ---- */

static void parts_are_deleted_whatever_fails(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  struct base_told told = {0};
  send_well(world, &manifest);
  manifest.parts[0].message_id = 0; /* its sending was uncertain */
  world->failure = FAIL_REFUSED;
  world->refusal = "message can't be deleted for everyone";
  world->fail_at = PARTS + 1;
  world->fail_times = 1;
  (void)base_delete_start(world->anchor, manifest.parts, manifest.part_count, on_deleted, &told);
  assert_int_equal(told.times, 0);
  manifest = (struct manifest){0}; /* it has kept what it needs */
  world_run(world, &told.times);
  assert_int_equal(told.times, 1);
  assert_int_equal(world_asked(world, "deleteMessage"), PARTS - 1);
  assert_int_equal(left_in_chat(world), 2);
}

static void nothing_to_delete_is_told_from_the_loop(void **state) {
  struct world *world = *state;
  struct base_told told = {0};
  (void)base_delete_start(world->anchor, NULL, 0, on_deleted, &told);
  assert_int_equal(told.times, 0);
  world_run(world, &told.times);
  assert_int_equal(world->fake->count, 0);
}

static void deleting_can_be_cancelled(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  send_well(world, &manifest);
  for (unsigned n = 0; n <= PARTS; n++) {
    struct base_told told = {0};
    world->stop_at = world->fake->count + n;
    struct base_deleting *deleting = base_delete_start(world->anchor, manifest.parts, PARTS, on_deleted, &told);
    if (n) world_run(world, &told.times);
    base_delete_cancel(deleting);
    world->stop_at = 0;
    (void)left_in_chat(world);
    assert_int_equal(told.times, 0);
  }
}

/* ---- fetching ---- */

static void what_was_sent_is_fetched(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  send_well(world, &manifest);
  assert_fetches(world, &manifest);
  assert_int_equal(world_asked(world, "forwardMessage"), 0);
}

static void a_file_id_that_fails_is_replaced_by_the_message(void **state) {
  struct world *world = *state;
  for (size_t i = 0; i < PARTS; i++) {
    struct manifest manifest;
    world->document_count = 0;
    send_well(world, &manifest);
    (void)snprintf(manifest.parts[i].file_id, sizeof manifest.parts[i].file_id, "expired");
    assert_fetches(world, &manifest);
  }
  assert_int_equal(world_asked(world, "forwardMessage"), PARTS);
}

static void a_file_of_other_bytes_is_replaced_by_the_message(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  send_well(world, &manifest);
  memcpy(manifest.parts[1].file_id, manifest.parts[2].file_id, sizeof manifest.parts[1].file_id);
  assert_fetches(world, &manifest);
}

static void a_part_that_is_gone_is_named(void **state) {
  struct world *world = *state;
  for (size_t i = 0; i < PARTS; i++) {
    struct manifest manifest;
    char words[40];
    send_well(world, &manifest);
    world_forget(world, manifest.parts[i].message_id);
    (void)snprintf(words, sizeof words, "part %zu of 4", i + 1);
    assert_lost(world, &manifest, words);
    world->document_count = 0;
  }
}

static void a_part_without_a_message_is_only_its_file(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  send_well(world, &manifest);
  manifest.parts[1].message_id = 0;
  assert_fetches(world, &manifest);
  (void)snprintf(manifest.parts[1].file_id, sizeof manifest.parts[1].file_id, "expired");
  assert_lost(world, &manifest, "invalid file_id");
}

static void parts_that_were_swapped_or_changed_are_seen(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  send_well(world, &manifest);
  struct manifest swapped = manifest;
  memcpy(swapped.parts[0].file_id, manifest.parts[1].file_id, sizeof swapped.parts[0].file_id);
  swapped.parts[0].message_id = manifest.parts[1].message_id;
  assert_lost(world, &swapped, "part 1 of 4");
  world_document(world, manifest.parts[2].message_id)->bytes[1] ^= 1;
  assert_lost(world, &manifest, "part 3 of 4");
  world_document(world, manifest.parts[2].message_id)->bytes[1] ^= 1;
  world_document(world, manifest.parts[2].message_id)->size--;
  assert_lost(world, &manifest, "part 3 of 4");
  world_document(world, manifest.parts[2].message_id)->size += 2;
  assert_lost(world, &manifest, "part 3 of 4");
}

static void sizes_that_cannot_be_are_refused_before_anything_is_fetched(void **state) {
  struct world *world = *state;
  static struct manifest manifest;
  static const int64_t sizes[] = {0, -1, INT64_MAX, (int64_t)ARCHIVE_IMAGE_CEILING};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    manifest = (struct manifest){.part_count = 2, .parts = {{.size = 5}, {.size = sizes[i]}}};
    assert_lost(world, &manifest, "can't have a part");
  }
  manifest.part_count = 0;
  assert_lost(world, &manifest, "names no part");
  assert_int_equal(world->fake->count, 0);
}

static void fetching_outlasts_one_failure_at_any_step(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  send_well(world, &manifest);
  for (enum failure failure = FAIL_429; failure < FAILURES; failure++) {
    for (unsigned n = 1; n <= 2 * PARTS; n++) {
      if (failure == FAIL_429 && n % 2 == 0) continue; /* files are not limited */
      world->failure = failure;
      world->counted = 0;
      world->fail_at = n;
      world->fail_times = 1;
      assert_fetches(world, &manifest);
      assert_true(world->counted > 2 * PARTS);
    }
  }
}

static void what_may_pass_is_told_as_such(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  struct base_told told;
  send_well(world, &manifest);
  world->counted = 0;
  world->fail_at = 3;
  world->fail_times = 10000;
  world->failure = FAIL_NETWORK;
  fetch(world, &manifest, &told);
  assert_int_equal(told.error.kind, ERROR_NETWORK);
  assert_non_null(strstr(told.error.text, "part 2 of 4"));
}

static void a_file_that_may_come_back_is_not_lost_with_its_message(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  struct base_told told;
  send_well(world, &manifest);
  manifest.parts[0].message_id = 999;
  world->fail_method = "getFile";
  world->failure = FAIL_REFUSED;
  world->refusal = "wrong file_id or the file is temporarily unavailable";
  world->fail_at = 1;
  world->fail_times = 1000;
  fetch(world, &manifest, &told);
  assert_int_equal(told.error.kind, ERROR_UNCERTAIN);
}

static void fetching_cancelled_at_any_step_says_nothing(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  send_well(world, &manifest);
  (void)snprintf(manifest.parts[0].file_id, sizeof manifest.parts[0].file_id, "expired");
  for (unsigned n = 0;; n++) {
    struct base_told told = {0};
    world->stop_at = world->fake->count + n;
    struct base_fetching *fetching =
        base_fetch_start(world->fake->telegram, world->anchor, &manifest, NULL, on_base_fetched, &told);
    if (n) world_run(world, &told.times);
    if (told.times) {
      free(told.archive);
      assert_true(n > 10);
      return;
    }
    base_fetch_cancel(fetching);
    world->stop_at = 0;
    assert_int_equal(left_in_chat(world), PARTS);
    assert_int_equal(told.times, 0);
  }
}

static void want_of_memory_is_told_once(void **state) {
  struct world *world = *state;
  struct manifest manifest;
  send_well(world, &manifest);
  unsigned failed = 0;
  for (unsigned n = 1;; n++) {
    struct base_told told;
    memory_fail_at(n);
    fetch(world, &manifest, &told);
    memory_fail_at(0);
    free(told.archive);
    if (!told.error.kind) break;
    failed++;
    assert_int_equal(told.error.kind, ERROR_MEMORY);
  }
  assert_true(failed > 0);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_base_is_outgrown_by_the_rule),
      TEST(a_manifest_tells_of_no_base_too),
      TEST(a_released_base_is_none),
      TEST(a_base_tells_how_much_of_all_its_parts_is_sent),
      TEST(what_is_sent_after_a_base_is_no_part_of_it),
      TEST(parts_are_checked_in_turns_and_not_too_often),
      TEST(a_part_is_asked_after_with_the_caption_that_it_has),
      TEST(parts_are_sent_in_order_and_described),
      TEST(an_archive_of_one_part_and_one_that_fits_exactly),
      TEST(too_many_parts_are_not_even_begun),
      TEST(a_failure_at_any_part_takes_back_the_others),
      TEST(what_did_not_happen_is_sent_again),
      TEST(sending_cancelled_at_any_step_says_nothing),
      TEST(cancelled_while_it_takes_back),
      TEST(parts_are_deleted_whatever_fails),
      TEST(nothing_to_delete_is_told_from_the_loop),
      TEST(deleting_can_be_cancelled),
      TEST(what_was_sent_is_fetched),
      TEST(a_file_id_that_fails_is_replaced_by_the_message),
      TEST(a_file_of_other_bytes_is_replaced_by_the_message),
      TEST(a_part_that_is_gone_is_named),
      TEST(a_part_without_a_message_is_only_its_file),
      TEST(parts_that_were_swapped_or_changed_are_seen),
      TEST(sizes_that_cannot_be_are_refused_before_anything_is_fetched),
      TEST(fetching_outlasts_one_failure_at_any_step),
      TEST(what_may_pass_is_told_as_such),
      TEST(a_file_that_may_come_back_is_not_lost_with_its_message),
      TEST(fetching_cancelled_at_any_step_says_nothing),
      TEST(want_of_memory_is_told_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
