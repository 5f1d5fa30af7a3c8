/* The archive: unpacking gives back the image that was packed, or an error. */
#include "backup/archive.h"

#include <zstd.h>

#include "backup/images.h"
/* after cmocka, as it wants */
#include "common/memory.h"

static struct image zeros(size_t size) {
  struct image image = noise(PAGE, size / PAGE, 1);
  memset(image.bytes + 100, 0, size - 100);
  return image;
}

static struct image changed(const struct image *image, size_t page_count) {
  struct image copy = {malloc(image->size), image->size};
  assert_non_null(copy.bytes);
  memcpy(copy.bytes, image->bytes, image->size);
  for (size_t i = 1; i <= page_count; i++) copy.bytes[i * image->size / (page_count + 1)] ^= 0x5A;
  return copy;
}

/* ---- packing and unpacking ---- */

static struct buffer pack(const struct image *image, const struct image *base) {
  struct manifest manifest = manifest_over(base);
  return pack_as(&manifest, image, base, NULL);
}

static bool unpack(const void *archive, size_t size, const struct image *base, size_t ceiling, struct image *image,
                   struct error *error) {
  *error = (struct error){0};
  image->bytes = (unsigned char *)1; /* a NULL must have been put there */
  struct archive_source source = {archive, base->bytes, size, base->size, NULL};
  return archive_unpack(&source, ceiling, NULL, &image->bytes, &image->size, error);
}

static void assert_unpacks(const struct buffer *archive, const struct image *base, const struct image *expected) {
  struct image image;
  struct error error;
  assert_true(unpack(archive->data, archive->size, base, CEILING, &image, &error));
  assert_int_equal(image.size, expected->size);
  assert_memory_equal(image.bytes, expected->bytes, image.size);
  free(image.bytes);
}

