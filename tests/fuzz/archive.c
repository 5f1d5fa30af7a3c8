/* libFuzzer's target: the bytes are read as an archive, as a manifest, as what is behind the head of an encrypted archive (as
 * it stands, and encrypted first), and as a seed's document. What is accepted must keep the promises of its header; anything
 * else must be an error with a text. */
#include "backup/archive.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/keyring.h"
#include "backup/manifest.h"
#include "backup/sealing.h"
#include "backup/seed.h"
#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"
#include "example.h"

enum { CEILING = 1 << 20, HEAD_SIZE = 8, FAILING_SIZES = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_most);

static struct keyring *keys;
static struct keyring_key *key;

/* A key for all runs: what is found must be found again. */
static void open_keys(void) {
  static const char line[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  char path[] = "/tmp/archive-fuzz.XXXXXX";
  int file = mkstemp(path);
  bool ok = file >= 0 && write(file, line, sizeof line - 1) == (ssize_t)sizeof line - 1 && close(file) == 0;
  keys = ok ? keyring_open(path, NULL) : NULL;
  key = keys ? keyring_first(keys, NULL) : NULL;
  assert(key && unlink(path) == 0);
}

static void assert_reason(bool ok, const struct error *error) {
  assert(ok ? error->kind == ERROR_NONE : error->kind != ERROR_NONE && error->text[0]);
}

/* A manifest that is taken must be the same when it is written and read again. */
static void try_manifest(const uint8_t *bytes, size_t size) {
  static struct manifest manifest, again;
  struct error error = {0};
  struct buffer json;
  bool ok = manifest_read(&manifest, (const char *)bytes, size, &error);
  assert_reason(ok, &error);
  if (!ok) return;
  assert(manifest.part_count <= MANIFEST_PARTS_MAX && manifest.history_count <= MANIFEST_HISTORY_MAX);
  for (size_t i = 0; i < manifest.part_count; i++) assert(manifest.parts[i].size > 0 && manifest.parts[i].message_id > 0);
  buffer_init(&json, CEILING);
  ok = manifest_write(&manifest, &json, &error) && manifest_read(&again, json.data, json.size, &error);
  assert(ok && memcmp(&manifest, &again, sizeof manifest) == 0);
  buffer_release(&json);
}

static void try_archive(const uint8_t *bytes, size_t size, const void *base, size_t base_size) {
  static struct manifest manifest;
  struct error error = {0};
  unsigned char *image;
  size_t image_size;
  bool is_read = archive_read_manifest(bytes, size, &manifest, &error);
  assert_reason(is_read, &error);
  error = (struct error){0};
  struct archive_source source = {bytes, base, size, base_size, keys};
  bool ok = archive_unpack(&source, CEILING, &manifest, &image, &image_size, &error);
  assert_reason(ok, &error);
  assert(ok == (image != NULL));
  if (ok) {
    assert(is_read && image_size <= CEILING && image_size == (size_t)(manifest.page_size * manifest.page_count));
    assert(archive_checksum(image, image_size) == manifest.checksum);
    assert(manifest.base_size == (int64_t)base_size);
    assert(*manifest.key.id ? manifest.format == MANIFEST_FORMAT_ENCRYPTED : manifest.format == MANIFEST_FORMAT);
  }
  free(image);
}

/* The bytes behind a sound head: only the key's owner could have written them, but with any version. */
static void try_stream(const uint8_t *bytes, size_t size, bool is_encrypted) {
  struct manifest manifest = {.format = MANIFEST_FORMAT_ENCRYPTED, .host = "0.1.0", .epoch = 3, .key = key->name};
  char *head;
  struct buffer archive;
  buffer_init(&archive, 2 * CEILING);
  bool ok = buffer_add(&archive, "\x50\x2A\x4D\x18....", HEAD_SIZE, NULL) && manifest_write(&manifest, &archive, NULL);
  assert(ok);
  for (int i = 0; i < 4; i++) archive.data[4 + i] = (char)((archive.size - HEAD_SIZE) >> 8 * i);
  size_t head_size = archive.size;
  assert((head = malloc(head_size)) != NULL);
  memcpy(head, archive.data, head_size);
  struct sealing *sealing = is_encrypted ? sealing_new(key, head, head_size, &archive, NULL) : NULL;
  ok = is_encrypted ? sealing && sealing_add(sealing, bytes, size, NULL) && sealing_end(sealing, NULL)
                    : buffer_add(&archive, bytes, size, NULL);
  assert(ok);
  sealing_free(sealing);
  try_archive((const uint8_t *)archive.data, archive.size, NULL, 0);
  buffer_release(&archive);
  free(head);
}

/* What it gives must be a database that the host would load. */
static void try_seed(const uint8_t *bytes, size_t size) {
  struct error error = {0};
  unsigned char *image;
  size_t image_size;
  if (!seed_is_one(bytes, size)) return; /* SQLite is slow, so only for bytes that the host would try as well */
  bool ok = seed_read(bytes, size, &image, &image_size, &error);
  assert_reason(ok, &error);
  assert(ok == (image != NULL));
  if (!ok) return;
  memory_fail_at(0);
  struct database *database = database_open(&error);
  ok = database && database_load(database, image, image_size, &error);
  assert(ok);
  database_close(database);
  free(image);
}

/* For some sizes an allocation fails, always the same one for the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  unsigned char base[EXAMPLE_SIZE];
  unsigned fail_at = size % FAILING_SIZES < 3 ? (unsigned)(size % FAILING_SIZES) : 0;
  if (!keys) open_keys();
  example_image(base, 1);
  try_manifest(bytes, size);
  try_stream(bytes, size, false);
  try_stream(bytes, size, true);
  memory_fail_at(fail_at);
  try_archive(bytes, size, NULL, 0);
  memory_fail_at(fail_at);
  try_archive(bytes, size, base, sizeof base);
  memory_fail_at(fail_at);
  try_seed(bytes, size);
  memory_fail_at(0);
  return 0;
}

static size_t manifest_size(const uint8_t *bytes, size_t size) {
  if (size < HEAD_SIZE || memcmp(bytes, "\x50\x2A\x4D\x18", 4) != 0) return 0;
  size_t json_size = bytes[4] | (size_t)bytes[5] << 8;
  return json_size <= size - HEAD_SIZE ? json_size : 0;
}

/* Half of the changes to an archive are made within its manifest, and the size in the head is corrected: otherwise nearly all
 * would be refused at the head. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_most, unsigned seed) {
  size_t json_size = manifest_size(bytes, size);
  if (!json_size || seed % 2) return LLVMFuzzerMutate(bytes, size, size_most);
  size_t frame_size = size - HEAD_SIZE - json_size, room = size_most - HEAD_SIZE - frame_size;
  if (room > UINT16_MAX) room = UINT16_MAX;
  uint8_t *frame = malloc(frame_size + 1);
  memcpy(frame, bytes + HEAD_SIZE + json_size, frame_size);
  json_size = LLVMFuzzerMutate(bytes + HEAD_SIZE, json_size, room);
  bytes[4] = (uint8_t)json_size;
  bytes[5] = (uint8_t)(json_size >> 8);
  memcpy(bytes + HEAD_SIZE + json_size, frame, frame_size);
  free(frame);
  return HEAD_SIZE + json_size + frame_size;
}
