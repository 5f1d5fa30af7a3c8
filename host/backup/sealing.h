/* Encryption of the bytes that follow an archive's head: libsodium's secretstream (XChaCha20-Poly1305) in pieces, of which none
 * can be changed, left out, taken from elsewhere or put into another order, and the last is known to be the last. The head
 * itself stays readable, and can't be changed either. Any thread, one at a time. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;
struct keyring_key;

/* ---- encrypting: adds to `out` (kept until the end) ---- */
struct sealing;

/* key is borrowed; head is kept until sealing_end(). Given: sealing_free(). NULL: ERROR_MEMORY, ERROR_FULL. */
struct sealing *sealing_new(const struct keyring_key *key, const void *head, size_t head_size, struct buffer *out,
                            struct error *error);
bool sealing_add(struct sealing *sealing, const void *bytes, size_t size, struct error *error); /* ERROR_MEMORY, ERROR_FULL */
bool sealing_end(struct sealing *sealing, struct error *error); /* the same; nothing more is added */
void sealing_free(struct sealing *sealing);                     /* NULL does no harm */

/* ---- decrypting ---- */
struct unsealing;

/* key is borrowed; head and bytes are kept. Given: unsealing_free(). NULL: ERROR_INPUT (cut), ERROR_MEMORY. */
struct unsealing *unsealing_new(const struct keyring_key *key, const void *head, size_t head_size, const void *bytes,
                                size_t size, struct error *error);

/* *piece is borrowed until the next call. *size 0: that was all, and nothing is missing. False: ERROR_INPUT: it was cut or
 * changed. A piece that was given is as it was encrypted, whatever comes after it. */
bool unsealing_next(struct unsealing *unsealing, const unsigned char **piece, size_t *size, struct error *error);
void unsealing_free(struct unsealing *unsealing); /* NULL does no harm */
