/* Keys are in memory of libsodium's: locked where the system allows it, between guard pages, left out of core dumps, wiped when
 * it is freed. They are copied into nothing else, and a text for a person names a key only by its id, which is a hash.
 *
 * A key of a passphrase depends on a salt, which the archive names. The first salt that is met with our own parameters, as a
 * rule that of the backup which a start restores, is the one that this host writes with: so a restart needs no new base. */
#include "backup/keyring.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"

/* Of argon2id: RFC 9106, section 4, the choice for machines with little memory. */
#ifndef KEYRING_MEMORY_KB
#define KEYRING_MEMORY_KB (64 << 10)
#endif
#ifndef KEYRING_PASSES
#define KEYRING_PASSES 3
#endif

enum {
  SECRETS_MAX = 16,
  STRETCHED_MAX = 8, /* keys of one passphrase that are remembered */
  FILE_CEILING = 8192,
  PASSPHRASE_LEAST = 12, /* characters: what is shorter is guessed, since whoever has a backup can try as often as they like */
  PASSPHRASE_CEILING = 256,
  MEMORY_MOST_KB = 256 << 10, /* of what an archive may ask for: anybody may have written it */
  PASSES_MOST = 16,
  ID_HASH_SIZE = 16, /* the least that BLAKE2b gives; half of it is the id */
};

static const char PASSPHRASE[] = "passphrase:";
#define HOW_TO_MAKE "make one with: lunokhod backup key > FILE"

struct secret { /* a line of the file */
  bool is_passphrase;
  unsigned char key[KEYRING_BYTES];    /* where it is none */
  char passphrase[PASSPHRASE_CEILING]; /* the rest of it is zeros */
  size_t stretched_count, next;        /* keys that were made of it; the place of the next, where there are enough */
  struct keyring_key stretched[STRETCHED_MAX];
};

struct keyring {
  const char *file; /* ours */
  uint64_t generation;
  pthread_mutex_t lock; /* of what follows */
  struct secret *secrets;
  size_t count;
};

/* ---- memory ---- */

/* Given: sodium_free(). The size is ours, but locked memory is scarce. */
static void *new_secrets(size_t count, struct error *error) {
  void *secrets = sodium_init() < 0 ? NULL : sodium_allocarray(count, sizeof(struct secret));
  if (!secrets) {
    error_set(error, ERROR_MEMORY, "out of memory for the keys of the backup");
    return NULL;
  }
  sodium_memzero(secrets, count * sizeof(struct secret));
  return secrets;
}

static struct keyring_key *new_key(struct error *error) {
  struct keyring_key *key = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *key);
  if (!key) {
    error_set(error, ERROR_MEMORY, "out of memory for a key of the backup");
    return NULL;
  }
  sodium_memzero(key, sizeof *key);
  return key;
}

struct keyring_key *keyring_copy(const struct keyring_key *key, struct error *error) {
  struct keyring_key *copy = new_key(error);
  if (copy) *copy = *key;
  return copy;
}

void keyring_drop(struct keyring_key *key) { sodium_free(key); }

/* ---- what a key is called ---- */

static void write_id(const unsigned char bytes[static KEYRING_BYTES], char id[static KEYRING_ID_SIZE]) {
  static const char text[] = "lunokhod backup key";
  unsigned char hash[ID_HASH_SIZE];
  (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)text, sizeof text - 1, bytes, KEYRING_BYTES);
  (void)sodium_bin2hex(id, KEYRING_ID_SIZE, hash, (KEYRING_ID_SIZE - 1) / 2);
}

static void name_plain_key(const struct secret *secret, struct keyring_key *key) {
  memcpy(key->bytes, secret->key, sizeof key->bytes);
  write_id(key->bytes, key->name.id);
}

/* ---- the file ---- */

/* Blanks at the ends are an editor's. */
static void trim(const char **text, size_t *size) {
  while (*size && strchr(" \t\r", (*text)[0])) (*text)++, (*size)--;
  while (*size && strchr(" \t\r", (*text)[*size - 1])) (*size)--;
}

static bool read_passphrase(struct secret *secret, const char *text, size_t size, struct error *error) {
  trim(&text, &size);
  if (size < PASSPHRASE_LEAST)
    return error_set(error, ERROR_MISUSE, "this passphrase is too short: take at least %d characters, such as six words",
                     PASSPHRASE_LEAST);
  if (size > PASSPHRASE_CEILING)
    return error_set(error, ERROR_MISUSE, "this passphrase has more than %d bytes", PASSPHRASE_CEILING);
  secret->is_passphrase = true;
  memcpy(secret->passphrase, text, size);
  return true;
}

