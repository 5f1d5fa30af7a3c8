/* The archive format, from image to bytes and back. An archive is one zstd skippable frame (magic 0x184D2A50) that holds the
 * manifest, then one zstd frame with content size and checksum. Without a base that frame is the SQLite image itself, so that
 * `zstd -d` gives a file which any SQLite tool opens; with one it is image XOR base (a base that is shorter counts as followed
 * by zeros), nearly all zeros. A base is an archive without a base, cut into parts.
 *
 * An encrypted archive has, after a manifest that tells nothing of the data, an encrypted stream (sealing.h): a size of four
 * bytes, the rest of the manifest, and the zstd frame.
 *
 * Any thread: packing and unpacking are for a worker. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;
struct keyring;
struct keyring_key;
struct manifest;

#define ARCHIVE_IMAGE_CEILING ((size_t)1 << 30) /* what a mirror holds by default; no archive unpacks to more */

uint64_t archive_checksum(const void *bytes, size_t size); /* XXH64, seed 0 */

struct archive_content { /* what the frame holds; borrowed */
  int64_t page_size;     /* of the image */
  size_t size;           /* bytes, of the image and of the frame's content */
  uint64_t checksum;     /* of the image */
  /* The next bytes of the frame's content, from the first to the last. False: there is an error. */
  bool (*read)(void *data, unsigned char *bytes, size_t size, struct error *error);
  void *data;
};

/* Fills in the manifest's format, key, page_size, page_count and checksum; what it says of the base is the caller's. Packs,
 * encrypts with the key (NULL: not), and checks by unpacking that the archive gives back what was read. In streams: there is no
 * second copy of the content. Adds to `archive`. False: as read(), ERROR_MEMORY, ERROR_FULL (the buffer's ceiling),
 * ERROR_SYSTEM (it did not give back the content); `archive` is as before then. */
bool archive_pack(struct manifest *manifest, const struct archive_content *content, const struct keyring_key *key,
                  struct buffer *archive, struct error *error);

bool archive_is_one(const void *bytes, size_t size); /* judged by its first bytes */

/* Reads the manifest at the head, of an encrypted one what is not encrypted: nothing says then that it is true. For the loop,
 * too. False: as manifest_read(), and ERROR_INPUT when it is no archive. */
bool archive_read_manifest(const void *archive, size_t size, struct manifest *manifest, struct error *error);

struct archive_source { /* borrowed */
  const void *bytes, *base;
  size_t size, base_size;
  struct keyring *keys; /* NULL: what is encrypted can't be read */
};

/* The whole manifest. False: as above and as keyring_find(); ERROR_INPUT where it was changed. */
bool archive_open_manifest(const struct archive_source *source, struct manifest *manifest, struct error *error);

/* Unpacks with the base that the manifest names (NULL, 0 where it names none). *image is given: free(). At most `ceiling`
 * bytes. *manifest is the whole one (NULL: not wanted). False: ERROR_INPUT (cut, changed, another base, larger than it says, no
 * key for it), ERROR_MEMORY; *image is NULL then. */
bool archive_unpack(const struct archive_source *source, size_t ceiling, struct manifest *manifest, unsigned char **image,
                    size_t *image_size, struct error *error);

/* ---- reading an archive that has no base, without ever holding more of the image than is asked for ---- */
struct archive_reader;

/* archive and key (NULL: it is plain) are kept. Given: archive_reader_close(). NULL: as archive_open_manifest(). */
struct archive_reader *archive_reader_open(const void *archive, size_t size, const struct keyring_key *key,
                                           struct error *error);
void archive_reader_close(struct archive_reader *reader); /* NULL does no harm */

/* The next bytes of the image; nothing says that they are right before the caller has compared a checksum. False: ERROR_INPUT
 * (it is damaged, or there are no more), ERROR_MEMORY. */
bool archive_reader_read(struct archive_reader *reader, unsigned char *bytes, size_t size, struct error *error);

void archive_xor(unsigned char *bytes, const unsigned char *other, size_t size); /* bytes becomes bytes XOR other */
