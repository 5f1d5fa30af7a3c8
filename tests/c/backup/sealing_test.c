/* Encrypted archives: with their key they give back the image, and nothing of them can be changed, cut, or taken from another
 * one. */
#include "backup/sealing.h"

#include <unistd.h>

#include "backup/images.h"
/* after cmocka, as it wants */
#include "backup/keyring.h"
#include "common/memory.h"

enum { HEADER = 24, PIECE = (64 << 10) + 17 };

static struct keyring *keys, *others;
static struct keyring_key *key;

static struct keyring *open_keys(const char *text, size_t size) {
  char path[] = "/tmp/sealing_test.XXXXXX";
  int file = mkstemp(path);
  assert_true(file >= 0 && write(file, text, size) == (ssize_t)size && close(file) == 0);
  struct keyring *keyring = keyring_open(path, NULL);
  assert_int_equal(unlink(path), 0);
  assert_non_null(keyring);
  return keyring;
}

static int set_up(void **state) {
  char line[KEYRING_LINE_SIZE];
  (void)state;
  if (!keyring_make_line(line, NULL)) return -1;
  keys = open_keys(line, sizeof line - 1);
  if (!keyring_make_line(line, NULL)) return -1;
  others = open_keys(line, sizeof line - 1);
  key = keyring_first(keys, NULL);
  return key ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  keyring_drop(key);
  keyring_close(keys);
  keyring_close(others);
  return 0;
}

static struct buffer pack(const struct image *image, const struct image *base) {
  struct manifest manifest = manifest_over(base);
  manifest.copied_at = 4;
  manifest.copied_to = -5;
  struct buffer archive = pack_as(&manifest, image, base, key);
  assert_string_equal(manifest.key.id, key->name.id);
  return archive;
}

static bool unpack(const void *archive, size_t size, const struct image *base, struct keyring *with, struct manifest *manifest,
                   struct image *image, struct error *error) {
  struct archive_source source = {.bytes = archive, .size = size, .base = base->bytes, .base_size = base->size, .keys = with};
  *error = (struct error){0};
  return archive_unpack(&source, CEILING, manifest, &image->bytes, &image->size, error);
}