/* Hex first: 64 digits of it would be base64, too, but of 48 bytes. */
static bool read_key(struct secret *secret, const char *text, size_t size, struct error *error) {
  static const int variants[] = {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
                                 sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
  const size_t room = sizeof secret->passphrase; /* as good a place as any, and locked */
  unsigned char *bytes = (unsigned char *)secret->passphrase;
  size_t count = 0;
  const char *end = NULL;
  bool is_read = sodium_hex2bin(bytes, room, text, size, NULL, &count, &end) == 0 && end == text + size;
  for (size_t i = 0; !is_read && i < sizeof variants / sizeof *variants; i++)
    is_read = sodium_base642bin(bytes, room, text, size, NULL, &count, &end, variants[i]) == 0 && end == text + size;
  if (is_read && count == KEYRING_BYTES) memcpy(secret->key, bytes, KEYRING_BYTES);
  sodium_memzero(bytes, room);
  if (is_read && count == KEYRING_BYTES) return true;
  if (is_read)
    return error_set(error, ERROR_MISUSE, "this key has %zu bytes, too %s for one of %d: " HOW_TO_MAKE, count,
                     count < KEYRING_BYTES ? "short" : "long", KEYRING_BYTES);
  return error_set(error, ERROR_MISUSE,
                   "this is no key, which is %d bytes as base64 or hex (" HOW_TO_MAKE
                   "), and does not begin with \"passphrase: \"",
                   KEYRING_BYTES);
}

static bool read_line(struct secret *secret, const char *text, size_t size, struct error *error) {
  const size_t word = sizeof PASSPHRASE - 1;
  if (size >= word && memcmp(text, PASSPHRASE, word) == 0) return read_passphrase(secret, text + word, size - word, error);
  return read_key(secret, text, size, error);
}

/* Lines that are empty or begin with # count for the numbers only. An error names the line, and never shows it. */
static bool read_lines(const char *file, const char *text, size_t size, struct secret *secrets, size_t *count,
                       struct error *error) {
  const char *end = text + size;
  *count = 0;
  for (unsigned number = 1; text < end; number++) {
    const char *line_end = memchr(text, '\n', (size_t)(end - text));
    const char *line = text;
    size_t line_size = (size_t)((line_end ? line_end : end) - text);
    text = line_end ? line_end + 1 : end;
    trim(&line, &line_size);
    if (!line_size || *line == '#') continue;
    if (*count == SECRETS_MAX) return error_set(error, ERROR_MISUSE, "%s holds more than %d keys", file, SECRETS_MAX);
    if (!read_line(&secrets[(*count)++], line, line_size, error)) return error_prefix(error, "line %u of %s", number, file);
  }
  return *count || error_set(error, ERROR_MISUSE, "%s holds no key of the backup: " HOW_TO_MAKE, file);
}

/* text: FILE_CEILING bytes. -1: an error was set. */
static ssize_t read_file(const char *file, char *text, struct error *error) {
  struct stat status = {0};
  int descriptor = open(file, O_RDONLY | O_CLOEXEC);
  ssize_t size = 0, count = descriptor < 0 || fstat(descriptor, &status) != 0 ? -1 : 1;
  while (count > 0 && size < FILE_CEILING) {
    count = read(descriptor, text + size, FILE_CEILING - (size_t)size);
    if (count > 0) size += count;
  }
  if (count < 0) error_set(error, ERROR_MISUSE, "can't read the file of the backup's key %s: %s", file, strerror(errno));
  if (count > 0) error_set(error, ERROR_MISUSE, "%s is too large for a file of keys", file);
  if (descriptor >= 0) (void)close(descriptor);
  if (count == 0 && status.st_mode & S_IROTH)
    log_warn("others on this machine may read the key of the backup: chmod 600 it; file=%s", file);
  return count ? -1 : size;
}

/* Given: sodium_free(). NULL: an error was set. */
static struct secret *read_secrets(const char *file, size_t *count, struct error *error) {
  struct secret *secrets = new_secrets(SECRETS_MAX, error);
  char *text = secrets ? sodium_malloc(FILE_CEILING) : NULL;
  ssize_t size = text ? read_file(file, text, error) : -1;
  if (secrets && !text) error_set(error, ERROR_MEMORY, "out of memory for the keys of the backup");
  bool ok = size >= 0 && read_lines(file, text, (size_t)size, secrets, count, error);
  sodium_free(text);
  if (ok) return secrets;
  sodium_free(secrets);
  return NULL;
}

/* ---- life ---- */

struct keyring *keyring_open(const char *file, struct error *error) {
  size_t count;
  struct secret *secrets = read_secrets(file, &count, error);
  if (!secrets) return NULL;
  struct keyring *keyring = memory_new(sizeof *keyring);
  keyring->file = memory_copy_text(file);
  keyring->generation = 1;
  keyring->secrets = secrets;
  keyring->count = count;
  int failed = pthread_mutex_init(&keyring->lock, NULL);
  assert(!failed); /* it needs memory on no system that we know */
  (void)failed;
  return keyring;
}

void keyring_close(struct keyring *keyring) {
  if (!keyring) return;
  (void)pthread_mutex_destroy(&keyring->lock);
  sodium_free(keyring->secrets);
  free((char *)(uintptr_t)keyring->file);
  free(keyring);
}

static bool is_same_secret(const struct secret *one, const struct secret *other) {
  return one->is_passphrase == other->is_passphrase && sodium_memcmp(one->key, other->key, sizeof one->key) == 0 &&
         sodium_memcmp(one->passphrase, other->passphrase, sizeof one->passphrase) == 0;
}

static struct secret *find_secret(struct keyring *keyring, const struct secret *wanted) {
  for (size_t i = 0; i < keyring->count; i++) {
    if (is_same_secret(&keyring->secrets[i], wanted)) return &keyring->secrets[i];
  }
  return NULL;
}

/* What was stretched stays with a passphrase that stays. */
static void keep_stretched(struct keyring *keyring, struct secret *secrets, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const struct secret *before = find_secret(keyring, &secrets[i]);
    if (before) secrets[i] = *before;
  }
}

