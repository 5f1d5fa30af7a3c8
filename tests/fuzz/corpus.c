/* Writes the documents that fuzzing begins with into a folder: fuzz-corpus FOLDER. They are committed, so that every run
 * begins with what earlier formats looked like, too. */
#include <stdio.h>
#include <stdlib.h>

#include "../c/backup/flat.h"
#include "backup/archive.h"
#include "backup/manifest.h"
#include "common/buffer.h"
#include "common/error.h"
#include "example.h"

static const char *folder;

static void save(const char *name, const void *bytes, size_t size) {
  char path[500];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
    perror(path);
    exit(1);
  }
}

static void save_text(const char *name, const char *text) { save(name, text, strlen(text)); }

static struct manifest describe(void) {
  return (struct manifest){
      .format = 1, .host = "0.1.0", .epoch = 3, .sequence = 14, .saved_at = 1795430834000, .anchored_at = 1795430000000};
}

static void save_archive(const char *name, struct manifest *manifest, const unsigned char *base) {
  unsigned char image[EXAMPLE_SIZE];
  struct buffer archive;
  struct error error = {0};
  buffer_init(&archive, 1 << 20);
  example_image(image, 2);
  if (!flat_pack(manifest, image, sizeof image, base, base ? EXAMPLE_SIZE : 0, NULL, &archive, &error)) {
    (void)fprintf(stderr, "%s: %s\n", name, error.text);
    exit(1);
  }
  save(name, archive.data, archive.size);
  if (!base) save("archive-cut", archive.data, archive.size - 20);
  char *format = strstr(archive.data + 8, "\"format\":1");
  format[9] = '3';
  if (!base) save("archive-newer", archive.data, archive.size);
  buffer_release(&archive);
}

/* What an encrypted archive's stream holds: a size, the rest of a manifest, and a frame, which is that of a plain one. */
static void save_stream(void) {
  unsigned char image[EXAMPLE_SIZE];
  struct manifest manifest = describe();
  struct buffer archive, secret;
  struct error error = {0};
  buffer_init(&archive, 1 << 20);
  buffer_init(&secret, 1 << 20);
  example_image(image, 2);
  bool ok = flat_pack(&manifest, image, sizeof image, NULL, 0, NULL, &archive, &error) &&
            buffer_add(&secret, "....", 4, &error) && manifest_write_secret(&manifest, &secret, &error);
  size_t head = 8 + ((unsigned char)archive.data[4] | (size_t)(unsigned char)archive.data[5] << 8);
  for (int i = 0; ok && i < 4; i++) secret.data[i] = (char)((secret.size - 4) >> 8 * i);
  if (!ok || !buffer_add(&secret, archive.data + head, archive.size - head, &error)) exit(1);
  save("stream", secret.data, secret.size);
  buffer_release(&archive);
  buffer_release(&secret);
}

static void save_encrypted_manifest(void) {
  struct manifest manifest = describe();
  struct buffer json;
  buffer_init(&json, 1 << 20);
  manifest.format = MANIFEST_FORMAT_ENCRYPTED;
  manifest.key = (struct key_name){.id = "0123456789abcdef", .is_stretched = true, .memory_kb = 8192, .passes = 1};
  if (!manifest_write(&manifest, &json, NULL)) exit(1);
  save("manifest-encrypted", json.data, json.size);
  buffer_release(&json);
}

static void save_archives(void) {
  unsigned char base[EXAMPLE_SIZE];
  struct manifest manifest = describe();
  example_image(base, 1);
  manifest_add_copy(&manifest, &(struct manifest_copy){12, 1795330834000, 0});
  manifest_add_copy(&manifest, &(struct manifest_copy){34, 1795420834000, MANIFEST_BASE_UNKNOWN});
  save_archive("archive-whole", &manifest, NULL);
  manifest.part_count = 2;
  manifest.parts[0] = (struct manifest_part){.file_id = "BQACAgIAAxkBAAIB", .message_id = 35, .size = 19922944, .checksum = 1};
  manifest.parts[1] =
      (struct manifest_part){.file_id = "BQACAgIAAxkBAAIC", .message_id = 36, .size = 7, .checksum = UINT64_MAX};
  save_archive("archive-over-base", &manifest, base);
}

/* One more of the list's first element than there may be. */
static void save_longer(const char *name, const struct buffer *json, const char *list) {
  struct buffer longer;
  const char *first = strstr(json->data, list) + strlen(list), *end = strchr(first, '}') + 1;
  buffer_init(&longer, 1 << 20);
  bool ok = buffer_add(&longer, json->data, (size_t)(end - json->data), NULL) && buffer_add_text(&longer, ",", NULL) &&
            buffer_add_text(&longer, first, NULL);
  if (!ok) exit(1);
  save(name, longer.data, longer.size);
  buffer_release(&longer);
}

static void save_manifests(void) {
  struct manifest manifest = describe();
  struct buffer json;
  buffer_init(&json, 1 << 20);
  manifest.page_size = 4096;
  manifest.page_count = 5;
  if (!manifest_write(&manifest, &json, NULL)) exit(1);
  save("manifest", json.data, json.size);
  manifest.base_size = 20480;
  manifest.part_count = MANIFEST_PARTS_MAX;
  for (size_t i = 0; i < manifest.part_count; i++)
    manifest.parts[i] = (struct manifest_part){.file_id = "x", .message_id = 1, .size = 1};
  for (int i = 0; i < MANIFEST_HISTORY_MAX; i++) manifest_add_copy(&manifest, &(struct manifest_copy){1, 1, 0});
  buffer_clear(&json);
  if (!manifest_write(&manifest, &json, NULL)) exit(1);
  save("manifest-full", json.data, json.size);
  save_longer("manifest-of-65-parts", &json, "\"parts\":[");
  save_longer("manifest-of-31-copies", &json, "\"history\":[");
  buffer_release(&json);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  folder = arguments[1];
  save_archives();
  save_stream();
  save_manifests();
  save_encrypted_manifest();
  save_text("seed-empty", "[]");
  save_text("seed-people", "[[4503599627370495, \"О'Нил \\\"x\\\" \\ud83c\\udf15\", 7, 0],\n [-1001234567890, null, 1.0, 1]]");
  save_text("seed-twice", "\xef\xbb\xbf[[1,\"a\",5,0],[1,\"b\\u0000\",7,0]]");
  save_text("seed-wrong-row", "[[1,\"a\",5,0],[2,\"b\"],{}]");
  return 0;
}
