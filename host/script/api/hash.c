/* hash: digests, signatures and the texts that stand for bytes, by libsodium. All of it works on bytes: hash.hex() and
 * hash.base64() make text of them. Also what proves that data of a Mini App came from Telegram. */
#include <lauxlib.h>
#include <sodium.h>
#include <string.h>

#include "script/api/api.h"
#include "script/budget.h"
#include "script/vm.h"

enum { RANDOM_MOST = 1 << 16 }; /* bytes of one call: a key has 32 */

static int push_digest(lua_State *L,
                       int (*digest_of)(unsigned char *digest, const unsigned char *bytes, unsigned long long size),
                       size_t digest_size) {
  size_t size;
  const char *bytes = luaL_checklstring(L, 1, &size);
  unsigned char digest[crypto_hash_sha512_BYTES]; /* the largest */
  budget_spend(L, size);
  (void)digest_of(digest, (const unsigned char *)bytes, size);
  lua_pushlstring(L, (const char *)digest, digest_size);
  return 1;
}

/* sha256(bytes) -> 32 bytes; sha512(bytes) -> 64 bytes */
static int hash_sha256(lua_State *L) { return push_digest(L, crypto_hash_sha256, crypto_hash_sha256_BYTES); }
static int hash_sha512(lua_State *L) { return push_digest(L, crypto_hash_sha512, crypto_hash_sha512_BYTES); }

/* The functions of libsodium that take a key of any size. */
static void sign(const void *key, size_t key_size, const void *bytes, size_t size,
                 unsigned char mac[crypto_auth_hmacsha256_BYTES]) {
  crypto_auth_hmacsha256_state state;
  (void)crypto_auth_hmacsha256_init(&state, key, key_size);
  (void)crypto_auth_hmacsha256_update(&state, bytes, size);
  (void)crypto_auth_hmacsha256_final(&state, mac);
  sodium_memzero(&state, sizeof state);
}

/* hmac(key, bytes) -> 32 bytes: HMAC-SHA256 */
static int hash_hmac(lua_State *L) {
  size_t key_size, size;
  const char *key = luaL_checklstring(L, 1, &key_size), *bytes = luaL_checklstring(L, 2, &size);
  unsigned char mac[crypto_auth_hmacsha256_BYTES];
  budget_spend(L, key_size + size);
  sign(key, key_size, bytes, size, mac);
  lua_pushlstring(L, (const char *)mac, sizeof mac);
  return 1;
}

/* random(count) -> so many bytes that nobody can guess */
static int hash_random(lua_State *L) {
  lua_Integer count = luaL_checkinteger(L, 1);
  luaL_argcheck(L, count >= 0 && count <= RANDOM_MOST, 1, "a number of bytes from 0 to 65536 expected");
  luaL_Buffer text;
  char *bytes = luaL_buffinitsize(L, &text, (size_t)count);
  budget_spend(L, (size_t)count);
  randombytes_buf(bytes, (size_t)count);
  luaL_pushresultsize(&text, (size_t)count);
  return 1;
}

/* is_equal(one, other): takes the same time wherever they differ, so that a guess can't be made byte by byte */
static int hash_is_equal(lua_State *L) {
  size_t size, other_size;
  const char *one = luaL_checklstring(L, 1, &size), *other = luaL_checklstring(L, 2, &other_size);
  budget_spend(L, size);
  lua_pushboolean(L, size == other_size && sodium_memcmp(one, other, size) == 0);
  return 1;
}

/* ---- bytes as text ---- */

/* hex(bytes) -> text of 0-9 a-f */
static int hash_hex(lua_State *L) {
  size_t size;
  const char *bytes = luaL_checklstring(L, 1, &size);
  luaL_Buffer text;
  char *to = luaL_buffinitsize(L, &text, size * 2 + 1);
  budget_spend(L, size);
  (void)sodium_bin2hex(to, size * 2 + 1, (const unsigned char *)bytes, size);
  luaL_pushresultsize(&text, size * 2);
  return 1;
}

static int push_nil(lua_State *L) {
  lua_pushnil(L);
  return 1;
}