bool keyring_renew(struct keyring *keyring, bool *is_new, struct error *error) {
  size_t count;
  struct secret *secrets = read_secrets(keyring->file, &count, error), *before = keyring->secrets;
  *is_new = false;
  if (!secrets) return false;
  (void)pthread_mutex_lock(&keyring->lock); /* fails only for a lock that is none */
  *is_new = count != keyring->count;
  for (size_t i = 0; !*is_new && i < count; i++) *is_new = !is_same_secret(&secrets[i], &before[i]);
  if (!is_same_secret(&secrets[0], &before[0])) keyring->generation++;
  keep_stretched(keyring, secrets, count);
  keyring->secrets = secrets;
  keyring->count = count;
  (void)pthread_mutex_unlock(&keyring->lock);
  sodium_free(before);
  return true;
}

uint64_t keyring_generation(const struct keyring *keyring) { return keyring ? keyring->generation : 0; }

bool keyring_make_line(char line[static KEYRING_LINE_SIZE], struct error *error) {
  unsigned char bytes[KEYRING_BYTES];
  static_assert(sodium_base64_ENCODED_LEN(KEYRING_BYTES, sodium_base64_VARIANT_ORIGINAL) == KEYRING_LINE_SIZE, "with a NUL");
  if (sodium_init() < 0) return error_set(error, ERROR_SYSTEM, "libsodium can't begin");
  randombytes_buf(bytes, sizeof bytes);
  (void)sodium_bin2base64(line, KEYRING_LINE_SIZE, bytes, sizeof bytes, sodium_base64_VARIANT_ORIGINAL);
  sodium_memzero(bytes, sizeof bytes);
  return true;
}

/* ---- stretching, without the lock: the loop must never wait for it ---- */

static bool is_of_parameters(const struct key_name *name, const struct key_name *other) {
  return name->memory_kb == other->memory_kb && name->passes == other->passes &&
         memcmp(name->salt, other->salt, sizeof name->salt) == 0;
}

/* key->name holds salt and parameters. */
static bool stretch(const struct secret *secret, struct keyring_key *key, struct error *error) {
  const struct key_name *name = &key->name;
  int failed =
      crypto_pwhash(key->bytes, sizeof key->bytes, secret->passphrase, strnlen(secret->passphrase, PASSPHRASE_CEILING),
                    name->salt, (unsigned long long)name->passes, (size_t)name->memory_kb << 10, crypto_pwhash_ALG_ARGON2ID13);
  if (failed)
    return error_set(error, ERROR_MEMORY, "out of memory for the key of a backup: to make it of a passphrase takes %lld MB",
                     (long long)name->memory_kb >> 10);
  write_id(key->bytes, key->name.id);
  return true;
}

/* The first stays for good, because it may be the one that encrypts. */
static void remember(struct keyring *keyring, const struct secret *wanted, const struct keyring_key *key) {
  (void)pthread_mutex_lock(&keyring->lock);
  struct secret *secret = find_secret(keyring, wanted);
  if (secret && secret->stretched_count < STRETCHED_MAX) {
    secret->stretched[secret->stretched_count++] = *key;
  } else if (secret) {
    secret->stretched[1 + secret->next++ % (STRETCHED_MAX - 1)] = *key;
  }
  (void)pthread_mutex_unlock(&keyring->lock);
}

