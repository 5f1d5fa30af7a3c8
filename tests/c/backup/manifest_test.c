/* The manifest: it is read back as it was written, and fields that can't be true are refused. */
#include "backup/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>
#include <jansson.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"

static struct manifest small(void) {
  return (struct manifest){.format = 1,
                           .host = "0.1.0",
                           .epoch = 3,
                           .sequence = 14,
                           .saved_at = 1795430834000,
                           .anchored_at = 1795400000000,
                           .page_size = 4096,
                           .page_count = 5,
                           .checksum = 0xfedcba9876543210};
}

/* Every number at its limit, every list full. */
static struct manifest full(void) {
  struct manifest manifest = small();
  manifest.epoch = manifest.sequence = INT64_MAX / 2;
  manifest.saved_at = manifest.anchored_at = manifest.base_size = INT64_MAX;
  manifest.copied_at = INT64_MAX;
  manifest.copied_to = INT64_MIN;
  manifest.page_size = 65536;
  manifest.page_count = UINT32_MAX - 1;
  manifest.base_checksum = UINT64_MAX;
  manifest.part_count = MANIFEST_PARTS_MAX;
  for (size_t i = 0; i < manifest.part_count; i++) {
    struct manifest_part *part = &manifest.parts[i];
    *part = (struct manifest_part){.message_id = INT64_MAX - (int64_t)i, .size = 1 + (int64_t)i, .checksum = i};
    memset(part->file_id, 'A' + (int)i % 26, sizeof part->file_id - 1);
  }
  for (size_t i = 0; i < MANIFEST_HISTORY_MAX; i++)
    manifest_add_copy(&manifest, &(struct manifest_copy){100 + (int64_t)i, (int64_t)i, 0});
  return manifest;
}

static char *write_text(const struct manifest *manifest) {
  struct buffer json;
  struct error error = {0};
  buffer_init(&json, 1 << 20);
  assert_true(manifest_write(manifest, &json, &error));
  return buffer_take(&json, NULL);
}

static void assert_comes_back(const struct manifest *manifest) {
  char *text = write_text(manifest);
  struct manifest *read = malloc(sizeof *read);
  struct error error = {0};
  assert_non_null(read);
  memset(read, 0xAA, sizeof *read); /* whatever was there before */
  assert_true(manifest_read(read, text, strlen(text), &error));
  assert_memory_equal(read, manifest, sizeof *read);
  free(read);
  free(text);
}

