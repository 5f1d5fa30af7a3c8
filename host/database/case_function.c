/* lower() and upper() of SQLite, for letters of every script. Like SQLite's own they change one letter into one other, whatever
 * its neighbours are; the order of letters is left as it is. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/character.h"
#include "database/connection.h"

enum { BYTES_OF_A_LOOK = 100000 }; /* about a millisecond */

typedef uint32_t (*change_case)(uint32_t code);

struct changing {
  struct database *database;
  change_case change;
  const char *text, *end;
  char ascii[0x80]; /* each in its other case */
};

/* The next character in its other case: how many bytes it has, and how many were read. What is no UTF-8 stays as it is. */
static size_t change_one(const struct changing *changing, const char *at, char one[4], size_t *read) {
  uint32_t code = (unsigned char)*at;
  *read = code < 0x80 ? 1 : character_size(at, changing->end);
  if (code < 0x80) {
    one[0] = changing->ascii[code];
    return 1;
  }
  if (*read) {
    (void)character_next(at, &code);
    return character_write(one, changing->change(code));
  }
  *read = 1;
  one[0] = *at;
  return 1;
}

/* Writes all of it, or only counts where `to` is NULL. False: its time is over. */
static bool write_changed(const struct changing *changing, char *to, size_t *size) {
  const char *looked_at = changing->text;
  *size = 0;
  for (const char *at = changing->text; at < changing->end;) {
    char one[4];
    size_t read, written = change_one(changing, at, one, &read);
    for (size_t i = 0; to && i < written; i++) to[*size + i] = one[i];
    *size += written;
    at += read;
    if (at - looked_at < BYTES_OF_A_LOOK) continue;
    looked_at = at;
    if (connection_is_over(changing->database)) return false;
  }
  return true;
}

static void change(sqlite3_context *context, sqlite3_value *value, change_case how) {
  const char *text = (const char *)sqlite3_value_text(value);
  if (!text) return; /* NULL */
  struct changing changing = {sqlite3_user_data(context), how, text, text + sqlite3_value_bytes(value), ""};
  size_t size;
  for (uint32_t i = 0; i < sizeof changing.ascii; i++) changing.ascii[i] = (char)how(i);
  bool ok = write_changed(&changing, NULL, &size);
  char *changed = ok ? sqlite3_malloc64(size + 1) : NULL;
  if (changed) ok = write_changed(&changing, changed, &size);
  if (!ok) {
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    sqlite3_free(changed);
  } else if (!changed) {
    sqlite3_result_error_nomem(context);
  } else {
    sqlite3_result_text64(context, changed, size, sqlite3_free, SQLITE_UTF8);
  }
}

static void lower(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  change(context, values[0], character_lower);
}

static void upper(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  change(context, values[0], character_upper);
}

bool case_function_install(struct database *database) {
  sqlite3 *sqlite = database->connection.sqlite;
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  return sqlite3_create_function_v2(sqlite, "lower", 1, flags, database, lower, NULL, NULL, NULL) == SQLITE_OK &&
         sqlite3_create_function_v2(sqlite, "upper", 1, flags, database, upper, NULL, NULL, NULL) == SQLITE_OK;
}
