/* trim(), ltrim() and rtrim() of SQLite, with the same results for well-formed text, in time that grows with the text and the
 * set only. SQLite's own compare each character with the whole set, and nothing can stop them within one call. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "database/connection.h"

enum {
  AT_START = 1,
  AT_END = 2,
  CODES = 0x200000,      /* what four bytes of UTF-8 can say */
  ASCII = 0x80,          /* a set without others needs a small table only */
  LONE_BYTES = 0x1fff00, /* of what is no UTF-8; no character has such a code */
};

/* The characters that are cut off, a bit for each code. */
struct set {
  uint32_t small[ASCII / 32], *bits;
  uint32_t count;
};

static bool is_within_character(unsigned char byte) { return (byte & 0xc0) == 0x80; }

/* The character that begins at `at`, and where the next one does. */
static uint32_t read_forward(const unsigned char **at, const unsigned char *end) {
  uint32_t code = *(*at)++;
  if (code < ASCII) return code;
  if (code < 0xc0) return LONE_BYTES | code;
  code &= code >= 0xf0 ? 7 : code >= 0xe0 ? 15 : 31;
  for (int i = 0; i < 3 && *at < end && is_within_character(**at); i++) code = code << 6 | (*(*at)++ & 0x3f);
  return code % CODES;
}

/* The character before *end, and where it begins. */
static uint32_t read_backward(const unsigned char *start, const unsigned char **end) {
  const unsigned char *at = *end - 1, *last = *end;
  for (int i = 0; i < 3 && at > start && is_within_character(*at); i++) at--;
  const unsigned char *next = at;
  uint32_t code = read_forward(&next, last);
  if (next != last) {
    at = next = last - 1;
    code = read_forward(&next, last);
  }
  *end = at;
  return code;
}

static bool holds(const struct set *set, uint32_t code) { return code < set->count && (set->bits[code / 32] >> code % 32 & 1); }

/* False: there is no memory. */
static bool fill(struct set *set, const unsigned char *text, size_t size) {
  const unsigned char *end = text + size;
  bool is_small = true;
  for (const unsigned char *at = text; is_small && at < end; at++) is_small = *at < ASCII;
  set->count = is_small ? ASCII : CODES;
  set->bits = is_small ? set->small : sqlite3_malloc64(CODES / 8);
  if (!set->bits) return false;
  for (uint32_t i = 0; i < set->count / 32; i++) set->bits[i] = 0;
  for (const unsigned char *at = text; at < end;) {
    uint32_t code = read_forward(&at, end);
    set->bits[code / 32] |= UINT32_C(1) << code % 32;
  }
  return true;
}

static void cut(sqlite3_context *context, const struct set *set, const unsigned char *text, size_t size) {
  const unsigned char *end = text + size;
  intptr_t sides = (intptr_t)sqlite3_user_data(context);
  for (const unsigned char *next = text; (sides & AT_START) && text < end; text = next) {
    if (!holds(set, read_forward(&next, end))) break;
  }
  for (const unsigned char *before = end; (sides & AT_END) && text < end; end = before) {
    if (!holds(set, read_backward(text, &before))) break;
  }
  sqlite3_result_text64(context, (const char *)text, (sqlite3_uint64)(end - text), SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* trim(text), trim(text, set) */
static void trim(sqlite3_context *context, int count, sqlite3_value **values) {
  struct set set = {0};
  if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[count - 1]) == SQLITE_NULL) return;
  const unsigned char *text = sqlite3_value_text(values[0]);
  const unsigned char *characters = count == 2 ? sqlite3_value_text(values[1]) : (const unsigned char *)" ";
  /* a set ends at a NUL, as SQLite's does */
  if (!text || !characters || !fill(&set, characters, strlen((const char *)characters))) {
    sqlite3_result_error_nomem(context);
    return;
  }
  cut(context, &set, text, (size_t)sqlite3_value_bytes(values[0]));
  if (set.bits != set.small) sqlite3_free(set.bits);
}

bool trim_function_install(sqlite3 *sqlite) {
  static const struct {
    const char *name;
    intptr_t sides;
  } functions[] = {{"trim", AT_START | AT_END}, {"ltrim", AT_START}, {"rtrim", AT_END}};
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  bool ok = true;
  for (size_t i = 0; ok && i < sizeof functions / sizeof *functions; i++) {
    for (int count = 1; ok && count <= 2; count++) {
      ok = sqlite3_create_function_v2(sqlite, functions[i].name, count, flags, (void *)functions[i].sides, trim, NULL, NULL,
                                      NULL) == SQLITE_OK;
    }
  }
  return ok;
}
