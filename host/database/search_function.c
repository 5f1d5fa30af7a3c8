/* instr() and replace() of SQLite, with the same results, in time that grows with the text only. SQLite's own compare the whole
 * pattern at each place of the text, and nothing can stop them within one call: for hours on some megabytes. */
#define _GNU_SOURCE /* memmem */
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

#include "database/connection.h"

struct bytes {
  const unsigned char *data;
  size_t size;
};

/* As text, or as they are. False: SQLite has no memory for it. */
static bool read_bytes(sqlite3_value *value, bool is_text, struct bytes *bytes) {
  bytes->data = is_text ? sqlite3_value_text(value) : sqlite3_value_blob(value);
  bytes->size = (size_t)sqlite3_value_bytes(value);
  return bytes->data || (!is_text && bytes->size == 0);
}

static const unsigned char *find(const unsigned char *at, const unsigned char *end, struct bytes pattern) {
  if (at == end) return NULL; /* an empty blob is NULL, and no pattern is empty here */
  return memmem(at, (size_t)(end - at), pattern.data, pattern.size);
}

static bool is_within_character(unsigned char byte) { return (byte & 0xc0) == 0x80; }

/* instr(text, pattern): the place of the pattern in characters, of two blobs in bytes, from 1; 0: not there. */
static void instr(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  struct bytes text, pattern;
  bool are_blobs = sqlite3_value_type(values[0]) == SQLITE_BLOB && sqlite3_value_type(values[1]) == SQLITE_BLOB;
  if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[1]) == SQLITE_NULL) return;
  if (!read_bytes(values[0], !are_blobs, &text) || !read_bytes(values[1], !are_blobs, &pattern)) {
    sqlite3_result_error_nomem(context);
    return;
  }
  sqlite3_int64 place = 1;
  if (pattern.size > 0) {
    const unsigned char *found = find(text.data, text.data + text.size, pattern);
    for (const unsigned char *at = text.data; found && at < found; at++) place += are_blobs || !is_within_character(at[1]);
    if (!found || (!are_blobs && found > text.data && is_within_character(*found))) place = 0;
  }
  sqlite3_result_int64(context, place);
}

static size_t count_of(struct bytes text, struct bytes pattern) {
  size_t count = 0;
  const unsigned char *end = text.data + text.size;
  for (const unsigned char *at = text.data; (at = find(at, end, pattern)) != NULL; at += pattern.size) count++;
  return count;
}

static void write_replaced(struct bytes text, struct bytes pattern, struct bytes replacement, unsigned char *out) {
  const unsigned char *at = text.data, *end = text.data + text.size;
  for (const unsigned char *found; (found = find(at, end, pattern)) != NULL; at = found + pattern.size) {
    memcpy(out, at, (size_t)(found - at));
    out += found - at;
    memcpy(out, replacement.data, replacement.size);
    out += replacement.size;
  }
  memcpy(out, at, (size_t)(end - at));
}

/* False: the result is NULL, or an error. */
static bool read_parts(sqlite3_context *context, sqlite3_value **values, int count, struct bytes *parts) {
  for (int i = 0; i < count; i++) {
    if (sqlite3_value_type(values[i]) == SQLITE_NULL) return false;
    if (read_bytes(values[i], true, &parts[i])) continue;
    sqlite3_result_error_nomem(context);
    return false;
  }
  return true;
}

/* replace(text, pattern, replacement) */
static void replace(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  struct bytes parts[3];
  if (!read_parts(context, values, 2, parts)) return;
  if (!parts[1].data[0]) { /* nothing is to be replaced: the value stays what it is, whatever the replacement */
    sqlite3_result_value(context, values[0]);
    return;
  }
  if (!read_parts(context, values + 2, 1, parts + 2)) return;
  size_t found = count_of(parts[0], parts[1]);
  size_t most = (size_t)sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1);
  size_t rest = parts[0].size - found * parts[1].size;
  if (rest > most || (found && parts[2].size > (most - rest) / found)) {
    sqlite3_result_error_toobig(context);
    return;
  }
  size_t size = rest + found * parts[2].size;
  unsigned char *out = sqlite3_malloc64(size + 1);
  if (!out) {
    sqlite3_result_error_nomem(context);
    return;
  }
  write_replaced(parts[0], parts[1], parts[2], out);
  sqlite3_result_text64(context, (const char *)out, size, sqlite3_free, SQLITE_UTF8);
}

bool search_function_install(sqlite3 *sqlite) {
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  return sqlite3_create_function_v2(sqlite, "instr", 2, flags, NULL, instr, NULL, NULL, NULL) == SQLITE_OK &&
         sqlite3_create_function_v2(sqlite, "replace", 3, flags, NULL, replace, NULL, NULL, NULL) == SQLITE_OK;
}