static void assert_refused(const void *archive, size_t size, const struct image *base, struct keyring *with,
                           const char *words) {
  struct image image;
  struct error error;
  assert_false(unpack(archive, size, base, with, NULL, &image, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  assert_null(image.bytes);
  if (!strstr(error.text, words)) fail_msg("'%s' does not say '%s'", error.text, words);
}

static size_t stream_at(const struct buffer *archive) {
  const unsigned char *bytes = (const unsigned char *)archive->data;
  return HEAD + (bytes[4] | (size_t)bytes[5] << 8 | (size_t)bytes[6] << 16);
}

static const char damaged[] = "the backup is damaged: the key is the right one, but its bytes were cut or changed";

static void try_there_and_back(size_t page_count, const struct image *base) {
  struct image image = noise(PAGE, page_count, 7), got;
  struct buffer archive = pack(&image, base);
  struct manifest manifest;
  struct error error;
  assert_true(unpack(archive.data, archive.size, base, keys, &manifest, &got, &error));
  assert_int_equal(got.size, image.size);
  assert_memory_equal(got.bytes, image.bytes, got.size);
  assert_int_equal(manifest.page_count, page_count);
  assert_int_equal(manifest.base_size, base->size);
  assert_int_equal(manifest.copied_to, -5);
  free(got.bytes);
  free(image.bytes);
  buffer_release(&archive);
}

/* Of one piece, of several, and about as long as some: noise does not compress. */
static void an_archive_gives_back_its_image(void **state) {
  (void)state;
  struct image base = noise(PAGE, 300, 7);
  for (size_t pages = 120; pages < 132; pages++) try_there_and_back(pages, &nothing);
  try_there_and_back(1, &nothing);
  try_there_and_back(5000, &nothing);
  try_there_and_back(301, &base);
  free(base.bytes);
}

static void outside_is_what_finds_it_and_nothing_of_the_data(void **state) {
  (void)state;
  struct image image = noise(PAGE, 40, 7), base = noise(PAGE, 20, 7);
  struct buffer archive = pack(&image, &base);
  struct manifest manifest;
  struct error error = {0};
  assert_true(archive_read_manifest(archive.data, archive.size, &manifest, &error));
  assert_string_equal(manifest.key.id, key->name.id);
  assert_int_equal(manifest.format, MANIFEST_FORMAT_ENCRYPTED);
  assert_int_equal(manifest.sequence, 2);
  assert_int_equal(manifest.part_count, 1);
  assert_int_equal(manifest.page_size + manifest.page_count + manifest.base_size + manifest.copied_at, 0);
  assert_true(manifest.checksum == 0 && manifest.base_checksum == 0);
  struct archive_source source = {.bytes = archive.data, .size = archive.size, .keys = keys};
  assert_true(archive_open_manifest(&source, &manifest, &error));
  assert_int_equal(manifest.page_count, 40);
  assert_int_equal(manifest.base_size, base.size);
  source.keys = others;
  assert_false(archive_open_manifest(&source, &manifest, &error));
  buffer_release(&archive);
  free(image.bytes);
  free(base.bytes);
}

static void another_key_is_told_apart_from_damage(void **state) {
  (void)state;
  struct image image = noise(PAGE, 40, 7);
  struct buffer archive = pack(&image, &nothing);
  assert_refused(archive.data, archive.size, &nothing, others, "which is none of the 1 in");
  assert_refused(archive.data, archive.size, &nothing, NULL, "and no key was given: --backup-key FILE");
  archive.data[archive.size - 1] ^= 1;
  assert_refused(archive.data, archive.size, &nothing, keys, damaged);
  assert_refused(archive.data, archive.size, &nothing, others, "which is none of the 1 in");
  buffer_release(&archive);
  free(image.bytes);
}

static void no_byte_can_be_changed(void **state) {
  (void)state;
  struct image image = noise(PAGE, 3, 7);
  struct buffer archive = pack(&image, &nothing);
  for (size_t i = 0; i < archive.size; i++) {
    struct image got;
    struct error error;
    archive.data[i] ^= 1;
    bool ok = unpack(archive.data, archive.size, &nothing, keys, NULL, &got, &error);
    if (ok || error.kind != ERROR_INPUT) fail_msg("byte %zu of %zu was changed: %s", i, archive.size, error.text);
    if (i >= stream_at(&archive) && strcmp(error.text, damaged) != 0) fail_msg("byte %zu: %s", i, error.text);
    archive.data[i] ^= 1;
  }
  buffer_release(&archive);
  free(image.bytes);
}

static void a_cut_is_found_wherever_it_is(void **state) {
  (void)state;
  struct image image = noise(PAGE, 400, 7); /* four pieces */
  struct buffer archive = pack(&image, &nothing);
  size_t at = stream_at(&archive) + HEADER;
  assert_true(archive.size > at + 3 * PIECE);
  assert_refused(archive.data, at + PIECE, &nothing, keys, "cut"); /* between two pieces */
  assert_refused(archive.data, at + 2 * PIECE, &nothing, keys, "cut");
  assert_refused(archive.data, at + 10, &nothing, keys, damaged);
  assert_refused(archive.data, at, &nothing, keys, damaged);
  assert_refused(archive.data, at - 1, &nothing, keys, "cut");
  assert_refused(archive.data, archive.size - 1, &nothing, keys, damaged);
  assert_true(buffer_add(&archive, "more", 4, NULL));
  assert_refused(archive.data, archive.size, &nothing, keys, damaged);
  buffer_release(&archive);
  free(image.bytes);
}

/* As a file of parts, each of which is from somewhere. */
static void pieces_belong_to_one_archive_and_in_their_order(void **state) {
  (void)state;
  struct image image = noise(PAGE, 400, 7), other = noise(PAGE, 400, 8);
  struct buffer archive = pack(&image, &nothing), second = pack(&image, &nothing), third = pack(&other, &nothing);
  char *first_piece = archive.data + stream_at(&archive) + HEADER, *saved = malloc(PIECE);
  assert_non_null(saved);
  assert_int_equal(archive.size, second.size); /* the same data, twice: not the same bytes */
  assert_memory_not_equal(first_piece, second.data + stream_at(&second) + HEADER, PIECE);
  memcpy(saved, first_piece, PIECE);
  memmove(first_piece, first_piece + PIECE, PIECE);
  memcpy(first_piece + PIECE, saved, PIECE);
  assert_refused(archive.data, archive.size, &nothing, keys, damaged); /* in another order */
  memcpy(first_piece + PIECE, second.data + stream_at(&second) + HEADER + PIECE, PIECE);
  memcpy(first_piece, saved, PIECE);
  assert_refused(archive.data, archive.size, &nothing, keys, damaged); /* of another archive */
  size_t at = stream_at(&second);
  struct buffer mixed;
  buffer_init(&mixed, CEILING);
  assert_true(buffer_add(&mixed, second.data, at, NULL) && /* a head of another archive */
              buffer_add(&mixed, third.data + stream_at(&third), third.size - stream_at(&third), NULL));
  char *sequence = strstr(mixed.data + HEAD, "\"sequence\":2");
  assert_non_null(sequence);
  sequence[11] = '3';
  assert_refused(mixed.data, mixed.size, &nothing, keys, damaged);
  buffer_release(&mixed);
  buffer_release(&archive);
  buffer_release(&second);
  buffer_release(&third);
  free(saved);
  free(image.bytes);
  free(other.bytes);
}

static void another_base_is_refused(void **state) {
  (void)state;
  struct image image = noise(PAGE, 40, 7), base = noise(PAGE, 20, 7), other = noise(PAGE, 20, 8), longer = noise(PAGE, 21, 7);
  struct buffer archive = pack(&image, &base);
  assert_refused(archive.data, archive.size, &other, keys, "builds on another base");
  assert_refused(archive.data, archive.size, &longer, keys, "builds on a base of 10240 bytes, not on one of 10752");
  assert_refused(archive.data, archive.size, &nothing, keys, "builds on a base of 10240 bytes, not on one of 0");
  buffer_release(&archive);
  free(image.bytes);
  free(base.bytes);
  free(other.bytes);
  free(longer.bytes);
}

static void a_head_can_not_be_made_a_plain_one(void **state) {
  (void)state;
  struct image image = noise(PAGE, 40, 7);
  struct buffer archive = pack(&image, &nothing);
  char *format = strstr(archive.data + HEAD, "\"format\":2");
  assert_non_null(format);
  format[9] = '1';
  assert_refused(archive.data, archive.size, &nothing, keys, "no valid \"page_size\"");
  format[9] = '2';
  char *encryption = strstr(archive.data + HEAD, "\"encryption\"");
  assert_non_null(encryption);
  encryption[1] = 'E';
  assert_refused(archive.data, archive.size, &nothing, keys, "no valid \"key\"");
  buffer_release(&archive);
  free(image.bytes);
}

static void without_memory_nothing_is_left_behind(void **state) {
  (void)state;
  struct image image = noise(PAGE, 400, 7), got;
  struct error error;
  bool ok = false;
  for (unsigned n = 1; !ok; n++) {
    struct manifest manifest = manifest_over(&nothing);
    struct buffer archive;
    error = (struct error){0};
    buffer_init(&archive, CEILING);
    assert_true(buffer_add_text(&archive, "before", NULL));
    memory_fail_at(n);
    ok = flat_pack(&manifest, image.bytes, image.size, NULL, 0, key, &archive, &error);
    memory_fail_at(0);
    assert_int_equal(error.kind, ok ? ERROR_NONE : ERROR_MEMORY);
    if (!ok) assert_string_equal(archive.data, "before");
    buffer_release(&archive);
  }
  struct buffer archive = pack(&image, &nothing);
  ok = false;
  for (unsigned n = 1; !ok; n++) {
    memory_fail_at(n);
    ok = unpack(archive.data, archive.size, &nothing, keys, NULL, &got, &error);
    memory_fail_at(0);
    assert_int_equal(error.kind, ok ? ERROR_NONE : ERROR_MEMORY);
  }
  free(got.bytes);
  buffer_release(&archive);
  free(image.bytes);
}

/* A frame is authentic, but its manifest speaks of another: only a mistake of ours could write that. */
static void a_stream_without_a_manifest_is_refused(void **state) {
  (void)state;
  static const char *const streams[] = {"x", "xyz", "\4\0\0\0{}", "\377\377\377\377{}", "\2\0\0\0{}"};
  static const size_t sizes[] = {1, 3, 6, 6, 6};
  struct manifest manifest = manifest_over(&nothing);
  manifest.format = MANIFEST_FORMAT_ENCRYPTED;
  manifest.key = key->name;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct buffer archive;
    buffer_init(&archive, CEILING);
    assert_true(buffer_add(&archive, "\x50\x2A\x4D\x18....", HEAD, NULL) && manifest_write(&manifest, &archive, NULL));
    for (int j = 0; j < 4; j++) archive.data[4 + j] = (char)((archive.size - HEAD) >> 8 * j);
    char *head = malloc(archive.size);
    size_t head_size = archive.size;
    assert_non_null(head);
    memcpy(head, archive.data, head_size);
    struct sealing *sealing = sealing_new(key, head, head_size, &archive, NULL);
    assert_true(sealing && sealing_add(sealing, streams[i], sizes[i], NULL) && sealing_end(sealing, NULL));
    sealing_free(sealing);
    assert_refused(archive.data, archive.size, &nothing, keys, "manifest");
    free(head);
    buffer_release(&archive);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_archive_gives_back_its_image),
      cmocka_unit_test(outside_is_what_finds_it_and_nothing_of_the_data),
      cmocka_unit_test(another_key_is_told_apart_from_damage),
      cmocka_unit_test(no_byte_can_be_changed),
      cmocka_unit_test(a_cut_is_found_wherever_it_is),
      cmocka_unit_test(pieces_belong_to_one_archive_and_in_their_order),
      cmocka_unit_test(another_base_is_refused),
      cmocka_unit_test(a_head_can_not_be_made_a_plain_one),
      cmocka_unit_test(without_memory_nothing_is_left_behind),
      cmocka_unit_test(a_stream_without_a_manifest_is_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
