/* Packs and unpacks a backup. A backup is made for the day on which everything else is lost, so packing reads back what it
 * has packed, and unpacking checks everything: another program may have written the document, or Telegram may have cut it.
 *
 * Packing reads its content in slices, so that besides the archive nothing large is ever in memory here. Memory for foreign
 * bytes is allocated only after their size was checked: the manifest's size, the frame's own size and the ceiling must agree,
 * so a decompression bomb is refused before it is opened. */
#include "backup/archive.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "backup/keyring.h"
#include "backup/manifest.h"
#include "backup/sealing.h"
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
  SIZE_SIZE = 4,                /* of the manifest's rest, in an encrypted stream */
  LEVEL = 3,                    /* 9 takes four times as long for a tenth less */
  WINDOW_LOG_MOST = 23,         /* of a stream that is unpacked: 8 MB, where LEVEL takes 2 */
};

/* Finds accidents, not forgery: only the bot and its admin write in that chat, and what is encrypted is also authenticated. It
 * is many times faster than a cryptographic hash, and runs over the whole image at every backup. */
uint64_t archive_checksum(const void *bytes, size_t size) { return XXH64(bytes, size, 0); }

/* ---- what packing and unpacking share ---- */

/* Eight bytes at a time: memcpy() of a word is one instruction and needs no alignment. */
void archive_xor(unsigned char *bytes, const unsigned char *other, size_t size) {
  size_t i = 0;
  for (uint64_t ours, theirs; i + sizeof ours <= size; i += sizeof ours) {
    memcpy(&ours, bytes + i, sizeof ours);
    memcpy(&theirs, other + i, sizeof theirs);
    ours ^= theirs;
    memcpy(bytes + i, &ours, sizeof ours);
  }
  for (; i < size; i++) bytes[i] ^= other[i];
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

/* ---- the bytes behind the head, in pieces: a plain archive's are one ---- */

struct stream {
  struct unsealing *unsealing; /* NULL: it is plain */
  const unsigned char *left;   /* what was read with the manifest's rest, or all of a plain one */
  size_t left_size;
};

static bool next_piece(struct stream *stream, ZSTD_inBuffer *in, struct error *error) {
  const unsigned char *piece = stream->left;
  size_t size = stream->left_size;
  stream->left_size = 0;
  if (!size && stream->unsealing && !unsealing_next(stream->unsealing, &piece, &size, error)) return false;
  *in = (ZSTD_inBuffer){piece, size, 0};
  return true;
}

/* The manifest's rest is shorter than a piece. */
static bool read_secret(struct stream *stream, struct manifest *manifest, struct error *error) {
  const unsigned char *piece;
  size_t size;
  if (!unsealing_next(stream->unsealing, &piece, &size, error)) return false;
  size_t json_size = size < SIZE_SIZE ? 0 : get_32(piece);
  if (size < SIZE_SIZE || json_size > size - SIZE_SIZE)
    return error_set(error, ERROR_INPUT, "the backup has no whole manifest");
  stream->left = piece + SIZE_SIZE + json_size;
  stream->left_size = size - SIZE_SIZE - json_size;
  return manifest_read_secret(manifest, (const char *)piece + SIZE_SIZE, json_size, error);
}

/* manifest: what is outside; key NULL: it is plain. head: all up to the stream. */
static bool open_stream(struct stream *stream, const struct keyring_key *key, struct manifest *manifest, const void *archive,
                        size_t head_size, size_t size, struct error *error) {
  const unsigned char *bytes = archive;
  *stream = (struct stream){.left = bytes + head_size, .left_size = size - head_size};
  if (!key) return true;
  stream->left_size = 0;
  stream->unsealing = unsealing_new(key, bytes, head_size, bytes + head_size, size - head_size, error);
  return stream->unsealing && read_secret(stream, manifest, error);
}

/* ---- packing ---- */

struct packing {
  const struct archive_content *content;
  unsigned char *slice;          /* ARCHIVE_SLICE bytes: the input of a step, or its output */
  XXH64_state_t *sum;            /* over what has been read; then over what is given back */
  uint64_t read_sum;             /* the first of these */
  const struct keyring_key *key; /* NULL: none */
  struct buffer *archive;
  size_t head_at, stream_at; /* in the archive */
  struct sealing *sealing;   /* while the stream is written; NULL: it is plain */
  struct buffer compressed;  /* on its way into the sealing */
};

static void describe_content(struct manifest *manifest, const struct packing *packing) {
  const struct archive_content *content = packing->content;
  manifest->format = packing->key ? MANIFEST_FORMAT_ENCRYPTED : MANIFEST_FORMAT;
  manifest->key = packing->key ? packing->key->name : (struct key_name){0};
  manifest->page_size = content->page_size;
  manifest->page_count = (int64_t)content->size / content->page_size;
  manifest->checksum = content->checksum;
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

/* The head is copied, since the archive's bytes move while they grow. */
static bool begin_sealing(struct packing *packing, const struct manifest *manifest, struct buffer *head, struct error *error) {
  struct buffer *archive = packing->archive, secret;
  unsigned char size[SIZE_SIZE];
  buffer_init(&secret, MANIFEST_CEILING);
  bool ok = buffer_add(head, archive->data + packing->head_at, archive->size - packing->head_at, error) &&
            manifest_write_secret(manifest, &secret, error);
  put_32(size, (uint32_t)secret.size);
  if (ok) packing->sealing = sealing_new(packing->key, head->data, head->size, archive, error);
  ok = packing->sealing && sealing_add(packing->sealing, size, sizeof size, error) &&
       sealing_add(packing->sealing, secret.data, secret.size, error);
  buffer_release(&secret);
  return ok;
}

/* Compresses one slice into the archive. */
static bool compress_slice(ZSTD_CCtx *context, struct packing *packing, size_t size, bool is_last, struct error *error) {
  struct buffer *to = packing->sealing ? &packing->compressed : packing->archive;
  ZSTD_inBuffer in = {packing->slice, size, 0};
  size_t left;
  do {
    if (!buffer_reserve(to, ZSTD_CStreamOutSize(), error)) return false;
    ZSTD_outBuffer out = {to->data + to->size, ZSTD_CStreamOutSize(), 0};
    left = ZSTD_compressStream2(context, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left)) return fail(left, "can't compress the backup", error);
    if (!packing->sealing) {
      to->size += out.pos;
    } else if (!sealing_add(packing->sealing, out.dst, out.pos, error)) {
      return false;
    }
  } while (is_last ? left != 0 : in.pos < in.size);
  return true;
}

/* The pledged size makes zstd write the content's size into the frame, which a reader checks before it unpacks. */
static bool compress(struct packing *packing, struct error *error) {
  ZSTD_CCtx *context = ZSTD_createCCtx();
  if (!context) return error_set(error, ERROR_MEMORY, "out of memory for compressing the backup");
  (void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
  (void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  const struct archive_content *content = packing->content;
  (void)ZSTD_CCtx_setPledgedSrcSize(context, content->size);
  bool ok = true;
  for (size_t offset = 0; ok && offset < content->size; offset += ARCHIVE_SLICE) {
    size_t size = content->size - offset < ARCHIVE_SLICE ? content->size - offset : ARCHIVE_SLICE;
    ok = content->read(content->data, packing->slice, size, error);
    if (ok) (void)XXH64_update(packing->sum, packing->slice, size);
    ok = ok && compress_slice(context, packing, size, offset + size == content->size, error);
  }
  packing->read_sum = XXH64_digest(packing->sum);
  (void)ZSTD_freeCCtx(context);
  return ok;
}

/* The loop ends at the frame's end, where it holds more than was read, or where it wants more input than there is. */
static bool give_back_nothing_else(ZSTD_DCtx *context, struct packing *packing, struct stream *stream, struct error *error) {
  ZSTD_inBuffer in = {NULL, 0, 0};
  size_t offset = 0, left = 1;
  (void)XXH64_reset(packing->sum, 0);
  while (left) {
    if (in.pos == in.size && !next_piece(stream, &in, error)) return false;
    ZSTD_outBuffer out = {packing->slice, ARCHIVE_SLICE, 0};
    left = ZSTD_decompressStream(context, &out, &in);
    if (ZSTD_isError(left)) return fail(left, "the backup can't be read back", error);
    (void)XXH64_update(packing->sum, packing->slice, out.pos);
    offset += out.pos;
    if (offset > packing->content->size || (out.pos == 0 && in.size == 0 && left)) break;
  }
  bool is_over = !left && in.pos == in.size && next_piece(stream, &in, error) && in.size == 0;
  if (is_over && offset == packing->content->size && XXH64_digest(packing->sum) == packing->read_sum) return true;
  return error_set(error, ERROR_SYSTEM, "the backup does not give back the database; is the memory of this machine sound?");
}

/* Unpacking costs a fraction of packing, and finds an archive that a flipped bit in this machine's memory has damaged. */
static bool verify(struct packing *packing, const struct manifest *manifest, struct error *error) {
  const struct buffer *archive = packing->archive;
  struct manifest *again = memory_new(sizeof *again); /* 15 kB, on the heap because a worker's stack is small */
  struct stream stream = {0};
  ZSTD_DCtx *context = ZSTD_createDCtx();
  bool ok = context || error_set(error, ERROR_MEMORY, "out of memory for verifying the backup");
  *again = *manifest;
  ok = ok &&
       open_stream(&stream, packing->key, again, archive->data + packing->head_at, packing->stream_at - packing->head_at,
                   archive->size - packing->head_at, error) &&
       give_back_nothing_else(context, packing, &stream, error);
  unsealing_free(stream.unsealing);
  (void)ZSTD_freeDCtx(context);
  free(again);
  return ok;
}

static bool write_stream(struct packing *packing, const struct manifest *manifest, struct error *error) {
  struct buffer head;
  buffer_init(&head, MANIFEST_CEILING + HEAD_SIZE);
  bool ok = (!packing->key || begin_sealing(packing, manifest, &head, error)) && compress(packing, error) &&
            (!packing->sealing || sealing_end(packing->sealing, error));
  sealing_free(packing->sealing);
  buffer_release(&packing->compressed);
  buffer_release(&head);
  return ok;
}

/* zstd's own checksum is of what it was given to compress, so a sum of our own is made before. */
bool archive_pack(struct manifest *manifest, const struct archive_content *content, const struct keyring_key *key,
                  struct buffer *archive, struct error *error) {
  struct packing packing = {.content = content, .key = key, .archive = archive, .head_at = archive->size};
  buffer_init(&packing.compressed, ZSTD_CStreamOutSize());
  packing.slice = memory_try_resize(NULL, ARCHIVE_SLICE);
  packing.sum = XXH64_createState();
  bool ok = (packing.slice && packing.sum) || error_set(error, ERROR_MEMORY, "out of memory for a backup");
  if (ok) {
    (void)XXH64_reset(packing.sum, 0);
    describe_content(manifest, &packing);
    ok = add_manifest(manifest, archive, error);
  }
  packing.stream_at = archive->size;
  ok = ok && write_stream(&packing, manifest, error) && verify(&packing, manifest, error);
  buffer_cut(archive, ok ? archive->size : packing.head_at); /* a failure leaves nothing; compressed bytes need their NUL */
  (void)XXH64_freeState(packing.sum);
  free(packing.slice);
  return ok;
}

/* ---- unpacking ---- */

/* *head_size: what is behind the head begins there. */
static bool read_head(const unsigned char *archive, size_t size, struct manifest *manifest, size_t *head_size,
                      struct error *error) {
  if (size < HEAD_SIZE || get_32(archive) != SKIPPABLE_MAGIC)
    return error_set(error, ERROR_INPUT, "this document is not a backup");
  size_t json_size = get_32(archive + 4);
  if (json_size > MANIFEST_CEILING || json_size > size - HEAD_SIZE) {
    return error_set(error, ERROR_INPUT, "the backup is cut within its manifest");
  }
  *head_size = HEAD_SIZE + json_size;
  return manifest_read(manifest, (const char *)archive + HEAD_SIZE, json_size, error);
}

bool archive_is_one(const void *bytes, size_t size) { return size >= HEAD_SIZE && get_32(bytes) == SKIPPABLE_MAGIC; }

bool archive_read_manifest(const void *archive, size_t size, struct manifest *manifest, struct error *error) {
  size_t head_size;
  return read_head(archive, size, manifest, &head_size, error);
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

/* Opens the stream, and reads the whole manifest. unsealing_free() of the stream's, whatever came. */
static bool open_source(const struct archive_source *source, struct manifest *manifest, struct stream *stream,
                        struct error *error) {
  size_t head_size;
  if (!read_head(source->bytes, source->size, manifest, &head_size, error)) return false;
  bool is_encrypted = *manifest->key.id;
  struct keyring_key *key = is_encrypted ? keyring_find(source->keys, &manifest->key, error) : NULL;
  bool ok = (key || !is_encrypted) && open_stream(stream, key, manifest, source->bytes, head_size, source->size, error);
  keyring_drop(key);
  return ok;
}

bool archive_open_manifest(const struct archive_source *source, struct manifest *manifest, struct error *error) {
  struct stream stream = {0};
  bool ok = open_source(source, manifest, &stream, error);
  unsealing_free(stream.unsealing);
  return ok;
}

/* *size: bytes of the image. Manifest and frame both tell it, so both must agree, and stay below the ceiling. The frame's own
 * head is in the first piece: a piece is far larger. */
static bool measure(const struct manifest *manifest, const ZSTD_inBuffer *first, size_t ceiling, size_t *size,
                    struct error *error) {
  uint64_t said = (uint64_t)manifest->page_size * (uint64_t)manifest->page_count; /* below 2^48 */
  if (said > ceiling)
    return error_set(error, ERROR_INPUT, "the backup says it has %llu bytes, more than the %zu that are allowed here",
                     (unsigned long long)said, ceiling);
  if (ZSTD_getFrameContentSize(first->src, first->size) != said) {
    return error_set(error, ERROR_INPUT, "the backup is cut, or its frame and its manifest disagree");
  }
  *size = (size_t)said;
  return true;
}

/* In one piece and not as a stream: then zstd needs no window beside the image, however large a window the frame asks for. */
static bool decompress(unsigned char *image, size_t size, const ZSTD_inBuffer *frame, struct error *error) {
  size_t got = ZSTD_decompress(image, size, frame->src, frame->size); /* never writes past size; all input must be used */
  if (ZSTD_isError(got)) return fail(got, "the backup is damaged", error);
  return got == size || error_set(error, ERROR_INPUT, "the backup is cut");
}

/* An encrypted frame would have to be decrypted into memory first, so it is a stream. */
static bool decompress_pieces(unsigned char *image, size_t size, ZSTD_inBuffer *in, struct stream *stream,
                              struct error *error) {
  ZSTD_outBuffer out = {image, size, 0};
  ZSTD_DCtx *context = ZSTD_createDCtx();
  size_t left = 1;
  bool ok = context || error_set(error, ERROR_MEMORY, "out of memory for decompressing the backup");
  if (ok) (void)ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MOST);
  while (ok && left && in->size) {
    left = ZSTD_decompressStream(context, &out, in);
    if (ZSTD_isError(left)) ok = fail(left, "the backup is damaged", error);
    if (ok && left && in->pos == in->size)
      ok = next_piece(stream, in, error);
    else if (ok && left && out.pos == size)
      break; /* it wants to write more */
  }
  bool is_whole = ok && !left && out.pos == size && in->pos == in->size;
  if (is_whole) ok = next_piece(stream, in, error);
  (void)ZSTD_freeDCtx(context);
  return ok && ((is_whole && !in->size) || error_set(error, ERROR_INPUT, "the backup is cut"));
}

static bool unpack_stream(const struct archive_source *source, const struct manifest *manifest, size_t ceiling,
                          struct stream *stream, unsigned char **image, size_t *image_size, struct error *error) {
  ZSTD_inBuffer in;
  size_t base_size = source->base ? source->base_size : 0;
  if (!is_base_named(manifest, source->base, base_size, error)) return false;
  if (!next_piece(stream, &in, error) || !measure(manifest, &in, ceiling, image_size, error)) return false;
  *image = memory_try_resize(NULL, *image_size);
  if (!*image) return error_set(error, ERROR_MEMORY, "out of memory for a backup of %zu bytes", *image_size);
  bool ok = stream->unsealing ? decompress_pieces(*image, *image_size, &in, stream, error)
                              : decompress(*image, *image_size, &in, error);
  if (!ok) return false;
  if (base_size) archive_xor(*image, source->base, base_size < *image_size ? base_size : *image_size); /* then come zeros */
  /* zstd's own checksum is right by now; this one finds a sound frame that belongs to another manifest, or to another base */
  return archive_checksum(*image, *image_size) == manifest->checksum ||
         error_set(error, ERROR_INPUT, "the backup is damaged: its checksum is wrong");
}

bool archive_unpack(const struct archive_source *source, size_t ceiling, struct manifest *manifest, unsigned char **image,
                    size_t *image_size, struct error *error) {
  struct manifest *own = memory_new(sizeof *own); /* 15 kB, on the heap because a worker's stack is small */
  struct stream stream = {0};
  unsigned char *unpacked = NULL;
  size_t unpacked_size = 0;
  bool ok = open_source(source, own, &stream, error) &&
            unpack_stream(source, own, ceiling, &stream, &unpacked, &unpacked_size, error);
  if (ok && manifest) *manifest = *own;
  if (!ok) free(unpacked);
  *image = ok ? unpacked : NULL;
  *image_size = ok ? unpacked_size : 0;
  unsealing_free(stream.unsealing);
  free(own);
  return ok;
}

/* ---- reading ---- */

struct archive_reader {
  struct stream stream;
  ZSTD_DCtx *context;
  ZSTD_inBuffer in;
};

static bool open_reader(struct archive_reader *reader, const void *archive, size_t size, const struct keyring_key *key,
                        struct error *error) {
  struct manifest *manifest = memory_new(sizeof *manifest); /* 15 kB, on the heap because a worker's stack is small */
  size_t head_size;
  reader->context = ZSTD_createDCtx();
  bool ok = reader->context || error_set(error, ERROR_MEMORY, "out of memory for reading a backup");
  ok = ok && read_head(archive, size, manifest, &head_size, error) &&
       open_stream(&reader->stream, key, manifest, archive, head_size, size, error);
  if (ok) (void)ZSTD_DCtx_setParameter(reader->context, ZSTD_d_windowLogMax, WINDOW_LOG_MOST);
  free(manifest);
  return ok;
}

struct archive_reader *archive_reader_open(const void *archive, size_t size, const struct keyring_key *key,
                                           struct error *error) {
  struct archive_reader *reader = memory_new(sizeof *reader);
  if (open_reader(reader, archive, size, key, error)) return reader;
  archive_reader_close(reader);
  return NULL;
}

void archive_reader_close(struct archive_reader *reader) {
  if (!reader) return;
  unsealing_free(reader->stream.unsealing);
  (void)ZSTD_freeDCtx(reader->context);
  free(reader);
}

bool archive_reader_read(struct archive_reader *reader, unsigned char *bytes, size_t size, struct error *error) {
  ZSTD_outBuffer out = {bytes, size, 0};
  while (out.pos < size) {
    size_t before = out.pos;
    if (reader->in.pos == reader->in.size && !next_piece(&reader->stream, &reader->in, error)) return false;
    size_t left = ZSTD_decompressStream(reader->context, &out, &reader->in);
    if (ZSTD_isError(left)) return fail(left, "the base of the backup is damaged", error);
    if (out.pos == before && reader->in.size == 0) return error_set(error, ERROR_INPUT, "the base of the backup is cut");
  }
  return true;
}