static void assert_refused(const char *text, size_t size, const char *words) {
  struct manifest manifest;
  struct error error = {0};
  assert_false(manifest_read(&manifest, text, size, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  if (!strstr(error.text, words)) fail_msg("'%s' does not say '%s'", error.text, words);
}

/* ---- there and back ---- */

static void what_was_written_is_read(void **state) {
  (void)state;
  struct manifest manifest = small();
  assert_comes_back(&manifest);
  manifest = full();
  assert_comes_back(&manifest);
}

static void adds_to_what_is_there(void **state) {
  (void)state;
  struct manifest manifest = small();
  struct buffer json;
  buffer_init(&json, 1 << 20);
  assert_true(buffer_add_text(&json, "before", NULL));
  assert_true(manifest_write(&manifest, &json, NULL));
  assert_memory_equal(json.data, "before{", 7);
  buffer_release(&json);
}

static void what_does_not_fit_is_not_written(void **state) {
  (void)state;
  struct manifest manifest = small();
  char *text = write_text(&manifest);
  for (size_t ceiling = 0; ceiling < strlen(text); ceiling++) {
    struct buffer json;
    struct error error = {0};
    buffer_init(&json, ceiling);
    assert_false(manifest_write(&manifest, &json, &error));
    assert_int_equal(error.kind, ERROR_FULL);
    assert_int_equal(json.size, 0);
    buffer_release(&json);
  }
  free(text);
}

/* ---- what others may have written ---- */

/* `change` has the manifest of full() in hand, and returns what shall be read in its place. */
static void assert_change_refused(void (*change)(json_t *root, json_t *value), const char *value, const char *words) {
  struct manifest manifest = full();
  char *text = write_text(&manifest);
  json_t *root = json_loads(text, 0, NULL);
  json_t *new_value = json_loads(value, JSON_DECODE_ANY, NULL);
  assert_non_null(new_value);
  change(root, new_value);
  char *changed = json_dumps(root, 0);
  assert_refused(changed, strlen(changed), words);
  free(changed);
  free(text);
  json_decref(new_value);
  json_decref(root);
}

static const char *field; /* that change_... changes */

static void change_root(json_t *root, json_t *value) { json_object_set(root, field, value); }
static void change_base(json_t *root, json_t *value) { json_object_set(json_object_get(root, "base"), field, value); }
static void remove_from_root(json_t *root, json_t *value) {
  (void)value;
  json_object_del(root, field);
}
static void remove_from_base(json_t *root, json_t *value) {
  (void)value;
  json_object_del(json_object_get(root, "base"), field);
}
static void change_part(json_t *root, json_t *value) {
  json_object_set(json_array_get(json_object_get(json_object_get(root, "base"), "parts"), 6), field, value);
}
static void change_copy(json_t *root, json_t *value) {
  json_object_set(json_array_get(json_object_get(root, "history"), 2), field, value);
}
static void add_part(json_t *root, json_t *value) {
  json_t *parts = json_object_get(json_object_get(root, "base"), "parts");
  (void)value;
  json_array_append(parts, json_array_get(parts, 0));
}
static void add_copy(json_t *root, json_t *value) {
  json_t *history = json_object_get(root, "history");
  (void)value;
  json_array_append(history, json_array_get(history, 0));
}

static void each_field_must_be_there_and_sound(void **state) {
  (void)state;
  static const struct {
    const char *field, *wrong[6];
  } rows[] = {
      {"format", {"0", "-1", "1.0", "\"1\"", "null", "[]"}},
      {"host", {"1", "null", "\"0123456789012345678901234567890123\"", "\"a\\nb\"", "\"\\u001b[2J\"", "{}"}},
      {"epoch", {"-1", "1.5", "\"1\"", "9223372036854775807", "null", "true"}},
      {"sequence", {"-1", "1e3", "\"1\"", "9223372036854775807", "null", "true"}},
      {"saved_at", {"-1", "0.5", "\"1\"", "[1]", "null", "{}"}},
      {"anchored_at", {"-1", "0.5", "\"1\"", "[1]", "null", "{}"}},
      {"page_size", {"0", "256", "513", "131072", "-4096", "\"4096\""}},
      {"page_count", {"0", "-1", "4294967295", "9223372036854775807", "1.5", "null"}},
      {"checksum",
       {"1", "\"\"", "\"fedcba987654321\"", "\"fedcba98765432100\"", "\"FEDCBA9876543210\"", "\"0x00000000000000\""}},
      {"history", {"1", "\"\"", "{}", "null", "true", "0"}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    field = rows[i].field;
    assert_change_refused(remove_from_root, "0", field);
    for (size_t j = 0; j < 6; j++) assert_change_refused(change_root, rows[i].wrong[j], field);
  }
}

static void each_field_of_a_base_too(void **state) {
  (void)state;
  static const char *const sizes[] = {"0", "-1", "1.5", "\"1\"", "null"};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    field = "size";
    assert_change_refused(change_base, sizes[i], "\"size\"");
    assert_change_refused(change_part, sizes[i], "part 7 of the base: the backup's manifest has no valid \"size\"");
    field = "message_id";
    assert_change_refused(change_part, sizes[i], "part 7 of the base: the backup's manifest has no valid \"message_id\"");
    assert_change_refused(change_copy, sizes[i], "\"message_id\"");
    field = "checksum";
    assert_change_refused(change_base, sizes[i], "\"checksum\"");
    assert_change_refused(change_part, sizes[i], "\"checksum\"");
    field = "parts";
    assert_change_refused(change_base, sizes[i], "0 parts");
  }
  field = "base";
  assert_change_refused(change_root, "[]", "\"size\"");
  field = "size";
  assert_change_refused(remove_from_base, "0", "\"size\"");
  field = "saved_at";
  assert_change_refused(change_copy, "-1", "\"saved_at\"");
  field = "file_id";
  assert_change_refused(change_part, "7", "\"file_id\"");
  assert_change_refused(change_part, "\"a b\"", "\"file_id\"");
  assert_change_refused(change_part, "\"\"", "\"file_id\"");
}

static void when_and_where_it_was_copied_must_be_sound(void **state) {
  (void)state;
  static const char *const at[] = {"7", "[]", "null", "{\"to\": 1}", "{\"at\": 0, \"to\": 1}", "{\"at\": \"1\", \"to\": 1}"};
  field = "copied";
  for (size_t i = 0; i < sizeof at / sizeof *at; i++) assert_change_refused(change_root, at[i], "\"at\"");
  assert_change_refused(change_root, "{\"at\": 1}", "\"to\"");
  assert_change_refused(change_root, "{\"at\": 1, \"to\": 1.5}", "\"to\"");
}

static void lists_have_their_limits(void **state) {
  (void)state;
  assert_change_refused(add_part, "0", "65 parts");
  assert_change_refused(add_copy, "0", "31 daily copies");
  field = "history";
  assert_change_refused(change_root, "[1]", "\"message_id\"");
}

/* 200 and a NUL are the room for it. */
static void a_file_id_must_fit(void **state) {
  (void)state;
  char text[MANIFEST_FILE_ID_SIZE + 3];
  memset(text, 'x', sizeof text);
  text[0] = text[sizeof text - 2] = '"';
  text[sizeof text - 1] = '\0';
  field = "file_id";
  assert_change_refused(change_part, text, "\"file_id\"");
}

static void a_newer_format_is_told_with_the_version_that_reads_it(void **state) {
  (void)state;
  static const char text[] = "{\"format\": 3, \"host\": \"7.3.1\", \"everything\": \"is different\"}";
  assert_refused(text, sizeof text - 1, "format 3, this host reads up to 2: use Lunokhod 7.3.1");
  static const char silent[] = "{\"format\": 3}", noisy[] = "{\"format\": 3, \"host\": \"a\\nlevel=error msg=b\"}";
  assert_refused(silent, sizeof silent - 1, "use Lunokhod of a newer version");
  assert_refused(noisy, sizeof noisy - 1, "use Lunokhod of a newer version");
}

static void keys_of_later_days_are_passed_over(void **state) {
  (void)state;
  struct manifest manifest = full(), read;
  char *text = write_text(&manifest);
  json_t *root = json_loads(text, 0, NULL);
  json_object_set_new(root, "later", json_pack("{s:[i]}", "much", 1));
  json_object_set_new(json_object_get(root, "base"), "later", json_null());
  char *changed = json_dumps(root, JSON_INDENT(2));
  assert_true(manifest_read(&read, changed, strlen(changed), NULL));
  assert_memory_equal(&read, &manifest, sizeof read);
  free(changed);
  free(text);
  json_decref(root);
}

static void what_is_no_json_object_is_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"", " ", "{", "[]", "1", "{\"format\":1", "{}x", "\xff", "{\"format\":1,\"format\":1}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) assert_refused(texts[i], strlen(texts[i]), "not a JSON object");
  assert_refused("{\"a\0\":1}", 8, "not a JSON object");
  assert_refused("{}", 2, "\"format\"");
  char *deep = malloc(100000);
  assert_non_null(deep);
  memset(deep, '[', 100000);
  assert_refused(deep, 100000, "not a JSON object");
  free(deep);
}

static void a_part_of_a_manifest_is_none(void **state) {
  (void)state;
  struct manifest manifest = small(), read;
  char *text = write_text(&manifest);
  for (size_t size = 0; size < strlen(text); size++) {
    char *cut = malloc(size + !size); /* exactly its size, so that a sanitizer sees a read past the end */
    assert_non_null(cut);
    memcpy(cut, text, size);
    assert_false(manifest_read(&read, cut, size, NULL));
    free(cut);
  }
  free(text);
}

/* ---- history and order ---- */

static void the_oldest_copy_goes_when_there_are_too_many(void **state) {
  (void)state;
  struct manifest manifest = small();
  for (int i = 1; i <= MANIFEST_HISTORY_MAX + 2; i++) manifest_add_copy(&manifest, &(struct manifest_copy){i, 1000 * i, 0});
  assert_int_equal(manifest.history_count, MANIFEST_HISTORY_MAX);
  for (int i = 0; i < MANIFEST_HISTORY_MAX; i++) {
    assert_int_equal(manifest.history[i].message_id, i + 3);
    assert_int_equal(manifest.history[i].saved_at, 1000 * (i + 3));
  }
}

/* ---- without memory ---- */

static unsigned json_fail_countdown;

static void *allocate_or_fail(size_t size) { return json_fail_countdown && --json_fail_countdown == 0 ? NULL : malloc(size); }

/* Where writing succeeds in spite of a failed allocation, the manifest is complete. */
static void a_want_of_memory_while_writing_loses_nothing_silently(void **state) {
  (void)state;
  struct manifest manifest = full();
  char *text = write_text(&manifest);
  bool was_short = true;
  json_set_alloc_funcs(allocate_or_fail, free);
  for (unsigned n = 1; was_short; n++) {
    struct buffer json;
    struct error error = {0};
    buffer_init(&json, 1 << 20);
    json_fail_countdown = n;
    bool ok = manifest_write(&manifest, &json, &error);
    was_short = json_fail_countdown == 0;
    json_fail_countdown = 0;
    assert_int_equal(error.kind, ok ? ERROR_NONE : ERROR_MEMORY);
    assert_int_equal(json.size, ok ? strlen(text) : 0);
    if (ok) assert_string_equal(json.data, text);
    buffer_release(&json);
  }
  json_set_alloc_funcs(malloc, free);
  for (unsigned n = 1, is_written = 0; !is_written; n++) {
    struct buffer json;
    struct error error = {0};
    buffer_init(&json, 1 << 20);
    memory_fail_at(n);
    is_written = manifest_write(&manifest, &json, &error);
    memory_fail_at(0);
    assert_int_equal(error.kind, is_written ? ERROR_NONE : ERROR_MEMORY);
    buffer_release(&json);
  }
  free(text);
}

/* jansson can't always tell lack of memory from a fault in the text, and then reports the fault. */
static void a_want_of_memory_while_reading_is_an_error_and_leaks_nothing(void **state) {
  (void)state;
  struct manifest manifest = full(), read;
  char *text = write_text(&manifest);
  bool was_short = true;
  unsigned failures = 0;
  json_set_alloc_funcs(allocate_or_fail, free);
  for (unsigned n = 1; was_short; n++) {
    struct error error = {0};
    json_fail_countdown = n;
    bool ok = manifest_read(&read, text, strlen(text), &error);
    was_short = json_fail_countdown == 0;
    json_fail_countdown = 0;
    failures += error.kind == ERROR_MEMORY;
    if (!ok) assert_true(error.kind == ERROR_MEMORY || error.kind == ERROR_INPUT);
    if (!was_short) assert_true(ok);
  }
  json_set_alloc_funcs(malloc, free);
  assert_true(failures > 100);
  assert_memory_equal(&read, &manifest, sizeof read);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_written_is_read),
      cmocka_unit_test(adds_to_what_is_there),
      cmocka_unit_test(what_does_not_fit_is_not_written),
      cmocka_unit_test(each_field_must_be_there_and_sound),
      cmocka_unit_test(each_field_of_a_base_too),
      cmocka_unit_test(when_and_where_it_was_copied_must_be_sound),
      cmocka_unit_test(lists_have_their_limits),
      cmocka_unit_test(a_file_id_must_fit),
      cmocka_unit_test(a_newer_format_is_told_with_the_version_that_reads_it),
      cmocka_unit_test(keys_of_later_days_are_passed_over),
      cmocka_unit_test(what_is_no_json_object_is_refused),
      cmocka_unit_test(a_part_of_a_manifest_is_none),
      cmocka_unit_test(the_oldest_copy_goes_when_there_are_too_many),
      cmocka_unit_test(a_want_of_memory_while_writing_loses_nothing_silently),
      cmocka_unit_test(a_want_of_memory_while_reading_is_an_error_and_leaks_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