static bool find_stretched(const struct secret *secret, const struct key_name *name, struct keyring_key *key) {
  for (size_t i = 0; i < secret->stretched_count; i++) {
    if (!is_of_parameters(&secret->stretched[i].name, name)) continue;
    *key = secret->stretched[i];
    return true;
  }
  return false;
}

/* ---- the key that encrypts ---- */

static bool find_own(const struct secret *secret, struct keyring_key *key) {
  for (size_t i = 0; i < secret->stretched_count; i++) {
    const struct key_name *name = &secret->stretched[i].name;
    if (name->memory_kb != KEYRING_MEMORY_KB || name->passes != KEYRING_PASSES) continue;
    *key = secret->stretched[i];
    return true;
  }
  return false;
}

static bool stretch_anew(struct keyring *keyring, const struct secret *secret, struct keyring_key *key, struct error *error) {
  key->name = (struct key_name){.is_stretched = true, .memory_kb = KEYRING_MEMORY_KB, .passes = KEYRING_PASSES};
  randombytes_buf(key->name.salt, sizeof key->name.salt);
  if (!stretch(secret, key, error)) return false;
  remember(keyring, secret, key);
  return true;
}

struct keyring_key *keyring_first(struct keyring *keyring, struct error *error) {
  struct keyring_key *key = new_key(error);
  struct secret *secret = key ? new_secrets(1, error) : NULL;
  bool ok = secret != NULL, is_found = false;
  if (ok) {
    (void)pthread_mutex_lock(&keyring->lock);
    *secret = keyring->secrets[0];
    (void)pthread_mutex_unlock(&keyring->lock);
    if (!secret->is_passphrase) name_plain_key(secret, key);
    is_found = !secret->is_passphrase || find_own(secret, key);
  }
  if (ok && !is_found) ok = stretch_anew(keyring, secret, key, error);
  sodium_free(secret);
  if (ok) return key;
  keyring_drop(key);
  return NULL;
}

/* ---- the key that an archive needs ---- */

static bool is_unusable(const struct key_name *name, struct error *error) {
  if (!name->is_stretched || (name->memory_kb <= MEMORY_MOST_KB && name->passes <= PASSES_MOST)) return false;
  error_set(error, ERROR_INPUT, "the backup is encrypted with a passphrase in a way that would take %lld MB and %lld passes",
            (long long)name->memory_kb >> 10, (long long)name->passes);
  return true;
}

/* Is it this line's? *error is set where that could not be found out. */
static bool is_of(struct keyring *keyring, const struct secret *secret, const struct key_name *name, struct keyring_key *key,
                  struct error *error) {
  if (secret->is_passphrase != name->is_stretched) return false;
  if (!secret->is_passphrase) {
    name_plain_key(secret, key);
  } else if (!find_stretched(secret, name, key)) {
    key->name = *name;
    if (!stretch(secret, key, error)) return false;
    if (strcmp(key->name.id, name->id) == 0) remember(keyring, secret, key);
  }
  return strcmp(key->name.id, name->id) == 0;
}

/* What a person needs, who has another key or none. */
static void tell_missing(const struct keyring *keyring, const struct key_name *name, size_t count, struct error *error) {
  const char *what = name->is_stretched ? "a passphrase, whose key is" : "key";
  if (!keyring) {
    error_set(error, ERROR_INPUT, "the backup is encrypted with %s %s, and no key was given: --backup-key FILE", what,
              name->id);
  } else {
    error_set(error, ERROR_INPUT, "the backup is encrypted with %s %s, which is none of the %zu in %s", what, name->id, count,
              keyring->file);
  }
}

static struct secret *copy_secrets(struct keyring *keyring, size_t *count, struct error *error) {
  struct secret *secrets = new_secrets(SECRETS_MAX, error);
  if (!secrets) return NULL;
  (void)pthread_mutex_lock(&keyring->lock);
  *count = keyring->count;
  memcpy(secrets, keyring->secrets, keyring->count * sizeof *secrets);
  (void)pthread_mutex_unlock(&keyring->lock);
  return secrets;
}

struct keyring_key *keyring_find(struct keyring *keyring, const struct key_name *name, struct error *error) {
  size_t count = 0;
  bool is_found = false;
  struct error failure = {0};
  struct keyring_key *key = is_unusable(name, &failure) || !keyring ? NULL : new_key(&failure);
  struct secret *secrets = key ? copy_secrets(keyring, &count, &failure) : NULL;
  for (size_t i = 0; secrets && !is_found && !failure.kind && i < count; i++)
    is_found = is_of(keyring, &secrets[i], name, key, &failure);
  sodium_free(secrets);
  if (is_found) return key;
  keyring_drop(key);
  if (!failure.kind) tell_missing(keyring, name, count, &failure);
  error_set(error, failure.kind, "%s", failure.text);
  return NULL;
}
