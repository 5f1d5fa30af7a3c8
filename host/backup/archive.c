/* A backup is made for the day on which everything else is lost, so packing reads back what it has packed, and unpacking checks
 * everything: another program may have written the document, or Telegram may have cut it.
 *
 * The image is processed in slices, so that besides the image, the base and the archive nothing large is ever in memory. Memory
 * for foreign bytes is allocated only after their size was checked: the manifest's size, the frame's own size and the ceiling
 * must agree, so a decompression bomb is refused before it is opened. */
#include "backup/archive.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "backup/manifest.h"
#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"

#ifndef ARCHIVE_SLICE
#define ARCHIVE_SLICE (256 << 10) /* bytes of the image that are fed to zstd, or come out of it, at once */
#endif

enum {
  SKIPPABLE_MAGIC = 0x184D2A50, /* https://github.com/facebook/zstd, doc/zstd_compression_format.md: skippable frames */
  HEAD_SIZE = 8,                /* magic and size, little-endian */
  MANIFEST_CEILING = 256 << 10, /* 64 parts and 30 copies take 25 kB */
  LEVEL = 3,                    /* 9 takes four times as long for a tenth less */
};

/* Finds accidents, not forgery: only the bot and its admin write in that chat. It is many times faster than a cryptographic
 * hash, and runs over the whole image at every backup. */
uint64_t archive_checksum(const void *bytes, size_t size) { return XXH64(bytes, size, 0); }

/* ---- what packing and unpacking share ---- */

/* Zeros follow the base's end, and x XOR 0 is x, so the loop ends there. Eight bytes at a time: memcpy() of a word is one
 * instruction and needs no alignment. */
static void xor_base(unsigned char *bytes, size_t offset, size_t size, const unsigned char *base, size_t base_size) {
  size_t common = offset < base_size ? base_size - offset : 0, i = 0;
  if (common > size) common = size;
  for (uint64_t ours, theirs; i + sizeof ours <= common; i += sizeof ours) {
    memcpy(&ours, bytes + i, sizeof ours);
    memcpy(&theirs, base + offset + i, sizeof theirs);
    ours ^= theirs;
    memcpy(bytes + i, &ours, sizeof ours);
  }
  for (; i < common; i++) bytes[i] ^= base[offset + i];
}

