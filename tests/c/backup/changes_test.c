/* Changes over a base that is kept as an archive give the same archives as the images themselves. */
#include "backup/changes.h"

#include "backup/images.h"
/* after cmocka, as it wants */
#include "backup/keyring.h"
#include "common/memory.h"

enum { PAGES = 300, LARGE = 4 << 20 };

/* Every n-th page is another one. */
static struct image changed(const struct image *image, size_t page_size, size_t n) {
  struct image copy = {malloc(image->size), image->size};
  assert_non_null(copy.bytes);
  memcpy(copy.bytes, image->bytes, image->size);
  for (size_t at = n; at < image->size / page_size; at += n) copy.bytes[at * page_size + at % page_size] ^= 0x5A;
  return copy;
}

static struct changes *collect(const struct image *image, size_t page_size, const struct page_hashes *base,
                               struct error *error) {
  struct changes *changes = changes_new(page_size, image->size / page_size, error);
  for (size_t at = 0; changes && at < image->size; at += page_size) {
    if (changes_add(changes, image->bytes + at, base, error)) continue;
    changes_free(changes);
    return NULL;
  }
  return changes;
}

struct base {
  struct image image;
  struct page_hashes hashes;
  struct buffer archive;
  struct changes_base described;
};

static struct base base_of(struct image image, size_t page_size, const struct keyring_key *key) {
  struct manifest manifest = manifest_over(&nothing);
  struct base base = {.image = image};
  assert_true(page_hashes_of_image(&base.hashes, image.bytes, image.size, page_size, NULL));
  base.archive = pack_as(&manifest, &image, &nothing, key);
  base.described = (struct changes_base){base.archive.data, base.archive.size, image.size, key};
  return base;
}

static void base_free(struct base *base) {
  page_hashes_release(&base->hashes);
  buffer_release(&base->archive);
  free(base->image.bytes);
}

static bool pack(struct changes *changes, enum changes_as as, const struct base *base, struct buffer *archive,
                 struct error *error) {
  struct manifest manifest = manifest_over(as == CHANGES_WHOLE ? &nothing : &base->image);
  struct changes_base described = base->described;
  buffer_init(archive, CEILING);
  if (as != CHANGES_WHOLE) {
    manifest.base_size = (int64_t)base->image.size;
    manifest.base_checksum = archive_checksum(base->image.bytes, base->image.size);
  }
  *error = (struct error){0};
  return changes_pack(changes, as, &described, &manifest, NULL, archive, error);
}

/* The archive gives the image over the base; for CHANGES_WHOLE alone. */
static void assert_gives(struct changes *changes, enum changes_as as, const struct base *base, const struct image *expected) {
  struct buffer archive;
  struct error error;
  struct image got;
  if (!pack(changes, as, base, &archive, &error)) fail_msg("%s", error.text);
  struct archive_source source = {.bytes = archive.data, .size = archive.size};
  if (as != CHANGES_WHOLE) {
    source.base = base->image.bytes;
    source.base_size = base->image.size;
  }
  if (!archive_unpack(&source, CEILING, NULL, &got.bytes, &got.size, &error)) fail_msg("%s", error.text);
  assert_int_equal(got.size, expected->size);
  assert_memory_equal(got.bytes, expected->bytes, got.size);
  free(got.bytes);
  buffer_release(&archive);
}

static void try_over(const struct base *base, const struct image *image, size_t page_size) {
  struct changes *changes = collect(image, page_size, &base->hashes, NULL);
  assert_non_null(changes);
  assert_int_equal(changes_image_size(changes), image->size);
  assert_gives(changes, CHANGES_OVER_BASE, base, image);
  assert_gives(changes, CHANGES_OVER_BASE, base, image); /* nothing was given up */
  assert_gives(changes, CHANGES_WHOLE, base, image);
  struct base new_base =
      base_of((struct image){memcpy(malloc(image->size), image->bytes, image->size), image->size}, page_size, NULL);
  struct page_hashes hashes = changes_take_hashes(changes);
  assert_int_equal(hashes.count, new_base.hashes.count);
  assert_memory_equal(hashes.values, new_base.hashes.values, hashes.count * sizeof *hashes.values);
  assert_gives(changes, CHANGES_NONE, &new_base, image);
  page_hashes_release(&hashes);
  base_free(&new_base);
  changes_free(changes);
}

static void try_sizes(size_t page_size, size_t base_count, size_t count) {
  struct base base = base_of(noise(page_size, base_count, 7), page_size, NULL);
  struct image same = noise(page_size, count, 7), image = changed(&same, page_size, 3);
  try_over(&base, &image, page_size);
  try_over(&base, &same, page_size);
  base_free(&base);
  free(same.bytes);
  free(image.bytes);
}