static void assert_refused(const void *archive, size_t size, const struct image *base, const char *words) {
  struct image image;
  struct error error;
  assert_false(unpack(archive, size, base, CEILING, &image, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  assert_null(image.bytes);
  assert_int_equal(image.size, 0);
  if (!strstr(error.text, words)) fail_msg("'%s' does not say '%s'", error.text, words);
}

/* An archive of parts that need not fit each other. */
static struct buffer assemble(const struct manifest *manifest, const void *frame, size_t frame_size) {
  struct buffer archive;
  unsigned char head[HEAD] = {0x50, 0x2A, 0x4D, 0x18};
  buffer_init(&archive, CEILING);
  assert_true(buffer_add(&archive, head, HEAD, NULL) && manifest_write(manifest, &archive, NULL));
  for (int i = 0; i < 4; i++) archive.data[4 + i] = (char)((archive.size - HEAD) >> 8 * i);
  assert_true(buffer_add(&archive, frame, frame_size, NULL));
  return archive;
}

static size_t frame_at(const struct buffer *archive) {
  const unsigned char *bytes = (const unsigned char *)archive->data;
  return HEAD + (bytes[4] | (size_t)bytes[5] << 8 | (size_t)bytes[6] << 16);
}

/* ---- what went in comes out ---- */

static void an_archive_gives_back_its_image(void **state) {
  (void)state;
  for (size_t page_size = 512; page_size <= 65536; page_size *= 2) {
    for (size_t page_count = 1; page_count <= 300; page_count = page_count * 7 + 1) {
      struct image image = noise(page_size, page_count, 7);
      struct buffer archive = pack(&image, &nothing);
      assert_unpacks(&archive, &nothing, &image);
      buffer_release(&archive);
      free(image.bytes);
    }
  }
}

static void its_manifest_tells_of_the_image(void **state) {
  (void)state;
  struct image image = noise(65536, 3, 7), base = noise(65536, 2, 8);
  struct buffer archive = pack(&image, &base);
  struct manifest manifest;
  assert_true(archive_read_manifest(archive.data, archive.size, &manifest, NULL));
  assert_int_equal(manifest.page_size, 65536);
  assert_int_equal(manifest.page_count, 3);
  assert_true(manifest.checksum == archive_checksum(image.bytes, image.size));
  assert_int_equal(manifest.base_size, base.size);
  assert_true(manifest.base_checksum == archive_checksum(base.bytes, base.size));
  assert_int_equal(manifest.sequence, 2);
  buffer_release(&archive);
  free(image.bytes);
  free(base.bytes);
}

static void the_checksum_is_xxh64(void **state) {
  (void)state;
  assert_true(archive_checksum("", 0) == 0xEF46DB3751D8E999); /* https://github.com/Cyan4973/xxHash, its specification */
}

static void without_a_base_any_zstd_opens_it(void **state) {
  (void)state;
  struct image image = noise(PAGE, 40, 7);
  struct buffer archive = pack(&image, &nothing);
  unsigned char *plain = malloc(image.size);
  assert_int_equal(ZSTD_decompress(plain, image.size, archive.data, archive.size), image.size);
  assert_memory_equal(plain, image.bytes, image.size);
  free(plain);
  buffer_release(&archive);
  free(image.bytes);
}

static void adds_to_what_is_there_and_ends_with_a_nul(void **state) {
  (void)state;
  struct image image = noise(PAGE, 40, 7);
  struct manifest manifest = manifest_over(&nothing);
  struct buffer archive;
  buffer_init(&archive, CEILING);
  assert_true(buffer_add_text(&archive, "before", NULL));
  assert_true(flat_pack(&manifest, image.bytes, image.size, NULL, 0, NULL, &archive, NULL));
  assert_memory_equal(archive.data, "before", 6);
  assert_int_equal(archive.data[archive.size], '\0');
  struct buffer rest = {.data = archive.data + 6, .size = archive.size - 6};
  assert_unpacks(&rest, &nothing, &image);
  buffer_release(&archive);
  free(image.bytes);
}

/* ---- over a base ---- */

static void over_a_base_only_the_change_costs(void **state) {
  (void)state;
  struct image base = noise(4096, 2000, 7), image = changed(&base, 20);
  struct buffer whole = pack(&image, &nothing), archive = pack(&image, &base);
  assert_true(whole.size > 4096 * 1900);
  assert_true(archive.size < 5000);
  assert_unpacks(&archive, &base, &image);
  buffer_release(&whole);
  buffer_release(&archive);
  free(image.bytes);
  free(base.bytes);
}

/* Other programs that follow the format must be understood, to the last byte of the base. */
static void the_frame_is_image_xor_base(void **state) {
  (void)state;
  struct image image = noise(PAGE, 3, 7), base = {noise(PAGE, 2, 8).bytes, 2 * PAGE - 3};
  struct buffer archive = pack(&image, &base);
  unsigned char *plain = malloc(image.size);
  assert_int_equal(ZSTD_decompress(plain, image.size, archive.data, archive.size), image.size);
  for (size_t i = 0; i < image.size; i++) assert_int_equal(plain[i] ^ (i < base.size ? base.bytes[i] : 0), image.bytes[i]);
  free(plain);
  buffer_release(&archive);
  free(image.bytes);
  free(base.bytes);
}

/* Where the base ends within a slice. */
static void a_base_may_be_of_any_size(void **state) {
  (void)state;
  static const size_t counts[] = {1, 2, 511, 512, 513, 1024, 1200};
  enum { COUNTS = sizeof counts / sizeof *counts };
  for (size_t i = 0; i < COUNTS * COUNTS; i++) {
    struct image image = noise(PAGE, counts[i % COUNTS], 7), base = noise(PAGE, counts[i / COUNTS], 7);
    struct buffer archive = pack(&image, &base);
    assert_unpacks(&archive, &base, &image);
    buffer_release(&archive);
    free(image.bytes);
    free(base.bytes);
  }
}

static void a_base_may_lie_anywhere(void **state) {
  (void)state;
  struct image image = noise(PAGE, 3, 7);
  unsigned char *place = malloc(2 * PAGE + 8);
  for (size_t shift = 0; shift < 8; shift++) {
    struct image base = {place + shift, 2 * PAGE - shift}; /* no whole pages either: it is only bytes */
    memset(place, (int)shift, 2 * PAGE + 8);
    struct buffer archive = pack(&image, &base);
    assert_unpacks(&archive, &base, &image);
    buffer_release(&archive);
  }
  free(place);
  free(image.bytes);
}

static void another_base_is_refused(void **state) {
  (void)state;
  struct image base = noise(PAGE, 9, 7), image = changed(&base, 2), other = changed(&base, 1), shorter = {base.bytes, 8 * PAGE};
  struct buffer archive = pack(&image, &base), plain = pack(&image, &nothing);
  assert_unpacks(&archive, &base, &image);
  assert_refused(archive.data, archive.size, &other, "builds on another base");
  assert_refused(archive.data, archive.size, &shorter, "builds on a base of 4608 bytes, not on one of 4096");
  assert_refused(archive.data, archive.size, &nothing, "builds on a base of 4608 bytes, not on one of 0");
  assert_refused(plain.data, plain.size, &base, "builds on a base of 0 bytes, not on one of 4608");
  buffer_release(&archive);
  buffer_release(&plain);
  free(image.bytes);
  free(other.bytes);
  free(base.bytes);
}

/* ---- what can't be packed ---- */

static void what_does_not_fit_is_not_packed(void **state) {
  (void)state;
  struct image image = noise(PAGE, 4, 7);
  struct buffer whole = pack(&image, &nothing);
  for (size_t ceiling = 6; ceiling < whole.size; ceiling += 11) {
    struct manifest manifest = manifest_over(&nothing);
    struct buffer archive;
    struct error error = {0};
    buffer_init(&archive, ceiling);
    assert_true(buffer_add_text(&archive, "before", NULL));
    assert_false(flat_pack(&manifest, image.bytes, image.size, NULL, 0, NULL, &archive, &error));
    assert_int_equal(error.kind, ERROR_FULL);
    assert_int_equal(archive.size, 6);
    assert_string_equal(archive.data, "before");
    buffer_release(&archive);
  }
  buffer_release(&whole);
  free(image.bytes);
}

/* ---- what is damaged ---- */

static void a_part_of_an_archive_is_none(void **state) {
  (void)state;
  struct image base = noise(PAGE, 3, 7), image = changed(&base, 2);
  struct buffer archives[] = {pack(&image, &nothing), pack(&image, &base)};
  for (size_t i = 0; i < 2; i++) {
    for (size_t size = 0; size < archives[i].size; size++) {
      char *cut = malloc(size + !size); /* exactly its size, so that a sanitizer sees a read past the end */
      memcpy(cut, archives[i].data, size);
      assert_refused(cut, size, i ? &base : &nothing, "");
      free(cut);
      bool is_within_manifest = size >= HEAD && size < frame_at(&archives[i]);
      assert_refused(archives[i].data, size, i ? &base : &nothing, is_within_manifest ? "cut within its manifest" : "");
    }
    buffer_release(&archives[i]);
  }
  free(image.bytes);
  free(base.bytes);
}

static void more_than_an_archive_is_none(void **state) {
  (void)state;
  struct image image = noise(PAGE, 3, 7);
  struct buffer archive = pack(&image, &nothing);
  assert_true(buffer_add(&archive, "x", 1, NULL));
  assert_refused(archive.data, archive.size, &nothing, "damaged");
  struct buffer twice = pack(&image, &nothing); /* another frame behind the first */
  assert_true(buffer_add(&twice, twice.data + frame_at(&twice), twice.size - frame_at(&twice), NULL));
  assert_refused(twice.data, twice.size, &nothing, "damaged");
  buffer_release(&archive);
  buffer_release(&twice);
  free(image.bytes);
}

/* A changed bit in a date or a message id leaves the image the same. */
static void flip_each_bit(struct buffer *archive, const struct image *base, const struct image *expected) {
  size_t frame = frame_at(archive), refused = 0;
  for (size_t bit = 0; bit < archive->size * 8; bit++) {
    struct image image;
    struct error error;
    archive->data[bit / 8] ^= (char)(1 << bit % 8);
    if (unpack(archive->data, archive->size, base, CEILING, &image, &error)) {
      assert_int_equal(image.size, expected->size);
      assert_memory_equal(image.bytes, expected->bytes, image.size);
      free(image.bytes);
    } else {
      assert_int_equal(error.kind, ERROR_INPUT);
      assert_null(image.bytes);
      refused += bit / 8 >= frame;
    }
    archive->data[bit / 8] ^= (char)(1 << bit % 8);
  }
  assert_in_range(refused, (archive->size - frame) * 8 - 8, (archive->size - frame) * 8); /* a few bits have no meaning */
}

static void a_flipped_bit_never_gives_another_image(void **state) {
  (void)state;
  struct image base = noise(PAGE, 3, 7), image = changed(&base, 2);
  struct buffer plain = pack(&image, &nothing), archive = pack(&image, &base);
  flip_each_bit(&plain, &nothing, &image);
  flip_each_bit(&archive, &base, &image);
  buffer_release(&plain);
  buffer_release(&archive);
  free(image.bytes);
  free(base.bytes);
}

/* The frame of one backup behind the manifest of another: each is sound by itself. */
static void swapped_halves_are_refused(void **state) {
  (void)state;
  struct image image = noise(PAGE, 3, 7), other = changed(&image, 1);
  struct buffer archive = pack(&image, &nothing), other_archive = pack(&other, &nothing);
  struct manifest manifest;
  assert_true(archive_read_manifest(archive.data, archive.size, &manifest, NULL));
  struct buffer mixed =
      assemble(&manifest, other_archive.data + frame_at(&other_archive), other_archive.size - frame_at(&other_archive));
  assert_refused(mixed.data, mixed.size, &nothing, "checksum is wrong");
  buffer_release(&mixed);
  buffer_release(&archive);
  buffer_release(&other_archive);
  free(image.bytes);
  free(other.bytes);
}

static void other_documents_are_no_backup(void **state) {
  (void)state;
  struct manifest manifest;
  struct error error = {0};
  assert_false(archive_read_manifest("", 0, &manifest, &error));
  assert_non_null(strstr(error.text, "not a backup"));
  assert_false(archive_read_manifest("PK\3\4, a picture of a cat", 24, &manifest, &error));
  assert_non_null(strstr(error.text, "not a backup"));
  assert_refused("\x50\x2A\x4D\x18\xff\xff\xff\xff{}", 10, &nothing, "cut within its manifest");
  assert_refused("\x50\x2A\x4D\x18\x02\0\0\0{}", 10, &nothing, "\"format\"");
}

static void a_newer_format_is_told(void **state) {
  (void)state;
  struct image image = noise(PAGE, 3, 7);
  struct buffer archive = pack(&image, &nothing);
  struct error error = {0};
  struct manifest manifest;
  char *format = strstr(archive.data + HEAD, "\"format\":1");
  assert_non_null(format);
  format[9] = '3';
  assert_refused(archive.data, archive.size, &nothing, "format 3");
  assert_false(archive_read_manifest(archive.data, archive.size, &manifest, &error));
  assert_non_null(strstr(error.text, "use Lunokhod 0.1.0"));
  buffer_release(&archive);
  free(image.bytes);
}

/* ---- decompression bombs are refused before memory is allocated ---- */

/* An allocation would end with ERROR_MEMORY. */
static void assert_refused_unopened(const struct buffer *archive, size_t ceiling, const char *words) {
  struct image image;
  struct error error;
  memory_fail_at(1);
  assert_false(unpack(archive->data, archive->size, &nothing, ceiling, &image, &error));
  memory_fail_at(0);
  assert_int_equal(error.kind, ERROR_INPUT);
  if (!strstr(error.text, words)) fail_msg("'%s' does not say '%s'", error.text, words);
}

static void more_than_the_ceiling_is_refused_unopened(void **state) {
  (void)state;
  struct image image = zeros(1 << 20);
  struct buffer archive = pack(&image, &nothing);
  assert_true(archive.size < 1000);
  assert_unpacks(&archive, &nothing, &image);
  assert_refused_unopened(&archive, (1 << 20) - 1, "says it has 1048576 bytes, more than the 1048575");
  buffer_release(&archive);
  free(image.bytes);
}

static void a_million_tiny_pages_are_refused_unopened(void **state) {
  (void)state;
  struct image image = zeros(PAGE);
  struct buffer archive = pack(&image, &nothing);
  struct manifest manifest;
  assert_true(archive_read_manifest(archive.data, archive.size, &manifest, NULL));
  static const int64_t counts[] = {1 << 20, UINT32_MAX - 1};
  for (size_t i = 0; i < 2; i++) {
    manifest.page_count = counts[i];
    struct buffer lying = assemble(&manifest, archive.data + frame_at(&archive), archive.size - frame_at(&archive));
    assert_refused_unopened(&lying, CEILING, "more than");
    assert_refused_unopened(&lying, (size_t)1 << 40, counts[i] == 1 << 20 ? "disagree" : "more than");
    buffer_release(&lying);
  }
  buffer_release(&archive);
  free(image.bytes);
}

/* The frame's own size must be the manifest's, and hold: 5 bytes of header come before it in a frame of one segment. */
static void a_frame_that_holds_more_than_it_says_is_refused(void **state) {
  (void)state;
  struct image image = zeros(1 << 20), little = zeros(PAGE);
  struct buffer archive = pack(&little, &nothing);
  struct manifest manifest;
  assert_true(archive_read_manifest(archive.data, archive.size, &manifest, NULL));
  unsigned char frame[4096];
  size_t size = ZSTD_compress(frame, sizeof frame, image.bytes, image.size, 3);
  assert_false(ZSTD_isError(size));
  struct buffer bomb = assemble(&manifest, frame, size);
  assert_refused_unopened(&bomb, CEILING, "disagree");
  assert_int_equal(frame[4] >> 5, 5); /* 4 bytes of size, one segment */
  memcpy(frame + 5, (unsigned char[]){PAGE & 0xff, PAGE >> 8, 0, 0}, 4);
  struct buffer liar = assemble(&manifest, frame, size);
  assert_refused(liar.data, liar.size, &nothing, "damaged");
  buffer_release(&liar);
  buffer_release(&bomb);
  buffer_release(&archive);
  free(image.bytes);
  free(little.bytes);
}

static void a_frame_that_does_not_say_its_size_is_refused(void **state) {
  (void)state;
  struct image image = zeros(PAGE);
  struct buffer archive = pack(&image, &nothing);
  struct manifest manifest;
  assert_true(archive_read_manifest(archive.data, archive.size, &manifest, NULL));
  unsigned char frame[4096];
  ZSTD_CCtx *context = ZSTD_createCCtx();
  assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)));
  size_t size = ZSTD_compress2(context, frame, sizeof frame, image.bytes, image.size);
  assert_false(ZSTD_isError(size));
  ZSTD_freeCCtx(context);
  struct buffer silent = assemble(&manifest, frame, size), empty = assemble(&manifest, frame, 0);
  assert_refused_unopened(&silent, CEILING, "disagree");
  assert_refused_unopened(&empty, CEILING, "cut");
  buffer_release(&silent);
  buffer_release(&empty);
  buffer_release(&archive);
  free(image.bytes);
}

