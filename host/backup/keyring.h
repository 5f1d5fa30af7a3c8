/* The keys of encrypted backups: those of a file, of which the first encrypts and each decrypts. A line of the file is a key
 * (32 random bytes as base64 or hex), or "passphrase: " and words that argon2id stretches into one. Any thread, but for
 * opening, renewing and closing, which are the loop's. Part of the floor's face: backup.h includes it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct keyring;

/* Reads the file; logs a warning where others may read it. Given: keyring_close(), when the loop is closed, since a worker may
 * outlive its owner. NULL: ERROR_MISUSE, whose text says what a key is and how to make one; ERROR_MEMORY. */
struct keyring *keyring_open(const char *file, struct error *error);
void keyring_close(struct keyring *keyring); /* wipes all. NULL does no harm */

/* Reads the file again. *is_new: it holds other keys than before. False: as above, and the keys stay as they were. */
bool keyring_renew(struct keyring *keyring, bool *is_new, struct error *error);

/* How often the key that encrypts has been another one. NULL: 0, otherwise at least 1. */
uint64_t keyring_generation(const struct keyring *keyring);

/* A line for such a file, with a key that nobody has. False: ERROR_SYSTEM. */
enum { KEYRING_LINE_SIZE = 45 };
bool keyring_make_line(char line[static KEYRING_LINE_SIZE], struct error *error);

/* ---- for the floor itself ---- */
enum { KEYRING_BYTES = 32, KEYRING_ID_SIZE = 17, KEYRING_SALT_SIZE = 16 };

struct key_name {           /* what an archive says in the clear of the key that it needs */
  char id[KEYRING_ID_SIZE]; /* tells keys apart, and is no help in finding one. "": it needs none */
  bool is_stretched;        /* of a passphrase, with the next three */
  unsigned char salt[KEYRING_SALT_SIZE];
  int64_t memory_kb, passes; /* of argon2id */
};

/* In memory that is locked where the system allows it, and never in a core dump. */
struct keyring_key {
  struct key_name name;
  unsigned char bytes[KEYRING_BYTES];
};

/* The key that encrypts; the one that an archive needs. For a worker: to stretch a passphrase takes about 0.2 s and 64 MB, once
 * for each salt. Given: keyring_drop(). NULL: ERROR_INPUT (there is no such key here; keyring may be NULL), ERROR_MEMORY. */
struct keyring_key *keyring_first(struct keyring *keyring, struct error *error);
struct keyring_key *keyring_find(struct keyring *keyring, const struct key_name *name, struct error *error);
struct keyring_key *keyring_copy(const struct keyring_key *key, struct error *error); /* the same. NULL: ERROR_MEMORY */
void keyring_drop(struct keyring_key *key);                                           /* wipes it. NULL does no harm */