static void changes_over_a_base_give_the_image(void **state) {
  (void)state;
  for (size_t page_size = 512; page_size <= 65536; page_size = page_size == 512 ? 4096 : page_size * 16) {
    for (size_t base_count = 1; base_count <= PAGES; base_count *= 17) {
      for (size_t count = 1; count <= PAGES; count = count * 6 + 1) {
        if ((base_count + count) * page_size <= LARGE) try_sizes(page_size, base_count, count);
      }
    }
  }
}

static void a_base_may_have_pages_of_another_size_or_be_none(void **state) {
  (void)state;
  struct base base = base_of(noise(4096, 40, 7), 4096, NULL), none = {.image = nothing};
  struct image image = noise(512, 90, 7);
  try_over(&base, &image, 512);
  try_over(&none, &image, 512);
  base_free(&base);
  free(image.bytes);
}

static void a_base_may_be_encrypted(void **state) {
  (void)state;
  static const struct keyring_key key = {.name = {.id = "0123456789abcdef"}, .bytes = "thirty-two bytes that nobody has"};
  struct base base = base_of(noise(4096, PAGES, 7), 4096, &key);
  struct image image = changed(&base.image, 4096, 7);
  struct changes *changes = collect(&image, 4096, &base.hashes, NULL);
  assert_gives(changes, CHANGES_OVER_BASE, &base, &image);
  assert_gives(changes, CHANGES_WHOLE, &base, &image);
  changes_free(changes);
  base_free(&base);
  free(image.bytes);
}

/* In the memory of this machine, where nothing else would notice. */
static void a_damaged_base_is_seen(void **state) {
  (void)state;
  struct base base = base_of(noise(512, PAGES, 7), 512, NULL);
  struct image image = changed(&base.image, 512, 7);
  for (size_t at = base.archive.size / 2; at < base.archive.size; at += 997) {
    for (enum changes_as as = CHANGES_OVER_BASE; as <= CHANGES_WHOLE; as++) {
      struct changes *changes = collect(&image, 512, &base.hashes, NULL);
      struct buffer archive;
      struct error error;
      base.archive.data[at] ^= 1;
      assert_false(pack(changes, as, &base, &archive, &error));
      assert_true(error.kind == ERROR_INPUT || error.kind == ERROR_SYSTEM);
      assert_int_equal(archive.size, 0);
      base.archive.data[at] ^= 1;
      buffer_release(&archive);
      changes_free(changes);
    }
  }
  base_free(&base);
  free(image.bytes);
}

/* Two pages of one hash: such a page would be lost without a word. */
static void a_page_that_only_looks_unchanged_is_seen(void **state) {
  (void)state;
  struct base base = base_of(noise(512, PAGES, 7), 512, NULL);
  struct image image = changed(&base.image, 512, 100);
  struct buffer archive;
  struct error error;
  base.hashes.values[100] = page_hashes_of_page(image.bytes + 512 * 100, 512);
  struct changes *changes = collect(&image, 512, &base.hashes, NULL);
  assert_false(pack(changes, CHANGES_OVER_BASE, &base, &archive, &error));
  assert_int_equal(error.kind, ERROR_SYSTEM);
  changes_free(changes);
  buffer_release(&archive);
  base_free(&base);
  free(image.bytes);
}

static void only_an_sqlite_image_is_collected(void **state) {
  (void)state;
  struct image image = noise(512, 3, 7);
  struct error error = {0};
  image.bytes[16] = 4; /* pages of 1,024, it says */
  assert_null(collect(&image, 512, NULL, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  image.bytes[16] = 2;
  image.bytes[15] = '0';
  assert_null(collect(&image, 512, NULL, &error));
  assert_non_null(strstr(error.text, "not an SQLite image"));
  free(image.bytes);
}

static void want_of_memory_is_told(void **state) {
  (void)state;
  struct base base = base_of(noise(4096, PAGES, 7), 4096, NULL);
  struct image image = changed(&base.image, 4096, 2);
  unsigned n = 1;
  for (bool ok = false; !ok; n++) {
    struct error error = {0};
    struct buffer archive;
    buffer_init(&archive, CEILING);
    memory_fail_at(n);
    struct changes *changes = collect(&image, 4096, &base.hashes, &error);
    ok = changes && pack(changes, CHANGES_OVER_BASE, &base, &archive, &error) &&
         pack(changes, CHANGES_WHOLE, &base, (buffer_release(&archive), &archive), &error);
    memory_fail_at(0);
    assert_int_equal(error.kind, ok ? ERROR_NONE : ERROR_MEMORY);
    buffer_release(&archive);
    changes_free(changes);
  }
  assert_true(n > 6);
  base_free(&base);
  free(image.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(changes_over_a_base_give_the_image),
      cmocka_unit_test(a_base_may_have_pages_of_another_size_or_be_none),
      cmocka_unit_test(a_base_may_be_encrypted),
      cmocka_unit_test(a_damaged_base_is_seen),
      cmocka_unit_test(a_page_that_only_looks_unchanged_is_seen),
      cmocka_unit_test(only_an_sqlite_image_is_collected),
      cmocka_unit_test(want_of_memory_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