/* from_hex(text) -> bytes | nil: it is no such text */
static int hash_from_hex(lua_State *L) {
  size_t size, count = 0;
  const char *from = luaL_checklstring(L, 1, &size), *end = NULL;
  luaL_Buffer bytes;
  char *to = luaL_buffinitsize(L, &bytes, size / 2 + 1);
  budget_spend(L, size);
  if (sodium_hex2bin((unsigned char *)to, size / 2 + 1, from, size, NULL, &count, &end) || end != from + size)
    return push_nil(L);
  luaL_pushresultsize(&bytes, count);
  return 1;
}

static int push_base64(lua_State *L, int variant) {
  size_t size;
  const char *bytes = luaL_checklstring(L, 1, &size);
  size_t room = sodium_base64_encoded_len(size, variant);
  luaL_Buffer text;
  char *to = luaL_buffinitsize(L, &text, room);
  budget_spend(L, size);
  (void)sodium_bin2base64(to, room, (const unsigned char *)bytes, size, variant);
  luaL_pushresultsize(&text, strlen(to));
  return 1;
}

/* base64(bytes) -> text with + / and = */
static int hash_base64(lua_State *L) { return push_base64(L, sodium_base64_VARIANT_ORIGINAL); }

/* base64url(bytes) -> text with - and _, without = */
static int hash_base64url(lua_State *L) { return push_base64(L, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }

/* from_base64(text) -> bytes | nil: of either alphabet, with or without =; line breaks do not count */
static int hash_from_base64(lua_State *L) {
  size_t size, count = 0;
  const char *from = luaL_checklstring(L, 1, &size), *end = NULL;
  bool is_padded = memchr(from, '=', size), is_url = memchr(from, '-', size) || memchr(from, '_', size);
  int variant = is_url ? (is_padded ? sodium_base64_VARIANT_URLSAFE : sodium_base64_VARIANT_URLSAFE_NO_PADDING)
                       : (is_padded ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  luaL_Buffer bytes;
  char *to = luaL_buffinitsize(L, &bytes, size / 4 * 3 + 3);
  budget_spend(L, size);
  if (sodium_base642bin((unsigned char *)to, size / 4 * 3 + 3, from, size, "\r\n", &count, &end, variant)) return push_nil(L);
  if (end != from + size) return push_nil(L);
  luaL_pushresultsize(&bytes, count);
  return 1;
}

int api_open_hash(lua_State *L) {
  static const luaL_Reg functions[] = {{"sha256", hash_sha256},
                                       {"sha512", hash_sha512},
                                       {"hmac", hash_hmac},
                                       {"random", hash_random},
                                       {"is_equal", hash_is_equal},
                                       {"hex", hash_hex},
                                       {"from_hex", hash_from_hex},
                                       {"base64", hash_base64},
                                       {"base64url", hash_base64url},
                                       {"from_base64", hash_from_base64},
                                       {NULL, NULL}};
  if (sodium_init() < 0) return luaL_error(L, "libsodium can't begin");
  luaL_newlib(L, functions);
  return 1;
}

/* ---- data of Mini Apps ---- */

/* has_token_of(text, hash): did whoever has this bot's token sign the text? hash: hexadecimal. The key is made of the token,
 * which no script sees; see "Validating data received via the Mini App" in Telegram's documentation. */
static int has_token_of(lua_State *L) {
  static const char name[] = "WebAppData";
  size_t size, hex_size, count;
  const char *text = luaL_checklstring(L, 1, &size), *hex = luaL_checklstring(L, 2, &hex_size);
  const char *token = vm_of(L)->options.token;
  unsigned char key[crypto_auth_hmacsha256_BYTES], mac[crypto_auth_hmacsha256_BYTES], given[crypto_auth_hmacsha256_BYTES];
  if (!token) return luaL_error(L, "there is no token here to check a signature with");
  budget_spend(L, size);
  bool is_digest = sodium_hex2bin(given, sizeof given, hex, hex_size, NULL, &count, NULL) == 0 && count == sizeof given;
  sign(name, sizeof name - 1, token, strlen(token), key);
  sign(key, sizeof key, text, size, mac);
  sodium_memzero(key, sizeof key);
  lua_pushboolean(L, is_digest && sodium_memcmp(mac, given, sizeof mac) == 0);
  return 1;
}

int api_open_signature(lua_State *L) {
  static const luaL_Reg functions[] = {{"has_token_of", has_token_of}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