/* Byte by byte, so that an archive is the same on every machine. */
static void put_32(unsigned char *bytes, uint32_t value) {
  for (int i = 0; i < 4; i++) bytes[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t get_32(const unsigned char *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Lack of memory is not damage: the backup is sound, and a larger machine can read it. */
static bool fail(size_t code, const char *doing, struct error *error) {
  enum error_kind kind = strstr(ZSTD_getErrorName(code), "llocation") ? ERROR_MEMORY : ERROR_INPUT; /* its enum is not stable */
  return error_set(error, kind, "%s: %s", doing, ZSTD_getErrorName(code));
}

/* ---- packing ---- */

struct packing {
  const unsigned char *image, *base;
  size_t size, base_size;
  unsigned char *slice; /* ARCHIVE_SLICE bytes: the input of a step, or its output */
  struct buffer *archive;
  size_t frame_at; /* in the archive */
};

/* Refuses a bad image when the backup is made, not on the day when it is needed. */
static bool describe_image(struct manifest *manifest, const struct packing *packing, struct error *error) {
  const unsigned char *image = packing->image;
  int64_t page_size = database_image_page_size(image, packing->size);
  if (!page_size || packing->size % (size_t)page_size) {
    return error_set(error, ERROR_INPUT, "this is not an SQLite image, so it can't be backed up");
  }
  manifest->page_size = page_size;
  manifest->page_count = (int64_t)packing->size / page_size;
  manifest->checksum = archive_checksum(image, packing->size);
  manifest->base_size = (int64_t)packing->base_size;
  manifest->base_checksum = packing->base_size ? archive_checksum(packing->base, packing->base_size) : 0;
  return true;
}

/* A skippable frame, because every zstd tool passes over it: so the document still opens with `zstd -d`. Its size is known only
 * when the JSON is written, so the head is filled in last. */
static bool add_manifest(const struct manifest *manifest, struct buffer *archive, struct error *error) {
  unsigned char head[HEAD_SIZE] = {0};
  size_t head_at = archive->size;
  if (!buffer_add(archive, head, sizeof head, error) || !manifest_write(manifest, archive, error)) return false;
  put_32((unsigned char *)archive->data + head_at, SKIPPABLE_MAGIC);
  put_32((unsigned char *)archive->data + head_at + 4, (uint32_t)(archive->size - head_at - HEAD_SIZE));
  return true;
}

/* Compresses one slice into the archive. */
static bool compress_slice(ZSTD_CCtx *context, struct packing *packing, size_t size, bool is_last, struct error *error) {
  struct buffer *archive = packing->archive;
  ZSTD_inBuffer in = {packing->slice, size, 0};
  size_t left;
  do {
    if (!buffer_reserve(archive, ZSTD_CStreamOutSize(), error)) return false;
    ZSTD_outBuffer out = {archive->data + archive->size, ZSTD_CStreamOutSize(), 0};
    left = ZSTD_compressStream2(context, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left)) return fail(left, "can't compress the backup", error);
    archive->size += out.pos;
  } while (is_last ? left != 0 : in.pos < in.size);
  return true;
}

/* The pledged size makes zstd write the content's size into the frame, which a reader checks before it unpacks. */
static bool compress(struct packing *packing, struct error *error) {
  ZSTD_CCtx *context = ZSTD_createCCtx();
  if (!context) return error_set(error, ERROR_MEMORY, "out of memory for compressing the backup");
  (void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
  (void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  (void)ZSTD_CCtx_setPledgedSrcSize(context, packing->size);
  bool ok = true;
  for (size_t offset = 0; ok && offset < packing->size; offset += ARCHIVE_SLICE) {
    size_t size = packing->size - offset < ARCHIVE_SLICE ? packing->size - offset : ARCHIVE_SLICE;
    memcpy(packing->slice, packing->image + offset, size);
    xor_base(packing->slice, offset, size, packing->base, packing->base_size);
    ok = compress_slice(context, packing, size, offset + size == packing->size, error);
  }
  (void)ZSTD_freeCCtx(context);
  return ok;
}

/* The loop ends at the first difference, at the frame's end, or where the frame wants more input than there is. */
static bool give_back_nothing_else(ZSTD_DCtx *context, struct packing *packing, struct error *error) {
  struct buffer *archive = packing->archive;
  ZSTD_inBuffer in = {archive->data + packing->frame_at, archive->size - packing->frame_at, 0};
  size_t offset = 0, left = 1;
  while (left) {
    ZSTD_outBuffer out = {packing->slice, ARCHIVE_SLICE, 0};
    left = ZSTD_decompressStream(context, &out, &in);
    if (ZSTD_isError(left)) return fail(left, "the backup can't be read back", error);
    xor_base(packing->slice, offset, out.pos, packing->base, packing->base_size);
    bool is_same = out.pos <= packing->size - offset && memcmp(packing->slice, packing->image + offset, out.pos) == 0;
    if (!is_same || (out.pos == 0 && in.pos == in.size && left)) break;
    offset += out.pos;
  }
  if (!left && offset == packing->size && in.pos == in.size) return true;
  return error_set(error, ERROR_SYSTEM, "the backup does not give back the database; is the memory of this machine sound?");
}

/* Unpacking costs a fraction of packing, and finds an archive that a flipped bit in this machine's memory has damaged. */
static bool verify(struct packing *packing, struct error *error) {
  ZSTD_DCtx *context = ZSTD_createDCtx();
  if (!context) return error_set(error, ERROR_MEMORY, "out of memory for verifying the backup");
  bool ok = give_back_nothing_else(context, packing, error);
  (void)ZSTD_freeDCtx(context);
  return ok;
}

/* The manifest comes first and holds the image's checksum, so the image is read twice. */
bool archive_pack(struct manifest *manifest, const void *image, size_t size, const void *base, size_t base_size,
                  struct buffer *archive, struct error *error) {
  struct packing packing = {.image = image, .base = base, .size = size, .base_size = base ? base_size : 0, .archive = archive};
  size_t size_before = archive->size;
  packing.slice = memory_try_resize(NULL, ARCHIVE_SLICE);
  bool ok = packing.slice || error_set(error, ERROR_MEMORY, "out of memory for a backup");
  ok = ok && describe_image(manifest, &packing, error) && add_manifest(manifest, archive, error);
  packing.frame_at = archive->size;
  ok = ok && compress(&packing, error) && verify(&packing, error);
  buffer_cut(archive, ok ? archive->size : size_before); /* a failure leaves nothing; compressed bytes need their NUL */
  free(packing.slice);
  return ok;
}

/* ---- unpacking ---- */

/* *frame_at: where the zstd frame begins. */
static bool read_head(const unsigned char *archive, size_t size, struct manifest *manifest, size_t *frame_at,
                      struct error *error) {
  if (size < HEAD_SIZE || get_32(archive) != SKIPPABLE_MAGIC)
    return error_set(error, ERROR_INPUT, "this document is not a backup");
  size_t json_size = get_32(archive + 4);
  if (json_size > MANIFEST_CEILING || json_size > size - HEAD_SIZE) {
    return error_set(error, ERROR_INPUT, "the backup is cut within its manifest");
  }
  *frame_at = HEAD_SIZE + json_size;
  return manifest_read(manifest, (const char *)archive + HEAD_SIZE, json_size, error);
}

bool archive_is_one(const void *bytes, size_t size) { return size >= HEAD_SIZE && get_32(bytes) == SKIPPABLE_MAGIC; }

bool archive_read_manifest(const void *archive, size_t size, struct manifest *manifest, struct error *error) {
  size_t frame_at;
  return read_head(archive, size, manifest, &frame_at, error);
}

/* The size is compared first: it tells a person more than two checksums do. */
static bool is_base_named(const struct manifest *manifest, const void *base, size_t base_size, struct error *error) {
  if ((uint64_t)manifest->base_size != base_size) {
    return error_set(error, ERROR_INPUT, "the backup builds on a base of %lld bytes, not on one of %zu",
                     (long long)manifest->base_size, base_size);
  }
  if (!base_size || archive_checksum(base, base_size) == manifest->base_checksum) return true;
  return error_set(error, ERROR_INPUT, "the backup builds on another base than this one");
}

/* *size: bytes of the image. Manifest and frame both tell it, so both must agree, and stay below the ceiling. */
static bool measure(const struct manifest *manifest, const unsigned char *frame, size_t frame_size, size_t ceiling,
                    size_t *size, struct error *error) {
  uint64_t said = (uint64_t)manifest->page_size * (uint64_t)manifest->page_count; /* below 2^48 */
  if (said > ceiling)
    return error_set(error, ERROR_INPUT, "the backup says it has %llu bytes, more than the %zu that are allowed here",
                     (unsigned long long)said, ceiling);
  if (ZSTD_getFrameContentSize(frame, frame_size) != said) {
    return error_set(error, ERROR_INPUT, "the backup is cut, or its frame and its manifest disagree");
  }
  *size = (size_t)said;
  return true;
}

/* In one piece and not as a stream: then zstd needs no window beside the image, however large a window the frame asks for. */
static bool decompress(unsigned char *image, size_t size, const unsigned char *frame, size_t frame_size, struct error *error) {
  size_t got = ZSTD_decompress(image, size, frame, frame_size); /* never writes past size; all of the input must be used */
  if (ZSTD_isError(got)) return fail(got, "the backup is damaged", error);
  return got == size || error_set(error, ERROR_INPUT, "the backup is cut");
}

bool archive_unpack(const void *archive, size_t size, const void *base, size_t base_size, size_t ceiling, unsigned char **image,
                    size_t *image_size, struct error *error) {
  struct manifest *manifest = memory_new(sizeof *manifest); /* 15 kB, on the heap because a worker's stack is small */
  const unsigned char *bytes = archive;
  unsigned char *unpacked = NULL;
  size_t frame_at = 0, unpacked_size = 0;
  bool ok = read_head(bytes, size, manifest, &frame_at, error) && is_base_named(manifest, base, base ? base_size : 0, error) &&
            measure(manifest, bytes + frame_at, size - frame_at, ceiling, &unpacked_size, error);
  if (!ok) goto done;
  unpacked = memory_try_resize(NULL, unpacked_size);
  ok = unpacked || error_set(error, ERROR_MEMORY, "out of memory for a backup of %zu bytes", unpacked_size);
  if (!ok || !(ok = decompress(unpacked, unpacked_size, bytes + frame_at, size - frame_at, error))) goto done;
  xor_base(unpacked, 0, unpacked_size, base, base ? base_size : 0);
  /* zstd's own checksum is right by now; this one finds a sound frame that belongs to another manifest, or to another base */
  ok = archive_checksum(unpacked, unpacked_size) == manifest->checksum ||
       error_set(error, ERROR_INPUT, "the backup is damaged: its checksum is wrong");
done:
  if (!ok) free(unpacked);
  *image = ok ? unpacked : NULL;
  *image_size = ok ? unpacked_size : 0;
  free(manifest);
  return ok;
}
