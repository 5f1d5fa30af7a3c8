/* uthash for tables by ids. Of a key that is one int64_t, such as the id of a chat, its own hash function would mix the bytes
 * by some fifty instructions, and an update looks into half a dozen such tables. Ids of Telegram are no choice of people, so a
 * product with the golden ratio spreads them well enough. Keys of any other size have uthash's own function. Include this and
 * not uthash.h wherever the same table is used. */
#pragma once
#include <stdint.h>
#include <string.h>

static inline unsigned id_hash(const void *key) {
  uint64_t id;
  memcpy(&id, key, sizeof id);
  return (unsigned)(id * 0x9E3779B97F4A7C15u >> 32); /* 2^64 divided by the golden ratio. The high bits depend on all others */
}

#ifndef HASH_FUNCTION /* tests/c/tight.h has a worse one */
#define HASH_FUNCTION(key, size, hash) \
  do {                                 \
    if ((size) == sizeof(int64_t)) {   \
      (hash) = id_hash(key);           \
    } else {                           \
      HASH_JEN(key, size, hash);       \
    }                                  \
  } while (0)
#endif

#include <uthash.h>