/* ---- without memory ---- */

static void packing_without_memory_leaves_the_buffer_as_it_was(void **state) {
  (void)state;
  struct image image = noise(PAGE, 40, 7), base = noise(PAGE, 20, 7);
  unsigned n = 1;
  for (bool ok = false; !ok; n++) {
    struct manifest manifest = manifest_over(&base);
    struct buffer archive;
    struct error error = {0};
    buffer_init(&archive, CEILING);
    assert_true(buffer_add_text(&archive, "before", NULL));
    memory_fail_at(n);
    ok = flat_pack(&manifest, image.bytes, image.size, base.bytes, base.size, NULL, &archive, &error);
    memory_fail_at(0);
    assert_int_equal(error.kind, ok ? ERROR_NONE : ERROR_MEMORY);
    if (!ok) assert_string_equal(archive.data, "before");
    buffer_release(&archive);
  }
  assert_true(n > 3);
  free(image.bytes);
  free(base.bytes);
}

static void unpacking_without_memory_gives_nothing(void **state) {
  (void)state;
  struct image image = noise(PAGE, 40, 7), got;
  struct buffer archive = pack(&image, &nothing);
  struct error error;
  memory_fail_at(1);
  assert_false(unpack(archive.data, archive.size, &nothing, CEILING, &got, &error));
  memory_fail_at(0);
  assert_int_equal(error.kind, ERROR_MEMORY);
  assert_null(got.bytes);
  memory_fail_at(2);
  assert_unpacks(&archive, &nothing, &image);
  memory_fail_at(0);
  buffer_release(&archive);
  free(image.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_archive_gives_back_its_image),
      cmocka_unit_test(its_manifest_tells_of_the_image),
      cmocka_unit_test(the_checksum_is_xxh64),
      cmocka_unit_test(without_a_base_any_zstd_opens_it),
      cmocka_unit_test(adds_to_what_is_there_and_ends_with_a_nul),
      cmocka_unit_test(over_a_base_only_the_change_costs),
      cmocka_unit_test(the_frame_is_image_xor_base),
      cmocka_unit_test(a_base_may_be_of_any_size),
      cmocka_unit_test(a_base_may_lie_anywhere),
      cmocka_unit_test(another_base_is_refused),
      cmocka_unit_test(what_does_not_fit_is_not_packed),
      cmocka_unit_test(a_part_of_an_archive_is_none),
      cmocka_unit_test(more_than_an_archive_is_none),
      cmocka_unit_test(a_flipped_bit_never_gives_another_image),
      cmocka_unit_test(swapped_halves_are_refused),
      cmocka_unit_test(other_documents_are_no_backup),
      cmocka_unit_test(a_newer_format_is_told),
      cmocka_unit_test(more_than_the_ceiling_is_refused_unopened),
      cmocka_unit_test(a_million_tiny_pages_are_refused_unopened),
      cmocka_unit_test(a_frame_that_holds_more_than_it_says_is_refused),
      cmocka_unit_test(a_frame_that_does_not_say_its_size_is_refused),
      cmocka_unit_test(packing_without_memory_leaves_the_buffer_as_it_was),
      cmocka_unit_test(unpacking_without_memory_gives_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
