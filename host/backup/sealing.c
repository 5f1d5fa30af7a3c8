/* Pieces of one size, so that the reader needs no lengths; only the last one is shorter, and never empty. The head is the
 * additional data of the first piece, and each piece depends on those before it. The state holds a key, so it is in memory of
 * libsodium's, as in keyring.c. */
#include "backup/sealing.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "backup/keyring.h"
#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"

#ifndef SEALING_PIECE
#define SEALING_PIECE (64 << 10) /* bytes before they are encrypted: part of the format */
#endif

enum {
  HEADER_SIZE = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
  EXTRA_SIZE = crypto_secretstream_xchacha20poly1305_ABYTES,
};

typedef crypto_secretstream_xchacha20poly1305_state stream_state;

static_assert(KEYRING_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES, "a key of a keyring is one of a stream");

/* Given: sodium_free(). */
static stream_state *new_state(struct error *error) {
  stream_state *state = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *state);
  if (!state) error_set(error, ERROR_MEMORY, "out of memory for encrypting a backup");
  return state;
}

/* ---- encrypting ---- */

struct sealing {
  stream_state *state;
  const void *head; /* NULL: the first piece has it */
  size_t head_size;
  struct buffer *out;
  size_t filled;
  unsigned char piece[SEALING_PIECE];
};

struct sealing *sealing_new(const struct keyring_key *key, const void *head, size_t head_size, struct buffer *out,
                            struct error *error) {
  unsigned char header[HEADER_SIZE];
  struct sealing *sealing = memory_try_resize(NULL, sizeof *sealing);
  if (!sealing) {
    error_set(error, ERROR_MEMORY, "out of memory for encrypting a backup");
    return NULL;
  }
  sealing->head = head;
  sealing->head_size = head_size;
  sealing->out = out;
  sealing->filled = 0;
  sealing->state = new_state(error);
  if (sealing->state) {
    (void)crypto_secretstream_xchacha20poly1305_init_push(sealing->state, header, key->bytes);
    if (buffer_add(out, header, sizeof header, error)) return sealing;
  }
  sealing_free(sealing);
  return NULL;
}

void sealing_free(struct sealing *sealing) {
  if (!sealing) return;
  sodium_free(sealing->state);
  free(sealing);
}

static bool push(struct sealing *sealing, unsigned char tag, struct error *error) {
  struct buffer *out = sealing->out;
  if (!buffer_reserve(out, sealing->filled + EXTRA_SIZE, error)) return false;
  (void)crypto_secretstream_xchacha20poly1305_push(sealing->state, (unsigned char *)out->data + out->size, NULL, sealing->piece,
                                                   sealing->filled, sealing->head, sealing->head ? sealing->head_size : 0, tag);
  out->size += sealing->filled + EXTRA_SIZE;
  sealing->head = NULL;
  sealing->filled = 0;
  return true;
}

/* A full piece waits for more: only the end knows which one is the last. */
bool sealing_add(struct sealing *sealing, const void *bytes, size_t size, struct error *error) {
  const unsigned char *from = bytes;
  while (size) {
    if (sealing->filled == SEALING_PIECE && !push(sealing, 0, error)) return false;
    size_t room = SEALING_PIECE - sealing->filled, count = size < room ? size : room;
    memcpy(sealing->piece + sealing->filled, from, count);
    sealing->filled += count;
    from += count;
    size -= count;
  }
  return true;
}

bool sealing_end(struct sealing *sealing, struct error *error) {
  return push(sealing, crypto_secretstream_xchacha20poly1305_TAG_FINAL, error);
}

/* ---- decrypting ---- */

struct unsealing {
  stream_state *state;
  const void *head; /* NULL: the first piece was read */
  size_t head_size;
  const unsigned char *bytes, *end;
  bool has_ended;
  unsigned char piece[SEALING_PIECE];
};

struct unsealing *unsealing_new(const struct keyring_key *key, const void *head, size_t head_size, const void *bytes,
                                size_t size, struct error *error) {
  if (size < HEADER_SIZE) {
    error_set(error, ERROR_INPUT, "the backup is cut");
    return NULL;
  }
  struct unsealing *unsealing = memory_try_resize(NULL, sizeof *unsealing);
  if (!unsealing) {
    error_set(error, ERROR_MEMORY, "out of memory for decrypting a backup");
    return NULL;
  }
  unsealing->head = head;
  unsealing->head_size = head_size;
  unsealing->bytes = (const unsigned char *)bytes + HEADER_SIZE;
  unsealing->end = (const unsigned char *)bytes + size;
  unsealing->has_ended = false;
  unsealing->state = new_state(error);
  if (unsealing->state) {
    (void)crypto_secretstream_xchacha20poly1305_init_pull(unsealing->state, bytes, key->bytes);
    return unsealing;
  }
  unsealing_free(unsealing);
  return NULL;
}

void unsealing_free(struct unsealing *unsealing) {
  if (!unsealing) return;
  sodium_free(unsealing->state);
  free(unsealing);
}

bool unsealing_next(struct unsealing *unsealing, const unsigned char **piece, size_t *size, struct error *error) {
  size_t left = (size_t)(unsealing->end - unsealing->bytes);
  size_t count = left < SEALING_PIECE + EXTRA_SIZE ? left : SEALING_PIECE + EXTRA_SIZE;
  unsigned char tag = 0;
  unsigned long long got = 0;
  *piece = unsealing->piece;
  *size = 0;
  if (unsealing->has_ended && !left) return true;
  bool ok = !unsealing->has_ended && count > EXTRA_SIZE &&
            crypto_secretstream_xchacha20poly1305_pull(unsealing->state, unsealing->piece, &got, &tag, unsealing->bytes, count,
                                                       unsealing->head, unsealing->head ? unsealing->head_size : 0) == 0;
  if (!ok)
    return error_set(error, ERROR_INPUT, "the backup is damaged: the key is the right one, but its bytes were cut or changed");
  unsealing->head = NULL;
  unsealing->bytes += count;
  unsealing->has_ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
  *size = (size_t)got;
  return true;
}
