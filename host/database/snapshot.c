/* Nothing but reading is allowed, since a statement that opens a file or a second database counts as one that reads. */
#include "database/snapshot.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/error.h"
#include "database/connection.h"

enum {
  SECONDS_MOST = 10,     /* of one query */
  VALUE_MOST = 16 << 20, /* bytes of a value that the query makes: randomblob() holds up every other one meanwhile */
};

static int authorize(void *data, int action, const char *first, const char *second, const char *schema, const char *trigger) {
  static const char *const pragmas[] = {"table_info", "table_xinfo", "table_list",
                                        "index_list", "index_info",  "foreign_key_list"};
  (void)data;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_UPDATE: /* what SQLite asks for when it declares pragma_table_info(); the schema itself can't be written */
      return strcmp(first, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION: return authorizer_decide(NULL, action, first, second, schema, trigger);
    case SQLITE_PRAGMA:
      for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas; i++)
        if (strcmp(first, pragmas[i]) == 0) return SQLITE_OK;
      return SQLITE_DENY;
    default: return SQLITE_DENY;
  }
}

static bool fail(sqlite3 *sqlite, struct error *error) {
  int status = sqlite3_errcode(sqlite);
  if (status == SQLITE_INTERRUPT) return error_set(error, ERROR_MISUSE, "the query has taken too long: %d s", SECONDS_MOST);
  if (status == SQLITE_AUTH) return error_set(error, ERROR_MISUSE, "only SELECT is allowed here: %s", sqlite3_errmsg(sqlite));
  return error_set(error, status == SQLITE_NOMEM ? ERROR_MEMORY : ERROR_MISUSE, "%s", sqlite3_errmsg(sqlite));
}

static bool add_hex(struct buffer *lines, const unsigned char *bytes, size_t size, struct error *error) {
  bool ok = buffer_add_text(lines, "{\"hex\":\"", error);
  for (size_t i = 0; ok && i < size; i++) ok = buffer_format(lines, error, "%02x", bytes[i]);
  return ok && buffer_add_text(lines, "\"}", error);
}

static bool add_value(struct buffer *lines, sqlite3_stmt *statement, int column, struct error *error) {
  int type = sqlite3_column_type(statement, column);
  double real = sqlite3_column_double(statement, column);
  if (type == SQLITE_NULL) return buffer_add_text(lines, "null", error);
  if (type == SQLITE_INTEGER) return buffer_format(lines, error, "%lld", (long long)sqlite3_column_int64(statement, column));
  if (type == SQLITE_FLOAT && isfinite(real)) return buffer_format(lines, error, "%.17g", real);
  if (type == SQLITE_FLOAT) return buffer_add_text(lines, real > 0 ? "\"Infinity\"" : "\"-Infinity\"", error);
  const char *bytes = sqlite3_column_blob(statement, column);
  size_t size = (size_t)sqlite3_column_bytes(statement, column);
  if (type == SQLITE_TEXT && character_valid_size(bytes, size) == size)
    return buffer_add_json_string(lines, bytes ? bytes : "", size, error);
  return add_hex(lines, (const unsigned char *)bytes, size, error);
}

static bool add_columns(struct buffer *lines, sqlite3_stmt *statement, struct error *error) {
  bool ok = buffer_add_text(lines, "{\"columns\":[", error);
  for (int i = 0; ok && i < sqlite3_column_count(statement); i++) {
    const char *name = sqlite3_column_name(statement, i);
    ok = (i == 0 || buffer_add(lines, ",", 1, error)) &&
         buffer_add_json_string(lines, name ? name : "", name ? strlen(name) : 0, error);
  }
  return ok && buffer_add_text(lines, "]}\n", error);
}

static bool add_row(struct buffer *lines, sqlite3_stmt *statement, struct error *error) {
  bool ok = buffer_add_text(lines, "{\"row\":[", error);
  for (int i = 0; ok && i < sqlite3_column_count(statement); i++)
    ok = (i == 0 || buffer_add(lines, ",", 1, error)) && add_value(lines, statement, i, error);
  return ok && buffer_add_text(lines, "]}\n", error);
}

typedef bool (*add_line)(struct buffer *lines, sqlite3_stmt *statement, struct error *error);

/* A line that is too long leaves nothing: a piece of it would be read together with the line after it. */
static bool add_whole(add_line add, struct buffer *lines, sqlite3_stmt *statement, struct error *error) {
  size_t before = lines->size;
  bool ok = add(lines, statement, error);
  if (!ok) buffer_cut(lines, before);
  return ok;
}

static bool add_rows(sqlite3 *sqlite, sqlite3_stmt *statement, struct buffer *lines, struct error *error) {
  int status = SQLITE_ROW;
  if (!add_whole(add_columns, lines, statement, error)) return false;
  while ((status = sqlite3_step(statement)) == SQLITE_ROW)
    if (!add_whole(add_row, lines, statement, error)) return false;
  return status == SQLITE_DONE || fail(sqlite, error);
}

static bool open_copy(sqlite3 **sqlite, const void *image, size_t size, struct error *error) {
  sqlite3_int64 bytes = (sqlite3_int64)size;
  if (sqlite3_open_v2(":memory:", sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
    return error_set(error, ERROR_MEMORY, "out of memory for a query");
  if (sqlite3_deserialize(*sqlite, "main", (unsigned char *)(uintptr_t)image, bytes, bytes, SQLITE_DESERIALIZE_READONLY) !=
      SQLITE_OK)
    return fail(*sqlite, error);
  (void)sqlite3_db_config(*sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_limit(*sqlite, SQLITE_LIMIT_LENGTH, size > VALUE_MOST ? (int)size : VALUE_MOST); /* what is there can be read */
  (void)sqlite3_set_authorizer(*sqlite, authorize, NULL);
  return true;
}

bool snapshot_query(const void *image, size_t size, const char *sql, struct buffer *lines, struct error *error) {
  sqlite3 *sqlite = NULL;
  sqlite3_stmt *statement = NULL;
  const char *rest = NULL;
  time_t end;
  bool ok = open_copy(&sqlite, image, size, error);
  if (!ok) goto done;
  connection_end_after(sqlite, SECONDS_MOST, &end);
  ok = sqlite3_prepare_v2(sqlite, sql, -1, &statement, &rest) == SQLITE_OK || fail(sqlite, error);
  if (!ok) goto done;
  if (!statement) {
    ok = error_set(error, ERROR_MISUSE, "there is no statement in it");
  } else if (rest[strspn(rest, " \t\r\n;")]) {
    ok = error_set(error, ERROR_MISUSE, "only one statement at a time; what follows the first is: %.60s", rest);
  } else if (!sqlite3_stmt_readonly(statement)) {
    ok = error_set(error, ERROR_MISUSE, "only SELECT is allowed here");
  } else {
    ok = add_rows(sqlite, statement, lines, error);
  }
done:
  (void)sqlite3_finalize(statement);
  (void)sqlite3_close(sqlite);
  return ok;
}
